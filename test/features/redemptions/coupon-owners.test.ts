/** Which coupon an order uses, and whose it must be at the moment it is used. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { couponCounter } from "../../../src/features/ledger/promotion-counters.ts";
import { withTransaction } from "../../../src/platform/database.ts";
import { newId } from "../../../src/platform/ids.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { ledgerOn } from "../../ledger-fixture.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { activePromotion, couponsOf, orderOf, redeem } from "./redemption-fixture.ts";

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

const asCustomer = (id: string, codes: readonly string[], more: object = {}) =>
  redeem(api, orderOf({ customer: { id }, codes, ...more }));
const coupon = async (code: string) => (await api.rest("GET", `/v1/coupons/${code}`)).body;

const percent = (pool: string) => ({
  trigger: { type: "coupon", pool },
  benefits: [{ kind: "percent_off", target: "order", percent: 10 }],
});

describe("a shared code that is a coupon's as well", () => {
  test("uses no coupon, whosever it is and however often it was used", async () => {
    await couponsOf(database, api.project.id, "summer-theirs", ["SUMMERX"], { customerId: "alice" });
    await couponsOf(database, api.project.id, "summer-free", ["SUMMERY"]);
    await activePromotion(api, "summer-theirs", percent("summer-theirs"));
    for (const code of ["SUMMERX", "SUMMERY"])
      await activePromotion(api, code.toLowerCase(), { trigger: { type: "code", code } });
    for (const code of ["SUMMERX", "SUMMERY"])
      for (const customer of ["bob", "carol"]) {
        const { status, body, text } = await asCustomer(customer, [code]);
        expect([status, text]).toEqual([201, expect.any(String)]);
        expect(body.quote.promotions.map(({ promotion }: { promotion: string }) => promotion)).toEqual([
          code.toLowerCase(),
        ]);
      }
    expect(await coupon("SUMMERX")).toMatchObject({ status: "usable", usesLeft: 1 });
    expect(await coupon("SUMMERY")).toMatchObject({ status: "usable", usesLeft: 1 });
  });

  test("uses the coupon for whom its pool gives something, once, and stays a shared code", async () => {
    await couponsOf(database, api.project.id, "winter", ["WINTERX", "WINTERZ"]);
    await activePromotion(api, "winter", { ...percent("winter"), stacking: { group: "winter" } });
    await activePromotion(api, "winterx", { trigger: { type: "code", code: "WINTERX" } });
    const both = await asCustomer("bob", ["WINTERX"]);
    expect([both.status, both.body.quote.promotions.length]).toEqual([201, 2]);
    expect(await coupon("WINTERX")).toMatchObject({ status: "used" });
    const other = await asCustomer("bob", ["WINTERX", "WINTERZ"]);
    expect([other.status, other.body.quote.promotions.length]).toEqual([201, 2]);
    expect(await coupon("WINTERZ")).toMatchObject({ status: "used" });
    expect((await asCustomer("carol", ["WINTERX"])).status).toBe(201);
  });
});

describe("a coupon that becomes somebody's while an order that typed it is on its way", () => {
  beforeAll(async () => {
    await couponsOf(database, api.project.id, "owned", ["OWNED1", "OWNED2", "OWNED3", "OWNED4", "OWNED5"], {
      customerId: "alice",
    });
    await activePromotion(api, "owned", percent("owned"));
  });

  /** What is answered to a request that waits for the coupon's row while this customer gets it. */
  async function meanwhile(code: string, owner: string, ask: () => Promise<Answer>): Promise<Answer> {
    let asked: Promise<Answer> | undefined;
    await withTransaction(database, api.project.id, async (connection) => {
      await connection.execute(
        sql`update coupons set customer_id = ${owner}, claimed_at = now() where code = ${code}`,
      );
      asked = ask();
      await isWaiting();
    });
    return asked!;
  }

  // Of this database alone: other tests wait for locks on the same server.
  const waiting = `select from pg_locks join pg_stat_activity using (pid)
                    where not granted and datname = current_database()`;
  const isWaiting = () =>
    expect
      .poll(async () => (await database.pool.query(waiting)).rowCount, { timeout: patience })
      .toBeGreaterThan(0);

  test("is refused to whom it was taken from, for that reason", async () => {
    const { status, body } = await meanwhile("OWNED1", "bob", () => asCustomer("alice", ["OWNED1"]));
    expect([status, body.errors?.[0]]).toMatchObject([
      409,
      { path: "/codes/0", code: "code_of_another_customer" },
    ]);
    expect(await coupon("OWNED1")).toMatchObject({ status: "usable", customer: "bob" });
    expect((await asCustomer("bob", ["OWNED1"])).status).toBe(201);
  });

  test("is refused as well where a quote holds", async () => {
    const quote = await api.rest("POST", "/v1/quotes", {
      body: { ...orderOf({ customer: { id: "alice" }, codes: ["OWNED2"] }), orderRef: undefined },
    });
    expect(quote.status, quote.text).toBe(201);
    const ask = () => redeem(api, { quoteId: quote.body.id, orderRef: "quoted-owner" });
    const { status, body } = await meanwhile("OWNED2", "bob", ask);
    expect([status, body.errors?.[0]?.code]).toEqual([409, "code_of_another_customer"]);
    expect(await coupon("OWNED2")).toMatchObject({ status: "usable", customer: "bob" });
  });

  test("is promised by no voucher", async () => {
    const body = { code: "OWNED5", currency: "CNY", customer: "alice", maxAmount: 500 };
    const issue = () => api.rest("POST", "/v1/offline/vouchers", { role: "marketing", body });
    const { status, body: told } = await meanwhile("OWNED5", "bob", issue);
    expect([status, told.errors?.[0]]).toMatchObject([
      409,
      { path: "/code", code: "code_of_another_customer" },
    ]);
    expect(await coupon("OWNED5")).toMatchObject({ status: "usable", customer: "bob" });
  });

  test("is taken where it became the buyer's own", async () => {
    await database.pool.query(
      "update coupons set customer_id = null, claimed_at = null where code in ('OWNED3', 'OWNED4')",
    );
    expect((await meanwhile("OWNED3", "bob", () => asCustomer("bob", ["OWNED3"]))).status).toBe(201);
    const quote = await api.rest("POST", "/v1/quotes", {
      body: { ...orderOf({ customer: { id: "bob" }, codes: ["OWNED4"] }), orderRef: undefined },
    });
    const ask = () => redeem(api, { quoteId: quote.body.id, orderRef: "quoted-own" });
    expect((await meanwhile("OWNED4", "bob", ask)).status).toBe(201);
  });
});

describe("a free code that an order typed while somebody claims one, in one batch", () => {
  /** What is asked for in one turn of the event loop is one batch, in this order. */
  async function batch(pool: string, codes: readonly string[], asked: readonly ("order" | "claim")[]) {
    const poolId = await couponsOf(database, api.project.id, pool, codes);
    const { committer, redeem: take } = ledgerOn(database);
    const typed = { counter: couponCounter(poolId, codes[0]!), amount: 1, limit: null, owner: null };
    const order = () =>
      take(api.project.id, [typed]).then(
        () => "granted",
        (error: Error) => /code_of_another_customer/.exec(error.message)?.[0] ?? error.message,
      );
    const claim = async () => {
      const result = await committer.submit(api.project.id, {
        command: { kind: "claim", redemption: newId("clm"), holds: [] },
        pick: { poolId, customerId: "dave", validForSeconds: null },
      });
      return result.type === "granted"
        ? result.picked!.code
        : result.type === "refused" && result.refusal.reason;
    };
    return Promise.all(asked.map((kind) => (kind === "order" ? order() : claim())));
  }

  test("the claim gets another code", async () => {
    expect(await batch("free-a", ["FREEA1", "FREEA2"], ["order", "claim"])).toEqual(["granted", "FREEA2"]);
    expect(await batch("free-b", ["FREEB1", "FREEB2"], ["claim", "order"])).toEqual(["FREEB2", "granted"]);
  });

  test("of the last one whoever comes first gets it", async () => {
    expect(await batch("free-c", ["FREEC1"], ["order", "claim"])).toEqual(["granted", "pool_empty"]);
    const [claimed, ordered] = await batch("free-d", ["FREED1"], ["claim", "order"]);
    expect([claimed, ordered]).toEqual(["FREED1", "code_of_another_customer"]);
    expect(await coupon("FREED1")).toMatchObject({ status: "usable", customer: "dave" });
  });
});
