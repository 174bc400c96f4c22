import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { cartOf } from "./evaluation-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { rulebookPollMilliseconds: 3_600_000 });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const tooMuch = {
  currency: "CNY",
  lines: Array.from({ length: 500 }, (_, i) => ({
    id: String(i),
    sku: `S${i}`,
    quantity: 1_000_000,
    unitPrice: 1000 + i * 7,
  })),
  promotions: Array.from({ length: 12 }, (_, i) => ({
    key: `p${i}`,
    trigger: { type: "automatic" },
    stacking: { group: `g${i}` },
    benefits: [{ kind: "buy_x_get_y", buy: { quantity: 2 + (i % 3) }, get: { quantity: 1 } }],
  })),
  only: true,
};

test("a cart that takes too much work is refused with the limit, and in a batch only that cart", async () => {
  const refused = await api.rest("POST", "/v1/evaluations", { role: "marketing", body: tooMuch });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({
    code: "evaluation-too-complex",
    errors: [{ path: "/lines", code: "too_complex" }],
  });
  const batch = await api.rest("POST", "/v1/evaluations/batch", {
    role: "marketing",
    body: { evaluations: [tooMuch, cartOf()] },
  });
  expect(batch.status).toBe(200);
  expect(batch.body.items[0].problem).toMatchObject({ status: 422, code: "evaluation-too-complex" });
  expect(batch.body.items[1].quote).toMatchObject({ total: 2000 });
});
