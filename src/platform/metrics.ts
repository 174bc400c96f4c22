/** What a process tells Prometheus. One registry per app, so that two apps of a process (tests) do not add up. */
import { createServer } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { type RequestTimes, requestTimes } from "./request-times.ts";

export interface Metrics {
  /** Features add their own with `new Counter({ …, registers: [metrics.registry] })`, named `dealwright_…`. */
  readonly registry: Registry;
  readonly times: RequestTimes;
  /** Plans for which the second opinion was better than the planner's own: each is a bug to look at. */
  readonly plannerDisagreements: Counter;
}

/** `ofProcess` adds CPU, memory, file descriptors, garbage collection and the lag of the event loop, under their usual names. */
export function createMetrics({ ofProcess = false }: { ofProcess?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (ofProcess) collectDefaultMetrics({ register: registry });
  return {
    registry,
    times: requestTimes(registry),
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

export function measurePool(metrics: Metrics, pool: Pool): void {
  const name = "database_connections";
  gaugeOf(metrics, name, "Connections of the pool.", () => pool.totalCount);
  gaugeOf(
    metrics,
    `${name}_in_use`,
    "Those that somebody works with.",
    () => pool.totalCount - pool.idleCount,
  );
  gaugeOf(metrics, `${name}_waited_for`, "How many wait for one.", () => pool.waitingCount);
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
