/**
 * Carts and promotions as three kinds of shops have them.
 * Fixed seeds: the same number is the same cart for ever.
 */
import type { BenefitDocument } from "../../src/engine/benefits/index.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { Dice } from "./dice.ts";

export interface Shop {
  readonly cart: {
    currency: "CNY";
    lines: { id: string; sku: string; tags: string[]; quantity: number; unitPrice: number }[];
    shipping: { id: string; method: string; amount: number }[];
  };
  readonly promotions: PromotionInput[];
}

export type Profile = (seed: number) => Shop;

interface Goods {
  readonly sku: string;
  readonly price: number;
  readonly tags: string[];
}

/** Prices by category, each from … to …; `end` makes a price look like a price. */
function assortment(
  dice: Dice,
  categories: Readonly<Record<string, readonly [number, number]>>,
  perCategory: readonly [number, number],
  end: (price: number) => number,
  tags: () => string[],
): Goods[] {
  return Object.entries(categories).flatMap(([category, [least, most]]) =>
    Array.from({ length: dice.int(...perCategory) }, (_, i) => ({
      sku: `${category}-${i}`,
      price: end(dice.int(least, most)),
      tags: [category, ...tags()],
    })),
  );
}

export function cartOf(
  dice: Dice,
  goods: readonly Goods[],
  picks: number,
  several: number,
  most: number,
): Shop["cart"] {
  const lines = new Map<string, Shop["cart"]["lines"][number]>();
  for (let i = 0; i < picks; i++) {
    const { sku, price, tags } = dice.of(goods);
    const quantity = dice.chance(several) ? dice.int(2, most) : 1;
    const line = lines.get(sku);
    if (line !== undefined) line.quantity++;
    else lines.set(sku, { id: sku, sku, tags, quantity, unitPrice: price });
  }
  return {
    currency: "CNY",
    lines: [...lines.values()],
    shipping: [{ id: "s", method: "standard", amount: 800 }],
  };
}

export const on = (...tags: string[]) => ({ select: { tags } });
const parts = (...components: [number, ...string[]][]) => ({
  components: components.map(([quantity, ...tags]) => ({ ...on(...tags), quantity })),
});
export const money = (CNY: number) => ({ CNY });
const threshold = (CNY: number, ...tags: string[]): Partial<PromotionInput> => ({
  conditions: { kind: "subtotal", atLeast: money(CNY), ...(tags.length > 0 && on(...tags)) },
});

type Draft = readonly [benefit: BenefitDocument, more?: Partial<PromotionInput>];

/** Some of them are on, each with a priority of its own. */
export function promotionsOf(dice: Dice, share: number, drafts: readonly Draft[]): PromotionInput[] {
  const kept = drafts.filter(() => dice.chance(share));
  const priorities = dice.shuffled(kept.map((_, i) => i));
  return kept.map(([benefit, more], i) => ({
    key: `p${String(i).padStart(2, "0")}`,
    priority: priorities[i]!,
    trigger: { type: "automatic" },
    benefits: [benefit],
    ...more,
  }));
}

const freeShipping = (CNY: number): Draft => [{ kind: "free_shipping" }, threshold(CNY)];

/** Meal deals, two for, the cheapest free. */
export const convenience: Profile = (seed) => {
  const dice = new Dice(seed);
  const goods = assortment(
    dice,
    {
      sandwich: [300, 550],
      drink: [110, 260],
      snack: [80, 220],
      fruit: [60, 180],
      coffee: [220, 380],
      bakery: [130, 300],
      ice: [150, 450],
      yoghurt: [60, 160],
    },
    [3, 6],
    (price) => price - (price % 5),
    () => [dice.chance(0.35) ? "brand-x" : "brand-y", ...(dice.chance(0.3) ? ["summer"] : [])],
  );
  const cart = cartOf(dice, goods, dice.int(3, 12), 0.25, 3);
  const item: Draft[] = [
    [
      {
        kind: "bundle",
        ...parts([1, "sandwich"], [1, "drink"], [1, "snack", "fruit"]),
        price: money(dice.of([400, 450, 475])),
      },
    ],
    [{ kind: "bundle", ...parts([1, "coffee"], [1, "bakery"]), price: money(dice.of([350, 390, 400])) }],
    [{ kind: "bundle", ...parts([2, "drink"]), price: money(dice.of([260, 300, 320])) }],
    [buyGet("snack", 2, 1, 100)],
    [buyGet("ice", 1, 1, 50)],
    [{ kind: "bundle", ...parts([3, "yoghurt", "fruit"]), price: money(dice.of([200, 250, 300])) }],
    [{ kind: "percent_off", ...on("summer"), percent: dice.of([10, 15, 20]) }],
    [{ kind: "nth_unit", ...on("brand-x"), n: 2, percent: 50 }],
    [
      {
        kind: "bundle",
        ...parts([1, "sandwich", "bakery"], [1, "drink", "coffee"]),
        amount: money(dice.of([50, 80, 100])),
      },
    ],
    [tiers("quantity", [3, 10], [5, 20], on("snack", "ice", "yoghurt"))],
  ];
  return {
    cart,
    promotions: [
      ...promotionsOf(dice, 0.6, item),
      ...later(dice, 0.4, [
        [
          {
            kind: "tiered",
            target: "order",
            by: "amount",
            tiers: [
              { from: money(1500), benefit: { kind: "amount_off", amount: money(150) } },
              { from: money(3000), benefit: { kind: "amount_off", amount: money(400) } },
            ],
          },
        ],
        freeShipping(2000),
      ]),
    ],
  };
};

function buyGet(tag: string, buy: number, get: number, percent: number): BenefitDocument {
  return {
    kind: "buy_x_get_y",
    buy: { ...on(tag), quantity: buy },
    get: { ...on(tag), quantity: get },
    percent,
  };
}

export function tiers(
  by: "quantity",
  first: [number, number],
  second: [number, number],
  goods: object,
): BenefitDocument {
  return {
    kind: "tiered",
    ...goods,
    by,
    tiers: [first, second].map(([from, percent]) => ({ from, benefit: { kind: "percent_off", percent } })),
  };
}

function later(dice: Dice, share: number, drafts: readonly Draft[]): PromotionInput[] {
  return promotionsOf(dice, share, drafts).map((promotion) => ({ ...promotion, key: `o${promotion.key}` }));
}

const charm = (dice: Dice, ends: readonly number[]) => (price: number) =>
  Math.floor(price / 100) * 100 + dice.of(ends);

/** Three for two, outfits, the second at half price, a member's coupon. */
export const fashion: Profile = (seed) => {
  const dice = new Dice(seed);
  const goods = assortment(
    dice,
    {
      tops: [3990, 19900],
      bottoms: [5990, 25900],
      dress: [9900, 39900],
      shoes: [12900, 49900],
      extras: [1990, 9900],
    },
    [3, 7],
    charm(dice, [0, 90, 50]),
    () => ["apparel", dice.chance(0.4) ? "new" : "core", dice.chance(0.3) ? "brand-a" : "brand-b"],
  );
  const cart = cartOf(dice, goods, dice.int(2, 8), 0.12, 2);
  const item: Draft[] = [
    [
      {
        kind: "buy_x_get_y",
        buy: { ...on("tops", "bottoms"), quantity: 2 },
        get: { ...on("tops", "bottoms"), quantity: 1 },
      },
    ],
    [{ kind: "nth_unit", ...on("brand-a"), n: 2, percent: 50 }],
    [{ kind: "bundle", ...parts([3, "tops", "extras"]), price: money(dice.of([9900, 19900, 24900])) }],
    [
      {
        kind: "bundle",
        ...parts([1, "tops", "dress"], [1, "bottoms", "shoes"], [1, "extras"]),
        percent: dice.of([20, 25]),
      },
    ],
    [{ kind: "percent_off", ...on("core"), percent: dice.of([10, 15, 20]) }],
    [
      {
        kind: "buy_x_get_y",
        buy: { ...on("dress", "shoes"), quantity: 1 },
        get: { ...on("extras"), quantity: 1 },
      },
    ],
    [tiers("quantity", [2, 15], [3, 25], on("new"))],
    [{ kind: "bundle", ...parts([2, "apparel"]), percent: 12, maxTimes: 2 }],
  ];
  const coupon = { stacking: { group: "coupon" } };
  return {
    cart,
    promotions: [
      ...promotionsOf(dice, 0.55, item),
      ...later(dice, 0.6, [
        [
          {
            kind: "tiered",
            target: "order",
            by: "amount",
            tiers: [
              { from: money(30000), benefit: { kind: "amount_off", amount: money(5000) } },
              { from: money(50000), benefit: { kind: "amount_off", amount: money(10000) } },
              { from: money(80000), benefit: { kind: "amount_off", amount: money(18000) } },
            ],
          },
        ],
        [
          { kind: "amount_off", target: "order", ...on("brand-a"), amount: money(3000) },
          { ...coupon, ...threshold(20000, "brand-a") },
        ],
        [
          { kind: "amount_off", target: "order", amount: money(3000) },
          { ...coupon, ...threshold(29900) },
        ],
        [
          { kind: "percent_off", target: "order", percent: 5, maxAmount: money(5000) },
          { stacking: { group: "member" } },
        ],
        freeShipping(9900),
      ]),
    ],
  };
};

/** Double Eleven: any three for, the second at half price, sets, an amount for every 300, store coupons. */
export const doubleEleven: Profile = (seed) => {
  const dice = new Dice(seed);
  const goods = assortment(
    dice,
    {
      mask: [2900, 15900],
      serum: [9900, 49900],
      cream: [8900, 39900],
      lip: [5900, 25900],
      wash: [3900, 12900],
    },
    [3, 6],
    charm(dice, [0, 0, 90]),
    () => [dice.of(["b1", "b2", "b3"])],
  );
  const cart = cartOf(dice, goods, dice.int(3, 10), 0.3, 4);
  const item: Draft[] = [
    [{ kind: "bundle", ...parts([3, "mask", "wash"]), price: money(dice.of([14900, 19900, 23900])) }],
    [{ kind: "nth_unit", ...on("b1"), n: 2, percent: 50 }],
    [tiers("quantity", [2, 15], [3, 25], on("b2"))],
    [
      {
        kind: "bundle",
        ...parts([1, "serum"], [1, "cream"], [1, "wash", "mask"]),
        price: money(dice.of([39900, 49900, 59900])),
      },
    ],
    [
      {
        kind: "buy_x_get_y",
        buy: { ...on("serum", "cream"), quantity: 1 },
        get: { ...on("lip"), quantity: 1 },
        percent: 50,
      },
    ],
    [{ kind: "percent_off", ...on("lip", "b3"), percent: dice.of([10, 15]) }],
    [{ kind: "bundle", ...parts([2, "lip", "mask"]), amount: money(dice.of([3000, 4000, 5000])) }],
    [
      {
        kind: "buy_x_get_y",
        buy: { ...on("wash", "lip", "cream"), quantity: 2 },
        get: { ...on("wash", "lip", "cream"), quantity: 1 },
        maxTimes: 1,
      },
    ],
  ];
  const store = { stacking: { group: "store" } };
  return {
    cart,
    promotions: [
      ...promotionsOf(dice, 0.6, item),
      ...later(dice, 0.7, [
        [
          {
            kind: "amount_off",
            target: "order",
            amount: money(5000),
            every: { amount: money(30000) },
            maxTimes: 5,
          },
        ],
        [
          { kind: "amount_off", target: "order", ...on("b1"), amount: money(2000) },
          { ...store, ...threshold(20000, "b1") },
        ],
        [
          { kind: "amount_off", target: "order", ...on("b2", "b3"), amount: money(3000) },
          { ...store, ...threshold(25000, "b2", "b3") },
        ],
        [
          {
            kind: "tiered",
            target: "order",
            by: "amount",
            tiers: [
              { from: money(59900), benefit: { kind: "amount_off", amount: money(6000) } },
              { from: money(99900), benefit: { kind: "amount_off", amount: money(11000) } },
            ],
          },
          { stacking: { group: "coupon" } },
        ],
      ]),
    ],
  };
};
