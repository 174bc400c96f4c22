/** Membership tiers: reached by what customers bought and kept, set by hand, asked for by promotions and segments. */
import { Temporal } from "temporal-polyfill";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { faultOf, putOrder } from "../orders-fixture.ts";
import { activePromotion } from "../redemptions/redemption-fixture.ts";
import { bought, giveBack } from "../rewards/reward-fixture.ts";

const day = 86_400_000;
let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  // It goes on: redemptions are committed by the database's clock.
  let ahead = 0;
  const clock = {
    now: () => Date.now() + ahead,
    advance(milliseconds: number) {
      ahead += milliseconds;
    },
  };
  api = await startApi(database, { clock });
  await api.rest("PATCH", "/v1/project/settings", {
    body: { timezone: "Asia/Shanghai" },
    headers: { "if-match": "*" },
  });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const programme = {
  measure: "amount",
  downgrade: "one_level",
  tiers: [
    { key: "silver", name: "Silver", amounts: { CNY: 10_000 } },
    { key: "gold", name: "Gold", amounts: { CNY: 50_000 } },
  ],
};
const put = (body: object, headers: Record<string, string> = {}) =>
  api.rest("PUT", "/v1/tier-programme", { role: "marketing", body, headers });
async function configured(body: object): Promise<void> {
  const answer = await put(body);
  expect(answer.status, answer.text).toBe(200);
  await expect
    .poll(async () => (await api.rest("GET", "/v1/tier-programme")).body.isCurrent, { timeout: patience })
    .toBe(true);
}
const tierOf = async (customer: string): Promise<Answer["body"]> =>
  (await api.rest("GET", `/v1/customers/${customer}/tier`, { role: "checkout" })).body;
const becomes = (customer: string, fields: object) =>
  expect.poll(() => tierOf(customer), { timeout: patience, interval: 50 }).toMatchObject(fields);
const set = (customer: string, body: object) =>
  api.rest("PUT", `/v1/customers/${customer}/tier`, { role: "marketing", body });
/** Oldest first: "none>silver upgrade". */
async function told(customer: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ data: { from: string; tier: string; reason: string } }>(
    "select data from outbox_events where type = 'dealwright.tier.changed' and customer_id = $1 order by seq",
    [customer],
  );
  return rows.map(({ data: { from, tier, reason } }) => `${from ?? "none"}>${tier ?? "none"} ${reason}`);
}
/** The end of the same day of the next year, in the project's zone. */
const yearFrom = (at: number): string =>
  Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO("Asia/Shanghai")
    .add({ years: 1, days: 1 })
    .startOfDay()
    .toInstant()
    .toString({ fractionalSecondDigits: 3 });
const buy = (customer: string, total: number) =>
  bought(api, {
    channel: "web",
    customer: { id: customer },
    lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: total / 2 }],
  });

test("before a project has said which tiers there are there are none; programmes that make no sense are refused", async () => {
  expect((await api.rest("GET", "/v1/tier-programme")).body.code).toBe("tiers-not-configured");
  expect((await tierOf("t-0")).code).toBe("tiers-not-configured");
  const first = { key: "a", amounts: { CNY: 1 } };
  const refused: [object, string][] = [
    [{ tiers: [{ key: "a", count: 1 }] }, "/tiers/0 bound_missing"],
    [{ tiers: [{ key: "a", amounts: {} }] }, "/tiers/0/amounts bound_missing"],
    [{ tiers: [{ key: "a", amounts: { CNY: 0 } }] }, "/tiers/0/amounts/CNY bounds_contradict"],
    [{ tiers: [first, { key: "b", amounts: { CNY: 1 } }] }, "/tiers/1/amounts/CNY not_ascending"],
    [{ tiers: [first, { key: "b", amounts: { USD: 9 } }] }, "/tiers/1/amounts currencies_differ"],
    [{ tiers: [first, { key: "a", amounts: { CNY: 2 } }] }, "/tiers/1/key duplicate"],
    [{ measure: "points", tiers: [first] }, "/tiers/0 bound_missing"],
    [
      { tiers: [first], qualification: { kind: "calendar_year", months: 3 } },
      "/qualification/months bounds_contradict",
    ],
  ];
  for (const [fields, fault] of refused)
    expect(faultOf(await put({ measure: "amount", ...fields }))).toBe(`400 invalid-request ${fault}`);
  const stored = await put(programme);
  expect(stored.body).toMatchObject({
    version: 1,
    qualification: { kind: "rolling_months", months: 12 },
    validity: { kind: "months", count: 12 },
  });
  expect(stored.headers.etag).toBe('"1"');
  expect((await put(programme, { "if-match": '"7"' })).status).toBe(412);
});

test("a tier follows orders and what came back of them within a moment, and ends at the end of its last day", async () => {
  await configured(programme);
  expect(await tierOf("t-1")).toMatchObject({ tier: null, since: null, until: null, amounts: [] });
  const small = await buy("t-1", 9_000);
  await becomes("t-1", {
    tier: null,
    amounts: [{ currency: "CNY", amount: 9_000 }],
    next: { tier: "silver", name: "Silver", missingAmounts: [{ currency: "CNY", amount: 1_000 }] },
  });
  const large = await buy("t-1", 41_000);
  await becomes("t-1", { tier: "gold", name: "Gold", until: yearFrom(api.clock.now()), next: null });
  // Half of it comes back: gold was never reached.
  await giveBack(api, large, 1);
  await becomes("t-1", { tier: "silver", amounts: [{ currency: "CNY", amount: 29_500 }] });
  await giveBack(api, large, 1);
  await becomes("t-1", { tier: null });
  // An order of long ago that is told only now: silver was reached then, and is kept from then on.
  const placedAt = new Date(api.clock.now() - 100 * day).toISOString();
  await putOrder(api, "T-1", { customer: "t-1", placedAt, total: 10_000 });
  await becomes("t-1", { tier: "silver", since: placedAt, until: yearFrom(Date.parse(placedAt)) });
  expect(await told("t-1")).toEqual([
    "none>gold upgrade",
    "gold>silver downgrade",
    "silver>none downgrade",
    "none>silver upgrade",
  ]);
  expect(small).toMatch(/^rdm_/);
});

test("promotions and segments ask for the tier, customers are listed by it, and double points are a promotion for it", async () => {
  await activePromotion(api, "points", { benefits: [{ kind: "points", perAmount: { CNY: 100 } }] });
  await activePromotion(api, "double-for-gold", {
    conditions: { kind: "tier", in: ["gold"] },
    benefits: [{ kind: "points", multiplier: 2 }],
  });
  await activePromotion(api, "gold-days", {
    visibility: "private",
    conditions: { kind: "tier", in: ["gold"] },
    trigger: { type: "code", code: "GOLD" },
  });
  await api.rest("POST", "/v1/segments", {
    body: { key: "golden", conditions: { kind: "tier", in: ["gold"] } },
  });
  await buy("t-2", 60_000);
  await becomes("t-2", { tier: "gold" });
  const discount = async (id: string) => {
    const answer = await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: {
        currency: "CNY",
        codes: ["GOLD"],
        customer: { id },
        lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 10_000 }],
      },
    });
    return answer.body.discount;
  };
  expect([await discount("t-2"), await discount("t-1")]).toEqual([1_000, 0]);
  const members = async () => (await api.rest("GET", "/v1/segments/golden/members")).body.items;
  await expect.poll(members, { timeout: patience }).toMatchObject([{ customer: "t-2" }]);
  const listed = async (tier: string) =>
    (await api.rest("GET", `/v1/customers?tier=${tier}`)).body.items.map(({ id }: { id: string }) => id);
  expect([await listed("gold"), await listed("silver")]).toEqual([["t-2"], ["t-1"]]);
  expect((await api.rest("GET", "/v1/customers/t-2/overview")).body).toMatchObject({
    tier: "gold",
    segments: ["golden"],
  });
  const pending = async (id: string) => (await api.rest("GET", `/v1/customers/${id}/points`)).body.pending;
  // The order that made them gold earned once; the next one earns twice.
  await expect.poll(() => pending("t-2"), { timeout: patience }).toBe(600);
  await buy("t-2", 10_000);
  await expect.poll(() => pending("t-2"), { timeout: patience }).toBe(800);
});

test("a tier that is set by hand holds at once, is in the trail without the customer's name, and ends by itself", async () => {
  const until = new Date(api.clock.now() + 10 * day).toISOString();
  const reason = "Gold elsewhere.";
  expect((await set("t-3", { tier: "gold", until, reason })).body).toMatchObject({
    tier: "gold",
    isManual: true,
    until,
    reason,
  });
  expect(faultOf(await set("t-3", { tier: "iron", until, reason }))).toContain("/tier tier_unknown");
  const over = new Date(api.clock.now()).toISOString();
  expect(faultOf(await set("t-3", { tier: "gold", until: over, reason }))).toContain("/until not_in_future");
  expect(faultOf(await set("erased:x", { tier: "gold", until, reason }))).toContain("/id id_reserved");
  expect((await set("t-4", { tier: "gold", until, reason })).status).toBe(200);
  const reset = () => api.rest("DELETE", "/v1/customers/t-4/tier", { role: "marketing" });
  for (const answer of [await reset(), await reset()])
    expect([answer.status, answer.body.tier]).toEqual([200, null]);
  const { items } = (await api.rest("GET", "/v1/audit?resource=customer_tier")).body;
  expect(items).toMatchObject([
    { operation: "resetCustomerTier", after: null },
    { operation: "setCustomerTier", after: { tier: "gold", reason } },
    { operation: "setCustomerTier", after: { tier: "gold", reason } },
  ]);
  expect(JSON.stringify(items)).not.toContain("t-3");
  api.clock.advance(10 * day);
  await becomes("t-3", { tier: null, isManual: false });
  expect(await told("t-3")).toEqual(["none>gold manual", "gold>none downgrade"]);
  expect(await told("t-4")).toEqual(["none>gold manual", "gold>none manual"]);
});

test("by time alone a tier ends, one level at a time; a day on which nothing follows writes nothing", async () => {
  const written = async () =>
    (
      await database.pool.query<{ row: string }>(
        "select concat_ws(' ', xmin, customer_id, tier) as row from customer_tiers order by customer_id",
      )
    ).rows;
  const swept = async () =>
    (
      await database.pool.query<{ at: string }>(
        "select concat(sweep_due_at, sweep_after) as at from customer_upkeep where project_id = $1",
        [api.project.id],
      )
    ).rows[0]!.at;
  const before = [await written(), await swept()];
  api.clock.advance(2 * day);
  await expect.poll(swept, { timeout: patience }).not.toBe(before[1]);
  await expect.poll(swept, { timeout: patience }).toMatch(/\+00$/);
  expect(await written()).toEqual(before[0]);
  api.clock.advance(365 * day);
  await becomes("t-2", { tier: "silver" });
  api.clock.advance(366 * day);
  await becomes("t-2", { tier: null });
  expect(await told("t-2")).toEqual(["none>gold upgrade", "gold>silver downgrade", "silver>none downgrade"]);
});

test("other rules are other tiers, for everybody, by orders or by points as well; without tiers nobody has one", async () => {
  // The one by the clock of the test, the other by that of the database, which is years behind by now.
  await putOrder(api, "T-5", { customer: "t-5", placedAt: new Date(api.clock.now()).toISOString() });
  await buy("t-5", 10_000);
  await configured({ measure: "orders", tiers: [{ key: "regular", count: 1 }] });
  await becomes("t-5", { tier: "regular", count: 1, amounts: [], next: null });
  await configured({
    measure: "points",
    tiers: [
      { key: "collector", count: 100 },
      { key: "hoarder", count: 101 },
    ],
  });
  await becomes("t-5", { tier: "collector", count: 100, next: { tier: "hoarder", missingCount: 1 } });
  await configured({ measure: "orders", tiers: [] });
  await becomes("t-5", { tier: null, next: null });
  expect((await told("t-5")).at(-1)).toBe("collector>none downgrade");
  const { rows } = await database.pool.query("select from customer_tiers");
  expect(rows).toEqual([]);
});
