/**
 * Dealwright on an embedded PostgreSQL of its own, with one project for each number of promotions, and beside it the empty
 * route: a bare Fastify that parses the same cart and answers the same quote. Prints one JSON line when ready.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Fastify from "fastify";
import { buildApp } from "../../src/app.ts";
import { seedPromotions } from "../../src/features/promotions/promotion-seed.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openDatabase, withTransaction } from "../../src/platform/database.ts";
import { startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { newId } from "../../src/platform/ids.ts";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";
import { insertBenchProject } from "../bench/project.ts";
import { promotionOf } from "./promotions.ts";
import { cartBody, rulesOf, sizes } from "./shop.ts";

export interface Ready {
  readonly url: string;
  readonly emptyUrl: string;
  /** By number of promotions. */
  readonly keys: Readonly<Record<string, string>>;
  /** Also Medusa's, which makes databases of its own on it. */
  readonly databaseUrl: string;
}

const directory = mkdtempSync(join(tmpdir(), "dealwright-bench-"));
const postgres = await startEmbeddedPostgres({
  directory: join(directory, "postgres"),
  log: silentLog,
  isDurable: false,
});
await migrateDatabase(postgres.connectionString, silentLog, process.env.BENCH_MIGRATIONS);
const database = openDatabase({ connectionString: postgres.connectionString, log: silentLog });

const keys: Record<string, string> = {};
for (const count of sizes) {
  const secret = `bench-checkout-key-for-${count}-promotions`;
  const id = newId("prj");
  await withTransaction(database, id, async (connection) => {
    await insertBenchProject(connection, id, { key: `bench-${count}`, role: "checkout", secret });
    const documents = rulesOf("equal", count).map((rule) => promotionOf(rule, "equal"));
    await seedPromotions(connection, { projectId: id, documents, now: systemClock.now() });
  });
  keys[count] = secret;
}

const app = await buildApp({
  config: { environment: "production", logLevel: "silent" },
  database,
  clock: systemClock,
});
const url = await app.listen({ host: "127.0.0.1", port: 0 });

const answer = await fetch(`${url}/v1/evaluations`, {
  method: "POST",
  headers: { "content-type": "application/json", authorization: `Bearer ${keys[1_000]}` },
  body: JSON.stringify(cartBody),
});
if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
const quote = (await answer.json()) as object;

const empty = Fastify({ logger: false });
empty.post("/empty", () => quote);
const emptyUrl = await empty.listen({ host: "127.0.0.1", port: 0 });

process.stdout.write(
  `${JSON.stringify({ url, emptyUrl, keys, databaseUrl: postgres.connectionString } satisfies Ready)}\n`,
);
process.on("SIGTERM", async () => {
  await app.close();
  await empty.close();
  await database.close();
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
});
