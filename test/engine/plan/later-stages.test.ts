/** Order and shipping discounts that meet: cases in which a plan was once called the best that was not, each by hand. */
import { describe, expect, test } from "vitest";
import { cartSchema } from "../../../src/engine/cart.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import { type BenefitInput, promotion, quoteFor } from "../engine-call.ts";
import { cheapestOfAll } from "./brute-force.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const proven = { proven: true, bound: 0 };

function best(instance: Instance) {
  const { priced, optimality, disagreed } = planExactly(situationFor(instance));
  // No case is worth more than what every plan that there is says of it.
  expect(priced.total).toBe(cheapestOfAll(situationFor(instance), 2_000)!.total);
  return { total: priced.total, optimality, disagreed };
}

const goods = (...lines: readonly (readonly [unitPrice: number, quantity: number])[]): Instance["cart"] => ({
  currency: "CNY",
  lines: lines.map(([unitPrice, quantity], i) => ({ id: `${i}`, sku: `S${i}`, unitPrice, quantity })),
});
const off = (amount: number): BenefitInput => ({
  kind: "amount_off",
  target: "item",
  amount: { CNY: amount },
});
const percentOff = (percent: number): BenefitInput => ({ kind: "percent_off", target: "order", percent });
type TierBenefit = { kind: "percent_off"; percent: number } | { kind: "amount_off"; amount: { CNY: number } };
const slices = (...tiers: readonly (readonly [from: number, benefit: TierBenefit])[]): BenefitInput => ({
  kind: "tiered",
  target: "order",
  by: "amount",
  mode: "graduated",
  tiers: tiers.map(([from, benefit]) => ({ from: { CNY: from }, benefit })),
});
const yuan = (amount: number): TierBenefit => ({ kind: "amount_off", amount: { CNY: amount } });
const percent = (value: number): TierBenefit => ({ kind: "percent_off", percent: value });

test.each([
  ["from the first unit", [1, 3], 15_400],
  ["from the second unit, the dearest going without", [2, 3], 16_200],
])("slices of units are bounded by what the units in each are worth: %s", (_, [first, second], total) => {
  const tiers = [
    { from: first!, benefit: percent(10) },
    { from: second!, benefit: percent(30) },
  ];
  const promotions = [
    promotion({
      key: "item",
      benefits: [{ kind: "percent_off", select: { skus: ["S0"] }, percent: 20 }],
    }),
    promotion({
      key: "slices",
      benefits: [{ kind: "tiered", target: "order", by: "quantity", mode: "graduated", tiers }],
    }),
  ];
  const found = best({ cart: goods([10_000, 1], [6_000, 1], [4_000, 1]), promotions });
  expect(found).toEqual({ total, optimality: proven, disagreed: false });
});

describe("slices of an amount beside other discounts, which together grow faster than the goods", () => {
  const item = (amount: number): PromotionInput => promotion({ key: "item", benefits: [off(amount)] });
  const sliced = (benefit: BenefitInput): PromotionInput =>
    promotion({ key: "slices", stacking: { group: "coupon" }, benefits: [benefit] });

  test("an item discount is left out that costs more of both than it brings", () => {
    const ten = promotion({ key: "ten", priority: 1, benefits: [percentOff(10)] });
    const promotions = [item(1500), ten, sliced(slices([10_000, yuan(2_000)], [20_000, yuan(3_000)]))];
    const found = best({ cart: goods([12_000, 1]), promotions });
    expect(found).toEqual({ total: 8_800, optimality: proven, disagreed: false });
  });

  test("so it is where the item stage has a choice, and nothing that is forced in costs less", () => {
    const promotions = [
      item(300),
      promotion({ key: "rival", benefits: [{ kind: "percent_off", percent: 5 }] }),
      promotion({ key: "fifteen", priority: 1, benefits: [percentOff(15)] }),
      sliced(slices([300, percent(10)], [700, yuan(400)])),
    ];
    const cart = goods([1_000, 1]);
    expect(best({ cart, promotions })).toEqual({ total: 510, optimality: proven, disagreed: false });
    const quote = quoteFor(promotions, cartSchema.parse({ ...cart, strategy: "best", explain: "all" }));
    expect(quote.notApplied.map(({ promotion: key, costOfForcing }) => [key, costOfForcing])).toEqual([
      ["item", 45],
      ["rival", 7],
    ]);
  });

  test("so it is with both in one promotion", () => {
    const both = promotion({
      key: "both",
      benefits: [percentOff(15), slices([300, percent(10)], [700, yuan(400)])],
    });
    const found = best({ cart: goods([1_000, 1]), promotions: [item(300), both] });
    expect(found).toEqual({ total: 510, optimality: proven, disagreed: false });
  });

  test("so it is with percentages that add up to more than all", () => {
    const sixty = promotion({ key: "sixty", priority: 1, benefits: [percentOff(60)] });
    const found = best({
      cart: goods([1_000, 1]),
      promotions: [item(300), sixty, sliced(slices([500, percent(50)]))],
    });
    expect(found).toEqual({ total: 150, optimality: proven, disagreed: false });
  });

  test("of the plans that leave a slice open the best may be one in the middle", () => {
    // Off no unit it pays 4460, off one 4100, two 3740, three 3480, all four 3520.
    const ten = promotion({ key: "ten", priority: 1, benefits: [percentOff(10)] });
    const each = promotion({
      key: "each",
      benefits: [{ kind: "amount_off", amount: { CNY: 400 }, per: "unit" }],
    });
    const found = best({
      cart: goods([1_600, 4]),
      promotions: [each, ten, sliced(slices([4_000, yuan(1_300)]))],
    });
    expect(found).toEqual({ total: 3_480, optimality: proven, disagreed: false });
  });

  test("a plan that reaches an edge counts although the discounts that promised more there do not apply", () => {
    const { priced, optimality } = planExactly(
      situationFor({
        cart: { ...goods([100, 2]), shipping: [{ id: "s", method: "m", amount: 500 }] },
        promotions: [
          item(500),
          promotion({
            key: "never",
            priority: 2,
            conditions: { kind: "subtotal", atLeast: { CNY: 0 }, select: { skus: ["S9"] } },
            benefits: [percentOff(10), slices([100, yuan(300)])],
          }),
          promotion({
            key: "shipping",
            conditions: { kind: "subtotal", atLeast: { CNY: 100 } },
            benefits: [{ kind: "free_shipping" }],
          }),
          promotion({
            key: "half",
            priority: 2,
            stacking: { group: "second" },
            conditions: { kind: "subtotal", atLeast: { CNY: 1 }, select: { skus: ["S0"] } },
            benefits: [percentOff(50)],
          }),
        ],
      }),
    );
    // Off one unit all, and free shipping: 100.
    expect(priced.total - optimality.bound!).toBeLessThanOrEqual(100);
  });

  test("where a cap ends the percentage's part, more goods cost more again", () => {
    const capped = promotion({
      key: "capped",
      priority: 1,
      benefits: [{ kind: "percent_off", target: "order", percent: 30, maxAmount: { CNY: 1_500 } }],
    });
    const each = promotion({
      key: "each",
      benefits: [{ kind: "amount_off", amount: { CNY: 500 }, per: "unit" }],
    });
    // Off no unit it pays 2900, off one 2800, two 2700, all three 2750.
    const found = best({
      cart: goods([2_000, 3]),
      promotions: [each, capped, sliced(slices([4_000, percent(80)]))],
    });
    expect(found).toEqual({ total: 2_700, optimality: proven, disagreed: false });
  });
});

test("slices of units depend on which units are cheaper by now, so nothing is proven at a glance", () => {
  const byUnits: BenefitInput = {
    kind: "tiered",
    target: "order",
    by: "quantity",
    mode: "graduated",
    tiers: [
      { from: 2, benefit: percent(10) },
      { from: 4, benefit: percent(30) },
    ],
  };
  const { total } = best({
    cart: goods([800, 1], [100, 3]),
    promotions: [
      promotion({ key: "item", benefits: [off(400)] }),
      promotion({ key: "slices", benefits: [byUnits] }),
    ],
  });
  expect(total).toBe(650);
});

describe("shipping discounts of two groups", () => {
  const shipped = (...amounts: readonly number[]): Instance["cart"] => ({
    ...goods([1_000, 1]),
    shipping: amounts.map((amount, i) => ({ id: `s${i}`, method: `m${i}`, amount })),
  });
  const half: PromotionInput = promotion({
    key: "half",
    priority: 1,
    benefits: [{ kind: "percent_off", target: "shipping", percent: 50 }],
  });
  const rivals = [10, 5].map((value) =>
    promotion({ key: `item${value}`, benefits: [{ kind: "percent_off", percent: value }] }),
  );
  const second = (benefit: BenefitInput, priority = 0): PromotionInput =>
    promotion({ key: "second", priority, stacking: { group: "second" }, benefits: [benefit] });
  const fixed: BenefitInput = { kind: "fixed_price", target: "shipping", price: { CNY: 100 } };

  test("the second computes on what the first has left", () => {
    const found = best({ cart: shipped(800), promotions: [half, second(fixed), ...rivals] });
    expect(found).toEqual({ total: 1_000, optimality: proven, disagreed: false });
  });

  test("two percentages multiply", () => {
    const again = second({ kind: "percent_off", target: "shipping", percent: 50 });
    const found = best({ cart: shipped(800), promotions: [half, again, ...rivals] });
    expect(found).toEqual({ total: 1_100, optimality: proven, disagreed: false });
  });

  test("they go by rank, whichever group is named first", () => {
    const promotions = [
      promotion({
        key: "a",
        priority: 3,
        benefits: [{ kind: "percent_off", target: "shipping", percent: 10 }],
      }),
      second({ kind: "percent_off", target: "shipping", percent: 50 }, 2),
      promotion({
        key: "z",
        priority: 1,
        benefits: [{ kind: "amount_off", target: "shipping", amount: { CNY: 300 } }],
      }),
      ...rivals,
    ];
    const found = best({ cart: shipped(800), promotions });
    expect(found).toEqual({ total: 1_000, optimality: proven, disagreed: false });
  });

  test("which of two shipments is reduced is not claimed to be known", () => {
    const found = best({ cart: shipped(800, 150), promotions: [half, second(fixed), ...rivals] });
    expect(found.disagreed).toBe(false);
  });
});
