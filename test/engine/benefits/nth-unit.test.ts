import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import { faultsOfBenefit, promotion, quoteFor, takenOff } from "../engine-call.ts";

const nth = (n: number, fields: object = {}) => ({ kind: "nth_unit", n, percent: 50, ...fields });

describe("nth_unit reduces", () => {
  test.each([
    ["nothing one unit under n", nth(3), ["2x A @ 10.00"], "quantity_too_low 2/3"],
    ["the n-th unit", nth(3), ["3x A @ 10.00"], { 1: 500 }],
    ["one unit one over n", nth(3), ["4x A @ 10.00"], { 1: 500 }],
    ["one unit one under twice n", nth(3), ["5x A @ 10.00"], { 1: 500 }],
    ["two units at twice n", nth(3), ["6x A @ 10.00"], { 1: 1000 }],
    [
      "the last of each group, counted dearest first over the lines",
      nth(2),
      ["1x A @ 4.00", "2x B @ 10.00", "1x C @ 6.00"],
      { 2: 500, 1: 200 },
    ],
    [
      "groups that run over lines",
      nth(3),
      ["2x A @ 10.00", "2x B @ 8.00", "2x C @ 6.00"],
      { 2: 400, 3: 300 },
    ],
    [
      "no more units than maxTimes, the dearest group first",
      nth(2, { maxTimes: 1 }),
      ["2x A @ 10.00", "2x B @ 4.00"],
      { 1: 500 },
    ],
    ["no count of free samples", nth(2), ["1x A @ 10.00", "3x S @ 0.00"], "quantity_too_low 1/2"],
    [
      "units of the selector alone",
      nth(2, { select: { skus: ["B"] } }),
      ["1x A @ 10.00", "2x B @ 4.00"],
      { 2: 200 },
    ],
    ["a unit to nothing at a hundred percent", nth(2, { percent: 100 }), ["2x A @ 9.99"], { 1: 999 }],
    ["a unit down to its floor", nth(2), ["2x A @ 10.00 floor 8.00"], { 1: 200 }],
  ])("%s", (_title, benefit, lines, expected) => {
    expect(takenOff(benefit, cart(...lines))).toEqual(expected);
  });

  test("the exact units of a few equal ones, and as many of very many", () => {
    const runsOf = (units: number) =>
      quoteFor([promotion({ benefits: [nth(2) as never] })], cart(`${units}x A @ 10.00`)).lines[0]!
        .adjustments[0]!.runs;
    expect(runsOf(5)).toEqual([{ units: 2, amount: 500 }]);
    expect(runsOf(10_001)).toEqual([{ units: 5000, amount: 500 }]);
  });

  test("units that another promotion may still have, as only the reduced ones are taken", () => {
    const { promotions } = quoteFor(
      [
        promotion({ key: "a", priority: 1, benefits: [nth(2) as never] }),
        promotion({ key: "b", benefits: [{ kind: "percent_off", percent: 10 }] }),
      ],
      cart("2x A @ 10.00", { strategy: "priority" }),
    );
    expect(promotions).toMatchObject([{ amount: 500 }, { promotion: "b", amount: 100 }]);
  });
});

describe("nth_unit is refused when saved", () => {
  test.each([
    ["with every first unit", nth(1), ["too_small /benefits/0/n"]],
    ["with every second unit", nth(2), []],
    ["with a percentage of zero", nth(2, { percent: 0 }), ["percent_out_of_range /benefits/0/percent"]],
    [
      "with a percentage above a hundred",
      nth(2, { percent: 101 }),
      ["percent_out_of_range /benefits/0/percent"],
    ],
    ["with maxTimes of zero", nth(2, { maxTimes: 0 }), ["too_small /benefits/0/maxTimes"]],
    ["for the order", nth(2, { target: "order" }), ["unrecognized_keys /benefits/0"]],
  ])("%s", (_title, benefit, faults) => {
    expect(faultsOfBenefit(benefit)).toEqual(faults);
  });
});
