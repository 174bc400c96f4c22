/** G14: the line to the database is cut around a COMMIT, before it or before its answer. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { lies, replayAll, rudeFailures, startWork } from "./persistent-clients.ts";
import { type RunningServer, startServer } from "./running-servers.ts";
import { openShop, orderOf, untilKnown } from "./shop.ts";
import { patience, sized } from "./sizes.ts";
import { type Fate, startProxy, type TcpProxy } from "./tcp-proxy.ts";

let database: TestDatabase;
let proxy: TcpProxy;
let server: RunningServer;

beforeAll(async () => {
  database = await freshDatabase();
  proxy = await startProxy(database.connectionString);
  server = await startServer({ connectionString: proxy.connectionString });
}, patience);
afterAll(async () => {
  await expectBooksToBalance(database);
  await server.kill();
  await proxy.close();
  await database.close();
}, patience);

test.each([
  ["its answer", "lose the answer", sized(20, 500)],
  ["the request", "lose the request", sized(10, 100)],
] as const)(
  "a COMMIT that loses %s happens once or not at all, and is told truly",
  { timeout: patience },
  async (_name, fate: Fate, times) => {
    const shop = await openShop(server.url, database);
    const rule = await shop.promotion("lost", { trigger: { type: "code", code: "LOST" } });
    await untilKnown([server.url], shop, { codes: ["LOST"] });
    const work = startWork(shop, 8, "LOST", () => server.url);
    let lost = 0;
    await new Promise<void>((settle) => {
      let commits = 0;
      proxy.onCommit = () => {
        commits += 1;
        if (commits % 2 === 0 || lost >= times) return "pass";
        lost += 1;
        if (lost === times) settle();
        return fate;
      };
    });
    await work.acknowledged(10);
    await work.stop();
    await replayAll(work, shop, server.url);
    expect(lost).toBe(times);
    expect(server.isRunning()).toBe(true);
    expect(rudeFailures(work)).toEqual([]);
    expect(await lies(work, shop, rule, database)).toEqual([]);
    shop.close();
  },
);

test("while the fate of a batch is sought of a database that is away, whoever comes later is refused at once", {
  timeout: patience,
}, async () => {
  const shop = await openShop(server.url, database);
  const redeem = () =>
    shop.client.call("POST", `${server.url}/v1/redemptions`, { ...orderOf(), mode: "commit" });
  expect((await redeem()).status).toBe(201);
  const blocker = await database.pool.connect();
  await blocker.query("begin; lock table outbox_events in exclusive mode");
  const lost = redeem();
  await vi.waitFor(
    async () => {
      const { rows } = await blocker.query(`select from pg_locks where not granted and database =
        (select oid from pg_database where datname = current_database()) and relation = 'outbox_events'::regclass`);
      expect(rows.length).toBeGreaterThan(0);
    },
    { timeout: patience },
  );
  proxy.setDown(true);
  await vi.waitFor(
    async () => expect(await (await fetch(`${server.url}/readyz`)).text()).toContain("degraded"),
    { timeout: patience },
  );
  // The first of a batch need not wait for its turn; the others would.
  const later = Promise.all([redeem(), redeem(), redeem()]);
  const first = await Promise.race([lost.then(() => "whose batch it was"), later.then(() => "the later")]);
  await blocker.query("rollback");
  blocker.release();
  proxy.setDown(false);
  expect(first).toBe("the later");
  expect((await later).map(({ status }) => status)).toEqual([503, 503, 503]);
  expect([201, 503]).toContain((await lost).status);
  await vi.waitFor(async () => expect((await redeem()).status).toBe(201), { timeout: patience });
  shop.close();
});
