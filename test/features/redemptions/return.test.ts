import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { withoutNulls } from "../evaluations/evaluation-fixture.ts";
import { activePromotion, counter, couponsOf, orderOf, redeem } from "./redemption-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterEach(() => expectBooksToBalance(database));
afterAll(async () => {
  await api.close();
  await database.close();
});

type Units = Readonly<Record<string, number>>;

function giveBack(id: string, lines: Units, more: object = {}, headers: Record<string, string> = {}) {
  const body = { lines: Object.entries(lines).map(([line, quantity]) => ({ id: line, quantity })), ...more };
  return api.rest("POST", `/v1/redemptions/${id}/returns`, { body, headers, role: "pos" });
}

/** The id of a committed order in its own channel, so that only the promotions of one test apply. */
async function sold(channel: string, lines: object[], more: object = {}): Promise<string> {
  const { status, body, text } = await redeem(api, orderOf({ channel, lines, ...more }));
  expect([status, text]).toEqual([201, expect.any(String)]);
  return body.id;
}

const only = (channel: string) => ({ conditions: { kind: "channel", in: [channel] } });
const line = (id: string, quantity: number, unitPrice: number) => ({
  id,
  sku: `SKU-${id}`,
  quantity,
  unitPrice,
});
/** Status, code, and the first error with its place if there is one. */
const refused = ({ status, body }: Answer) => {
  const [first] = body.errors ?? [];
  return [status, body.code, ...(first === undefined ? [] : [first.code, first.path])];
};

describe("prorated", () => {
  beforeAll(async () => {
    await activePromotion(api, "shared", {
      ...only("prorate"),
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1000 } }],
    });
    await activePromotion(api, "third", {
      ...only("prorate"),
      benefits: [
        {
          kind: "buy_x_get_y",
          buy: { select: { skus: ["SKU-1"] }, quantity: 2 },
          get: { select: { skus: ["SKU-1"] }, quantity: 1 },
          allocate: "target",
        },
      ],
    });
  });
  const lines = [line("1", 3, 1000), line("2", 1, 1000)];
  const shipping = [{ id: "s", amount: 500 }];

  test("units come back for what was paid for them, the cheapest first, and shipping with the last one", async () => {
    // 3000 less a third of it less 1000 shared: 667 + 667 for two, nothing for the free one, 666 for the other line.
    const id = await sold("prorate", lines, { shipping });
    const first = await giveBack(id, { "1": 1 });
    expect([first.status, first.body]).toEqual([
      200,
      {
        redemption: id,
        state: "partially_returned",
        refund: 0,
        refunded: 0,
        shipping: 0,
        withheld: 0,
        lines: [{ id: "1", quantity: 1, refund: 0 }],
        gifts: [],
        restored: [],
      },
    ]);
    const second = await giveBack(id, { "1": 2, "2": 1 });
    expect(second.body).toMatchObject({ state: "returned", refund: 2500, refunded: 2500, shipping: 500 });
    const [{ refund: goods }, { refund: other }] = second.body.lines;
    expect(goods + other).toBe(2000);
    const { body } = await api.rest("GET", `/v1/redemptions/${id}`);
    expect(body).toMatchObject({ state: "returned", refunded: 2500 });
  });

  test("unit by unit everything comes to the total", async () => {
    const id = await sold("prorate", lines, { shipping });
    const refunds: number[] = [];
    for (const unit of ["2", "1", "1", "1"]) refunds.push((await giveBack(id, { [unit]: 1 })).body.refund);
    expect(refunds.reduce((sum, refund) => sum + refund, 0)).toBe(2500);
  });

  test("concurrent returns give each unit back once, and in all what was paid", async () => {
    const id = await sold("prorate", [line("3", 8, 999)]);
    const answers = await Promise.all(Array.from({ length: 12 }, () => giveBack(id, { "3": 1 })));
    const granted = answers.filter(({ status }) => status === 200);
    expect(granted).toHaveLength(8);
    expect(granted.reduce((sum, { body }) => sum + body.refund, 0)).toBe(8 * 999 - 1000);
    for (const answer of answers) if (answer.status !== 200) expect(answer.status).toBe(409);
  });
});

describe("what came back can be read ever after", () => {
  test("by its steps, in the ledger and as a list, also where no counter got anything back", async () => {
    const id = await sold("plain", [line("1", 3, 700)], { shipping: [{ id: "s", amount: 500 }] });
    const headers = { "idempotency-key": "return-to-be-read" };
    const first = await giveBack(id, { "1": 1 }, {}, headers);
    await giveBack(id, { "1": 1 }, {}, headers);
    const second = await giveBack(id, { "1": 2 });
    const partsOf = ({ body: { redemption: _id, state: _state, ...rest } }: Answer) => rest;
    const expected = [first, second].map((answer, step) => ({
      ...partsOf(answer),
      step,
      at: expect.stringMatching(/^20.*Z$/),
    }));
    expect(expected.map(({ refund, shipping, lines }) => [refund, shipping, lines])).toEqual([
      [700, 0, [{ id: "1", quantity: 1, refund: 700 }]],
      [1900, 500, [{ id: "1", quantity: 2, refund: 1400 }]],
    ]);
    const ledger = await api.rest("GET", `/v1/redemptions/${id}/ledger`);
    expect(ledger.body).toMatchObject({ items: [], returns: expected });
    const listed = (query: object) =>
      api.rest("GET", `/v1/redemptions/${id}/returns?${new URLSearchParams(Object.entries(query))}`);
    expect((await listed({})).body).toEqual({ items: expected, nextCursor: null });
    const page = await listed({ limit: "1" });
    expect(page.body.items).toEqual(expected.slice(0, 1));
    const rest = await listed({ limit: "1", after: page.body.nextCursor });
    expect(rest.body).toEqual({ items: expected.slice(1), nextCursor: null });
    const nobodys = await api.rest("GET", "/v1/redemptions/rdm_none/returns");
    expect([nobodys.status, nobodys.body.code]).toEqual([404, "redemption-not-found"]);
  });

  test("in what is exported of the customer, and it stays when they are erased", async () => {
    const id = await sold("plain", [line("1", 2, 700)], { customer: { id: "brought-it-back" } });
    await giveBack(id, { "1": 1 });
    const exported = await api.rest("GET", "/v1/customers/brought-it-back/export");
    expect(exported.body.records.redemptions).toMatchObject([
      { id, returns: [{ refund: 700, lines: [{ id: "1", quantity: 1 }] }] },
    ]);
    const erased = await api.rest("POST", "/v1/customers/brought-it-back/erase");
    expect(erased.status).toBe(200);
    const { body } = await api.rest("GET", `/v1/redemptions/${id}/returns`);
    expect(body.items).toMatchObject([{ refund: 700 }]);
  });
});

describe("an Idempotency-Key", () => {
  test("gives the first answer again, also when everything is back, and refuses another request", async () => {
    const id = await sold("plain", [line("1", 2, 700)]);
    const headers = { "idempotency-key": "return-1" };
    const first = await giveBack(id, { "1": 2 }, {}, headers);
    const again = await giveBack(id, { "1": 2 }, {}, headers);
    expect(first.body).toMatchObject({ refund: 1400, state: "returned" });
    expect([again.status, again.body, again.headers["idempotent-replayed"]]).toEqual([
      200,
      first.body,
      "true",
    ]);
    expect((await giveBack(id, { "1": 1 }, {}, headers)).status).toBe(422);
  });

  test("sent many times at once is one return", async () => {
    const id = await sold("plain", [line("1", 5, 700)]);
    const headers = { "idempotency-key": "return-many" };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => giveBack(id, { "1": 1 }, {}, headers)),
    );
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect((await api.rest("GET", `/v1/redemptions/${id}`)).body.refunded).toBe(700);
  });
});

describe("reevaluated", () => {
  beforeAll(async () => {
    await activePromotion(api, "spend-200", {
      conditions: {
        all: [
          { kind: "channel", in: ["reevaluate"] },
          { kind: "subtotal", atLeast: { CNY: 20_000 } },
        ],
      },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 3000 } }],
      returns: "reevaluate",
    });
  });

  test("the kept goods are priced by the rules of the original time, though the promotion is over since", async () => {
    const id = await sold("reevaluate", [line("1", 2, 10_000), line("2", 1, 5000)]);
    // 22,000 was paid. Without line 2 the threshold still holds: 17,000 for the rest.
    expect((await giveBack(id, { "2": 1 })).body).toMatchObject({ refund: 4400, withheld: 0 });
    const { body: found } = await api.rest("GET", "/v1/promotions?limit=100");
    const promotion = found.items.find(({ key }: { key: string }) => key === "spend-200");
    await api.rest("POST", `/v1/promotions/${promotion.id}/pause`);
    // One left costs 10,000: of 22,000 paid 12,000 are due, 4,400 were given.
    expect((await giveBack(id, { "1": 1 })).body).toMatchObject({ refund: 7600, withheld: 1200 });
    expect((await giveBack(id, { "1": 1 })).body).toMatchObject({
      refund: 10_000,
      withheld: 0,
      state: "returned",
    });
  });
});

describe("forbidden", () => {
  test("lines of the promotion come back only with the whole order", async () => {
    await activePromotion(api, "final-sale", {
      ...only("forbid"),
      benefits: [{ kind: "percent_off", percent: 50, select: { skus: ["SKU-1"] } }],
      returns: "forbid",
    });
    const id = await sold("forbid", [line("1", 2, 1000), line("2", 1, 300)]);
    expect(refused(await giveBack(id, { "1": 1, "2": 1 }))).toEqual([
      409,
      "return-refused",
      "whole_order_only",
      "/lines/0",
    ]);
    expect((await giveBack(id, { "2": 1 })).body).toMatchObject({ refund: 300 });
    expect((await giveBack(id, { "1": 2 })).body).toMatchObject({ refund: 1000, state: "returned" });
  });
});

describe("gifts and what counters get back", () => {
  let promotion: string;
  beforeAll(async () => {
    promotion = await activePromotion(api, "bag", {
      conditions: { kind: "channel", in: ["gift"] },
      trigger: { type: "coupon", pool: "bags" },
      benefits: [
        { kind: "percent_off", target: "order", percent: 10 },
        { kind: "gift", sku: "BAG", quantity: 2, stock: 100, value: { CNY: 400 } },
      ],
      limits: { total: 10, perCustomer: 5 },
      restoreUseOnReturn: true,
    });
    await couponsOf(database, api.project.id, "bags", ["B1", "B2"]);
  });
  const countersNow = async () => ({
    uses: (await counter(database, api.project.id, promotion, "uses")).used,
    budget: (await counter(database, api.project.id, promotion, "amount:CNY")).used,
    stock: (await counter(database, api.project.id, promotion, "stock:1")).used,
  });
  const usesOf = async (code: string) =>
    (await database.pool.query("select used from coupons where code = $1", [code])).rows[0].used;

  test("come back as the promotion says: budget and gifts at once, the use and the coupon with the last unit", async () => {
    const id = await sold("gift", [line("1", 2, 1000)], { codes: ["b-1"], customer: { id: "c" } });
    expect(await countersNow()).toEqual({ uses: 1, budget: 200, stock: 2 });
    const first = await giveBack(id, { "1": 1 }, { gifts: [{ sku: "BAG", quantity: 1 }] });
    expect(first.body).toMatchObject({
      refund: 900,
      gifts: [{ promotion: "bag", sku: "BAG", quantity: 1 }],
      restored: [
        { promotion: "bag", kind: "budget", code: null, amount: 100 },
        { promotion: "bag", kind: "stock", code: null, amount: 1 },
      ],
    });
    expect(await countersNow()).toEqual({ uses: 1, budget: 100, stock: 1 });
    expect(await usesOf("B1")).toBe(1);
    // The other bag stays with the customer and is paid for.
    const last = await giveBack(id, { "1": 1 });
    expect(last.body).toMatchObject({ refund: 500, withheld: 400, state: "returned" });
    expect(last.body.restored).toEqual(
      expect.arrayContaining([
        { promotion: "bag", kind: "use", code: null, amount: 1 },
        { promotion: "bag", kind: "code", code: "b-1", amount: 1 },
        { promotion: "bag", kind: "budget", code: null, amount: 100 },
      ]),
    );
    expect(await countersNow()).toEqual({ uses: 0, budget: 0, stock: 1 });
    expect(await usesOf("B1")).toBe(0);
    const late = await giveBack(id, {}, { gifts: [{ sku: "BAG", quantity: 1 }] });
    expect(late.body).toMatchObject({
      refund: 400,
      refunded: 1800,
      withheld: 0,
      shipping: 0,
      lines: [],
      state: "returned",
      restored: [{ promotion: "bag", kind: "stock", code: null, amount: 1 }],
    });
    expect(await countersNow()).toEqual({ uses: 0, budget: 0, stock: 0 });
    expect(refused(await giveBack(id, {}, { gifts: [{ sku: "BAG", quantity: 1 }] }))).toEqual([
      409,
      "return-refused",
      "too_many_gifts",
      "/gifts/0",
    ]);
    // So the coupon can be used again.
    await sold("gift", [line("1", 1, 1000)], { codes: ["b-1"], customer: { id: "c" } });
  });

  test("are those of the coupon's own promotion, where its code is shared by all as well, also of an erased customer", async () => {
    await couponsOf(database, api.project.id, "twofold", ["TWOFOLD", "TWOFOLD2"]);
    const channel = (name: string) => ({ conditions: { kind: "channel", in: [name] } });
    const restoring = { restoreUseOnReturn: true, stacking: { group: "twofold" }, ...channel("twofold") };
    await activePromotion(api, "twofold-pool", {
      trigger: { type: "coupon", pool: "twofold" },
      ...restoring,
    });
    for (const [key, code] of [
      ["a-twofold", "TWOFOLD"],
      ["a-twofold2", "TWOFOLD2"],
    ])
      await activePromotion(api, key!, { trigger: { type: "code", code }, ...channel("twofold") });
    const erase = async () => {
      const { status, text } = await api.rest("POST", "/v1/customers/c-twofold/erase");
      expect([status, text]).toEqual([200, expect.any(String)]);
    };
    for (const [code, before] of [
      ["TWOFOLD", async () => {}],
      ["TWOFOLD2", erase],
    ] as const) {
      const id = await sold("twofold", [line("1", 1, 5000)], {
        codes: [code],
        customer: { id: "c-twofold" },
      });
      expect(await usesOf(code)).toBe(1);
      await before();
      const { body } = await giveBack(id, { "1": 1 });
      expect(body.restored).toContainEqual({ promotion: "twofold-pool", kind: "code", code, amount: 1 });
      expect(await usesOf(code)).toBe(0);
    }
  });

  test("that were not given are refused", async () => {
    const id = await sold("plain", [line("1", 1, 100)]);
    expect(refused(await giveBack(id, { "1": 1 }, { gifts: [{ sku: "HAT", quantity: 1 }] }))).toEqual([
      409,
      "return-refused",
      "unknown_gift",
      "/gifts/0",
    ]);
  });
});

describe("is refused", () => {
  test.each([
    ["more than was sold", { "1": 2, "2": 3 }, ["too_many_units", "/lines/1"]],
    ["a line that was not sold", { "9": 1 }, ["unknown_line", "/lines/0"]],
    ["a return of nothing", {}, ["nothing_to_return", ""]],
  ])("%s, and nothing changes", async (_title, lines, expected) => {
    const id = await sold("plain", [line("1", 2, 100), line("2", 2, 100)]);
    expect(refused(await giveBack(id, lines as Units))).toEqual([409, "return-refused", ...expected]);
    expect((await api.rest("GET", `/v1/redemptions/${id}`)).body).toMatchObject({
      state: "committed",
      refunded: 0,
    });
  });

  test("a return of what is only reserved, cancelled, wholly returned or unknown", async () => {
    const reserved = await sold("plain", [line("1", 1, 100)], { mode: "reserve" });
    expect(refused(await giveBack(reserved, { "1": 1 }))).toEqual([409, "redemption-state-conflict"]);
    await api.rest("POST", `/v1/redemptions/${reserved}/cancel`);
    expect(refused(await giveBack(reserved, { "1": 1 }))).toEqual([409, "redemption-state-conflict"]);
    const returned = await sold("plain", [line("1", 1, 100)]);
    await giveBack(returned, { "1": 1 });
    expect(refused(await giveBack(returned, { "1": 1 }))).toEqual([409, "redemption-state-conflict"]);
    expect(refused(await giveBack("rdm_nobody", { "1": 1 }))).toEqual([404, "redemption-not-found"]);
  });

  test("a return without the role, of another project, and of fractions of a unit", async () => {
    const id = await sold("plain", [line("1", 1, 100)]);
    const url = `/v1/redemptions/${id}/returns`;
    const body = { lines: [{ id: "1", quantity: 1 }] };
    expect((await api.rest("POST", url, { body, role: "checkout" })).status).toBe(403);
    expect((await api.rest("POST", url, { body: { lines: [{ id: "1", quantity: 0.5 }] } })).status).toBe(400);
    expect((await api.rest("POST", url, { body: { lines: [{ id: "1", quantity: 0 }] } })).status).toBe(400);
  });

  test("a return of a deposit that an order has used: it is refunded with that order", async () => {
    await activePromotion(api, "presale", {
      ...only("presale"),
      benefits: [{ kind: "deposit", paid: { CNY: 500 }, worth: { CNY: 900 } }],
    });
    const deposit = await sold("web", [line("deposit", 1, 500)], { deposit: { promotion: "presale" } });
    const order = await sold("presale", [line("1", 1, 10_000)], { deposits: [{ redemption: deposit }] });
    expect(refused(await giveBack(deposit, { deposit: 1 }))).toEqual([
      409,
      "return-refused",
      "deposit_used",
      "",
    ]);
    // 400 off, 500 of the rest paid before: all of it was paid.
    expect((await giveBack(order, { "1": 1 })).body).toMatchObject({ refund: 9600, state: "returned" });
    expect(refused(await giveBack(deposit, { deposit: 1 }))).toEqual([
      409,
      "return-refused",
      "deposit_used",
      "",
    ]);
  });
});

test("over GraphQL it is the same", async () => {
  const id = await sold("plain", [line("1", 3, 1234)]);
  const answer = await api.graphql(
    `mutation ($id: ID!, $input: ReturnRequestInput!) { returnRedemption(id: $id, input: $input) {
      redemption state refund refunded shipping withheld lines { id quantity refund } gifts { promotion sku quantity }
      restored { promotion kind code amount } } }`,
    { id, input: { lines: [{ id: "1", quantity: 2 }] } },
  );
  expect(answer.body.errors).toBeUndefined();
  expect(withoutNulls(answer.body.data.returnRedemption)).toEqual({
    redemption: id,
    state: "partially_returned",
    refund: 2468,
    refunded: 2468,
    shipping: 0,
    withheld: 0,
    lines: [{ id: "1", quantity: 2, refund: 2468 }],
    gifts: [],
    restored: [],
  });
});

test("the ledger tells of every return that gave a counter something back", async () => {
  const promotion = await activePromotion(api, "told", { ...only("told"), restoreUseOnReturn: true });
  const id = await sold("told", [line("1", 2, 5000)]);
  await giveBack(id, { "1": 1 });
  await giveBack(id, { "1": 1 });
  const { body } = await api.rest("GET", `/v1/redemptions/${id}/ledger`);
  expect(
    body.items
      .filter(({ cause }: { cause: string }) => cause === "return")
      .map(({ rule, measure, used }: { rule: string; measure: string; used: number }) => [
        rule,
        measure,
        used,
      ]),
  ).toEqual([
    [promotion, "amount:CNY", -500],
    [promotion, "uses", -1],
    [promotion, "amount:CNY", -500],
  ]);
});
