import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import { faultsOfBenefit, promotion, quoteFor, takenOff } from "../engine-call.ts";

const of = (sku: string, quantity = 1) => ({ select: { skus: [sku] }, quantity });
const pair = (fields: object) => ({ kind: "bundle", components: [of("A"), of("B")], ...fields });
const anyThree = (fields: object) => ({ kind: "bundle", components: [{ quantity: 3 }], ...fields });

describe("bundle", () => {
  test.each([
    [
      "takes its parts down to its price, by their prices",
      pair({ price: { CNY: 1500 } }),
      ["1x A @ 10.00", "1x B @ 20.00"],
      { 1: 500, 2: 1000 },
    ],
    [
      "saves a cent where its price is one under the parts",
      pair({ price: { CNY: 2999 } }),
      ["1x A @ 10.00", "1x B @ 20.00"],
      { 2: 1 },
    ],
    [
      "does not apply at the price of its parts",
      pair({ price: { CNY: 3000 } }),
      ["1x A @ 10.00", "1x B @ 20.00"],
      "nothing_to_discount",
    ],
    [
      "does not apply above the price of its parts",
      pair({ price: { CNY: 3001 } }),
      ["1x A @ 10.00", "1x B @ 20.00"],
      "nothing_to_discount",
    ],
    ["needs every part", pair({ percent: 10 }), ["5x A @ 10.00"], "quantity_too_low 0/1"],
    [
      "says how many of the one short part it needs",
      { kind: "bundle", percent: 10, components: [of("A", 2), of("B", 2)] },
      ["2x A @ 10.00", "1x B @ 20.00"],
      "quantity_too_low 1/2",
    ],
    [
      "takes a percentage off each part",
      pair({ percent: 10 }),
      ["1x A @ 10.00", "1x B @ 20.00"],
      { 1: 100, 2: 200 },
    ],
    [
      "takes an amount by the parts' prices",
      pair({ amount: { CNY: 300 } }),
      ["1x A @ 10.00", "1x B @ 20.00"],
      { 1: 100, 2: 200 },
    ],
    [
      "gives its parts where the amount is above them",
      pair({ amount: { CNY: 3001 } }),
      ["1x A @ 10.00", "1x B @ 20.00"],
      { 1: 1000, 2: 2000 },
    ],
    [
      "repeats as often as there are parts",
      pair({ amount: { CNY: 300 } }),
      ["3x A @ 10.00", "2x B @ 20.00"],
      { 1: 200, 2: 400 },
    ],
    [
      "repeats no more than maxTimes",
      pair({ amount: { CNY: 300 }, maxTimes: 1 }),
      ["3x A @ 10.00", "2x B @ 20.00"],
      { 1: 100, 2: 200 },
    ],
    ["leaves out units over a whole set", anyThree({ price: { CNY: 1000 } }), ["5x A @ 5.00"], { 1: 500 }],
    [
      "makes its sets of the dearest units first",
      anyThree({ price: { CNY: 1000 } }),
      ["3x A @ 5.00", "3x B @ 3.00"],
      { 1: 500 },
    ],
    [
      "mixes units where a set needs them",
      anyThree({ price: { CNY: 1000 } }),
      ["2x A @ 5.00", "1x B @ 3.00"],
      { 1: 231, 2: 69 },
    ],
    [
      "takes no zero-priced unit for a part",
      pair({ percent: 10 }),
      ["2x A @ 5.00", "1x B @ 0.00"],
      "quantity_too_low 0/1",
    ],
    [
      "lets a unit serve one component only",
      { kind: "bundle", percent: 10, components: [of("A"), { quantity: 1 }] },
      ["1x A @ 10.00"],
      "quantity_too_low 0/1",
    ],
    [
      "fills its components in document order",
      { kind: "bundle", percent: 10, components: [{ quantity: 1 }, of("A")] },
      ["1x A @ 10.00", "1x B @ 9.00"],
      "quantity_too_low 0/1",
    ],
    [
      "hands what a part's floor refuses to the other parts",
      pair({ price: { CNY: 1500 } }),
      ["1x A @ 10.00 floor 9.00", "1x B @ 20.00"],
      { 1: 100, 2: 1400 },
    ],
    [
      "cuts a percentage at a part's floor",
      pair({ percent: 50 }),
      ["1x A @ 10.00 floor 9.00", "1x B @ 20.00"],
      { 1: 100, 2: 1000 },
    ],
  ])("%s", (_title, benefit, lines, expected) => {
    expect(takenOff(benefit, cart(...lines))).toEqual(expected);
  });

  test.each([
    ["is nothing without any of the goods", ["1x S @ 0.00"], "nothing_to_discount"],
    ["is told one unit under a set", ["2x A @ 5.00"], "quantity_too_low 2/3"],
    ["is whole with the last unit", ["3x A @ 5.00"], { 1: 500 }],
  ])("of any three %s", (_title, lines, expected) => {
    expect(takenOff(anyThree({ price: { CNY: 1000 } }), cart(...lines))).toEqual(expected);
  });

  test("counts its applications, and its rounding happens once over all of them", () => {
    const bundles = { kind: "bundle", components: [of("A"), of("B")], percent: 50 };
    const [row] = quoteFor(
      [promotion({ benefits: [bundles] })],
      cart("5x A @ 0.01", "3x B @ 0.02"),
    ).promotions;
    // Three times 1.5 cents.
    expect(row).toMatchObject({ times: 3, amount: 5 });
  });

  test.each(["price", "amount"])("whose %s lacks the currency is not supported", (field) => {
    expect(takenOff(pair({ [field]: { CNY: 100 } }), cart("1x A @ 9.00", { currency: "USD" }))).toBe(
      "currency_not_supported",
    );
  });
});

describe("bundle is refused when saved", () => {
  const oneOf = "one_of_price_percent_amount /benefits/0";
  test.each([
    ["without price, percent or amount", pair({}), [oneOf]],
    ["with a price and a percentage", pair({ price: { CNY: 1 }, percent: 1 }), [oneOf]],
    ["with a percentage and an amount", pair({ amount: { CNY: 1 }, percent: 1 }), [oneOf]],
    ["with a percentage of zero", pair({ percent: 0 }), ["percent_out_of_range /benefits/0/percent"]],
    [
      "with a percentage above a hundred",
      pair({ percent: 101 }),
      ["percent_out_of_range /benefits/0/percent"],
    ],
    ["with a price in no currency", pair({ price: {} }), ["no_currency /benefits/0/price"]],
    [
      "without components",
      { kind: "bundle", components: [], percent: 1 },
      ["too_small /benefits/0/components"],
    ],
    [
      "with a component of no units",
      { kind: "bundle", components: [of("A", 0)], percent: 1 },
      ["too_small /benefits/0/components/0/quantity"],
    ],
    ["with maxTimes of zero", pair({ percent: 1, maxTimes: 0 }), ["too_small /benefits/0/maxTimes"]],
  ])("%s", (_title, benefit, faults) => {
    expect(faultsOfBenefit(benefit)).toEqual(faults);
  });
});
