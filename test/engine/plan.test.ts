import { describe, expect, test } from "vitest";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { cart } from "../cart-notation.ts";
import { type BenefitInput, promotion, quoteFor } from "./engine-call.ts";

const percent = (percent: number, fields: object = {}): BenefitInput => ({
  kind: "percent_off",
  percent,
  ...fields,
});
const on = (...skus: string[]) => ({ select: { skus } });
const order = { target: "order" };
const abc = ["1x A @ 10.00", "1x B @ 10.00", "1x C @ 10.00"];

const rule = (
  key: string,
  priority: number,
  benefit: BenefitInput | BenefitInput[],
  fields: Partial<PromotionInput> = {},
) => promotion({ key, priority, benefits: [benefit].flat(), ...fields });
const exclusive = { stacking: { exclusive: true } };
const excludes = (excluded: object) => ({ stacking: { excludes: excluded } });
const needs = (CNY: number): Partial<PromotionInput> => ({
  conditions: { kind: "subtotal", atLeast: { CNY } },
});

const appliedBy = (
  strategy: "best" | "priority",
  promotions: PromotionInput[],
  lines = abc,
  fields: object = {},
) => {
  const quote = quoteFor(promotions, cart(...lines, { strategy, explain: "all", ...fields }));
  return [...new Set(quote.promotions.map((row) => row.promotion))].sort().join(" ");
};

describe("by priority", () => {
  const a = (fields: Partial<PromotionInput> = {}) => rule("a", 3, percent(10, on("A")), fields);
  const b = (fields: Partial<PromotionInput> = {}) => rule("b", 2, percent(20, on("B")), fields);
  const c = (fields: Partial<PromotionInput> = {}) => rule("c", 1, percent(30, on("C")), fields);
  const idle = (fields: Partial<PromotionInput>) => rule("idle", 9, percent(50, on("NONE")), fields);

  test.each<[string, PromotionInput[], string]>([
    ["promotions on different units stand beside each other", [a(), b(), c()], "a b c"],
    [
      "the higher one keeps the lower one it excludes from the order",
      [a(excludes({ promotions: ["b"] })), b()],
      "a",
    ],
    ["the higher one stays where the lower one excludes it", [a(), b(excludes({ promotions: ["a"] }))], "a"],
    [
      "whoever is knocked out knocks out nobody",
      [a(excludes({ promotions: ["b"] })), b(excludes({ promotions: ["c"] })), c()],
      "a c",
    ],
    ["an exclusive one leaves nobody below", [a(exclusive), b(), c()], "a"],
    ["an exclusive one finds no place below others", [a(), b(exclusive), c()], "a c"],
    ["an exclusive one that gives nothing knocks out nobody", [idle(exclusive), a(), b()], "a b"],
    [
      "an excluding one that gives nothing knocks out nobody",
      [idle(excludes({ promotions: ["a"] })), a(), b()],
      "a b",
    ],
    [
      "of two idle ones neither knocks out anybody",
      [idle(exclusive), { ...idle(exclusive), key: "idle2" }, a()],
      "a",
    ],
    [
      "an exclusion of all tags keeps out whoever has one",
      [a(excludes({ tags: ["t"] })), b({ tags: ["s", "t"] }), c({ tags: ["s"] })],
      "a c",
    ],
    [
      "an exclusion of a group keeps out its members",
      [a(excludes({ groups: ["g"] })), b({ stacking: { group: "g" } }), c()],
      "a c",
    ],
    [
      "a stage's own name is the group of whoever names none",
      [a(excludes({ groups: ["order"] })), rule("o", 1, percent(5, order))],
      "a",
    ],
    [
      "equal priorities go by key",
      [
        { ...a(exclusive), priority: 0 },
        { ...b(), priority: 0 },
      ],
      "a",
    ],
    [
      "an exclusive order promotion under its threshold knocks out nobody",
      [rule("o", 9, percent(50, order), { ...needs(3001), ...exclusive }), a()],
      "a",
    ],
    [
      "an exclusive order promotion at its threshold leaves no item promotion to spoil it",
      [rule("o", 9, percent(50, order), { ...needs(3000), ...exclusive }), a()],
      "o",
    ],
    [
      "an order promotion loses its threshold to an item promotion it stands beside",
      [rule("o", 9, percent(50, order), needs(3000)), a()],
      "a",
    ],
  ])("%s", (_title, promotions, expected) => {
    expect(appliedBy("priority", promotions)).toBe(expected);
    expect(appliedBy("priority", [...promotions].reverse())).toBe(expected);
  });

  test("nothing is ever proven", () => {
    expect(quoteFor([a()], cart(...abc, { strategy: "priority" })).optimality).toEqual({
      proven: false,
      bound: null,
    });
  });
});

describe("best", () => {
  test.each<[string, PromotionInput[], string]>([
    [
      "takes the cheaper of two on one unit, whatever their priorities",
      [rule("small", 9, percent(10, on("A"))), rule("large", 0, percent(20, on("A")))],
      "large",
    ],
    [
      "takes both where they touch different units",
      [rule("one", 9, percent(10, on("A"))), rule("two", 0, percent(20, on("B")))],
      "one two",
    ],
    [
      "leaves out an exclusive one that saves a cent less",
      [
        rule("only", 9, { kind: "amount_off", amount: { CNY: 299 } }, exclusive),
        rule("one", 0, percent(10, on("A"))),
        rule("two", 0, percent(20, on("B"))),
      ],
      "one two",
    ],
    [
      "takes an exclusive one that saves a cent more",
      [
        rule("only", 0, { kind: "amount_off", amount: { CNY: 301 } }, exclusive),
        rule("one", 9, percent(10, on("A"))),
        rule("two", 9, percent(20, on("B"))),
      ],
      "only",
    ],
    [
      "takes fewer promotions where the total is the same",
      [
        rule("only", 0, { kind: "amount_off", amount: { CNY: 300 } }, exclusive),
        rule("one", 9, percent(10, on("A"))),
        rule("two", 9, percent(20, on("B"))),
      ],
      "only",
    ],
    [
      "takes the higher priority where the number is the same too",
      [
        rule("a", 1, percent(10, on("A")), excludes({ promotions: ["b"] })),
        rule("b", 2, percent(10, on("B"))),
      ],
      "b",
    ],
    [
      "takes the smaller key where all else is the same",
      [
        rule("b", 1, percent(10, on("A")), excludes({ promotions: ["a"] })),
        rule("a", 1, percent(10, on("B"))),
      ],
      "a",
    ],
    [
      "lets no reward stand in the way of money",
      [
        rule("gift", 9, { kind: "gift", sku: "G" }, exclusive),
        rule("cent", 0, { kind: "amount_off", amount: { CNY: 1 } }),
      ],
      "cent",
    ],
    [
      "gives every reward that is left",
      [
        rule("gift", 0, { kind: "gift", sku: "G" }),
        rule("points", 0, { kind: "points", fixed: 1 }),
        rule("ten", 0, percent(10)),
      ],
      "gift points ten",
    ],
  ])("%s", (_title, promotions, expected) => {
    expect(appliedBy("best", promotions)).toBe(expected);
    expect(appliedBy("best", [...promotions].reverse())).toBe(expected);
  });

  test("is proven where no promotion could take off anything", () => {
    expect(quoteFor([rule("gift", 0, { kind: "gift", sku: "G" })], cart(...abc)).optimality).toEqual({
      proven: true,
      bound: 0,
    });
  });

  test("is proven where no plan can be cheaper", () => {
    const { optimality } = quoteFor([rule("ten", 0, percent(10))], cart("1x A @ 10.00 floor 4.00"));
    expect(optimality).toEqual({ proven: true, bound: 0 });
  });

  test("names as bound no more than what is left above the floors where the cart is too large to search", () => {
    const second: BenefitInput = { kind: "nth_unit", n: 2, percent: 10 };
    const third: BenefitInput = { kind: "nth_unit", n: 3, percent: 5 };
    const rules = [rule("second", 1, second), rule("third", 0, third)];
    const { optimality } = quoteFor(rules, cart("400x A @ 10.00 floor 4.00"));
    expect(optimality).toEqual({ proven: false, bound: 400 * 600 - 200 * 100 - 66 * 50 });
  });

  test("is proven however large the cart where every promotion brings all it can", () => {
    const second: BenefitInput = { kind: "nth_unit", n: 2, percent: 10 };
    const { optimality } = quoteFor([rule("second", 0, second)], cart("400x A @ 10.00 floor 4.00"));
    expect(optimality).toEqual({ proven: true, bound: 0 });
  });
});

describe("an honoured code", () => {
  const byCode = (key: string, benefit: BenefitInput, fields: Partial<PromotionInput> = {}) =>
    rule(key, 0, benefit, { trigger: { type: "code", code: key }, ...fields });
  const honoured = { codes: [{ code: "mine", honour: true }] };
  const mine = byCode("mine", percent(10));
  const setOfAll = rule("set", 0, { kind: "bundle", components: [{ quantity: 3 }], percent: 50 });
  test.each<[string, PromotionInput[], object, string]>([
    [
      "applies beside a better one of its group, on what costs least",
      [mine, rule("half", 0, percent(50))],
      honoured,
      "half mine",
    ],
    ["applies before a better one that wants all its units", [mine, setOfAll], honoured, "mine"],
    [
      "is left out for a better one when nobody asked to honour it",
      [mine, rule("half", 0, percent(50))],
      { codes: ["mine"] },
      "half",
    ],
    [
      "applies before a better exclusive one",
      [mine, rule("half", 9, percent(50), exclusive)],
      honoured,
      "mine",
    ],
    [
      "that gives nothing is not forced",
      [byCode("mine", percent(10, on("NONE"))), rule("half", 0, percent(50))],
      honoured,
      "half",
    ],
    [
      "under its threshold is not forced",
      [byCode("mine", percent(10), needs(3001)), rule("half", 0, percent(50))],
      honoured,
      "half",
    ],
    [
      "leaves its rivals the other units",
      [byCode("mine", percent(10, on("A"))), rule("half", 0, percent(50))],
      honoured,
      "half mine",
    ],
  ])("%s", (_title, promotions, fields, expected) => {
    expect(appliedBy("best", promotions, abc, fields)).toBe(expected);
  });
});

test("a promotion in several stages claims the group of each by itself", () => {
  const both = rule("both", 0, [percent(10), percent(10, order)]);
  const better = rule("better", 5, percent(50));
  const quote = quoteFor([both, better], cart("1x A @ 10.00"));
  expect(quote.promotions.map(({ promotion, stage, amount }) => [promotion, stage, amount])).toEqual([
    ["better", "item", 500],
    ["both", "order", 50],
  ]);
  expect(quote.notApplied).toEqual([]);
});
