import { AsyncLocalStorage } from "node:async_hooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, type CallOptions, startApi } from "../api.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { documentOf } from "../promotions/promotion-fixture.ts";
import { cartOf, quoteFields, withoutNulls } from "./evaluation-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { rulebookPollMilliseconds: 3_600_000 });
  await live(documentOf({ key: "ten-percent" }));
  await live(
    documentOf({
      key: "welcome",
      trigger: { type: "code", code: "WELCOME" },
      conditions: { kind: "first_order" },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
    }),
  );
});
afterAll(async () => {
  await api.close();
  await database.close();
});

async function live(document: object): Promise<string> {
  const { body } = await api.rest("POST", "/v1/promotions", { body: document });
  expect((await api.rest("POST", `/v1/promotions/${body.id}/activate`)).status).toBe(200);
  return body.id;
}

const evaluate = (body: object, options: CallOptions = {}) =>
  api.rest("POST", "/v1/evaluations", { role: "checkout", body, ...options });

test("a cart is priced by the live rules, alike over both faces", async () => {
  const cart = cartOf({ customer: { id: "c-1" }, codes: ["wel come", "NOPE"] });
  const rest = await evaluate(cart);
  expect(rest.status).toBe(200);
  expect(rest.body).toMatchObject({ subtotal: 2000, discount: 300, total: 1700, currency: "CNY" });
  expect(rest.body.id).toMatch(/^evl_/);
  expect(rest.body.codes).toEqual([
    { code: "wel come", status: "applied", promotion: "welcome", reason: null },
    { code: "NOPE", status: "rejected", promotion: null, reason: "code_unknown" },
  ]);
  const query = `query ($input: EvaluationRequestInput!) { evaluate(input: $input) { ${quoteFields} } }`;
  const graphql = await api.graphql(query, { input: cart }, { role: "checkout" });
  expect(graphql.body.errors).toBeUndefined();
  expect(withoutNulls({ ...graphql.body.data.evaluate, id: "" })).toEqual(
    withoutNulls({ ...rest.body, id: "" }),
  );
});

test("an evaluation without codes and customer reads and writes no database", async () => {
  await evaluate(cartOf());
  const { appPool: pool } = database;
  const statements: unknown[] = [];
  const { query, connect } = pool;
  // What the process does in the background has nothing to do with a request.
  const ofRequest = new AsyncLocalStorage<true>();
  const note = (statement: unknown) => ofRequest.getStore() === true && statements.push(statement);
  // Watched, not replaced: every statement still runs.
  pool.query = ((...args: unknown[]) => {
    note(args[0]);
    return Reflect.apply(query, pool, args);
  }) as typeof pool.query;
  pool.connect = ((...args: unknown[]) => {
    note("connect");
    return Reflect.apply(connect, pool, args);
  }) as typeof pool.connect;
  try {
    await ofRequest.run(true, async () => {
      for (let n = 0; n < 20; n++) expect((await evaluate(cartOf())).status).toBe(200);
      await api.rest("POST", "/v1/catalog-prices", {
        role: "checkout",
        body: { currency: "CNY", items: [{ sku: "A", unitPrice: 100 }] },
      });
    });
    expect(statements).toEqual([]);
    await ofRequest.run(true, () => evaluate(cartOf({ save: true })));
    expect(statements).not.toEqual([]);
  } finally {
    pool.query = query;
    pool.connect = connect;
  }
});

describe("who may say what", () => {
  const privileged: [string, object][] = [
    ["/at", { at: "2026-11-11T10:00:00+08:00" }],
    ["/promotions", { promotions: [documentOf()] }],
    ["/only", { only: true }],
    ["/rounding", { rounding: "down" }],
    ["/marginFloor", { marginFloor: 10 }],
    ["/timezone", { timezone: "Asia/Tokyo" }],
    ["/customer/facts", { customer: { id: "c", facts: { completedOrders: 3 } } }],
    ["/deposits/0/promotion", { deposits: [{ redemption: "r", promotion: "presale" }] }],
    ["/deposits/0/units", { deposits: [{ redemption: "r", units: 2 }] }],
  ];
  for (const [path, fields] of privileged) {
    test(`${path} needs the marketing role`, async () => {
      for (const role of ["checkout", "pos", "erp"] as const) {
        const refused = await evaluate(cartOf(fields), { role });
        expect([refused.status, refused.body.code, refused.body.errors[0].path]).toEqual([
          403,
          "forbidden-role",
          path,
        ]);
      }
      const statuses = [];
      for (const role of ["marketing", "admin"] as const)
        statuses.push((await evaluate(cartOf(fields), { role })).status);
      expect(statuses).toEqual([200, 200]);
    });
  }

  test("a viewer prices nothing, but may read what was saved", async () => {
    expect((await evaluate(cartOf(), { role: "viewer" })).body.code).toBe("forbidden-role");
    const { body } = await evaluate(cartOf({ save: true }));
    expect((await api.rest("GET", `/v1/evaluations/${body.id}`, { role: "viewer" })).status).toBe(200);
  });
});

describe("drafts and facts", () => {
  const draft = documentOf({ key: "draft", benefits: [{ kind: "percent_off", percent: 50 }] });
  const price = async (fields: object) => (await evaluate(cartOf(fields), { role: "marketing" })).body;

  test("drafts are priced beside the live rules, or instead of them", async () => {
    const promotionsOf = (quote: { promotions: { promotion: string; promotionId: string | null }[] }) =>
      quote.promotions.map(({ promotion, promotionId }) => [promotion, promotionId === null]);
    expect(promotionsOf(await price({ promotions: [draft] }))).toEqual([["draft", true]]);
    const weak = { ...draft, benefits: [{ kind: "percent_off", percent: 1 }] };
    expect(promotionsOf(await price({ promotions: [weak] }))).toEqual([["ten-percent", false]]);
    expect(promotionsOf(await price({ promotions: [weak], only: true }))).toEqual([["draft", true]]);
    expect(promotionsOf(await price({ only: true }))).toEqual([]);
  });

  test("a fault in a draft is told with its path", async () => {
    const broken = [draft, { ...draft, key: "b", benefits: [{ kind: "percent_off", percent: 150 }] }];
    const answer = await evaluate(cartOf({ promotions: broken }), { role: "marketing" });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid-promotion"]);
    expect(answer.body.errors[0]).toMatchObject({
      path: "/promotions/1/benefits/0/percent",
      code: "percent_out_of_range",
    });
    const twice = await evaluate(cartOf({ promotions: [draft, draft] }), { role: "marketing" });
    expect(twice.body.errors[0]).toMatchObject({ path: "/promotions/1/key", code: "duplicate_key" });
  });

  test("a customer of whom nothing is known has no orders; facts given inline go first", async () => {
    const statusOf = async (fields: object) => (await price({ codes: ["WELCOME"], ...fields })).codes[0];
    expect(await statusOf({ customer: { id: "c" } })).toMatchObject({ status: "applied" });
    expect(await statusOf({})).toMatchObject({ status: "rejected", reason: "facts_missing" });
    expect(await statusOf({ customer: { id: "c", facts: { completedOrders: 1 } } })).toMatchObject({
      reason: "not_first_order",
    });
  });

  test("the time zone of the request goes for schedules that name none", async () => {
    const night = { ...draft, schedule: { recurring: [{ from: "22:00", to: "24:00" }] } };
    const at = "2026-11-11T14:30:00Z";
    const totals = [];
    for (const timezone of ["UTC", "Asia/Shanghai"])
      totals.push((await price({ promotions: [night], only: true, at, timezone })).total);
    expect(totals).toEqual([2000, 1000]);
    const id = await live(
      documentOf({
        key: "night",
        priority: 1,
        benefits: [{ kind: "percent_off", percent: 90 }],
        schedule: night.schedule,
      }),
    );
    const livePrices = [];
    for (const timezone of ["UTC", "Asia/Shanghai"]) livePrices.push((await price({ at, timezone })).total);
    expect(livePrices).toEqual([1800, 200]);
    await api.rest("POST", `/v1/promotions/${id}/end`);
  });

  test("at another instant the schedules are those of that instant, to the millisecond", async () => {
    const body = documentOf({
      key: "window",
      benefits: [{ kind: "percent_off", percent: 20 }],
      schedule: { startsAt: "2026-12-01T00:00:00Z", endsAt: "2026-12-02T00:00:00Z" },
    });
    const id = await live(body);
    const totals = [];
    for (const at of [
      "2026-11-30T23:59:59.999Z",
      "2026-12-01T00:00:00Z",
      "2026-12-01T23:59:59.999Z",
      "2026-12-02T00:00:00Z",
    ]) {
      totals.push((await price({ at })).total);
    }
    expect(totals).toEqual([1800, 1600, 1600, 1800]);
    await api.rest("POST", `/v1/promotions/${id}/end`);
  });
});

describe("malformed carts", () => {
  const line = { id: "1", sku: "A", quantity: 1, unitPrice: 100 };
  const cases: [string, object, string, string][] = [
    ["two lines with one id", { lines: [line, line] }, "/lines/1/id", "duplicate_id"],
    [
      "two shipments with one id",
      {
        shipping: [
          { id: "s", amount: 1 },
          { id: "s", amount: 1 },
        ],
      },
      "/shipping/1/id",
      "duplicate_id",
    ],
    [
      "one deposit twice",
      { deposits: [{ redemption: "r" }, { redemption: "r" }] },
      "/deposits/1/redemption",
      "duplicate_id",
    ],
    [
      "goods beyond 2^53 - 1",
      { lines: [{ ...line, quantity: 1_000_000, unitPrice: 9_007_199_255 }] },
      "/lines/0/unitPrice",
      "amount_too_large",
    ],
    [
      "shipping beyond 2^53 - 1",
      { shipping: [{ id: "s", amount: Number.MAX_SAFE_INTEGER }] },
      "/shipping/0/amount",
      "amount_too_large",
    ],
    ["no such zone", { timezone: "Mars/Olympus" }, "/timezone", "timezone_unknown"],
    ["half a unit", { lines: [{ ...line, quantity: 0.5 }] }, "/lines/0/quantity", "invalid_type"],
    ["no units", { lines: [{ ...line, quantity: 0 }] }, "/lines/0/quantity", "too_small"],
    ["a negative price", { lines: [{ ...line, unitPrice: -1 }] }, "/lines/0/unitPrice", "too_small"],
    ["a price as text", { lines: [{ ...line, unitPrice: "100" }] }, "/lines/0/unitPrice", "invalid_type"],
    ["a misspelt field", { lines: [{ ...line, qty: 1 }] }, "/lines/0/qty", "unrecognized_key"],
    ["no currency", { currency: undefined }, "/currency", "required"],
    ["a currency of nobody's", { currency: "yuan" }, "/currency", "invalid_format"],
    ["a code that is a number", { codes: [7] }, "/codes/0", "invalid_type"],
    ["no such day", { at: "2026-02-30T00:00:00Z" }, "/at", "invalid_format"],
    ["no lines at all", { lines: undefined }, "/lines", "required"],
  ];
  for (const [name, fields, path, code] of cases) {
    test(name, async () => {
      const { status, body } = await evaluate({ ...cartOf(), ...fields }, { role: "marketing" });
      expect([status, body.code]).toEqual([400, "invalid-request"]);
      expect(
        body.errors.map(({ path, code }: { path: string; code: string }) => [path, code]),
      ).toContainEqual([path, code]);
    });
  }

  test("an empty cart and a cart for nothing are carts", async () => {
    expect((await evaluate(cartOf({ lines: [] }))).body.total).toBe(0);
    expect((await evaluate(cartOf({ lines: [{ ...line, unitPrice: 0 }] }))).body.total).toBe(0);
    expect(
      (await evaluate(cartOf({ lines: [{ ...line, unitPrice: Number.MAX_SAFE_INTEGER }] }))).status,
    ).toBe(200);
  });
});

describe("saved evaluations", () => {
  test("a replay gives the same bytes after every promotion was changed, ended and archived", async () => {
    const own = await projectWithKeys(database, api.clock.now());
    const as = (role: "admin" | "marketing") => ({ key: own.keys[role] });
    const { body: promotion } = await api.rest("POST", "/v1/promotions", {
      ...as("admin"),
      body: documentOf({ key: "p" }),
    });
    await api.rest("POST", `/v1/promotions/${promotion.id}/activate`, as("admin"));
    const draft = documentOf({
      key: "d",
      stacking: { group: "d" },
      benefits: [{ kind: "percent_off", percent: 3.5 }],
    });
    const saved = await evaluate(
      cartOf({
        save: true,
        at: "2026-10-01T12:00:00Z",
        promotions: [draft],
        timezone: "Asia/Tokyo",
        customer: { id: "c", facts: { segments: ["b", "a"], lastOrderAt: "2026-09-01T00:00:00Z" } },
        deposits: [{ redemption: "r", promotion: "d" }],
        codes: ["X", { code: "y" }],
        explain: "all",
      }),
      as("marketing"),
    );
    expect(saved.status).toBe(200);
    expect(saved.body.discount).toBeGreaterThan(200);

    const replay = () => api.rest("POST", `/v1/evaluations/${saved.body.id}/replay`, as("admin"));
    expect((await replay()).text).toBe(saved.text);
    await api.rest("PUT", `/v1/promotions/${promotion.id}`, {
      ...as("admin"),
      headers: { "if-match": "*" },
      body: documentOf({ key: "p", benefits: [{ kind: "percent_off", percent: 77 }] }),
    });
    await api.rest("PATCH", "/v1/project/settings", {
      ...as("admin"),
      headers: { "if-match": "*" },
      body: { rounding: "down", timezone: "Europe/Berlin", locale: "zh-CN" },
    });
    expect((await replay()).text).toBe(saved.text);
    for (const step of ["end", "archive"])
      await api.rest("POST", `/v1/promotions/${promotion.id}/${step}`, as("admin"));
    expect((await replay()).text).toBe(saved.text);

    const stored = await api.rest("GET", `/v1/evaluations/${saved.body.id}`, as("admin"));
    expect(JSON.stringify(stored.body.quote)).toBe(saved.text);
    expect(stored.body).toMatchObject({
      id: saved.body.id,
      rulebook: saved.body.rulebook,
      at: "2026-10-01T12:00:00.000Z",
    });
    const query = `query ($id: ID!) { replayEvaluation(id: $id) { ${quoteFields} } evaluation(id: $id) { request quote { id total } } }`;
    const graphql = await api.graphql(query, { id: saved.body.id }, as("admin"));
    expect(withoutNulls(graphql.body.data.replayEvaluation)).toEqual(withoutNulls(saved.body));
    expect(graphql.body.data.evaluation).toMatchObject({
      request: { save: true },
      quote: { total: saved.body.total },
    });

    // A process that has never seen the project replays from the history alone.
    const other = await startApi(database, { clock: api.clock });
    const there = await other.rest("POST", `/v1/evaluations/${saved.body.id}/replay`, as("admin"));
    expect(there.text).toBe(saved.text);
    await other.close();
  });

  test("what was not saved, or belongs to another project, is not there", async () => {
    const { body } = await evaluate(cartOf());
    const saved = await evaluate(cartOf({ save: true }));
    const stranger = await projectWithKeys(database, api.clock.now());
    const answers = [
      await api.rest("GET", `/v1/evaluations/${body.id}`),
      await api.rest("POST", `/v1/evaluations/${body.id}/replay`),
      await api.rest("GET", `/v1/evaluations/${saved.body.id}`, { key: stranger.keys.admin }),
      await api.rest("POST", `/v1/evaluations/${saved.body.id}/replay`, { key: stranger.keys.admin }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      Array(4).fill([404, "evaluation-not-found"]),
    );
  });
});

describe("many at once", () => {
  test("in a batch each cart stands on its own", async () => {
    const line = cartOf().lines[0];
    const evaluations = [
      cartOf(),
      cartOf({ lines: [line, line] }),
      cartOf({ at: "2026-11-11T00:00:00Z" }),
      cartOf({ lines: [] }),
    ];
    const rest = await api.rest("POST", "/v1/evaluations/batch", { role: "checkout", body: { evaluations } });
    expect(rest.status).toBe(200);
    const [first, second, third, fourth] = rest.body.items;
    expect([first.quote.total, fourth.quote.total]).toEqual([1800, 0]);
    expect([second.problem.code, second.problem.errors[0].path]).toEqual(["invalid-request", "/lines/1/id"]);
    expect([third.problem.status, third.problem.code]).toEqual([403, "forbidden-role"]);
    expect(Object.keys(first)).toEqual(["quote"]);
    const query = `query ($input: EvaluationBatchRequestInput!) { evaluateBatch(input: $input) { items { quote { total } problem { code status } } } }`;
    const graphql = await api.graphql(query, { input: { evaluations } }, { role: "checkout" });
    expect(graphql.body.data.evaluateBatch.items[1]).toEqual({
      quote: null,
      problem: { code: "invalid-request", status: 400 },
    });
    const tooMany = await api.rest("POST", "/v1/evaluations/batch", {
      body: { evaluations: Array(101).fill(cartOf()) },
    });
    expect([tooMany.status, tooMany.body.errors[0].path]).toEqual([400, "/evaluations"]);
  });

  test("catalog prices are those of one-unit carts", async () => {
    const items = Array.from({ length: 120 }, (_, n) => ({
      sku: `S-${n}`,
      unitPrice: 100 + n,
      ...(n === 0 && { listPrice: 150 }),
    }));
    const input = { currency: "CNY", items };
    const rest = await api.rest("POST", "/v1/catalog-prices", { role: "checkout", body: input });
    expect(rest.body.items).toHaveLength(120);
    expect(rest.body.items[0]).toEqual({
      sku: "S-0",
      unitPrice: 100,
      listPrice: 150,
      price: 90,
      discount: 10,
      promotions: [{ promotion: "ten-percent", label: "ten-percent", amount: 10 }],
    });
    const one = await evaluate(cartOf({ lines: [{ id: "1", sku: "S-77", quantity: 1, unitPrice: 177 }] }));
    expect(rest.body.items[77].price).toBe(one.body.total);
    const query = `query ($input: CatalogPriceRequestInput!) { catalogPrices(input: $input) { currency items { sku unitPrice listPrice price discount promotions { promotion label amount } } } }`;
    const graphql = await api.graphql(query, { input }, { role: "checkout" });
    expect(graphql.body.data.catalogPrices).toEqual({ currency: "CNY", items: rest.body.items });
    const refused = await api.rest("POST", "/v1/catalog-prices", {
      role: "pos",
      body: { ...input, only: true },
    });
    expect([refused.status, refused.body.errors[0].path]).toEqual([403, "/only"]);
  });

  test("catalog prices of drafts know what the drafts ask for, also where no rule in force does", async () => {
    const { keys } = await projectWithKeys(database, api.clock.now());
    const order = {
      version: 1,
      status: "paid",
      currency: "CNY",
      placedAt: new Date(api.clock.now() - 86_400_000).toISOString(),
      customer: "c-1",
      lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 500 }],
      total: 500,
    };
    expect((await api.rest("PUT", "/v1/orders/o-1", { key: keys.erp, body: order })).status).toBe(200);
    const draft = documentOf({ conditions: { kind: "first_order" } });
    const pricesFor = async (id: string) => {
      const { body } = await api.rest("POST", "/v1/catalog-prices", {
        key: keys.marketing,
        body: {
          currency: "CNY",
          items: [{ sku: "A", unitPrice: 100 }],
          customer: { id },
          promotions: [draft],
        },
      });
      return body.items[0].price;
    };
    expect([await pricesFor("c-1"), await pricesFor("c-2")]).toEqual([100, 90]);
  });
});

test("an evaluation written into the GraphQL document itself is saved like any other", async () => {
  const { body } = await api.graphql(
    '{ evaluate(input: { currency: "CNY", save: true, lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 100 }] }) { id total } }',
  );
  expect(body.errors).toBeUndefined();
  const stored = await api.rest("GET", `/v1/evaluations/${body.data.evaluate.id}`);
  expect(stored.body.quote.total).toBe(body.data.evaluate.total);
});

test("a saved evaluation keeps no identifier as it was sent, and replays all the same", async () => {
  const identifiers = { device: "d-secret", phone: "+86 138-1111-2222", ip: "203.0.113.99" };
  const { body } = await evaluate(cartOf({ save: true, identifiers }));
  const stored = await api.rest("GET", `/v1/evaluations/${body.id}`);
  for (const raw of Object.values(identifiers)) expect(stored.text).not.toContain(raw);
  const replayed = await api.rest("POST", `/v1/evaluations/${body.id}/replay`);
  expect(replayed.body).toEqual(body);
});
