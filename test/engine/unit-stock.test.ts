/** Promotions that were given so many units of their goods to sell. */
import { describe, expect, test } from "vitest";
import type { Facts } from "../../src/engine/facts.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { cart } from "../cart-notation.ts";
import { type BenefitInput, faultsOf, promotion, quoteFor, reasonOf } from "./engine-call.ts";

const half: BenefitInput = { kind: "percent_off", percent: 50 };
type Stock = NonNullable<NonNullable<PromotionInput["limits"]>["stock"]>;

function sold(unitsTaken: Record<string, number>): Facts {
  return { usage: new Map([["p", { total: 0, unitsTaken }]]) };
}

function quoteOf(stock: Stock, given: readonly (string | object)[], taken = {}, benefit = half) {
  return quoteFor(
    [promotion({ benefits: [benefit], limits: { stock } })],
    cart(...given, { explain: "all" }),
    {
      facts: sold(taken),
    },
  );
}

const strategies = ["best", "priority"] as const;

describe.each(strategies)("by strategy %s", (strategy) => {
  test.each<[string, Stock, Record<string, number>, string[], number, string]>([
    ["one more left than asked", [{ sku: "A", units: 4 }], {}, ["3x A @ 10.00"], 1500, "3/0"],
    ["as many left as asked", [{ sku: "A", units: 3 }], {}, ["3x A @ 10.00"], 1500, "3/0"],
    [
      "one fewer left than asked",
      [{ sku: "A", units: 3 }],
      { '["A"]': 1 },
      ["3x A @ 10.00"],
      1000,
      "2/1 stock_exhausted",
    ],
    [
      "other goods",
      [{ sku: "A", units: 1 }],
      {},
      ["2x A @ 10.00", "2x B @ 5.00"],
      1000,
      "1/1 stock_exhausted",
    ],
    [
      "the dearest first",
      [{ sku: "A", units: 1 }],
      {},
      ["1x A @ 10.00", "1x A @ 20.00"],
      1000,
      "1/1 stock_exhausted",
    ],
    ["goods that cost nothing", [{ sku: "A", units: 1 }], {}, ["1x A @ 0.00", "1x A @ 20.00"], 1000, "1/0"],
  ])("%s", (_title, stock, taken, lines, discount, use) => {
    const quote = quoteOf(stock, [...lines, { strategy }], taken);
    expect(quote.discount).toBe(discount);
    const { units, missing, reason } = quote.promotions[0]!.stock![0]!;
    expect(`${units}/${missing}${reason === null ? "" : ` ${reason}`}`).toBe(use);
    if (strategy === "best") expect(quote.optimality).toEqual({ proven: true, bound: 0 });
  });

  test("nothing left is a reason with numbers, and another promotion then has the units", () => {
    const quote = quoteFor(
      [
        promotion({ benefits: [half], priority: 1, limits: { stock: [{ sku: "A", units: 2 }] } }),
        promotion({ key: "q", benefits: [{ kind: "percent_off", percent: 10 }] }),
      ],
      cart("3x A @ 10.00", { explain: "all", strategy }),
      { facts: sold({ '["A"]': 2 }) },
    );
    expect(reasonOf(quote)).toBe("stock_exhausted 0/3");
    expect(quote.promotions.map((row) => [row.promotion, row.amount])).toEqual([["q", 300]]);
  });

  test("units beyond the stock go to the next promotion of the group", () => {
    const quote = quoteFor(
      [
        promotion({ benefits: [half], priority: 1, limits: { stock: [{ sku: "A", units: 2 }] } }),
        promotion({ key: "q", benefits: [{ kind: "percent_off", percent: 10 }] }),
      ],
      cart("3x A @ 10.00", { strategy }),
    );
    expect(quote.promotions.map((row) => [row.promotion, row.amount])).toEqual([
      ["p", 1000],
      ["q", 100],
    ]);
    if (strategy === "best") expect(quote.optimality.proven).toBe(true);
  });
});

test("where each line counts once nothing is called proven that a cheaper unit on one more line would beat", () => {
  const perLine: BenefitInput = { kind: "amount_off", per: "line", amount: { CNY: 600 } };
  const lines = ["1x B @ 2.00", "2x B @ 8.00", "2x B @ 3.00", "1x B @ 2.00"];
  const { total, optimality } = quoteOf([{ sku: "B", units: 3 }], lines, {}, perLine);
  // One dear unit and both of the middle: 6 + 6 off 26. The dearest three come to 6 + 3.
  expect(total - optimality.bound!).toBeLessThanOrEqual(1400);
});

describe("of stores", () => {
  const stock: Stock = [
    { sku: "A", units: 5 },
    { sku: "A", store: "s1", units: 2 },
    { sku: "B", store: "s1", units: 1 },
  ];
  const unitsAt = (store: string | undefined, sku: string, taken = {}) =>
    quoteOf(stock, [`9x ${sku} @ 10.00`, store === undefined ? {} : { store }], taken).promotions[0]
      ?.stock?.[0]?.units ?? 0;

  test.each<[string | undefined, string, Record<string, number>, number]>([
    ["s1", "A", {}, 2],
    ["s1", "A", { '["A"]': 4 }, 1],
    ["s1", "A", { '["A","s1"]': 2 }, 0],
    ["s2", "A", { '["A","s1"]': 2 }, 5],
    [undefined, "A", {}, 5],
    ["s1", "B", {}, 1],
    ["s2", "B", {}, 0],
    [undefined, "B", {}, 0],
    ["s2", "C", {}, 0],
  ])("at %s of %s with %j sold: %i", (store, sku, taken, units) => {
    expect(unitsAt(store, sku, taken)).toBe(units);
  });

  test("goods without a stock are not limited beside those that have one", () => {
    expect(quoteOf(stock, ["9x C @ 10.00", { store: "s2" }]).discount).toBe(4500);
  });
});

describe("of each kind of benefit", () => {
  const stock: Stock = [{ sku: "A", units: 2 }];
  test.each<[string, object, string[], number | string]>([
    [
      "an amount off the order is off what is left",
      { kind: "amount_off", target: "order", amount: { CNY: 5000 } },
      ["3x A @ 10.00"],
      2000,
    ],
    [
      "percent off the order",
      { kind: "percent_off", target: "order", percent: 50 },
      ["3x A @ 10.00", "1x B @ 10.00"],
      1500,
    ],
    [
      "of a set every unit is taken, whole sets only",
      { kind: "bundle", components: [{ select: { skus: ["A"] }, quantity: 2 }], price: { CNY: 1500 } },
      ["5x A @ 10.00"],
      500,
    ],
    [
      "no set where a unit is missing",
      { kind: "bundle", components: [{ select: { skus: ["A"] }, quantity: 3 }], price: { CNY: 1500 } },
      ["5x A @ 10.00"],
      "stock_exhausted 2/5",
    ],
    [
      "bought units are used up as well",
      {
        kind: "buy_x_get_y",
        buy: { select: { skus: ["A"] }, quantity: 1 },
        get: { select: { skus: ["A"] }, quantity: 1 },
        allocate: "target",
      },
      ["4x A @ 10.00"],
      1000,
    ],
    [
      "two selectors share the stock",
      {
        kind: "buy_x_get_y",
        buy: { select: { skus: ["A"] }, quantity: 1 },
        get: { select: { skus: ["A", "B"] }, quantity: 1 },
      },
      ["4x A @ 10.00"],
      1000,
    ],
  ])("%s", (_title, benefit, lines, expected) => {
    const quote = quoteOf(stock, lines, {}, benefit as BenefitInput);
    if (typeof expected === "string") expect(reasonOf(quote)).toBe(expected);
    else {
      expect(quote.discount).toBe(expected);
      expect(quote.promotions[0]!.stock![0]!.units).toBe(2);
    }
  });
});

test.each<[string, object, string]>([
  [
    "the same goods twice",
    {
      limits: {
        stock: [
          { sku: "A", units: 1 },
          { sku: "A", units: 2 },
        ],
      },
    },
    "stock_named_twice /limits/stock/1",
  ],
  [
    "nothing that is made cheaper",
    { benefits: [{ kind: "gift", sku: "G" }], limits: { stock: [{ sku: "A", units: 1 }] } },
    "stock_needs_one_stage /limits/stock",
  ],
  [
    "two stages",
    {
      benefits: [half, { kind: "percent_off", target: "order", percent: 5 }],
      limits: { stock: [{ sku: "A", units: 1 }] },
    },
    "stock_needs_one_stage /limits/stock",
  ],
])("%s is refused when saved", (_title, fields, fault) => {
  expect(faultsOf(promotion({ benefits: [half], ...(fields as object) }))).toEqual([fault]);
});
