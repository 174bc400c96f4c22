/** What a process tells Prometheus. One registry per app, so that two apps of a process (tests) do not add up. */
import { createServer } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { type FieldTimes, fieldTimes, type RequestTimes, requestTimes } from "./request-times.ts";

export interface Metrics {
  /** Features add their own with `new Counter({ …, registers: [metrics.registry] })`, named `dealwright_…`. */
  readonly registry: Registry;
  readonly times: RequestTimes;
  readonly fieldTimes: FieldTimes;
  /** Plans for which the second opinion was better than the planner's own: each is a bug to look at. */
  readonly plannerDisagreements: Counter;
}

/** `ofProcess` adds CPU, memory, file descriptors, garbage collection and the lag of the event loop, under their usual names. */
export function createMetrics({ ofProcess = false }: { ofProcess?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (ofProcess) {
    collectDefaultMetrics({ register: registry });
    // Of several processes the one that lags most, which their average would hide.
    for (const metric of registry.getMetricsAsArray() as { name: string; aggregator?: string }[])
      if (/^nodejs_eventloop_lag_(?!min)/.test(metric.name)) metric.aggregator = "max";
  }
  return {
    registry,
    times: requestTimes(registry),
    fieldTimes: fieldTimes(registry),
    plannerDisagreements: new Counter({
      name: "dealwright_planner_disagreements_total",
      help: "Plans for which a second opinion was better than the planner.",
      registers: [registry],
    }),
  };
}

/** A figure that is read when Prometheus asks, and costs nothing between. `ofAll`: what several processes make of theirs. */
export function gaugeOf(
  { registry }: Metrics,
  name: string,
  help: string,
  read: () => number | Promise<number>,
  ofAll: "sum" | "max" = "sum",
): void {
  new Gauge({
    name: `dealwright_${name}`,
    help,
    aggregator: ofAll,
    registers: [registry],
    async collect() {
      this.set(await read());
    },
  });
}

/** Figures by label, the same whichever process tells them. */
export function gaugesOf<Label extends string>(
  { registry }: Metrics,
  name: string,
  help: string,
  label: Label,
  read: () => Promise<Iterable<readonly [label: string, figure: number]>>,
): void {
  new Gauge({
    name: `dealwright_${name}`,
    help,
    labelNames: [label],
    aggregator: "max",
    registers: [registry],
    async collect() {
      const figures = await read();
      this.reset();
      for (const [value, figure] of figures) this.set({ [label]: value } as never, figure);
    },
  });
}

/** A count that costs an addition, and is read when Prometheus asks. */
export function countOf({ registry }: Metrics, name: string, help: string, read: () => number): void {
  new Counter({
    name: `dealwright_${name}`,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

/** Counts by labels, read when Prometheus asks. There must be few of them, and none may be of a project. */
export function countsOf<Label extends string>(
  { registry }: Metrics,
  name: string,
  help: string,
  labelNames: readonly Label[],
  read: () => Iterable<readonly [labels: Readonly<Record<Label, string>>, count: number]>,
): void {
  new Counter({
    name: `dealwright_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, count] of read()) this.inc(labels as never, count);
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

export function mountMetrics(app: FastifyInstance, read: () => Promise<string>): void {
  app.get("/metrics", async (_request, reply) => {
    const text = await read();
    return reply.header("cache-control", "no-store").type(contentType).serializer(String).send(text);
  });
}

const contentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** The figures of several processes as those of one: counts added up, ages the greatest. */
export function aggregated(ofEach: readonly (readonly object[])[]): Promise<string> {
  return AggregatorRegistry.aggregate([...ofEach]).metrics();
}

/** Of the figures of several processes those that only grow, added up: what they go on to say when the processes have ended. */
export async function grownFigures(ofEach: readonly (readonly object[])[]): Promise<object[]> {
  const all = await AggregatorRegistry.aggregate([...ofEach]).getMetricsAsJSON();
  return all.filter(({ type }) => isCount(type as unknown as string));
}

/** Prometheus' word for it; some versions of the types have it as a number. */
function isCount(type: string): boolean {
  return type === "counter" || type === "histogram";
}

/** `/metrics` on a port of its own, which only the monitoring need reach. */
export async function serveMetrics(
  read: () => Promise<string>,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer({ requestTimeout: 10_000 }, async (request, response) => {
    if (request.url?.split("?", 1)[0] !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    const text = await read().catch(() => null);
    if (text === null) response.writeHead(500).end();
    else response.writeHead(200, { "content-type": contentType }).end(text);
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
