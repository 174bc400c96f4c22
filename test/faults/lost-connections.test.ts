/** G13: PostgreSQL ends every connection at once, again and again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { lies, replayAll, rudeFailures, startWork } from "./persistent-clients.ts";
import { type RunningServer, startServer } from "./running-servers.ts";
import { openShop, untilKnown } from "./shop.ts";
import { patience, sized } from "./sizes.ts";

let database: TestDatabase;
let server: RunningServer;

beforeAll(async () => {
  database = await freshDatabase();
  server = await startServer({ connectionString: database.connectionString });
}, patience);
afterAll(async () => {
  await expectBooksToBalance(database);
  await server.kill();
  await database.close();
}, patience);

test("connections that die under work end no process, leak no client and lose nothing", {
  timeout: patience,
}, async () => {
  const shop = await openShop(server.url, database);
  const rule = await shop.promotion("alive", { trigger: { type: "code", code: "ALIVE" } });
  await untilKnown([server.url], shop, { codes: ["ALIVE"] });
  const work = startWork(shop, 16, "ALIVE", () => server.url);
  for (let round = 0; round < sized(20, 200); round++) {
    await work.acknowledged(5);
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and application_name like 'dealwright%'`,
    );
  }
  await work.acknowledged(10);
  await work.stop();
  await replayAll(work, shop, server.url);
  expect([server.isRunning(), server.printed()]).toEqual([true, ""]);
  await expect
    .poll(
      async () => {
        const { total, idle, waiting } = await server.pool();
        return { busy: total - idle, waiting };
      },
      { timeout: 30_000 },
    )
    .toEqual({ busy: 0, waiting: 0 });
  expect(rudeFailures(work)).toEqual([]);
  expect(await lies(work, shop, rule, database)).toEqual([]);
  shop.close();
});
