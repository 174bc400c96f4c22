/** What guards a campaign: caps that all its promotions share, in quotes and, exactly, in redemptions. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, cartLines, counter, orderOf, redeem } from "../redemptions/redemption-fixture.ts";

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

const window = { startsAt: "2026-01-01T00:00:00Z", endsAt: "2027-01-01T00:00:00Z" };
const document = (key: string, guards: object) => ({ key, name: key, ...window, guards });

/** The campaign with two promotions of its own goods: a tenth off each unit, and ten yuan off the order. */
async function guarded(key: string, guards: object) {
  const created = await api.rest("POST", "/v1/campaigns", { role: "marketing", body: document(key, guards) });
  expect(created.status, created.text).toBe(201);
  const select = { skus: [`${key}-MUG`] };
  const fields = { campaign: key, conditions: { kind: "quantity", atLeast: 1, select } };
  await activePromotion(api, `${key}-item`, {
    ...fields,
    benefits: [{ kind: "percent_off", percent: 10, select }],
  });
  await activePromotion(api, `${key}-order`, fields);
}

const lines = (key: string) => cartLines.map((line) => ({ ...line, sku: `${key}-MUG` }));
const quoteOf = async (key: string, changes: object = {}) =>
  (
    await api.rest("POST", "/v1/evaluations", {
      body: { currency: "CNY", lines: lines(key), explain: "all", ...changes },
    })
  ).body;
const told = ({ notApplied }: { notApplied: { promotion: string; reason: string }[] }, key: string) =>
  notApplied.filter(({ promotion }) => promotion.startsWith(key)).map(({ reason }) => reason);

test("all promotions of a campaign together give exactly what its cap lets them, whoever comes first", async () => {
  // 20.00 an order: 10 % of 100.00, and 10.00. 55 orders have both, and one more has one of them.
  await guarded("cap", { discounts: { amount: { CNY: 111_000 } } });
  const answers = await Promise.all(
    Array.from({ length: 128 }, () => redeem(api, orderOf({ lines: lines("cap"), mode: "commit" }))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  const discounts = answers.map(({ body }) => body.quote.discount as number);
  expect(discounts.reduce((sum, discount) => sum + discount, 0)).toBe(111_000);
  expect(discounts.filter((discount) => discount === 2_000)).toHaveLength(55);
  expect(await counter(database, api.project.id, "campaign:cap", "amount:CNY")).toEqual({
    used: 111_000,
    reserved: 0,
  });
  const late = await quoteOf("cap");
  expect(late.discount).toBe(0);
  expect(told(late, "cap")).toEqual(["campaign_budget_exhausted", "campaign_budget_exhausted"]);
  const { rows } = await database.orm.execute<{ percent: number }>(sql`
    select (data ->> 'percent')::int as percent from outbox_events
     where project_id = ${api.project.id} and type = 'dealwright.campaign.budget_reached' order by 1`);
  expect(rows.map(({ percent }) => percent)).toEqual([50, 80, 100]);
});

test("a cap may be raised to 120 % of the plan, by whoever may change the campaign, and no further", async () => {
  await guarded("raised", { discounts: { amount: { CNY: 2_000 } } });
  await redeem(api, orderOf({ lines: lines("raised"), mode: "commit" }));
  expect((await quoteOf("raised")).discount).toBe(0);
  const replace = (percent: number) =>
    api.rest("PUT", "/v1/campaigns/raised", {
      role: "marketing",
      headers: { "if-match": "*" },
      body: document("raised", { discounts: { amount: { CNY: 2_000 }, percent } }),
    });
  expect((await replace(121)).body.errors).toMatchObject([{ path: "/guards/discounts/percent" }]);
  // 4.00 are left, and neither 10.00 nor 10 % of 100.00 fit in.
  expect((await replace(120)).status).toBe(200);
  expect((await quoteOf("raised", { lines: [{ ...lines("raised")[0], unitPrice: 4_000 }] })).discount).toBe(
    400,
  );
  expect((await quoteOf("raised")).discount).toBe(0);
});

test("a customer has so many orders with promotions of the campaign in its period, however many apply", async () => {
  await guarded("often", { perCustomer: { orders: 2, period: "day" } });
  const order = (id: string) =>
    redeem(api, orderOf({ lines: lines("often"), customer: { id }, mode: "commit" }));
  const answers = await Promise.all(Array.from({ length: 12 }, () => order("c-1")));
  const discounts = answers.map(({ body }) => body.quote.discount as number).sort((a, b) => b - a);
  expect(discounts).toEqual([2_000, 2_000, ...Array.from({ length: 10 }, () => 0)]);
  expect((await order("c-2")).body.quote.discount).toBe(2_000);
  expect(told(await quoteOf("often"), "often")).toEqual(["customer_required", "customer_required"]);
  expect(told(await quoteOf("often", { customer: { id: "c-1" } }), "often")).toEqual([
    "campaign_limit_reached",
    "campaign_limit_reached",
  ]);
});

test("in a paused channel none of its promotions applies, elsewhere they do", async () => {
  await guarded("weak", { pausedChannels: ["app"] });
  expect(told(await quoteOf("weak", { channel: "app" }), "weak")).toEqual([
    "campaign_paused",
    "campaign_paused",
  ]);
  expect((await quoteOf("weak", { channel: "web" })).discount).toBe(2_000);
});
