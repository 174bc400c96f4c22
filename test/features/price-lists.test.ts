/** Prices of customer groups, dealers and single customers: the base that promotions start from. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asksPriceLists } from "../../src/features/facts/facts-question.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "./api.ts";
import { faultOf } from "./orders-fixture.ts";

let database: TestDatabase;
let api: Api;

const put = (key: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  api.rest("PUT", `/v1/price-lists/${key}`, { role: "marketing", body, headers });
const putPrice = (key: string, sku: string, body: object): Promise<Answer> =>
  api.rest("PUT", `/v1/price-lists/${key}/prices/${sku}`, { role: "erp", body });
const flat = (unitPrice: number) => ({ breaks: [{ from: 1, unitPrice }] });
const cartOf = (fields: object = {}, quantity = 1, sku = "TEA") => ({
  currency: "CNY",
  lines: [{ id: "1", sku, quantity, unitPrice: 1_000 }],
  ...fields,
});
const evaluate = async (body: object, role: "checkout" | "marketing" = "checkout") => {
  const answer = await api.rest("POST", "/v1/evaluations", { role, body });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
const redeem = (body: object): Promise<Answer> =>
  api.rest("POST", "/v1/redemptions", { role: "checkout", body });
const priceOf = async (fields: object, quantity = 1, sku = "TEA") => {
  const { lines } = await evaluate(cartOf(fields, quantity, sku));
  return [lines[0].subtotal, lines[0].priceList?.list ?? null];
};

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  await api.rest("PUT", "/v1/dealers/d-1", { role: "erp", body: { level: "gold" } });
  await api.rest("PUT", "/v1/customers/c-stored", { role: "erp", body: { groups: ["wholesale"] } });
  await put("wholesale", { currency: "CNY", audience: { groups: ["wholesale"] } });
  await putPrice("wholesale", "TEA", {
    breaks: [
      { from: 1, unitPrice: 900 },
      { from: 100, unitPrice: 800 },
    ],
  });
  await put("gold", { currency: "CNY", audience: { levels: ["gold"] }, priority: 5 });
  await putPrice("gold", "TEA", flat(700));
  await put("named", { currency: "CNY", audience: { customers: ["c-7"], dealers: ["d-1"] }, priority: 9 });
  await putPrice("named", "MUG", flat(600));
});
afterAll(async () => {
  await api.close();
  await database.close();
});

describe("a list is for", () => {
  test("whoever is in one of its groups, as the request or the record says", async () => {
    expect(await priceOf({ customer: { groups: ["wholesale"] } })).toEqual([900, "wholesale"]);
    expect(await priceOf({ customer: { id: "c-stored" } })).toEqual([900, "wholesale"]);
    expect(await priceOf({ customer: { id: "c-stored" } }, 100)).toEqual([80_000, "wholesale"]);
  });

  test("dealers by level and by name, and customers by name; SKUs it does not have are not its", async () => {
    expect(await priceOf({ dealer: "d-1" })).toEqual([700, "gold"]);
    expect(await priceOf({ dealer: "d-1" }, 1, "MUG")).toEqual([600, "named"]);
    expect(await priceOf({ customer: { id: "c-7" } }, 1, "MUG")).toEqual([600, "named"]);
    expect(await priceOf({ customer: { id: "c-7" } })).toEqual([1_000, null]);
  });

  test("nobody else, in no other currency, and not where the request does without", async () => {
    expect(await priceOf({})).toEqual([1_000, null]);
    expect(await priceOf({ customer: { id: "c-b2c" } })).toEqual([1_000, null]);
    expect(await priceOf({ customer: { groups: ["wholesale"] }, currency: "USD" })).toEqual([1_000, null]);
    expect(await priceOf({ customer: { groups: ["wholesale"] }, priceLists: false })).toEqual([1_000, null]);
  });

  test("the highest priority of those that are meant, and then the smaller key", async () => {
    expect(await priceOf({ dealer: "d-1", customer: { groups: ["wholesale"] } })).toEqual([700, "gold"]);
    await put("a-twin", { currency: "CNY", audience: { groups: ["twins"] } });
    await put("b-twin", { currency: "CNY", audience: { groups: ["twins"] } });
    await putPrice("b-twin", "TEA", flat(1));
    await putPrice("a-twin", "TEA", flat(2));
    expect(await priceOf({ customer: { groups: ["twins"] } })).toEqual([2, "a-twin"]);
  });

  test("its own time, at the edges as well", async () => {
    await put("season", {
      currency: "CNY",
      audience: { groups: ["season"] },
      startsAt: "2026-12-01T00:00:00Z",
      endsAt: "2026-12-02T00:00:00Z",
    });
    await putPrice("season", "TEA", flat(500));
    const at = async (instant: string) =>
      (await evaluate(cartOf({ customer: { groups: ["season"] }, at: instant }), "marketing")).total;
    expect(await at("2026-11-30T23:59:59.999Z")).toBe(1_000);
    expect(await at("2026-12-01T00:00:00Z")).toBe(500);
    expect(await at("2026-12-01T23:59:59.999Z")).toBe(500);
    expect(await at("2026-12-02T00:00:00Z")).toBe(1_000);
  });
});

test("a cart for whom no list can be meant asks for none", () => {
  const rules = { priceListScopes: new Set(["CNY group", "USD dealer"]) };
  const asks = (fields: object) => asksPriceLists(rules, cartOf(fields));
  expect(asks({})).toBe(false);
  expect(asks({ customer: {} })).toBe(false);
  expect(asks({ dealer: "d-1" })).toBe(false);
  expect(asks({ dealer: "d-1", currency: "USD" })).toBe(true);
  expect(asks({ customer: { id: "c" } })).toBe(true);
  expect(asks({ customer: { groups: ["g"] } })).toBe(true);
  expect(asks({ customer: { groups: ["g"] }, priceLists: false })).toBe(false);
  expect(asksPriceLists({ priceListScopes: new Set() }, cartOf({ customer: { id: "c" } }))).toBe(false);
});

test("product pages show what a list asks for one unit, and what the next break is", async () => {
  const { body } = await api.rest("POST", "/v1/catalog-prices", {
    role: "checkout",
    body: {
      currency: "CNY",
      customer: { id: "c-stored" },
      items: [
        { sku: "TEA", unitPrice: 1_000 },
        { sku: "MUG", unitPrice: 1_000 },
      ],
    },
  });
  expect(body.items.map(({ price }: { price: number }) => price)).toEqual([900, 1_000]);
  expect(body.items[0].priceList.nextBreak).toEqual({ from: 100, unitPrice: 800 });
  expect(body.items[1].priceList).toBeUndefined();
});

test("what was saved is computed again to the byte, whatever became of the list", async () => {
  await put("moving", { currency: "CNY", audience: { groups: ["moving"] } });
  await putPrice("moving", "TEA", flat(900));
  const saved = await evaluate(cartOf({ customer: { groups: ["moving"] }, save: true }));
  await putPrice("moving", "TEA", flat(100));
  const replay = await api.rest("POST", `/v1/evaluations/${saved.id}/replay`, { role: "checkout" });
  expect(replay.body).toEqual(saved);
  expect(await priceOf({ customer: { groups: ["moving"] } })).toEqual([100, "moving"]);
});

test("an order is sold at its list's price, and comes back at it however few units are kept and whatever the list says then", async () => {
  await put("bulk", { currency: "CNY", audience: { groups: ["bulk"] } });
  await putPrice("bulk", "CUP", {
    breaks: [
      { from: 1, unitPrice: 1_000 },
      { from: 10, unitPrice: 900 },
    ],
  });
  const promotion = {
    key: "bulk-cut",
    trigger: { type: "automatic" },
    conditions: { kind: "customer_group", in: ["bulk"] },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 500 }, every: { quantity: 5 } }],
    returns: "reevaluate",
  };
  const { body: made } = await api.rest("POST", "/v1/promotions", { role: "marketing", body: promotion });
  await api.rest("POST", `/v1/promotions/${made.id}/activate`, {
    role: "marketing",
    headers: { "if-match": `"${made.version}"` },
  });
  const cart = cartOf({ customer: { id: "c-bulk", groups: ["bulk"] } }, 10, "CUP");
  const sold = await redeem({ ...cart, orderRef: "bulk-1", expectedTotal: 8_000 });
  expect(sold.status, sold.text).toBe(201);
  await putPrice("bulk", "CUP", flat(1));
  // Seven are kept: 7 × 900 less 500, of the 8000 that were paid.
  const back = await api.rest("POST", `/v1/redemptions/${sold.body.id}/returns`, {
    role: "erp",
    body: { lines: [{ id: "1", quantity: 3 }] },
  });
  expect(back.body.refund, back.text).toBe(8_000 - (7 * 900 - 500));
  const rest = await api.rest("POST", `/v1/redemptions/${sold.body.id}/returns`, {
    role: "erp",
    body: { lines: [{ id: "1", quantity: 7 }] },
  });
  expect(rest.body.refunded).toBe(8_000);
});

test("an order below a minimum is priced, told what is missing, and not redeemed", async () => {
  await put("strict", { currency: "CNY", audience: { groups: ["strict"] }, minimum: { amount: 10_000 } });
  await putPrice("strict", "TEA", { ...flat(900), minQuantity: 4, multipleOf: 4 });
  const cart = (quantity: number) => cartOf({ customer: { groups: ["strict"] } }, quantity);
  expect((await evaluate(cart(10))).brokenOrderRules).toEqual([
    { list: "strict", rule: "sku_multiple", sku: "TEA", required: 12, actual: 10, gap: 2 },
    { list: "strict", rule: "amount", sku: null, required: 10_000, actual: 9_000, gap: 1_000 },
  ]);
  const refused = await redeem(cart(10));
  expect(faultOf(refused)).toBe("409 minimum-order-not-met /lines sku_multiple");
  expect(refused.body.quote.total).toBe(9_000);
  expect((await evaluate(cart(12))).brokenOrderRules).toBeUndefined();
  expect((await redeem(cart(12))).status).toBe(201);
  // A private buyer has no such rules.
  expect((await redeem(cartOf())).status).toBe(201);
});

describe("writing", () => {
  test("answers the same again, keeps versions, and is on record", async () => {
    const document = { currency: "EUR", audience: { customers: ["c-v"] } };
    expect((await put("versions", document)).headers.etag).toBe('"1"');
    expect((await put("versions", document)).headers.etag).toBe('"1"');
    expect((await put("versions", { ...document, priority: 1 }, { "if-match": '"1"' })).body.version).toBe(2);
    expect(faultOf(await put("versions", document, { "if-match": '"1"' }))).toBe("412 precondition-failed");
    const { body } = await api.rest("GET", "/v1/audit?resource=price_list&id=versions");
    expect(body.items).toHaveLength(2);
    // What cannot be erased names no customer.
    expect(JSON.stringify(body.items)).not.toContain("c-v");
    expect(body.items[0].after.audience.customers).toEqual([expect.stringMatching(/^erased:/)]);
  });

  test("refuses what makes no sense, with its place", async () => {
    const audience = { groups: ["g"] };
    expect(faultOf(await put("x", { currency: "CNY", audience: {} }))).toBe(
      "400 invalid-request /audience nobody_named",
    );
    expect(
      faultOf(
        await put("x", {
          currency: "CNY",
          audience,
          startsAt: "2026-01-02T00:00:00Z",
          endsAt: "2026-01-02T00:00:00Z",
        }),
      ),
    ).toBe("400 invalid-request /endsAt ends_before_start");
    const twice = {
      breaks: [
        { from: 5, unitPrice: 1 },
        { from: 5, unitPrice: 2 },
      ],
    };
    expect(faultOf(await putPrice("wholesale", "X", twice))).toBe(
      "400 invalid-request /breaks/1/from not_rising",
    );
    expect(faultOf(await putPrice("wholesale", "X", { ...flat(1), minQuantity: 5, multipleOf: 2 }))).toBe(
      "400 invalid-request /minQuantity not_a_multiple",
    );
    expect(faultOf(await putPrice("nowhere", "X", flat(1)))).toBe("404 price-list-not-found");
    const gone = await api.rest("DELETE", "/v1/price-lists/wholesale/prices/X", { role: "erp" });
    expect(faultOf(gone)).toBe("404 list-price-not-found");
  });

  test("refuses to price what cannot be counted", async () => {
    await put("huge", { currency: "CNY", audience: { groups: ["huge"] } });
    await putPrice("huge", "TEA", flat(1_000_000_000_000));
    const answer = await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: cartOf({ customer: { groups: ["huge"] } }, 1_000_000),
    });
    expect(faultOf(answer)).toBe("400 invalid-request /lines/0/unitPrice amount_too_large");
  });

  test("any number at once says of each line what became of it, and lists page through them", async () => {
    await put("stream", { currency: "CNY", audience: { groups: ["stream"] } });
    const lines = [
      ...Array.from({ length: 1_500 }, (_, at) => ({ sku: `S${1_000 + at}`, ...flat(at) })),
      { sku: "S1000", ...flat(7) },
      { sku: "S1001", remove: true },
      { sku: "S1002", breaks: [] },
      { sku: "S1003", ...flat(3) },
    ];
    const send = () =>
      api.rest("POST", "/v1/price-lists/stream/prices/bulk", {
        role: "erp",
        body: lines.map((line) => JSON.stringify(line)).join("\n"),
        headers: { "content-type": "application/x-ndjson" },
      });
    const results = (await send()).text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(results).toHaveLength(1_504);
    expect(results.slice(-4).map(({ sku, status }) => `${sku} ${status}`)).toEqual([
      "S1000 stored",
      "S1001 removed",
      "S1002 refused",
      "S1003 unchanged",
    ]);
    const skus: string[] = [];
    for (let after = ""; ; ) {
      const { body } = await api.rest("GET", `/v1/price-lists/stream/prices?limit=200${after}`);
      skus.push(...body.items.map(({ sku }: { sku: string }) => sku));
      if (body.nextCursor === null) break;
      after = `&after=${body.nextCursor}`;
    }
    expect(skus).toHaveLength(1_499);
    expect([...skus].sort()).toEqual(skus);
    expect(await priceOf({ customer: { groups: ["stream"] } }, 1, "S1000")).toEqual([7, "stream"]);
  });
});

test("whoever is forgotten is named by no list", async () => {
  await put("forgotten", { currency: "CNY", audience: { customers: ["c-gone", "c-stays"] } });
  const erased = await api.rest("POST", "/v1/customers/c-gone/erase", { role: "admin" });
  expect(erased.status, erased.text).toBe(200);
  const { body } = await api.rest("GET", "/v1/price-lists/forgotten");
  expect(body.audience.customers).toEqual(["c-stays"]);
  expect(body.version).toBe(2);
});
