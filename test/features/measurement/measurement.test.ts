/**
 * What a campaign added, on figures that can be followed by hand: sixty customers whom chance gives the campaign pay 12,000 or
 * 14,000 in turn, sixty who are held out 9,000 or 11,000.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { pointOf } from "../../../src/engine/assignment.ts";
import { whileMeasuring } from "../../../src/features/measurement/measuring-service.ts";
import type { Connection } from "../../../src/platform/database.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";

let database: TestDatabase;
let api: Api;

const hour = 3_600_000;
const everybody = Array.from({ length: 400 }, (_, number) => `m-${number}`);
const isHeldOut = (id: string) => pointOf("holdout", "autumn", id) < 50;
const treated = everybody.filter((id) => !isHeldOut(id)).slice(0, 60);
const held = everybody.filter(isHeldOut).slice(0, 60);
const amounts = { treatment: [12_000, 14_000], holdout: [9_000, 11_000] };

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
async function send(method: "GET" | "POST" | "PUT", url: string, body?: unknown): Promise<any> {
  const answer = await api.rest(method, url, { body });
  expect(answer.status, `${url} ${answer.text}`).toBeLessThan(300);
  return answer.body;
}
const measured = () => send("GET", "/v1/campaigns/autumn/measurement");
const codesOf = ({ cautions }: { cautions: { code: string }[] }) => cautions.map(({ code }) => code);

const order = (customer: string | undefined, total: number, placedAt: string, quantity = 1) => ({
  externalId: `O-${customer}-${placedAt}`,
  version: 1,
  status: "paid",
  currency: "CNY",
  placedAt,
  ...(customer !== undefined && { customer }),
  lines: [{ id: "1", sku: "TEA", quantity, unitPrice: total, total }],
  total,
});

async function push(orders: readonly object[]): Promise<void> {
  const { statusCode, body } = await api.app.inject({
    method: "POST",
    url: "/v1/orders/bulk",
    headers: { authorization: `Bearer ${api.project.keys.erp}`, "content-type": "application/x-ndjson" },
    payload: orders.map((one) => JSON.stringify(one)).join("\n"),
  });
  expect(statusCode, body).toBe(200);
  expect(body).not.toContain("problem");
}

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  await send("POST", "/v1/campaigns", {
    key: "autumn",
    name: "Autumn",
    startsAt: "2026-11-03T00:00:00Z",
    endsAt: "2026-11-14T00:00:00Z",
    holdout: { percent: 50 },
    budget: { currency: "CNY", amount: 100_000 },
  });
  await send("POST", "/v1/campaigns/autumn/costs", {
    id: "flyers",
    element: "advertising",
    amount: 3_000,
    currency: "CNY",
    at: "2026-11-05T00:00:00Z",
  });
  const { id } = await send("POST", "/v1/promotions", {
    key: "autumn-10",
    campaign: "autumn",
    trigger: { type: "automatic" },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }],
  });
  await send("POST", `/v1/promotions/${id}/activate`);
  const carts = [...treated, ...held].map((customer, i) => ({
    currency: "CNY",
    channel: i % 60 < 10 ? "app" : "web",
    customer: { id: customer },
    lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 13_000 }],
  }));
  for (const evaluations of [carts.slice(0, 60), carts.slice(60)])
    await send("POST", "/v1/evaluations/batch", { evaluations });
  await vi.waitFor(
    async () => {
      const { rows } = await database.pool.query("select count(*)::int as count from exposures");
      expect(rows).toEqual([{ count: 120 }]);
    },
    { timeout: 20_000, interval: 100 },
  );
});
afterAll(async () => {
  await api.close();
  await database.close();
});

test("under 100 orders there is no verdict, and that is said", async () => {
  // The first two redeem: a discount of 1,000 each on goods that cost 5,000.
  for (const [i, unitPrice] of [13_000, 15_000].entries()) {
    const { quote } = await send("POST", "/v1/redemptions", {
      mode: "commit",
      orderRef: `R-${i}`,
      currency: "CNY",
      channel: "app",
      customer: { id: treated[i] },
      lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice, unitCost: 5_000 }],
    });
    expect(quote.total).toBe(amounts.treatment[i]);
  }
  // The books go by the database's clock.
  await database.pool.query("update redemptions set committed_at = '2026-11-11T00:10:00Z'");
  const at = "2026-11-11T00:10:00Z";
  await push(treated.slice(2, 51).map((id, i) => order(id, amounts.treatment[i % 2]!, at, 2)));
  await push(held.slice(0, 48).map((id, i) => order(id, amounts.holdout[i % 2]!, at)));
  api.clock.advance(12 * hour);
  const few = await measured();
  expect(few.comparison).toMatchObject({
    verdict: "withheld",
    orders: 99,
    arm: "treatment",
    against: "holdout",
  });
  expect(codesOf(few)).toEqual(expect.arrayContaining(["few_orders", "still_running"]));
  await push([
    ...treated.slice(51).map((id, i) => order(id, amounts.treatment[(i + 1) % 2]!, at, 2)),
    ...held.slice(48).map((id, i) => order(id, amounts.holdout[i % 2]!, at)),
  ]);
});

test("what it added is the difference of the arms, with Welch's test on revenue per customer", async () => {
  const answer = await vi.waitFor(
    async () => {
      const body = await measured();
      // Told by events, a moment later.
      expect(body.returns.revenue).toBe(26_000);
      return body;
    },
    { timeout: 20_000, interval: 100 },
  );
  expect(answer.arms).toEqual([
    expect.objectContaining({ arm: "holdout", customers: 60, buyers: 60, orders: 60, revenue: 600_000 }),
    expect.objectContaining({ arm: "treatment", customers: 60, buyers: 60, orders: 60, revenue: 780_000 }),
  ]);
  // Each figure lies 1,000 from its mean: variances 60 ÷ 59 · 1,000² = 1,016,949.15; t = 3,000 ÷ √(2 · 1,016,949.15 ÷ 60).
  expect(answer.comparison).toMatchObject({
    verdict: "higher",
    orders: 120,
    difference: 3_000,
    uplift: 30,
    t: 16.2942,
    degreesOfFreedom: 118,
    level: 0.025,
    incremental: { revenue: 180_000, orders: 0, newCustomers: 0 },
  });
  // The 98.75 % point of t with 118 degrees is 2.27036; by 184.1149: 418.0077.
  expect(answer.comparison.interval).toEqual([expect.closeTo(2_581.9923, 1), expect.closeTo(3_418.0077, 1)]);
  // Costs 2 · 1,000 + 3,000 = 5,000; goods 10,000; (26,000 − 5,000) ÷ 5,000; (180,000 − 5,000) ÷ 5,000; 5,000 ÷ 2;
  // (26,000 − 10,000 − 3,000) ÷ 26,000: of what was paid the discounts are off already.
  expect(answer.returns).toEqual({
    revenue: 26_000,
    cost: 5_000,
    roi: 4.2,
    incrementalRevenue: 180_000,
    incrementalRoi: 35,
    acquisitionCost: 2_500,
    grossMargin: 61.5385,
    netMargin: 50,
  });
  expect(answer.dip).toBeNull();
  expect(answer.skus).toEqual([
    // 58 orders of two units and 2 of one.
    { sku: "TEA", treatment: 1_967, holdout: 1_000, incrementalUnits: 58 },
  ]);
  expect(
    answer.channels.map((group: { name: string; comparison: { orders: number } }) => [
      group.name,
      group.comparison.orders,
    ]),
  ).toEqual([
    ["app", 20],
    ["web", 100],
  ]);
  // Two groups: each has half of the level; the smaller one is too small for a verdict.
  expect(answer.channels[0].comparison).toMatchObject({ level: 0.0125, verdict: "withheld" });
  expect(answer.channels[1].comparison).toMatchObject({ level: 0.0125, verdict: "higher" });
});

test("each day of looking makes the level stricter, and is said", async () => {
  await measured();
  api.clock.advance(24 * hour);
  const answer = await measured();
  // 0.05 ÷ (2 · 3).
  expect(answer.looks).toEqual({ days: 2, level: 0.008333 });
  expect(answer.comparison.level).toBe(0.008333);
  expect(codesOf(answer)).toContain("looked_before");
});

test("once it is over: who bought again, what was only bought ahead, the segments, and the year before", async () => {
  const later = "2026-11-20T00:00:00Z";
  await push([
    ...treated.slice(2, 4).map((id) => order(id, 3_000, later)),
    ...held.slice(0, 4).map((id) => order(id, 3_000, later)),
    order(undefined, 50_000, "2025-11-10T00:00:00Z"),
  ]);
  await send("POST", "/v1/segments", { key: "fans", name: "Fans" });
  await send("POST", "/v1/segments/fans/members", { add: [...treated.slice(2, 12), ...held.slice(0, 10)] });
  api.clock.advance(40 * 24 * hour);
  const answer = await measured();
  expect(answer).toMatchObject({ isOver: true, to: "2026-11-14T00:00:00.000Z", looks: { days: 3 } });
  api.clock.advance(24 * hour);
  expect((await measured()).looks.days).toBe(3);
  expect(answer.arms.map(({ repurchase }: { repurchase: number }) => repurchase)).toEqual([6.6667, 3.3333]);
  // 6,000 ÷ 60 less 12,000 ÷ 60, over 60 customers; as many days as the campaign lasted.
  expect(answer.dip).toMatchObject({
    days: 11,
    treatment: 100,
    holdout: 200,
    difference: -100,
    revenue: -6_000,
  });
  expect(answer.comparison.difference).toBe(3_000);
  // Who is a fan now may be one because of the campaign: no verdict, and it is said.
  expect(answer.segments).toMatchObject([
    { name: "fans", comparison: { orders: 20, difference: 3_000, verdict: "withheld" } },
  ]);
  expect(codesOf(answer)).toContain("segments_of_now");
  expect(answer.lastYear).toMatchObject({
    now: { orders: 120, revenue: 1_380_000 },
    before: { from: "2025-11-03T00:00:00.000Z", orders: 1, revenue: 50_000 },
    change: 2_660,
  });
});

test("an experiment is measured arm by arm, each comparison with its part of the level", async () => {
  await database.pool.query(
    `insert into exposures (project_id, kind, name, customer_id, arm, at)
     select project_id, 'experiment', 'depth', customer_id,
            case when arm = 'holdout' then 'control' when customer_id = any ($1) then 'A' else 'B' end, at
       from exposures where kind = 'campaign'`,
    [treated.slice(0, 30)],
  );
  const answer = await send("GET", "/v1/experiments/depth/measurement?currency=CNY&to=2026-11-14T00:00:00Z");
  expect(answer.looks).toEqual({ days: 1, level: 0.0125 });
  expect(
    answer.comparisons.map(({ arm, against, difference, verdict }: Record<string, unknown>) => [
      arm,
      against,
      difference,
      verdict,
    ]),
  ).toEqual([
    ["A", "control", 3_000, "withheld"],
    ["B", "control", 3_000, "withheld"],
  ]);
  expect((await send("GET", "/v1/experiments/none/measurement?currency=CNY")).arms).toEqual([]);
});

test("where there is nothing to compare nobody has looked, and days are the project's", async () => {
  const looks = async (name: string) => {
    const { rows } = await database.pool.query(
      "select day::text from measurement_looks where name = $1 order by day",
      [name],
    );
    return rows.map(({ day }) => day);
  };
  expect(await looks("none")).toEqual([]);
  const at = new Date(api.clock.now()).toISOString().slice(0, 10);
  expect(await looks("depth")).toEqual([at]);
  const { status, text } = await api.rest("PATCH", "/v1/project/settings", {
    body: { timezone: "Pacific/Kiritimati" },
    headers: { "if-match": "*" },
  });
  expect(status, text).toBe(200);
  // 14 hours ahead: it is tomorrow there from 10:00 UTC on.
  api.clock.advance(23 * hour - (api.clock.now() % (24 * hour)));
  await send("GET", "/v1/experiments/depth/measurement?currency=CNY&to=2026-11-14T00:00:00Z");
  const tomorrow = new Date(api.clock.now() + 14 * hour).toISOString().slice(0, 10);
  expect(await looks("depth")).toEqual([at, tomorrow]);
});

test("a statement that takes longer than measuring may says what to do", async () => {
  const slow = whileMeasuring(
    database,
    api.project.id,
    "Ask for less.",
    (connection) => connection.execute("select pg_sleep(600)"),
    50,
  );
  await expect(slow).rejects.toMatchObject({
    code: "measurement-too-slow",
    message: expect.stringContaining("Ask for less."),
  });
});

test("all statements of a measurement have one deadline, and only two run at once", async () => {
  const measure = (
    work: (connection: Connection) => Promise<unknown>,
    milliseconds: number,
    patience: number,
  ) => whileMeasuring(database, api.project.id, "Ask for less.", work, milliseconds, patience);
  const nap = "select pg_sleep(0.2)";
  const naps = measure(
    async (connection) => {
      for (let i = 0; i < 10; i += 1) await connection.execute(nap);
    },
    500,
    0,
  );
  await expect(naps).rejects.toMatchObject({ code: "measurement-too-slow" });

  const ends: (() => void)[] = [];
  const running = [1, 2].map(() =>
    measure(() => new Promise<void>((resolve) => ends.push(resolve)), 60_000, 0),
  );
  await vi.waitFor(() => expect(ends).toHaveLength(2));
  await expect(measure(async () => {}, 60_000, 10)).rejects.toMatchObject({
    code: "measurement-too-slow",
    headers: { "retry-after": "10" },
  });
  const waiting = measure(async () => "done", 60_000, 60_000);
  ends[0]!();
  expect(await waiting).toBe("done");
  ends[1]!();
  await Promise.all(running);
});

test("orders are credited to the channels that touched the customer before, to the cent", async () => {
  const touch = (id: string, time: string, channel: string, who: object) => ({
    specversion: "1.0",
    id,
    source: "shop",
    type: "view",
    time,
    data: { campaign: "autumn", channel, ...who },
  });
  const [one, two] = treated as [string, string];
  await send("POST", "/v1/events/batch", {
    events: [
      touch("1", "2026-11-09T10:00:00Z", "web", { customer: one }),
      touch("2", "2026-11-10T10:00:00Z", "app", { customer: one }),
      touch("3", "2026-11-08T10:00:00Z", "wechat", { visitor: "v-1" }),
      touch("4", "2026-11-09T10:00:00Z", "web", { visitor: "v-1", customer: two }),
      touch("5", "2026-11-10T10:00:00Z", "app", { customer: two }),
      // After the order.
      touch("6", "2026-11-12T10:00:00Z", "wechat", { customer: two }),
    ],
  });
  const answer = await send("GET", "/v1/campaigns/autumn/attribution");
  // 14,000 in three: 4,666, 4,667 and 4,667.
  expect(answer).toMatchObject({ orders: 2, revenue: 26_000 });
  expect(answer.channels).toEqual([
    {
      channel: "app",
      touches: 2,
      first: { orders: 0, revenue: 0 },
      last: { orders: 2, revenue: 26_000 },
      linear: { orders: 0.8333, revenue: 10_667 },
    },
    {
      channel: "web",
      touches: 2,
      first: { orders: 1, revenue: 12_000 },
      last: { orders: 0, revenue: 0 },
      linear: { orders: 0.8333, revenue: 10_667 },
    },
    {
      channel: "wechat",
      touches: 1,
      first: { orders: 1, revenue: 14_000 },
      last: { orders: 0, revenue: 0 },
      linear: { orders: 0.3333, revenue: 4_666 },
    },
  ]);
  // Of two days before the orders, the last touch of each alone.
  const short = await send("GET", "/v1/campaigns/autumn/attribution?windowDays=1");
  expect(short.channels.map(({ channel }: { channel: string }) => channel)).toEqual(["app"]);
});

test("goods that came back are sold no more, and discounts of customers nobody knows are told of", async () => {
  const placed = order(treated[10], 0, "2026-11-11T00:10:00Z").externalId;
  await send("POST", `/v1/orders/${encodeURIComponent(placed)}/returns`, {
    lines: [{ id: "1", quantity: 1 }],
  });
  // 58 orders of two units, of which one came back, and 2 of one; 117 ÷ 60 each.
  const { skus } = await measured();
  expect(skus).toMatchObject([{ sku: "TEA", treatment: 1_950, holdout: 1_000 }]);
  expect(codesOf(await measured())).not.toContain("discounts_of_unknown_customers");
  await send("POST", "/v1/redemptions", {
    mode: "commit",
    orderRef: "R-nobody",
    currency: "CNY",
    lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 13_000 }],
  });
  const caution = await vi.waitFor(
    async () => {
      const { cautions } = await measured();
      const found = cautions.find(({ code }: { code: string }) => code === "discounts_of_unknown_customers");
      expect(found).toBeDefined();
      return found;
    },
    { timeout: 20_000, interval: 100 },
  );
  expect(caution.message).toContain("66.67 %");
});
