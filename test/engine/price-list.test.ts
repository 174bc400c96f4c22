/** What price lists make of a cart, before any promotion. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cart } from "../../src/engine/cart.ts";
import { evaluate } from "../../src/engine/evaluate.ts";
import { atListPrices, atQuotedPrices, type PriceListFact } from "../../src/engine/price-list.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { compileAll, promotion } from "./engine-call.ts";

const wholesale: PriceListFact = {
  list: "wholesale",
  prices: [
    {
      sku: "TEA",
      breaks: [
        { from: 10, unitPrice: 900 },
        { from: 100, unitPrice: 800 },
      ],
    },
  ],
};
const members: PriceListFact = {
  list: "members",
  prices: [{ sku: "TEA", breaks: [{ from: 1, unitPrice: 950 }] }],
};

const cartOf = (...quantities: number[]): Cart => ({
  currency: "CNY",
  lines: quantities.map((quantity, at) => ({ id: `${at + 1}`, sku: "TEA", quantity, unitPrice: 1_000 })),
});
const priceOf = (quantity: number, lists: PriceListFact[]) => {
  const { cart, prices } = atListPrices(cartOf(quantity), lists);
  return [cart.lines[0]!.unitPrice, prices?.[0]?.list ?? null, prices?.[0]?.from ?? null];
};
const rulebookOf = (...documents: PromotionInput[]) => buildRulebook("1", compileAll(documents));

describe("volume breaks", () => {
  test.each([
    [9, [1_000, null, null]],
    [10, [900, "wholesale", 10]],
    [11, [900, "wholesale", 10]],
    [99, [900, "wholesale", 10]],
    [100, [800, "wholesale", 100]],
    [101, [800, "wholesale", 100]],
  ])("of %i units the break that they reach holds for all of them", (quantity, expected) => {
    expect(priceOf(quantity, [wholesale])).toEqual(expected);
  });

  test("below its first break a list gives way to the next that has a price", () => {
    expect(priceOf(9, [wholesale, members])).toEqual([950, "members", 1]);
    expect(priceOf(10, [wholesale, members])).toEqual([900, "wholesale", 10]);
    expect(priceOf(10, [members, wholesale])).toEqual([950, "members", 1]);
  });

  test("splitting a line, or changing the order of the lines, changes no price", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }), (parts) => {
        const units = parts.reduce((sum, part) => sum + part, 0);
        const whole = evaluate(rulebookOf(), cartOf(units), { priceLists: [wholesale] }, 0);
        const split = cartOf(...parts);
        const apart = evaluate(rulebookOf(), split, { priceLists: [wholesale] }, 0);
        const reversed = { ...split, lines: [...split.lines].reverse() };
        expect(apart.total).toBe(whole.total);
        expect(evaluate(rulebookOf(), reversed, { priceLists: [wholesale] }, 0).total).toBe(whole.total);
      }),
    );
  });
});

describe("a priced line", () => {
  const clearance = promotion({
    benefits: [{ kind: "percent_off", target: "item", percent: 10, select: { excludeDiscounted: true } }],
  });

  test("is where promotions start from, and is not discounted by its list", () => {
    const cart = cartOf(10);
    cart.lines[0]!.listPrice = 1_200;
    const quote = evaluate(rulebookOf(clearance), cart, { priceLists: [wholesale] }, 0);
    expect([quote.subtotal, quote.discount, quote.total]).toEqual([9_000, 900, 8_100]);
    expect(quote.lines[0]!.priceList).toEqual({
      list: "wholesale",
      from: 10,
      unitPrice: 900,
      requestedUnitPrice: 1_000,
      nextBreak: { from: 100, unitPrice: 800 },
    });
    // At its own prices the unit is discounted: 1000 of 1200.
    expect(evaluate(rulebookOf(clearance), cart, {}, 0).discount).toBe(0);
  });

  test("costs without any list what its quote said, however few of its units are kept", () => {
    const quote = evaluate(rulebookOf(), cartOf(100), { priceLists: [wholesale] }, 0);
    const kept = atQuotedPrices(cartOf(3), quote.lines);
    expect(evaluate(rulebookOf(), kept, {}, 0).total).toBe(2_400);
  });

  test("is hinted at with the price of the break that more units reach", () => {
    const every = promotion({
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 }, every: { quantity: 100 } }],
    });
    const cart: Cart = { ...cartOf(99), hints: true };
    const { hints = [], total } = evaluate(rulebookOf(every), cart, { priceLists: [wholesale] }, 0);
    expect(total).toBe(99 * 900);
    const units = hints.find(({ quantity }) => quantity === 1);
    expect(units?.total).toBe(evaluate(rulebookOf(every), cartOf(100), { priceLists: [wholesale] }, 0).total);
  });
});

describe("minimum order rules", () => {
  const strict = (fields: Partial<PriceListFact> & { entry?: object } = {}): PriceListFact => {
    const { entry = {}, ...rest } = fields;
    return {
      list: "b2b",
      prices: [{ sku: "TEA", breaks: [{ from: 1, unitPrice: 900 }], ...entry }],
      ...rest,
    };
  };
  const broken = (quantity: number, list: PriceListFact) =>
    atListPrices(cartOf(quantity), [list]).brokenRules.map(
      ({ rule, sku, required, actual, gap }) => `${rule} ${sku} ${required} ${actual} ${gap}`,
    );

  test.each([
    [9, { minAmount: 9_000 }, ["amount null 9000 8100 900"]],
    [10, { minAmount: 9_000 }, []],
    [4, { minQuantity: 5 }, ["quantity null 5 4 1"]],
    [5, { minQuantity: 5 }, []],
    [11, { entry: { minQuantity: 12 } }, ["sku_quantity TEA 12 11 1"]],
    [12, { entry: { minQuantity: 12 } }, []],
    [13, { entry: { multipleOf: 6 } }, ["sku_multiple TEA 18 13 5"]],
    [18, { entry: { multipleOf: 6 } }, []],
    [
      5,
      { entry: { minQuantity: 12, multipleOf: 6 } },
      ["sku_quantity TEA 12 5 7", "sku_multiple TEA 12 5 7"],
    ],
  ])("of %i units by %j break %j", (quantity, fields, expected) => {
    expect(broken(quantity, strict(fields))).toEqual(expected);
  });

  test("of a list that prices nothing of the cart ask for nothing", () => {
    const other = {
      ...strict({ minAmount: 1 }),
      prices: [{ sku: "MUG", breaks: [{ from: 1, unitPrice: 1 }] }],
    };
    expect(broken(1, other)).toEqual([]);
  });
});

test("while nobody can be asked for lists, the cart goes by its own prices and says so", () => {
  const facts = { rulesAsOf: 0, arePriceListsUnknown: true } as const;
  const quote = evaluate(rulebookOf(), cartOf(10), facts, 0);
  expect([quote.total, quote.degraded, quote.missing]).toEqual([10_000, true, ["price_lists"]]);
  expect(evaluate(rulebookOf(), cartOf(10), { rulesAsOf: 0 }, 0).missing).toEqual([]);
});
