/** What customers cost and are worth: the figures of the handbook, and the edges of each definition. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi, testClock } from "../api.ts";
import { faultOf } from "../orders-fixture.ts";

let database: TestDatabase;
let api: Api;
const clock = testClock(Date.parse("2027-01-31T00:00:00Z"));

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { clock });
  await api.rest("POST", "/v1/campaigns", {
    role: "marketing",
    body: { key: "eleven", name: "11.11", startsAt: "2026-11-01T00:00:00Z", endsAt: "2026-11-30T00:00:00Z" },
  });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

/** One order for each of `count` customers, named by `prefix` and their number from `first` on. */
const insertOrders = (
  prefix: string,
  count: number,
  fields: { at: string; total: number; channel: string; id: string; first?: number; currency?: string },
) =>
  database.pool.query(
    `insert into orders (project_id, external_id, version, status, customer_id, channel, currency, total, placed_at, document, created_at, updated_at)
     select $1, $2 || n, 1, 'paid', $3 || n, $4, $9, $5, $6::timestamptz, '{}', now(), now() from generate_series($7::int, $7::int + $8::int - 1) as n`,
    [
      api.project.id,
      fields.id,
      prefix,
      fields.channel,
      fields.total,
      fields.at,
      fields.first ?? 1,
      count,
      fields.currency ?? "CNY",
    ],
  );
const cost = async (id: string, amount: number, channel?: string) => {
  const answer = await api.rest("POST", "/v1/campaigns/eleven/costs", {
    role: "marketing",
    body: {
      id,
      element: "advertising",
      amount,
      currency: "CNY",
      at: "2026-11-05T00:00:00Z",
      ...(channel && { channel }),
    },
  });
  expect(answer.status, answer.text).toBeLessThan(300);
};
const kpis = async (query: string) => {
  const answer = await api.rest(
    "GET",
    `/v1/customer-kpis?currency=CNY&from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z&${query}`,
    { role: "viewer" },
  );
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
const codesOf = ({ cautions }: { cautions: { code: string }[] }) => cautions.map(({ code }) => code);

test("the handbook's 11.11: what a new customer costs, how many buy again in 30 days, and from which channels they are", async () => {
  // Who came for euros was not won by what was spent in yuan, and is nobody's customer here.
  await insertOrders("abroad-", 500, {
    at: "2026-11-11T10:00:00Z",
    total: 5_000,
    channel: "store",
    id: "E",
    currency: "EUR",
  });
  // 5,800 new customers for 600,000 yuan, 15 % of whom buy again within 30 days; 65 / 25 / 10 % by channel.
  const channels = [
    ["mini-program", 3_770],
    ["marketplace", 1_450],
    ["store", 580],
  ] as const;
  for (const [channel, count] of channels) {
    await insertOrders(`${channel}-`, count, {
      at: "2026-11-11T10:00:00Z",
      total: 56_000,
      channel,
      id: `a-${channel}-`,
    });
    await insertOrders(`${channel}-`, ((count * 15) / 100) | 0, {
      at: "2026-12-11T10:00:00Z",
      total: 10_000,
      channel: "elsewhere",
      id: `b-${channel}-`,
    });
  }
  // The fifteenth percent that rounding down left out.
  await insertOrders("mini-program-", 1, {
    at: "2026-12-11T10:00:00Z",
    total: 10_000,
    channel: "x",
    id: "c-",
    first: 3_000,
  });
  // A day too late.
  await insertOrders("mini-program-", 100, {
    at: "2026-12-11T10:00:01Z",
    total: 10_000,
    channel: "x",
    id: "d-",
    first: 3_500,
  });
  // Known before: they are nobody's new customers.
  await insertOrders("old-", 50, { at: "2026-10-01T00:00:00Z", total: 1, channel: "store", id: "e-" });
  await insertOrders("old-", 50, { at: "2026-11-11T00:00:00Z", total: 1, channel: "store", id: "f-" });
  await cost("discounts", 25_000_000);
  await cost("advertising", 30_000_000, "mini-program");
  await cost("service", 6_000_000, "store");
  await cost("correction", -1_000_000, "store");

  const all = await kpis("margin=60");
  const again = 565 + 217 + 87 + 1;
  expect(again).toBe(870);
  expect(all.rows).toHaveLength(1);
  const revenue = 5_800 * 56_000 + (again + 100) * 10_000;
  expect(all.rows[0]).toMatchObject({
    customers: 5_800,
    cost: 60_000_000,
    acquisitionCost: 10_344.8276,
    matured: 5_800,
    repurchaseRate: 15,
    orders: 5_800 + again + 100,
    revenue,
    historicalValue: Math.round(((0.6 * revenue) / 5_800) * 10_000) / 10_000,
    // Nobody is two periods of 90 days old.
    observed: 0,
    retention: null,
    lifetimeValue: null,
  });
  expect(codesOf(all)).toEqual(["costs_entered_only", "few_customers"]);

  const byChannel = await kpis("by=channel");
  expect(
    byChannel.rows.map(({ channel, customers, cost: spent, acquisitionCost }: Record<string, unknown>) => [
      channel,
      customers,
      spent,
      acquisitionCost,
    ]),
  ).toEqual([
    ["marketplace", 1_450, 0, 0],
    ["mini-program", 3_770, 30_000_000, 7_957.5597],
    ["store", 580, 5_000_000, 8_620.6897],
    [null, 0, 25_000_000, null],
  ]);
  expect(codesOf(byChannel)).toContain("costs_without_channel");
  expect(codesOf(byChannel)).toContain("margin_unknown");
  const both = await kpis("by=channel_and_cohort");
  expect(both.rows.map(({ cohort }: { cohort: string }) => cohort)).toEqual(Array(4).fill("2026-11"));
});

test("the retention model, by periods of 30 days", async () => {
  const all = await kpis("periodDays=30&margin=50&discountRate=10");
  const [row] = all.rows;
  // All are two periods old. In the second one, from the 30th day on: 870 exactly at its beginning, 100 a second later.
  expect([row.observed, row.retention]).toEqual([5_800, Math.round((970 / 5_800) * 1_000_000) / 10_000]);
  const discount = 1.1 ** (30 / 365) - 1;
  const expected = (0.5 * 56_000 * (1 + discount)) / (1 + discount - 970 / 5_800);
  expect(row.lifetimeValue).toBeCloseTo(expected, 3);
  expect(codesOf(all)).toEqual(["costs_entered_only"]);
});

test("asks for a modest period", async () => {
  const answer = await api.rest(
    "GET",
    "/v1/customer-kpis?currency=CNY&from=2026-11-01T00:00:00Z&to=2026-11-01T00:00:00Z",
  );
  expect(faultOf(answer)).toBe("400 invalid-request /to out_of_range");
});
