import { afterAll, beforeAll, expect, test } from "vitest";
import { pageOfConnection } from "../../contract/faces.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, redeem } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

test("what is left of limit and budget counts what is reserved, page by page as the list, over both faces", async () => {
  const capped = await activePromotion(api, "capped", {
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 300, USD: 50 } }],
    limits: { total: 5, perCustomer: 3 },
    budget: { amount: { CNY: 1_000, USD: 400 } },
  });
  await activePromotion(api, "free", { benefits: [{ kind: "points", fixed: 1 }] });
  const buy = (orderRef: string, mode: string) =>
    redeem(api, {
      currency: "CNY",
      customer: { id: "anna" },
      lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 2_000 }],
      orderRef,
      mode,
    });
  expect((await buy("1", "commit")).status).toBe(201);
  const reserved = await buy("2", "reserve");
  const usages = async (query = "") =>
    (await api.rest("GET", `/v1/promotions/usages${query}`, { role: "viewer" })).body;
  const ofCapped = (uses: number) => ({
    id: capped,
    promotion: "capped",
    status: "active",
    uses,
    usesLeft: 5 - uses,
    budgets: [
      { currency: "CNY", amount: 1_000, taken: 300 * uses, left: 1_000 - 300 * uses },
      { currency: "USD", amount: 400, taken: 0, left: 400 },
    ],
  });
  const { items } = await usages();
  expect(items).toEqual([
    { id: expect.any(String), promotion: "free", status: "active", uses: 2, usesLeft: null, budgets: [] },
    ofCapped(2),
  ]);
  await api.rest("POST", `/v1/redemptions/${reserved.body.id}/cancel`);
  expect((await usages("?q=cap")).items).toEqual([ofCapped(1)]);
  const first = await usages("?limit=1");
  const second = await usages(`?limit=1&after=${first.nextCursor}`);
  expect([...first.items, ...second.items].map(({ promotion }) => promotion)).toEqual(["free", "capped"]);
  const fields =
    "edges { cursor node { id promotion status uses usesLeft budgets { currency amount taken left } } } pageInfo { hasNextPage startCursor endCursor }";
  const graphql = await api.graphql(`{ promotionUsages { ${fields} } }`);
  expect(pageOfConnection(graphql.body.data.promotionUsages)).toEqual(await usages());
});
