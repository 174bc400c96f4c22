import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import { discountsOf, faultsOfBenefit, promotion, quoteFor, takenOff } from "../engine-call.ts";

const percentOff = (fields: object) => ({ kind: "percent_off", ...fields });

describe("percent_off takes", () => {
  test.each([
    ["the percentage off every line", { percent: 10 }, ["1x A @ 10.00", "1x B @ 5.00"], { 1: 100, 2: 50 }],
    [
      "only off what the selector covers",
      { percent: 10, select: { skus: ["B"] } },
      ["1x A @ 10.00", "1x B @ 5.00"],
      { 2: 50 },
    ],
    ["at 100 percent, everything", { percent: 100 }, ["1x A @ 10.00"], { 1: 1000 }],
    ["of half a cent, a cent", { percent: 50 }, ["1x A @ 0.01"], { 1: 1 }],
    ["of less than half a cent, nothing", { percent: 49.9999 }, ["1x A @ 0.01"], "nothing_to_discount"],
    [
      "no more than a cap one under the amount",
      { percent: 10, maxAmount: { CNY: 99 } },
      ["1x A @ 10.00"],
      { 1: 99 },
    ],
    ["all of it at the cap", { percent: 10, maxAmount: { CNY: 100 } }, ["1x A @ 10.00"], { 1: 100 }],
    ["all of it one under the cap", { percent: 10, maxAmount: { CNY: 101 } }, ["1x A @ 10.00"], { 1: 100 }],
    [
      "nothing under a cap of zero",
      { percent: 10, maxAmount: { CNY: 0 } },
      ["1x A @ 10.00"],
      "nothing_to_discount",
    ],
    [
      "off maxUnits of the dearest",
      { percent: 10, maxUnits: 2 },
      ["2x A @ 10.00", "1x B @ 20.00"],
      { 1: 100, 2: 200 },
    ],
    [
      "off maxUnits of the cheapest",
      { percent: 10, maxUnits: 2, pick: "cheapest" },
      ["2x A @ 10.00", "1x B @ 20.00"],
      { 1: 200 },
    ],
    [
      "off all units where there are as many as maxUnits",
      { percent: 10, maxUnits: 3 },
      ["2x A @ 10.00", "1x B @ 20.00"],
      { 1: 200, 2: 200 },
    ],
    [
      "no count of free samples among the cheapest",
      { percent: 10, maxUnits: 1, pick: "cheapest" },
      ["1x A @ 10.00", "1x S @ 0.00"],
      { 1: 100 },
    ],
    [
      "nothing off goods that nobody selected",
      { percent: 10, select: { skus: ["C"] } },
      ["1x A @ 10.00"],
      "not told",
    ],
    [
      "nothing of goods on sale that it leaves out",
      { percent: 10, select: { excludeDiscounted: true } },
      ["1x A @ 10.00 sale", "1x B @ 10.00 list 10.01", "1x C @ 10.00 list 10.00"],
      { 3: 100 },
    ],
  ])("%s", (_title, fields, lines, expected) => {
    expect(takenOff(percentOff(fields), cart(...lines))).toEqual(expected);
  });

  test("no more than its cap over all shipments together, in proportion", () => {
    const shipping = [
      { id: "s1", method: "standard", amount: 600 },
      { id: "s2", method: "express", amount: 1200 },
    ];
    const half = percentOff({ target: "shipping", percent: 50, maxAmount: { CNY: 300 } });
    expect(takenOff(half, cart("1x A @ 1.00", { shipping }))).toEqual({ s1: 100, s2: 200 });
    expect(takenOff({ ...half, methods: ["express"] }, cart("1x A @ 1.00", { shipping }))).toEqual({
      s2: 300,
    });
  });
});

test("after an earlier promotion, goods that it touched are discounted and the untouched units of the line are not", () => {
  const quote = quoteFor(
    [
      promotion({
        key: "first",
        priority: 2,
        benefits: [{ kind: "percent_off", percent: 50, maxUnits: 2 }],
        stacking: { group: "one" },
      }),
      promotion({
        key: "second",
        benefits: [{ kind: "percent_off", percent: 10, select: { excludeDiscounted: true } }],
        stacking: { group: "two" },
      }),
    ],
    cart("3x A @ 10.00"),
  );
  expect(quote.promotions).toMatchObject([
    { promotion: "first", amount: 1000 },
    { promotion: "second", amount: 100 },
  ]);
});

test.each(["item", "order"])(
  "several percentages of one promotion are each cut at the unit, for the %s",
  (target) => {
    const benefits = [
      percentOff({ target, percent: 60, select: { skus: ["A"] } }),
      percentOff({ target, percent: 60 }),
    ];
    const quote = quoteFor([promotion({ benefits })], cart("1x A @ 1.00", "1x B @ 1.00"));
    expect(discountsOf(quote)).toEqual({ 1: 100, 2: 60 });
    expect(quote.promotions).toMatchObject([{ amount: 160, unappliedAmount: 20 }]);
  },
);

describe("basis list", () => {
  const onList = (percent: number, more: object = {}) =>
    quoteFor(
      [
        promotion({ key: "half", benefits: [{ kind: "percent_off", percent: 50 }] }),
        promotion({
          key: "list",
          benefits: [{ kind: "percent_off", target: "order", basis: "list", percent, ...more }],
        }),
      ],
      cart("1x A @ 10.00"),
    ).promotions[1];

  test.each([
    ["computes from the cart's price", 10, {}, { amount: 100, unappliedAmount: 0 }],
    ["takes all that is left at exactly the running price", 50, {}, { amount: 500, unappliedAmount: 0 }],
    ["says what passed the running price", 50.01, {}, { amount: 500, unappliedAmount: 0 }],
    ["says what passed the running price by a cent", 50.1, {}, { amount: 500, unappliedAmount: 1 }],
    ["counts its wish after the cap", 60, { maxAmount: { CNY: 550 } }, { amount: 500, unappliedAmount: 50 }],
  ])("%s", (_title, percent, more, expected) => {
    expect(onList(percent, more)).toMatchObject(expected);
  });
});

describe("percent_off is refused when saved", () => {
  test.each([
    ["zero", { percent: 0 }, ["percent_out_of_range /benefits/0/percent"]],
    ["the smallest percentage", { percent: 0.0001 }, []],
    ["five decimals", { percent: 0.00011 }, ["percent_too_fine /benefits/0/percent"]],
    ["below zero", { percent: -1 }, ["percent_out_of_range /benefits/0/percent"]],
    ["all of it", { percent: 100 }, []],
    ["above all of it", { percent: 100.0001 }, ["percent_out_of_range /benefits/0/percent"]],
    ["an empty cap", { percent: 10, maxAmount: {} }, ["no_currency /benefits/0/maxAmount"]],
    [
      "a selector of shipments",
      { percent: 10, target: "shipping", select: { skus: ["A"] } },
      ["not_for_shipping /benefits/0/select"],
    ],
    ["methods of goods", { percent: 10, methods: ["express"] }, ["only_for_shipping /benefits/0/methods"]],
    [
      "methods of an order",
      { percent: 10, target: "order", methods: ["express"] },
      ["only_for_shipping /benefits/0/methods"],
    ],
    ["no units at all", { percent: 10, maxUnits: 0 }, ["too_small /benefits/0/maxUnits"]],
    ["an unknown field", { percent: 10, amount: { CNY: 1 } }, ["unrecognized_keys /benefits/0"]],
  ])("%s", (_title, fields, faults) => {
    expect(faultsOfBenefit(percentOff(fields))).toEqual(faults);
  });
});

test("a cap without the cart's currency makes the promotion unsupported", () => {
  const capped = percentOff({ percent: 10, maxAmount: { USD: 100 } });
  expect(takenOff(capped, cart("1x A @ 10.00"))).toBe("currency_not_supported");
});
