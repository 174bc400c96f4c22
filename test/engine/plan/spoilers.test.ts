/** A small item discount may be in the way of a larger one that comes after it: then it is left out, and told why. */
import { expect, test } from "vitest";
import { cartSchema } from "../../../src/engine/cart.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import { promotion, quoteFor } from "../engine-call.ts";

const untouched = { excludeDiscounted: true };
const twoPercent = (fields: object = {}) =>
  promotion({ key: "two-percent", benefits: [{ kind: "percent_off", percent: 2, ...fields }] });
const half = (fields: Partial<PromotionInput> = {}) =>
  promotion({
    key: "half",
    benefits: [{ kind: "percent_off", target: "order", percent: 50 }],
    ...fields,
  });
const halfOfUntouched = half({
  trigger: { type: "code", code: "HALF" },
  benefits: [{ kind: "percent_off", target: "order", percent: 50, select: untouched }],
});
const twoLines = [
  { id: "1", sku: "A", quantity: 1, unitPrice: 10_000 },
  { id: "2", sku: "B", quantity: 1, unitPrice: 5_000 },
];
const cart = (fields: object = {}) =>
  cartSchema.parse({ currency: "CNY", lines: twoLines, strategy: "best", explain: "all", ...fields });
const code = { codes: [{ code: "HALF" }] };

test.each<[string, PromotionInput[], object, number]>([
  ["a coupon that is not for discounted goods", [twoPercent(), halfOfUntouched], code, 7_500],
  ["one of whose goods some are", [twoPercent({ select: { skus: ["A"] } }), halfOfUntouched], code, 7_500],
  [
    "a code that is to be honoured",
    [twoPercent(), halfOfUntouched],
    { codes: [{ code: "HALF", honour: true }] },
    7_500,
  ],
  [
    "a larger discount of other goods, in another group",
    [
      { ...twoPercent(), key: "two-percent", priority: 3, stacking: { group: "second" } },
      half({ benefits: [{ kind: "percent_off", percent: 50, select: untouched }] }),
    ],
    {},
    7_500,
  ],
  [
    "a threshold of goods without a discount",
    [
      twoPercent({ select: { skus: ["A"] } }),
      half({ conditions: { kind: "subtotal", atLeast: { CNY: 10_000 }, select: untouched } }),
    ],
    {},
    7_500,
  ],
  [
    "a condition that is for large orders only by being no small one",
    [twoPercent(), half({ conditions: { not: { kind: "subtotal", atMost: { CNY: 14_900 } } } })],
    {},
    7_500,
  ],
])("for %s", (_, promotions, fields, total) => {
  const quote = quoteFor(promotions, cart(fields));
  expect(quote.total).toBe(total);
  expect(quote.promotions.map((row) => row.promotion)).toEqual(["half"]);
  expect(quote.notApplied).toMatchObject([
    { promotion: "two-percent", reason: "threshold_protected", displacedBy: ["half"] },
  ]);
  expect(quote.notApplied[0]!.costOfForcing).toBeGreaterThan(0);
});

test("several that are in the way together are left out together, and whoever is in nobody's way stays", () => {
  const small = (sku: string) => ({ ...twoPercent({ select: { skus: [sku] } }), key: `two-percent-${sku}` });
  const lines = [...twoLines, { id: "3", sku: "C", quantity: 1, unitPrice: 1_000 }];
  const wholeCart = half({
    conditions: { kind: "subtotal", atLeast: { CNY: 15_000 }, select: { ...untouched, skus: ["A", "B"] } },
  });
  const quote = quoteFor([small("A"), small("B"), small("C"), wholeCart], cart({ lines }));
  expect(quote.promotions.map((row) => row.promotion).sort()).toEqual(["half", "two-percent-C"]);
  expect(quote.total).toBe((15_000 + 980) / 2);
});
