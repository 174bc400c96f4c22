import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  const benefits = [{ kind: "fixed_price", select: { skus: ["TEA"] }, price: { CNY: 6_000 } }];
  const group = { size: 3, hours: 24 };
  const priv = { visibility: "private", conditions: { kind: "customer_tag", in: ["vip"] } };
  for (const document of [
    { key: "trio", group },
    { key: "hidden", group, ...priv },
  ]) {
    const body = { trigger: { type: "automatic" }, benefits, ...document };
    const { body: promotion, text } = await api.rest("POST", "/v1/promotions", { body });
    expect(promotion.id, text).toBeDefined();
    expect((await api.rest("POST", `/v1/promotions/${promotion.id}/activate`)).status).toBe(200);
  }
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const cart = { currency: "CNY", lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 10_000 }] };
const evaluate = (more: object) =>
  api.rest("POST", "/v1/evaluations", { role: "checkout", body: { ...cart, ...more } });

test("the price of a group is told before there is a group, and promises nothing", async () => {
  expect((await evaluate({})).body.total).toBe(10_000);
  const asked = await evaluate({ groupBuy: "trio", save: true });
  expect([asked.status, asked.body.total]).toEqual([200, 6_000]);
  const again = await api.rest("POST", `/v1/evaluations/${asked.body.id}/replay`);
  expect(again.body.total).toBe(6_000);
  const { rows } = await database.pool.query("select from group_buys union all select from counters");
  expect(rows).toHaveLength(0);
  const redeemed = await api.rest("POST", "/v1/redemptions", { body: { ...cart, groupBuy: "trio" } });
  expect([redeemed.status, redeemed.body.errors[0].path]).toEqual([400, "/groupBuy"]);
});

test("a group that there is not, or not for this customer, is refused alike", async () => {
  const codeOf = async (more: object) => {
    const { status, body } = await evaluate(more);
    return [status, body.errors?.[0]?.path, body.errors?.[0]?.code];
  };
  const refused = [400, "/groupBuy", "group_promotion_unknown"];
  expect(await codeOf({ groupBuy: "nothing" })).toEqual(refused);
  expect(await codeOf({ groupBuy: "hidden" })).toEqual(refused);
  const told = await evaluate({ groupBuy: "hidden", customer: { id: "c", tags: ["vip"] } });
  expect([told.status, told.body.total]).toEqual([200, 6_000]);
});
