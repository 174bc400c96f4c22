/** The planner's calculators: the handbook's worked figures, over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { calculations } from "../../src/features/planning/planning-operations.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "./api.ts";

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

async function ask(name: string, body: unknown): Promise<Answer["body"]> {
  const { status, body: json } = await api.rest("POST", `/v1/planning/${name}`, { body });
  expect(status, JSON.stringify(json)).toBe(200);
  return json;
}
const codesOf = ({ cautions }: Answer["body"]): string[] =>
  cautions.map(({ code }: { code: string }) => code);

test.each(calculations.map(({ name, formula, example }) => ({ name, formula, example })))(
  "$name tells its formula and what it was told beside the result",
  async ({ name, formula, example }) => {
    const answer = await ask(name, example);
    expect(answer.formula).toBe(formula);
    expect(answer.inputs).toMatchObject(example as object);
  },
);

test.each([
  [
    "elasticity",
    {
      points: [
        { price: 5.2e-91, units: 2.7e-99 },
        { price: 7.4e-92, units: 1.4e-119 },
      ],
    },
  ],
  ["discount-depth", { elasticity: 1000, marginKept: 0, grossMargin: 1e-305 }],
  ["significance", { control: [-4.5e-265, 1e-323], treatment: [-8e-172, -1.2e-149] }],
])("%s is not told of figures that no quotient of doubles holds", async (name, body) => {
  const answer = await api.rest("POST", `/v1/planning/${name}`, { body });
  expect([answer.status, answer.body.errors?.[0].code]).toEqual([400, "figures_out_of_range"]);
});

describe("elasticity", () => {
  const points = [10, 9, 8, 7, 6, 5].map((price, i) => ({
    price,
    units: [100, 120, 150, 200, 280, 350][i]!,
  }));

  test("of the handbook's prices is the slope at the means, with fit and number of points", async () => {
    const answer = await ask("elasticity", { points });
    // Means 7.5 and 200; sums of squares 17.5 and 47,800, of products −890.
    expect(answer.result).toEqual({
      elasticity: -1.9071,
      slope: -50.8571,
      intercept: 581.4286,
      fit: 0.9469,
      points: 6,
      meanPrice: 7.5,
      meanUnits: 200,
    });
    expect(codesOf(answer)).toEqual(["only_within_range", "few_points"]);
  });

  test("warns where the price explains little, or sales rose with it", async () => {
    const odd = [
      { price: 1, units: 5 },
      { price: 2, units: 1 },
      { price: 3, units: 9 },
      { price: 4, units: 2 },
      { price: 5, units: 8 },
    ];
    expect(codesOf(await ask("elasticity", { points: odd }))).toEqual(
      expect.arrayContaining(["poor_fit", "sales_rose_with_price"]),
    );
  });

  test.each([
    ["prices_alike", points.map((point) => ({ ...point, price: 7 }))],
    ["nothing_sold", points.map((point) => ({ ...point, units: 0 }))],
  ])("refuses points that say nothing: %s", async (code, useless) => {
    const { status, body: json } = await api.rest("POST", "/v1/planning/elasticity", {
      body: { points: useless },
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ path: "/points", code }] });
  });
});

test("goals are ranked by weight, urgency and impact; equal ones share a rank", async () => {
  const goals = [
    { name: "stock", weight: 5, urgency: 5, impact: 5 },
    { name: "sales", weight: 9, urgency: 8, impact: 9 },
    { name: "members", weight: 5, urgency: 5, impact: 5 },
  ];
  const answer = await ask("goal-priorities", { goals });
  expect(answer.result.goals).toEqual([
    { name: "sales", priority: 8.7, rank: 1 },
    { name: "stock", priority: 5, rank: 2 },
    { name: "members", priority: 5, rank: 2 },
  ]);
  expect(codesOf(answer)).toEqual(["tied"]);
});

describe("depth", () => {
  test("by the rule is 30 %, and the margin says that it loses money", async () => {
    const answer = await ask("discount-depth", { elasticity: -1.5, marginKept: 80, grossMargin: 40 });
    // A margin of 40 of 100 becomes 10: four times as much must be sold, 45 % more is expected.
    expect(answer.result).toEqual({
      ruleOfThumb: 30,
      breakEvenUplift: 300,
      expectedUplift: 45,
      profitChange: -63.75,
      mostProfitableDepth: 0,
    });
    expect(codesOf(answer)).toEqual(["loses_money"]);
  });

  test("that earns most is told where a discount pays", async () => {
    const { result, cautions } = await ask("discount-depth", {
      elasticity: -6,
      marginKept: 95,
      grossMargin: 50,
    });
    // (0.5 − 1 ÷ 6) ÷ 2; at 30 % off: 20 a unit instead of 50, 2.8 times the units.
    expect(result).toMatchObject({ ruleOfThumb: 30, mostProfitableDepth: 16.6667, profitChange: 12 });
    expect(cautions).toEqual([]);
  });

  test("at which nothing is earned has no break-even", async () => {
    const answer = await ask("discount-depth", { elasticity: -3, marginKept: 50, grossMargin: 40 });
    expect(answer.result).toMatchObject({ ruleOfThumb: 100, breakEvenUplift: null });
    expect(codesOf(answer)).toEqual(["below_cost"]);
  });
});

test.each([
  ["the handbook's own", { quarter: 4, stockTurnoverDays: 75, cash: "tight", competition: "high" }, 95],
  ["at the borders", { quarter: 2, stockTurnoverDays: 60, cash: "normal", competition: "medium" }, 35],
  ["a poor one", { quarter: 3, stockTurnoverDays: 30, cash: "normal", competition: "low" }, 10],
])("timing: %s", async (_title, body, score) => {
  const { result } = await ask("timing", body);
  expect(result.score).toBe(score);
  expect(result.parts.reduce((sum: number, { points }: { points: number }) => sum + points, 0)).toBe(score);
});

describe("a budget", () => {
  test("is worked out three ways, and capped at 120 %", async () => {
    const body = { sales: 100_000_000, costShare: 25 };
    const answer = await ask("budget", body);
    expect(answer.result).toEqual({
      fromTarget: 300_000_000,
      fromShare: 25_000_000,
      fromIncrement: null,
      incrementalSales: null,
      hardCap: 30_000_000,
    });
    expect(codesOf(answer)).toEqual(["more_than_the_sales", "increment_unknown"]);
    // 100 → 150: only the 50 count.
    const { result } = await ask("budget", { sales: 15_000, costShare: 20, salesWithout: 10_000 });
    expect(result).toMatchObject({ incrementalSales: 5_000, fromIncrement: 1_000, hardCap: 1_200 });
  });

  test("is split to the last minor unit, after the hidden costs", async () => {
    const { result } = await ask("budget-split", {
      budget: 100_007,
      hiddenCosts: [{ name: "returns", amount: 4 }],
    });
    expect(result).toMatchObject({ hidden: 4, left: 100_003 });
    const sum = (rows: { amount: number }[]) => rows.reduce((all, { amount }) => all + amount, 0);
    expect([sum(result.elements), sum(result.stages)]).toEqual([100_003, 100_003]);
    expect(result.stages.map(({ amount }: { amount: number }) => amount)).toEqual([
      40_001, 30_001, 20_001, 10_000,
    ]);
    for (const { amount, from, to } of result.elements) expect(from <= amount && amount <= to).toBe(true);
  });
});

describe("channels", () => {
  const channels = [
    { name: "feed", costPerClick: 250, conversion: 3, averageOrder: 15_000 },
    { name: "search", costPerClick: 180, conversion: 2, averageOrder: 12_000 },
    { name: "video", costPerClick: 320, conversion: 4, averageOrder: 18_000 },
    { name: "community", costPerClick: 50, conversion: 8, averageOrder: 20_000 },
  ];

  test("bring back what the formula says, and the split adds up", async () => {
    const answer = await ask("channel-returns", { budget: 1_000_000, channels });
    const rows: { roi: number; recommended: number }[] = answer.result.channels;
    expect(rows.map(({ roi }) => roi)).toEqual([1.8, 1.3333, 2.25, 32]);
    // Community has the largest share; the others get 5 % each and the rest in proportion to their returns.
    expect(rows[3]!.recommended).toBe(500_000);
    expect(rows.reduce((sum, { recommended }) => sum + recommended, 0)).toBe(1_000_000);
    expect(rows[2]!.recommended).toBeGreaterThan(rows[0]!.recommended);
    expect(answer.result.unallocated).toBe(0);
    expect(answer.cautions.find(({ code }: { code: string }) => code === "too_good").message).toContain(
      "community",
    );
  });

  test("that cost more than they bring get only what it takes to keep measuring them", async () => {
    const poor = { name: "poster", costPerClick: 500, conversion: 1, averageOrder: 10_000 };
    const answer = await ask("channel-returns", { budget: 10_000, channels: [poor, channels[0]] });
    expect(answer.result.channels.map(({ recommended }: { recommended: number }) => recommended)).toEqual([
      500, 5_000,
    ]);
    expect(answer.result.unallocated).toBe(4_500);
    expect(codesOf(answer)).toContain("below_one");
  });
});

test("a campaign's returns: on everything, on what it added, for each new customer", async () => {
  const { result } = await ask("campaign-returns", {
    revenue: 400_000,
    cost: 100_000,
    goodsCost: 160_000,
    revenueWithout: 250_000,
    newCustomers: 500,
  });
  expect(result).toEqual({
    roi: 3,
    incrementalRevenue: 150_000,
    incrementalRoi: 0.5,
    acquisitionCost: 200,
    grossMargin: 60,
    netMargin: 35,
  });
  const unsure = await ask("campaign-returns", { revenue: 100, cost: 0, orders: 99 });
  expect(unsure.result.roi).toBeNull();
  expect(codesOf(unsure)).toEqual(["margin_unknown", "increment_unknown", "few_orders"]);
});

describe("significance", () => {
  const control = [120, 115, 118, 122, 119];
  const treatment = [135, 140, 138, 142, 139];

  test("of the handbook's samples: Welch's t, its degrees of freedom, its p-value and interval", async () => {
    const { result, cautions } = await ask("significance", { control, treatment, orders: 640 });
    // Means 118.8 and 138.8. Squared deviations 1.44 + 14.44 + 0.64 + 10.24 + 0.04 = 26.8 in both samples: variances 26.8 ÷ 4 = 6.7.
    // t = 20 ÷ √(6.7 ÷ 5 + 6.7 ÷ 5) = 20 ÷ √2.68 = 12.2169; degrees of freedom 2.68² ÷ (1.34² ÷ 4 + 1.34² ÷ 4) = 8.
    // For 8 degrees, with c = 1 ÷ (1 + t² ÷ 8): p = 1 − √(1 − c) · (1 + c ÷ 2 + 3c² ÷ 8 + 5c³ ÷ 16). c = 0.0508732: p = 1.870e−6.
    const c = 1 / (1 + 400 / 2.68 / 8);
    const pValue = 1 - Math.sqrt(1 - c) * (1 + c / 2 + (3 * c ** 2) / 8 + (5 * c ** 3) / 16);
    expect(result.pValue).toBeCloseTo(pValue, 9);
    // Tables: the 97.5 % point of t with 8 degrees is 2.3060; 2.306004 · √2.68 = 3.7751.
    expect(result).toEqual({
      verdict: "higher",
      controlMean: 118.8,
      treatmentMean: 138.8,
      difference: 20,
      uplift: 16.835,
      t: 12.2169,
      degreesOfFreedom: 8,
      pValue: 0.00000187,
      level: 0.05,
      interval: [16.2249, 23.7751],
    });
    expect(cautions).toEqual([]);
  });

  test("samples of different size and spread have fewer degrees of freedom than figures", async () => {
    // Means 2 and 6, variances 1 and 80 ÷ 3: error² 1 ÷ 3 + 20 ÷ 3 = 7, t = 4 ÷ √7; 49 ÷ (1 ÷ 18 + 400 ÷ 27) = 3.2951.
    const { result } = await ask("significance", {
      control: [1, 2, 3],
      treatment: [0, 4, 8, 12],
      orders: 100,
    });
    expect(result).toMatchObject({ t: 1.5119, degreesOfFreedom: 3.2951, verdict: "no_difference" });
  });

  test("has no verdict under 100 orders, nor where nothing varies", async () => {
    const few = await ask("significance", { control, treatment, orders: 99 });
    expect(few.result).toMatchObject({ verdict: "withheld", t: 12.2169 });
    expect(codesOf(few)).toEqual(["few_orders"]);
    expect((await ask("significance", { control, treatment })).result.verdict).toBe("withheld");
    const flat = await ask("significance", { control: [5, 5], treatment: [7, 7], orders: 500 });
    expect(flat.result).toMatchObject({ verdict: "withheld", t: null, pValue: null, interval: null });
    expect(codesOf(flat)).toEqual(["nothing_varies"]);
  });

  test("is stricter the more often somebody looked", async () => {
    const samples = { control: [9, 10, 11, 10, 9], treatment: [11, 12, 10, 11, 12], orders: 500 };
    const once = await ask("significance", samples);
    const often = await ask("significance", { ...samples, looks: 20 });
    expect(once.result.verdict).toBe("higher");
    expect(often.result).toMatchObject({ verdict: "no_difference", level: 0.0025 });
    expect(codesOf(often)).toEqual(["looked_before"]);
  });
});
