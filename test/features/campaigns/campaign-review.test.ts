/** What became of a campaign and why, concluded from figures worked out by hand; and what is found of it later. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { attainmentOf, figuresOf } from "../../../src/features/campaigns/campaign-board.ts";
import { reviewRows } from "../../../src/features/campaigns/campaign-review.ts";
import { nothing } from "../../../src/features/campaigns/campaign-sale.ts";
import type { CampaignGoal } from "../../../src/features/campaigns/campaign-schemas.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";

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

const window = { startsAt: "2026-11-01T00:00:00Z", endsAt: "2026-11-11T00:00:00Z" };
const goals: CampaignGoal[] = [
  { metric: "gmv", target: 1_000_000, currency: "CNY" },
  { metric: "roi", target: 3, currency: "CNY" },
  { metric: "conversion", target: 0.1 },
  { metric: "orders", target: 200 },
];

test("each missed goal is told with its gap, and with causes that name the figures they follow from", () => {
  // 200 orders of 4,000 are 800,000, of which 100,000 came back: 700,000. Cost 175,000 + 105,000 = 280,000, ROI 1.5.
  const sales = {
    ...nothing,
    orders: 200,
    revenue: 800_000,
    refunded: 100_000,
    discount: 175_000,
    newCustomers: 60,
  };
  const whole = figuresOf({ sales, visits: 4_000, otherCosts: 105_000, allOrders: 200 });
  const web = figuresOf({
    sales: { ...sales, orders: 40 },
    visits: 2_000,
    otherCosts: 105_000,
    allOrders: 40,
  });
  const now = Date.parse(window.endsAt);
  const basis = {
    figures: whole,
    goals: goals.map((goal) => attainmentOf(goal, window, whole, now)),
    channels: [{ channel: "web", ...web }],
    promotions: [
      {
        promotion: "bag",
        name: null,
        status: "active" as const,
        orders: 10,
        gmv: 0,
        discountCost: 0,
        usesLeft: 0,
        budget: null,
        budgetLeft: null,
        lastSoldAt: "2026-11-03T09:15:00.000Z",
        givesAway: false,
        hasUnknownCost: false,
      },
    ],
    elements: [{ name: "advertising", planned: 100_000, spent: 105_000 }],
    uncostedSkus: [],
  };
  const fiveWhys = [
    { metric: "roi" as const, problem: "Dear", whys: ["Why?"], action: "Ask for three offers" },
  ];
  const rows = reviewRows(basis, { fiveWhys });
  const told = rows.map(({ metric, actual, gap, causes, action }) => [
    metric,
    actual,
    gap,
    causes.map(({ code }) => code).join(" "),
    action,
  ]);
  expect(told).toEqual([
    [
      "gmv",
      700_000,
      -300_000,
      "promotion_exhausted channel_conversion_low many_returns",
      "Plan larger budgets and stocks, or smaller benefits, and watch the alert at 80 %.",
    ],
    [
      "roi",
      1.5,
      -1.5,
      "cost_share_above_goal element_over_plan channel_below_goal many_returns",
      "Ask for three offers",
    ],
    [
      "conversion",
      0.05,
      -0.05,
      "channel_conversion_low promotion_exhausted",
      "Look at the channel's page and offer; move its money to those that convert.",
    ],
    ["orders", 200, 0, "", "Reached: write down what made it work."],
  ]);
  const evidence = Object.fromEntries(
    rows.flatMap(({ causes }) => causes.map((one) => [one.code, one.evidence])),
  );
  // 1 : 3 leaves a quarter of GMV for costs; it cost 280,000 of 700,000.
  expect(evidence.cost_share_above_goal).toMatchObject({ share: 0.4, allowed: 0.25 });
  expect(evidence.promotion_exhausted).toMatchObject({
    promotion: "bag",
    lastSoldAt: "2026-11-03T09:15:00.000Z",
  });
  expect(evidence.many_returns).toEqual({ refunded: 100_000, share: 0.125 });
  expect(evidence.channel_conversion_low).toEqual({
    channel: "web",
    visits: 2_000,
    conversion: 0.02,
    reference: 0.1,
  });
  expect(evidence.element_over_plan).toEqual({ element: "advertising", planned: 100_000, spent: 105_000 });
});

test("where conversion was as wanted, visits were too few, and it is told how many were needed", () => {
  const figures = figuresOf({
    sales: { ...nothing, orders: 100, revenue: 500_000 },
    visits: 1_000,
    otherCosts: 0,
    allOrders: 100,
  });
  const basis = {
    figures,
    goals: goals.map((goal) => attainmentOf(goal, window, figures, Date.parse(window.endsAt))),
    channels: [],
    promotions: [],
    elements: [],
    uncostedSkus: [],
  };
  // 1,000,000 ÷ 5,000 an order ÷ 0.1
  expect(reviewRows(basis, { fiveWhys: [] })[0]?.causes).toEqual([
    expect.objectContaining({
      code: "few_visits",
      evidence: { visits: 1_000, needed: 2_000, conversion: 0.1 },
    }),
  ]);
});

const write = (key: string, body: object, ifMatch = "*") =>
  api.rest("PUT", `/v1/campaigns/${key}/review`, { body, headers: { "if-match": ifMatch } });

test("knowledge is found by English words in any form, by Chinese ones of any length, and by both", async () => {
  for (const key of ["eleven", "clearance"])
    await api.rest("POST", "/v1/campaigns", {
      body: {
        key,
        name: `Named ${key === "eleven" ? "twenty" : "thirty"}`,
        ...window,
        goals: [{ metric: "orders", target: 10 }],
      },
    });
  const eleven = {
    type: "launch",
    audience: "一年内买过护肤品的会员",
    strategy: "双十一定金膨胀: a deposit of 50 worth 100",
    successFactors: ["Posters shared by members"],
    risks: ["赠品断货"],
  };
  const fiveWhys = [{ problem: "Parcels came late", whys: ["A strike of couriers"] }];
  const clearance = {
    type: "clearance",
    audience: "Dormant members",
    strategy: "清仓私享会",
    tags: ["slow sellers"],
  };
  expect((await write("eleven", { knowledge: eleven, fiveWhys }, '"0"')).body).toMatchObject({
    version: 1,
    isOver: true,
  });
  expect((await write("eleven", { knowledge: eleven }, '"0"')).body.code).toBe("precondition-failed");
  expect((await write("clearance", { knowledge: clearance })).status).toBe(200);
  const found = async (q: string, more = "") => {
    const { body } = await api.rest("GET", `/v1/campaign-knowledge?q=${encodeURIComponent(q)}${more}`);
    return body.items.map(({ campaign }: { campaign: string }) => campaign).sort();
  };
  expect(await found("sharing poster")).toEqual(["eleven"]);
  // By its name and key, and by its five whys.
  expect(await found("named twenty")).toEqual(["eleven"]);
  expect(await found("eleven")).toEqual(["eleven"]);
  expect(await found("courier strike")).toEqual(["eleven"]);
  expect(await found("member")).toEqual(["clearance", "eleven"]);
  expect(await found("member -dormant")).toEqual(["eleven"]);
  expect(await found("双十一")).toEqual(["eleven"]);
  expect(await found("护肤")).toEqual(["eleven"]);
  expect(await found("货")).toEqual(["eleven"]);
  expect(await found("清仓 slow")).toEqual(["clearance"]);
  expect(await found("十双")).toEqual([]);
  expect(await found("!?")).toEqual([]);
  expect(await found("member", "&type=launch")).toEqual(["eleven"]);
  const { body } = await api.rest("GET", "/v1/campaign-knowledge?limit=1");
  const next = await api.rest("GET", `/v1/campaign-knowledge?limit=1&after=${body.nextCursor}`);
  expect([body.items.length, next.body.items.length, next.body.nextCursor]).toEqual([1, 1, null]);
  expect(body.items[0].keyFigures.goals).toMatchObject([{ metric: "orders", actual: 0, percent: 0 }]);
});

test("the review is exported as a page and as a table, in which nobody's words become markup or formulas", async () => {
  const whys = ["Because | of <b>that</b>", "=1+1"];
  await write("eleven", {
    fiveWhys: [{ metric: "orders", problem: "# None", whys, action: "=HYPERLINK()" }],
  });
  const get = (accept: string) =>
    api.rest("GET", "/v1/campaigns/eleven/review/export", { headers: { accept } });
  const page = await get("text/markdown");
  expect(page.headers["content-type"]).toContain("text/markdown");
  expect(page.text).toContain("| orders | 10 | 0 | 0 % | -10 | Under 100 orders");
  expect(page.text).toContain("## Why: \\# None");
  expect(page.text).toContain("1. Because \\| of \\<b\\>that\\</b\\>");
  const table = await get("text/csv");
  expect(table.text.split("\n")[1]).toMatch(
    /^orders,10,0,0,-10,,2026-11-11T00:00:00.000Z,.*,'=HYPERLINK\(\)$/,
  );
  expect((await api.rest("GET", "/v1/campaigns/nobody/review/export")).body.code).toBe("campaign-not-found");
});
