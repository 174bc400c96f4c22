/**
 * Redemptions beside the bare SQL they could have been: one prepared statement through `pg` that uses a code and notes the
 * order, on as many rows as there are orders or on one hot row. All on the same durable PostgreSQL, taking turns.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { Pool } from "undici";
import { committerService } from "../../src/features/ledger/committer-service.ts";
import { amountCounter, couponCounter, usesCounter } from "../../src/features/ledger/promotion-counters.ts";
import { seedPromotions } from "../../src/features/promotions/promotion-seed.ts";
import { orderKey } from "../../src/ledger/books.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { type Database, openDatabase, withTransaction } from "../../src/platform/database.ts";
import { startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { newId } from "../../src/platform/ids.ts";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";
import { cpuTimeOf, cpuTimeOfPostgres } from "./cpu-time.ts";
import { firstLine, median } from "./measurement.ts";
import { insertBenchProject } from "./project.ts";

const clients = 64;
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const codesPerKind = 400_000;

export interface RedemptionFigure {
  name: string;
  /** Medians of the rounds. */
  perSecond: number;
  /** Microseconds of CPU time a redemption, the numbering of its event included; of all rounds together. */
  clientCpu: number;
  serviceCpu: number;
  postgresCpu: number;
  /** What PostgreSQL wrote to its log for a redemption. */
  walBytes: number;
}

const project = newId("prj");
const pool = newId("pol");
const secret = "bench-checkout-key-for-redemptions";
const code = (n: number) => `BENCH${String(n).padStart(8, "0")}`;

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "dealwright-bench-"));
  const postgres = await startEmbeddedPostgres({ directory: join(directory, "postgres"), log: silentLog });
  await migrateDatabase(postgres.connectionString, silentLog, process.env.BENCH_MIGRATIONS);
  const settings = { connectionString: postgres.connectionString, log: silentLog, poolSize: 16 };
  const database = openDatabase(settings);
  const owner = openDatabase({ ...settings, role: null, statementTimeoutMilliseconds: 600_000 });
  await fill(database, owner.pool);
  const server = spawn(
    process.execPath,
    ["--max-semi-space-size=32", ...process.execArgv, process.argv[1]!, "server"],
    {
      env: { ...process.env, NODE_ENV: "production", BENCH_DATABASE: postgres.connectionString },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  try {
    const { url } = await firstLine<{ url: string }>(server);
    const figures = await measure(database, owner.pool, url, {
      service: () => cpuTimeOf(server.pid!),
      postgres: () => cpuTimeOfPostgres(postgres.processId),
    });
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } finally {
    server.kill("SIGTERM");
    await database.close();
    await owner.close();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function fill(database: Database, owner: pg.Pool): Promise<void> {
  await withTransaction(database, project, async (connection) => {
    await insertBenchProject(connection, project, { key: "bench", role: "checkout", secret });
    await seedPromotions(connection, {
      projectId: project,
      now: systemClock.now(),
      documents: [
        {
          key: "coupon",
          trigger: { type: "coupon", pool: "bench" },
          benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
        },
        {
          key: "hot",
          trigger: { type: "code", code: "HOT" },
          limits: { total: 1_000_000_000 },
          benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
        },
      ],
    });
  });
  await owner.query(
    `insert into coupon_pools (project_id, id, key, version, document, created_at, updated_at)
     values ($1, $2, 'bench', 1, '{"key": "bench", "alphabet": "0123456789ABCDEFGHJKMNPQRSTVWXYZ"}', now(), now())`,
    [project, pool],
  );
  const client = await owner.connect();
  try {
    await client.query("set statement_timeout = 0");
    await client.query(
      `insert into coupons (project_id, code, pool_id, max_uses, created_at)
       select $1, 'BENCH' || lpad(n::text, 8, '0'), $2, 1, now() from generate_series(0, $3 - 1) as n`,
      [project, pool, 2 * codesPerKind],
    );
    await client.query(
      "create table bare_codes (code text primary key, used int not null default 0, lim int not null)",
    );
    await client.query(
      "create table bare_redemptions (id text primary key, code text not null, order_ref text not null unique, created_at timestamptz not null default now())",
    );
    await client.query(
      "insert into bare_codes select 'BENCH' || lpad(n::text, 8, '0'), 0, 1 from generate_series(0, $1 - 1) as n",
      [codesPerKind],
    );
    await client.query("insert into bare_codes values ('HOT', 0, 1000000000)");
    await client.query("vacuum analyze");
    // Else what is being filled in here is written back during the rounds, and so much a second: on the account of whoever is slow.
    await client.query("checkpoint");
  } finally {
    client.release();
  }
}

interface CpuTimes {
  service(): number;
  postgres(): number;
}

async function measure(
  database: Database,
  owner: pg.Pool,
  url: string,
  cpu: CpuTimes,
): Promise<RedemptionFigure[]> {
  // As light a client as there is: it shares the machine with what is measured.
  const server = new Pool(url, { connections: clients });
  const committer = committerService({ database, log: silentLog });
  let bareCodes = 0;
  let ownCodes = 0;
  const nextCode = () => code(ownCodes++);
  const candidates: { name: string; once: () => Promise<void> }[] = [
    { name: "bare statement, distinct codes", once: () => bare(owner, code(bareCodes++)) },
    { name: "bare statement, one hot row", once: () => bare(owner, "HOT") },
    { name: "committer alone, distinct codes", once: () => commitOne(committer, nextCode()) },
    { name: "committer alone, one hot coupon", once: () => commitOne(committer, null) },
    { name: "HTTP, distinct codes", once: () => post(server, nextCode()) },
    { name: "HTTP, one hot coupon", once: () => post(server, "HOT") },
  ];
  const results = candidates.map((): Round[] => []);
  for (const { once } of candidates) await drive(once, 1);
  await numbered(owner);
  for (let round = 0; round < rounds; round++)
    for (const [index, { once }] of candidates.entries()) {
      const before = await spent(owner, cpu);
      const { done, took } = await drive(once, seconds);
      await numbered(owner);
      const after = await spent(owner, cpu);
      results[index]!.push({
        perSecond: done / took,
        done,
        spent: after.map((value, place) => value - before[place]!),
      });
    }
  await Promise.all([committer.close(), server.close()]);
  return candidates.map(({ name }, index) => figureOf(name, results[index]!));
}

interface Round {
  perSecond: number;
  done: number;
  spent: number[];
}

function figureOf(name: string, results: readonly Round[]): RedemptionFigure {
  const done = results.reduce((sum, round) => sum + round.done, 0);
  const [clientCpu, serviceCpu, postgresCpu, walBytes] = [0, 1, 2, 3].map(
    (place) => results.reduce((sum, round) => sum + round.spent[place]!, 0) / done,
  ) as [number, number, number, number];
  return {
    name,
    perSecond: median(results.map(({ perSecond }) => perSecond)),
    clientCpu,
    serviceCpu,
    postgresCpu,
    walBytes,
  };
}

async function spent(owner: pg.Pool, cpu: CpuTimes): Promise<number[]> {
  const { rows } = await owner.query("select pg_current_wal_insert_lsn() - '0/0' as bytes");
  const { user, system } = process.cpuUsage();
  return [user + system, cpu.service(), cpu.postgres(), Number(rows[0].bytes)];
}

/** The events of one round are not numbered on the account of the next. */
async function numbered(owner: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await owner.query(
      "select count(*)::int as backlog from outbox_events where position is null",
    );
    if (rows[0].backlog === 0) return;
    await delay(100);
  }
}

/** So many clients, each asking again as soon as it is answered. */
async function drive(once: () => Promise<void>, forSeconds: number): Promise<{ done: number; took: number }> {
  const began = performance.now();
  const until = began + forSeconds * 1_000;
  let done = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < until) {
        await once();
        done += 1;
      }
    }),
  );
  return { done, took: (performance.now() - began) / 1_000 };
}

async function bare(owner: pg.Pool, codeText: string): Promise<void> {
  const { rowCount } = await owner.query({
    name: "bare",
    text: `with taken as (update bare_codes set used = used + 1 where code = $1 and used < lim returning code)
           insert into bare_redemptions (id, code, order_ref) select $2, code, $3 from taken`,
    values: [codeText, newId("rdm"), newId("ord")],
  });
  if (rowCount !== 1) throw new Error("the bare statement was refused");
}

const rule = newId("prm");
const payload = JSON.stringify({
  lines: Array.from({ length: 2 }, (_, i) => ({
    id: String(i),
    sku: `SKU-${i}`,
    quantity: 1,
    unitPrice: 9900,
  })),
  note: "x".repeat(1_500),
});

async function commitOne(committer: ReturnType<typeof committerService>, own: string | null): Promise<void> {
  const id = newId("rdm");
  const holds = [
    { counter: usesCounter(rule), amount: 1, limit: own === null ? 1_000_000_000 : null },
    { counter: amountCounter(rule, "CNY"), amount: 100, limit: null },
    ...(own === null ? [] : [{ counter: couponCounter(pool, own), amount: 1, limit: null }]),
  ];
  const { type } = await committer.submit(project, {
    command: {
      kind: "redeem",
      redemption: id,
      mode: "commit",
      order: orderKey("bench", id),
      requestHash: "00",
      ttlMilliseconds: 0,
      holds,
    },
    newRedemption: {
      source: "bench",
      orderRef: id,
      mode: "commit",
      customerId: null,
      currency: "CNY",
      total: 9900,
      discount: 100,
      revision: 1,
      evaluatedAt: Date.now(),
      request: payload,
      facts: "{}",
      settings: "{}",
      quote: payload,
      createdBy: "bench",
    },
  });
  if (type !== "granted") throw new Error(`the committer answered ${type}`);
}

async function post(server: Pool, codeText: string): Promise<void> {
  const { statusCode, body } = await server.request({
    path: "/v1/redemptions",
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({
      currency: "CNY",
      orderRef: newId("ord"),
      codes: [codeText],
      expectedTotal: 19_700,
      lines: [
        { id: "1", sku: "SKU-1", quantity: 1, unitPrice: 9_900 },
        { id: "2", sku: "SKU-2", quantity: 1, unitPrice: 9_900 },
      ],
    }),
  });
  await body.dump();
  if (statusCode !== 201) throw new Error(`${codeText}: ${statusCode}`);
}

/** The service in a process of its own, as in production. */
async function serve(): Promise<void> {
  const { buildApp } = await import("../../src/app.ts");
  const database = openDatabase({ connectionString: process.env.BENCH_DATABASE ?? "", log: silentLog });
  const app = await buildApp({
    config: { environment: "production", logLevel: "silent" },
    database,
    clock: systemClock,
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  process.stdout.write(`${JSON.stringify({ url })}\n`);
  process.on("SIGTERM", async () => {
    await app.close();
    await database.close();
  });
}

if (process.argv[2] === "server") await serve();
else await main();
