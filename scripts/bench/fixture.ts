/**
 * The cart and the promotions of the benchmarks. Of all that exist the same twenty touch the cart: either each finds units of
 * its own (`apart`), as in most shops, or most of them are after the same ones (`competing`), so that plans must be compared.
 */
import type { BenefitDocument } from "../../src/engine/benefits/index.ts";
import { type Cart, cartSchema } from "../../src/engine/cart.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";

const lines = Array.from({ length: 20 }, (_, i) => ({
  id: String(i + 1),
  sku: `SKU-${i + 1}`,
  product: `P-${Math.floor(i / 2) + 1}`,
  categories: [i % 2 === 0 ? "skincare" : "household", `shelf-${i % 5}`],
  brand: `brand-${i % 4}`,
  tags: i % 3 === 0 ? ["new"] : [],
  quantity: 1 + (i % 4),
  unitPrice: 1990 + i * 710,
  unitCost: 900 + i * 300,
  attributes: { size: "M", organic: i % 2 === 0 },
}));

export const benchCartBody = {
  currency: "CNY",
  channel: "web",
  store: "sh-001",
  region: "CN-SH",
  lines,
  shipping: [{ id: "s1", method: "standard", amount: 1200 }],
  attributes: { campaign: "autumn" },
};

export const benchCart: Cart = cartSchema.parse(benchCartBody);

const automatic = { type: "automatic" } as const;
const sku = (i: number) => ({ skus: [`SKU-${i}`] });

const onSku = (i: number, benefit: BenefitDocument): PromotionInput => ({
  key: `sku-${i}`,
  priority: i,
  trigger: automatic,
  benefits: [{ ...benefit, select: sku(i) }],
});
const percent = (i: number) => onSku(i, { kind: "percent_off", target: "item", percent: 5 + i });

const forTheOrder: PromotionInput[] = [
  {
    key: "every-200-off-15",
    trigger: automatic,
    conditions: { kind: "subtotal", atLeast: { CNY: 20000 } },
    benefits: [
      {
        kind: "amount_off",
        target: "order",
        amount: { CNY: 1500 },
        every: { amount: { CNY: 20000 } },
        maxTimes: 5,
      },
    ],
  },
  {
    key: "vip-only",
    trigger: automatic,
    conditions: { kind: "customer_group", in: ["vip"] },
    benefits: [{ kind: "percent_off", target: "order", percent: 12 }],
  },
  {
    key: "free-standard-shipping",
    trigger: automatic,
    conditions: { kind: "subtotal", atLeast: { CNY: 9900 } },
    benefits: [{ kind: "free_shipping", methods: ["standard"] }],
  },
  {
    key: "bag-for-500",
    trigger: automatic,
    conditions: { kind: "subtotal", atLeast: { CNY: 50000 } },
    benefits: [{ kind: "gift", sku: "BAG", value: { CNY: 2000 } }],
  },
  { key: "points", trigger: automatic, benefits: [{ kind: "points", perAmount: { CNY: 100 } }] },
];

const apart: PromotionInput[] = [
  ...[1, 2, 3, 4, 5, 6, 11, 12].map(percent),
  ...[7, 8].map((i) => onSku(i, { kind: "fixed_price", target: "item", price: { CNY: 1500 } })),
  ...[13, 14].map((i) => onSku(i, { kind: "amount_off", target: "item", per: "unit", amount: { CNY: 200 } })),
  onSku(15, {
    kind: "tiered",
    target: "item",
    by: "quantity",
    tiers: [{ from: 2, benefit: { kind: "percent_off", percent: 5 } }],
  }),
  onSku(16, { kind: "nth_unit", n: 2, percent: 50 }),
  {
    key: "set-9-10",
    trigger: automatic,
    benefits: [
      {
        kind: "bundle",
        components: [
          { select: sku(9), quantity: 1 },
          { select: sku(10), quantity: 1 },
        ],
        price: { CNY: 9900 },
      },
    ],
  },
  ...forTheOrder,
];

const competing: PromotionInput[] = [
  ...[1, 2, 3, 4, 5, 6].map(percent),
  ...[7, 8].map((i) => onSku(i, { kind: "fixed_price", target: "item", price: { CNY: 1500 } })),
  {
    key: "brand-0",
    trigger: automatic,
    benefits: [{ kind: "percent_off", target: "item", select: { brands: ["brand-0"] }, percent: 8 }],
  },
  {
    key: "shelf-3-buy-2-get-1",
    trigger: automatic,
    benefits: [
      {
        kind: "buy_x_get_y",
        buy: { select: { categories: ["shelf-3"] }, quantity: 2 },
        get: { select: { categories: ["shelf-3"] }, quantity: 1 },
      },
    ],
  },
  {
    key: "set-9-10",
    priority: 5,
    trigger: automatic,
    benefits: [
      {
        kind: "bundle",
        components: [
          { select: sku(9), quantity: 1 },
          { select: sku(10), quantity: 1 },
        ],
        price: { CNY: 9900 },
      },
    ],
  },
  {
    key: "second-half-price",
    trigger: automatic,
    benefits: [{ kind: "nth_unit", select: { tags: ["new"] }, n: 2, percent: 50 }],
  },
  {
    key: "shelf-4-tiers",
    trigger: automatic,
    benefits: [
      {
        kind: "tiered",
        target: "item",
        select: { categories: ["shelf-4"] },
        by: "quantity",
        tiers: [
          { from: 3, benefit: { kind: "percent_off", percent: 5 } },
          { from: 6, benefit: { kind: "percent_off", percent: 10 } },
        ],
      },
    ],
  },
  {
    key: "ten-percent-from-3000",
    trigger: automatic,
    conditions: { kind: "subtotal", atLeast: { CNY: 300000 } },
    benefits: [{ kind: "percent_off", target: "order", percent: 10 }],
  },
  {
    key: "web-only",
    trigger: automatic,
    conditions: {
      all: [
        { kind: "channel", in: ["web"] },
        { kind: "subtotal", atLeast: { CNY: 5000 } },
      ],
    },
    benefits: [{ kind: "percent_off", target: "order", percent: 3 }],
  },
  ...forTheOrder,
];

const touching = { apart, competing } as const;
export type BenchSet = keyof typeof touching;

/** `count` promotions; at most twenty of them touch the cart, the others name goods it does not hold. */
export function benchPromotions(count: number, set: BenchSet): PromotionInput[] {
  const others = Array.from(
    { length: Math.max(0, count - touching[set].length) },
    (_, i): PromotionInput => ({
      key: `other-${i}`,
      priority: i % 10,
      trigger: automatic,
      benefits: [
        {
          kind: "percent_off",
          target: "item",
          select: { skus: [`OTHER-${i}`, `OTHER-${i + 1}`] },
          percent: 10,
        },
      ],
    }),
  );
  return [...touching[set].slice(0, count), ...others];
}

/** What is measured: by number of promotions, and what the twenty do to each other. */
export const benchCases: readonly { promotions: number; set: BenchSet }[] = [
  { promotions: 10, set: "apart" },
  { promotions: 100, set: "apart" },
  { promotions: 1_000, set: "apart" },
  { promotions: 10_000, set: "apart" },
  { promotions: 1_000, set: "competing" },
];
