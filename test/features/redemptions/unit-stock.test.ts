/** Units that a promotion was given to sell: taken with a redemption, given back with it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, counter, orderOf, redeem } from "./redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

const percent = (sku: string) => [{ kind: "percent_off", select: { skus: [sku] }, percent: 50 }];
const lines = (sku: string, quantity: number) => [{ id: "1", sku, quantity, unitPrice: 1_000 }];
const totalOf = ({ body }: Awaited<ReturnType<typeof redeem>>) => body.quote.total as number;

async function taken(rule: string, ...name: string[]): Promise<number> {
  const { used, reserved } = await counter(database, api.project.id, rule, `stock:${JSON.stringify(name)}`);
  return Number(used) + Number(reserved);
}

test("what is left is sold at the promotion's price, the rest at the list price, and then nothing", async () => {
  const rule = await activePromotion(api, "flash", {
    benefits: percent("F"),
    limits: { stock: [{ sku: "F", units: 5 }] },
  });
  expect(totalOf(await redeem(api, orderOf({ lines: lines("F", 3) })))).toBe(1_500);
  const partly = await redeem(api, orderOf({ lines: lines("F", 3) }));
  expect(partly.body.quote.promotions[0].stock).toEqual([
    { sku: "F", units: 2, missing: 1, reason: "stock_exhausted" },
  ]);
  expect(totalOf(partly)).toBe(2_000);
  const refused = await redeem(api, orderOf({ lines: lines("F", 1), expectedTotal: 500, explain: "all" }));
  expect([refused.status, refused.body.quote.notApplied[0]]).toMatchObject([
    409,
    { promotion: "flash", reason: "stock_exhausted", required: 1, actual: 0 },
  ]);
  expect(await taken(rule, "F")).toBe(5);
});

test("a store sells its own, and no other store's", async () => {
  const rule = await activePromotion(api, "stores", {
    benefits: percent("S"),
    limits: {
      stock: [
        { sku: "S", units: 3 },
        { sku: "S", store: "s1", units: 2 },
        { sku: "S", store: "s2", units: 2 },
      ],
    },
  });
  const sell = async (store: string) => totalOf(await redeem(api, orderOf({ store, lines: lines("S", 2) })));
  expect([await sell("s1"), await sell("s1"), await sell("s2")]).toEqual([1_000, 2_000, 1_500]);
  expect([await taken(rule, "S"), await taken(rule, "S", "s1"), await taken(rule, "S", "s2")]).toEqual([
    3, 2, 1,
  ]);
});

describe("given back", () => {
  test("by a cancelled reservation", async () => {
    const rule = await activePromotion(api, "cancelled", {
      benefits: percent("C"),
      limits: { stock: [{ sku: "C", units: 2 }] },
    });
    const held = await redeem(api, orderOf({ lines: lines("C", 2), mode: "reserve" }));
    expect(await taken(rule, "C")).toBe(2);
    expect(totalOf(await redeem(api, orderOf({ lines: lines("C", 2) })))).toBe(2_000);
    await api.rest("POST", `/v1/redemptions/${held.body.id}/cancel`, { role: "checkout" });
    expect(await taken(rule, "C")).toBe(0);
    expect(totalOf(await redeem(api, orderOf({ lines: lines("C", 2) })))).toBe(1_000);
  });

  test("unit by unit as the discounted ones come back, where the promotion restores what it took", async () => {
    const stock = [
      { sku: "R", units: 2 },
      { sku: "R", store: "s1", units: 2 },
    ];
    const rule = await activePromotion(api, "returned", {
      benefits: percent("R"),
      limits: { stock },
      restoreUseOnReturn: true,
    });
    const sold = await redeem(api, orderOf({ store: "s1", lines: lines("R", 3) }));
    const giveBack = async () => {
      const path = `/v1/redemptions/${sold.body.id}/returns`;
      const { body } = await api.rest("POST", path, {
        body: { lines: [{ id: "1", quantity: 1 }] },
        role: "pos",
      });
      return [body.refund, body.restored.filter(({ kind }: { kind: string }) => kind === "stock")];
    };
    expect(await giveBack()).toEqual([
      500,
      [{ promotion: "returned", kind: "stock", code: null, amount: 1 }],
    ]);
    expect([await taken(rule, "R"), await taken(rule, "R", "s1")]).toEqual([1, 1]);
    expect((await giveBack())[0]).toBe(500);
    expect(await giveBack()).toEqual([1_000, []]);
    expect(await taken(rule, "R")).toBe(0);
  });
});
