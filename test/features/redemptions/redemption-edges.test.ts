/** What a reviewer tried, each of which went wrong once. */
import { sql } from "drizzle-orm";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp } from "../../../src/app.ts";
import { watchContract } from "../../contract/contract-check.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, cartLines, counter, couponsOf, orderOf, redeem } from "./redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Another process, as far as the database can tell. */
let second: FastifyInstance;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  second = await buildApp({
    config: { environment: "test", logLevel: "silent" },
    database,
    clock: api.clock,
  });
  watchContract(second);
});
afterAll(async () => {
  await second.close();
  await api.close();
  await database.close();
});

test("a limit per code holds for every promotion behind the coupon", async () => {
  const trigger = { type: "coupon", pool: "shared-pool" };
  await couponsOf(database, api.project.id, "shared-pool", ["AAAA0001"], { maxUses: 9 });
  await activePromotion(api, "behind-one", { trigger, stacking: { group: "one" } });
  const limited = await activePromotion(api, "behind-two", {
    trigger,
    stacking: { group: "two" },
    limits: { perCode: 1 },
  });
  const totals = [];
  for (let i = 0; i < 2; i++)
    totals.push((await redeem(api, orderOf({ codes: ["AAAA0001"] }))).body.quote.total);
  expect(totals).toEqual([8_000, 9_000]);
  expect((await counter(database, api.project.id, limited, "uses", "code:AAAA0001")).used).toBe(1);
});

test("a limit per code says so to whoever types look-alikes", async () => {
  await couponsOf(database, api.project.id, "look-alikes", ["CCCC0001"], { maxUses: 9 });
  await activePromotion(api, "alike", {
    trigger: { type: "coupon", pool: "look-alikes" },
    limits: { perCode: 1 },
  });
  expect((await redeem(api, orderOf({ codes: ["cccc-oooi"] }))).status).toBe(201);
  const again = await redeem(api, orderOf({ codes: ["cccc-oooi"] }));
  expect([again.status, again.body]).toMatchObject([409, { errors: [{ code: "limit_reached" }] }]);
});

test("twins of one request in two processes get one answer, also where the first took the last use", async () => {
  const send = (app: FastifyInstance, url: string, payload: object) =>
    app.inject({
      method: "POST",
      url,
      payload,
      headers: { authorization: `Bearer ${api.project.keys.checkout}` },
    });
  const rounds = [0, 1, 2, 3];
  for (const round of rounds)
    await activePromotion(api, `twins-${round}`, {
      trigger: { type: "code", code: `TWIN${round}` },
      limits: { total: 3 },
    });
  await expect
    .poll(
      async () =>
        (
          await send(second, "/v1/evaluations", { currency: "CNY", lines: cartLines, codes: ["TWIN3"] })
        ).json().codes[0].status,
      { timeout: 10_000 },
    )
    .toBe("applied");
  for (const round of rounds) {
    const codes = [`TWIN${round}`];
    // Both know that the counters are there, so that the twins wait for each other while they read them.
    for (const app of [api.app, second])
      expect((await send(app, "/v1/redemptions", orderOf({ codes }))).statusCode).toBe(201);
    const request = orderOf({ codes });
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => send(i % 2 === 0 ? api.app : second, "/v1/redemptions", request)),
    );
    expect(answers.map((answer) => [answer.statusCode, answer.json().errors])).toEqual(
      answers.map(() => [201, undefined]),
    );
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1);
  }
});

test("a reservation past its time is not given again as an answer, whether or not the sweep has come by", async () => {
  const request = orderOf({ mode: "reserve" });
  const first = await redeem(api, request);
  await database.orm.execute(
    sql`update redemptions set expires_at = now() - interval '1 second' where id = ${first.body.id}`,
  );
  const again = await redeem(api, request);
  expect([again.status, again.body.id === first.body.id]).toEqual([201, false]);
  expect((await api.rest("POST", `/v1/redemptions/${again.body.id}/commit`)).body.state).toBe("committed");
});

test("a coupon that expired before now takes no order priced in the past, and says why", async () => {
  await couponsOf(database, api.project.id, "gone", ["GGGG0001"], { expiresAt: "2026-01-02T00:00:00Z" });
  await activePromotion(api, "gone", { trigger: { type: "coupon", pool: "gone" } });
  const answer = await api.rest("POST", "/v1/redemptions", {
    body: orderOf({ codes: ["GGGG0001"], at: "2026-01-01T00:00:00Z" }),
  });
  expect([answer.status, answer.body]).toMatchObject([
    409,
    { code: "code-not-applied", errors: [{ path: "/codes/0", code: "code_expired" }] },
  ]);
});

test("the order of keys and a default spelled out make no other request", async () => {
  const request = { ...orderOf(), mode: "commit" };
  const headers = { "idempotency-key": "key-order" };
  const first = await redeem(api, request, headers);
  const reversed = Object.fromEntries(Object.entries(request).reverse());
  const { mode, ...withoutMode } = request;
  for (const same of [reversed, withoutMode])
    expect((await redeem(api, same, headers)).text).toBe(first.text);
  const other = await redeem(api, { ...request, mode: "reserve" }, headers);
  expect([other.status, mode]).toEqual([422, "commit"]);
});

test("a deposit counts once, and is not cancelled under the order that counts it", async () => {
  await activePromotion(api, "presale", {
    benefits: [{ kind: "deposit", paid: { CNY: 1_000 }, worth: { CNY: 3_000 } }],
  });
  const lines = [{ ...cartLines[0], unitPrice: 1_000 }];
  const paid = await redeem(api, orderOf({ lines, deposit: { promotion: "presale" } }));
  const deposits = [{ redemption: paid.body.id }];
  expect((await redeem(api, orderOf({ deposits }))).body.quote.due).toBe(7_000);
  const cancelled = await api.rest("POST", `/v1/redemptions/${paid.body.id}/cancel`);
  expect([cancelled.status, cancelled.body]).toMatchObject([409, { errors: [{ code: "deposit_used" }] }]);

  const inline = { deposits: [{ redemption: "elsewhere-1", promotion: "presale" }] };
  const dues = [];
  for (let i = 0; i < 2; i++)
    dues.push((await api.rest("POST", "/v1/redemptions", { body: orderOf(inline) })).body.quote?.due);
  expect(dues).toEqual([7_000, 10_000]);
});

describe("a deposit", () => {
  const key = "presale-checked";
  const payment = [{ ...cartLines[0], unitPrice: 1_000 }];
  const pay = (overrides: object = {}) =>
    redeem(api, orderOf({ lines: payment, deposit: { promotion: key }, ...overrides }));

  beforeAll(async () => {
    await activePromotion(api, key, {
      stacking: { group: "presale-checked" },
      benefits: [{ kind: "deposit", paid: { CNY: 1_000 }, worth: { CNY: 3_000 } }],
    });
  });

  test("proves no more than was paid for it, and only of a promotion that takes one", async () => {
    const cheap = await pay({ deposit: { promotion: key, units: 2 } });
    expect([cheap.status, cheap.body.errors]).toMatchObject([
      400,
      [{ path: "/deposit/units", code: "deposit_unpaid" }],
    ]);
    const unknown = await pay({ deposit: { promotion: "nobody-knows" } });
    expect([unknown.status, unknown.body.errors]).toMatchObject([
      400,
      [{ path: "/deposit/promotion", code: "no_deposit_promotion" }],
    ]);
  });

  test("that one customer paid proves nothing for another, nor a second time: the order is refused", async () => {
    const paid = await pay({ customer: { id: "c-payer" } });
    const deposits = [{ redemption: paid.body.id }];
    const stranger = await redeem(api, orderOf({ deposits, customer: { id: "c-stranger" } }));
    expect([stranger.status, stranger.body]).toMatchObject([
      409,
      { code: "deposit-not-usable", errors: [{ path: "/deposits/0/redemption" }] },
    ]);
    const own = await redeem(api, orderOf({ deposits, customer: { id: "c-payer" } }));
    expect([own.status, own.body.quote.due]).toEqual([201, 7_000]);
    const again = await redeem(api, orderOf({ deposits, customer: { id: "c-payer" } }));
    expect(again.body.code).toBe("deposit-not-usable");
  });

  test("is no order by itself: who paid one has not bought yet, and has bought once with the balance", async () => {
    const customer = { id: "c-first" };
    const { body: paid } = await pay({ customer });
    const priced = { currency: "CNY", lines: cartLines, customer, only: true };
    const firstOrder = {
      key: "for-a-first-order",
      trigger: { type: "automatic" },
      conditions: { kind: "first_order" },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
    };
    const discount = async () => {
      const body = { ...priced, promotions: [firstOrder] };
      return (await api.rest("POST", "/v1/evaluations", { role: "marketing", body })).body.discount;
    };
    expect(await discount()).toBe(100);
    expect((await redeem(api, orderOf({ deposits: [{ redemption: paid.id }], customer }))).status).toBe(201);
    expect(await discount()).toBe(0);
    const { rows } = await database.pool.query(
      "select total from order_history where customer_id = 'c-first'",
    );
    expect(rows).toEqual([{ total: 8_000 }]);
  });

  test("is either used by one order or cancelled, whoever comes at the same time", async () => {
    for (let round = 0; round < 10; round++) {
      const paid = await pay();
      const deposits = [{ redemption: paid.body.id }];
      const [cancelled, ...orders] = await Promise.all([
        api.rest("POST", `/v1/redemptions/${paid.body.id}/cancel`),
        ...Array.from({ length: 4 }, () => redeem(api, orderOf({ deposits }))),
      ]);
      const used = orders.filter(({ status }) => status === 201);
      expect(used.length + (cancelled?.status === 200 ? 1 : 0)).toBe(1);
    }
  });
});
