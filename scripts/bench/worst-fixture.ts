/** The dearest carts that are allowed: 500 lines, and promotions made to be slow. */
import { type Cart, cartSchema } from "../../src/engine/cart.ts";
import type { Facts } from "../../src/engine/facts.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";

type Condition = NonNullable<PromotionInput["conditions"]>;
type Benefit = PromotionInput["benefits"][number];

const names = (word: string, count: number) => Array.from({ length: count }, (_, i) => `${word}-${i}`);

export const worstCart = (strategy: "best" | "priority"): Cart =>
  cartSchema.parse({
    currency: "CNY",
    strategy,
    explain: "all",
    customer: { id: "c", tags: names("tag", 100) },
    lines: Array.from({ length: 500 }, (_, i) => ({
      id: String(i),
      sku: `S${i}`,
      product: `P${i}`,
      categories: [i % 2 === 0 ? "even" : "odd"],
      tags: names("tag", 100),
      quantity: 3,
      unitPrice: 1000 + i * 7,
      attributes: { size: i, list: names("entry", 100) },
    })),
  });

const percent: Benefit = { kind: "percent_off", percent: 5 };
/** So many promotions with so many leaves that all hold, so that all are asked. */
const asking = (promotions: number, leaf: (n: number) => Condition, tree: "all" | "any" = "all") =>
  Array.from(
    { length: promotions },
    (_, p): PromotionInput => ({
      key: `p${p}`,
      trigger: { type: "automatic" },
      conditions: { [tree]: Array.from({ length: 100 }, (_, i) => leaf(p * 100 + i)) } as Condition,
      benefits: [percent],
    }),
  );

const giving = (promotions: number, benefit: (n: number) => object, groups = promotions) =>
  Array.from(
    { length: promotions },
    (_, p): PromotionInput => ({
      key: `p${p}`,
      trigger: { type: "automatic" },
      stacking: { group: `g${p % groups}` },
      benefits: [benefit(p) as Benefit],
    }),
  );

const nobodyDearer = "cart.lines.exists(a, cart.lines.all(b, a.unitPrice >= b.unitPrice + 99999999))";

/** By what is slow in them. */
export const worstPromotions: Readonly<Record<string, () => PromotionInput[]>> = {
  "tags, a selector of its own for each leaf": () =>
    asking(50, (n) => ({ kind: "quantity", atMost: 9_000_000, select: { tags: [`none-${n}`] } })),
  "SKUs, a selector of its own for each leaf": () =>
    asking(50, (n) => ({ kind: "quantity", atMost: 9_000_000, select: { skus: [`S${n}`, `T${n}`] } })),
  "an attribute of lines, as a number": () =>
    asking(50, (n) => ({ kind: "attribute", of: "line", name: "size", atLeast: 10_000 + n }), "any"),
  "an attribute of lines, as a list": () =>
    asking(50, (n) => ({ kind: "attribute", of: "line", name: "list", in: [`none-${n}`, "x"] }), "any"),
  "different products": () =>
    asking(50, () => ({
      kind: "distinct",
      by: "product",
      atLeast: 1,
      select: { categories: ["even", "odd"] },
    })),
  "the subtotal of chosen goods": () =>
    asking(50, () => ({ kind: "subtotal", atLeast: { CNY: 1 }, select: { categories: ["even", "odd"] } })),
  "units that are not discounted": () =>
    asking(50, () => ({ kind: "quantity", atLeast: 1, select: { excludeDiscounted: true } })),
  "leaves that are quickly told": () => asking(50, () => ({ kind: "quantity", atMost: 9_000_000 })),
  "tags of the customer": () => asking(50, (n) => ({ kind: "customer_tag", in: [`none-${n}`] }), "any"),
  "past orders": () =>
    asking(50, (n) => ({ kind: "order_amount", withinDays: 366, atLeast: { CNY: 1_000_000 + n } }), "any"),
  "hours of the day": () =>
    asking(
      50,
      () => ({ kind: "schedule", weekdays: ["mon"], from: "03:00", to: "04:00", timezone: "Europe/Berlin" }),
      "any",
    ),
  "a loop in a loop": () =>
    asking(50, (n) => ({ kind: "expression", cel: `${nobodyDearer} || cart.quantity > ${n % 7}` })),
  percentages: () => giving(500, (n) => ({ kind: "percent_off", percent: 1 + (n % 60) })),
  "percentages in ten groups": () => giving(500, (n) => ({ kind: "percent_off", percent: 1 + (n % 60) }), 10),
  "every third unit": () =>
    giving(500, (n) => ({ kind: "buy_x_get_y", buy: { quantity: 2 + (n % 3) }, get: { quantity: 1 } }), 10),
  bundles: () =>
    giving(
      500,
      (n) => ({ kind: "bundle", components: [{ quantity: 3 + (n % 3) }], amount: { CNY: 700 } }),
      10,
    ),
  "of the order": () =>
    giving(500, (n) => ({
      kind: "percent_off",
      target: "order",
      percent: 1 + (n % 60),
      select: { categories: ["even", "odd"] },
    })),
};

export const worstFacts: Facts = {
  orders: Array.from({ length: 100 }, () => ({ at: 0, currency: "CNY", total: 1 })),
};
