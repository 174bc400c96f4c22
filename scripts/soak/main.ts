/**
 * G42: the service under a steady load with chaos, for long: does anything grow?
 *
 *     npx tsx scripts/soak/main.ts --minutes 30
 *
 * A PostgreSQL of its own, `src/main.ts` as it is, eight clients that price, redeem, list and change promotions, and every
 * twenty seconds all connections to the database are terminated. After a warm-up of a fifth of the time, memory may rise by
 * 5 MB an hour and open files may not grow; once the clients have gone, every connection is back in the pool, and there are no
 * others. Prints one line a minute and a table; ends with 1 where something grew.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { silentLog } from "../../src/platform/log.ts";
import { addressOf } from "../service-address.ts";
import { type AtRest, faultsOf, saysMemory } from "./faults.ts";
import { type Sample, trendOf } from "./trend.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "30" }, clients: { type: "string", default: "8" } },
});
const minutes = Number(values.minutes);
const sampleMilliseconds = Math.min(5_000, (minutes * 60_000) / 60);
const chaosMilliseconds = Math.min(20_000, (minutes * 60_000) / 6);
const poolSize = 12;
const restSeconds = 30;
const adminKey = "an-admin-key-for-the-soak-test";

const folder = mkdtempSync(join(tmpdir(), "dealwright-soak-"));
// As root, the embedded PostgreSQL runs as somebody else and has to get through.
chmodSync(folder, 0o711);
const postgres = await startEmbeddedPostgres({ directory: join(folder, "postgres"), log: silentLog });
const service = spawn(process.execPath, ["--import", "tsx", "src/main.ts"], {
  env: {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: postgres.connectionString,
    DATA_DIR: join(folder, "data"),
    PORT: "0",
    DATABASE_POOL_SIZE: String(poolSize),
    LOG_LEVEL: "silent",
    BOOTSTRAP_ADMIN_KEY: adminKey,
    DEMO: "off",
  },
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = new Promise<number | null>((settle) => service.once("exit", settle));
const url = await addressOf(service);

const tally = new Map<string, number>();
async function call(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  let status: number | string = "broken";
  try {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    status = answer.status;
    return { status: answer.status, text: await answer.text() };
  } catch {
    return { status: 0, text: "" };
  } finally {
    tally.set(`${status}`, (tally.get(`${status}`) ?? 0) + 1);
  }
}

const tenYuan = [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }];
async function promote(document: object): Promise<string> {
  const { id } = JSON.parse(
    (await call("POST", "/v1/promotions", { benefits: tenYuan, ...document })).text,
  ) as { id: string };
  await call("POST", `/v1/promotions/${id}/activate`);
  return id;
}
await promote({ key: "coded", trigger: { type: "code", code: "SOAK" }, limits: { perCustomer: 1_000_000 } });
const changing = await promote({
  key: "changing",
  trigger: { type: "automatic" },
  stacking: { group: "other" },
});

let isOver = false;
let orders = 0;
async function buy(): Promise<void> {
  while (!isOver) {
    orders += 1;
    const number = orders;
    const cart = {
      currency: "CNY",
      customer: { id: `c-${number % 1_000}` },
      lines: [{ id: "1", sku: `MUG-${number % 50}`, quantity: 1 + (number % 3), unitPrice: 10_000 }],
      codes: ["SOAK"],
    };
    for (let i = 0; i < 10; i++) await call("POST", "/v1/evaluations", cart);
    await call("POST", "/v1/redemptions", { ...cart, orderRef: `${number}` });
    if (number % 20 === 0) await call("GET", "/v1/redemptions?limit=50");
    if (number % 50 === 0) {
      await call("POST", `/v1/promotions/${changing}/pause`);
      await call("POST", `/v1/promotions/${changing}/activate`);
    }
    await delay(20);
  }
}

async function chaos(): Promise<void> {
  while (!isOver) {
    await delay(chaosMilliseconds);
    const client = new pg.Client(postgres.connectionString);
    await client.connect();
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await client.end();
  }
}

async function figures(): Promise<(name: string) => number> {
  const { text } = await call("GET", "/metrics");
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

async function sampled(seconds: number): Promise<Sample | null> {
  const figure = await figures();
  const sample = {
    seconds,
    residentBytes: figure("process_resident_memory_bytes"),
    openFiles: figure("process_open_fds"),
    connections: figure("dealwright_database_connections"),
  };
  return Object.values(sample).some(Number.isNaN) ? null : sample;
}

/** The least that was ever seen in use: what the service does by itself gives its connections back. */
async function atRest(): Promise<AtRest | null> {
  let inUse = Number.NaN;
  const until = performance.now() + restSeconds * 1_000;
  while (!(inUse === 0) && performance.now() < until && service.exitCode === null) {
    await delay(50);
    const now = (await figures())("dealwright_database_connections_in_use");
    if (!Number.isNaN(now)) inUse = Number.isNaN(inUse) ? now : Math.min(inUse, now);
  }
  if (Number.isNaN(inUse)) return null;
  const client = new pg.Client(postgres.connectionString);
  await client.connect();
  const { rows } = await client.query<{ connections: number }>(
    "select count(*)::int as connections from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  await client.end();
  return { inUse, connections: rows[0]?.connections ?? 0 };
}

const working = [...Array.from({ length: Number(values.clients) }, buy), chaos()];
const samples: Sample[] = [];
const began = performance.now();
const elapsedSeconds = () => (performance.now() - began) / 1_000;
let told = 0;
while (elapsedSeconds() < minutes * 60 && service.exitCode === null) {
  await delay(sampleMilliseconds);
  const sample = await sampled(elapsedSeconds());
  if (sample !== null) samples.push(sample);
  if (sample === null || elapsedSeconds() < told * 60) continue;
  told += 1;
  const megabytes = Math.round(sample.residentBytes / 2 ** 20);
  console.log(
    `${Math.round(sample.seconds)} s: ${megabytes} MB, ${sample.openFiles} files, ${sample.connections} connections, ${orders} orders`,
  );
}
isOver = true;
await Promise.all(working);
const wasAlive = service.exitCode === null;
const rest = await atRest();
service.kill("SIGTERM");
const exitCode = await ended;
await postgres.stop();
rmSync(folder, { recursive: true, force: true });

const warm = samples.filter(({ seconds }) => seconds > minutes * 12);
const trend = trendOf(warm, Math.max(1, minutes));
const clients = Number(values.clients);
const faults = faultsOf({ minutes, clients, poolSize, trend, atRest: rest, wasAlive, exitCode, tally });
console.log(`
| | |
|---|---:|
| minutes | ${minutes} |
| orders | ${orders} |
| answers by status | ${[...tally]
  .sort()
  .map(([status, count]) => `${status}: ${count}`)
  .join(", ")} |
| memory, MB an hour | ${trend.megabytesPerHour.toFixed(1)}${saysMemory(minutes) ? "" : " (too short to say)"} |
| more open files in the second half | ${trend.moreFiles} |
| at rest: connections in use, and there at all | ${rest === null ? "none seen" : `${rest.inUse}, ${rest.connections}`} |
`);
for (const fault of faults) console.error(`Not flat: ${fault}`);
process.exit(faults.length === 0 ? 0 : 1);
