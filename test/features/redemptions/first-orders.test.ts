/** Of the orders of a new customer that are on their way at once, one is the first. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { activePromotion, counter, orderOf, redeem } from "./redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Another process on the same database. */
let other: Api;

const channel = (name: string) => ({ kind: "channel", in: [name] });
const first = { kind: "first_order" };

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database);
  await activePromotion(api, "first", { conditions: { all: [channel("app"), first] } });
  await activePromotion(api, "welcome", {
    conditions: { kind: "order_count", atMost: 0 },
    trigger: { type: "code", code: "WELCOME" },
  });
  await activePromotion(api, "vip-or-first", {
    conditions: { all: [channel("vip"), { any: [{ kind: "customer_group", in: ["vip"] }, first] }] },
  });
});
afterEach(() => expectBooksToBalance(database));
afterAll(async () => {
  await api.close();
  await other.close();
  await database.close();
});

let customers = 0;
const newCustomer = () => {
  customers += 1;
  return `new-${customers}`;
};
const askOf = (customer: string, more: object = {}) =>
  orderOf({ customer: { id: customer }, channel: "app", ...more });
const reserve = (customer: string, more: object = {}) =>
  redeem(api, askOf(customer, { mode: "reserve", ...more }));
const settle = (action: "commit" | "cancel", id: string) =>
  api.rest("POST", `/v1/redemptions/${id}/${action}`, { role: "checkout" });
const discountOf = ({ status, body, text }: Answer): number => {
  expect([status, text]).toEqual([201, expect.any(String)]);
  return body.quote.discount;
};
const quoted = async (customer: string, more: object = {}) =>
  (
    await api.rest("POST", "/v1/evaluations", {
      body: { ...askOf(customer, more), orderRef: undefined, explain: "all" },
    })
  ).body;
/** Of the counter that nobody's second order takes. */
const taken = (customer: string) =>
  counter(database, api.project.id, "orders", "first_order", `customer:${customer}`);

describe("of a new customer's orders", () => {
  test("one that is reserved is the first, until it is given up; the next one says why it is not", async () => {
    const customer = newCustomer();
    const held = await reserve(customer);
    expect(discountOf(held)).toBe(1_000);
    const { discount, notApplied } = await quoted(customer);
    expect(discount).toBe(0);
    expect(notApplied).toContainEqual(
      expect.objectContaining({ promotion: "first", reason: "not_first_order", required: 0, actual: 1 }),
    );
    expect(discountOf(await reserve(customer))).toBe(0);
    const changed = await reserve(customer, { expectedTotal: 9_000 });
    expect([changed.status, changed.body.code, changed.body.quote.total]).toEqual([
      409,
      "price_changed",
      10_000,
    ]);
    // By whatever offer for a first order.
    const coded = await reserve(customer, { codes: ["WELCOME"], channel: "web" });
    expect([coded.status, coded.body.errors?.[0]]).toMatchObject([
      409,
      { path: "/codes/0", code: "order_count_out_of_range" },
    ]);
    await settle("cancel", held.body.id);
    expect(await taken(customer)).toEqual({ used: 0, reserved: 0 });
    expect(discountOf(await reserve(customer, { codes: ["WELCOME"], channel: "web" }))).toBe(1_000);
  });

  test("the one that is committed stays the first, also sent anew, and as long as not all of it is back", async () => {
    const customer = newCustomer();
    const order = askOf(customer, { lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 5_000 }] });
    expect(discountOf(await redeem(api, { ...order, mode: "reserve" }))).toBe(1_000);
    expect(discountOf(await redeem(api, { ...order, mode: "reserve", ttlSeconds: 60 }))).toBe(1_000);
    const sold = await redeem(api, order);
    expect(discountOf(sold)).toBe(1_000);
    expect(await taken(customer)).toEqual({ used: 1, reserved: 0 });
    for (const discount of [0, 1_000]) {
      const body = { lines: [{ id: "1", quantity: 1 }] };
      const back = await api.rest("POST", `/v1/redemptions/${sold.body.id}/returns`, { role: "pos", body });
      expect(back.body).toMatchObject({ refund: 4_500, restored: [] });
      expect((await quoted(customer)).discount).toBe(discount);
    }
    expect(await taken(customer)).toEqual({ used: 0, reserved: 0 });
  });

  test("who has the offer for another reason too does not take the first for it", async () => {
    const customer = newCustomer();
    const vip = { customer: { id: customer, groups: ["vip"] }, channel: "vip" };
    for (let order = 0; order < 3; order += 1) expect(discountOf(await reserve(customer, vip))).toBe(1_000);
    expect(await taken(customer)).toEqual({ used: 0, reserved: 0 });
    expect(discountOf(await reserve(customer))).toBe(1_000);
    expect(discountOf(await reserve(customer, vip))).toBe(1_000);
    const plain = { customer: { id: customer }, channel: "vip" };
    expect(discountOf(await reserve(customer, plain))).toBe(0);
  });

  test("a quote that holds takes the first when it is redeemed, and is refused where another has it", async () => {
    const customer = newCustomer();
    const body = { ...askOf(customer), orderRef: undefined };
    const [one, two] = [
      await api.rest("POST", "/v1/quotes", { body }),
      await api.rest("POST", "/v1/quotes", { body }),
    ];
    expect([one.body.total, two.body.total]).toEqual([9_000, 9_000]);
    expect((await redeem(api, { quoteId: one.body.id, orderRef: `${customer}-1` })).status).toBe(201);
    const refused = await redeem(api, { quoteId: two.body.id, orderRef: `${customer}-2` });
    expect([refused.status, refused.body.code, refused.body.errors[0]]).toMatchObject([
      409,
      "quote-exhausted",
      { path: "/quoteId", code: "not_first_order" },
    ]);
  });

  test.each(["reserve", "commit"])(
    "of twenty that %s at once, by two processes, one is the first",
    async (mode) => {
      const customer = newCustomer();
      const asked = Array.from({ length: 20 }, (_, index) =>
        askOf(customer, { mode, ...(index % 4 < 2 && { channel: "web", codes: ["WELCOME"] }) }),
      );
      const answers = await Promise.all(
        asked.map((body, index) =>
          (index % 2 === 0 ? api : other).rest("POST", "/v1/redemptions", {
            key: api.project.keys.checkout,
            body,
          }),
        ),
      );
      const granted = answers.filter(({ status }) => status === 201);
      expect(granted.map(discountOf).filter((discount) => discount > 0)).toEqual([1_000]);
      expect(granted.length).toBeGreaterThanOrEqual(10);
      for (const { body } of answers.filter(({ status }) => status !== 201))
        expect([body.code, body.errors[0].code]).toEqual(["code-not-applied", "order_count_out_of_range"]);
      if (mode === "commit") return;
      const { used, reserved } = await taken(customer);
      expect([used, reserved]).toEqual([0, 1]);
      const settled = await Promise.all(granted.map(({ body }) => settle("commit", body.id)));
      expect(settled.map(({ status }) => status)).toEqual(granted.map(() => 200));
      expect(await taken(customer)).toEqual({ used: 1, reserved: 0 });
    },
  );

  test("a guest's first is the customer's, once they are merged", async () => {
    const [guest, customer] = [newCustomer(), newCustomer()];
    expect(discountOf(await reserve(guest))).toBe(1_000);
    await api.rest("PUT", `/v1/customers/${customer}`, { role: "erp", body: {} });
    const merged = await api.rest("POST", `/v1/customers/${customer}/merge`, {
      role: "erp",
      body: { guest },
    });
    expect([merged.status, merged.text]).toEqual([200, expect.any(String)]);
    expect(discountOf(await reserve(customer))).toBe(0);
  });
});
