/** Three processes over one database: G01 to G03 and G05. All of G01's matrix under LONG=1; a few of its cells always. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { contradictions, History } from "../faults/history.ts";
import { type Face, inParallel } from "../faults/http-client.ts";
import { type RunningServer, startServer, startServers } from "../faults/running-servers.ts";
import { openShop, orderOf, untilKnown } from "../faults/shop.ts";
import { patience, sized, whenLong } from "../faults/sizes.ts";
import { couponsOf } from "../features/redemptions/redemption-fixture.ts";
import { spend, violationsOf as violationsOfBudget } from "./budgets.ts";
import { rushFor, type SupplyName, supplies, violationsOf } from "./limits.ts";

const options = { timeout: patience };
let database: TestDatabase;
let servers: RunningServer[];
const urls = () => servers.map(({ url }) => url);

beforeAll(async () => {
  database = await freshDatabase();
  servers = await startServers(3, { connectionString: database.connectionString });
}, patience);
afterAll(async () => {
  await expectBooksToBalance(database);
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

describe("what is limited to N is given exactly N times (G01)", () => {
  const all = (["REST", "GraphQL"] as const).flatMap((face) =>
    (Object.keys(supplies) as SupplyName[]).flatMap((name) =>
      [1, 3].map((processes): [Face, SupplyName, number] => [face, name, processes]),
    ),
  );
  const some: [Face, SupplyName, number][] = [
    ["REST", "promotion limit", 3],
    ["GraphQL", "single-use code", 3],
    ["REST", "gift stock", 1],
    ["REST", "units of its own stock", 3],
    ["REST", "campaign budget", 3],
    ["GraphQL", "orders per customer of a campaign", 3],
  ];
  const attempts = sized(2_000, 20_000);
  const limit = sized(100, 1_000);

  test.each(whenLong(all, some))("over %s, %s, with %i processes", options, async (face, name, processes) => {
    const rush = await rushFor(name, {
      database,
      servers: urls().slice(0, processes),
      face,
      attempts,
      limit,
    });
    expect(rush.history.tally()).toEqual({ "201": limit, "409 code-not-applied": attempts - limit });
    expect(await violationsOf(name, limit, rush, database)).toEqual([]);
    rush.shop.close();
  });
});

describe("a budget is spent, and not one minor unit more (G02)", () => {
  const attempts = sized(500, 5_000);
  // Enough for four of five.
  const budget = Math.round(attempts * 516 * 0.8) + 1;

  test.each(["refuse", "partial"] as const)("at its edge: %s", options, async (atEdge) => {
    const spending = await spend(atEdge, { database, servers: urls(), budget, attempts });
    expect(await violationsOfBudget(atEdge, budget, spending, database)).toEqual([]);
    spending.shop.close();
  });
});

describe("the same request has one effect (G03)", () => {
  test("a thousand at once under one key, of three processes", options, async () => {
    const shop = await openShop(urls()[0]!, database);
    const rule = await shop.promotion("once", { trigger: { type: "code", code: "ONCE" } });
    await untilKnown(urls(), shop, { codes: ["ONCE"] });
    const history = new History();
    // No order number: nothing but the key tells that it is the same.
    const request = { ...orderOf({ codes: ["ONCE"] }), orderRef: undefined };
    await inParallel(sized(1_000, 1_000), 128, (index) =>
      shop.client.redeem(urls()[index % 3]!, "REST", request, { key: "once", history }),
    );
    const again = await shop.client.redeem(urls()[0]!, "REST", request, { key: "once", history });
    expect(again.status).toBe(201);
    expect(contradictions(history)).toEqual([]);
    expect(new Set(history.refused().map(({ code }) => code))).toEqual(new Set(["idempotency-key-in-use"]));
    const { rows } = await database.pool.query(
      "select count(*) as redemptions, (select sum(used) from counters where rule_id = $2 and holder = '' and measure = 'uses')::bigint as uses from redemptions where project_id = $1",
      [shop.project.id, rule],
    );
    expect(rows).toEqual([{ redemptions: 1, uses: 1 }]);

    const other = await shop.client.redeem(urls()[1]!, "REST", orderOf(), { key: "once" });
    expect([other.status, other.code]).toEqual([422, "idempotency-key-reused"]);
    shop.close();
  });

  test("again after a restart, after a month, and once nobody remembers the key", options, async () => {
    const shop = await openShop(urls()[0]!, database);
    await shop.promotion("later", { trigger: { type: "code", code: "LATER" }, limits: { total: 1 } });
    await untilKnown(urls(), shop, { codes: ["LATER"] });
    const request = orderOf({ codes: ["LATER"] });
    const first = await shop.client.redeem(urls()[2]!, "REST", request, { key: "later" });
    expect(first.status).toBe(201);

    await servers[2]!.kill();
    servers[2] = await startServer({ connectionString: database.connectionString });
    const restarted = await shop.client.redeem(urls()[2]!, "REST", request, { key: "later" });
    expect([restarted.status, restarted.text]).toEqual([201, first.text]);

    await database.pool.query(
      "update idempotency_records set created_at = created_at - interval '30 days' where project_id = $1",
      [shop.project.id],
    );
    const monthLater = await shop.client.redeem(urls()[0]!, "REST", request, { key: "later" });
    expect([monthLater.status, monthLater.text]).toEqual([201, first.text]);

    await database.pool.query("delete from idempotency_records where project_id = $1", [shop.project.id]);
    const forgotten = await shop.client.redeem(urls()[1]!, "REST", request, { key: "later" });
    expect([forgotten.status, forgotten.redemption]).toEqual([201, first.redemption]);
    shop.close();
  });
});

test("orders of several coupons take all or none, and never wait for each other (G05)", options, async () => {
  const shop = await openShop(urls()[0]!, database);
  const orders = sized(400, 5_000);
  // Some orders have to go without.
  const uses = Math.round((orders * 3 * 0.7) / 20);
  const codes = Array.from({ length: 20 }, (_, i) => `MANY${String(i).padStart(4, "0")}`);
  for (const [i, code] of codes.entries()) {
    await couponsOf(database, shop.project.id, `pool-${i}`, [code], { maxUses: uses });
    await shop.promotion(`many-${i}`, {
      trigger: { type: "coupon", pool: `pool-${i}` },
      stacking: { group: `many-${i}` },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
    });
  }
  await untilKnown(urls(), shop, { codes: [codes.at(-1)!] });
  const deadlocks = async () =>
    (
      await database.pool.query<{ deadlocks: number }>(
        "select deadlocks from pg_stat_database where datname = current_database()",
      )
    ).rows[0]!.deadlocks;
  const before = await deadlocks();
  const history = new History();
  await inParallel(orders, 16, (index) => {
    const chosen = shuffled(codes).slice(0, 3);
    return shop.client.redeem(urls()[index % 3]!, "REST", orderOf({ codes: chosen, explain: "none" }), {
      history,
    });
  });
  expect(new Set(history.refused().map(({ code }) => code))).toEqual(new Set(["code-not-applied"]));
  const { rows } = await database.pool.query(
    `select coupons, count(*) as orders from (
       select redemption_id, count(*) as coupons from ledger_postings
        where project_id = $1 and measure = 'coupon' group by 1) as by_order group by 1`,
    [shop.project.id],
  );
  expect(rows).toEqual([{ coupons: 3, orders: history.granted().length }]);
  expect(await deadlocks()).toBe(before);
  shop.close();
});

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
