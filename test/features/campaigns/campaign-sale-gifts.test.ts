/** A gift is either given or back, whether the till, the ERP or both tell of it, and none of the units that were sold. */
import { expect, test } from "vitest";
import { contributionsOf } from "../../../src/features/campaigns/campaign-sale.ts";
import type { StoredSale } from "../../../src/features/campaigns/campaign-stored-sale.ts";

interface Told {
  /** Promotions of which each gives a tote. */
  readonly gifts?: readonly string[];
  /** Those whose totes the till took back. */
  readonly till?: readonly string[];
  /** The ERP's line of totes. */
  readonly line?: { readonly quantity: number; readonly unitCost?: number } | null;
  /** Totes of it that came back, told by the ERP. */
  readonly back?: number;
  readonly status?: string;
  /** Told by the promotions. */
  readonly unitCost?: number | null;
}

const saleOf = ({
  gifts = ["p"],
  till = [],
  line = { quantity: 1, unitCost: 30 },
  back = 0,
  status = "paid",
}: Told): StoredSale => ({
  id: "red_1",
  orderRef: "1",
  state: till.length > 0 ? "partially_returned" : "committed",
  currency: "CNY",
  total: 100,
  refunded: 0,
  at: 0,
  revision: 1,
  channel: null,
  request: [{ id: "A", sku: "MUG", quantity: 1, unitCost: 10 }],
  lines: [{ id: "A", total: 100, adjustments: [] }],
  promotions: gifts.map((promotion) => ({ promotion, promotionId: promotion, amount: 0 })),
  rewards: gifts.map((promotion) => ({
    kind: "gift",
    promotion,
    benefit: 0,
    sku: "TOTE",
    quantity: 1,
    value: 7,
  })),
  returned: { gifts: Object.fromEntries(till.map((promotion) => [`${promotion}/0`, 1])) },
  order: {
    status,
    total: 100,
    channel: null,
    lines: [
      { id: "A", sku: "MUG", quantity: 1, unitPrice: 100 },
      ...(line === null ? [] : [{ id: "g", sku: "TOTE", unitPrice: 0, ...line }]),
    ],
    refunded: 0,
    returned: back === 0 ? [] : [{ id: "g", quantity: back }],
    isLinked: false,
  },
  isKnownCustomer: false,
  boughtBefore: null,
  boughtAt: 0,
});

const figuresOf = (told: Told) => {
  const { unitCost = 40 } = told;
  const [whole] = contributionsOf(saleOf(told), { campaignOf: () => "giving", giftCostOf: () => unitCost });
  const { units, goodsCost, giftCost, uncostedGifts, returnedUnits, giftValue, promotedUnits, skus } = whole!;
  const totes = skus.find(({ sku }) => sku === "TOTE");
  // Each tote is a gift, of whatever costs it has.
  expect([promotedUnits, giftValue]).toEqual([totes?.gifts ?? 0, 7 * (totes?.gifts ?? 0)]);
  expect(skus.reduce((sum, sku) => sum + sku.goodsCost, 0)).toBe(goodsCost);
  expect([totes?.units ?? 0, totes?.orders ?? 0]).toEqual([0, 0]);
  return { units, goodsCost, giftCost, uncostedGifts, returnedUnits };
};
/** The mug is all that was sold. */
const back = { units: 1, goodsCost: 10, giftCost: 0, uncostedGifts: 0, returnedUnits: 0 };
const kept = { ...back, giftCost: 30 };

test.each<[string, Told, object]>([
  ["kept", {}, kept],
  ["back at the till", { till: ["p"] }, back],
  ["back at the ERP", { back: 1 }, back],
  ["back at the ERP, whose cost nobody knows", { back: 1, unitCost: null }, back],
  ["back at both", { till: ["p"], back: 1 }, back],
  ["back on a line without a cost", { line: { quantity: 1 }, till: ["p"] }, back],
  ["kept on a line without a cost", { line: { quantity: 1 } }, { ...kept, giftCost: 40 }],
  ["back with the whole order", { status: "returned" }, { ...back, goodsCost: 0, returnedUnits: 1 }],
  ["kept without a line", { line: null }, { ...kept, giftCost: 40 }],
  ["back without a line", { line: null, till: ["p"] }, back],
])("a tote %s", (_, told, expected) => {
  expect(figuresOf(told)).toEqual(expected);
});

const two = { gifts: ["p", "q"], line: { quantity: 2, unitCost: 30 } };
test.each<[string, Told, object]>([
  ["one back, of which both tell", { ...two, till: ["p"], back: 1 }, kept],
  ["the other one's back as well", { ...two, till: ["q"], back: 1 }, kept],
  ["both back at the ERP", { ...two, till: ["q"], back: 2 }, back],
  [
    "one kept that has no line",
    { ...two, line: { quantity: 1, unitCost: 30 }, till: ["p"], back: 1 },
    { ...back, giftCost: 40 },
  ],
  [
    "a third that is nobody's",
    { line: { quantity: 2, unitCost: 30 }, back: 1 },
    { ...kept, units: 2, returnedUnits: 1 },
  ],
])("two totes: %s", (_, told, expected) => {
  expect(figuresOf(told)).toEqual(expected);
});
