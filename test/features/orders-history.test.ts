import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/engine/limits.ts";
import { type OrderHistory, orderHistorySql } from "../../src/features/facts/order-history.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";
import { insertRedemption } from "./orders-fixture.ts";

const dayMs = 86_400_000;
let database: TestDatabase;
let api: Api;
let now: number;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  now = api.clock.now();
});
afterAll(async () => {
  await api.close();
  await database.close();
});

/** As an evaluation asks: one prepared statement. */
async function historyOf(
  customer: string,
  { source = null, orderRef = null }: { source?: string | null; orderRef?: string | null } = {},
): Promise<OrderHistory> {
  const expression = orderHistorySql({
    projectId: "$1",
    customerId: "$2",
    source: "$3",
    orderRef: "$4",
    since: "$5",
  });
  const since = now - limits.orderWindowDays * dayMs;
  const { rows } = await database.pool.query({
    name: "history",
    text: `select ${expression} as history`,
    values: [api.project.id, customer, source, orderRef, since],
  });
  return rows[0].history;
}

let count = 0;
const daysAgo = (days: number) => new Date(now - days * dayMs).toISOString();
async function stored(customer: string, fields: object = {}) {
  const id = `H-${++count}`;
  const answer = await api.rest("PUT", `/v1/orders/${id}`, {
    role: "erp",
    body: {
      version: 1,
      status: "paid",
      currency: "CNY",
      placedAt: daysAgo(1),
      customer,
      lines: [{ id: "1", sku: "TEA", quantity: 2, unitPrice: 500 }],
      total: 1000,
      ...fields,
    },
  });
  expect(answer.status, answer.text).toBe(200);
  return id;
}

const redeemed = (customer: string, fields: Parameters<typeof insertRedemption>[2] = {}) =>
  insertRedemption(database, api.project.id, { customer, committedAt: daysAgo(2), ...fields });

test("a customer nobody has heard of has no orders", async () => {
  expect(await historyOf("nobody")).toEqual({ completedOrders: 0, lastOrderAt: null, orders: [] });
});

test("orders count unless they are cancelled or returned, whichever way they were", async () => {
  for (const status of ["placed", "paid", "fulfilled"]) await stored("a", { status });
  await stored("a", { status: "cancelled", placedAt: daysAgo(0) });
  await stored("a", { status: "returned", placedAt: daysAgo(0) });
  const sentBack = await stored("a", { placedAt: daysAgo(0) });
  await api.rest("POST", `/v1/orders/${sentBack}/returns`, {
    role: "erp",
    body: { lines: [{ id: "1", quantity: 2 }] },
  });
  const history = await historyOf("a");
  expect(history).toEqual({
    completedOrders: 3,
    lastOrderAt: now - dayMs,
    orders: [{ at: now - dayMs, currency: "CNY", total: 3000 }],
  });
});

test("a redemption counts as an order until the order comes that stands for it", async () => {
  const redemption = await redeemed("b");
  await redeemed("b", { state: "reserved", committedAt: null });
  await redeemed("b", { state: "cancelled" });
  await redeemed("b", { state: "expired", committedAt: null });
  await redeemed("b", { state: "returned", refunded: 700 });
  expect(await historyOf("b")).toMatchObject({ completedOrders: 1, lastOrderAt: now - 2 * dayMs });
  await stored("b", { redemption });
  expect(await historyOf("b")).toMatchObject({
    completedOrders: 1,
    lastOrderAt: now - dayMs,
    orders: [{ total: 1000 }],
  });
});

test("an order with the number of the redemption's order stands for it, unless it is another customer's", async () => {
  const id = `H-${count + 1}`;
  await stored("c");
  await redeemed("c", { orderRef: id });
  expect(await historyOf("c")).toMatchObject({ completedOrders: 1, orders: [{ total: 1000 }] });
  await redeemed("c2", { orderRef: id, source: "till 2" });
  expect(await historyOf("c2")).toMatchObject({ completedOrders: 1, orders: [{ total: 700 }] });
});

test("an order without a customer is its redemption's customer's", async () => {
  const redemption = await redeemed("d");
  const { externalId } = { externalId: await stored("", { redemption, customer: undefined }) };
  expect((await api.rest("GET", `/v1/orders/${externalId}`)).body.customer).toBe("d");
  expect(await historyOf("d")).toMatchObject({ completedOrders: 1, orders: [{ total: 1000 }] });
});

test("goods that came back make an order worth less, not fewer", async () => {
  const id = await stored("e");
  await api.rest("POST", `/v1/orders/${id}/returns`, {
    role: "erp",
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  await redeemed("e", { state: "partially_returned", refunded: 300, committedAt: daysAgo(9) });
  expect(await historyOf("e")).toMatchObject({
    completedOrders: 2,
    orders: [{ total: 400 }, { total: 500 }],
  });
});

test("the order that is being priced is not its own history", async () => {
  const id = await stored("f");
  const redemption = await redeemed("f", { orderRef: "17" });
  await stored("f", { redemption });
  await redeemed("f", { orderRef: "18" });
  expect((await historyOf("f")).completedOrders).toBe(3);
  expect((await historyOf("f", { source: "web", orderRef: id })).completedOrders).toBe(2);
  expect((await historyOf("f", { source: "till", orderRef: "17" })).completedOrders).toBe(2);
  expect((await historyOf("f", { source: "till", orderRef: "18" })).completedOrders).toBe(2);
  // Another till has an order 18 of its own.
  expect((await historyOf("f", { source: "till 2", orderRef: "18" })).completedOrders).toBe(3);
});

test("orders of one day are one, by currency; a day ends where a window of days does", async () => {
  const at = (milliseconds: number) => ({ placedAt: new Date(now - milliseconds).toISOString() });
  await stored("g", at(0));
  await stored("g", at(dayMs - 1));
  await stored("g", { ...at(1), currency: "USD" });
  await stored("g", at(dayMs));
  await stored("g", at(limits.orderWindowDays * dayMs - 1));
  await stored("g", at(limits.orderWindowDays * dayMs));
  await stored("g", at(-dayMs / 2));
  expect(await historyOf("g")).toEqual({
    completedOrders: 7,
    lastOrderAt: now + dayMs / 2,
    orders: [
      { at: now - limits.orderWindowDays * dayMs + 1, currency: "CNY", total: 1000 },
      { at: now - dayMs, currency: "CNY", total: 1000 },
      { at: now - 1, currency: "USD", total: 1000 },
      { at: now, currency: "CNY", total: 2000 },
      { at: now + dayMs / 2, currency: "CNY", total: 1000 },
    ],
  });
});

test("history finds its rows by index, however many orders others have", async () => {
  await database.pool.query(
    `insert into orders (project_id, external_id, version, status, customer_id, redemption_id, currency, total, placed_at,
       document, created_at, updated_at)
     select $1, 'X-' || n, 1, 'paid', 'x-' || n, 'rdm_x' || n, 'CNY', 1, now(), '{}', now(), now() from generate_series(1, 5000) n`,
    [api.project.id],
  );
  await database.pool.query(
    `insert into redemptions (project_id, id, source, order_ref, state, mode, customer_id, currency, total, discount,
       steps, holds, created_at, committed_at, request_hash, revision, evaluated_at, request, facts, settings, quote, created_by)
     select $1, 'rdm_x' || n, 'till', 'x' || n, 'committed', 'commit', 'x-' || n, 'CNY', 1, 0,
       0, '[]', now(), now(), '', 1, now(), '{}', '{}', '{}', '{}', '' from generate_series(1, 5000) n`,
    [api.project.id],
  );
  await database.pool.query("analyze orders, redemptions");
  const expression = orderHistorySql({
    projectId: `'${api.project.id}'`,
    customerId: "'x-7'",
    source: "'till'",
    orderRef: "'1'",
    since: "0",
  });
  const { rows } = await database.pool.query(`explain (format json) select ${expression}`);
  const nodes = [...JSON.stringify(rows).matchAll(/"Node Type":"([^"]+)"/g)].map(([, node]) => node);
  expect(nodes).toContain("Index Scan");
  expect(nodes).not.toContain("Seq Scan");
});
