/** One sale, told by a shop and by an ERP: whoever gives its money back, and in whatever order they tell of it, gives it back once. */

import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { withTransaction } from "../../src/platform/database.ts";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience } from "../faults/sizes.ts";
import { type Answer, type Api, startApi } from "./api.ts";
import { faultOf, insertRedemption, newOrderId, orderOf, putOrder } from "./orders-fixture.ts";
import { activePromotion, redeem } from "./redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  await activePromotion(api, "tenth", { benefits: [{ kind: "percent_off", target: "order", percent: 10 }] });
});
afterEach(() => expectBooksToBalance(database));
afterAll(async () => {
  await api.close();
  await database.close();
});

const waiting = `select from pg_locks join pg_stat_activity using (pid)
                  where not granted and datname = current_database()`;

const lines = [{ id: "1", sku: "LAMP", quantity: 2, unitPrice: 8_000 }];
const paid = 14_400;

async function sold(orderRef: string, fields: object = {}): Promise<string> {
  const { status, body, text } = await redeem(api, { currency: "CNY", orderRef, lines, ...fields });
  expect([status, text]).toEqual([201, expect.any(String)]);
  return body.id;
}

/** The order as the ERP has it, without a customer unless the fields name one. */
const put = (id: string, version: number, fields: object = {}): Promise<Answer> =>
  putOrder(api, id, {
    version,
    status: "paid",
    customer: undefined,
    lines: [{ ...lines[0], discount: 1_600 }],
    shipping: undefined,
    total: paid,
    ...fields,
  });
async function stored(id: string, version: number, fields: object = {}): Promise<Answer["body"]> {
  const { status, body, text } = await put(id, version, fields);
  expect(status, text).toBe(200);
  return body;
}

const whole = { lines: [{ id: "1", quantity: 2 }] };
const half = { lines: [{ id: "1", quantity: 1 }] };
const backByOrder = (id: string, body: object = whole) =>
  api.rest("POST", `/v1/orders/${id}/returns`, { role: "erp", body });
const backByRedemption = (id: string, body: object = whole) =>
  api.rest("POST", `/v1/redemptions/${id}/returns`, { role: "pos", body });
const redemptionNow = async (id: string) => (await api.rest("GET", `/v1/redemptions/${id}`)).body;
const orderNow = async (id: string) => (await api.rest("GET", `/v1/orders/${id}`)).body;
/** In both books together. */
const refunded = async (order: string, redemption: string) =>
  (await orderNow(order)).refunded + (await redemptionNow(redemption)).refunded;

const statedAs = (fields: object) => `409 order-redemption-mismatch /redemption ${Object.values(fields)[0]}`;

describe("the money of a sale comes back once", () => {
  test("where the order names its redemption only after goods came back", async () => {
    const id = newOrderId();
    const redemption = await sold(`web-${id}`);
    await stored(id, 1);
    expect((await backByOrder(id, half)).body.refund).toBe(7_200);
    expect(faultOf(await put(id, 2, { redemption }))).toBe(statedAs({ code: "goods_returned" }));
    expect((await backByOrder(id, half)).body.refund).toBe(7_200);
    expect(await refunded(id, redemption)).toBe(paid);
  });

  test("where a later version of the order leaves its redemption out", async () => {
    const id = newOrderId();
    const redemption = await sold(`web-${id}`, { customer: { id: "c-3" } });
    await stored(id, 1, { redemption });
    expect((await backByOrder(id)).body.refund).toBe(paid);
    expect(await stored(id, 2)).toMatchObject({ redemption, customer: "c-3" });
    expect(faultOf(await backByOrder(id))).toBe("409 redemption-state-conflict");
    expect(await refunded(id, redemption)).toBe(paid);
  });

  test("where the order was returned before it named its redemption", async () => {
    const id = newOrderId();
    const redemption = await sold(`web-${id}`);
    expect((await stored(id, 1, { status: "returned" })).refunded).toBe(paid);
    expect(faultOf(await put(id, 2, { status: "returned", redemption }))).toBe(
      statedAs({ code: "goods_returned" }),
    );
    expect(await refunded(id, redemption)).toBe(paid);
  });

  test.each([
    ["of nobody known", undefined, undefined],
    ["of one customer", "c-1", "c-1"],
    ["of a customer whom the ERP does not know", "c-1", undefined],
  ])(
    "where the order has the number of the shop's and does not name its redemption (%s)",
    async (_title, who, told) => {
      const id = newOrderId();
      const redemption = await sold(id, who === undefined ? {} : { customer: { id: who } });
      await stored(id, 1, { customer: told });
      expect((await backByRedemption(redemption, half)).body.refund).toBe(7_200);
      const body = await stored(id, 2, { customer: told, status: "returned" });
      expect(body).toMatchObject({
        settlement: "returned",
        refunded: 0,
        redemption,
        ...(who !== undefined && { customer: who }),
      });
      expect(await redemptionNow(redemption)).toMatchObject({ state: "returned", refunded: paid });
    },
  );

  test("where goods come back by the shop's number at the ERP and at the till at once", async () => {
    const ids = Array.from({ length: 10 }, newOrderId);
    const redemptions = await Promise.all(ids.map((id) => sold(id, { customer: { id: "c-2" } })));
    await Promise.all(ids.map((id) => stored(id, 1, { customer: "c-2" })));
    await Promise.all(
      ids.flatMap((id, at) => [backByOrder(id), backByRedemption(redemptions[at]!), backByOrder(id)]),
    );
    for (const [at, id] of ids.entries()) expect(await refunded(id, redemptions[at]!)).toBe(paid);
  });

  test("where the redemption comes after its order was refunded, as of a till that was offline", async () => {
    const id = newOrderId();
    await stored(id, 1);
    await backByOrder(id, half);
    const redemption = await sold(id);
    expect(faultOf(await backByRedemption(redemption, half))).toBe("409 return-refused  returned_with_order");
    expect((await backByOrder(id, half)).body.refund).toBe(7_200);
    expect(await refunded(id, redemption)).toBe(paid);
  });

  test("and the order that gets its redemption with a return says so", async () => {
    const id = newOrderId();
    const redemption = await sold(id, { customer: { id: "c-told" } });
    const { updatedAt: before } = await stored(id, 1);
    api.clock.advance(60_000);
    await backByOrder(id, half);
    const { updatedAt } = await orderNow(id);
    expect(Date.parse(updatedAt) - Date.parse(before)).toBe(60_000);
    const { rows } = await database.pool.query(
      "select type, data from outbox_events where subject = $1 and type like '%.order.%' order by seq desc limit 1",
      [id],
    );
    expect(rows).toMatchObject([
      { type: "dealwright.order.updated", data: { version: 1, customer: "c-told", redemption } },
    ]);
  });

  test("and a redemption that another order takes meanwhile is asked for again", async () => {
    const [id, other] = [newOrderId(), newOrderId()];
    const redemption = await sold(id);
    await stored(id, 1);
    await stored(other, 1);
    let back: Promise<Answer> | undefined;
    await withTransaction(database, api.project.id, async (connection) => {
      await connection.execute(
        sql`update orders set redemption_id = ${redemption} where external_id = ${other}`,
      );
      back = backByOrder(id);
      await expect
        .poll(async () => (await database.pool.query(waiting)).rowCount, { timeout: patience })
        .toBeGreaterThan(0);
    });
    const refused = await back!;
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
    expect((await backByOrder(id)).body.refund).toBe(paid);
    expect((await backByRedemption(redemption)).body.refund).toBe(paid);
  });

  test("and what came back of an order is not held against a redemption that another order names", async () => {
    const [id, other] = [newOrderId(), newOrderId()];
    await stored(id, 1);
    await backByOrder(id, half);
    const redemption = await sold(id);
    await stored(other, 1, { redemption });
    expect((await backByRedemption(redemption)).body.refund).toBe(paid);
    expect((await backByOrder(id, half)).body.refund).toBe(7_200);
  });

  test("and another customer's order of the same number is another order", async () => {
    const id = newOrderId();
    const redemption = await sold(id, { customer: { id: "c-1" } });
    await stored(id, 1, { customer: "c-2" });
    expect((await backByOrder(id)).body.refund).toBe(paid);
    expect((await backByRedemption(redemption)).body.refund).toBe(paid);
  });

  test("and where two redemptions could be the order's, it has to say which", async () => {
    const id = newOrderId();
    const [first] = await Promise.all(["till-1", "till-2"].map((source) => sold(id, { source })));
    await stored(id, 1);
    expect(faultOf(await backByOrder(id))).toBe(statedAs({ code: "redemption_ambiguous" }));
    expect((await stored(id, 2, { status: "returned" })).settlement).toBe("refused");
    expect((await stored(id, 3, { status: "returned", redemption: first })).settlement).toBe("returned");
    expect((await redemptionNow(first!)).refunded).toBe(paid);
  });
});

describe("an order keeps its redemption", () => {
  test("so a cancellation that does not name it releases it", async () => {
    const id = newOrderId();
    const redemption = await sold(`web-${id}`);
    await stored(id, 1, { redemption });
    expect(await stored(id, 2, { status: "cancelled" })).toMatchObject({
      settlement: "released",
      redemption,
    });
    expect((await redemptionNow(redemption)).state).toBe("cancelled");
  });

  test("until that is cancelled: then it may have another, which its cancellation releases", async () => {
    const id = newOrderId();
    const [first, second] = [await sold(`a-${id}`), await sold(`b-${id}`)];
    await stored(id, 1, { redemption: first });
    expect(faultOf(await put(id, 2, { redemption: second }))).toBe(statedAs({ code: "redemption_stands" }));
    await api.rest("POST", `/v1/redemptions/${first}/cancel`, { role: "checkout" });
    await stored(id, 2, { redemption: second });
    await stored(id, 3, { status: "cancelled" });
    expect((await redemptionNow(second)).state).toBe("cancelled");
  });

  test("and with goods back it may have no other", async () => {
    const id = newOrderId();
    const [first, second] = [await sold(`a-${id}`), await sold(`b-${id}`)];
    await stored(id, 1, { redemption: first });
    await backByOrder(id);
    expect(faultOf(await put(id, 2, { redemption: second }))).toBe(statedAs({ code: "redemption_stands" }));
    expect((await redemptionNow(second)).refunded).toBe(0);
  });

  test("however its first versions meet", async () => {
    const orders = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const id = newOrderId();
        return { id, redemption: await sold(`web-${id}`) };
      }),
    );
    await Promise.all(
      orders.flatMap(({ id, redemption }) => [
        put(id, 1, { redemption }),
        put(id, 2),
        put(id, 3, { status: "fulfilled" }),
      ]),
    );
    // As a stream writes them: in one statement, however many others write the same.
    const told = (version: number) =>
      orders.map(({ id }) =>
        JSON.stringify({ externalId: `${id}-s`, ...orderOf({ version, customer: undefined }) }),
      );
    await Promise.all(
      [1, 2, 3, 4].map(async (version) => {
        const { statusCode, body } = await api.app.inject({
          method: "POST",
          url: "/v1/orders/bulk",
          headers: {
            authorization: `Bearer ${api.project.keys.erp}`,
            "content-type": "application/x-ndjson",
          },
          payload: told(version).join("\n"),
        });
        expect([statusCode, body.includes("refused")]).toEqual([200, false]);
      }),
    );
    for (const { id, redemption } of orders) {
      const { redemption: kept } = await orderNow(id);
      await stored(id, 4, { status: "cancelled" });
      // The first version may have come after the others, and was stale then.
      expect((await redemptionNow(redemption)).state).toBe(kept === undefined ? "committed" : "cancelled");
    }
  });
});

describe("what was given back is not taken again", () => {
  test("by an order that is no longer cancelled", async () => {
    const id = newOrderId();
    const redemption = await sold(`web-${id}`);
    await stored(id, 1, { redemption });
    await stored(id, 2, { redemption, status: "cancelled" });
    for (const fields of [{ redemption }, {}])
      expect(faultOf(await put(id, 3, fields))).toBe(statedAs({ code: "redemption_released" }));
    expect(await orderNow(id)).toMatchObject({ version: 2, status: "cancelled" });
    await stored(id, 3, { status: "cancelled" });
    // The order may begin anew with a redemption of its own.
    await stored(id, 4, { redemption: await sold(`again-${id}`) });
  });

  test.each(["cancelled", "expired"])(
    "by an order that begins with a redemption that is %s",
    async (state) => {
      const redemption = await insertRedemption(database, api.project.id, { state, committedAt: null });
      expect(faultOf(await put(newOrderId(), 1, { redemption }))).toBe(
        statedAs({ code: "redemption_released" }),
      );
      const id = newOrderId();
      expect((await stored(id, 1, { redemption, status: "cancelled" })).settlement).toBe("released");
    },
  );

  test("by an order whose cancellation is being carried out", async () => {
    const id = newOrderId();
    const redemption = await sold(`web-${id}`);
    await stored(id, 1, { redemption });
    // As the statement that stores it leaves it.
    await database.pool.query(
      `update orders set version = 2, status = 'cancelled', settlement = 'pending', document = $2 where external_id = $1`,
      [id, JSON.stringify(orderOf({ version: 2, status: "cancelled", redemption }))],
    );
    expect(faultOf(await put(id, 3))).toBe(statedAs({ code: "redemption_released" }));
  });

  test("and an order of which the shop cancelled the redemption may still be told of", async () => {
    const id = newOrderId();
    const redemption = await sold(`web-${id}`);
    await stored(id, 1, { redemption });
    await api.rest("POST", `/v1/redemptions/${redemption}/cancel`, { role: "checkout" });
    expect(await stored(id, 2, { redemption, status: "fulfilled" })).toMatchObject({ status: "fulfilled" });
  });

  test("nor line by line in a stream", async () => {
    const id = newOrderId();
    const redemption = await sold(`web-${id}`);
    const told = (version: number, fields: object = {}) => ({
      externalId: id,
      ...orderOf({ version, status: "paid", customer: undefined, ...fields }),
    });
    const { body } = await api.app.inject({
      method: "POST",
      url: "/v1/orders/bulk",
      headers: { authorization: `Bearer ${api.project.keys.erp}`, "content-type": "application/x-ndjson" },
      payload: [
        told(1, { redemption }),
        told(2, { status: "cancelled" }),
        told(3),
        { ...told(1), externalId: `${id}-b` },
      ]
        .map((order) => JSON.stringify(order))
        .join("\n"),
    });
    const results = body
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text))
      .map(({ status, problem }) => [status, problem?.errors?.[0]?.code ?? null]);
    expect(results).toEqual([
      ["stored", null],
      ["stored", null],
      ["refused", "redemption_released"],
      ["stored", null],
    ]);
    expect((await redemptionNow(redemption)).state).toBe("cancelled");
  });
});

test("refunds stay in the currency in which they were made", async () => {
  const id = newOrderId();
  await stored(id, 1);
  await backByOrder(id, half);
  expect(faultOf(await put(id, 2, { currency: "USD", total: 200 }))).toBe(
    "409 order-state-conflict /currency currency_fixed",
  );
  const untouched = newOrderId();
  await stored(untouched, 1);
  await stored(untouched, 2, { currency: "USD", total: 200 });
});

describe("a returned order is settled truthfully", () => {
  test("where its redemption was only a reservation", async () => {
    const redemption = await sold(`web-${newOrderId()}`, { mode: "reserve" });
    const body = await stored(newOrderId(), 1, { redemption, status: "returned" });
    expect(body.settlement).toBe("released");
    expect((await redemptionNow(redemption)).state).toBe("cancelled");
    const commit = await api.rest("POST", `/v1/redemptions/${redemption}/commit`, { role: "checkout" });
    expect(faultOf(commit)).toBe("409 redemption-state-conflict");
  });

  const shippingOnly = { lines: [], shipping: [{ id: "s", amount: 1_000 }] };
  test("where its redemption has no lines", async () => {
    const redemption = await sold(`web-${newOrderId()}`, shippingOnly);
    const { total } = (await redemptionNow(redemption)).quote;
    expect(total).toBeGreaterThan(0);
    const order = { lines: [], shipping: total, total, redemption };
    expect((await stored(newOrderId(), 1, { ...order, status: "returned" })).settlement).toBe("returned");
    expect(await redemptionNow(redemption)).toMatchObject({ state: "returned", refunded: total });
  });

  test("a redemption without lines comes back as a whole, once, by itself and by its order", async () => {
    const first = await sold(`web-${newOrderId()}`, shippingOnly);
    const { total } = (await redemptionNow(first)).quote;
    expect((await backByRedemption(first, { lines: [] })).body).toMatchObject({
      refund: total,
      shipping: total,
      state: "returned",
    });
    expect(faultOf(await backByRedemption(first, { lines: [] }))).toBe("409 redemption-state-conflict");
    const second = await sold(`web-${newOrderId()}`, shippingOnly);
    const id = newOrderId();
    await stored(id, 1, { lines: [], shipping: total, total, redemption: second });
    expect((await backByOrder(id, { lines: [] })).body).toMatchObject({ refund: total });
    const own = newOrderId();
    await stored(own, 1, { lines: [], shipping: 900, total: 900 });
    expect((await backByOrder(own, { lines: [] })).body).toMatchObject({ refund: 900, shipping: 900 });
    expect(faultOf(await backByOrder(own, { lines: [] }))).toBe("409 return-refused  nothing_to_return");
  });
});
