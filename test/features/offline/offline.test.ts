import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { committerService } from "../../../src/features/ledger/committer-service.ts";
import { redemptionExpiryService } from "../../../src/features/redemptions/redemption-expiry-service.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { couponsOf, orderOf, redeem } from "../redemptions/redemption-fixture.ts";
import {
  countersOf,
  discountAtTill,
  issue,
  issued,
  letLapse,
  publishedKeys,
  readByTill,
  report,
  reportOf,
  somePromotion,
} from "./offline-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Another process on the same database, with another project. */
let other: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await other.close();
  await database.close();
});

/** Customers are hashes in the books; whose they are is not what these tests are about. */
const counters = async (rule: string) =>
  Object.fromEntries(
    Object.entries(await countersOf(database, api.project.id, rule)).map(([name, taken]) => [
      name.replace(/ customer:.+/, " customer:…"),
      taken,
    ]),
  );
const state = async (id: string) => (await api.rest("GET", `/v1/redemptions/${id}`)).body.state;
/** The other process, asked with the first project's keys. */
const elsewhere = (...redemptions: object[]) =>
  other.rest("POST", "/v1/redemptions/offline", { key: api.project.keys.pos, body: { redemptions } });

async function sweep(): Promise<void> {
  const committer = committerService({ database, log: silentLog });
  await redemptionExpiryService({ database, committer, log: silentLog }).sweep();
  await committer.close();
}

describe("a voucher", () => {
  test("is proven and priced by a till that has the public keys and no network", async () => {
    const { key } = await somePromotion(api, {
      conditions: { kind: "subtotal", atLeast: { CNY: 5_000 } },
    });
    const { token, id, expiresAt } = await issued(api, { promotion: key });
    const keys = await publishedKeys(api);
    const read = await readByTill(token, keys, api.clock.now());
    expect(read).toMatchObject({
      iss: api.project.id,
      jti: id,
      cur: "CNY",
      max: 1_000,
      amt: 1_000,
      min: 5_000,
    });
    expect(read!.exp * 1_000).toBe(Date.parse(expiresAt));
    expect([4_999, 5_000].map((subtotal) => discountAtTill(read!, subtotal))).toEqual([0, 1_000]);
    expect(await readByTill(token, keys, Date.parse(expiresAt) - 1)).not.toBeNull();
    expect(await readByTill(token, keys, Date.parse(expiresAt))).toBeNull();
    expect(await readByTill(token, await publishedKeys(other), api.clock.now())).toBeNull();
    // A QR code of version 16 with medium error correction holds 450 bytes.
    expect(token.length).toBeLessThan(450);
  });

  test("of a percentage is priced to the cent as online, up to its amount", async () => {
    const { key, code } = await somePromotion(api, {
      benefits: [{ kind: "percent_off", target: "order", percent: 12.5, maxAmount: { CNY: 2_000 } }],
    });
    const { token } = await issued(api, { promotion: key });
    const read = await readByTill(token, await publishedKeys(api), api.clock.now());
    for (const unitPrice of [1, 4, 99, 9_996, 9_999, 15_999, 16_000, 16_001]) {
      const lines = [{ id: "1", sku: "TEA", quantity: 1, unitPrice }];
      const body = { currency: "CNY", lines, codes: [code] };
      const online = await api.rest("POST", "/v1/evaluations", { role: "checkout", body });
      const row = online.body.promotions.find(({ promotion }: { promotion: string }) => promotion === key);
      expect(discountAtTill(read!, unitPrice), String(unitPrice)).toBe(row?.amount ?? 0);
    }
  });

  test("sets aside one use and its amount, so that online orders cannot have them", async () => {
    const { id, key, code } = await somePromotion(api, {
      limits: { total: 2, perCustomer: 1 },
      budget: { amount: { CNY: 1_500 } },
    });
    await issued(api, { promotion: key, customer: "c-1" });
    expect(await counters(id)).toEqual({
      "amount:CNY": [0, 1_000],
      uses: [0, 1],
      "uses customer:…": [0, 1],
    });
    const online = await redeem(api, orderOf({ codes: [code], customer: { id: "c-2" } }));
    expect([online.status, online.body.code]).toEqual([409, "code-not-applied"]);
    const again = await issue(api, { promotion: key, customer: "c-1" });
    expect([again.status, again.body.code]).toEqual([409, "voucher-refused"]);
    expect(again.body.errors.map(({ code }: { code: string }) => code).sort()).toEqual([
      "budget_exhausted",
      "limit_reached",
    ]);
  });

  test("that nobody used gives everything back when its time and the tills' are over", async () => {
    const { id, key } = await somePromotion(api, { limits: { total: 1 } });
    const voucher = await issued(api, { promotion: key, validForSeconds: 60, reportWithinSeconds: 3_600 });
    expect(Date.parse(voucher.heldUntil) - Date.parse(voucher.expiresAt)).toBe(3_600_000);
    await sweep();
    expect(await counters(id)).toEqual({ uses: [0, 1], "amount:CNY": [0, 1_000] });
    await letLapse(database, api.project.id, voucher.id);
    await sweep();
    expect([await state(voucher.id), await counters(id)]).toEqual(["expired", {}]);
  });

  test("that is cancelled gives everything back; a till that takes it all the same is flagged", async () => {
    const { id, key } = await somePromotion(api, { limits: { total: 1 } });
    const voucher = await issued(api, { promotion: key });
    const cancelled = await api.rest("POST", `/v1/redemptions/${voucher.id}/cancel`, { role: "pos" });
    expect([cancelled.status, await counters(id)]).toEqual([200, {}]);
    const [result] = await report(api, reportOf(api, voucher.token));
    expect(result).toMatchObject({ status: "accepted", flags: ["voucher_cancelled"] });
    expect(await counters(id)).toEqual({ uses: [1, 0], "amount:CNY": [1_000, 0] });
  });

  test("is a till's: nobody commits or returns what it set aside", async () => {
    const { id, key } = await somePromotion(api, {
      limits: { total: 1 },
      budget: { amount: { CNY: 1_000 } },
    });
    const voucher = await issued(api, { promotion: key });
    const attempts = async () => {
      const { status, body: told } = await api.rest("POST", `/v1/redemptions/${voucher.id}/commit`, {
        role: "checkout",
      });
      expect([status, told.code, told.errors[0].code]).toEqual([
        409,
        "redemption-state-conflict",
        "offline_voucher",
      ]);
      const body = { lines: [{ id: "1", quantity: 1 }] };
      const back = await api.rest("POST", `/v1/redemptions/${voucher.id}/returns`, { role: "pos", body });
      expect([back.status, back.body.code, back.body.errors[0].code]).toEqual([
        409,
        "redemption-state-conflict",
        "offline_voucher",
      ]);
    };
    await attempts();
    expect(await counters(id)).toEqual({ uses: [0, 1], "amount:CNY": [0, 1_000] });
    expect(await report(api, reportOf(api, voucher.token))).toMatchObject([
      { status: "accepted", flags: [] },
    ]);
    await attempts();
    // Nor does an order of the ERP that names it: the sale is another redemption.
    const order = {
      version: 1,
      status: "returned",
      currency: "CNY",
      placedAt: "2026-11-10T10:00:00Z",
      lines: [],
    };
    const told = { ...order, total: 9_000, redemption: voucher.id };
    const returned = await api.rest("PUT", `/v1/orders/of-${voucher.id}`, { role: "erp", body: told });
    expect([returned.body.settlement, await state(voucher.id)]).toEqual(["refused", "committed"]);
    expect(await report(api, reportOf(api, voucher.token))).toMatchObject([
      { flags: ["double_spend", "limit_exceeded", "budget_exceeded"] },
    ]);
  });

  test("is issued once for an Idempotency-Key", async () => {
    const { id, key } = await somePromotion(api);
    const headers = { "idempotency-key": "voucher-1" };
    const first = await issue(api, { promotion: key }, { headers });
    const second = await issue(api, { promotion: key }, { headers });
    expect([second.body, second.headers["idempotent-replayed"]]).toEqual([first.body, "true"]);
    expect(await counters(id)).toEqual({ uses: [0, 1], "amount:CNY": [0, 1_000] });
    const another = await issue(api, { promotion: key, maxAmount: 5 }, { headers });
    expect([another.status, another.body.code]).toEqual([422, "idempotency-key-reused"]);
  });

  test("of a unique code takes that code", async () => {
    const pool = await couponsOf(database, api.project.id, "tickets", ["AAAA1111", "BBBB2222"]);
    const { key } = await somePromotion(api, { trigger: { type: "coupon", pool: "tickets" } });
    const voucher = await issued(api, { code: "aaaa-1111" });
    expect(voucher).toMatchObject({ promotion: key, code: "AAAA1111" });
    const online = await redeem(api, orderOf({ codes: ["AAAA1111"] }));
    expect([online.status, online.body.errors[0].code]).toEqual([409, "code_used"]);
    const twice = await issue(api, { code: "AAAA1111" });
    expect([twice.status, twice.body.errors[0].code]).toEqual([409, "code_used"]);
    const first = reportOf(api, voucher.token);
    const second = reportOf(api, voucher.token);
    const results = await report(api, first, second);
    expect(results).toMatchObject([{ flags: [] }, { flags: ["double_spend", "limit_exceeded"] }]);
    expect(await counters(pool)).toEqual({ "overspent:coupon code:AAAA1111": [1, 0] });
    const { rows } = await database.pool.query("select used, reserved from coupons where code = 'AAAA1111'");
    expect(rows).toEqual([{ used: 1, reserved: 0 }]);
  });

  test.each<[code: string, promotion: object, request: object]>([
    ["benefit_not_simple", { benefits: [{ kind: "gift", sku: "BAG", quantity: 1 }] }, {}],
    ["benefit_not_simple", { benefits: [{ kind: "amount_off", target: "item", amount: { CNY: 5 } }] }, {}],
    [
      "benefit_not_simple",
      { benefits: [{ kind: "percent_off", target: "order", percent: 5, select: { skus: ["A"] } }] },
      { maxAmount: 5 },
    ],
    ["max_amount_required", { benefits: [{ kind: "percent_off", target: "order", percent: 5 }] }, {}],
    ["condition_not_offline", { conditions: { kind: "first_order" } }, {}],
    [
      "condition_not_offline",
      { conditions: { any: [{ kind: "subtotal", atLeast: { CNY: 1 } }, { kind: "first_order" }] } },
      {},
    ],
    ["schedule_not_offline", { schedule: { recurring: [{ from: "10:00", to: "11:00" }] } }, {}],
    ["currency_not_offered", {}, { currency: "EUR" }],
    ["customer_required", { limits: { perCustomer: 1 } }, {}],
    ["device_required", { limits: { perPeriod: { count: 1, period: "day", per: "device" } } }, {}],
    ["time_over", { schedule: { endsAt: "2026-11-12T00:00:00Z" } }, { validFrom: "2026-11-12T00:00:00Z" }],
    ["code_required", { trigger: { type: "coupon", pool: "nobody-knows" } }, {}],
  ])("is refused where a till could not keep to it: %s", async (code, promotion, request) => {
    const { id, key } = await somePromotion(api, promotion);
    const answer = await issue(api, { promotion: key, ...request });
    expect([answer.status, answer.body.code, answer.body.errors?.[0].code]).toEqual([
      409,
      "voucher-refused",
      code,
    ]);
    expect(await counters(id)).toEqual({});
  });

  test("is refused for a code or a promotion that nobody knows, or another project's", async () => {
    await somePromotion(other, { trigger: { type: "code", code: "THEIRS" } });
    const theirs = await issue(api, { code: "THEIRS" });
    const unknown = await issue(api, { code: "NOBODYS" });
    expect([theirs.status, theirs.body.errors]).toEqual([unknown.status, unknown.body.errors]);
    expect(unknown.body.errors[0].code).toBe("code_unknown");
    expect((await issue(api, { promotion: "nobodys" })).body.code).toBe("promotion-not-found");
    expect((await issue(api, {})).body.errors[0].code).toBe("nothing_named");
  });

  test("ends with its promotion", async () => {
    const { key } = await somePromotion(api, { schedule: { endsAt: "2026-11-11T01:00:00Z" } });
    expect(await issued(api, { promotion: key })).toMatchObject({ expiresAt: "2026-11-11T01:00:00.000Z" });
  });
});

describe("a till that reports what it accepted", () => {
  test("settles the voucher with what it took off, and gives the rest of the budget back", async () => {
    const { id, key } = await somePromotion(api, { budget: { amount: { CNY: 1_000 } } });
    const voucher = await issued(api, { promotion: key });
    const [result] = await report(api, reportOf(api, voucher.token, { discount: 700, total: 9_300 }));
    expect(result).toMatchObject({ status: "accepted", voucher: voucher.id, flags: [] });
    expect(await counters(id)).toEqual({ uses: [1, 0], "amount:CNY": [700, 0] });
    expect(await state(voucher.id)).toBe("committed");
    const { body } = await api.rest("GET", `/v1/redemptions/${result!.redemption}`);
    expect(body).toMatchObject({
      state: "committed",
      quote: {
        subtotal: 10_000,
        discount: 700,
        total: 9_300,
        promotions: [{ promotion: key, promotionId: id, amount: 700 }],
      },
    });
  });

  test("gets the first answer again for days, in any split and order, from any process", async () => {
    const { id, key } = await somePromotion(api);
    const reports = [];
    for (let index = 0; index < 6; index++)
      reports.push(reportOf(api, (await issued(api, { promotion: key })).token));
    const first = await report(api, ...reports.slice(0, 4));
    expect(first.map(({ status }) => status)).toEqual(Array(4).fill("accepted"));
    api.clock.advance(20 * 86_400_000);
    const again = (await elsewhere(...reports.toReversed(), reports[0]!)).body.results;
    api.clock.advance(-20 * 86_400_000);
    const redemptions = first.map(({ redemption }) => redemption);
    expect(again.slice(2, 6).map((row: { redemption: string }) => row.redemption)).toEqual(
      redemptions.toReversed(),
    );
    expect(again.map((row: { status: string }) => row.status)).toEqual([
      "accepted",
      "accepted",
      ...Array(5).fill("duplicate"),
    ]);
    expect(await counters(id)).toEqual({ uses: [6, 0], "amount:CNY": [6_000, 0] });
  });

  test("twice at once from two processes counts once", async () => {
    const { id, key } = await somePromotion(api);
    const reports = [];
    for (let index = 0; index < 20; index++)
      reports.push(reportOf(api, (await issued(api, { promotion: key })).token));
    const [here, there] = await Promise.all([report(api, ...reports), elsewhere(...reports)]);
    const pairs = here.map(({ status }, index) => [status, there.body.results[index].status].sort());
    expect(pairs).toEqual(Array(20).fill(["accepted", "duplicate"]));
    expect(here.map(({ redemption }) => redemption)).toEqual(
      there.body.results.map(({ redemption }: { redemption: string }) => redemption),
    );
    expect(await counters(id)).toEqual({ uses: [20, 0], "amount:CNY": [20_000, 0] });
  });

  test("of a voucher that another till had at the same moment is flagged, and one of the two is not", async () => {
    const { id, key, code } = await somePromotion(api, {
      limits: { total: 20 },
      budget: { amount: { CNY: 20_000 } },
    });
    const tokens = [];
    for (let index = 0; index < 20; index++) tokens.push((await issued(api, { promotion: key })).token);
    const [here, there] = await Promise.all([
      report(api, ...tokens.map((token) => reportOf(api, token, { till: "A" }))),
      elsewhere(...tokens.map((token) => reportOf(api, token, { till: "B", source: "till-2" }))),
    ]);
    const pairs = here.map(({ flags }, index) =>
      [flags, there.body.results[index].flags].sort((a, b) => a.length - b.length),
    );
    expect(pairs).toEqual(Array(20).fill([[], ["double_spend", "limit_exceeded", "budget_exceeded"]]));
    expect(await counters(id)).toEqual({
      uses: [20, 0],
      "amount:CNY": [20_000, 0],
      "overspent:uses": [20, 0],
      "overspent:amount:CNY": [20_000, 0],
    });
    // Online orders are as exact as before: there is nothing left, and nothing more than that.
    const online = await redeem(api, orderOf({ codes: [code] }));
    expect([online.status, online.body.code]).toEqual([409, "code-not-applied"]);
  });

  test("of a voucher that another order had takes what is left before it overspends", async () => {
    const { id, key } = await somePromotion(api, {
      limits: { total: 2 },
      budget: { amount: { CNY: 1_400 } },
    });
    const { token } = await issued(api, { promotion: key });
    const results = await report(api, reportOf(api, token), reportOf(api, token));
    expect(results).toMatchObject([{ flags: [] }, { flags: ["double_spend", "budget_exceeded"] }]);
    expect(await counters(id)).toEqual({
      uses: [2, 0],
      "amount:CNY": [1_400, 0],
      "overspent:amount:CNY": [600, 0],
    });
  });

  test.each<[flag: string, overrides: object]>([
    ["over_amount", { discount: 1_001, total: 8_999 }],
    ["expired", { at: "2026-12-11T00:00:00Z" }],
    ["not_yet_valid", { at: "2026-11-10T23:59:59Z" }],
    ["clock_ahead", { at: "2026-11-11T00:05:01Z" }],
    ["below_minimum", { lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1_999 }], total: 999 }],
    ["wrong_customer", { customer: "c-9" }],
    ["wrong_currency", { currency: "EUR" }],
    ["inconsistent", { total: 9_001 }],
    [
      "inconsistent",
      { lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 2_000 }], discount: 900, total: 1_000 },
    ],
    [
      "inconsistent",
      {
        lines: [
          { id: "1", sku: "A", quantity: 1, unitPrice: 5_000 },
          { id: "1", sku: "B", quantity: 1, unitPrice: 5_000 },
        ],
      },
    ],
  ])("is believed, and flagged as %s", async (flag, overrides) => {
    const { key } = await somePromotion(api, { conditions: { kind: "subtotal", atLeast: { CNY: 2_000 } } });
    const { token } = await issued(api, { promotion: key, customer: "c-1" });
    const [result] = await report(api, reportOf(api, token, { customer: "c-1", ...overrides }));
    const isLate = flag === "expired";
    expect(result).toMatchObject({
      status: "accepted",
      flags: isLate ? ["expired", "clock_ahead"] : [flag],
    });
  });

  test("at the last moment and of the whole amount is not flagged", async () => {
    const { key } = await somePromotion(api);
    const { token, expiresAt } = await issued(api, { promotion: key });
    const at = new Date(Date.parse(expiresAt) - 1).toISOString();
    api.clock.advance(86_400_000 * 30);
    const [result] = await report(api, reportOf(api, token, { at }));
    api.clock.advance(-86_400_000 * 30);
    expect(result).toMatchObject({ status: "accepted", flags: [] });
  });

  test("after its share went back gets what is left, and is flagged where nothing is", async () => {
    const { id, key, code } = await somePromotion(api, {
      limits: { total: 1 },
    });
    const voucher = await issued(api, { promotion: key });
    await letLapse(database, api.project.id, voucher.id);
    await sweep();
    expect((await redeem(api, orderOf({ codes: [code] }))).status).toBe(201);
    const [result] = await report(api, reportOf(api, voucher.token));
    expect(result).toMatchObject({ status: "accepted", flags: ["limit_exceeded"] });
    expect(await counters(id)).toMatchObject({ uses: [1, 0], "overspent:uses": [1, 0] });
  });

  test("with other contents for the same order changes nothing and is flagged", async () => {
    const { id, key } = await somePromotion(api);
    const { token } = await issued(api, { promotion: key });
    const first = reportOf(api, token, { discount: 600, total: 9_400 });
    await report(api, first);
    const [result] = await report(api, { ...first, discount: 1_000, total: 9_000 });
    expect(result).toMatchObject({ status: "duplicate", flags: ["contents_differ"] });
    // The same instant, written otherwise, is the same.
    const at = first.at.replace("Z", "+00:00");
    expect(await report(api, { ...first, at })).toMatchObject([{ status: "duplicate", flags: [] }]);
    expect(await counters(id)).toEqual({ uses: [1, 0], "amount:CNY": [600, 0] });
  });

  test("of an order that is redeemed already, online or by another voucher, is recorded beside it", async () => {
    const { id, key, code } = await somePromotion(api);
    const online = await redeem(api, orderOf({ codes: [code], orderRef: "both-ways", source: "till-1" }));
    expect(online.status).toBe(201);
    const { token } = await issued(api, { promotion: key });
    const offline = reportOf(api, token, { orderRef: "both-ways" });
    const [first] = await report(api, offline);
    expect(first).toMatchObject({ status: "accepted", flags: ["order_redeemed"] });
    expect(await report(api, offline)).toMatchObject([
      { status: "duplicate", redemption: first!.redemption, flags: ["order_redeemed"] },
    ]);
    expect(await counters(id)).toMatchObject({ uses: [2, 0] });
  });

  test("keeps the source of vouchers to itself: nobody's order takes the place of one", async () => {
    const { id, key, code } = await somePromotion(api, { limits: { total: 2 } });
    const voucher = await issued(api, { promotion: key });
    const stolen = orderOf({ codes: [code], source: "offline-voucher", orderRef: voucher.id });
    const online = await redeem(api, stolen);
    expect([online.status, online.body.errors]).toMatchObject([400, [{ path: "/source", code: "reserved" }]]);
    const told = reportOf(api, voucher.token, { source: "offline-voucher" });
    const body = { redemptions: [reportOf(api, voucher.token), told] };
    const offline = await api.rest("POST", "/v1/redemptions/offline", { role: "pos", body });
    expect([offline.status, offline.body.errors]).toMatchObject([
      400,
      [{ path: "/redemptions/1/source", code: "reserved" }],
    ]);
    expect(await counters(id)).toEqual({ uses: [0, 1], "amount:CNY": [0, 1_000] });
  });

  test("is recorded with the whole batch where others have its orders", async () => {
    const { id, key, code } = await somePromotion(api);
    const voucher = await issued(api, { promotion: key });
    const poisoned = reportOf(api, voucher.token, { orderRef: "poisoned" });
    for (const orderRef of ["poisoned", `poisoned#${voucher.id}`])
      expect((await redeem(api, orderOf({ codes: [code], source: "till-1", orderRef }))).status).toBe(201);
    // As it could be before the source was reserved: the voucher's own order is somebody's.
    await letLapse(database, api.project.id, voucher.id);
    await sweep();
    const online = await redeem(api, orderOf({ codes: [code] }));
    await database.pool.query(
      "update redemptions set source = 'offline-voucher', order_ref = $2 where project_id = $1 and id = $3",
      [api.project.id, voucher.id, online.body.id],
    );
    const batch = [poisoned, reportOf(api, (await issued(api, { promotion: key })).token)];
    const results = await report(api, ...batch);
    expect(results).toMatchObject([
      { status: "accepted", flags: ["order_redeemed"] },
      { status: "accepted", flags: [] },
    ]);
    expect(await report(api, ...batch)).toMatchObject(
      results.map((result) => ({ ...result, status: "duplicate" })),
    );
    expect([await state(voucher.id), await counters(id)]).toMatchObject(["expired", { uses: [5, 0] }]);
    // It is a sale like any other: its goods may come back.
    const body = { lines: [{ id: "1", quantity: 1 }] };
    const back = await api.rest("POST", `/v1/redemptions/${results[0]!.redemption}/returns`, {
      role: "pos",
      body,
    });
    expect([back.status, back.body.refund]).toEqual([200, 4_500]);
  });

  test("of a redemption that was cancelled since does not bring it back", async () => {
    const { id, key } = await somePromotion(api);
    const { token } = await issued(api, { promotion: key });
    const order = reportOf(api, token);
    const [first] = await report(api, order);
    await api.rest("POST", `/v1/redemptions/${first!.redemption}/cancel`, { role: "pos" });
    expect(await report(api, order)).toMatchObject([{ status: "duplicate", redemption: first!.redemption }]);
    expect(await counters(id)).toEqual({});
  });

  test("is honoured although the promotion is over by now", async () => {
    const { id, key } = await somePromotion(api, { limits: { total: 1 } });
    const { token } = await issued(api, { promotion: key });
    expect((await api.rest("POST", `/v1/promotions/${id}/end`)).status).toBe(200);
    const results = await report(api, reportOf(api, token), reportOf(api, token));
    expect(results).toMatchObject([{ flags: [] }, { flags: ["double_spend", "limit_exceeded"] }]);
  });

  test("makes orders that can be returned by line, by what was paid", async () => {
    const { id, key } = await somePromotion(api, { restoreUseOnReturn: true });
    const { token } = await issued(api, { promotion: key });
    const lines = [
      { id: "1", sku: "MUG", quantity: 2, unitPrice: 3_333 },
      { id: "2", sku: "TEA", quantity: 1, unitPrice: 1_000 },
    ];
    const [{ redemption } = { redemption: "" }] = await report(
      api,
      reportOf(api, token, { lines, total: 6_666 }),
    );
    const back = (body: object) =>
      api.rest("POST", `/v1/redemptions/${redemption}/returns`, { role: "pos", body });
    const one = await back({ lines: [{ id: "1", quantity: 1 }] });
    const rest = await back({
      lines: [
        { id: "1", quantity: 1 },
        { id: "2", quantity: 1 },
      ],
    });
    expect([one.status, rest.status]).toEqual([200, 200]);
    expect(one.body.refund + rest.body.refund).toBe(6_666);
    expect(await counters(id)).toEqual({});
  });

  test("knows an order without lines as a whole", async () => {
    const { key } = await somePromotion(api);
    const { token } = await issued(api, { promotion: key });
    const [result] = await report(api, reportOf(api, token, { lines: undefined, total: 4_000 }));
    expect(result).toMatchObject({ status: "accepted", flags: [] });
    const { body } = await api.rest("GET", `/v1/redemptions/${result!.redemption}`);
    expect(body.quote).toMatchObject({ subtotal: 5_000, discount: 1_000, total: 4_000 });
  });
});

describe("what is no voucher of the project", () => {
  test("is refused in the same words, whatever is wrong with it, and leaves no trace", async () => {
    const { id, key } = await somePromotion(api);
    const { token } = await issued(api, { promotion: key });
    const { key: theirs } = await somePromotion(other);
    const foreign = await issued(other, { promotion: theirs });
    const [header, payload, signature] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload!, "base64url").toString());
    const dearer = Buffer.from(JSON.stringify({ ...claims, max: 9_999, amt: 9_999 })).toString("base64url");
    const [, foreignPayload, foreignSignature] = foreign.token.split(".");
    const before = await counters(id);
    const refused = await report(
      api,
      ...[
        `${header}.${dearer}.${signature}`,
        `${header}.${payload}.${foreignSignature}`,
        `${header}.${foreignPayload}.${foreignSignature}`,
        foreign.token,
        `${token}A`,
        token.slice(0, -1),
        "nonsense",
      ].map((voucher) => reportOf(api, voucher)),
    );
    expect(
      refused.map(({ status, voucher, redemption, flags }) => [status, voucher, redemption, flags]),
    ).toEqual(Array(7).fill(["refused", null, null, []]));
    expect(await counters(id)).toEqual(before);
    // Neither does it stand in the way of the others of its batch.
    const mixed = await report(api, reportOf(api, "nonsense"), reportOf(api, token));
    expect(mixed.map(({ status }) => status)).toEqual(["refused", "accepted"]);
  });
});

describe("rotation", () => {
  test("signs with a new key, and vouchers of the old one stay good until they expire", async () => {
    const { key } = await somePromotion(api);
    const old = await issued(api, { promotion: key });
    const [before] = await publishedKeys(api);
    const rotated = await api.rest("POST", "/v1/offline/keys/rotate");
    expect(rotated.status).toBe(200);
    const keys = await publishedKeys(api);
    expect(keys[0]!.kid).not.toBe(before!.kid);
    expect(keys).toContainEqual(before);
    const young = await issued(api, { promotion: key });
    for (const { token } of [old, young])
      expect(await readByTill(token, keys, api.clock.now())).not.toBeNull();
    expect(await report(api, reportOf(api, old.token), reportOf(api, young.token))).toMatchObject([
      { status: "accepted", flags: [] },
      { status: "accepted", flags: [] },
    ]);
    const { rows } = await database.pool.query(
      "select id from offline_keys where project_id = $1 and private_key is not null",
      [api.project.id],
    );
    expect(rows).toEqual([{ id: keys[0]!.kid }]);
    api.clock.advance(90 * 86_400_000);
    const later = await publishedKeys(api);
    api.clock.advance(-90 * 86_400_000);
    expect(later.map(({ kid }) => kid)).toEqual([keys[0]!.kid]);
  });

  test("keeps the old key published for a voucher that begins only when the others are over", async () => {
    const { key } = await somePromotion(api);
    const validFrom = new Date(api.clock.now() + 300 * 86_400_000).toISOString();
    const { token } = await issued(api, { promotion: key, validFrom });
    expect((await api.rest("POST", "/v1/offline/keys/rotate")).status).toBe(200);
    api.clock.advance(301 * 86_400_000);
    const claims = await readByTill(token, await publishedKeys(api), api.clock.now());
    api.clock.advance(-301 * 86_400_000);
    expect(claims).not.toBeNull();
  });

  test("of a compromised key takes it from the tills at once; what they gave before is recorded all the same", async () => {
    const { key } = await somePromotion(api);
    const { token } = await issued(api, { promotion: key });
    const body = { compromised: true };
    expect((await api.rest("POST", "/v1/offline/keys/rotate", { body })).status).toBe(200);
    expect(await readByTill(token, await publishedKeys(api), api.clock.now())).toBeNull();
    expect(await report(api, reportOf(api, token))).toMatchObject([{ status: "accepted" }]);
  });

  test("makes one first key, however many ask at once", async () => {
    const { keys } = await projectWithKeys(database, api.clock.now());
    const answers = await Promise.all(
      [api, other, api, other].map((process) => process.rest("GET", "/v1/offline/keys", { key: keys.pos })),
    );
    const sets = answers.map(({ body }) => JSON.stringify(body));
    expect([new Set(sets).size, answers[0]!.body.keys.length]).toEqual([1, 1]);
  });

  test("is the admin's business", async () => {
    const answer = await api.rest("POST", "/v1/offline/keys/rotate", { role: "marketing" });
    expect(answer.body.code).toBe("forbidden-role");
  });
});

describe("a till that repeats an online order", () => {
  test("weeks later gets the original answer, by the order alone", async () => {
    const { id, key, code } = await somePromotion(api, {
      limits: { total: 1 },
    });
    const order = orderOf({ codes: [code], source: "till-7" });
    const first = await redeem(api, order);
    expect(first.status).toBe(201);
    expect(first.body.quote.promotions[0].promotion).toBe(key);
    api.clock.advance(21 * 86_400_000);
    const again = await other.rest("POST", "/v1/redemptions", { key: api.project.keys.pos, body: order });
    api.clock.advance(-21 * 86_400_000);
    expect([again.status, again.body.id, again.body.quote]).toEqual([201, first.body.id, first.body.quote]);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect(await counters(id)).toMatchObject({ uses: [1, 0] });
  });
});
