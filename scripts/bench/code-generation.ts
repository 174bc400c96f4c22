/**
 * Codes generated and stored by a job, through the HTTP interface, beside a bare COPY of the same rows (as text, in order,
 * in one piece) into the same indexed table: on one durable PostgreSQL, taking turns, each time into the empty table.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { median } from "./measurement.ts";
import { type OwnService, withOwnService } from "./own-service.ts";

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
export function benchCodeGeneration(): Promise<CodeGenerationFigure[]> {
  return withOwnService({ key: { key: "bench", role: "marketing", secret } }, async ({ owner, call }) => {
    await call("POST", "/v1/coupon-pools", { key: "bench" });
    const client = await owner.pool.connect();
    const generated: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await empty(client);
      generated.push(await timed(() => generate(call)));
      const rows = await rowsOf(client);
      await empty(client);
      bare.push(await timed(() => copy(client, rows)));
    }
    client.release();
    return [
      { name: "bare COPY of the same rows", codes: count, seconds: median(bare) },
      { name: "generated and stored by a job", codes: count, seconds: median(generated) },
    ];
  });
}

async function generate(call: OwnService["call"]): Promise<void> {
  const job = await call("POST", "/v1/coupon-pools/bench/codes", { count });
  for (;;) {
    const { state } = await call("GET", `/v1/jobs/${job.id}`);
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
