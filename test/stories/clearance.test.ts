/**
 * S4, stock clearance: a private sale for chosen members in two variants. One bundles the slow seller with the best seller, the
 * other gives it as a gift above a threshold; which of them sells better is read while they run.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { inParallel } from "../faults/http-client.ts";
import { type RunningServer, startServer } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { openShopFloor, type ShopFloor } from "./shop-floor.ts";

/** Members of each variant; a half of A and a quarter of B buy. */
const members = sized(16, 1_000);
const buyersOf = { a: members / 2, b: members / 4 } as const;
/** For the last buyer of B no gift is left. */
const gifts = buyersOf.b - 1;
let database: TestDatabase;
const servers: RunningServer[] = [];
let shop: ShopFloor;
const start = () => startServer({ connectionString: database.connectionString });
const variants = ["a", "b"] as const;
type Variant = (typeof variants)[number];
const idOf = (variant: Variant, index: number) => `m-${variant}-${index}`;
const everybody = variants.flatMap((variant) =>
  Array.from({ length: members }, (_, i) => [variant, i] as const),
);

const goods = {
  a: [
    { id: "1", sku: "BEST", quantity: 1, unitPrice: 20_000 },
    { id: "2", sku: "SLOW", quantity: 1, unitPrice: 10_000 },
  ],
  b: [{ id: "1", sku: "BEST", quantity: 2, unitPrice: 20_000 }],
};
const cartOf = (variant: Variant, id: string) => ({
  currency: "CNY",
  lines: goods[variant],
  customer: { id },
});

beforeAll(async () => {
  database = await freshDatabase();
  servers.push(...(await Promise.all([start(), start()])));
  shop = await openShopFloor(database, () => servers.map((server) => (server.isRunning() ? server.url : "")));
  await inParallel(everybody.length, 16, async (at) => {
    const [variant, index] = everybody[at]!;
    const told = { groups: ["chosen"], tags: [`variant-${variant}`] };
    await shop.get("erp", "PUT", `/v1/customers/${idOf(variant, index)}`, told);
  });
  const only = (variant: Variant) => ({
    visibility: "private",
    conditions: {
      all: [
        { kind: "customer_group", in: ["chosen"] },
        { kind: "customer_tag", in: [`variant-${variant}`] },
      ],
    },
  });
  await shop.promotion({
    key: "clear-a",
    ...only("a"),
    benefits: [
      {
        kind: "bundle",
        components: [
          { select: { skus: ["BEST"] }, quantity: 1 },
          { select: { skus: ["SLOW"] }, quantity: 1 },
        ],
        price: { CNY: 24_000 },
      },
    ],
  });
  const forB = only("b");
  await shop.promotion({
    key: "clear-b",
    ...forB,
    conditions: { all: [forB.conditions, { kind: "subtotal", atLeast: { CNY: 40_000 } }] },
    benefits: [{ kind: "gift", sku: "SLOW", stock: gifts, value: { CNY: 10_000 } }],
  });
  await shop.untilKnown("/v1/evaluations", cartOf("a", idOf("a", 0)), ({ total }) => total === 24_000);
  await shop.untilKnown("/v1/evaluations", cartOf("b", idOf("b", 0)), ({ rewards }) => rewards.length === 1);
}, patience);
afterAll(async () => {
  shop.close();
  await expectBooksToBalance(database);
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

describe("the private sale", { timeout: patience }, () => {
  test("is there for members, and for nobody else in any word", async () => {
    for (const id of ["guest", "m-c-1"]) {
      const cart = { ...cartOf("a", id), explain: "all", hints: true };
      const quote = await shop.get("checkout", "POST", "/v1/evaluations", cart);
      expect(quote).toMatchObject({ total: 30_000, promotions: [], notApplied: [], hints: [] });
      expect(JSON.stringify(quote)).not.toContain("clear");
    }
    const near = { ...cartOf("b", idOf("b", 0)), lines: [{ ...goods.b[0]!, quantity: 1 }] };
    const { notApplied } = await shop.get("checkout", "POST", "/v1/evaluations", near);
    expect(notApplied).toMatchObject([{ promotion: "clear-b", reason: "subtotal_too_low", gap: 20_000 }]);
  });

  test("sells to each buyer once, through a kill -9, and the last gift goes to somebody", async () => {
    await inParallel(everybody.length, 16, async (at) => {
      const [variant, index] = everybody[at]!;
      await shop.get("checkout", "POST", "/v1/events", {
        specversion: "1.0",
        id: `view-${variant}-${index}`,
        source: "/mini-program",
        type: "view",
        time: new Date(Date.now() - 60_000).toISOString(),
        data: { customer: idOf(variant, index), channel: "mini-program", campaign: `clear-${variant}` },
      });
    });
    const buyers = everybody.filter(([variant, index]) => index < buyersOf[variant]);
    const paid: Record<Variant, number> = { a: 0, b: 0 };
    let given = 0;
    let restart: Promise<void> | null = null;
    await inParallel(buyers.length, 8, async (at) => {
      const [variant, index] = buyers[at]!;
      const id = idOf(variant, index);
      const orderRef = `o-${id}`;
      if (at === Math.floor(buyers.length / 2))
        restart = (async () => {
          await servers[0]!.kill();
          servers[0] = await start();
        })();
      const sold = await shop.get("checkout", "POST", "/v1/redemptions", {
        ...cartOf(variant, id),
        orderRef,
      });
      paid[variant] += sold.quote.total;
      given += sold.quote.rewards.length;
      await shop.get("erp", "PUT", `/v1/orders/${orderRef}`, {
        version: 1,
        status: "paid",
        currency: "CNY",
        placedAt: new Date().toISOString(),
        customer: id,
        redemption: sold.id,
        lines: sold.quote.lines.map(({ id: line, discount }: { id: string; discount: number }) => ({
          ...goods[variant].find((one) => one.id === line)!,
          discount,
        })),
        total: sold.quote.total,
      });
    });
    await restart;
    expect(paid).toEqual({ a: buyersOf.a * 24_000, b: buyersOf.b * 40_000 });
    expect(given).toBe(gifts);
    const { rows } = await database.pool.query(
      "select count(*)::int as standing from redemptions where project_id = $1 and state = 'committed'",
      [shop.projectId],
    );
    expect(rows[0].standing).toBe(buyers.length);
  });

  test("shows side by side which variant turns viewers into buyers", async () => {
    const funnels = await Promise.all(
      variants.map((variant) =>
        shop.get("marketing", "GET", `/v1/funnel?steps=view&steps=order&campaign=clear-${variant}`),
      ),
    );
    const figures = funnels.map(({ steps }) =>
      steps.map(({ step, people, conversion }: Record<string, unknown>) => [step, people, conversion]),
    );
    expect(figures).toEqual([
      [
        ["view", members, 1],
        ["order", buyersOf.a, 0.5],
      ],
      [
        ["view", members, 1],
        ["order", buyersOf.b, 0.25],
      ],
    ]);
  });
});
