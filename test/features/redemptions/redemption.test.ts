import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withTransaction } from "../../../src/platform/database.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { activePromotion, cartLines, counter, couponsOf, orderOf, redeem } from "./redemption-fixture.ts";

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

describe("a redemption", () => {
  let id: string;
  beforeAll(async () => {
    id = await activePromotion(api, "ten-off", {
      trigger: { type: "code", code: "TEN" },
      limits: { total: 100, perCustomer: 2 },
    });
  });
  const order = (overrides: object = {}) =>
    orderOf({ codes: ["ten"], customer: { id: "c-1" }, ...overrides });

  test("takes what was quoted, for good at once when it is committed directly", async () => {
    const before = await counter(database, api.project.id, id, "uses");
    const answer = await redeem(api, order({ customer: { id: "c-direct" } }));
    expect([answer.status, answer.body]).toMatchObject([201, { state: "committed", expiresAt: null }]);
    expect(answer.body.quote).toMatchObject({ subtotal: 10_000, discount: 1_000, total: 9_000 });
    expect(await counter(database, api.project.id, id, "uses")).toEqual({
      used: before.used + 1,
      reserved: before.reserved,
    });
    expect(await counter(database, api.project.id, id, "uses", "customer:c-direct")).toEqual({
      used: 1,
      reserved: 0,
    });
  });

  test("reserved counts against limits and becomes final when it is committed", async () => {
    const reserved = await redeem(api, order({ mode: "reserve", customer: { id: "c-two-steps" } }));
    expect(reserved.body).toMatchObject({ state: "reserved", expiresAt: expect.any(String) });
    expect(await counter(database, api.project.id, id, "uses", "customer:c-two-steps")).toEqual({
      used: 0,
      reserved: 1,
    });
    const committed = await api.rest("POST", `/v1/redemptions/${reserved.body.id}/commit`, { role: "pos" });
    expect([committed.status, committed.body]).toMatchObject([200, { state: "committed", expiresAt: null }]);
    expect(committed.body.quote).toEqual(reserved.body.quote);
    expect(await counter(database, api.project.id, id, "uses", "customer:c-two-steps")).toEqual({
      used: 1,
      reserved: 0,
    });
  });

  test("is committed once, however often it is asked for", async () => {
    const reserved = await redeem(api, order({ mode: "reserve", customer: { id: "c-again" } }));
    const path = `/v1/redemptions/${reserved.body.id}/commit`;
    const first = await api.rest("POST", path);
    const second = await api.rest("POST", path);
    expect(second.body).toEqual(first.body);
    expect(second.headers["idempotent-replayed"]).toBe("true");
    expect(await counter(database, api.project.id, id, "uses", "customer:c-again")).toEqual({
      used: 1,
      reserved: 0,
    });
  });

  test("that is cancelled gives its uses back", async () => {
    const reserved = await redeem(api, order({ mode: "reserve", customer: { id: "c-cancel" } }));
    const cancelled = await api.rest("POST", `/v1/redemptions/${reserved.body.id}/cancel`);
    expect(cancelled.body).toMatchObject({ state: "cancelled", expiresAt: null });
    expect(await counter(database, api.project.id, id, "uses", "customer:c-cancel")).toEqual({
      used: 0,
      reserved: 0,
    });
    const committed = await api.rest("POST", `/v1/redemptions/${reserved.body.id}/commit`);
    expect([committed.status, committed.body.code]).toEqual([409, "redemption-state-conflict"]);
  });

  test("that nobody commits in time expires and gives everything back", async () => {
    const reserved = await redeem(
      api,
      order({ mode: "reserve", ttlSeconds: 60, customer: { id: "c-late" } }),
    );
    await database.orm.execute(
      sql`update redemptions set expires_at = now() - interval '1 second' where id = ${reserved.body.id}`,
    );
    const late = await api.rest("POST", `/v1/redemptions/${reserved.body.id}/commit`);
    expect([late.status, late.body.code]).toEqual([409, "redemption-expired"]);
    await expect
      .poll(async () => (await api.rest("GET", `/v1/redemptions/${reserved.body.id}`)).body.state, {
        timeout: 10_000,
      })
      .toBe("expired");
    expect(await counter(database, api.project.id, id, "uses", "customer:c-late")).toEqual({
      used: 0,
      reserved: 0,
    });
  });

  test("beyond what a customer may have is refused with the reason, and takes nothing", async () => {
    const customer = { id: "c-greedy" };
    expect((await redeem(api, order({ customer }))).status).toBe(201);
    expect((await redeem(api, order({ customer }))).status).toBe(201);
    const third = await redeem(api, order({ customer }));
    expect([third.status, third.body]).toMatchObject([
      409,
      { code: "code-not-applied", errors: [{ path: "/codes/0", code: "limit_reached" }] },
    ]);
    expect(third.body.quote).toMatchObject({ total: 10_000 });
    expect(await counter(database, api.project.id, id, "uses", "customer:c-greedy")).toEqual({
      used: 2,
      reserved: 0,
    });
  });

  test("is refused at the code's own place, however often another was entered before it", async () => {
    const { body } = await redeem(api, order({ codes: ["ten", "T-E-N", { code: "NOPE" }] }));
    expect(body).toMatchObject({
      code: "code-not-applied",
      errors: [{ path: "/codes/2", code: "code_unknown" }],
    });
  });

  test("of nobody in particular is refused where customers are counted", async () => {
    const answer = await redeem(api, orderOf({ codes: ["TEN"] }));
    expect(answer.body).toMatchObject({
      code: "code-not-applied",
      errors: [{ code: "customer_required" }],
    });
  });
});

describe("the expected total", () => {
  test("decides: any other outcome is a conflict that brings the new quote, and takes nothing", async () => {
    await activePromotion(api, "expected", { trigger: { type: "code", code: "EXPECT" } });
    const request = orderOf({ codes: ["EXPECT"], expectedTotal: 8_999 });
    const wrong = await redeem(api, request);
    expect([wrong.status, wrong.body]).toMatchObject([
      409,
      { code: "price_changed", quote: { total: 9_000 } },
    ]);
    const right = await redeem(api, { ...request, expectedTotal: 9_000 });
    expect(right.status).toBe(201);
  });
});

describe("an order", () => {
  let id: string;
  beforeAll(async () => {
    id = await activePromotion(api, "orders", {
      trigger: { type: "code", code: "ORDERS" },
      limits: { total: 1 },
    });
  });

  test("is never kept from its commit by its own reservation", async () => {
    const request = orderOf({ codes: ["ORDERS"] });
    const reserved = await redeem(api, { ...request, mode: "reserve" });
    expect(reserved.status).toBe(201);
    const committed = await redeem(api, { ...request, mode: "commit" });
    expect([committed.status, committed.body.state, committed.body.id]).toEqual([
      201,
      "committed",
      reserved.body.id,
    ]);
    expect(await counter(database, api.project.id, id, "uses")).toEqual({ used: 1, reserved: 0 });

    const repeated = await redeem(api, { ...request, mode: "commit" });
    expect(repeated.body).toEqual(committed.body);
    expect(repeated.headers["idempotent-replayed"]).toBe("true");
    const other = await redeem(api, {
      ...request,
      mode: "commit",
      lines: [{ ...cartLines[0], quantity: 2 }],
    });
    expect([other.status, other.body.code]).toEqual([409, "order-already-redeemed"]);
  });
});

describe("an order that holds its reservation", () => {
  const reserved = async (code: string, more: object = {}) => {
    const promotion = await activePromotion(api, code.toLowerCase(), { trigger: { type: "code", code } });
    const request = orderOf({ codes: [code] });
    const { body } = await redeem(api, { ...request, mode: "reserve", ttlSeconds: 321, ...more });
    expect(body.state).toBe("reserved");
    return { request, promotion, id: body.id as string, total: body.quote.total as number };
  };

  test("is committed by the same cart after its promotion ended, as by its id, for good and under its key", async () => {
    const { request, promotion, id, total } = await reserved("ENDED");
    expect((await api.rest("POST", `/v1/promotions/${promotion}/end`)).status).toBe(200);
    const dearer = await redeem(api, { ...request, expectedTotal: total + 1 });
    expect([dearer.status, dearer.body.code, dearer.body.quote.total]).toEqual([409, "price_changed", total]);
    const headers = { "idempotency-key": "key-ended" };
    const committed = await redeem(api, { ...request, expectedTotal: total }, headers);
    expect([committed.status, committed.body]).toMatchObject([201, { id, state: "committed" }]);
    const byId = await api.rest("POST", `/v1/redemptions/${id}/commit`);
    expect(byId.body).toEqual(committed.body);
    expect((await redeem(api, request)).body).toEqual(committed.body);
    await api.rest("POST", `/v1/redemptions/${id}/cancel`);
    const again = await redeem(api, { ...request, expectedTotal: total }, headers);
    expect([again.text, again.headers["idempotent-replayed"]]).toEqual([committed.text, "true"]);
  });

  test("and loses it just then is priced anew", async () => {
    const { request, id } = await reserved("JUSTTHEN");
    let commit: Promise<Answer> | undefined;
    await withTransaction(database, api.project.id, async (connection) => {
      await connection.execute(
        sql`update redemptions set expires_at = now() - interval '1 second' where id = ${id}`,
      );
      commit = redeem(api, request);
      const waiting = `select from pg_locks join pg_stat_activity using (pid)
                        where not granted and datname = current_database()`;
      await expect
        .poll(async () => (await database.pool.query(waiting)).rowCount, { timeout: patience })
        .toBeGreaterThan(0);
    });
    const { status, body, text } = await commit!;
    expect([status, text]).toEqual([201, expect.any(String)]);
    expect([body.state, body.id === id]).toEqual(["committed", false]);
  });

  test("is committed also where it was reserved with the total that it expected", async () => {
    const { request, id } = await reserved("FORETOLD", { expectedTotal: 9_000 });
    expect((await redeem(api, request)).body).toMatchObject({ id, state: "committed" });
  });
});

describe("an idempotency key of an answer that was a repetition", () => {
  test("goes on giving it after a cancel, and is that request's alone", async () => {
    const request = orderOf();
    const first = await redeem(api, request);
    const headers = { "idempotency-key": "key-late" };
    const repeated = await redeem(api, request, headers);
    expect([repeated.status, repeated.text]).toEqual([201, first.text]);
    await api.rest("POST", `/v1/redemptions/${first.body.id}/cancel`);
    for (let time = 0; time < 2; time++) {
      const again = await redeem(api, request, headers);
      expect([again.status, again.text, again.headers["idempotent-replayed"]]).toEqual([
        201,
        first.text,
        "true",
      ]);
    }
    const other = await redeem(api, { ...request, orderRef: "key-late" }, headers);
    expect([other.status, other.body.code]).toEqual([422, "idempotency-key-reused"]);
  });

  test("of a step does not take the next", async () => {
    const { body } = await redeem(api, orderOf());
    const headers = { "idempotency-key": "key-step" };
    const step = (name: string) => api.rest("POST", `/v1/redemptions/${body.id}/${name}`, { headers });
    const committed = await step("commit");
    expect([committed.status, committed.body.state]).toEqual([200, "committed"]);
    const cancelled = await step("cancel");
    expect([cancelled.status, cancelled.body.code]).toEqual([422, "idempotency-key-reused"]);
    await api.rest("POST", `/v1/redemptions/${body.id}/cancel`);
    expect((await step("commit")).text).toBe(committed.text);
  });
});

describe("an idempotency key", () => {
  beforeAll(async () => {
    await activePromotion(api, "idempotent", { trigger: { type: "code", code: "SAME" } });
  });

  test("gets the first answer again, byte for byte, whatever has happened since", async () => {
    const request = orderOf({ codes: ["SAME"], mode: "reserve" });
    const headers = { "idempotency-key": "key-1" };
    const first = await redeem(api, request, headers);
    await api.rest("POST", `/v1/redemptions/${first.body.id}/commit`);
    const again = await redeem(api, request, headers);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    const other = await redeem(api, { ...request, orderRef: "another" }, headers);
    expect([other.status, other.body.code]).toEqual([422, "idempotency-key-reused"]);
  });

  test("that a thousand requests bring at once has one effect", async () => {
    const request = orderOf({ codes: ["SAME"] });
    const headers = { "idempotency-key": "key-storm" };
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => redeem(api, request, headers)));
    const bodies = new Set(answers.filter(({ status }) => status === 201).map(({ text }) => text));
    expect(bodies.size).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]));
    const list = await api.rest("GET", `/v1/redemptions?orderRef=${request.orderRef}`);
    expect(list.body.items).toHaveLength(1);
  });
});

describe("coupons", () => {
  beforeAll(async () => {
    await couponsOf(database, api.project.id, "gift-codes", ["AAAA1111", "BBBB2222", "CCCC3333"]);
    await activePromotion(api, "with-coupon", { trigger: { type: "coupon", pool: "gift-codes" } });
  });

  test("are used once, however they are typed", async () => {
    const first = await redeem(api, orderOf({ codes: ["aaaa-llll"] }));
    expect([first.status, first.body.quote.total]).toEqual([201, 9_000]);
    const second = await redeem(api, orderOf({ codes: ["AAAA 1111"] }));
    expect(second.body).toMatchObject({ code: "code-not-applied", errors: [{ code: "code_used" }] });
    const found = await api.rest("GET", "/v1/redemptions?code=aaaa-1111");
    expect(found.body.items.map((item: { id: string }) => item.id)).toEqual([first.body.id]);
  });

  test("held by a reservation are not for others, and are free again when it is cancelled", async () => {
    const reserved = await redeem(api, orderOf({ codes: ["BBBB2222"], mode: "reserve" }));
    expect((await redeem(api, orderOf({ codes: ["BBBB2222"] }))).body.errors[0].code).toBe("code_used");
    await api.rest("POST", `/v1/redemptions/${reserved.body.id}/cancel`);
    expect((await redeem(api, orderOf({ codes: ["BBBB2222"] }))).status).toBe(201);
  });

  test("sent a hundred times at once are used once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => redeem(api, orderOf({ codes: ["CCCC3333"] }))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(
      new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.errors?.[0]?.code)),
    ).toEqual(new Set(["code_used"]));
  });
});

test("the ledger of a redemption tells everything it took and gave back", async () => {
  const id = await activePromotion(api, "told", {
    trigger: { type: "code", code: "TOLD" },
    budget: { amount: { CNY: 100_000 } },
  });
  const reserved = await redeem(api, orderOf({ codes: ["TOLD"], mode: "reserve" }));
  await api.rest("POST", `/v1/redemptions/${reserved.body.id}/commit`);
  const { body } = await api.rest("GET", `/v1/redemptions/${reserved.body.id}/ledger`, { role: "viewer" });
  expect(body.state).toBe("committed");
  expect(
    body.items.map((entry: Record<string, unknown>) => [
      entry.cause,
      entry.measure,
      entry.holder,
      entry.reserved,
      entry.used,
    ]),
  ).toEqual([
    ["reserve", "uses", "", 1, 0],
    ["reserve", "uses", "code:TOLD", 1, 0],
    ["reserve", "amount:CNY", "", 1_000, 0],
    ["commit", "uses", "", -1, 1],
    ["commit", "uses", "code:TOLD", -1, 1],
    ["commit", "amount:CNY", "", -1_000, 1_000],
  ]);
  expect(new Set(body.items.map((entry: { rule: string }) => entry.rule))).toEqual(new Set([id]));
});

test("nobody sees or settles a redemption of another project", async () => {
  const other = await startApi(database);
  const mine = await redeem(api, orderOf({ mode: "reserve" }));
  for (const path of ["", "/ledger"]) {
    const answer = await other.rest("GET", `/v1/redemptions/${mine.body.id}${path}`);
    expect([answer.status, answer.body.code]).toEqual([404, "redemption-not-found"]);
  }
  for (const action of ["commit", "cancel"]) {
    const answer = await other.rest("POST", `/v1/redemptions/${mine.body.id}/${action}`);
    expect([answer.status, answer.body.code]).toEqual([404, "redemption-not-found"]);
  }
  await other.close();
});

test("GraphQL makes the same redemptions", async () => {
  const request = orderOf({ mode: "reserve" });
  const mutation = `mutation ($input: RedemptionRequestInput!, $key: String) {
    createRedemption(input: $input, idempotencyKey: $key) { id state orderRef quote { total } } }`;
  const first = await api.graphql(mutation, { input: request, key: "graphql-key" });
  expect(first.body.data.createRedemption).toMatchObject({ state: "reserved", orderRef: request.orderRef });
  const again = await api.graphql(mutation, { input: request, key: "graphql-key" });
  const extensions = { idempotentReplayed: ["createRedemption"] };
  expect(again.body).toEqual({ data: first.body.data, extensions });
});

test("a draft that asks for earlier orders is told of them, though no live promotion asks", async () => {
  const customer = { id: "c-history" };
  expect((await redeem(api, orderOf({ customer }))).status).toBe(201);
  const { body } = await api.rest("POST", "/v1/evaluations", {
    role: "marketing",
    body: {
      currency: "CNY",
      lines: cartLines,
      customer,
      explain: "all",
      only: true,
      promotions: [
        {
          key: "first",
          trigger: { type: "automatic" },
          conditions: { kind: "first_order" },
          benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
        },
      ],
    },
  });
  expect(body.notApplied).toMatchObject([{ promotion: "first", reason: "not_first_order", actual: 1 }]);
});

test("the redemptions of a shared code are walked in pages, newest first, each once, and filtered", async () => {
  await activePromotion(api, "walked", { trigger: { type: "code", code: "OIL" } });
  const made: string[] = [];
  for (let n = 0; n < 5; n++) {
    const { body } = await redeem(
      api,
      orderOf({ codes: ["oil"], mode: "reserve", customer: { id: `c-${n % 2}` } }),
    );
    made.unshift(body.id);
  }
  // Its two ledger entries must not show it twice.
  await api.rest("POST", `/v1/redemptions/${made[1]}/commit`);
  const seen: string[] = [];
  let after: string | null = "";
  while (after !== null) {
    const page = await api.rest("GET", `/v1/redemptions?code=O-i-l&limit=2${after && `&after=${after}`}`);
    seen.push(...page.body.items.map(({ id }: { id: string }) => id));
    after = page.body.nextCursor;
  }
  expect(seen).toEqual(made);
  const { body } = await api.rest("GET", "/v1/redemptions?code=OIL&customer=c-1");
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual([made[1], made[3]]);
});
