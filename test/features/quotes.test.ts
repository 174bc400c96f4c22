/** Quotes that hold: a price and a version of the rules, until an instant, for one order. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "./api.ts";
import { faultOf } from "./orders-fixture.ts";

let database: TestDatabase;
let api: Api;
let orders = 0;

const hold = async (fields: object = {}, quantity = 2): Promise<Answer["body"]> => {
  const answer = await api.rest("POST", "/v1/quotes", {
    role: "checkout",
    body: { currency: "CNY", lines: [{ id: "1", sku: "TEA", quantity, unitPrice: 1_000 }], ...fields },
  });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const redeem = (
  quoteId: string,
  fields: object = {},
  headers: Record<string, string> = {},
): Promise<Answer> => {
  orders += 1;
  return api.rest("POST", "/v1/redemptions", {
    role: "checkout",
    body: { quoteId, orderRef: `Q-${orders}`, ...fields },
    headers,
  });
};
const stateOf = async (id: string) =>
  (await api.rest("GET", `/v1/quotes/${id}`, { role: "viewer" })).body.state;
const promote = async (key: string, fields: object): Promise<string> => {
  const body = { key, trigger: { type: "automatic" }, ...fields };
  const made = await api.rest("POST", "/v1/promotions", { role: "marketing", body });
  expect(made.status, made.text).toBe(201);
  const active = await api.rest("POST", `/v1/promotions/${made.body.id}/activate`, { role: "marketing" });
  expect(active.status, active.text).toBe(200);
  return made.body.id;
};
const only = (group: string) => ({ kind: "customer_group", in: [group] });
const off = (amount: number) => [{ kind: "amount_off", target: "order", amount: { CNY: amount } }];

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

describe("a quote", () => {
  test("holds its price and its version of the rules, whatever becomes of promotions and lists", async () => {
    const body = { currency: "CNY", audience: { groups: ["held"] } };
    await api.rest("PUT", "/v1/price-lists/held", { role: "marketing", body });
    const price = (unitPrice: number) =>
      api.rest("PUT", "/v1/price-lists/held/prices/TEA", {
        role: "erp",
        body: { breaks: [{ from: 1, unitPrice }] },
      });
    await price(900);
    const promotion = await promote("held", {
      conditions: only("held"),
      benefits: off(300),
      returns: "reevaluate",
    });
    const quote = await hold({ customer: { id: "c-held", groups: ["held"] } });
    expect([quote.state, quote.total, quote.quote.lines[0].priceList.unitPrice]).toEqual([
      "open",
      1_500,
      900,
    ]);
    await price(2_000);
    await api.rest("POST", `/v1/promotions/${promotion}/end`, { role: "marketing" });
    const sold = await redeem(quote.id, { expectedTotal: 1_500 });
    expect(sold.status, sold.text).toBe(201);
    expect(sold.body).toMatchObject({ customer: "c-held", state: "committed", quote: quote.quote });
    expect(await stateOf(quote.id)).toBe("redeemed");
    // Priced anew at today's 2000 nothing would come back; at the quoted price the unit's share does.
    const back = await api.rest("POST", `/v1/redemptions/${sold.body.id}/returns`, {
      role: "erp",
      body: { lines: [{ id: "1", quantity: 1 }] },
    });
    expect(back.body.refund, back.text).toBe(750);
  });

  test("holds until its instant and not at it", async () => {
    const [first, second] = [await hold({ validSeconds: 60 }), await hold({ validSeconds: 60 })];
    const third = await hold({ validSeconds: 60 });
    api.clock.advance(59_999);
    const reserved = await redeem(third.id, { orderRef: "Q-kept", mode: "reserve" });
    const sold = await redeem(first.id, {}, { "idempotency-key": "in-time" });
    expect(sold.status, sold.text).toBe(201);
    api.clock.advance(1);
    expect(faultOf(await redeem(second.id))).toBe("409 quote-expired");
    // What was reserved in time is committed by the same request.
    const committed = await redeem(third.id, { orderRef: "Q-kept", mode: "commit" });
    expect(committed.body).toMatchObject({ id: reserved.body.id, state: "committed" });
    const repeated = await redeem(third.id, { orderRef: "Q-kept", mode: "commit" });
    expect([repeated.status, repeated.text]).toEqual([201, committed.text]);
    expect(await stateOf(second.id)).toBe("expired");
    // What was answered in time is answered so for good.
    const again = await redeem(first.id, { orderRef: sold.body.orderRef }, { "idempotency-key": "in-time" });
    expect([again.status, again.body.id, again.headers["idempotent-replayed"]]).toEqual([
      201,
      sold.body.id,
      "true",
    ]);
  });

  test("is redeemed by one order, however many come at once, and is free again where that is given up", async () => {
    const quote = await hold();
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(quote.id, { mode: "reserve" })));
    const granted = answers.filter(({ status }) => status === 201);
    expect(granted).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 201).map(faultOf))).toEqual(
      new Set(["409 quote-redeemed"]),
    );
    expect(await stateOf(quote.id)).toBe("reserved");
    await api.rest("POST", `/v1/redemptions/${granted[0]!.body.id}/cancel`, { role: "checkout" });
    expect(await stateOf(quote.id)).toBe("open");
    const sold = await redeem(quote.id);
    expect(sold.status).toBe(201);
    const { body } = await api.rest("GET", `/v1/quotes/${quote.id}`);
    expect([body.state, body.redemption]).toEqual(["redeemed", sold.body.id]);
    // Goods that come back make it no new promise.
    await api.rest("POST", `/v1/redemptions/${sold.body.id}/returns`, {
      role: "erp",
      body: { lines: [{ id: "1", quantity: 2 }] },
    });
    expect(faultOf(await redeem(quote.id))).toBe("409 quote-redeemed");
  });

  test("takes limits and budgets when it is redeemed: what is gone by then refuses it", async () => {
    await promote("scarce", { conditions: only("scarce"), benefits: off(100), limits: { total: 1 } });
    const customer = { groups: ["scarce"] };
    const [first, second] = [await hold({ customer }), await hold({ customer })];
    expect([first.total, second.total]).toEqual([1_900, 1_900]);
    expect((await redeem(first.id)).status).toBe(201);
    const refused = await redeem(second.id);
    expect(faultOf(refused)).toBe("409 quote-exhausted /quoteId exhausted");
    expect(refused.body.errors[0].message).toContain("scarce");
    expect(await stateOf(second.id)).toBe("open");
  });

  test("goes by the budget that the promotion has by now", async () => {
    const fields = { conditions: only("raised"), benefits: off(100) };
    const id = await promote("raised", { ...fields, budget: { amount: { CNY: 100 } } });
    const customer = { groups: ["raised"] };
    const [first, second] = [await hold({ customer }), await hold({ customer })];
    expect((await redeem(first.id)).status).toBe(201);
    expect(faultOf(await redeem(second.id))).toBe("409 quote-exhausted /quoteId exhausted");
    const { body: now } = await api.rest("GET", `/v1/promotions/${id}`);
    const changed = await api.rest("PUT", `/v1/promotions/${id}`, {
      role: "marketing",
      body: { key: "raised", trigger: { type: "automatic" }, ...fields, budget: { amount: { CNY: 200 } } },
      headers: { "if-match": `"${now.version}"` },
    });
    expect(changed.status, changed.text).toBe(200);
    expect((await redeem(second.id)).status).toBe(201);
  });

  test("counts a device by what was quoted, without hashing it twice", async () => {
    await promote("per-device", { conditions: only("device"), benefits: off(100), limits: { perDevice: 1 } });
    const fields = { customer: { groups: ["device"] }, identifiers: { device: "d-1" } };
    const [first, second] = [await hold(fields), await hold(fields)];
    expect((await redeem(first.id)).status).toBe(201);
    expect(faultOf(await redeem(second.id))).toBe("409 quote-exhausted /quoteId exhausted");
    expect((await redeem(second.id, { identifiers: { device: "d-2" } })).status).toBe(201);
  });

  test("is not redeemed by a promotion that was killed, nor as something else than was quoted", async () => {
    const id = await promote("killed", { conditions: only("killed"), benefits: off(100) });
    const quote = await hold({ customer: { id: "c-k", groups: ["killed"] } });
    const lines = [{ id: "1", sku: "TEA", quantity: 3, unitPrice: 1_000 }];
    expect(faultOf(await redeem(quote.id, { lines }))).toBe("409 quote-mismatch /lines not_as_quoted");
    expect(faultOf(await redeem(quote.id, { currency: "USD" }))).toBe(
      "409 quote-mismatch /currency not_as_quoted",
    );
    expect(faultOf(await redeem(quote.id, { customer: { id: "c-other" } }))).toBe(
      "409 quote-mismatch /customer/id not_as_quoted",
    );
    expect(faultOf(await redeem(quote.id, { codes: ["X"] }))).toBe("400 invalid-request /codes quoted");
    expect(faultOf(await redeem(quote.id, { expectedTotal: 1 }))).toBe(
      "409 price_changed /expectedTotal price_changed",
    );
    const killed = await api.rest("POST", `/v1/promotions/${id}/kill`, {
      role: "marketing",
      body: { reason: "a test" },
    });
    expect(killed.status, killed.text).toBe(200);
    expect(faultOf(await redeem(quote.id))).toBe("409 promotion-killed");
  });

  test("is given for nothing that could not be redeemed, and lists by customer", async () => {
    const lines = [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 1_000 }];
    const refused = await api.rest("POST", "/v1/quotes", {
      role: "checkout",
      body: { currency: "CNY", lines, codes: ["NO-SUCH"] },
    });
    expect(faultOf(refused)).toBe("409 code-not-applied /codes/0 code_unknown");
    const ids = [await hold({ customer: { id: "c-list" } }), await hold({ customer: { id: "c-list" } })].map(
      ({ id }) => id,
    );
    const first = await api.rest("GET", "/v1/quotes?customer=c-list&limit=1", { role: "viewer" });
    const rest = await api.rest("GET", `/v1/quotes?customer=c-list&after=${first.body.nextCursor}`);
    expect([...first.body.items, ...rest.body.items].map(({ id }) => id)).toEqual([...ids].reverse());
    expect(faultOf(await redeem("qte_none"))).toBe("404 quote-not-found");
    expect(faultOf(await api.rest("POST", "/v1/redemptions", { role: "checkout", body: {} }))).toBe(
      "400 invalid-request /currency required",
    );
  });

  test("is forgotten with its customer", async () => {
    const { id } = await hold({ customer: { id: "c-gone" } });
    const erased = await api.rest("POST", "/v1/customers/c-gone/erase", { role: "admin" });
    expect(erased.status, erased.text).toBe(200);
    expect((await api.rest("GET", `/v1/quotes/${id}`)).status).toBe(404);
  });
});
