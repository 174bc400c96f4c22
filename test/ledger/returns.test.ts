import { describe, expect, test } from "vitest";
import type { KeptOrder } from "../../src/ledger/returns.ts";
import { applied, gift, held, line, ReturnDesk, sale } from "./sale-notation.ts";

/** 30.00 off three units at 100.00, shared. */
const sharedDiscount = () => line("1", 3, 10_000, { p: [[3, 1000]] });
const prorate = [applied("p", { amount: 3000 })];

describe("prorate", () => {
  test("gives back exactly what was paid for the unit", () => {
    expect(new ReturnDesk(sale([sharedDiscount()], { promotions: prorate })).give({ "1": 1 })).toMatchObject({
      refund: 9000,
      lines: [{ id: "1", quantity: 1, refund: 9000 }],
      shipping: 0,
      withheld: 0,
      isWhole: false,
      release: [],
    });
  });

  test.each([
    [
      "the residue of a third stays with its unit",
      [
        [1, 334],
        [2, 333],
      ],
      [666, 667, 667],
    ],
    ["a unit that a promotion left out costs its price", [[1, 1000]], [0, 1000, 1000]],
    [
      "a unit further back costs what was paid for it, and comes back first",
      [
        [2, 0],
        [1, 400],
      ],
      [600, 1000, 1000],
    ],
    ["a line without a promotion costs its price", [], [1000, 1000, 1000]],
  ] as const)("%s", (_title, runs, expected) => {
    const desk = new ReturnDesk(sale([line("1", 3, 1000, { p: runs })]));
    expect(desk.refunds({ "1": 1 }, { "1": 1 }, { "1": 1 })).toEqual(expected);
  });

  test("lays the runs of several promotions one over the other, unit by unit", () => {
    const line1 = line("1", 4, 1000, {
      p: [
        [1, 0],
        [2, 500],
      ],
      q: [
        [2, 100],
        [2, 50],
      ],
    });
    const desk = new ReturnDesk(sale([line1]));
    // 900, 400, 450 and 950 were paid.
    expect(desk.refunds({ "1": 1 }, { "1": 1 }, { "1": 1 }, { "1": 1 })).toEqual([400, 450, 900, 950]);
  });

  test("refunds the same for two units at once as for one after the other", () => {
    const units = line("1", 3, 1000, {
      p: [
        [1, 334],
        [2, 333],
      ],
    });
    expect(new ReturnDesk(sale([units])).refunds({ "1": 2 }, { "1": 1 })).toEqual([666 + 667, 667]);
  });

  test("never refunds less than nothing where runs contradict the price, nor at the cost of another line", () => {
    const contradictory = line("1", 2, 1000, { p: [[1, 1000]], q: [[1, 500]] });
    expect(new ReturnDesk(sale([contradictory])).refunds({ "1": 1 }, { "1": 1 })).toEqual([0, 500]);
    expect(new ReturnDesk(sale([contradictory, line("2", 1, 700)])).give({ "1": 1, "2": 1 })).toMatchObject({
      refund: 700,
      lines: [{ refund: 0 }, { refund: 700 }],
    });
  });

  test("goes by units of a line of a million without counting them", () => {
    const desk = new ReturnDesk(sale([line("1", 1_000_000, 3, { p: [[400_000, 1]] })]));
    expect(desk.refunds({ "1": 400_000 }, { "1": 600_000 })).toEqual([800_000, 1_800_000]);
  });

  test("a free line comes back for nothing", () => {
    const desk = new ReturnDesk(sale([line("1", 1, 0), line("2", 1, 500)]));
    expect(desk.refunds({ "1": 1 }, { "2": 1 })).toEqual([0, 500]);
  });

  test("two rows of one line are one return of both", () => {
    const desk = new ReturnDesk(sale([line("1", 3, 100)]));
    expect(
      desk.request({
        lines: [
          { id: "1", quantity: 1 },
          { id: "1", quantity: 1 },
        ],
      }),
    ).toMatchObject({ lines: [{ id: "1", quantity: 2, refund: 200 }] });
  });
});

describe("shipping", () => {
  test("comes back with the last unit, beside the lines", () => {
    const desk = new ReturnDesk(sale([line("1", 2, 1000), line("2", 1, 500)], { shipping: 700 }));
    expect(desk.give({ "1": 2 })).toMatchObject({ refund: 2000, shipping: 0, isWhole: false });
    expect(desk.give({ "2": 1 })).toMatchObject({
      refund: 1200,
      shipping: 700,
      isWhole: true,
      lines: [{ id: "2", quantity: 1, refund: 500 }],
    });
  });
});

describe("reevaluate", () => {
  /** 200 − 30 from 200 on: two units at 100. */
  const sold = () =>
    sale([line("1", 2, 100, { p: [[2, 15]] }), line("2", 1, 40)], {
      promotions: [applied("p", { amount: 30, returns: "reevaluate" })],
    });
  const kept = (quantities: ReadonlyMap<string, number>): KeptOrder => {
    const goods = (quantities.get("1") ?? 0) * 100 + (quantities.get("2") ?? 0) * 40;
    const off = goods >= 200 ? 30 : 0;
    return { total: goods - off, discounts: new Map([["p", off]]), gifts: {} };
  };

  test("prices what is kept: a threshold that no longer holds is taken off the refund", () => {
    // 210 was paid; 140 is what the rest costs.
    const desk = new ReturnDesk(sold(), [], kept);
    expect(desk.give({ "1": 1 })).toMatchObject({ refund: 70, withheld: 15 });
    expect(desk.give({ "2": 1 })).toMatchObject({ refund: 40, withheld: 15 });
    expect(desk.give({ "1": 1 })).toMatchObject({ refund: 100, withheld: 0, isWhole: true });
  });

  test("never refunds more than was paid for the units, though the rest would cost less by itself", () => {
    const desk = new ReturnDesk(sold(), [], () => ({ total: 50, discounts: new Map(), gifts: {} }));
    expect(desk.refunds({ "1": 1 })).toEqual([85]);
  });

  test("never takes money back: what one return is short of, later ones are too", () => {
    const prices = new Map([
      [2, 300],
      [1, 140],
    ]);
    const desk = new ReturnDesk(sold(), [], (quantities) => ({
      total: prices.get([...quantities.values()].reduce((sum, quantity) => sum + quantity, 0))!,
      discounts: new Map(),
      gifts: {},
    }));
    expect(desk.refunds({ "2": 1 }, { "1": 1 }, { "1": 1 })).toEqual([0, 70, 140]);
  });

  test("one promotion that reevaluates makes the whole order do so", () => {
    const both = { ...sold(), promotions: [applied("q"), ...sold().promotions] };
    expect(new ReturnDesk(both, [], kept).refunds({ "1": 1 })).toEqual([70]);
  });

  test("shipping that the kept goods would cost is taken off, and comes back at the end", () => {
    const desk = new ReturnDesk(sold(), [], (quantities) => ({ ...kept(quantities), total: 160 }));
    expect(desk.refunds({ "1": 1 }, { "1": 1, "2": 1 })).toEqual([50, 160]);
  });
});

describe("forbid", () => {
  const sold = () =>
    sale([line("1", 2, 100, { f: [[1, 50]] }), line("2", 1, 40), line("3", 1, 40)], {
      promotions: [applied("f", { returns: "forbid" })],
    });

  test("refuses part of the order where the line was touched", () => {
    expect(new ReturnDesk(sold()).give({ "1": 2, "2": 1 })).toEqual({
      reason: "whole_order_only",
      line: "1",
      promotion: "f",
    });
  });
  test("lets lines come back that it did not touch, and then all the rest", () => {
    expect(new ReturnDesk(sold()).refunds({ "2": 1 }, { "1": 2, "3": 1 })).toEqual([40, 190]);
  });
  test("lets the whole order come back at once", () => {
    expect(new ReturnDesk(sold()).refunds({ "1": 2, "2": 1, "3": 1 })).toEqual([230]);
  });
  test("of a promotion that took nothing off goods covers every line", () => {
    const shipped = sale([line("1", 1, 100), line("2", 1, 40)], {
      promotions: [applied("free-shipping", { returns: "forbid" })],
    });
    expect(new ReturnDesk(shipped).give({ "2": 1 })).toMatchObject({ reason: "whole_order_only", line: "2" });
  });
  test("goes before what other promotions of the order say", () => {
    const mixed = {
      ...sold(),
      promotions: [applied("r", { returns: "reevaluate" }), applied("f", { returns: "forbid" })],
    };
    expect(new ReturnDesk(mixed).give({ "1": 1 })).toMatchObject({ reason: "whole_order_only" });
  });
});

test("an order without lines comes back as a whole, once", () => {
  const desk = new ReturnDesk(sale([], { shipping: 900 }));
  expect(desk.give({})).toMatchObject({ refund: 900, shipping: 900, lines: [], isWhole: true });
  expect(desk.give({})).toEqual({ reason: "nothing_to_return" });
});

describe("gifts", () => {
  const sold = (fields: object = {}) => sale([line("1", 2, 1500)], { gifts: [gift(fields)] });

  test("are not asked for before the last unit", () => {
    expect(new ReturnDesk(sold()).refunds({ "1": 1 })).toEqual([1500]);
  });
  test("that come back with the last unit cost nothing", () => {
    expect(new ReturnDesk(sold()).give({ "1": 2 }, { BAG: 1 })).toMatchObject({ refund: 3000, withheld: 0 });
  });
  test("that came back before cost nothing either", () => {
    const desk = new ReturnDesk(sold());
    expect(desk.give({ "1": 1 }, { BAG: 1 })).toMatchObject({
      refund: 1500,
      gifts: [{ id: "gift", quantity: 1 }],
    });
    expect(desk.refunds({ "1": 1 })).toEqual([1500]);
  });
  test("that are missing are charged at their value", () => {
    expect(new ReturnDesk(sold()).give({ "1": 2 })).toMatchObject({ refund: 1000, withheld: 2000 });
  });
  test("that come back after the last unit are refunded what was charged for them, and none of it is shipping", () => {
    const desk = new ReturnDesk({ ...sold({ quantity: 2, value: 400 }), shipping: 500 });
    expect(desk.give({ "1": 2 })).toMatchObject({
      refund: 2700,
      shipping: 500,
      withheld: 800,
      isWhole: true,
    });
    for (const withheld of [400, 0])
      expect(desk.give({}, { BAG: 1 })).toMatchObject({
        refund: 400,
        shipping: 0,
        lines: [],
        withheld,
        isWhole: true,
      });
    expect(desk.give({}, { BAG: 1 })).toMatchObject({ reason: "too_many_gifts", left: 0 });
  });
  test.each([
    [2999, 1],
    [3000, 0],
    [3001, 0],
  ])("worth %i leave a refund of %i of 3000", (value, refund) => {
    expect(new ReturnDesk(sold({ value })).refunds({ "1": 2 })).toEqual([refund]);
  });
  test("worth nothing anybody said are not charged", () => {
    expect(new ReturnDesk(sold({ value: null })).refunds({ "1": 2 })).toEqual([3000]);
  });

  const reevaluated = () =>
    new ReturnDesk(
      { ...sold(), promotions: [applied("bag", { returns: "reevaluate" })] },
      [],
      (quantities) => ({ total: (quantities.get("1") ?? 0) * 1500, discounts: new Map(), gifts: {} }),
    );
  test("that the kept goods no longer earn are charged; the charge goes on to the next return and ends when they come back", () => {
    const desk = reevaluated();
    expect(desk.refunds({ "1": 1 })).toEqual([0]);
    expect(desk.give({}, { BAG: 1 })).toMatchObject({ refund: 1500, lines: [], withheld: 0 });
    expect(desk.refunds({ "1": 1 })).toEqual([1500]);
  });
  test("that the kept goods no longer earn are charged once", () => {
    expect(reevaluated().refunds({ "1": 1 }, { "1": 1 })).toEqual([0, 1000]);
  });

  test("of several promotions are told apart by SKU, choices after the very SKU, and by promotion", () => {
    const gifts = [
      gift({ id: "choice", sku: null, choices: ["BAG", "CAP"], promotion: "choice" }),
      gift({ id: "bag", quantity: 2 }),
    ];
    const desk = () => new ReturnDesk(sale([line("1", 1, 1)], { gifts }));
    expect(desk().give({}, { BAG: 3 })).toMatchObject({
      gifts: [
        { id: "bag", quantity: 2 },
        { id: "choice", quantity: 1 },
      ],
    });
    expect(
      desk().request({ lines: [], gifts: [{ sku: "BAG", quantity: 1, promotion: "choice" }] }),
    ).toMatchObject({ gifts: [{ id: "choice", quantity: 1 }] });
    expect(desk().give({}, { BAG: 4 })).toEqual({ reason: "too_many_gifts", sku: "BAG", left: 3, wanted: 4 });
    expect(desk().give({}, { CAP: 1 })).toMatchObject({ gifts: [{ id: "choice", quantity: 1 }] });
    expect(desk().give({}, { HAT: 1 })).toEqual({ reason: "unknown_gift", sku: "HAT" });
  });
});

describe("is refused", () => {
  const desk = () => new ReturnDesk(sale([line("1", 2, 100)]));
  test("a return of nothing", () => {
    expect(desk().give({})).toEqual({ reason: "nothing_to_return" });
  });
  test("a line that was not sold", () => {
    expect(desk().give({ "2": 1 })).toEqual({ reason: "unknown_line", line: "2" });
  });
  test.each([
    [0, 2, null],
    [0, 3, { reason: "too_many_units", line: "1", left: 2, wanted: 3 }],
    [1, 1, null],
    [1, 2, { reason: "too_many_units", line: "1", left: 1, wanted: 2 }],
    [2, 1, { reason: "too_many_units", line: "1", left: 0, wanted: 1 }],
  ])("after %i of two units, %i more: %j", (before, wanted, refusal) => {
    const counter = desk();
    if (before > 0) counter.give({ "1": before });
    const outcome = counter.give({ "1": wanted });
    if (refusal === null) expect(outcome).toMatchObject({ type: "computed" });
    else expect(outcome).toEqual(refusal);
  });
});

describe("what counters get back", () => {
  const holds = () => [
    held("prm_p", "uses", 1),
    held("prm_p", "uses", 1, "customer:c"),
    held("pol_w", "coupon", 1, "code:ABC"),
    held("prm_p", "amount:CNY", 3000),
    held("prm_q", "uses", 1),
    held("prm_q", "amount:CNY", 700),
  ];
  const sold = (restoresUse: boolean) =>
    sale([sharedDiscount()], {
      shipping: 100,
      promotions: [
        applied("p", { amount: 3000, restoresUse, coupons: ["code:ABC"] }),
        applied("q", { amount: 700 }),
      ],
    });
  const given = (outcome: ReturnType<ReturnDesk["give"]>) =>
    "reason" in outcome
      ? outcome
      : outcome.release.map(({ counter, amount }) => [counter.rule, counter.measure, counter.holder, amount]);

  test("is nothing unless the promotion says so", () => {
    expect(given(new ReturnDesk(sold(false), holds()).give({ "1": 3 }))).toEqual([]);
  });
  test("is the budget of the returned units at once, and uses and coupons with the last one", () => {
    const desk = new ReturnDesk(sold(true), holds());
    expect(given(desk.give({ "1": 2 }))).toEqual([["prm_p", "amount:CNY", "", 2000]]);
    expect(given(desk.give({ "1": 1 }))).toEqual([
      ["prm_p", "uses", "", 1],
      ["prm_p", "uses", "customer:c", 1],
      ["pol_w", "coupon", "code:ABC", 1],
      ["prm_p", "amount:CNY", "", 1000],
    ]);
  });
  test("is the budget of a discount on shipping with the last unit", () => {
    const shipped = sale([line("1", 2, 100)], {
      promotions: [applied("p", { amount: 800, restoresUse: true })],
    });
    const desk = new ReturnDesk(shipped, [held("prm_p", "amount:CNY", 800)]);
    expect(given(desk.give({ "1": 1 }))).toEqual([]);
    expect(given(desk.give({ "1": 1 }))).toEqual([["prm_p", "amount:CNY", "", 800]]);
  });
  test("is the stock of a gift as it comes back, and not of one that is kept", () => {
    const gifts = [gift({ quantity: 3 })];
    const promotions = [applied("bag", { restoresUse: true })];
    const desk = new ReturnDesk(sale([line("1", 2, 10_000)], { gifts, promotions }), [
      held("prm_bag", "stock:0", 3),
      held("prm_bag", "uses", 1),
    ]);
    expect(given(desk.give({ "1": 1 }, { BAG: 1 }))).toEqual([["prm_bag", "stock:0", "", 1]]);
    expect(given(desk.give({ "1": 1 }, { BAG: 1 }))).toEqual([
      ["prm_bag", "stock:0", "", 1],
      ["prm_bag", "uses", "", 1],
    ]);
  });
  test("is the place of a service with the last unit", () => {
    const promotions = [applied("test", { restoresUse: true })];
    const desk = new ReturnDesk(sale([line("1", 2, 100)], { promotions }), [held("prm_test", "stock:0", 1)]);
    expect(given(desk.give({ "1": 1 }))).toEqual([]);
    expect(given(desk.give({ "1": 1 }))).toEqual([["prm_test", "stock:0", "", 1]]);
  });
  test("is never a deposit: what was paid for it is refunded with the goods", () => {
    const promotions = [applied("presale", { amount: 10, restoresUse: true })];
    const desk = new ReturnDesk(sale([line("1", 1, 100)], { promotions }), [
      held("prm_presale", "deposit", 1),
    ]);
    expect(given(desk.give({ "1": 1 }))).toEqual([]);
  });
});
