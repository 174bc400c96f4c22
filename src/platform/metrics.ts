/** What a process tells Prometheus. One registry per app, so that two apps of a process (tests) do not add up. */
import { createServer } from "node:http";
import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  /** Features add their own with `new Counter({ …, registers: [metrics.registry] })`, named `dealwright_…`. */
  readonly registry: Registry;
  /** Plans for which the second opinion was better than the planner's own: each is a bug to look at. */
  readonly plannerDisagreements: Counter;
}

/** In seconds: an evaluation takes about one millisecond, the longest request ten seconds. */
const durationBuckets = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** `ofProcess` adds CPU, memory, file descriptors, garbage collection and the lag of the event loop, under their usual names. */
export function createMetrics({ ofProcess = false }: { ofProcess?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (ofProcess) collectDefaultMetrics({ register: registry });
  return {
    registry,
    plannerDisagreements: new Counter({
      name: "dealwright_planner_disagreements_total",
      help: "Plans for which a second opinion was better than the planner.",
      registers: [registry],
    }),
  };
}

/** A figure that is read when Prometheus asks, and costs nothing between. */
export function gaugeOf({ registry }: Metrics, name: string, help: string, read: () => number): void {
  new Gauge({
    name: `dealwright_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** Times every request by method, route and status. Never by URL: codes and customer ids travel in paths. */
export function measureRequests(app: FastifyInstance, { registry }: Metrics): void {
  const durations = new Histogram({
    name: "dealwright_http_request_duration_seconds",
    help: "Time from the first byte of a request's head to the last of its answer.",
    labelNames: ["method", "route", "status"],
    buckets: durationBuckets,
    registers: [registry],
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
    done();
  });
}

export function mountMetrics(app: FastifyInstance, { registry }: Metrics): void {
  app.get("/metrics", async (_request, reply) => {
    const text = await registry.metrics();
    return reply.header("cache-control", "no-store").type(registry.contentType).serializer(String).send(text);
  });
}

/** `/metrics` on a port of its own, which only the monitoring need reach. */
export async function serveMetrics(
  { registry }: Metrics,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer({ requestTimeout: 10_000 }, async (request, response) => {
    if (request.url?.split("?", 1)[0] !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    const text = await registry.metrics().catch(() => null);
    if (text === null) response.writeHead(500).end();
    else response.writeHead(200, { "content-type": registry.contentType }).end(text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
