/**
 * Codes generated and stored by a job, through the HTTP interface, beside a bare COPY of the same rows (as text, in order,
 * in one piece) into the same indexed table: on one durable PostgreSQL, taking turns, each time into the empty table.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { buildApp } from "../../src/app.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openDatabase, withTransaction } from "../../src/platform/database.ts";
import { startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { newId } from "../../src/platform/ids.ts";
import { openListener } from "../../src/platform/listen.ts";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";
import { median } from "./measurement.ts";
import { insertBenchProject } from "./project.ts";

const count = Number(process.env.BENCH_CODES ?? 1_000_000);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const secret = "bench-marketing-key-for-code-generation";

export interface CodeGenerationFigure {
  name: string;
  codes: number;
  /** Median of the rounds. */
  seconds: number;
}

/** First the bare COPY, then the generator. */
export async function benchCodeGeneration(): Promise<CodeGenerationFigure[]> {
  const directory = mkdtempSync(join(tmpdir(), "dealwright-bench-"));
  const postgres = await startEmbeddedPostgres({ directory: join(directory, "postgres"), log: silentLog });
  const { connectionString } = postgres;
  // The bare COPY is one statement of many seconds.
  const settings = { connectionString, log: silentLog, statementTimeoutMilliseconds: 600_000 };
  await migrateDatabase(connectionString, silentLog, process.env.BENCH_MIGRATIONS);
  const database = openDatabase(settings);
  // PostgreSQL does not COPY into a table behind walls; the bare COPY is without them.
  const owner = openDatabase({ ...settings, role: null });
  const projectId = newId("prj");
  try {
    await withTransaction(database, projectId, (connection) =>
      insertBenchProject(connection, projectId, { key: "bench", role: "marketing", secret }),
    );
    const listener = openListener(connectionString, silentLog);
    const app = await buildApp({
      config: { environment: "production", logLevel: "silent" },
      database,
      clock: systemClock,
      listener,
    });
    try {
      await call(app, "POST", "/v1/coupon-pools", { key: "bench" });
      const client = await owner.pool.connect();
      const generated: number[] = [];
      const bare: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        await empty(client);
        generated.push(await timed(() => generate(app)));
        const rows = await rowsOf(client);
        await empty(client);
        bare.push(await timed(() => copy(client, rows)));
      }
      client.release();
      return [
        { name: "bare COPY of the same rows", codes: count, seconds: median(bare) },
        { name: "generated and stored by a job", codes: count, seconds: median(generated) },
      ];
    } finally {
      await app.close();
      await listener.close();
    }
  } finally {
    await database.close();
    await owner.close();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function call(app: FastifyInstance, method: "GET" | "POST", url: string, payload?: object) {
  const headers = { authorization: `Bearer ${secret}` };
  const answer = await app.inject({ method, url, headers, ...(payload && { payload }) });
  if (answer.statusCode >= 300) throw new Error(`${url}: ${answer.body}`);
  return answer.json();
}

async function generate(app: FastifyInstance): Promise<void> {
  const job = await call(app, "POST", "/v1/coupon-pools/bench/codes", { count });
  for (;;) {
    const { state } = await call(app, "GET", `/v1/jobs/${job.id}`);
    if (state === "succeeded") return;
    if (state !== "queued" && state !== "running") throw new Error(`the job is ${state}`);
    await delay(20);
  }
}

/** Nobody's dirty pages are written on another's account. */
async function empty(client: pg.PoolClient): Promise<void> {
  await client.query("truncate coupons");
  await client.query("checkpoint");
}

const columns = "project_id, code, pool_id, max_uses, expires_at, created_at";

async function rowsOf(client: pg.PoolClient): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  const sorted = `select ${columns} from coupons order by project_id, code`;
  const stream = client.query(copyTo(`copy (${sorted}) to stdout`));
  for await (const piece of stream) pieces.push(piece as Buffer);
  // As few writes as may be: the bare COPY shall not wait for us.
  const whole = Buffer.concat(pieces);
  const size = 1_048_576;
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
    whole.subarray(index * size, (index + 1) * size),
  );
}

async function copy(client: pg.PoolClient, rows: readonly Buffer[]): Promise<void> {
  await pipeline(Readable.from(rows), client.query(copyFrom(`copy coupons (${columns}) from stdin`)));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(await benchCodeGeneration())}\n`);
}
