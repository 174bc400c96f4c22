/** A yearly cap on promotion days: a SKU that had its days is sold at its price, and nothing else changes. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience } from "../faults/sizes.ts";
import { type Api, startApi } from "./api.ts";
import { activePromotion, orderOf, redeem } from "./redemptions/redemption-fixture.ts";

const day = 86_400_000;
let database: TestDatabase;
let api: Api;
let other: Api;
beforeAll(async () => {
  database = await freshDatabase();
  // The tests begin on 11 November, eight in the morning in Shanghai.
  api = await startApi(database);
  other = await startApi(database, { clock: api.clock, rulebookPollMilliseconds: 100 });
  const settings = { promotionDaysPerYear: 2, timezone: "Asia/Shanghai" };
  expect(
    (await api.rest("PATCH", "/v1/project/settings", { body: settings, headers: { "if-match": "*" } }))
      .status,
  ).toBe(200);
  await activePromotion(api, "tenth", {
    priority: 2,
    benefits: [{ kind: "percent_off", percent: 10, select: { skus: ["A", "B"] } }],
  });
  await activePromotion(api, "code", {
    trigger: { type: "code", code: "FIVE" },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 500 } }],
  });
});
afterAll(async () => {
  await other.close();
  await api.close();
  await database.close();
});

const linesOf = (...skus: string[]) => skus.map((sku) => ({ id: sku, sku, quantity: 1, unitPrice: 10_000 }));
const daysOf = async (sku: string) =>
  (await api.rest("GET", `/v1/promotion-days?sku=${sku}`, { role: "viewer" })).body.items.map(
    ({ days, isResting }: { days: number; isResting: boolean }) => [days, isResting],
  );
const discounts = async (instance: Api, skus: string[], more: object = {}) => {
  const cart = { currency: "CNY", lines: linesOf(...skus), explain: "all", ...more };
  const { body } = await instance.rest("POST", "/v1/evaluations", {
    key: api.project.keys.checkout,
    body: cart,
  });
  return Object.fromEntries(
    body.lines.map(({ id, discount }: { id: string; discount: number }) => [id, discount]),
  );
};
async function buy(skus: string[], more: object = {}) {
  const { status, body } = await redeem(api, orderOf({ lines: linesOf(...skus), ...more }));
  expect(status).toBe(201);
  return body;
}
const counted = (sku: string, expected: unknown) =>
  vi.waitFor(async () => expect(await daysOf(sku)).toEqual(expected), { timeout: 30_000, interval: 50 });

test(
  "a day counts once however much is sold, and not for codes, whole orders or what was only reserved",
  async () => {
    await buy(["A"]);
    await buy(["A"]);
    await buy(["C"], { codes: ["FIVE"] });
    const reserved = await buy(["B"], { mode: "reserve" });
    expect(
      (await api.rest("POST", `/v1/redemptions/${reserved.id}/cancel`, { role: "checkout" })).status,
    ).toBe(200);
    await buy(["D", "A"], { codes: ["FIVE"] });
    await counted("A", [[1, false]]);
    expect([await daysOf("B"), await daysOf("C"), await daysOf("D")]).toEqual([[], [], []]);
  },
  patience,
);

test(
  "after its days a SKU is sold at its price in every process, in quotes and in orders, until the year is over",
  async () => {
    // Sixteen hours later it is the 12th in Shanghai, though still the 11th in UTC plus a bit.
    api.clock.advance(day);
    await buy(["A"]);
    await counted("A", [[2, false]]);
    // The day that counts already goes on.
    expect(await discounts(api, ["A"])).toEqual({ A: 1_000 });
    api.clock.advance(day);
    expect(await discounts(api, ["A", "B"])).toEqual({ A: 0, B: 1_000 });
    // Another process may know the promotions a moment later.
    const there = async () => expect(await discounts(other, ["A", "B"])).toEqual({ A: 0, B: 1_000 });
    await vi.waitFor(there, { timeout: 30_000, interval: 50 });
    expect(await daysOf("A")).toEqual([[2, true]]);
    // What is taken off whole orders goes to the other goods.
    expect(await discounts(api, ["A", "B"], { codes: ["FIVE"] })).toEqual({ A: 0, B: 1_500 });
    const alone = await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: { currency: "CNY", lines: linesOf("A"), explain: "all" },
    });
    expect(alone.body.notApplied).toMatchObject([{ promotion: "tenth", reason: "floor_reached" }]);
    expect((await buy(["A"])).quote.total).toBe(10_000);
    const stored = await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: { currency: "CNY", lines: linesOf("A", "B"), save: true },
    });
    api.clock.advance(60 * day);
    expect(await discounts(api, ["A", "B"])).toEqual({ A: 1_000, B: 1_000 });
    // Computed again it is what it was.
    const replayed = await api.rest("POST", `/v1/evaluations/${stored.body.id}/replay`, {
      role: "marketing",
    });
    expect(replayed.body).toMatchObject({ total: stored.body.total });
    const past = await api.rest("GET", "/v1/promotion-days?year=2026", { role: "viewer" });
    expect(past.body.items).toMatchObject([
      { sku: "A", year: 2026, days: 2, most: 2, lastDay: "2026-11-12", isResting: false },
    ]);
  },
  patience,
);
