import type { BenefitDocument } from "../../engine/benefits/index.ts";
import type { PromotionInput } from "../../engine/promotion.ts";

export type DemoPromotion = Omit<PromotionInput, "benefits"> & { benefits: BenefitDocument[] };

const timezone = "Asia/Shanghai";
const label = (en: string, zh: string) => ({ en: { label: en }, "zh-CN": { label: zh } });

/** What a skincare-and-household shop runs: together every kind of benefit, and most kinds of condition. */
export const demoPromotions: readonly DemoPromotion[] = [
  {
    key: "skincare-10",
    name: "10% off skincare",
    trigger: { type: "automatic" },
    benefits: [
      { kind: "percent_off", select: { categories: ["skincare"], excludeDiscounted: true }, percent: 10 },
    ],
    texts: label("10% off skincare", "护肤品九折"),
  },
  {
    key: "spend-200-save-30",
    name: "30 off every 200",
    campaign: "11-11",
    tags: ["sale"],
    priority: 100,
    trigger: { type: "automatic" },
    conditions: { not: { kind: "channel", in: ["dealer"] } },
    benefits: [
      {
        kind: "amount_off",
        target: "order",
        amount: { CNY: 3000, USD: 500 },
        every: { amount: { CNY: 20000, USD: 4000 } },
        maxTimes: 5,
      },
    ],
    texts: label("30 off every 200", "每满200减30"),
  },
  {
    key: "vip-order-tiers",
    name: "VIP tiers",
    priority: 50,
    trigger: { type: "automatic" },
    conditions: {
      any: [
        { kind: "customer_group", in: ["vip"] },
        { kind: "tier", in: ["gold", "platinum"] },
      ],
    },
    benefits: [
      {
        kind: "tiered",
        target: "order",
        by: "amount",
        mode: "volume",
        tiers: [
          { from: { CNY: 30000 }, benefit: { kind: "percent_off", percent: 12 } },
          { from: { CNY: 80000 }, benefit: { kind: "percent_off", percent: 18 } },
        ],
      },
    ],
    texts: label("VIP: 12% from 300, 18% from 800", "会员满300享88折,满800享82折"),
  },
  {
    key: "travel-set-price",
    name: "Travel set at 99",
    priority: 10,
    trigger: { type: "automatic" },
    conditions: { kind: "country", in: ["CN", "SG"] },
    benefits: [
      { kind: "fixed_price", select: { skus: ["TRAVEL-SET"] }, price: { CNY: 9900, USD: 1500 }, maxUnits: 2 },
    ],
    texts: label("Travel set for 99, at most two", "旅行套装一口价99元,限2件"),
  },
  {
    key: "cleanse-and-care",
    name: "Cleanser and cream together",
    priority: 30,
    trigger: { type: "automatic" },
    benefits: [
      {
        kind: "bundle",
        components: [
          { select: { skus: ["CLEANSER-120"] }, quantity: 1 },
          { select: { skus: ["CREAM-50"] }, quantity: 1 },
        ],
        price: { CNY: 29900 },
      },
    ],
    texts: label("Cleanser and cream for 299", "洁面+面霜组合价299元"),
  },
  {
    key: "masks-2-plus-1",
    name: "Masks: buy two, get one",
    priority: 20,
    trigger: { type: "automatic" },
    conditions: { kind: "quantity", atLeast: 3, select: { products: ["MASK"] } },
    benefits: [
      {
        kind: "buy_x_get_y",
        buy: { select: { products: ["MASK"] }, quantity: 2 },
        get: { select: { products: ["MASK"] }, quantity: 1 },
        percent: 100,
      },
    ],
    texts: label("Masks: buy 2, get 1 free", "面膜买二送一"),
  },
  {
    key: "second-half-price",
    name: "Second household item at half price",
    trigger: { type: "automatic" },
    benefits: [{ kind: "nth_unit", select: { categories: ["household"] }, n: 2, percent: 50 }],
    texts: label("Second household item at half price", "家居日用第二件半价"),
  },
  {
    key: "happy-hour",
    name: "Happy hour on household goods",
    priority: 15,
    trigger: { type: "automatic" },
    schedule: { timezone, recurring: [{ weekdays: ["fri", "sat"], from: "20:00", to: "02:00" }] },
    conditions: { kind: "distinct", by: "product", atLeast: 2, select: { categories: ["household"] } },
    benefits: [{ kind: "percent_off", select: { categories: ["household"] }, percent: 35 }],
    texts: label("Friday and Saturday nights: 35% off household", "周五周六夜场家居65折"),
  },
  {
    key: "tote-bag",
    name: "A tote bag from 300",
    trigger: { type: "automatic" },
    conditions: { kind: "subtotal", atLeast: { CNY: 30000, USD: 6000 } },
    benefits: [{ kind: "gift", sku: "TOTE-BAG", quantity: 1, stock: 5000, value: { CNY: 4900, USD: 800 } }],
    texts: label("Free tote bag from 300", "满300赠帆布袋"),
  },
  {
    key: "free-shipping-99",
    name: "Free shipping from 99",
    trigger: { type: "automatic" },
    conditions: {
      all: [
        { kind: "subtotal", atLeast: { CNY: 9900, USD: 5000 } },
        { kind: "shipping_amount", atMost: { CNY: 5000, USD: 2000 } },
      ],
    },
    benefits: [
      { kind: "free_shipping", methods: ["standard", "express"], maxAmount: { CNY: 1500, USD: 1000 } },
    ],
    texts: label("Free shipping from 99", "满99包邮"),
  },
  {
    key: "member-points",
    name: "Points for members",
    trigger: { type: "automatic" },
    conditions: { kind: "attribute", of: "customer", name: "level", atLeast: 1 },
    benefits: [{ kind: "points", perAmount: { CNY: 100, USD: 20 } }],
    texts: label("One point per yuan", "每消费1元得1积分"),
  },
  {
    key: "come-back",
    name: "A coupon for the next purchase",
    trigger: { type: "automatic" },
    conditions: {
      any: [
        { kind: "order_count", atMost: 2 },
        { kind: "days_since_order", atLeast: 90 },
      ],
    },
    benefits: [{ kind: "issue_coupon", pool: "come-back", validFor: "P30D" }],
    texts: label("A coupon for your next purchase", "赠下次购物优惠券"),
  },
  {
    key: "presale-serum",
    name: "Serum presale: 50 counts for 100",
    trigger: { type: "automatic" },
    benefits: [
      { kind: "deposit", paid: { CNY: 5000 }, worth: { CNY: 10000 }, select: { skus: ["SERUM-30"] } },
    ],
    stacking: { group: "presale" },
    texts: label("Presale: your 50 counts for 100", "预售定金50抵100"),
  },
  {
    key: "skin-test",
    name: "A skin test in our Shanghai stores",
    trigger: { type: "automatic" },
    conditions: {
      all: [
        { kind: "region", in: ["CN-SH"] },
        { kind: "store", in: ["sh-001", "sh-002"] },
      ],
    },
    benefits: [{ kind: "service", name: "skin-test", quota: 500, value: { CNY: 9900 } }],
    texts: label("Free skin test", "免费皮肤检测"),
  },
  {
    key: "welcome",
    name: "Welcome: 20 off the first order",
    trigger: { type: "code", code: "WELCOME-20" },
    conditions: { kind: "first_order" },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 2000, USD: 300 } }],
    stacking: { group: "welcome" },
    limits: { perCustomer: 1 },
    texts: label("20 off your first order", "新客立减20元"),
  },
  {
    key: "wallet-random-3",
    name: "3 off with the wallet",
    trigger: { type: "automatic" },
    conditions: {
      all: [
        { kind: "payment_method", in: ["wechat", "alipay"] },
        { kind: "currency", in: ["CNY"] },
        { kind: "schedule", from: "08:00", to: "24:00", timezone },
      ],
    },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 300 } }],
    stacking: { group: "wallet" },
    budget: { amount: { CNY: 10000000 }, atEdge: "partial" },
    funder: "wallet",
    texts: label("3 off with WeChat Pay or Alipay", "微信/支付宝立减3元"),
  },
  {
    key: "staff",
    name: "Staff price",
    visibility: "private",
    priority: 200,
    trigger: { type: "code", code: "STAFF-40" },
    conditions: {
      any: [
        { kind: "customer_tag", in: ["staff"] },
        { kind: "segment", in: ["staff"] },
      ],
    },
    benefits: [{ kind: "percent_off", target: "order", percent: 40 }],
    stacking: { exclusive: true },
    texts: label("Staff: 40% off", "员工六折"),
  },
  {
    key: "big-spender",
    name: "A bonus for large VIP orders",
    trigger: { type: "automatic" },
    conditions: { kind: "expression", cel: 'cart.subtotal >= 100000 && "vip" in customer.groups' },
    benefits: [{ kind: "points", fixed: 888 }],
    texts: label("888 bonus points", "额外赠888积分"),
  },
];
