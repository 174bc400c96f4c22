import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import { faultsOfBenefit, promotion, quoteFor, takenOff } from "../engine-call.ts";

const amountOff = (fields: object) => ({ kind: "amount_off", amount: { CNY: 300 }, ...fields });
const twoShipments = {
  shipping: [
    { id: "s1", method: "standard", amount: 200 },
    { id: "s2", method: "express", amount: 800 },
  ],
};

describe("amount_off takes", () => {
  test.each([
    ["the amount once over the covered goods", {}, ["2x A @ 1.00", "1x B @ 4.00"], { 1: 100, 2: 200 }],
    ["the amount from each unit", { per: "unit" }, ["2x A @ 10.00", "1x B @ 4.00"], { 1: 600, 2: 300 }],
    ["from a unit one cheaper than the amount, its price", { per: "unit" }, ["1x A @ 2.99"], { 1: 299 }],
    ["from a unit that costs the amount, its price", { per: "unit" }, ["1x A @ 3.00"], { 1: 300 }],
    [
      "the amount from each line, whatever its units",
      { per: "line" },
      ["3x A @ 2.00", "1x B @ 4.00"],
      { 1: 300, 2: 300 },
    ],
    [
      "from a line no more than it costs",
      { per: "line" },
      ["1x A @ 2.99", "1x B @ 4.00"],
      { 1: 299, 2: 300 },
    ],
    [
      "the amount from two request lines that are one line once",
      { per: "line" },
      ["1x A @ 4.00", "2x A @ 4.00"],
      { 1: 100, 2: 200 },
    ],
    ["no more than the goods are worth", {}, ["1x A @ 1.00", "1x B @ 1.99"], { 1: 100, 2: 199 }],
    ["the amount over maxUnits of the dearest", { maxUnits: 1 }, ["1x A @ 1.00", "1x B @ 4.00"], { 2: 300 }],
    [
      "the amount from maxUnits of the cheapest",
      { per: "unit", maxUnits: 2, pick: "cheapest" },
      ["3x A @ 5.00", "1x B @ 9.00"],
      { 1: 600 },
    ],
    ["nothing when the amount is zero", { amount: { CNY: 0 } }, ["1x A @ 1.00"], "nothing_to_discount"],
    [
      "nothing one cent under the threshold",
      { every: { amount: { CNY: 1000 } } },
      ["1x A @ 9.99"],
      "subtotal_too_low 999/1000",
    ],
    ["the amount once at the threshold", { every: { amount: { CNY: 1000 } } }, ["1x A @ 10.00"], { 1: 300 }],
    [
      "the amount once one cent under the second",
      { every: { amount: { CNY: 1000 } } },
      ["1x A @ 19.99"],
      { 1: 300 },
    ],
    ["the amount twice at the second", { every: { amount: { CNY: 1000 } } }, ["1x A @ 20.00"], { 1: 600 }],
    [
      "the amount no more than maxTimes",
      { every: { amount: { CNY: 1000 } }, maxTimes: 2 },
      ["1x A @ 30.00"],
      { 1: 600 },
    ],
    [
      "nothing one unit under the threshold",
      { every: { quantity: 3 } },
      ["2x A @ 9.00"],
      "quantity_too_low 2/3",
    ],
    ["the amount once at as many units", { every: { quantity: 3 } }, ["3x A @ 9.00"], { 1: 300 }],
    ["the amount twice at twice as many", { every: { quantity: 3 } }, ["6x A @ 9.00"], { 1: 600 }],
  ])("%s", (_title, fields, lines, expected) => {
    expect(takenOff(amountOff(fields), cart(...lines))).toEqual(expected);
    if (!("per" in fields) && !("maxUnits" in fields))
      expect(takenOff(amountOff({ ...fields, target: "order" }), cart(...lines))).toEqual(expected);
  });

  test.each([
    ["once over all shipments", {}, { s1: 60, s2: 240 }],
    ["from each shipment no more than it costs", { per: "line" }, { s1: 200, s2: 300 }],
    ["from the shipments of a method", { methods: ["express"] }, { s2: 300 }],
  ])("the amount %s", (_title, fields, expected) => {
    expect(takenOff(amountOff({ target: "shipping", ...fields }), cart("1x A @ 9.00", twoShipments))).toEqual(
      expected,
    );
  });

  test("an order's amount never from shipping", () => {
    expect(takenOff(amountOff({ target: "order" }), cart("1x A @ 1.00", twoShipments))).toEqual({ 1: 100 });
  });
});

test.each([
  ["an amount over the goods says what the price refused", ["1x A @ 2.00"], {}, 200, 100],
  ["an amount at exactly the goods leaves nothing unapplied", ["1x A @ 3.00"], {}, 300, 0],
  ["a floor hands a shared amount to the others", ["1x A @ 3.00 floor 2.50", "1x B @ 3.00"], {}, 300, 0],
  ["what all floors refuse is told", ["1x A @ 3.00 floor 2.50", "1x B @ 3.00 floor 1.00"], {}, 250, 50],
  ["a free line has nothing that could be refused", ["1x A @ 5.00", "1x B @ 0.00"], { per: "line" }, 300, 0],
  ["a floor cuts an amount per unit", ["1x A @ 3.00 floor 2.50", "1x B @ 3.00"], { per: "unit" }, 350, 250],
])("%s", (_title, lines, fields, amount, unappliedAmount) => {
  const [row] = quoteFor(
    [promotion({ benefits: [{ kind: "amount_off", amount: { CNY: 300 }, ...fields }] })],
    cart(...lines),
  ).promotions;
  expect(row).toMatchObject({ amount, unappliedAmount });
});

test.each([
  ["from goods that cost nothing", ["2x S @ 0.00"]],
  ["from an empty cart", []],
])("an amount %s has nothing to discount", (_title, lines) => {
  for (const per of ["order", "line", "unit"])
    expect(takenOff(amountOff({ per }), cart(...lines))).toBe("nothing_to_discount");
});

describe("amount_off is refused when saved", () => {
  test.each([
    ["every of no amount", { every: { amount: { CNY: 0 } } }, ["every_zero /benefits/0/every/amount"]],
    ["every of the smallest amount", { every: { amount: { CNY: 1 } } }, []],
    ["every of no units", { every: { quantity: 0 } }, ["too_small /benefits/0/every/quantity"]],
    [
      "every of an amount and units at once",
      { every: { quantity: 1, amount: { CNY: 1 } } },
      ["invalid_union /benefits/0/every"],
    ],
    [
      "every of each unit",
      { per: "unit", every: { quantity: 1 } },
      ["every_needs_per_order /benefits/0/every"],
    ],
    [
      "every of each line",
      { per: "line", every: { quantity: 1 } },
      ["every_needs_per_order /benefits/0/every"],
    ],
    ["maxTimes of nothing that repeats", { maxTimes: 2 }, ["max_times_needs_every /benefits/0/maxTimes"]],
    [
      "an amount per unit of the order",
      { target: "order", per: "unit" },
      ["per_unit_needs_item /benefits/0/per"],
    ],
    [
      "an amount per unit of shipping",
      { target: "shipping", per: "unit" },
      ["per_unit_needs_item /benefits/0/per"],
    ],
    [
      "an amount per line of the order",
      { target: "order", per: "line" },
      ["per_line_needs_item /benefits/0/per"],
    ],
    ["an amount per line of shipping", { target: "shipping", per: "line" }, []],
    ["an amount in no currency", { amount: {} }, ["no_currency /benefits/0/amount"]],
    ["an amount below zero", { amount: { CNY: -1 } }, ["too_small /benefits/0/amount/CNY"]],
    ["half a cent", { amount: { CNY: 0.5 } }, ["invalid_type /benefits/0/amount/CNY"]],
    ["amounts without a common currency", { every: { amount: { USD: 100 } } }, ["no_common_currency "]],
    [
      "every fault at once",
      { target: "order", per: "unit", maxTimes: 1, methods: ["x"] },
      [
        "only_for_shipping /benefits/0/methods",
        "max_times_needs_every /benefits/0/maxTimes",
        "per_unit_needs_item /benefits/0/per",
      ],
    ],
  ])("%s", (_title, fields, faults) => {
    expect(faultsOfBenefit(amountOff(fields))).toEqual(faults);
  });
});

test.each([
  ["of the amount", { amount: { CNY: 300 } }],
  ["of the threshold", { amount: { CNY: 300, USD: 50 }, every: { amount: { CNY: 1000 } } }],
])("a cart in a currency %s that is missing is not supported", (_title, fields) => {
  expect(takenOff(amountOff(fields), cart("1x A @ 10.00", { currency: "USD" }))).toBe(
    "currency_not_supported",
  );
});
