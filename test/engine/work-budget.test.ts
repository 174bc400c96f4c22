/** No cart keeps the process busy for long: huge quantities are arithmetic, and what is too much is refused, always the same. */
import { describe, expect, test } from "vitest";
import { rulebookOf } from "../../scripts/bench/compiled.ts";
import { worstCart, worstFacts, worstPromotions } from "../../scripts/bench/worst-fixture.ts";
import { cartSchema } from "../../src/engine/cart.ts";
import { assess, pricedAgain } from "../../src/engine/evaluate.ts";
import { noFacts } from "../../src/engine/facts.ts";
import { limits } from "../../src/engine/limits.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import type { Quote } from "../../src/engine/quote.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { EvaluationTooComplex, operationsPerLine, WorkBudget } from "../../src/engine/work-budget.ts";
import { writeQuote } from "../../src/engine/write-quote.ts";
import { type BenefitInput, compileAll, now, promotion, quoteFor } from "./engine-call.ts";

const largestCart = (strategy: "best" | "priority", quantity = 1_000_000) =>
  cartSchema.parse({
    currency: "CNY",
    strategy,
    lines: Array.from({ length: 500 }, (_, i) => ({
      id: String(i),
      sku: `S${i}`,
      categories: [i % 2 === 0 ? "even" : "odd"],
      quantity,
      unitPrice: 1000 + i * 7,
    })),
  });

const inGroupsOfTheirOwn = (count: number, benefit: (i: number) => object): PromotionInput[] =>
  Array.from({ length: count }, (_, i) =>
    promotion({ key: `p${i}`, stacking: { group: `g${i}` }, benefits: [benefit(i) as BenefitInput] }),
  );

const sets: Readonly<Record<string, (i: number) => object>> = {
  "from one heap": (i) => ({ kind: "buy_x_get_y", buy: { quantity: 2 + (i % 3) }, get: { quantity: 1 } }),
  "from two": (i) => ({
    kind: "buy_x_get_y",
    buy: { select: { categories: ["even"] }, quantity: 2 + (i % 3) },
    get: { quantity: 1 },
    percent: 50,
  }),
  "in places of their own": (i) => ({
    kind: "buy_x_get_y",
    buy: { quantity: 2 + (i % 3) },
    get: { quantity: 1 },
    allocate: "target",
  }),
  bundled: (i) => ({ kind: "bundle", components: [{ quantity: 3 + (i % 3) }], amount: { CNY: 700 } }),
  "every nth": (i) => ({ kind: "nth_unit", n: 2 + (i % 3), percent: 30 }),
};

const runsIn = (quote: Quote) =>
  quote.lines.reduce(
    (sum, line) => sum + line.adjustments.reduce((all, { runs }) => all + runs.length, 0),
    0,
  );

describe("500 lines of a million units", () => {
  test.each(Object.entries(sets))("sets %s cost a few runs a line, not a run a set", (_, benefit) => {
    const quote = quoteFor(inGroupsOfTheirOwn(2, benefit), largestCart("priority"));
    expect(quote.promotions).toHaveLength(2);
    expect(runsIn(quote)).toBeLessThan(500 * 20);
  });

  test.each(Object.entries(sets))(
    "twelve promotions in twelve groups, %s, are priced or refused",
    (_, benefit) => {
      const promotions = inGroupsOfTheirOwn(12, benefit);
      const outcome = () => {
        try {
          return quoteFor(promotions, largestCart("best")).total;
        } catch (error) {
          if (error instanceof EvaluationTooComplex) return error.code;
          throw error;
        }
      };
      expect(outcome()).toBe(outcome());
    },
  );
});

test("where only the search is too much, the merchant's order is priced, and the answer says what may be left", () => {
  const rivals = Array.from({ length: 400 }, (_, i) =>
    promotion({
      key: `p${i}`,
      stacking: { group: `g${i % 10}` },
      benefits: [{ kind: "percent_off", percent: 1 + i / 20 }],
    }),
  );
  const best = quoteFor(rivals, largestCart("best", 3));
  const priority = quoteFor(rivals, largestCart("priority", 3));
  expect(best.total).toBeLessThanOrEqual(priority.total);
  expect(best.optimality.proven).toBe(false);
  expect(best.optimality.bound).toBeGreaterThan(0);
});

test("a search may use half of what is left, and leaves the rest", () => {
  const work = new WorkBudget(100);
  work.spend(20);
  expect(work.searching(() => work.spend(39))).toBeUndefined();
  expect(work.searching(() => "found")).toBe("found");
  expect(work.searching(() => work.spend(22))).toBeNull();
  expect(() => work.spend(19)).not.toThrow();
  expect(() => work.spend(1)).toThrow(EvaluationTooComplex);
});

describe("500 lines that 500 promotions touch", () => {
  const even = { select: { categories: ["even"] } };
  const mixed: ((i: number) => object)[] = [
    (i) => ({ kind: "percent_off", percent: 1 + (i % 60) }),
    (i) => ({ kind: "amount_off", target: "item", amount: { CNY: 1 + (i % 9) }, per: "unit" }),
    (i) => ({ kind: "fixed_price", price: { CNY: 900 + i } }),
    ...Object.values(sets),
    (i) => ({
      kind: "tiered",
      by: "amount",
      mode: "graduated",
      tiers: [{ from: { CNY: 1000 + i }, benefit: { kind: "percent_off", percent: 3 } }],
    }),
    (i) => ({
      kind: "bundle",
      components: [
        { ...even, quantity: 1 },
        { select: { categories: ["odd"] }, quantity: 2 },
      ],
      percent: 1 + (i % 60),
    }),
    () => ({ kind: "percent_off", target: "order", percent: 5, ...even }),
    (i) => ({
      kind: "amount_off",
      target: "order",
      amount: { CNY: 1000 + i },
      every: { amount: { CNY: 30_000 } },
    }),
    () => ({ kind: "free_shipping" }),
    () => ({ kind: "gift", sku: "BAG", every: { amount: { CNY: 10_000 } } }),
    () => ({ kind: "points", perAmount: { CNY: 100 } }),
    () => ({ kind: "service", name: "skin-test" }),
    () => ({ kind: "issue_coupon", pool: "welcome-back" }),
  ];
  const inTenGroups = Array.from({ length: 500 }, (_, i) =>
    promotion({
      key: `p${i}`,
      stacking: { group: `g${i % 10}` },
      benefits: [mixed[i % mixed.length]!(i) as BenefitInput],
    }),
  );
  const rulebook = buildRulebook("1", compileAll(inTenGroups));

  const workFor = (strategy: "best" | "priority", more: object) => {
    const outcome = assess(rulebook, { ...largestCart(strategy, 1), ...more }, noFacts, now);
    writeQuote(outcome);
    return outcome.situation.work.spent;
  };

  test("what is told beyond the price takes a share of the work that is bounded for all of it together", () => {
    const plain = workFor("priority", { explain: "none" });
    // Each promotion looks at each line once, and a little more.
    expect(plain).toBeGreaterThan(100_000);
    expect(plain).toBeLessThan(500 * 500 * 2);
    const everything = { explain: "all", hints: true, maxHints: 10 } as const;
    // The cart may be priced once more, in the order in which the quote counts.
    for (const strategy of ["priority", "best"] as const) {
      const all = workFor(strategy, everything);
      expect(all - plain).toBeGreaterThan(0);
      expect(all).toBeLessThan(2 * plain + limits.operationsForSearches + 20_000);
    }
  });
});

test("all searches of an evaluation share what they may take, however many there are", () => {
  const work = new WorkBudget(100 * limits.operationsForSearches);
  for (let i = 0; i < 100; i++) work.searching(() => work.spend(limits.operationsForSearches / 10));
  expect(work.spent).toBe(limits.operationsForSearches);
  // One within another takes of that one's.
  const nested = new WorkBudget(100 * limits.operationsForSearches);
  nested.searching(() => {
    for (let i = 0; i < 100; i++) nested.searching(() => nested.spend(limits.operationsForSearches / 10));
  });
  expect(nested.spent).toBeLessThanOrEqual(limits.operationsForSearches);
});

describe("expressions that go through the lines in loops within loops", () => {
  const dearest = "cart.lines.exists(a, cart.lines.all(b, a.unitPrice >= b.unitPrice + 99999999))";
  const cheaper = "cart.lines.exists(other, other.unitPrice > line.unitPrice + 99999999)";
  const percent = { kind: "percent_off", percent: 5 } as const;
  const asking: Readonly<Record<string, (i: number) => PromotionInput>> = {
    "as a condition": (i) =>
      promotion({
        key: `p${i}`,
        conditions: { kind: "expression", cel: `${dearest} || cart.quantity < ${-i}` },
        benefits: [percent],
      }),
    "to choose the goods": (i) =>
      promotion({
        key: `p${i}`,
        benefits: [{ ...percent, select: { where: `${cheaper} || line.quantity < ${-i}` } }],
      }),
  };

  test.each(Object.entries(asking))("%s, are refused once there are too many for a large cart", (_, ask) => {
    const few = Array.from({ length: 40 }, (_, i) => ask(i));
    expect(() => quoteFor(few, largestCart("best"))).toThrow(EvaluationTooComplex);
    const small = { ...largestCart("best"), lines: largestCart("best").lines.slice(0, 20) };
    expect(quoteFor(few, small).discount).toBe(0);
  });
});

describe("what conditions look at is counted", () => {
  const asked = [
    "tags, a selector of its own for each leaf",
    "SKUs, a selector of its own for each leaf",
    "an attribute of lines, as a number",
    "an attribute of lines, as a list",
    "different products",
    "the subtotal of chosen goods",
    "units that are not discounted",
  ];

  test.each(asked)("%s: 5,000 of them look at 500 lines each", (name) => {
    const rulebook = rulebookOf(worstPromotions[name]!());
    const operations = () => {
      try {
        return assess(rulebook, worstCart("priority"), worstFacts, now).situation.work.spent;
      } catch (error) {
        if (error instanceof EvaluationTooComplex) return limits.operationsPerEvaluation;
        throw error;
      }
    };
    expect(operations()).toBeGreaterThan(5_000 * 500 * operationsPerLine);
  });

  test("each leaf counts, and one that goes through what is known of a customer counts more", () => {
    const operations = (name: string) => {
      const cart = { ...worstCart("priority"), lines: worstCart("priority").lines.slice(0, 1) };
      return assess(rulebookOf(worstPromotions[name]!()), cart, worstFacts, now).situation.work.spent;
    };
    expect(operations("leaves that are quickly told")).toBeGreaterThan(5_000);
    expect(operations("past orders")).toBeGreaterThan(8 * 5_000);
  });

  test("the dearest tags and attributes are refused before they have kept the process busy", () => {
    const rulebook = rulebookOf(worstPromotions["an attribute of lines, as a list"]!());
    const cart = worstCart("priority");
    const begin = process.cpuUsage();
    expect(() => assess(rulebook, cart, worstFacts, now)).toThrow(EvaluationTooComplex);
    const { user, system } = process.cpuUsage(begin);
    // Some 130 ms where nothing else runs; uncounted it was seconds.
    expect((user + system) / 1000).toBeLessThan(1_000);
  });
});

test("near misses never cost a cart its price: so many are asked, within what searches may take", () => {
  const far = Array.from({ length: 30_000 }, (_, i) =>
    promotion({
      key: `far-${i}`,
      conditions: {
        all: [
          { kind: "subtotal", atLeast: { CNY: 900_000_000_000 } },
          { kind: "expression", cel: "line.quantity > 5" },
        ],
      },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1 } }],
    }),
  );
  const cart = { ...worstCart("priority"), explain: "near" as const };
  const assessed = assess(rulebookOf(far), cart, worstFacts, now);
  const { notApplied, ...quote } = writeQuote(assessed);
  expect([quote.discount, notApplied.length]).toEqual([0, 0]);
  expect(assessed.situation.work.spent).toBeLessThan(limits.operationsForSearches);
});

test("what was sold under a larger budget can be priced again; what no budget allows cannot", () => {
  const taking = (operations: number) => () =>
    pricedAgain({}, (options) => {
      const work = new WorkBudget(options.operations);
      work.spend(operations);
      return options.operations;
    });
  expect(taking(limits.operationsPerEvaluation)()).toBeUndefined();
  expect(taking(1_000_000)()).toBe(4 * limits.operationsPerEvaluation);
  expect(taking(4 * limits.operationsPerEvaluation + 1)).toThrow(EvaluationTooComplex);
});
