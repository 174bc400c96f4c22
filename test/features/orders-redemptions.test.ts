/** Orders and the redemptions that priced them: what one gives back the other no longer holds. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";
import { faultOf, newOrderId, orderOf, putOrder } from "./orders-fixture.ts";
import { activePromotion, counter, redeem } from "./redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
let promotion: string;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  promotion = await activePromotion(api, "ten-off", {
    limits: { total: 1_000 },
    budget: { amount: { CNY: 1_000_000 } },
  });
});
afterEach(() => expectBooksToBalance(database));
afterAll(async () => {
  await api.close();
  await database.close();
});

const lines = [
  { id: "1", sku: "MUG", quantity: 3, unitPrice: 10_000 },
  { id: "2", sku: "TEA", quantity: 1, unitPrice: 5_000 },
];
let count = 0;

/** 350.00 of goods less 10.00. */
async function redeemed(fields: object = {}): Promise<string> {
  count += 1;
  const { status, body, text } = await redeem(api, {
    currency: "CNY",
    customer: { id: "c-1" },
    orderRef: `till-${count}`,
    lines,
    ...fields,
  });
  expect([status, text]).toEqual([201, expect.any(String)]);
  return body.id;
}

const fieldsOf = (redemption: string, fields: object = {}) => ({
  redemption,
  lines,
  shipping: 0,
  total: 34_000,
  status: "paid",
  ...fields,
});
const stateOf = async (redemption: string) =>
  (await api.rest("GET", `/v1/redemptions/${redemption}`)).body.state;
const usesOf = async () => (await counter(database, api.project.id, promotion, "uses")).used;

describe("a cancelled order", () => {
  test.each(["commit", "reserve"])("gives back what its redemption took (%s)", async (mode) => {
    const before = await counter(database, api.project.id, promotion, "uses");
    const redemption = await redeemed({ mode });
    const id = newOrderId();
    await putOrder(api, id, fieldsOf(redemption));
    const { body } = await putOrder(api, id, fieldsOf(redemption, { version: 2, status: "cancelled" }));
    expect(body).toMatchObject({ status: "cancelled", settlement: "released" });
    expect(await stateOf(redemption)).toBe("cancelled");
    expect(await counter(database, api.project.id, promotion, "uses")).toEqual(before);
    const again = await putOrder(api, id, fieldsOf(redemption, { version: 2, status: "cancelled" }));
    expect(again.body).toEqual(body);
  });

  test("that comes late takes nothing back from the newer one", async () => {
    const redemption = await redeemed();
    const id = newOrderId();
    await putOrder(api, id, fieldsOf(redemption, { version: 3, status: "fulfilled" }));
    const late = await putOrder(api, id, fieldsOf(redemption, { version: 2, status: "cancelled" }));
    expect(faultOf(late)).toBe("409 stale_version /version stale_version");
    expect(await stateOf(redemption)).toBe("committed");
  });

  test("whose goods came back in part returns the rest", async () => {
    const redemption = await redeemed();
    const id = newOrderId();
    await putOrder(api, id, fieldsOf(redemption));
    await api.rest("POST", `/v1/redemptions/${redemption}/returns`, {
      role: "pos",
      body: { lines: [{ id: "1", quantity: 1 }] },
    });
    const { body } = await putOrder(api, id, fieldsOf(redemption, { version: 2, status: "cancelled" }));
    expect(body.settlement).toBe("returned");
    expect((await api.rest("GET", `/v1/redemptions/${redemption}`)).body).toMatchObject({
      state: "returned",
      refunded: 34_000,
    });
  });

  test("that was stored before a crash is settled by its repetition", async () => {
    const redemption = await redeemed();
    const id = newOrderId();
    await putOrder(api, id, fieldsOf(redemption));
    const cancelled = orderOf(fieldsOf(redemption, { version: 2, status: "cancelled" }));
    // As the statement that stores it leaves it.
    await database.pool.query(
      `update orders set version = 2, status = 'cancelled', settlement = 'pending', document = $2 where external_id = $1`,
      [id, JSON.stringify(cancelled)],
    );
    expect(await stateOf(redemption)).toBe("committed");
    const again = await putOrder(api, id, cancelled);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect(again.body.settlement).toBe("released");
    expect(await stateOf(redemption)).toBe("cancelled");
  });

  test("gives back once, however many say it at once", async () => {
    const before = await usesOf();
    const redemption = await redeemed();
    const id = newOrderId();
    await putOrder(api, id, fieldsOf(redemption));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        putOrder(api, id, fieldsOf(redemption, { version: 2 + (index % 5), status: "cancelled" })),
      ),
    );
    for (const answer of answers)
      expect(answer.status === 200 ? answer.body.settlement : faultOf(answer)).toBe(
        answer.status === 200 ? "released" : "409 stale_version /version stale_version",
      );
    expect(await usesOf()).toBe(before);
  });

  test("in a stream gives back as one by one", async () => {
    const before = await usesOf();
    const redemptions = await Promise.all(Array.from({ length: 50 }, () => redeemed()));
    const stream = redemptions.flatMap((redemption, index) => [
      { externalId: `B-${index}`, ...orderOf(fieldsOf(redemption)) },
      { externalId: `B-${index}`, ...orderOf(fieldsOf(redemption, { version: 2, status: "cancelled" })) },
    ]);
    const { body } = await api.app.inject({
      method: "POST",
      url: "/v1/orders/bulk",
      headers: { authorization: `Bearer ${api.project.keys.erp}`, "content-type": "application/x-ndjson" },
      payload: stream.map((order) => JSON.stringify(order)).join("\n"),
    });
    const statuses = body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).status);
    expect(statuses).toEqual(Array(100).fill("stored"));
    expect(await usesOf()).toBe(before);
    expect(new Set(await Promise.all(redemptions.map(stateOf)))).toEqual(new Set(["cancelled"]));
  });
});

test("a returned order returns all that is left of its redemption", async () => {
  const redemption = await redeemed();
  const id = newOrderId();
  const { body } = await putOrder(api, id, fieldsOf(redemption, { status: "returned" }));
  expect(body.settlement).toBe("returned");
  expect((await api.rest("GET", `/v1/redemptions/${redemption}`)).body).toMatchObject({
    state: "returned",
    refunded: 34_000,
  });
});

test("goods come back through the order as through its redemption, once a key, and both faces agree", async () => {
  const redemption = await redeemed();
  const id = newOrderId();
  await putOrder(api, id, fieldsOf(redemption));
  const body = { lines: [{ id: "1", quantity: 1 }] };
  const back = () =>
    api.rest("POST", `/v1/orders/${id}/returns`, { role: "erp", body, headers: { "idempotency-key": id } });
  const first = await back();
  // A third of the 10.00 is its own, by price: 10,000 of 35,000.
  expect(first.body).toMatchObject({
    refund: 9714,
    refunded: 9714,
    shipping: 0,
    withheld: 0,
    lines: [{ id: "1", quantity: 1, refund: 9714 }],
    gifts: [],
  });
  const again = await back();
  expect(again.body).toEqual(first.body);
  expect(again.headers["idempotent-replayed"]).toBe("true");
  const rest = await api.graphql(
    "mutation ($id: String!, $input: OrderReturnRequestInput!) { returnOrderGoods(externalId: $id, input: $input) { refund refunded } }",
    {
      id,
      input: {
        lines: [
          { id: "1", quantity: 2 },
          { id: "2", quantity: 1 },
        ],
      },
    },
    { role: "erp" },
  );
  expect(rest.body.data?.returnOrderGoods, rest.text).toEqual({ refund: 24_286, refunded: 34_000 });
  expect(await stateOf(redemption)).toBe("returned");
});

test("what the ERP has told is what the next cart's conditions know", async () => {
  await activePromotion(api, "first", {
    conditions: { all: [{ kind: "first_order" }, { kind: "channel", in: ["facts"] }] },
    benefits: [{ kind: "percent_off", target: "order", percent: 50 }],
    stacking: { group: "first" },
  });
  await activePromotion(api, "loyal", {
    conditions: {
      all: [
        { kind: "order_amount", atLeast: { CNY: 20_000 }, withinDays: 30 },
        { kind: "channel", in: ["facts"] },
      ],
    },
    benefits: [{ kind: "percent_off", target: "order", percent: 20 }],
    stacking: { group: "loyal" },
  });
  const applied = async () => {
    const { body } = await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: { currency: "CNY", channel: "facts", customer: { id: "c-facts" }, lines },
    });
    return body.promotions.map((row: { promotion: string }) => row.promotion).sort();
  };
  expect(await applied()).toEqual(["first", "ten-off"]);
  const id = newOrderId();
  const fields = { customer: "c-facts", shipping: 0, total: 9_999 };
  await putOrder(api, id, fields);
  expect(await applied()).toEqual(["ten-off"]);
  await putOrder(api, newOrderId(), { ...fields, total: 10_001 });
  expect(await applied()).toEqual(["loyal", "ten-off"]);
  await putOrder(api, id, { ...fields, version: 2, status: "cancelled" });
  expect(await applied()).toEqual(["ten-off"]);
});
