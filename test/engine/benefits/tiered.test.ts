import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import { faultsOfBenefit, promotion, quoteFor, takenOff } from "../engine-call.ts";

const percent = (percent: number, more: object = {}) => ({ kind: "percent_off", percent, ...more });
const amount = (CNY: number, more: object = {}) => ({ kind: "amount_off", amount: { CNY }, ...more });
const price = (CNY: number) => ({ kind: "fixed_price", price: { CNY } });
type Ladder = [from: number, benefit: object][];

const byAmount = (ladder: Ladder, fields: object = {}) => ({
  kind: "tiered",
  by: "amount",
  tiers: ladder.map(([CNY, benefit]) => ({ from: { CNY }, benefit })),
  ...fields,
});
const byQuantity = (ladder: Ladder, fields: object = {}) => ({
  kind: "tiered",
  by: "quantity",
  tiers: ladder.map(([from, benefit]) => ({ from, benefit })),
  ...fields,
});
const graduated = { mode: "graduated" };

describe("volume: the reached tier for everything", () => {
  const amounts = byAmount([
    [1000, percent(10)],
    [2000, amount(500)],
  ]);
  test.each([
    ["one cent under the first tier, nothing", amounts, ["1x A @ 9.99"], "subtotal_too_low 999/1000"],
    ["at the first tier, its percentage", amounts, ["1x A @ 10.00"], { 1: 100 }],
    ["one cent over the first tier, its percentage", amounts, ["1x A @ 10.01"], { 1: 100 }],
    ["one cent under the second tier, still the first", amounts, ["1x A @ 19.99"], { 1: 200 }],
    ["at the second tier, its amount", amounts, ["1x A @ 20.00"], { 1: 500 }],
    [
      "a first tier from nothing applies to everything",
      byAmount([[0, percent(10)]]),
      ["1x A @ 0.10"],
      { 1: 1 },
    ],
    [
      "a tier's cap holds one cent under the amount",
      byAmount([[0, percent(10, { maxAmount: { CNY: 99 } })]]),
      ["1x A @ 10.00"],
      { 1: 99 },
    ],
    [
      "a tier's amount per unit falls on each unit",
      byQuantity([[2, amount(100, { per: "unit" })]]),
      ["2x A @ 10.00", "1x B @ 0.99"],
      { 1: 200, 2: 99 },
    ],
    [
      "one unit under the first tier, nothing",
      byQuantity([[3, price(800)]]),
      ["2x A @ 10.00"],
      "quantity_too_low 2/3",
    ],
    [
      "at the first tier, its price where that is lower",
      byQuantity([[3, price(800)]]),
      ["2x A @ 10.00", "1x B @ 8.00"],
      { 1: 400 },
    ],
    [
      "goods that are not selected raise no tier",
      byQuantity([[3, price(800)]], { select: { skus: ["A"] } }),
      ["2x A @ 10.00", "1x B @ 8.00"],
      "quantity_too_low 2/3",
    ],
  ])("%s", (_title, benefit, lines, expected) => {
    expect(takenOff(benefit, cart(...lines))).toEqual(expected);
  });
});

describe("graduated by amount: each slice of the sum at its tier", () => {
  const slices = byAmount(
    [
      [1000, percent(10)],
      [2000, percent(20)],
    ],
    graduated,
  );
  const capped = byAmount(
    [
      [0, percent(10, { maxAmount: { CNY: 50 } })],
      [1000, amount(300)],
    ],
    graduated,
  );
  test.each([
    ["nothing one cent under the first tier", slices, ["1x A @ 9.99"], "subtotal_too_low 999/1000"],
    ["an empty slice at the first tier", slices, ["1x A @ 10.00"], "nothing_to_discount"],
    ["the first slice alone up to the second tier", slices, ["1x A @ 20.00"], { 1: 100 }],
    ["a step into the second slice", slices, ["1x A @ 20.05"], { 1: 101 }],
    ["both slices shared in proportion", slices, ["1x A @ 10.00", "2x B @ 10.00"], { 1: 100, 2: 200 }],
    ["a slice of a cent gives no more than a cent of an amount", capped, ["1x A @ 10.01"], { 1: 51 }],
    ["a slice smaller than its cap is not cut", capped, ["1x A @ 4.90"], { 1: 49 }],
    ["a slice at its cap", capped, ["1x A @ 5.00"], { 1: 50 }],
    ["a slice over its cap", capped, ["1x A @ 5.10"], { 1: 50 }],
    ["every amount in full where the slices can hold them", capped, ["1x A @ 20.00"], { 1: 350 }],
  ])("%s", (_title, benefit, lines, expected) => {
    expect(takenOff(benefit, cart(...lines))).toEqual(expected);
  });
});

describe("graduated by quantity: the dearest units fill the lowest slice", () => {
  const slices = byQuantity(
    [
      [1, percent(10)],
      [3, percent(50)],
    ],
    graduated,
  );
  test.each([
    ["the first slice alone one unit under the second tier", slices, ["2x A @ 10.00"], { 1: 200 }],
    ["the third unit at the second tier", slices, ["3x A @ 10.00"], { 1: 700 }],
    [
      "the cheap unit at the second tier, wherever it stands",
      slices,
      ["1x A @ 2.00", "2x B @ 10.00"],
      { 1: 100, 2: 200 },
    ],
    [
      "units before the first tier pay in full",
      byQuantity([[2, price(500)]], graduated),
      ["1x A @ 20.00", "1x B @ 9.00"],
      { 2: 400 },
    ],
    [
      "an amount per tier falls on the units of its slice",
      byQuantity(
        [
          [1, amount(100)],
          [2, amount(300)],
        ],
        graduated,
      ),
      ["1x A @ 20.00", "2x B @ 9.00"],
      { 1: 100, 2: 300 },
    ],
  ])("%s", (_title, benefit, lines, expected) => {
    expect(takenOff(benefit, cart(...lines))).toEqual(expected);
  });
});

test("what a floor refuses of a tier's shared amount goes to the others, of a tier's percentage nowhere", () => {
  const lines = ["1x A @ 10.00 floor 9.50", "1x B @ 10.00"];
  expect(takenOff(byAmount([[0, amount(400)]]), cart(...lines))).toEqual({ 1: 50, 2: 350 });
  expect(takenOff(byAmount([[0, percent(20)]]), cart(...lines))).toEqual({ 1: 50, 2: 200 });
});

test("a tier is reached by the prices with which the stage began, whatever an earlier promotion of the stage took off", () => {
  const { promotions } = quoteFor(
    [
      promotion({
        key: "first",
        priority: 1,
        benefits: [{ kind: "percent_off", target: "order", percent: 50 }],
        stacking: { group: "one" },
      }),
      promotion({
        key: "tiers",
        benefits: [byAmount([[1000, percent(10)]], { target: "order" })],
        stacking: { group: "two" },
      }),
    ],
    cart("1x A @ 10.00"),
  );
  expect(promotions).toMatchObject([{ amount: 500 }, { promotion: "tiers", amount: 50 }]);
});

describe("tiered is refused when saved", () => {
  test.each([
    [
      "a ladder that rises by one",
      byAmount([
        [1, percent(1)],
        [2, percent(2)],
      ]),
      [],
    ],
    [
      "a ladder that stands still",
      byAmount([
        [1, percent(1)],
        [1, percent(2)],
      ]),
      ["tiers_do_not_rise /benefits/0/tiers/1/from"],
    ],
    [
      "a ladder that falls",
      byQuantity([
        [2, percent(1)],
        [1, percent(2)],
      ]),
      ["tiers_do_not_rise /benefits/0/tiers/1/from"],
    ],
    [
      "a count by amount",
      byAmount([], { tiers: [{ from: 1, benefit: percent(1) }] }),
      ["from_is_money /benefits/0/tiers/0/from"],
    ],
    [
      "money by quantity",
      byQuantity([], { tiers: [{ from: { CNY: 1 }, benefit: percent(1) }] }),
      ["from_is_count /benefits/0/tiers/0/from"],
    ],
    ["no tiers", byAmount([]), ["too_small /benefits/0/tiers"]],
    [
      "a tier of too much",
      byAmount([[0, percent(100.5)]]),
      ["percent_out_of_range /benefits/0/tiers/0/benefit/percent"],
    ],
    [
      "a tier of another kind",
      byAmount([[0, { kind: "nth_unit", n: 2, percent: 50 }]]),
      ["invalid_union /benefits/0/tiers/0/benefit/kind"],
    ],
    ["shipping", byAmount([[0, percent(1)]], { target: "shipping" }), ["invalid_value /benefits/0/target"]],
    [
      "a fixed price of an order",
      byAmount([[0, price(1)]], { target: "order" }),
      ["fixed_price_needs_item /benefits/0/tiers/0/benefit"],
    ],
    [
      "a fixed price of a slice of an amount",
      byAmount([[0, price(1)]], graduated),
      ["fixed_price_not_sliced /benefits/0/tiers/0/benefit"],
    ],
    [
      "an amount per unit of an order",
      byQuantity([[0, amount(1, { per: "unit" })]], { target: "order" }),
      ["per_unit_needs_item /benefits/0/tiers/0/benefit/per"],
    ],
    [
      "an amount per unit of a slice of an amount",
      byAmount([[0, amount(1, { per: "unit" })]], graduated),
      ["per_unit_needs_item /benefits/0/tiers/0/benefit/per"],
    ],
    [
      "a cap on a slice of units",
      byQuantity([[0, percent(1, { maxAmount: { CNY: 1 } })]], graduated),
      ["max_amount_not_sliced /benefits/0/tiers/0/benefit/maxAmount"],
    ],
    [
      "tiers without a common currency",
      byAmount([], {
        tiers: [
          { from: { CNY: 1 }, benefit: percent(1) },
          { from: { USD: 2 }, benefit: percent(2) },
        ],
      }),
      ["no_common_currency "],
    ],
  ])("%s", (_title, benefit, faults) => {
    expect(faultsOfBenefit(benefit)).toEqual(faults);
  });
});

test("a currency that one tier lacks is not supported at all", () => {
  const tiers = [
    { from: { CNY: 1, USD: 1 }, benefit: percent(1) },
    { from: { CNY: 2 }, benefit: percent(2) },
  ];
  expect(takenOff(byAmount([], { tiers }), cart("1x A @ 10.00", { currency: "USD" }))).toBe(
    "currency_not_supported",
  );
});
