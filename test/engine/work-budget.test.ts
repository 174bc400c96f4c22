/** No cart keeps the process busy for long: huge quantities are arithmetic, and what is too much is refused, always the same. */
import { describe, expect, test } from "vitest";
import { cartSchema } from "../../src/engine/cart.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import type { Quote } from "../../src/engine/quote.ts";
import { EvaluationTooComplex, WorkBudget } from "../../src/engine/work-budget.ts";
import { type BenefitInput, promotion, quoteFor } from "./engine-call.ts";

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
