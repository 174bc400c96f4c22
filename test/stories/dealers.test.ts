/**
 * S5, dealer and channel incentives: tiered rebates by level, from orders that are pushed twice and out of order while a server is
 * killed; a launch bonus; an order outside of its territory; a return; a statement that adds up, and what comes after it.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { inParallel } from "../faults/http-client.ts";
import { type RunningServer, startServer } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { openShopFloor, type ShopFloor } from "./shop-floor.ts";

/** Of each dealer; every one worth 10,000.00. */
const orders = sized(12, 500);
const worth = 1_000_000;
/** Both tiers of gold are reached by orders; one order less falls under the second. */
const edge = orders * worth;
let database: TestDatabase;
const servers: RunningServer[] = [];
let shop: ShopFloor;
const start = () => startServer({ connectionString: database.connectionString });

const schedule = { startsOn: "2025-10-01", endsOn: "2025-11-30", every: "month", timezone: "Asia/Shanghai" };
const soon = { timeout: 60_000, interval: 100 };

beforeAll(async () => {
  database = await freshDatabase();
  servers.push(...(await Promise.all([start(), start()])));
  shop = await openShopFloor(database, () => servers.map((server) => (server.isRunning() ? server.url : "")));
  await shop.get("erp", "PUT", "/v1/dealers/head", { level: "national" });
  await shop.get("erp", "PUT", "/v1/dealers/east", {
    level: "gold",
    region: "CN-SH",
    parent: "head",
    territory: { regions: ["CN-SH", "CN-JS"] },
  });
  await shop.get("erp", "PUT", "/v1/dealers/west", { level: "silver", region: "CN-SC", parent: "head" });
  const agreed = { currency: "CNY", schedule, basis: "amount", products: { brands: ["xb"] } };
  const steps = [
    { from: edge / 2, percent: 2 },
    { from: edge, percent: 3 },
  ];
  await shop.get("marketing", "PUT", "/v1/rebate-agreements/gold", {
    ...agreed,
    dealers: { levels: ["gold"] },
    tiers: { mode: "volume", steps },
    target: { value: edge * 2 },
    launches: [
      { name: "new tea", products: { skus: ["NEW"] }, launchedOn: "2025-10-10", days: 10, perUnit: 500 },
    ],
  });
  await shop.get("marketing", "PUT", "/v1/rebate-agreements/silver", {
    ...agreed,
    dealers: { levels: ["silver"], networks: ["head"] },
    tiers: { mode: "graduated", steps },
  });
}, patience);
afterAll(async () => {
  shop.close();
  await expectBooksToBalance(database);
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

const orderOf = (dealer: string, index: number, more: object = {}) => ({
  version: 2,
  status: "paid",
  currency: "CNY",
  dealer,
  // The first is placed on the last day of the launch, the others after it.
  placedAt: index === 0 ? "2025-10-19T23:59:59+08:00" : "2025-10-20T00:00:00+08:00",
  shipTo: { region: index === 1 ? "CN-GD" : "CN-SH" },
  lines: [
    {
      id: "1",
      sku: index < 2 ? "NEW" : "TEA",
      brand: "xb",
      quantity: 10,
      unitPrice: 120_000,
      discount: 200_000,
    },
    { id: "2", sku: "MUG", brand: "other", quantity: 1, unitPrice: 50_000 },
  ],
  total: worth + 50_000,
  ...more,
});

async function standing(dealer: string, at = "2025-10-15T00:00:00Z") {
  const { items } = await shop.get("viewer", "GET", `/v1/dealers/${dealer}/rebates?at=${at}`);
  return items[0];
}

describe("rebates of dealers", { timeout: patience }, () => {
  test("come to the same whatever is sent twice, late and through a kill -9", async () => {
    const sent = ["east", "west"].flatMap((dealer) =>
      Array.from({ length: orders }, (_, index) => [dealer, index] as const),
    );
    let restart: Promise<void> | null = null;
    await inParallel(sent.length * 2, 8, async (at) => {
      const [dealer, index] = sent[Math.floor(at / 2)]!;
      if (at === sent.length)
        restart = (async () => {
          await servers[0]!.kill();
          servers[0] = await start();
        })();
      const path = `/v1/orders/${dealer}-${index}`;
      // An earlier version may come after the later one, which stands.
      const earlier = { version: 1, status: "placed", lines: [], total: 0 };
      const said = await shop.ask("erp", "PUT", path, orderOf(dealer, index, at % 2 === 0 ? {} : earlier));
      expect([200, 409]).toContain(said.status);
    });
    await restart;
    // East: one order went to Guangdong. So 11 of 12 count, at 2 %; ten units of the launch at 5.00.
    const counted = edge - worth;
    await expect
      .poll(async () => {
        const { amount, total } = await standing("east");
        return [amount, total];
      }, soon)
      .toEqual([counted, counted * 0.02 + 5_000]);
    // West has no territory: 12 of 12, the second tier is reached and its slice is empty yet.
    await expect.poll(async () => (await standing("west")).total, soon).toBe((edge / 2) * 0.02);
    const { attainmentPercent, target, next } = await standing("east");
    expect([target, attainmentPercent]).toEqual([
      edge * 2,
      Math.floor((counted * 1_000_000) / (edge * 2)) / 10_000,
    ]);
    expect(next).toEqual({
      kind: "tier",
      at: edge,
      missing: worth,
      reward: edge * 0.03 + 5_000,
      worth: edge * 0.03 - counted * 0.02,
    });
  });

  test("leave out what was shipped outside of the territory, until somebody clears it", async () => {
    const { items } = await shop.get("viewer", "GET", "/v1/territory-flags?state=open");
    expect(items).toMatchObject([{ order: "east-1", dealer: "east", shipTo: { region: "CN-GD" } }]);
    await shop.get("marketing", "POST", "/v1/territory-flags/east-1/clear", {
      reason: "A fair of the brand.",
    });
    await expect.poll(async () => (await standing("east")).total, soon).toBe(edge * 0.03 + 5_000);
  });

  test("are settled once, in a statement that adds up, and a return afterwards is an adjustment", async () => {
    // Under the edge by one unit; then closed by both servers at once.
    await shop.get("erp", "POST", "/v1/orders/east-2/returns", { lines: [{ id: "1", quantity: 1 }] });
    const counted = edge - worth / 10;
    await expect.poll(async () => (await standing("east")).total, soon).toBe(counted * 0.02 + 5_000);
    const close = () => shop.ask("marketing", "POST", "/v1/rebate-agreements/gold/periods/2025-10/close");
    const closed = await Promise.all([close(), close(), close()]);
    expect(closed.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const [statement] = (await shop.get("viewer", "GET", "/v1/rebate-statements?agreement=gold&dealer=east"))
      .items;
    expect(statement.lines).toMatchObject([
      { kind: "tier", from: edge / 2, of: counted, percent: 2, amount: counted * 0.02 },
      { kind: "launch", name: "new tea", of: 10, perUnit: 500, amount: 5_000 },
    ]);
    expect(statement.total).toBe(counted * 0.02 + 5_000);

    await shop.get("erp", "POST", "/v1/orders/east-3/returns", { lines: [{ id: "1", quantity: 5 }] });
    await shop.get(
      "erp",
      "PUT",
      "/v1/orders/east-late",
      orderOf("east", 5, { placedAt: "2025-11-01T00:00:00+08:00" }),
    );
    await expect
      .poll(async () => (await standing("east", "2025-11-15T00:00:00Z")).lines, soon)
      .toMatchObject([{ kind: "adjustment", name: "2025-10", amount: (-worth / 2) * 0.02 }]);
    const path = `/v1/rebate-statements/${statement.id}`;
    await shop.get("marketing", "POST", `${path}/approve`);
    const paid = await Promise.all(
      [1, 2, 3].map(() => shop.get("erp", "POST", `${path}/pay`, { reference: "bank-1" })),
    );
    expect(new Set(paid.map(({ paidAt }) => paidAt)).size).toBe(1);
    expect(paid[0]).toMatchObject({ state: "paid", total: statement.total });
    expect((await shop.ask("checkout", "GET", path)).status).toBe(403);
  });
});
