/** G11: the server is killed under load, and started again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { lies, replayAll, rudeFailures, startWork } from "./persistent-clients.ts";
import { type RunningServer, startServer } from "./running-servers.ts";
import { openShop, untilKnown } from "./shop.ts";
import { patience, sized } from "./sizes.ts";

let database: TestDatabase;
let server: Promise<RunningServer>;
const start = () => startServer({ connectionString: database.connectionString });

beforeAll(async () => {
  database = await freshDatabase();
  server = start();
  await server;
}, patience);
afterAll(async () => {
  await expectBooksToBalance(database);
  await (await server).kill();
  await database.close();
}, patience);

test("what a killed server acknowledged is there once, and is told again word for word", {
  timeout: patience,
}, async () => {
  const first = (await server).url;
  const shop = await openShop(first, database);
  const rule = await shop.promotion("killed", { trigger: { type: "code", code: "KILLED" } });
  await untilKnown([first], shop, { codes: ["KILLED"] });
  const work = startWork(shop, 32, "KILLED", async () => (await server).url);
  for (let round = 0; round < sized(5, 50); round++) {
    await work.acknowledged(20 + 7 * (round % 5));
    const victim = await server;
    server = victim.kill().then(start);
    await server;
  }
  await work.acknowledged(32);
  await work.stop();
  await replayAll(work, shop, (await server).url);
  expect(rudeFailures(work, true)).toEqual([]);
  expect(work.history.refused().filter(({ status }) => status === null).length).toBeGreaterThan(0);
  expect(await lies(work, shop, rule, database)).toEqual([]);
  shop.close();
});
