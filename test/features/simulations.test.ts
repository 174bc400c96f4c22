import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account } from "../../src/features/simulations/order-accounting.ts";
import { type Replayer, type ReplayPlan, replayer } from "../../src/features/simulations/order-replay.ts";
import type { PastOrder, StoredRule } from "../../src/features/simulations/past-order.ts";
import { type OrderPeriod, readOrders, readRules } from "../../src/features/simulations/past-order-store.ts";
import { replayOrders } from "../../src/features/simulations/replay-service.ts";
import { newTally, tallyOf, tallyText } from "../../src/features/simulations/replay-tally.ts";
import { reportOf } from "../../src/features/simulations/simulation-report.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "./api.ts";
import { until } from "./limits-fixture.ts";
import { faultOf, putOrder } from "./orders-fixture.ts";

const isLong = process.env.LONG === "1";
const automatic = { type: "automatic" };
const tea = { skus: ["TEA"] };
const period = { from: "2026-11-01T00:00:00Z", to: "2026-11-08T00:00:00Z" };

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { jobPollMilliseconds: 50, simulationThreads: 2 });
  await live({
    key: "tea-5",
    benefits: [{ kind: "percent_off", target: "item", select: tea, percent: 5 }],
  });
  await live({ key: "all-10", benefits: [{ kind: "percent_off", target: "order", percent: 10 }] });
  await live({
    key: "with-code",
    trigger: { type: "code", code: "NOBODY" },
    benefits: [{ kind: "percent_off", target: "order", percent: 90 }],
  });
  await api.rest("POST", "/v1/segments", { body: { key: "vip" } });
  await api.rest("POST", "/v1/segments/vip/members", { body: { add: ["c-1"] } });
  await order("A", "2026-11-01T00:00:00Z", "c-1", {
    channel: "web",
    lines: [
      { id: "1", sku: "TEA", quantity: 2, unitPrice: 10_000, unitCost: 4_000, total: 19_000 },
      { id: "2", sku: "MUG", quantity: 1, unitPrice: 5_000 },
    ],
    shipping: 1_000,
  });
  await order("B", "2026-11-02T00:00:00Z", "c-2", {
    channel: "app",
    lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 10_000, unitCost: 4_000 }],
  });
  await order("C", "2026-11-03T00:00:00Z", "c-2", { status: "cancelled" });
  await order("D", "2026-11-08T00:00:00Z", "c-2");
});
afterAll(async () => {
  await api.close();
  await database.close();
});

async function live(document: object): Promise<void> {
  const { body } = await api.rest("POST", "/v1/promotions", { body: { trigger: automatic, ...document } });
  expect((await api.rest("POST", `/v1/promotions/${body.id}/activate`)).status).toBe(200);
}

async function order(id: string, placedAt: string, customer: string, fields: object = {}): Promise<void> {
  const { status, text } = await putOrder(api, id, { placedAt, customer, store: "s-1", ...fields });
  expect(status, text).toBe(200);
}

const teaHalf = {
  key: "tea-half",
  trigger: { type: "code", code: "HALF" },
  benefits: [{ kind: "percent_off", target: "item", select: tea, percent: 50 }],
  budget: { amount: { CNY: 14_999 } },
  limits: { total: 2 },
};

const begin = (body: object) =>
  api.rest("POST", "/v1/simulations", { body: { promotions: [teaHalf], ...period, ...body } });

async function over({ status, text, body }: Answer): Promise<Answer["body"]> {
  expect(status, text).toBe(202);
  let last = body;
  await until(async () => {
    last = (await api.rest("GET", `/v1/simulations/${body.id}`)).body;
    return ["succeeded", "failed", "cancelled"].includes(last.state);
  });
  return last;
}

test("a back-test says what drafts cost, whom they crowd out and what they leave, to the cent", async () => {
  const { state, done, total, report } = await over(await begin({ elasticity: -2 }));
  expect([state, done, total]).toEqual(["succeeded", 2, 2]);
  const [result] = report.results;
  // Of A: 200.00 + 50.00 of goods; of B 100.00.
  // Before: A 10.00 off tea, then 24.00 of 240.00; B 5.00, then 9.50 of 95.00.
  // With the draft: A 100.00 off tea, then 15.00 of 150.00; B 50.00, then 5.00 of 50.00.
  expect(result).toMatchObject({
    currency: "CNY",
    orders: 2,
    affectedOrders: 2,
    changedOrders: 2,
    units: 4,
    subtotal: 35_000,
    recordedRevenue: 19_000 + 5_000 + 10_000,
    // 300.00 of 350.00 is tea, whose cost is known.
    costKnownShare: 0.8571,
    baseline: { revenue: 21_600 + 8_550, discount: 3_400 + 1_450, shippingDiscount: 0, gifts: 0, points: 0 },
    scenario: { revenue: 13_500 + 4_500, discount: 11_500 + 5_500 },
    difference: { revenue: 18_000 - 30_150, discount: 17_000 - 4_850 },
    cannibalised: [
      { promotion: "tea-5", displaced: 2, lessened: 0, lost: 1_500 },
      { promotion: "all-10", displaced: 0, lessened: 2, lost: 900 + 450 },
    ],
  });
  // Of tea: A 171.00 before and 90.00 after, B 85.50 and 45.00; each unit costs 40.00.
  expect([result.baseline.margin, result.scenario.margin]).toEqual([9_100 + 4_550, 1_000 + 500]);
  expect(result.promotions[0]).toEqual({
    promotion: "tea-half",
    isDraft: true,
    baseline: { orders: 0, redemptions: 0, cost: 0 },
    scenario: { orders: 2, redemptions: 2, cost: 15_000 },
    // 150.00 of 149.99; two orders of two.
    beyond: ["budget"],
    ordersInForce: 2,
  });
  // Tea costs 81/171 less, so 1 + 2 × 81/171 = 1.947368… times as much is sold; mugs cost what they did.
  expect(result.assumed).toEqual({
    units: 3.895 + 1 + 1.947,
    revenue: 17_526 + 4_500 + 8_763,
    discount: 21_421 + 500 + 10_711,
    margin: 1_947 + 974,
  });
  expect(result.skus.losers).toEqual([]);
  expect(result.skus.winners).toEqual([
    {
      name: "TEA",
      orders: 2,
      units: 3,
      assumedUnits: 5.842,
      baseline: { revenue: 25_650, discount: 4_350, margin: 13_650 },
      scenario: { revenue: 26_289, discount: 32_132, margin: 2_921 },
      change: 639,
    },
  ]);
  expect(result.segments.winners).toMatchObject([{ name: "vip", orders: 1, change: 17_526 - 17_100 }]);
  const codes = (notes: { code: string }[]) => notes.map(({ code }) => code);
  expect(codes(report.assumptions)).toEqual(
    expect.arrayContaining(["baseline_by_live_rules", "everybody_has_the_codes", "volume_by_elasticity"]),
  );
  expect(codes(report.cautions)).toEqual(["cost_not_known_of_all"]);
});

/** The same without threads and jobs. */
async function replayedHere(plan: Partial<ReplayPlan>, channel: string | null = null) {
  const { rules, settings } = await inForce();
  const engine = replayer(rules, {
    drafts: [teaHalf],
    only: false,
    codes: "everybody",
    shiftDays: 0,
    elasticity: null,
    settings,
    ...plan,
  });
  const tally = newTally();
  for (const past of await pastOrders(engine, { ...period, channel })) account(tally, engine, past);
  return reportOf(tallyOf(tallyText(tally)), engine, 10);
}

async function inForce() {
  const { rows } = await database.pool.query("select revision from projects where id = $1", [api.project.id]);
  const rules = await readRules(database.of(api.project.id), api.project.id, Number(rows[0].revision));
  const { settings } = (await api.rest("GET", "/v1/project")).body;
  return { rules: JSON.parse(rules) as StoredRule[], settings: settings as ReplayPlan["settings"] };
}

async function pastOrders({ needs }: Replayer, within: OrderPeriod): Promise<PastOrder[]> {
  const connection = database.of(api.project.id);
  const batch = await readOrders(connection, api.project.id, within, { after: null, limit: 100, needs });
  return JSON.parse(batch!.orders) as PastOrder[];
}

test("drafts alone, a channel, nobody with a code and a shift in time change what is replayed", async () => {
  const alone = await replayedHere({ only: true }, "web");
  expect(alone.results[0]).toMatchObject({
    orders: 1,
    baseline: { revenue: 21_600 },
    scenario: { revenue: 15_000, discount: 10_000 },
    cannibalised: [],
    assumed: null,
  });
  const schedule = { startsAt: "2027-11-01T00:00:00Z", endsAt: "2027-11-02T00:00:00Z" };
  const later = { ...teaHalf, schedule };
  const now = await replayedHere({ drafts: [later] });
  expect(now.results[0]).toMatchObject({ affectedOrders: 0, changedOrders: 0 });
  expect(now.cautions).toMatchObject([{ code: "drafts_not_in_force" }, { code: "cost_not_known_of_all" }]);
  // Moved by a year, the first of the two orders is placed while the draft is in force.
  const shifted = await replayedHere({ drafts: [later], shiftDays: 365 });
  expect(shifted.results[0]!.promotions[0]).toMatchObject({ ordersInForce: 1, scenario: { orders: 1 } });
  const nobody = await replayedHere({ codes: "nobody" });
  expect(nobody.results[0]).toMatchObject({ affectedOrders: 0, changedOrders: 0 });
});

test("gifts and services of a draft cost what it says of the currency, and those of which it does not are told", async () => {
  const gifts = (...benefits: object[]) => ({ key: "gifts", trigger: automatic, benefits });
  const bag = { kind: "gift", sku: "BAG", quantity: 2, value: { CNY: 500 } };
  const engraving = { kind: "service", name: "engraving" };
  const costs = async (...benefits: object[]) => {
    const { results, cautions } = await replayedHere({ drafts: [gifts(...benefits)] });
    const { baseline, scenario } = results[0]!;
    expect([baseline.gifts, baseline.giftCost, baseline.uncostedGifts]).toEqual([0, 0, 0]);
    const told = cautions.find(({ code }) => code === "gifts_not_in_cost")?.message ?? "";
    return [scenario.giftCost, scenario.uncostedGifts, /: (.*?)\. What/.exec(told)?.[1] ?? null];
  };
  // In each of the two orders two bags and one service.
  expect(await costs({ ...bag, unitCost: { CNY: 311 } }, { ...engraving, unitCost: { CNY: 70 } })).toEqual([
    2 * (2 * 311 + 70),
    0,
    null,
  ]);
  expect(await costs({ ...bag, unitCost: { EUR: 40 } }, { ...engraving, unitCost: { CNY: 70 } })).toEqual([
    2 * 70,
    2 * 2,
    "BAG",
  ]);
});

test("a replay that is cut off goes on where it was, and comes to the same", async () => {
  const { items } = (await api.rest("GET", "/v1/simulations", { role: "viewer" })).body;
  expect(items).toMatchObject([{ state: "succeeded" }]);
  const [{ id }] = items;
  const { report } = (await api.rest("GET", `/v1/simulations/${id}`)).body;
  // As if nobody had done it yet.
  await database.pool.query("update simulations set report = null where id = $1", [id]);
  let reached = 0;
  const attempt = (stop: AbortController) =>
    replayOrders(
      { database, threads: 1, ordersPerBatch: 1, ordersPerCheckpoint: 1 },
      {
        projectId: api.project.id,
        id: "job_test",
        input: { simulation: id },
        done: reached,
        signal: stop.signal,
        async advance(_, done) {
          reached = done;
          if (done === 1) stop.abort();
        },
      },
    );
  await attempt(new AbortController());
  expect(reached).toBe(1);
  // Whoever began anew would miss it.
  await database.pool.query("delete from orders where external_id = 'A'");
  await attempt(new AbortController());
  expect(reached).toBe(2);
  const { body } = await api.rest("GET", `/v1/simulations/${id}`);
  expect(body.report).toEqual(report);
});

test("a simulation is stopped by its job, deleted once it is over, and refused where it cannot be", async () => {
  const running = await begin({ name: "to be stopped" });
  expect(faultOf(await api.rest("DELETE", `/v1/simulations/${running.body.id}`))).toBe(
    "409 simulation-running",
  );
  const second = await begin({});
  expect(faultOf(await begin({}))).toBe("409 too-many-simulations");
  for (const { body } of [running, second])
    expect((await api.rest("POST", `/v1/jobs/${body.job}/cancel`)).status).toBe(200);
  expect(await over(running)).toMatchObject({ state: "cancelled", report: null, name: "to be stopped" });
  await over(second);
  expect((await api.rest("DELETE", `/v1/simulations/${running.body.id}`)).status).toBe(200);
  expect(faultOf(await api.rest("GET", `/v1/simulations/${running.body.id}`))).toBe(
    "404 simulation-not-found",
  );
  const { from, to } = period;
  expect(faultOf(await begin({ from: to, to: from }))).toBe("400 invalid-request /to period_empty");
  expect(faultOf(await begin({ promotions: [teaHalf, teaHalf] }))).toBe(
    "400 invalid-promotion /promotions/1/key duplicate_key",
  );
});

// Orders of made-up customers, and drafts that ask for all that is known of an order.
const line = fc.record({
  sku: fc.constantFrom("TEA", "MUG", "POT"),
  quantity: fc.integer({ min: 1, max: 4 }),
  unitPrice: fc.integer({ min: 1, max: 9_999 }),
});
const pastOrder = fc.record({
  customer: fc.option(fc.constantFrom("p", "q"), { nil: undefined }),
  channel: fc.constantFrom("web", "app"),
  shipping: fc.constantFrom<number>(0, 700),
  lines: fc.array(line, { minLength: 1, maxLength: 3 }),
});
const percent = fc.integer({ min: 1, max: 99 });
const condition = fc.constantFrom(
  undefined,
  { kind: "first_order" },
  { kind: "order_count", atLeast: 1, atMost: 2 },
  { kind: "days_since_order", atMost: 1 },
  { kind: "order_amount", withinDays: 2, atLeast: { CNY: 9_000 } },
  { kind: "segment", in: ["vip"] },
  { kind: "channel", in: ["app"] },
  { kind: "subtotal", atLeast: { CNY: 8_000 } },
);
const benefit = fc.oneof(
  percent.map((off) => ({ kind: "percent_off", target: "item", select: tea, percent: off })),
  percent.map((off) => ({ kind: "percent_off", target: "order", percent: off })),
  percent.map((off) => ({ kind: "nth_unit", n: 2, percent: off })),
  fc.constant({ kind: "free_shipping" }),
  fc.constant({ kind: "gift", sku: "BAG", value: { CNY: 500 } }),
);
const drafts = fc.array(fc.record({ benefits: fc.tuple(benefit), conditions: condition }), {
  minLength: 1,
  maxLength: 4,
});

test("a replayed order is priced as POST /v1/evaluations prices its cart with the drafts", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(pastOrder, { minLength: 1, maxLength: 4 }),
      drafts,
      fc.boolean(),
      async (past, made, only) => {
        run += 1;
        const start = Date.parse("2026-01-01T00:00:00Z") + run * 86_400_000;
        const at = (index: number) => new Date(start + index * 3_600_000).toISOString();
        const named = (customer: string | undefined) =>
          customer === undefined ? undefined : `${customer}-${run}`;
        const documents = past.map(({ customer: _, lines, ...fields }, index) => {
          const id = named(past[index]!.customer);
          const total = lines.reduce(
            (sum, { quantity, unitPrice }) => sum + quantity * unitPrice,
            fields.shipping,
          );
          return {
            externalId: `P-${run}-${index}`,
            version: 1,
            status: "paid",
            currency: "CNY",
            placedAt: at(index),
            ...fields,
            ...(id !== undefined && { customer: id }),
            lines: lines.map((goods, place) => ({ ...goods, id: String(place) })),
            total,
          };
        });
        await api.rest("POST", "/v1/segments/vip/members", { body: { add: [`p-${run}`] } });
        const promotions = made.map(({ conditions, ...rest }, index) => ({
          key: `draft-${index}`,
          trigger: automatic,
          ...rest,
          ...(conditions !== undefined && { conditions }),
        }));
        // Each cart is priced before its order is told of: so its history is that of the time.
        const quotes: Answer["body"][] = [];
        for (const { externalId, customer, shipping, placedAt, lines, ...document } of documents) {
          const { status, body } = await api.rest("POST", "/v1/evaluations", {
            body: {
              currency: document.currency,
              channel: document.channel,
              lines,
              ...(shipping > 0 && { shipping: [{ id: "shipping", amount: shipping }] }),
              ...(customer !== undefined && { customer: { id: customer } }),
              at: placedAt,
              promotions,
              only,
            },
          });
          expect(status, JSON.stringify(body)).toBe(200);
          quotes.push(body);
          const told = {
            ...document,
            lines,
            shipping,
            placedAt,
            ...(customer !== undefined && { customer }),
          };
          const { status: stored } = await api.rest("PUT", `/v1/orders/${externalId}`, { body: told });
          expect(stored).toBe(200);
        }

        const { rules, settings } = await inForce();
        const engine = replayer(rules, {
          drafts: promotions,
          only,
          codes: "everybody",
          shiftDays: 0,
          elasticity: null,
          settings,
        });
        const orders = await pastOrders(engine, { from: at(0), to: at(24), channel: null });
        expect(orders).toHaveLength(documents.length);
        for (const [index, past] of orders.entries()) {
          const replayed = engine.replay(past);
          if (typeof replayed === "string") throw new Error(replayed);
          const quote = quotes[index];
          for (const field of ["total", "discount", "lines", "shippingLines", "rewards"] as const)
            expect(replayed.scenario[field], field).toEqual(quote[field]);
          const applied = (promotions: { promotion: string; amount: number; times: number }[]) =>
            promotions.map(({ promotion, amount, times }) => ({ promotion, amount, times }));
          expect(applied(replayed.scenario.promotions)).toEqual(applied(quote.promotions));
        }
      },
    ),
    { numRuns: isLong ? 500 : 8 },
  );
});

test("a line that was a gift of the order is none of what was bought, and is given again where it is again", async () => {
  await live({
    key: "bag-from-3",
    conditions: { kind: "quantity", atLeast: 3 },
    benefits: [{ kind: "gift", sku: "BAG" }],
  });
  const mugs = [{ id: "1", sku: "MUG", quantity: 3, unitPrice: 1_000 }];
  const redeem = (orderRef: string) =>
    api.rest("POST", "/v1/redemptions", {
      body: { currency: "CNY", lines: mugs, orderRef, mode: "commit" },
    });
  const { body } = await redeem("gift-1");
  expect(body.quote.rewards).toMatchObject([{ kind: "gift", sku: "BAG", quantity: 1 }]);
  const bag = { id: "g", sku: "BAG", quantity: 1, unitPrice: 4_000, discount: 4_000 };
  const bought = { lines: [...mugs, bag], total: 2_700, redemption: body.id };
  await order("gift-1", "2026-12-01T00:00:00Z", "c-1", bought);
  // The same without a redemption: a bag that somebody bought for nothing.
  await order("gift-2", "2026-12-02T00:00:00Z", "c-1", { ...bought, redemption: undefined });
  // One that is the same sale as a redemption by its number alone.
  await redeem("gift-3");
  await order("gift-3", "2026-12-03T00:00:00Z", "c-1", { ...bought, redemption: undefined });
  const replay = async (from: string, to: string) => {
    const { report } = await over(await begin({ from, to }));
    const { units, subtotal, recordedRevenue, baseline } = report.results[0];
    return [units, subtotal, recordedRevenue, baseline.revenue, baseline.gifts];
  };
  expect(await replay("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z")).toEqual([3, 3_000, 3_000, 2_700, 1]);
  expect(await replay("2026-12-02T00:00:00Z", "2026-12-03T00:00:00Z")).toEqual([4, 7_000, 3_000, 6_300, 1]);
  expect(await replay("2026-12-03T00:00:00Z", "2026-12-04T00:00:00Z")).toEqual([3, 3_000, 3_000, 2_700, 1]);
});
