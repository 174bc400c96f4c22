/** Rebates, worked by hand: at each edge, one under and one over it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  attainment,
  nextThreshold,
  type RebateSums,
  type RebateTerms,
  rebateLines,
  sumOf,
} from "../../src/engine/rebate.ts";
import { isAligned, rebateCalendar } from "../../src/engine/rebate-period.ts";
import { goodsTest } from "../../src/engine/selectors/selector.ts";

const sold = (amount: number, quantity = 0, more: Partial<RebateSums> = {}): RebateSums => ({
  total: { amount, quantity },
  launches: [],
  before: { amount: 0, quantity: 0 },
  ...more,
});
const reward = (terms: RebateTerms, sums: RebateSums) => sumOf(rebateLines(terms, sums));

/** 2 % from 100,000.00, 3 % from 500,000.00, 5 % from 1,000,000.00. */
const steps = [
  { from: 10_000_000, percent: 2 },
  { from: 50_000_000, percent: 3 },
  { from: 100_000_000, percent: 5 },
];
const volume: RebateTerms = { basis: "amount", tiers: { mode: "volume", steps } };
const graduated: RebateTerms = { basis: "amount", tiers: { mode: "graduated", steps } };

test.each([
  ["one under the first tier", 9_999_999, 0, 0],
  ["at the first", 10_000_000, 200_000, 0],
  // 10,000,001 × 2 % = 200,000.02
  ["one over the first", 10_000_001, 200_000, 0],
  // 49,999,999 × 2 % = 999,999.98; of the slice 39,999,999 × 2 % = 799,999.98
  ["one under the second", 49_999_999, 1_000_000, 800_000],
  ["at the second", 50_000_000, 1_500_000, 800_000],
  ["50 over the second", 50_000_050, 1_500_002, 800_002],
  // 99,999,999 × 3 % = 2,999,999.97; 800,000 + 49,999,999 × 3 % = 2,299,999.97
  ["one under the third", 99_999_999, 3_000_000, 2_300_000],
  ["at the third", 100_000_000, 5_000_000, 2_300_000],
  ["10 over the third", 100_000_010, 5_000_001, 2_300_001],
])("%s: the reached tier pays for everything, or each slice at its own", (_, amount, whole, slices) => {
  expect([reward(volume, sold(amount)), reward(graduated, sold(amount))]).toEqual([whole, slices]);
});

test("half a cent goes away from zero, once for all slices, whose lines add up to the cent", () => {
  const terms: RebateTerms = {
    basis: "amount",
    tiers: {
      mode: "graduated",
      steps: [
        { from: 0, percent: 1 },
        { from: 33, percent: 2 },
        { from: 66, percent: 3 },
      ],
    },
  };
  // 0.33 + 0.66 + 0.51 = 1.50, rounded to 2, where each slice alone would come to 0 + 1 + 1.
  expect(rebateLines(terms, sold(83)).map(({ from, of, amount }) => [from, of, amount])).toEqual([
    [33, 33, 1],
    [66, 17, 1],
  ]);
  expect(reward(terms, sold(82))).toBe(1);
});

test("by quantity the slices are units, and a percentage of the reached tier is of the amount", () => {
  const each: RebateTerms = {
    basis: "quantity",
    tiers: {
      mode: "graduated",
      steps: [
        { from: 100, perUnit: 50 },
        { from: 200, perUnit: 80 },
      ],
    },
  };
  expect([100, 101, 200, 201].map((units) => reward(each, sold(0, units)))).toEqual([0, 50, 5_000, 5_080]);
  const percent: RebateTerms = {
    basis: "quantity",
    tiers: { mode: "volume", steps: [{ from: 100, percent: 2 }] },
  };
  expect([99, 100].map((units) => reward(percent, sold(100_000, units)))).toEqual([0, 2_000]);
});

describe("growth", () => {
  const terms = (of: "total" | "increase"): RebateTerms => ({
    basis: "amount",
    growth: {
      of,
      steps: [
        { overPercent: 10, percent: 1 },
        { overPercent: 25, percent: 2 },
      ],
    },
  });
  const before = { amount: 333, quantity: 3 };
  // 10 % more than 333 is 366.3, so 367 is the least.
  test.each([
    [366, 0, 0],
    [367, 4, 0],
    // 416.25
    [416, 4, 1],
    [417, 8, 2],
  ])("to %s is held against the year before, exactly", (amount, ofTotal, ofIncrease) => {
    expect([
      reward(terms("total"), sold(amount, 0, { before })),
      reward(terms("increase"), sold(amount, 0, { before })),
    ]).toEqual([ofTotal, ofIncrease]);
  });
  test("needs something to grow from", () => {
    expect(rebateLines(terms("total"), sold(1_000_000))).toEqual([]);
  });
});

test("launches, targets and a cap stand in lines of their own", () => {
  const terms: RebateTerms = {
    ...volume,
    launches: [{ name: "NEW", perUnit: 300 }],
    target: { value: 60_000_000, bonus: { amount: 100_000 } },
    cap: 1_850_000,
  };
  const sums = sold(60_000_000, 0, { launches: [{ amount: 1, quantity: 10 }] });
  expect(rebateLines(terms, sums).map(({ kind, amount }) => [kind, amount])).toEqual([
    ["tier", 1_800_000],
    ["launch", 3_000],
    ["target", 100_000],
    ["cap", -53_000],
  ]);
  expect(reward({ ...terms, cap: 1_903_000 }, sums)).toBe(1_903_000);
  expect(reward(terms, { ...sums, total: { amount: 59_999_999, quantity: 0 } })).toBe(1_803_000);
});

test("the next threshold says how far it is and what reaching it is worth", () => {
  expect(nextThreshold(volume, sold(45_000_000))).toEqual({
    kind: "tier",
    at: 50_000_000,
    missing: 5_000_000,
    reward: 1_500_000,
    worth: 600_000,
  });
  expect(nextThreshold(volume, sold(100_000_000))).toBeNull();
  const target: RebateTerms = { ...volume, target: { value: 46_000_000, bonus: { amount: 7 } } };
  // 2 % of 46,000,000 and the bonus, less 2 % of 45,000,000.
  expect(nextThreshold(target, sold(45_000_000))).toMatchObject({ kind: "target", worth: 20_007 });
  expect([attainment(999_999, 1_000_000), attainment(1, 3), attainment(5, 0)]).toEqual([
    999_999,
    333_333,
    null,
  ]);
});

test("the lines always add up to the reward, which never falls when more is sold", () => {
  const arbitrary = fc.record({
    steps: fc.uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 4 }).chain((froms) =>
      fc.array(fc.nat(400_000), { minLength: froms.length, maxLength: froms.length }).map((percents) =>
        // Rates that rise: falling ones take something back at a tier.
        froms
          .sort((a, b) => a - b)
          .map((from, i) => ({ from, percent: percents.sort((a, b) => a - b)[i]! / 10_000 })),
      ),
    ),
    amount: fc.nat(2_000),
  });
  fc.assert(
    fc.property(arbitrary, ({ steps: some, amount }) => {
      const terms: RebateTerms = { basis: "amount", tiers: { mode: "graduated", steps: some } };
      const exact = some.reduce((sum, { from, percent }, i) => {
        const until = Math.min(amount, some[i + 1]?.from ?? amount);
        return sum + BigInt(Math.max(0, until - from)) * BigInt(Math.round(percent * 10_000));
      }, 0n);
      expect(reward(terms, sold(amount))).toBe(Number((exact * 2n + 1_000_000n) / 2_000_000n));
      expect(reward(terms, sold(amount + 1))).toBeGreaterThanOrEqual(reward(terms, sold(amount)));
    }),
  );
});

test("periods are those of the calendar on the wall, with the one of the year before", () => {
  const { periods, yearBefore } = rebateCalendar(
    { startsOn: "2026-10-01", endsOn: "2027-03-31", every: "quarter" },
    "Asia/Shanghai",
  );
  expect(periods.map(({ key, startsAt, endsAt }) => [key, new Date(startsAt).toISOString(), endsAt])).toEqual(
    [
      ["2026-Q4", "2026-09-30T16:00:00.000Z", periods[1]!.startsAt],
      ["2027-Q1", "2026-12-31T16:00:00.000Z", Date.parse("2027-03-31T16:00:00Z")],
    ],
  );
  expect(yearBefore.get("2027-Q1")!.key).toBe("2026-Q1");
  const once = rebateCalendar(
    { startsOn: "2024-02-29", endsOn: "2024-03-10", every: "once" },
    "Europe/Berlin",
  );
  const [before] = [...once.yearBefore.values()];
  expect([before!.key, new Date(before!.endsAt).toISOString()]).toEqual([
    "2023-02-28",
    "2023-03-10T23:00:00.000Z",
  ]);
  expect(isAligned({ startsOn: "2026-02-01", endsOn: "2026-12-31", every: "quarter" })).toBe(false);
  expect(isAligned({ startsOn: "2026-04-01", endsOn: "2026-12-31", every: "quarter" })).toBe(true);
});

test("goods of orders are chosen as those of carts are", () => {
  const isMeant = goodsTest({ categories: ["tea"], exclude: { brands: ["xb"] } });
  const goods = { sku: "A", product: undefined, categories: ["tea"], brand: undefined };
  expect([isMeant(goods), isMeant({ ...goods, brand: "xb" }), isMeant({ ...goods, categories: [] })]).toEqual(
    [true, false, false],
  );
});
