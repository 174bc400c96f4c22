/** Where the drill takes place: a durable PostgreSQL of its own, a shop in it, and services as `npm start` runs them. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import pg from "pg";
import { seedPromotions } from "../../src/features/promotions/promotion-seed.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openDatabase, withTransaction } from "../../src/platform/database.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { findFreePort } from "../../src/platform/free-port.ts";
import { newId } from "../../src/platform/ids.ts";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";
import { benchCartBody, benchPromotions } from "../bench/fixture.ts";
import { insertBenchProject } from "../bench/project.ts";
import { addressOf } from "../service-address.ts";

export interface Place {
  readonly key: string;
  startService(environment?: Readonly<Record<string, string>>): Promise<Service>;
  readonly database: DrillDatabase;
  close(): Promise<void>;
}

export interface DrillDatabase {
  /** Nothing is written any more, nobody is told. Resolves once it is gone. */
  pullPlug(): Promise<void>;
  /** Resolves when it takes connections again, at the address that it had. */
  start(): Promise<void>;
  /** Connections stay, and are taken; nobody answers on them. */
  setHung(isHung: boolean): void;
  run<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  /** Until `end`, whoever asks for a redemption waits. */
  lockRedemptions(): Promise<{ end(): Promise<void> }>;
}

export interface Service {
  readonly url: string;
  readonly process: ChildProcess;
  isRunning(): boolean;
  /** Its own figure for Prometheus. */
  figure(name: string): Promise<number>;
  /** Resolves with its exit code. */
  end(): Promise<number | null>;
}

export const code = "DRILL";
/** What a till sends: twenty lines. */
export const cartBody = JSON.stringify(benchCartBody);
const smallCart = { currency: "CNY", lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }] };
/** Of somebody whom the database is asked about. */
export const customersCartBody = JSON.stringify({ ...benchCartBody, customer: { id: "c-#" } });
export const redemptionBody = JSON.stringify({
  ...smallCart,
  codes: [code],
  orderRef: "drill-#",
  explain: "none",
});

const root = join(import.meta.dirname, "../..");

export async function openPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "dealwright-drill-"));
  // As root, the embedded PostgreSQL runs as somebody else and has to get through.
  chmodSync(folder, 0o711);
  const port = await findFreePort("127.0.0.1");
  const directory = join(folder, "postgres");
  const start = () => startEmbeddedPostgres({ directory, log: silentLog, settings: { port: String(port) } });
  let postgres: EmbeddedPostgres = await start();
  const address = new URL(postgres.connectionString);
  address.port = String(port);
  const connectionString = address.href;
  await migrateDatabase(connectionString, silentLog);
  const key = "a-checkout-key-for-the-drill";
  await openShop(connectionString, key);
  let services = 0;

  const connected = async <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const client = new pg.Client({ connectionString });
    client.on("error", () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const database: DrillDatabase = {
    async pullPlug() {
      process.kill(postgres.processId, "SIGQUIT");
      await postgres.stop();
    },
    async start() {
      postgres = await start();
    },
    setHung(isHung) {
      for (const id of [postgres.processId, ...childrenOf(postgres.processId)])
        signal(id, isHung ? "SIGSTOP" : "SIGCONT");
    },
    run: <Row extends pg.QueryResultRow>(text: string) =>
      connected(async (client) => (await client.query<Row>(text)).rows),
    async lockRedemptions() {
      const client = new pg.Client({ connectionString });
      await client.connect();
      await client.query("begin; lock table redemptions in access exclusive mode");
      return { end: () => client.end() };
    },
  };
  return {
    key,
    database,
    startService(environment = {}) {
      services += 1;
      return startService({
        DATABASE_URL: connectionString,
        DATA_DIR: join(folder, `data-${services}`),
        ...environment,
      });
    },
    async close() {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The processes of a server come and go: some may have ended. */
function signal(id: number, name: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(id, name);
  } catch {
    // It has ended.
  }
}

/** A thousand promotions, of which twenty touch the cart, and one whose code is redeemed. */
async function openShop(connectionString: string, secret: string): Promise<void> {
  const database = openDatabase({ connectionString, log: silentLog });
  const projectId = newId("prj");
  await withTransaction(database, projectId, async (connection) => {
    await insertBenchProject(connection, projectId, { key: "drill", role: "admin", secret });
    // An overload is not to be taken for a key that asks too often.
    await connection.execute(sql`update api_keys set requests_per_minute = 100000000`);
    const documents = [
      ...benchPromotions(1_000, "apart"),
      {
        key: "redeemed",
        trigger: { type: "code", code },
        benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
        limits: { total: 100_000_000 },
      },
    ];
    await seedPromotions(connection, { projectId, documents, now: systemClock.now() });
  });
  await database.close();
}

async function startService(environment: Readonly<Record<string, string>>): Promise<Service> {
  const child = spawn(process.execPath, ["--max-semi-space-size=32", join(root, "dist/main.js")], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: "production",
      HOST: "127.0.0.1",
      PORT: "0",
      LOG_LEVEL: "silent",
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((settle) => child.once("exit", settle));
  process.once("exit", () => child.kill("SIGKILL"));
  const url = await addressOf(child);
  return {
    url,
    process: child,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async figure(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^dealwright_${name} (\\S+)$`, "m").exec(text)?.[1]);
    },
    async end() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** Ids of the processes that a process has started. */
export function childrenOf(processId: number): number[] {
  const text = readFileSync(`/proc/${processId}/task/${processId}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}
