import { describe, expect, test } from "vitest";
import type { Facts } from "../../../src/engine/facts.ts";
import { stockName } from "../../../src/engine/safety-stock.ts";
import { cart } from "../../cart-notation.ts";
import {
  type BenefitInput,
  faultsOfBenefit,
  promotion,
  quoteFor,
  reasonOf,
  takenOff,
} from "../engine-call.ts";

const gift = (fields: object = {}): BenefitInput => ({ kind: "gift", sku: "BAG", ...fields });
const stockTaken = (units: number): Facts => ({
  usage: new Map([["p", { total: 0, stockTaken: { 0: units } }]]),
});

const given = (fields: object, lines: string[], facts: Facts = {}) => {
  const quote = quoteFor([promotion({ benefits: [gift(fields)] })], cart(...lines, { explain: "all" }), {
    facts,
  });
  return quote.rewards[0]?.quantity ?? reasonOf(quote);
};

describe("gift", () => {
  const forTen = { every: { amount: { CNY: 1000 } } };
  const forThree = { every: { quantity: 3 }, quantity: 2 };
  test.each([
    ["is given once", {}, ["9x A @ 1.00"], 1],
    ["is given in its quantity", { quantity: 3 }, ["9x A @ 1.00"], 3],
    ["is not given one cent under its threshold", forTen, ["1x A @ 9.99"], "subtotal_too_low 999/1000"],
    ["is given at its threshold", forTen, ["1x A @ 10.00"], 1],
    ["is given once one cent under the second", forTen, ["1x A @ 19.99"], 1],
    ["is given twice at the second", forTen, ["1x A @ 20.00"], 2],
    ["is given no more than maxTimes", { ...forTen, maxTimes: 2 }, ["1x A @ 30.00"], 2],
    ["is not given one unit under its threshold", forThree, ["2x A @ 1.00"], "quantity_too_low 2/3"],
    ["is given in its quantity for each threshold of units", forThree, ["7x A @ 1.00"], 4],
  ])("%s", (_title, fields, lines, expected) => {
    expect(given(fields, lines)).toEqual(expected);
  });

  test.each([
    ["is given while one is left", { stock: 5 }, 4, 1],
    ["is gone when none is left", { stock: 5 }, 5, "gift_out_of_stock 0/1"],
    ["is gone when more were taken than there are", { stock: 5 }, 6, "gift_out_of_stock 0/1"],
    ["is gone when too few are left for one gift", { stock: 5, quantity: 2 }, 4, "gift_out_of_stock 1/2"],
    ["is given as often as its stock allows", { stock: 5, quantity: 2, every: { quantity: 1 } }, 0, 4],
  ])("%s", (_title, fields, taken, expected) => {
    expect(given(fields, ["9x A @ 1.00"], stockTaken(taken))).toEqual(expected);
  });

  const shelved = (units: Record<string, number>): Facts => ({
    stock: new Map(Object.entries(units).map(([name, left]) => [stockName(name, null), left])),
  });
  const safe = (fields: object, safetyStock: object, facts: Facts) => {
    const { rewards, ...quote } = quoteFor(
      [promotion({ benefits: [gift(fields)], safetyStock: { units: 5, ...safetyStock } })],
      cart("4x A @ 1.00", { explain: "all" }),
      { facts },
    );
    const [reward] = rewards;
    if (reward?.kind !== "gift") return reasonOf({ ...quote, rewards });
    return reward.choices === undefined ? reward.quantity : [reward.quantity, ...reward.choices];
  };
  const eachUnit = { every: { quantity: 1 } };
  test.each([
    ["is given at the safety stock", {}, {}, { BAG: 5 }, 1],
    ["is not given below it", {}, {}, { BAG: 4 }, "stock_below_safety 4/5"],
    ["is given where nobody told of it", {}, {}, { A: 0 }, 1],
    ["of which some may go is capped", eachUnit, { whenBelow: "cap" }, { BAG: 7 }, 2],
    [
      "is gone at the safety stock where it is capped",
      {},
      { whenBelow: "cap" },
      { BAG: 5 },
      "stock_below_safety 5/5",
    ],
    [
      "is what is left of a choice",
      { sku: undefined, choices: ["BAG", "CAP", "PEN"] },
      {},
      { BAG: 4, CAP: 5 },
      [1, "CAP", "PEN"],
    ],
    [
      "is none of a choice where all are short",
      { sku: undefined, choices: ["BAG", "CAP"] },
      {},
      { BAG: 4, CAP: 1 },
      "stock_below_safety 4/5",
    ],
  ])("%s", (_title, fields, safetyStock, units, expected) => {
    expect(safe(fields, safetyStock, shelved(units as Record<string, number>))).toEqual(expected);
  });

  test("is an extra unit: it costs nothing, and no line knows of it", () => {
    const quote = quoteFor(
      [promotion({ benefits: [gift({ sku: "A", value: { CNY: 500 } })] })],
      cart("1x A @ 5.00"),
    );
    expect(quote).toMatchObject({
      subtotal: 500,
      discount: 0,
      total: 500,
      promotions: [{ stage: "reward", amount: 0 }],
    });
    expect(quote.rewards).toEqual([
      { promotion: "p", benefit: 0, kind: "gift", sku: "A", quantity: 1, value: 500 },
    ]);
  });

  test("counts goods after the order stage", () => {
    const off = promotion({
      key: "off",
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1 } }],
    });
    const quote = quoteFor(
      [promotion({ benefits: [gift(forTen)] }), off],
      cart("1x A @ 10.00", { explain: "all" }),
    );
    expect(reasonOf(quote)).toBe("subtotal_too_low 999/1000");
  });

  test.each([
    ["value", { value: { CNY: 1 } }],
    ["threshold", forTen],
  ])("whose %s lacks the currency is not supported", (_title, fields) => {
    expect(takenOff(gift(fields), cart("1x A @ 9.00", { currency: "USD" }))).toBe("currency_not_supported");
  });
});

describe("gift is refused when saved", () => {
  test.each([
    ["without a SKU or a choice", { sku: undefined }, ["one_of_sku_choices /benefits/0"]],
    ["with both", { choices: ["A", "B"] }, ["one_of_sku_choices /benefits/0"]],
    ["with a choice of one", { sku: undefined, choices: ["A"] }, ["too_small /benefits/0/choices"]],
    ["with no units", { quantity: 0 }, ["too_small /benefits/0/quantity"]],
    ["with no stock", { stock: 0 }, ["too_small /benefits/0/stock"]],
    ["with a threshold of zero", { every: { amount: { CNY: 0 } } }, ["every_zero /benefits/0/every/amount"]],
    [
      "with maxTimes of nothing that repeats",
      { maxTimes: 1 },
      ["max_times_needs_every /benefits/0/maxTimes"],
    ],
    ["with a value in no currency", { value: {} }, ["no_currency /benefits/0/value"]],
  ])("%s", (_title, fields, faults) => {
    expect(faultsOfBenefit(gift(fields))).toEqual(faults);
  });
});
