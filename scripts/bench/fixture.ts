/** The cart and the promotions of the benchmarks: the same twenty touch the cart, however many exist. */
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

/** Twenty that touch the cart, of many kinds, several of them after the same units. */
const touching: PromotionInput[] = [
  ...[1, 2, 3, 4, 5, 6].map(
    (i): PromotionInput => ({
      key: `sku-${i}-percent`,
      priority: i,
      trigger: automatic,
      benefits: [{ kind: "percent_off", target: "item", select: sku(i), percent: 5 + i }],
    }),
  ),
  ...[7, 8].map(
    (i): PromotionInput => ({
      key: `sku-${i}-price`,
      trigger: automatic,
      benefits: [{ kind: "fixed_price", target: "item", select: sku(i), price: { CNY: 1500 } }],
    }),
  ),
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
    key: "ten-percent-from-3000",
    trigger: automatic,
    conditions: { kind: "subtotal", atLeast: { CNY: 300000 } },
    benefits: [{ kind: "percent_off", target: "order", percent: 10 }],
  },
  {
    key: "app-only",
    trigger: automatic,
    conditions: {
      all: [
        { kind: "channel", in: ["web"] },
        { kind: "subtotal", atLeast: { CNY: 5000 } },
      ],
    },
    benefits: [{ kind: "percent_off", target: "order", percent: 3 }],
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

/** `count` promotions; at most twenty of them touch the cart, the others name goods it does not hold. */
export function benchPromotions(count: number): PromotionInput[] {
  const others = Array.from(
    { length: Math.max(0, count - touching.length) },
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
  return [...touching.slice(0, count), ...others];
}

export const benchSizes = [10, 100, 1_000, 10_000] as const;
