import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import { faultsOfBenefit, promotion, quoteFor, takenOff } from "../engine-call.ts";

const side = (quantity: number, sku?: string) => ({
  ...(sku !== undefined && { select: { skus: [sku] } }),
  quantity,
});
const offer = (buy: object, get: object, fields: object = {}) => ({
  kind: "buy_x_get_y",
  buy,
  get,
  ...fields,
});
/** On the got units alone, so that a table shows which they are. */
const target = { allocate: "target" };
const twoForOne = offer(side(2), side(1), target);

describe("buy_x_get_y over one selector", () => {
  test.each([
    ["gives nothing one unit under a group", twoForOne, ["2x A @ 9.00"], "quantity_too_low 2/3"],
    ["gives one unit of a whole group", twoForOne, ["3x A @ 9.00"], { 1: 900 }],
    ["gives one unit one unit over a group", twoForOne, ["4x A @ 9.00"], { 1: 900 }],
    ["gives one unit one under two groups", twoForOne, ["5x A @ 9.00"], { 1: 900 }],
    ["gives two units of two groups", twoForOne, ["6x A @ 9.00"], { 1: 1800 }],
    [
      "gives the cheapest of each group, the dearest group first",
      twoForOne,
      ["3x A @ 9.00", "3x B @ 6.00"],
      { 1: 900, 2: 600 },
    ],
    ["gives the cheapest of a mixed group", twoForOne, ["2x A @ 9.00", "1x B @ 6.00"], { 2: 600 }],
    [
      "gives the dearest of each group where that is picked",
      offer(side(2), side(1), { ...target, pick: "dearest" }),
      ["2x A @ 9.00", "1x B @ 6.00"],
      { 1: 900 },
    ],
    ["stops at maxTimes", offer(side(2), side(1), { ...target, maxTimes: 1 }), ["6x A @ 9.00"], { 1: 900 }],
    ["gives more than one buys", offer(side(1), side(2), target), ["3x A @ 9.00"], { 1: 1800 }],
    ["counts no free sample", twoForOne, ["2x A @ 9.00", "4x S @ 0.00"], "quantity_too_low 2/3"],
    [
      "reduces by its percentage",
      offer(side(1), side(1), { ...target, percent: 30 }),
      ["2x A @ 9.00"],
      { 1: 270 },
    ],
    [
      "lies on bought and got units alike by default",
      offer(side(1), side(1)),
      ["1x A @ 9.00", "1x B @ 3.00"],
      { 1: 225, 2: 75 },
    ],
    [
      "lies on the got units alone where that is asked",
      offer(side(1), side(1), target),
      ["1x A @ 9.00", "1x B @ 3.00"],
      { 2: 300 },
    ],
    [
      "treats equal selectors in another order as one",
      offer(
        { select: { skus: ["A", "B"] }, quantity: 1 },
        { select: { skus: ["B", "A"] }, quantity: 1 },
        target,
      ),
      ["1x A @ 9.00", "1x B @ 3.00"],
      { 2: 300 },
    ],
  ])("%s", (_title, benefit, lines, expected) => {
    expect(takenOff(benefit, cart(...lines))).toEqual(expected);
  });
});

describe("buy_x_get_y over two selectors", () => {
  const xy = offer(side(2, "X"), side(1, "Y"), target);
  const anyY = offer(side(1), side(1, "Y"), target);
  test.each([
    ["gives nothing one bought unit under", xy, ["1x X @ 9.00", "1x Y @ 3.00"], "quantity_too_low 1/2"],
    ["gives nothing where the got unit is missing", xy, ["2x X @ 9.00"], "quantity_too_low 0/1"],
    ["gives a unit at exactly enough", xy, ["2x X @ 9.00", "1x Y @ 3.00"], { 2: 300 }],
    ["gives no more units than were paid for", xy, ["3x X @ 9.00", "2x Y @ 3.00"], { 2: 300 }],
    ["gives no more units than there are", xy, ["4x X @ 9.00", "1x Y @ 3.00"], { 2: 300 }],
    ["gives two at twice enough", xy, ["4x X @ 9.00", "2x Y @ 3.00"], { 2: 600 }],
    ["buys with none of the units it gives", anyY, ["1x Y @ 3.00"], "quantity_too_low 0/1"],
    ["buys with units it could have given", anyY, ["2x Y @ 3.00"], { 1: 300 }],
    [
      "gives the cheapest it covers",
      offer(side(1, "X"), { select: { categories: ["drinks"] }, quantity: 1 }, target),
      ["1x X @ 9.00", "1x Y @ 3.00 in drinks", "1x Z @ 2.00 in drinks"],
      { 3: 200 },
    ],
    [
      "gives the dearest it covers where that is picked",
      offer(
        side(1, "X"),
        { select: { categories: ["drinks"] }, quantity: 1 },
        { ...target, pick: "dearest" },
      ),
      ["1x X @ 9.00", "1x Y @ 3.00 in drinks", "1x Z @ 2.00 in drinks"],
      { 2: 300 },
    ],
  ])("%s", (_title, benefit, lines, expected) => {
    expect(takenOff(benefit, cart(...lines))).toEqual(expected);
  });
});

test("bought units are used up for others of the group and free for other groups", () => {
  const trade = { key: "trade", priority: 1, benefits: [offer(side(1, "X"), side(1, "Y"), target) as never] };
  const ten = { key: "ten", benefits: [{ kind: "percent_off", percent: 10 }] };
  const lines = ["1x X @ 9.00", "1x Y @ 3.00", "1x Z @ 5.00"];
  const same = quoteFor([promotion(trade), promotion(ten)], cart(...lines, { strategy: "priority" }));
  expect(same.promotions).toMatchObject([{ amount: 300 }, { promotion: "ten", amount: 50 }]);
  const apart = quoteFor(
    [promotion(trade), promotion({ ...ten, stacking: { group: "other" } })],
    cart(...lines, { strategy: "priority" }),
  );
  expect(apart.promotions).toMatchObject([{ amount: 300 }, { promotion: "ten", amount: 140 }]);
});

test("ten thousand equal groups are as exact as one", () => {
  const [row] = quoteFor(
    [promotion({ benefits: [offer(side(2), side(1), { percent: 33.3333 }) as never] })],
    cart("30000x A @ 0.07"),
  ).promotions;
  expect(row).toMatchObject({ times: 10_000, amount: 23_333 });
});

describe("buy_x_get_y is refused when saved", () => {
  test.each([
    ["with nothing to buy", offer(side(0), side(1)), ["too_small /benefits/0/buy/quantity"]],
    ["with nothing to get", offer(side(1), side(0)), ["too_small /benefits/0/get/quantity"]],
    [
      "with a percentage of zero",
      offer(side(1), side(1), { percent: 0 }),
      ["percent_out_of_range /benefits/0/percent"],
    ],
    [
      "with a percentage above a hundred",
      offer(side(1), side(1), { percent: 100.0001 }),
      ["percent_out_of_range /benefits/0/percent"],
    ],
    [
      "with too fine a percentage",
      offer(side(1), side(1), { percent: 33.33333 }),
      ["percent_too_fine /benefits/0/percent"],
    ],
    ["with maxTimes of zero", offer(side(1), side(1), { maxTimes: 0 }), ["too_small /benefits/0/maxTimes"]],
    ["with an unknown pick", offer(side(1), side(1), { pick: "middle" }), ["invalid_value /benefits/0/pick"]],
    [
      "with an expression that does not parse",
      offer({ select: { where: "line." }, quantity: 1 }, side(1)),
      ["expression_invalid /benefits/0/buy/select/where"],
    ],
  ])("%s", (_title, benefit, faults) => {
    expect(faultsOfBenefit(benefit)).toEqual(faults);
  });
});
