import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import { faultsOfBenefit, promotion, quoteFor, takenOff } from "../engine-call.ts";

const fixedPrice = (fields: object = {}) => ({ kind: "fixed_price", price: { CNY: 500 }, ...fields });

describe("fixed_price", () => {
  test.each([
    ["lowers a unit one dearer to the price", {}, ["1x A @ 5.01"], { 1: 1 }],
    ["leaves a unit at the price", {}, ["1x A @ 5.00"], "nothing_to_discount"],
    ["leaves a unit one cheaper", {}, ["1x A @ 4.99"], "nothing_to_discount"],
    ["sells every covered unit at the price", {}, ["3x A @ 6.00", "1x B @ 4.00"], { 1: 300 }],
    ["gives units away at a price of zero", { price: { CNY: 0 } }, ["2x A @ 6.00"], { 1: 1200 }],
    [
      "spends maxUnits on units that it lowers",
      { maxUnits: 1, pick: "cheapest" },
      ["1x A @ 4.00", "1x B @ 6.00", "1x C @ 7.00"],
      { 2: 100 },
    ],
    ["spends maxUnits on the dearest first", { maxUnits: 2 }, ["1x A @ 6.00", "2x B @ 7.00"], { 2: 400 }],
    ["is cut at the floor", {}, ["1x A @ 6.00 floor 5.50", "1x B @ 6.00"], { 1: 50, 2: 100 }],
  ])("%s", (_title, fields, lines, expected) => {
    expect(takenOff(fixedPrice(fields), cart(...lines))).toEqual(expected);
  });

  test("sells each dearer shipment at the price", () => {
    const shipping = [
      { id: "s1", method: "standard", amount: 400 },
      { id: "s2", method: "express", amount: 900 },
      { id: "s3", method: "courier", amount: 700 },
    ];
    const parcels = cart("1x A @ 9.00", { shipping });
    expect(takenOff(fixedPrice({ target: "shipping" }), parcels)).toEqual({ s2: 400, s3: 200 });
    expect(takenOff(fixedPrice({ target: "shipping", methods: ["courier"] }), parcels)).toEqual({ s3: 200 });
  });

  test("says what the floor refused", () => {
    const [row] = quoteFor(
      [promotion({ benefits: [{ kind: "fixed_price", price: { CNY: 500 } }] })],
      cart("2x A @ 6.00 floor 5.50"),
    ).promotions;
    expect(row).toMatchObject({ amount: 100, unappliedAmount: 100 });
  });

  test("in a currency that has no price is not supported", () => {
    expect(takenOff(fixedPrice(), cart("1x A @ 9.00", { currency: "USD" }))).toBe("currency_not_supported");
  });
});

describe("fixed_price is refused when saved", () => {
  test.each([
    ["for the order", { target: "order" }, ["invalid_value /benefits/0/target"]],
    ["without a price", { price: undefined }, ["invalid_type /benefits/0/price"]],
    ["in no currency", { price: {} }, ["no_currency /benefits/0/price"]],
    ["with a price below zero", { price: { CNY: -1 } }, ["too_small /benefits/0/price/CNY"]],
    ["with methods of goods", { methods: ["x"] }, ["only_for_shipping /benefits/0/methods"]],
    ["with selected shipments", { target: "shipping", select: {} }, ["not_for_shipping /benefits/0/select"]],
  ])("%s", (_title, fields, faults) => {
    expect(faultsOfBenefit(fixedPrice(fields))).toEqual(faults);
  });
});
