import { describe, expect, test } from "vitest";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { cart } from "../cart-notation.ts";
import { type BenefitInput, type Given, promotion, quoteFor } from "./engine-call.ts";

const fiveOff: BenefitInput = { kind: "amount_off", target: "order", amount: { CNY: 500 } };
const subtotal = (CNY: number, select?: object) => ({
  kind: "subtotal",
  atLeast: { CNY },
  ...(select !== undefined && { select }),
});
const quantity = (atLeast: number, select?: object) => ({
  kind: "quantity",
  atLeast,
  ...(select !== undefined && { select }),
});
const inApp = { kind: "channel", in: ["app"] };
const half = promotion({ key: "half", benefits: [{ kind: "percent_off", percent: 50 }] });
const cups = { skus: ["CUP"] };

const missOf = (
  fields: Partial<PromotionInput>,
  lines: string[],
  others: PromotionInput[] = [],
  given: Given = {},
) => {
  const quote = quoteFor(
    [promotion({ benefits: [fiveOff], ...fields } as PromotionInput), ...others],
    cart(...lines, { channel: "web", codes: ["once"] }),
    given,
  );
  const row = quote.notApplied.find((one) => one.promotion === "p");
  return row?.wouldSave === undefined ? "none" : `${row.gap} more for ${row.wouldSave}`;
};

test.each<[string, BenefitInput]>([
  ["every third unit", { kind: "amount_off", amount: { CNY: 300 }, every: { quantity: 3 } }],
  [
    "a tier",
    { kind: "tiered", by: "quantity", tiers: [{ from: 3, benefit: { kind: "percent_off", percent: 60 } }] },
  ],
  ["a group", { kind: "nth_unit", n: 3, percent: 90 }],
])("one whose benefit counts is told also where another has its units: %s", (_title, benefit) => {
  expect(missOf({ benefits: [benefit] }, ["2x A @ 5.00"], [{ ...half, priority: 1 }])).toMatch(/^1 more for/);
});

describe("a near miss", () => {
  test.each<[string, PromotionInput["conditions"], string[], string]>([
    ["says what is missing to a threshold of money", subtotal(2000), ["1x A @ 15.00"], "500 more for 500"],
    ["says the last cent that is missing", subtotal(2000), ["1x A @ 19.99"], "1 more for 500"],
    ["is none at the threshold", subtotal(2000), ["1x A @ 20.00"], "none"],
    ["says how many units are missing", quantity(3), ["2x A @ 5.00"], "1 more for 500"],
    ["counts selected goods only", quantity(3, cups), ["9x A @ 5.00", "1x CUP @ 5.00"], "2 more for 500"],
    [
      "is none where none of the goods are in the cart, as nobody knows their price",
      quantity(3, cups),
      ["9x A @ 5.00"],
      "none",
    ],
    [
      "takes the nearer of two ways",
      { any: [subtotal(3000), subtotal(1600, { skus: ["A"] })] },
      ["1x A @ 15.00"],
      "100 more for 500",
    ],
    [
      "takes the way that more goods open",
      { any: [inApp, subtotal(2000)] },
      ["1x A @ 15.00"],
      "500 more for 500",
    ],
    ["is none where more goods do not help", { all: [inApp, subtotal(2000)] }, ["1x A @ 15.00"], "none"],
    [
      "is none where two thresholds are missed",
      { all: [quantity(3), subtotal(2000)] },
      ["1x A @ 15.00"],
      "none",
    ],
    [
      "looks past conditions that hold",
      { all: [quantity(1), subtotal(2000)] },
      ["1x A @ 15.00"],
      "500 more for 500",
    ],
    ["is none above an upper bound", { kind: "quantity", atMost: 1 }, ["2x A @ 15.00"], "none"],
    ["is none under a not", { not: subtotal(1000) }, ["1x A @ 15.00"], "none"],
  ])("%s", (_title, conditions, lines, expected) => {
    expect(missOf({ conditions }, lines)).toBe(expected);
  });

  test.each<[string, BenefitInput, string[], string]>([
    [
      "of a threshold that repeats",
      { ...fiveOff, every: { amount: { CNY: 2000 } } },
      ["1x A @ 15.00"],
      "500 more for 500",
    ],
    [
      "of the first tier",
      { kind: "tiered", by: "quantity", tiers: [{ from: 3, benefit: { kind: "percent_off", percent: 10 } }] },
      ["2x A @ 10.00"],
      "1 more for 300",
    ],
    [
      "of the missing unit of a group",
      { kind: "buy_x_get_y", buy: { quantity: 2 }, get: { quantity: 1 } },
      ["2x A @ 9.00"],
      "1 more for 900",
    ],
    ["of a second unit", { kind: "nth_unit", n: 2, percent: 50 }, ["1x A @ 9.00"], "1 more for 450"],
    [
      "of a gift, which saves no money",
      { kind: "gift", sku: "G", every: { quantity: 2 } },
      ["1x A @ 9.00"],
      "1 more for 0",
    ],
    [
      "never of a tier above the one reached",
      {
        kind: "tiered",
        by: "quantity",
        tiers: [
          { from: 1, benefit: { kind: "percent_off", percent: 10 } },
          { from: 3, benefit: { kind: "percent_off", percent: 50 } },
        ],
      },
      ["2x A @ 10.00"],
      "none",
    ],
  ])("is told %s", (_title, benefit, lines, expected) => {
    expect(missOf({ benefits: [benefit] }, lines)).toBe(expected);
  });

  test("would save what a percentage takes off the goods worth the threshold", () => {
    const tenPercent: BenefitInput = { kind: "percent_off", target: "order", percent: 10 };
    expect(missOf({ benefits: [tenPercent], conditions: subtotal(2000) }, ["1x A @ 15.00"])).toBe(
      "500 more for 200",
    );
  });

  test("counts from the prices that the item stage left", () => {
    expect(missOf({ conditions: subtotal(2000) }, ["1x A @ 30.00"], [half])).toBe("500 more for 500");
    // Also where the cart's own prices would not reach it either, which planners need not look at.
    expect(missOf({ conditions: subtotal(4000) }, ["1x A @ 30.00"], [half])).toBe("2500 more for 500");
  });

  test.each<[string, PromotionInput["conditions"]]>([
    ["an upper limit", { kind: "subtotal", atMost: { CNY: 2000 } }],
    ["a condition that is excluded", { not: subtotal(2001) }],
    ["one of several conditions", { any: [inApp, { all: [{ not: subtotal(2001) }, subtotal(1)] }] }],
  ])("is none where discounts of an earlier stage are what %s waits for", (_title, conditions) => {
    const quote = (promotions: PromotionInput[]) =>
      quoteFor(promotions, cart("1x A @ 30.00", { channel: "web" }));
    const meant = promotion({ benefits: [fiveOff], conditions });
    expect(quote([meant]).total).toBe(3000);
    expect(quote([meant, half]).total).toBe(1000);
  });

  test("of units reckons with the cheapest that count", () => {
    const half: BenefitInput = { kind: "percent_off", percent: 50 };
    expect(missOf({ benefits: [half], conditions: quantity(3) }, ["1x A @ 30.00", "1x B @ 10.00"])).toBe(
      "1 more for 2500",
    );
  });

  test.each<[string, Partial<PromotionInput>, Given]>([
    ["that is used up", { limits: { total: 1 } }, { facts: { usage: new Map([["p", { total: 1 }]]) } }],
    ["whose budget would refuse it", { budget: { amount: { CNY: 499 } } }, {}],
    [
      "whose code is used up",
      { trigger: { type: "code", code: "ONCE" }, limits: { perCode: 1 } },
      { facts: { usage: new Map([["p", { total: 1, byCode: { ONCE: 1 } }]]) } },
    ],
    ["that is over", { schedule: { endsAt: "2026-01-01T00:00:00Z" } }, {}],
  ])("is never told of a promotion %s", (_title, fields, given) => {
    expect(missOf({ conditions: subtotal(2000), ...fields }, ["1x A @ 15.00"], [], given)).toBe("none");
  });

  test.each<[string, PromotionInput["conditions"], string, string[], PromotionInput[], string]>([
    [
      "what the cart is worth",
      subtotal(2000),
      "cart.subtotal >= 2000",
      ["1x A @ 15.00"],
      [],
      "500 more for 500",
    ],
    ["how much is in it", quantity(3), "cart.quantity >= 3", ["2x A @ 5.00"], [], "1 more for 500"],
    [
      "what the cart is worth before any discount",
      subtotal(2000),
      "cart.subtotal < 3500",
      ["1x A @ 30.00"],
      [half],
      "none",
    ],
  ])("asks the selectors of the larger cart about %s", (_title, conditions, where, lines, others, told) => {
    const benefits = [{ ...fiveOff, select: { where } }];
    expect(missOf({ benefits, conditions }, lines, others)).toBe(told);
  });
});

test("a near miss of one kind of gap is told in the words of its language", () => {
  const told = (locale: string, conditions: PromotionInput["conditions"]) =>
    quoteFor([promotion({ benefits: [fiveOff], conditions })], cart("1x A @ 15.00", { locale }))
      .notApplied[0]!.message;
  expect(told("en", subtotal(2000))).toBe("5.00 CNY more for 5.00 CNY off");
  expect(told("zh-CN", quantity(3))).toBe("再买2件,立减5.00 CNY");
});
