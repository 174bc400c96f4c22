import { describe, expect, test } from "vitest";
import { canonicalCart } from "../../src/engine/canonical-cart.ts";
import {
  Coverage,
  cheapestFirst,
  type Discount,
  dearestFirst,
  Goods,
  partOf,
  type Range,
  shipmentLines,
  takeUnits,
  type UnitRun,
  unitsIn,
} from "../../src/engine/goods.ts";
import { compileSelector, type Selector } from "../../src/engine/selectors/selector.ts";
import { WorkBudget } from "../../src/engine/work-budget.ts";
import { cart } from "../cart-notation.ts";

const goodsOf = (...lines: string[]) => new Goods(canonicalCart(cart(...lines), null).lines);
const off = (...runs: [line: number, from: number, count: number, amount: number][]): Discount => {
  const laid = runs.map(([line, from, count, amount]): UnitRun => ({ line, from, count, amount }));
  return { amount: laid.reduce((sum, { count, amount }) => sum + count * amount, 0), runs: () => laid };
};
const range = (line: number, from: number, count: number, price = 1000): Range => ({
  line,
  from,
  count,
  price,
  stagePrice: price,
});
/** "2 @ 900" for two units at 9.00. */
const pricesOf = (goods: Goods, line = 0) =>
  goods.segmentsOf(line).map(({ count, price }) => `${count} @ ${price}`);
const claimsOf = (goods: Goods, line = 0) =>
  goods.claimsOn(line).map(({ count, claims }) => `${count} for ${claims.map(({ by }) => by).join(" and ")}`);

describe("a discount", () => {
  test("cuts its units out of the line and lowers them alone", () => {
    const goods = goodsOf("5x A @ 10.00");
    goods.discount(off([0, 1, 2, 100]), "item");
    expect(pricesOf(goods)).toEqual(["1 @ 1000", "2 @ 900", "2 @ 1000"]);
    expect(goods.total).toBe(4800);
  });

  test.each<[string, [number, number, number, number][], string[]]>([
    ["at the front", [[0, 0, 1, 100]], ["1 @ 900", "4 @ 1000"]],
    ["at the end", [[0, 4, 1, 100]], ["4 @ 1000", "1 @ 900"]],
    ["over the whole line", [[0, 0, 5, 100]], ["5 @ 900"]],
    [
      "in neighbouring runs",
      [
        [0, 0, 2, 101],
        [0, 2, 3, 100],
      ],
      ["2 @ 899", "3 @ 900"],
    ],
    [
      "over cuts that are there already",
      [
        [0, 1, 1, 500],
        [0, 0, 3, 100],
      ],
      ["1 @ 900", "1 @ 400", "1 @ 900", "2 @ 1000"],
    ],
    [
      "across the edge of a cut",
      [
        [0, 0, 2, 100],
        [0, 1, 2, 100],
      ],
      ["1 @ 900", "1 @ 800", "1 @ 900", "2 @ 1000"],
    ],
  ])("lies right %s", (_title, runs, expected) => {
    const goods = goodsOf("5x A @ 10.00");
    for (const run of runs) goods.discount(off(run), "item");
    expect(pricesOf(goods)).toEqual(expected);
  });

  test("counts in the total before anybody asks where it lies", () => {
    const goods = goodsOf("2x A @ 10.00", "1x B @ 5.00");
    goods.discount({ amount: 700, runs: () => expect.fail("nobody has asked") }, null);
    expect([goods.total, goods.stageTotal]).toEqual([1800, 2500]);
  });

  test("is worked out on the prices that the one before it left, however late they are looked at", () => {
    const goods = goodsOf("1x A @ 10.00");
    const half = (): Discount => ({
      amount: 0,
      runs: () => [{ line: 0, from: 0, count: 1, amount: goods.segmentsOf(0)[0]!.price / 2 }],
    });
    goods.discount(half(), null);
    goods.discount(half(), null);
    expect(pricesOf(goods)).toEqual(["1 @ 250"]);
  });
});

describe("a stage", () => {
  test("begins at the prices that the stage before left, and forgets its claims", () => {
    const goods = goodsOf("2x A @ 10.00");
    goods.discount(off([0, 0, 1, 300]), "item");
    goods.claim(range(0, 0, 1), { group: "item", by: 0 });
    goods.startStage();
    goods.discount(off([0, 0, 2, 100]), null);
    expect(goods.stageTotal).toBe(1700);
    expect(goods.segmentsOf(0)).toMatchObject([
      { price: 600, stagePrice: 700, claims: [] },
      { price: 900, stagePrice: 1000, claims: [] },
    ]);
  });

  test("without discounts or claims changes nothing", () => {
    const goods = goodsOf("2x A @ 10.00");
    goods.startStage();
    expect(goods.isUntouched(0)).toBe(true);
    expect(goods.segmentsOf(0)).toMatchObject([{ count: 2, price: 1000, stagePrice: 1000 }]);
  });
});

test("units as they were are found also where a discount that is worked out from them is pending", () => {
  const goods = goodsOf("2x A @ 10.00", "1x B @ 5.00");
  goods.discount(off([0, 0, 1, 100]), "item");
  goods.startStage();
  const unitsAsTheyWere = goods.unitsAsNow();
  const pricesSeen: number[] = [];
  goods.discount(
    {
      amount: 2,
      runs() {
        pricesSeen.push(...unitsAsTheyWere().map(({ price }) => price));
        return [0, 1].map((from) => ({ line: 0, from, count: 1, amount: 1 }));
      },
    },
    null,
  );
  expect(pricesOf(goods)).toEqual(["1 @ 899", "1 @ 999"]);
  expect(pricesSeen).toEqual([900, 1000, 500]);
});

test("whoever asks for units as they were leaves pending what came later", () => {
  const goods = goodsOf("2x A @ 10.00");
  const unitsAsTheyWere = goods.unitsAsNow();
  goods.discount(off([0, 0, 1, 100]), null);
  expect(unitsAsTheyWere().map(({ count, price }) => [count, price])).toEqual([[2, 1000]]);
  expect(pricesOf(goods)).toEqual(["1 @ 900", "1 @ 1000"]);
});

describe("a claim", () => {
  test("holds its units and leaves the others", () => {
    const goods = goodsOf("5x A @ 10.00", "1x B @ 10.00");
    goods.claim(range(0, 1, 2), { group: "item", by: 7 });
    expect(claimsOf(goods)).toEqual(["1 for ", "2 for 7", "2 for "]);
    expect([goods.isUntouched(0), goods.isUntouched(1)]).toEqual([false, true]);
  });

  test("of another promotion stands beside it where they overlap", () => {
    const goods = goodsOf("4x A @ 10.00");
    goods.claim(range(0, 0, 3), { group: "one", by: 1 });
    goods.claim(range(0, 2, 2), { group: "two", by: 2 });
    expect(claimsOf(goods)).toEqual(["2 for 1", "1 for 1 and 2", "1 for 2"]);
  });

  test("made twice is one", () => {
    const goods = goodsOf("2x A @ 10.00");
    const claim = { group: "item", by: 1 };
    goods.claim(range(0, 0, 2), claim);
    goods.claim(range(0, 0, 1), claim);
    expect(claimsOf(goods)).toEqual(["1 for 1", "1 for 1"]);
  });
});

test("a promotion sees the prices that other groups left, though its own group's may wait", () => {
  const goods = goodsOf("2x A @ 10.00");
  goods.discount(off([0, 0, 1, 100]), "own");
  expect(goods.segmentsFor("own", 0).map(({ price }) => price)).toEqual([1000]);
  expect(goods.segmentsFor("other", 0).map(({ price }) => price)).toEqual([900, 1000]);
});

test("units are picked dearest (or cheapest) first, then by line, then by position", () => {
  const units = [
    range(1, 0, 1, 500),
    range(0, 3, 1, 500),
    range(0, 0, 1, 500),
    range(2, 0, 1, 900),
    range(3, 0, 1, 100),
  ];
  const places = (list: Range[]) => list.map(({ line, from }) => `${line}.${from}`);
  expect(places([...units].sort(dearestFirst))).toEqual(["2.0", "0.0", "0.3", "1.0", "3.0"]);
  expect(places([...units].sort(cheapestFirst))).toEqual(["3.0", "0.0", "0.3", "1.0", "2.0"]);
});

test.each([
  [0, []],
  [1, [[0, 0, 1]]],
  [2, [[0, 0, 2]]],
  [
    3,
    [
      [0, 0, 2],
      [1, 4, 1],
    ],
  ],
  [
    5,
    [
      [0, 0, 2],
      [1, 4, 3],
    ],
  ],
  [
    6,
    [
      [0, 0, 2],
      [1, 4, 3],
    ],
  ],
])("the first %i units of two ranges are taken in their order", (units, expected) => {
  const taken = takeUnits([range(0, 0, 2), range(1, 4, 3)], units);
  expect(taken.map(({ line, from, count }) => [line, from, count])).toEqual(expected);
  expect(unitsIn(taken)).toBe(Math.min(units, 5));
});

test("a part of a range keeps its prices and knows its place", () => {
  expect(partOf({ line: 2, from: 4, count: 6, price: 5, stagePrice: 7 }, 1, 3)).toEqual({
    line: 2,
    from: 5,
    count: 3,
    price: 5,
    stagePrice: 7,
  });
});

test("a shipment is one unit whose method stands for its SKU", () => {
  const parcels = canonicalCart(
    cart("1x A @ 1.00", {
      shipping: [
        { id: "s2", amount: 5 },
        { id: "s1", method: "express", amount: 900 },
      ],
    }),
    null,
  );
  expect(shipmentLines(parcels)).toMatchObject([
    { id: "s1", sku: "express", quantity: 1, unitPrice: 900, floor: 0, onSale: false },
    { id: "s2", sku: "", quantity: 1, unitPrice: 5 },
  ]);
});

test("coverage finds a single SKU and a scanned selector alike, and each only once", () => {
  const coverage = new Coverage(
    canonicalCart(cart("1x A @ 1.00", "1x B @ 1.00 in x", "1x A @ 2.00 in x"), null).lines,
    new WorkBudget(),
  );
  const select = (source: Selector) => compileSelector(source, {} as never, "");
  expect(coverage.of(select({ skus: ["A"] }))).toEqual([0, 2]);
  expect(coverage.of(select({ skus: ["A", "B"], categories: ["x"] }))).toEqual([1, 2]);
  expect(coverage.of(select({ skus: ["C"] }))).toEqual([]);
  expect(coverage.of(select({ exclude: { categories: ["x"] } }))).toEqual([0]);
  const same = select({ brands: ["xb"] });
  expect(coverage.of(same)).toBe(coverage.of(same));
});
