/**
 * A back-test of many orders through the HTTP interface and its job, beside the engine pricing the same orders in this
 * process. Prints one JSON line. CPU times say what it costs also where others work on the same cores.
 */
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { defaultSettings } from "../../src/engine/settings.ts";
import type { OrderDocument } from "../../src/features/orders/order-schemas.ts";
import { type Replayer, replayer } from "../../src/features/simulations/order-replay.ts";
import type { PastOrder } from "../../src/features/simulations/past-order.ts";
import type { Database } from "../../src/platform/database.ts";
import { cpuTimeOfPostgres } from "./cpu-time.ts";
import { benchCartBody, benchPromotions } from "./fixture.ts";
import { withOwnService } from "./own-service.ts";

const orders = Number(process.env.BENCH_ORDERS ?? 100_000);
const threads = Math.min(availableParallelism(), 4);
const secret = "bench-admin-key-for-simulations";
const liveCount = 25;
const documents = 100;
/** As many as warm V8 up, and then as many as are measured. */
const inProcessOrders = 4_000;

export interface SimulationFigures {
  orders: number;
  threads: number;
  promotions: number;
  /** Orders a second by the clock: of the job, and of one thread that does nothing but evaluate. */
  jobPerSecond: number;
  inProcessPerSecond: number;
  /** Microseconds of CPU for each order. */
  jobCpu: number;
  inProcessCpu: number;
  postgresCpu: number;
  /** Megabytes more than before at the most. */
  memory: number;
}

const promotions = benchPromotions(50, "apart");
const rules = promotions.slice(0, liveCount);
const drafts = promotions.slice(liveCount);

function documentOf(index: number): OrderDocument {
  const { lines } = benchCartBody;
  const chosen = Array.from(
    { length: 1 + (index % 6) },
    (_, i) => lines[(index * 7 + i * 3) % lines.length]!,
  );
  const goods = chosen.map(({ tags: _tags, ...line }, i) => ({ ...line, id: String(i) }));
  return {
    version: 1,
    status: "paid",
    currency: "CNY",
    placedAt: "2026-06-01T00:00:00Z",
    channel: "web",
    store: "sh-001",
    customer: `c-${index}`,
    lines: goods,
    shipping: 1_200,
    total: goods.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 1_200),
  };
}

function inProcess(): { perSecond: number; cpu: number } {
  const engine = replayer(
    rules.map((document, i) => ({ id: `prm_${i}`, document })),
    { drafts, only: false, codes: "everybody", shiftDays: 0, elasticity: null, settings: defaultSettings },
  );
  const past = Array.from({ length: documents }, (_, index): PastOrder => {
    const document = documentOf(index);
    const nothing = { given: null, history: null, profile: null, segments: [], tier: null, scored: null };
    return { document, customer: `c-${index}`, at: Date.parse(document.placedAt), ...nothing };
  });
  evaluateAll(engine, past);
  const began = process.cpuUsage();
  const clock = performance.now();
  evaluateAll(engine, past);
  const { user, system } = process.cpuUsage(began);
  const seconds = (performance.now() - clock) / 1_000;
  return { perSecond: inProcessOrders / seconds, cpu: (user + system) / inProcessOrders };
}

function evaluateAll(engine: Replayer, past: readonly PastOrder[]): void {
  for (let i = 0; i < inProcessOrders; i += 1) engine.replay(past[i % past.length]!);
}

async function fill(owner: Database, projectId: string): Promise<void> {
  await owner.pool.query(
    `insert into orders (project_id, external_id, version, status, customer_id, channel, store, currency, total, placed_at,
                         document, returned, refunded, created_at, updated_at)
     select $1, 'O-' || n, 1, 'paid', 'c-' || (n % 20000), 'web', 'sh-001', 'CNY', (d.document ->> 'total')::bigint,
            timestamptz '2026-06-01' + n * interval '10 seconds', d.document, '[]', 0, now(), now()
       from generate_series(1, $3::int) as n
       join (select ordinality, value as document from jsonb_array_elements($2::jsonb) with ordinality) as d
         on d.ordinality = 1 + n % $4::int`,
    [
      projectId,
      JSON.stringify(Array.from({ length: documents }, (_, i) => documentOf(i))),
      orders,
      documents,
    ],
  );
  await owner.pool.query("vacuum analyze orders");
}

function backTest(): Promise<Omit<SimulationFigures, "inProcessPerSecond" | "inProcessCpu">> {
  const key = { key: "bench", role: "admin", secret } as const;
  return withOwnService({ key, simulationThreads: threads, fill }, async ({ postgresProcessId, call }) => {
    for (const document of rules) {
      const { id } = await call("POST", "/v1/promotions", document);
      await call("POST", `/v1/promotions/${id}/activate`);
    }
    const before = process.memoryUsage().rss;
    const cpu = process.cpuUsage();
    const postgresBefore = cpuTimeOfPostgres(postgresProcessId);
    const began = performance.now();
    const request = { promotions: drafts, from: "2026-01-01T00:00:00Z", to: "2027-12-01T00:00:00Z" };
    const { id } = await call("POST", "/v1/simulations", request);
    let most = before;
    for (;;) {
      const { state } = await call("GET", `/v1/simulations/${id}`);
      most = Math.max(most, process.memoryUsage().rss);
      if (state === "succeeded") break;
      if (state !== "queued" && state !== "running") throw new Error(`the simulation is ${state}`);
      // Seldom: what asking costs is no cost of the job.
      await delay(500);
    }
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      orders,
      threads,
      promotions: promotions.length,
      jobPerSecond: orders / seconds,
      jobCpu: (user + system) / orders,
      postgresCpu: (cpuTimeOfPostgres(postgresProcessId) - postgresBefore) / orders,
      memory: Math.round((most - before) / 1_048_576),
    };
  });
}

// Once before and once after: what else the machine is doing falls on both.
const first = inProcess();
const job = await backTest();
const last = inProcess();
const figures: SimulationFigures = {
  ...job,
  inProcessPerSecond: (first.perSecond + last.perSecond) / 2,
  inProcessCpu: (first.cpu + last.cpu) / 2,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
