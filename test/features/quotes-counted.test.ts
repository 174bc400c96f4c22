/** What a quote does not hold is counted when it is redeemed: coupons, limits, stocks and deposits, for whom the customer is by then. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "./api.ts";
import { projectOfItsOwn } from "./limits-fixture.ts";
import { faultOf } from "./orders-fixture.ts";
import { activePromotion, cartLines, couponsOf, orderOf } from "./redemptions/redemption-fixture.ts";

let database: TestDatabase;
let first: Api;

beforeAll(async () => {
  database = await freshDatabase();
  first = await startApi(database);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await first.close();
  await database.close();
});

/** Its own rules: nothing else asks who is buying. */
async function shop() {
  const { project, apis } = await projectOfItsOwn(database, [first]);
  const [api] = apis;
  const ask = (fields: object = {}): Promise<Answer> =>
    api.rest("POST", "/v1/quotes", {
      role: "checkout",
      body: { currency: "CNY", lines: cartLines, ...fields },
    });
  return {
    api,
    project,
    ask,
    hold: async (fields: object = {}): Promise<string> => {
      const answer = await ask(fields);
      expect(answer.status, answer.text).toBe(201);
      return answer.body.id;
    },
    redeem: (quoteId: string, fields: object = {}): Promise<Answer> =>
      api.rest("POST", "/v1/redemptions", { role: "checkout", body: { quoteId, ...fields } }),
    end: async (id: string) => {
      const ended = await api.rest("POST", `/v1/promotions/${id}/end`);
      expect(ended.status, ended.text).toBe(200);
    },
    change: async (id: string, fields: object) => {
      const { version, key } = (await api.rest("GET", `/v1/promotions/${id}`)).body;
      const changed = await api.rest("PUT", `/v1/promotions/${id}`, {
        body: { key, trigger: { type: "automatic" }, ...fields },
        headers: { "if-match": `"${version}"` },
      });
      expect(changed.status, changed.text).toBe(200);
    },
    reasons: async (codes: readonly string[], customer: object) => {
      const body = { currency: "CNY", lines: cartLines, codes, customer };
      const answer = await api.rest("POST", "/v1/evaluations", { role: "checkout", body });
      return answer.body.codes.map(({ reason }: { reason: string | null }) => reason);
    },
    limitGuesses: (perCustomer: number) =>
      api.rest("PATCH", "/v1/project/safeguards", { body: { wrongCodes: { perCustomer } } }),
  };
}

const exhausted = "409 quote-exhausted /quoteId exhausted";

test("a coupon is used once however many quotes name it, also where codes are not looked up any more", async () => {
  const { api, project, hold, redeem, reasons, limitGuesses } = await shop();
  await couponsOf(database, project.id, "spring", ["AAAABBBBCCCC"]);
  await activePromotion(api, "by-coupon", { trigger: { type: "coupon", pool: "spring" } });
  await limitGuesses(2);
  const fields = { codes: ["AAAABBBBCCCC"], customer: { id: "c-guesses" } };
  const [one, other] = [await hold(fields), await hold(fields)];
  expect(await reasons(["ZZZZZZZZZZ01", "ZZZZZZZZZZ02"], fields.customer)).toEqual(
    Array(2).fill("code_unknown"),
  );
  for (const quote of [one, other])
    expect(faultOf(await redeem(quote))).toBe("409 code-not-applied /quoteId too_many_attempts");
  api.clock.advance(600_000);
  expect((await redeem(one)).status).toBe(201);
  expect(faultOf(await redeem(other))).toBe(exhausted);
});

test("a coupon that became another customer's is not used by the quote", async () => {
  const { api, project, hold, redeem } = await shop();
  await couponsOf(database, project.id, "gifts", ["AAAABBBBDDDD"]);
  await activePromotion(api, "by-gift", { trigger: { type: "coupon", pool: "gifts" } });
  const quote = await hold({ codes: ["AAAABBBBDDDD"], customer: { id: "c-late" } });
  await database.pool.query(
    "update coupons set customer_id = 'c-quick', claimed_at = now() where project_id = $1",
    [project.id],
  );
  expect(faultOf(await redeem(quote))).toBe("409 code-not-applied /quoteId code_of_another_customer");
});

test("quoted codes of promotions that ended are no guesses", async () => {
  const { api, hold, redeem, end, reasons, limitGuesses } = await shop();
  await limitGuesses(2);
  await activePromotion(api, "by-code", { trigger: { type: "code", code: "STILL" } });
  const customer = { id: "c-codes" };
  const quotes: string[] = [];
  for (const code of ["GONE1", "GONE2", "GONE3"]) {
    const id = await activePromotion(api, code.toLowerCase(), { trigger: { type: "code", code } });
    quotes.push(await hold({ codes: [code], customer }));
    await end(id);
  }
  for (const quote of quotes) expect((await redeem(quote)).status).toBe(201);
  expect(await reasons(["STILL"], customer)).toEqual([null]);
});

test("a limit by customer counts though its promotion has ended and no other has one", async () => {
  const { api, hold, redeem, end } = await shop();
  const id = await activePromotion(api, "once", { limits: { perCustomer: 1 } });
  const customer = { id: "c-once" };
  const [one, other] = [await hold({ customer }), await hold({ customer })];
  const anothers = await hold({ customer: { id: "c-another" } });
  await end(id);
  expect((await redeem(one)).status).toBe(201);
  expect(faultOf(await redeem(other))).toBe(exhausted);
  expect((await redeem(anothers)).status).toBe(201);
});

test("a guest's quote is the customer's whom they are merged into, by either name", async () => {
  const { api, ask, hold, redeem } = await shop();
  await activePromotion(api, "for-one", { limits: { perCustomer: 3 } });
  const customer = { id: "guest" };
  const quotes = [await hold({ customer }), await hold({ customer }), await hold({ customer })];
  const merged = await api.rest("POST", "/v1/customers/c-merged/merge", { body: { guest: "guest" } });
  expect(merged.status, merged.text).toBe(200);
  const names = [{ customer: { id: "c-merged" } }, { customer }, {}];
  expect(faultOf(await redeem(quotes[0]!, { customer: { id: "c-else" } }))).toBe(
    "409 quote-mismatch /customer/id not_as_quoted",
  );
  for (const [at, quote] of quotes.entries()) {
    const sold = await redeem(quote, names[at]);
    expect([sold.status, sold.body.customer], sold.text).toEqual([201, "c-merged"]);
  }
  const later = await ask({ customer });
  expect([later.body.customer, later.body.total]).toEqual(["c-merged", 10_000]);
});

test("a guest's quote is redeemed after the merge where nothing else is asked of the customer", async () => {
  const { api, hold, redeem } = await shop();
  const quote = await hold({ customer: { id: "stranger" } });
  await api.rest("POST", "/v1/customers/c-known/merge", { body: { guest: "stranger" } });
  const later = await hold({ customer: { id: "stranger" } });
  for (const one of [quote, later]) {
    const sold = await redeem(one);
    expect([sold.status, sold.body.customer], sold.text).toEqual([201, "c-known"]);
  }
});

test("takes units by the stock that the promotion has by then, raised or lowered", async () => {
  const { api, hold, redeem, change } = await shop();
  const benefits = [{ kind: "percent_off", percent: 10 }];
  const stock = (units: number) => ({ benefits, limits: { stock: [{ sku: "MUG", units }] } });
  const id = await activePromotion(api, "mugs", stock(1));
  const quotes = [await hold(), await hold()];
  expect((await redeem(quotes[0]!)).status).toBe(201);
  expect(faultOf(await redeem(quotes[1]!))).toBe(exhausted);
  await change(id, stock(3));
  const third = await hold();
  expect((await redeem(quotes[1]!)).status).toBe(201);
  await change(id, stock(2));
  expect(faultOf(await redeem(third))).toBe(exhausted);
});

test("takes gifts by the stock that they have by then", async () => {
  const { api, hold, redeem, change } = await shop();
  const gift = (stock: number) => ({
    benefits: [{ kind: "gift", sku: "BAG", quantity: 1, value: { CNY: 500 }, stock }],
  });
  const id = await activePromotion(api, "bags", gift(2));
  const quotes = [await hold(), await hold()];
  expect((await redeem(quotes[0]!)).status).toBe(201);
  await change(id, gift(1));
  expect(faultOf(await redeem(quotes[1]!))).toBe(exhausted);
});

test("counts deposits that are there: when it is made, and when it is redeemed", async () => {
  const { api, ask, hold, redeem } = await shop();
  await activePromotion(api, "presale", {
    benefits: [{ kind: "deposit", paid: { CNY: 1_000 }, worth: { CNY: 3_000 } }],
  });
  expect(faultOf(await ask({ deposits: [{ redemption: "rdm_none" }] }))).toBe(
    "409 deposit-not-usable /deposits/0/redemption deposit_not_usable",
  );
  const lines = [{ id: "d", sku: "DEPOSIT", quantity: 1, unitPrice: 1_000 }];
  const paid = await api.rest("POST", "/v1/redemptions", {
    role: "checkout",
    body: orderOf({ lines, deposit: { promotion: "presale" } }),
  });
  expect(paid.status, paid.text).toBe(201);
  const quote = await hold({ deposits: [{ redemption: paid.body.id }] });
  const cancelled = await api.rest("POST", `/v1/redemptions/${paid.body.id}/cancel`, { role: "checkout" });
  expect(cancelled.status, cancelled.text).toBe(200);
  expect(faultOf(await redeem(quote))).toBe("409 deposit-not-usable /quoteId deposit_not_usable");
});
