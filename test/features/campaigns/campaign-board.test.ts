/** The worked case X on the live board, to the cent, worked out by hand. */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attainmentOf, figuresOf } from "../../../src/features/campaigns/campaign-board.ts";
import { nothing } from "../../../src/features/campaigns/campaign-sale.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi, testClock } from "../api.ts";
import { putOrder } from "../orders-fixture.ts";
import { activePromotion, redeem } from "../redemptions/redemption-fixture.ts";

const day = 86_400_000;
const yuan = 100;
let database: TestDatabase;
let api: Api;
const sold: string[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  // Redemptions are made by the database's clock.
  api = await startApi(database, { clock: testClock(Date.now()) });
  const at = (days: number) => new Date(api.clock.now() + days * day).toISOString();
  await api.rest("POST", "/v1/campaigns", {
    body: {
      key: "double-11",
      name: "11.11",
      startsAt: at(-5),
      endsAt: at(5),
      timezone: "Asia/Shanghai",
      goals: [
        { metric: "gmv", target: 3_000_000 * yuan },
        { metric: "newCustomers", target: 10 },
        { metric: "roi", target: 3 },
        { metric: "conversion", target: 0.5 },
      ],
      budget: { currency: "CNY", amount: 600_000 * yuan },
    },
  });
  await activePromotion(api, "set-off", {
    campaign: "double-11",
    conditions: { kind: "subtotal", atLeast: { CNY: 1 } },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 50_000 * yuan } }],
    limits: { total: 10 },
    budget: { amount: { CNY: 300_000 * yuan } },
  });
  await activePromotion(api, "tote", {
    campaign: "double-11",
    benefits: [{ kind: "gift", sku: "TOTE", value: { CNY: 200 * yuan } }],
  });
  await activePromotion(api, "abroad", {
    campaign: "double-11",
    benefits: [{ kind: "amount_off", target: "order", amount: { EUR: 100 } }],
  });
  for (const [index, channel] of ["web", "web", "web", "mini", undefined].entries()) {
    const unitCost = index === 4 ? {} : { unitCost: 300_000 * yuan };
    const { status, body, text } = await redeem(api, {
      currency: "CNY",
      ...(channel !== undefined && { channel }),
      customer: { id: `c-${index}` },
      lines: [{ id: "1", sku: "SET", quantity: 1, unitPrice: 700_000 * yuan, ...unitCost }],
      orderRef: `x-${index}`,
      mode: "commit",
    });
    expect(status, text).toBe(201);
    sold.push(body.id);
  }
  const view = (id: number, channel: string) => ({
    specversion: "1.0",
    id: `v-${id}`,
    source: "/web",
    type: "view",
    time: at(0),
    data: { campaign: "double-11", channel, visitor: `v-${id}` },
  });
  const views = Array.from({ length: 20 }, (_, id) => view(id, id < 12 ? "web" : "mini"));
  await api.rest("POST", "/v1/events/batch", { body: { events: views } });
  for (const [id, element, amount, channel] of [
    ["ads", "advertising", 200_000, "web"],
    ["skin-test", "service", 50_000, undefined],
  ] as const)
    await api.rest("POST", "/v1/campaigns/double-11/costs", {
      body: { id, element, amount: amount * yuan, currency: "CNY", at: at(-1), ...(channel && { channel }) },
    });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const live = async () => (await api.rest("GET", "/v1/campaigns/double-11/live", { role: "viewer" })).body;
const untilOrders = (orders: number) =>
  expect.poll(async () => (await live()).figures.orders, { timeout: patience, interval: 50 }).toBe(orders);

test("GMV of 3,250,000 attains 108 % of 3,000,000, with its margin and what is not known of it", async () => {
  await untilOrders(5);
  const board = await live();
  expect(board.figures).toEqual({
    visits: 20,
    orders: 5,
    units: 5,
    unitsPerOrder: 1,
    gmv: 3_250_000 * yuan,
    // Four orders of five say what their goods cost: 2,600,000 paid for what cost 1,200,000.
    margin: { knownShare: 0.8, amount: 1_400_000 * yuan, grossPercent: 53.8462, netPercent: null },
    refunded: 0,
    averageOrderValue: 650_000 * yuan,
    conversion: 0.25,
    discountCost: 250_000 * yuan,
    giftCost: 0,
    uncostedGifts: 5,
    giftValue: 1_000 * yuan,
    otherCosts: 250_000 * yuan,
    cost: 500_000 * yuan,
    // (3,250,000 − 500,000) ÷ 500,000
    roi: 5.5,
    newCustomers: 5,
    winBacks: 0,
    acquisitionCost: 100_000 * yuan,
    promotedUnits: 10,
  });
  const goals = Object.fromEntries(board.goals.map((goal: { metric: string }) => [goal.metric, goal]));
  expect(goals.gmv).toMatchObject({
    percent: 108.33,
    expected: 1_500_000 * yuan,
    isOnTrack: true,
    isReached: true,
  });
  expect(goals.newCustomers).toMatchObject({
    actual: 5,
    percent: 50,
    expected: 5,
    isOnTrack: true,
    isReached: false,
  });
  expect(goals.roi).toMatchObject({ actual: 5.5, percent: 183.33, isReached: true });
  expect(goals.conversion).toMatchObject({ actual: 0.25, expected: 0.5, isOnTrack: false });
  expect((await api.rest("GET", "/v1/campaigns/double-11/attainment")).body.goals).toEqual(board.goals);
  expect(board).toMatchObject({
    currency: "CNY",
    budgetLeft: 100_000 * yuan,
    elapsed: 0.5,
    otherCurrencies: [],
  });
  expect(
    board.alerts.map(({ code, subject }: { code: string; subject: string }) => `${code} ${subject}`),
  ).toEqual([
    "conversion_low conversion",
    "budget_nearly_spent campaign",
    "promotion_budget_nearly_spent set-off",
    "cost_unknown gmv",
    "gifts_not_in_cost roi",
    "few_orders orders",
  ]);
});

test("by channel and promotion, an order counts once in the whole however many promotions applied", async () => {
  const board = await live();
  const channel = (name: string | null) =>
    board.channels.find((one: { channel: unknown }) => one.channel === name);
  // 1,950,000 less three discounts of 50,000 and 200,000 of advertising: (1,950,000 − 350,000) ÷ 350,000
  expect(channel("web")).toMatchObject({
    orders: 3,
    visits: 12,
    conversion: 0.25,
    cost: 350_000 * yuan,
    roi: 4.5714,
  });
  expect(channel("mini")).toMatchObject({ orders: 1, visits: 8, otherCosts: 0, roi: 12 });
  expect(channel(null)).toMatchObject({
    orders: 1,
    visits: 0,
    conversion: null,
    margin: { knownShare: 0, amount: null },
  });
  const half = { orders: 5, gmv: 3_250_000 * yuan, status: "active" };
  expect(board.promotions.filter(({ orders }: { orders: number }) => orders > 0)).toEqual([
    expect.objectContaining({
      ...half,
      promotion: "set-off",
      discountCost: 250_000 * yuan,
      usesLeft: 5,
      budgetLeft: 50_000 * yuan,
    }),
    expect.objectContaining({
      ...half,
      promotion: "tote",
      discountCost: 0,
      usesLeft: null,
      budget: null,
      budgetLeft: null,
    }),
  ]);
  const total = (name: string) =>
    board.timeline.reduce((sum: number, point: Record<string, number>) => sum + point[name]!, 0);
  expect([total("orders"), total("gmv"), total("visits")]).toEqual([5, 3_250_000 * yuan, 20]);
  // Days of the campaign's zone begin at 16:00 UTC.
  for (const { from } of board.timeline) expect(from).toMatch(/T16:00:00\.000Z$/);
});

test(
  "who watches the stream is shown the board at once, and again when something is sold",
  async () => {
    if (!api.app.server.listening) await api.app.listen({ host: "127.0.0.1", port: 0 });
    const request = get({
      port: (api.app.server.address() as AddressInfo).port,
      path: "/v1/campaigns/double-11/live/stream",
      headers: { authorization: `Bearer ${api.project.keys.viewer}` },
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.headers["content-type"]).toContain("text/event-stream");
    const orders: number[] = [];
    let text = "";
    for await (const piece of response.setEncoding("utf8")) {
      text += piece;
      const boards = [...text.matchAll(/^event: board\ndata: (.*)\n\n/gm)].map(([, data]) =>
        JSON.parse(data!),
      );
      if (boards.length === 1 && orders.length === 0)
        await redeem(api, {
          currency: "EUR",
          customer: { id: "c-9" },
          lines: [{ id: "1", sku: "SET", quantity: 2, unitPrice: 1_000 }],
          orderRef: "x-9",
          mode: "commit",
        });
      orders.splice(
        0,
        orders.length,
        ...boards.map(({ otherCurrencies }) => otherCurrencies[0]?.orders ?? 0),
      );
      if (orders.length === 2) break;
    }
    // Another currency is shown beside, and in no figure.
    expect(orders).toEqual([0, 1]);
    // What it is paid in is no matter where visits that became orders are counted.
    expect((await live()).figures).toMatchObject({ gmv: 3_250_000 * yuan, orders: 5, conversion: 0.3 });
  },
  patience,
);

test("what comes back is taken off where it was sold, and an order is what the ERP says it is", async () => {
  await api.rest("POST", `/v1/redemptions/${sold[0]}/returns`, {
    body: { lines: [{ id: "1", quantity: 1 }], gifts: [{ sku: "TOTE", quantity: 1 }] },
  });
  await putOrder(api, "erp-4", {
    status: "paid",
    customer: "c-4",
    channel: "store",
    redemption: sold[4],
    lines: [{ id: "1", sku: "SET", quantity: 1, unitPrice: 640_000 * yuan, unitCost: 400_000 * yuan }],
    shipping: 0,
    total: 640_000 * yuan,
  });
  await untilOrders(4);
  const channelOf = async (name: string) =>
    (await live()).channels.find((one: { channel: string | null }) => one.channel === name);
  await expect
    .poll(async () => (await channelOf("store"))?.gmv, { timeout: patience, interval: 50 })
    .toBe(640_000 * yuan);
  const { figures } = await live();
  expect(figures).toMatchObject({
    gmv: 2_590_000 * yuan,
    refunded: 650_000 * yuan,
    discountCost: 200_000 * yuan,
    newCustomers: 4,
    // 2,590,000 − 3 × 300,000 − 400,000, and less the 250,000 that were entered.
    margin: { knownShare: 1, amount: 1_290_000 * yuan, grossPercent: 49.8069, netPercent: 40.1544 },
  });
});

test("5,800 new customers are 116 % of 5,000, and what earns 3.2 times its cost is 1 : 3.2", () => {
  const sales = { ...nothing, orders: 12_000, revenue: 420_000, newCustomers: 5_800, discount: 60_000 };
  const figures = figuresOf({ sales, visits: 0, otherCosts: 40_000, allOrders: 12_000 });
  const campaign = { startsAt: "2026-11-01T00:00:00Z", endsAt: "2026-11-11T00:00:00Z" };
  const now = Date.parse("2026-11-06T00:00:00Z");
  const goal = (metric: "newCustomers" | "roi" | "conversion", target: number) =>
    attainmentOf({ metric, target, ...(metric === "roi" && { currency: "CNY" }) }, campaign, figures, now);
  expect(goal("newCustomers", 5_000)).toMatchObject({ percent: 116, expected: 2_500, isReached: true });
  expect(goal("roi", 3)).toMatchObject({ actual: 3.2, isReached: true, isOnTrack: true });
  expect(goal("conversion", 0.1)).toMatchObject({ actual: null, percent: null, isOnTrack: null });
  expect(attainmentOf({ metric: "orders", target: 1 }, campaign, figures, now - 10 * day).isOnTrack).toBe(
    null,
  );
});
