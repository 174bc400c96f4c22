import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";

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

const line = { id: "1", sku: "TEA", quantity: 3, unitPrice: 3333, unitCost: 1000 };
const orderOf = (fields: object = {}) => ({
  version: 1,
  status: "placed",
  currency: "CNY",
  placedAt: "2026-11-10T10:00:00+08:00",
  customer: "c-1",
  channel: "web",
  store: "sh-001",
  dealer: "d-9",
  lines: [line],
  shipping: 1200,
  total: 11199,
  ...fields,
});
let count = 0;
const newOrderId = () => `SO-${++count}`;
const put = (id: string, fields: object = {}, role: "erp" | "pos" = "erp") =>
  api.rest("PUT", `/v1/orders/${id}`, { role, body: orderOf(fields) });

test("an order comes back as it was sent", async () => {
  const id = newOrderId();
  const stored = await put(id);
  expect(stored.status).toBe(200);
  expect(stored.body).toEqual({
    ...orderOf(),
    externalId: id,
    refunded: 0,
    settlement: null,
    createdAt: "2026-11-11T00:00:00.000Z",
    updatedAt: "2026-11-11T00:00:00.000Z",
  });
  for (const role of ["erp", "viewer", "marketing", "admin"] as const)
    expect((await api.rest("GET", `/v1/orders/${id}`, { role })).body).toEqual(stored.body);
});
