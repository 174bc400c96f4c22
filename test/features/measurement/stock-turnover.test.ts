/** For how long the stock lasts, by orders and by redemptions that no order tells of. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { salesBetween } from "../../../src/features/measurement/measurement-store.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi, testClock } from "../api.ts";
import { putOrder } from "../orders-fixture.ts";
import { activePromotion, redeem } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  // Redemptions are made by the database's clock.
  api = await startApi(database, { clock: testClock(Date.now() + 60_000) });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const at = (days: number) => new Date(api.clock.now() + days * 86_400_000).toISOString();
const turnover = async (query: string) => {
  const answer = await api.rest("GET", `/v1/stock-turnover?${query}`, { role: "viewer" });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};

test("the handbook's 75 days of stock: what was sold counts once, what came back and what was given does not", async () => {
  for (const [sku, store, quantity] of [
    ["MUG", undefined, 100],
    ["MUG", "sh-001", 50],
    ["TOTE", undefined, 40],
    ["SLOW", undefined, 5],
    ["GONE", undefined, 0],
  ] as const)
    await api.rest("PUT", `/v1/stock/${sku}`, {
      role: "erp",
      body: { ...(store !== undefined && { store }), quantity, asOf: at(-1) },
    });
  await activePromotion(api, "tote", { benefits: [{ kind: "gift", sku: "TOTE" }] });
  const lines = (quantity: number) => [{ id: "1", sku: "MUG", quantity, unitPrice: 1_000 }];
  const bare = await redeem(api, { currency: "CNY", lines: lines(4), orderRef: "till-1", mode: "commit" });
  await api.rest("POST", `/v1/redemptions/${bare.body.id}/returns`, {
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  const linked = await redeem(api, { currency: "CNY", lines: lines(2), orderRef: "web-1", mode: "commit" });
  const gift = { id: "g", sku: "TOTE", quantity: 1, unitPrice: 900, discount: 900 };
  await putOrder(api, "web-1", {
    redemption: linked.body.id,
    placedAt: at(-1),
    lines: [...lines(2), gift],
    total: 2_000,
  });
  // Bought, not given: nobody's reward, or in a cart.
  await putOrder(api, "erp-1", { placedAt: at(-30), lines: [...lines(15), gift], total: 15_000 });
  await putOrder(api, "erp-2", { placedAt: at(-2), status: "cancelled", lines: lines(9), total: 9_000 });
  await putOrder(api, "erp-3", { placedAt: at(-11), lines: lines(5), total: 5_000 });
  const { items, formula, cautions } = await turnover("days=10");
  expect(
    items.map(({ sku, stock, sold, turnoverDays }: Record<string, unknown>) => [
      sku,
      stock,
      sold,
      turnoverDays,
    ]),
  ).toEqual([
    ["SLOW", 5, 0, null],
    ["TOTE", 40, 0, null],
    ["MUG", 150, 5, 300],
    ["GONE", 0, 0, 0],
  ]);
  expect([formula, cautions.map(({ code }: { code: string }) => code)]).toEqual([
    "turnover days = units in stock ÷ (units sold ÷ days)",
    ["stock_of_now"],
  ]);
  expect((await turnover("days=90&sku=TOTE")).items).toMatchObject([{ sku: "TOTE", sold: 1 }]);
  // 150 units at 2 a day.
  await putOrder(api, "erp-4", { placedAt: at(-3), lines: lines(15), total: 15_000 });
  expect((await turnover("days=10&limit=3")).items[2]).toMatchObject({ soldPerDay: 2, turnoverDays: 75 });
});

test("an order with no more than a redemption's number is that sale where customer or total say so, and another sale else", async () => {
  for (const sku of ["CUP", "POT"])
    await api.rest("PUT", `/v1/stock/${sku}`, { role: "erp", body: { quantity: 10, asOf: at(-1) } });
  await activePromotion(api, "pot", {
    conditions: { kind: "quantity", atLeast: 3, select: { skus: ["CUP"] } },
    benefits: [{ kind: "gift", sku: "POT" }],
  });
  const lines = [{ id: "1", sku: "CUP", quantity: 3, unitPrice: 1_000 }];
  const bought = async (orderRef: string, customer?: string) =>
    (
      await redeem(api, {
        currency: "CNY",
        lines,
        orderRef,
        mode: "commit",
        ...(customer && { customer: { id: customer } }),
      })
    ).body;
  const told = async (id: string, fields: object) => {
    const answer = await putOrder(api, id, { placedAt: at(-1), lines, shipping: 0, total: 3_000, ...fields });
    expect(answer.status, answer.text).toBe(200);
  };
  const sold = async () => [
    (await turnover("days=10&sku=CUP")).items[0].sold,
    (await turnover("days=10&sku=POT")).items[0].sold,
  ];
  const [from, to] = [new Date(at(-10)), new Date(at(1))];
  const sales = async () => {
    const { orders, revenue } = await salesBetween(
      database.of(api.project.id),
      api.project.id,
      "CNY",
      from,
      to,
    );
    return [orders, revenue];
  };
  const [orders, revenue] = (await sales()) as [number, number];
  const { id } = await bought("same-1");
  await api.rest("POST", `/v1/redemptions/${id}/returns`, { body: { lines: [{ id: "1", quantity: 1 }] } });
  const gift = { id: "g", sku: "POT", quantity: 1, unitPrice: 900, discount: 900 };
  await told("same-1", { lines: [...lines, gift] });
  expect([await sold(), await sales()]).toEqual([
    [2, 0],
    [orders + 1, revenue + 2_000],
  ]);
  await bought("other-1", "ann");
  await told("other-1", { customer: "bob" });
  expect([await sold(), await sales()]).toEqual([
    [8, 0],
    [orders + 3, revenue + 8_000],
  ]);
});
