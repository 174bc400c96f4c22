/** Random carts and promotions for the laws: small enough that promotions meet, of every kind, with floors and free goods. */
import fc from "fast-check";
import type { z } from "zod";
import type { cartSchema } from "../../src/engine/cart.ts";
import {
  type CompiledPromotion,
  compilePromotion,
  type PromotionInput,
  promotionSchema,
} from "../../src/engine/promotion.ts";

export type CartInput = z.input<typeof cartSchema>;
export type LineInput = CartInput["lines"][number];

/** Keys of the promotions; of each a deposit may have been paid, as `rdm_<key>`. */
export const depositKeys = ["p0", "p1", "p2", "p3", "p4"];
const skus = ["A", "B", "C", "D"];
const categories = ["skincare", "home"];

const price = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 30 }) },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(999, 1000, 10_000) },
);

const line = (id: string): fc.Arbitrary<LineInput> =>
  fc
    .record({
      sku: fc.constantFrom(...skus),
      quantity: fc.integer({ min: 1, max: 7 }),
      unitPrice: price,
      facets: fc.constantFrom<Partial<LineInput>>(
        {},
        { categories: ["skincare"], brand: "xb" },
        { categories: ["home", "skincare"], tags: ["new"] },
        { categories: ["home"], product: "P" },
      ),
      floorPercent: fc.option(fc.integer({ min: 0, max: 110 }), { freq: 3, nil: undefined }),
      costPercent: fc.option(fc.integer({ min: 0, max: 120 }), { freq: 3, nil: undefined }),
      sale: fc.constantFrom<Partial<LineInput>>({}, {}, {}, { onSale: true }, { listPrice: 25_000 }),
    })
    .map(({ sku, quantity, unitPrice, facets, floorPercent, costPercent, sale }) => ({
      id,
      sku,
      quantity,
      unitPrice,
      ...facets,
      ...sale,
      ...(floorPercent !== undefined && { minUnitPrice: Math.floor((unitPrice * floorPercent) / 100) }),
      ...(costPercent !== undefined && { unitCost: Math.floor((unitPrice * costPercent) / 100) }),
    }));

const lines = fc
  .uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1, maxLength: 5 })
  .chain((ids) => fc.tuple(...ids.map(line)));

const shipments = fc
  .array(
    fc.record({ method: fc.constantFrom("standard", "express"), amount: fc.integer({ min: 0, max: 2_000 }) }),
    { maxLength: 2 },
  )
  .map((list) => list.map((shipment, i) => ({ id: `s${i}`, ...shipment })));

export const arbitraryCart: fc.Arbitrary<CartInput> = fc
  .record({
    lines,
    shipping: shipments,
    codes: fc.subarray(["CODE1", "code-2", "NONE"]),
    channel: fc.constantFrom("app", "dealer"),
    customer: fc.constantFrom<CartInput["customer"]>(
      undefined,
      { id: "c-1", groups: ["vip"] },
      { id: "c-2" },
    ),
    rounding: fc.constantFrom("half_up" as const, "half_even" as const, "down" as const),
    marginFloor: fc.constantFrom(undefined, undefined, 10, 33.3),
    strategy: fc.constantFrom("best" as const, "priority" as const),
    explain: fc.constantFrom("near" as const, "all" as const),
    deposits: fc.boolean(),
  })
  .map(({ customer, marginFloor, deposits, ...cart }) => ({
    currency: "CNY",
    ...cart,
    ...(customer !== undefined && { customer }),
    ...(marginFloor !== undefined && { marginFloor }),
    ...(deposits && { deposits: depositKeys.map((key) => ({ redemption: `rdm_${key}` })) }),
  }));

// ---------------------------------------------------------------- promotions

const money = (min: number, max: number) => fc.integer({ min, max }).map((amount) => ({ CNY: amount }));
const percent = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(12.5, 33.3333, 0.0001, 50, 100));
const pick = fc.constantFrom("cheapest" as const, "dearest" as const);
const few = fc.integer({ min: 1, max: 3 });
const select = fc.oneof(
  fc.constant({}),
  fc.subarray(skus, { minLength: 1 }).map((list) => ({ select: { skus: list } })),
  fc.constantFrom(...categories).map((category) => ({ select: { categories: [category] } })),
  fc.constantFrom<object>(
    { select: { excludeDiscounted: true } },
    { select: { brands: ["xb"], exclude: { skus: ["A"] } } },
    { select: { where: "line.unitPrice >= 500" } },
  ),
);
const maybe = <Value>(name: string, value: fc.Arbitrary<Value>) =>
  fc
    .option(value, { freq: 3, nil: undefined })
    .map((given): object => (given === undefined ? {} : { [name]: given }));
const joined = (...parts: fc.Arbitrary<object>[]) =>
  fc.tuple(...parts).map((list) => Object.assign({}, ...list) as object);
const constant = (fields: object) => fc.constant(fields);

const unitLimit = fc.oneof(constant({}), fc.record({ maxUnits: fc.integer({ min: 1, max: 4 }), pick }));
const every = fc.oneof(
  money(1, 8_000).map((amount) => ({ every: { amount } })),
  few.map((quantity) => ({ every: { quantity } })),
);
const goodsTarget = fc.constantFrom("item" as const, "order" as const);
const side = joined(
  select,
  few.map((quantity) => ({ quantity })),
);

const tiers = (by: "amount" | "quantity") =>
  fc
    .tuple(
      by === "amount"
        ? fc.uniqueArray(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 3 })
        : fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom("percent_off", "amount_off", "fixed_price"),
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 3, maxLength: 3 }),
      goodsTarget,
      fc.constantFrom("volume", "graduated"),
    )
    .map(([froms, kind, figures, target, mode]) => {
      const inner = (figure: number): object =>
        kind === "percent_off"
          ? { kind, percent: figure }
          : kind === "amount_off"
            ? { kind, amount: { CNY: figure * 20 } }
            : { kind: "fixed_price", price: { CNY: figure * 50 } };
      return {
        kind: "tiered",
        target: kind === "fixed_price" ? "item" : target,
        by,
        mode: kind === "percent_off" ? mode : "volume",
        tiers: froms
          .sort((a, b) => a - b)
          .map((from, i) => ({ from: by === "amount" ? { CNY: from } : from, benefit: inner(figures[i]!) })),
      };
    });

/** One arbitrary for each benefit kind; a test names any kind that is missing. */
export const arbitraryBenefits: Readonly<Record<string, fc.Arbitrary<object>>> = {
  percent_off: fc.oneof(
    joined(
      constant({ kind: "percent_off" }),
      goodsTarget.map((target) => ({ target })),
      select,
      percent.map((figure) => ({ percent: figure })),
      unitLimit,
      maybe("maxAmount", money(0, 3_000)),
      fc.constantFrom({}, {}, { basis: "list" }),
    ),
    joined(
      constant({ kind: "percent_off", target: "shipping" }),
      percent.map((figure) => ({ percent: figure })),
      maybe("methods", constant(["standard"])),
    ),
  ),
  amount_off: fc.oneof(
    joined(
      constant({ kind: "amount_off" }),
      goodsTarget.map((target) => ({ target })),
      select,
      money(1, 5_000).map((amount) => ({ amount })),
      unitLimit,
    ),
    joined(
      constant({ kind: "amount_off" }),
      goodsTarget.map((target) => ({ target })),
      select,
      money(1, 2_000).map((amount) => ({ amount })),
      every,
      maybe("maxTimes", few),
    ),
    joined(
      constant({ kind: "amount_off", target: "item" }),
      select,
      money(1, 2_000).map((amount) => ({ amount })),
      fc.constantFrom({ per: "unit" }, { per: "line" }),
      unitLimit,
    ),
    joined(
      constant({ kind: "amount_off", target: "shipping" }),
      money(1, 1_500).map((amount) => ({ amount })),
      fc.constantFrom({}, { per: "line" }),
    ),
  ),
  fixed_price: fc.oneof(
    joined(
      constant({ kind: "fixed_price" }),
      select,
      money(0, 9_000).map((fixed) => ({ price: fixed })),
      unitLimit,
    ),
    joined(
      constant({ kind: "fixed_price", target: "shipping" }),
      money(0, 1_500).map((fixed) => ({ price: fixed })),
    ),
  ),
  tiered: fc.oneof(joined(tiers("amount"), select), joined(tiers("quantity"), select)),
  bundle: joined(
    fc.array(side, { minLength: 1, maxLength: 3 }).map((components) => ({ kind: "bundle", components })),
    fc.oneof(
      money(0, 15_000).map((fixed): object => ({ price: fixed })),
      percent.map((figure): object => ({ percent: figure })),
      money(1, 4_000).map((amount): object => ({ amount })),
    ),
    maybe("maxTimes", few),
  ),
  buy_x_get_y: fc.oneof(
    joined(
      fc.tuple(side, few).map(([buy, quantity]) => ({ kind: "buy_x_get_y", buy, get: { ...buy, quantity } })),
      fc.record({ percent, pick, allocate: fc.constantFrom("all", "target") }),
      maybe("maxTimes", few),
    ),
    joined(
      fc.record({ buy: side, get: side }).map((sides) => ({ kind: "buy_x_get_y", ...sides })),
      fc.record({ percent, pick, allocate: fc.constantFrom("all", "target") }),
      maybe("maxTimes", few),
    ),
  ),
  nth_unit: joined(
    constant({ kind: "nth_unit" }),
    select,
    fc.record({ n: fc.integer({ min: 2, max: 3 }), percent }),
    maybe("maxTimes", few),
  ),
  gift: joined(
    constant({ kind: "gift" }),
    fc.constantFrom({ sku: "BAG" }, { choices: ["RED", "BLUE"] }),
    fc.oneof(constant({}), every),
    maybe("value", money(0, 5_000)),
  ),
  free_shipping: joined(
    constant({ kind: "free_shipping" }),
    maybe("maxAmount", money(0, 1_500)),
    maybe("methods", constant(["express"])),
  ),
  points: fc.constantFrom<object>(
    { kind: "points", fixed: 50 },
    { kind: "points", perAmount: { CNY: 100 } },
    { kind: "points", multiplier: 2 },
  ),
  issue_coupon: constant({ kind: "issue_coupon", pool: "friends" }),
  deposit: joined(constant({ kind: "deposit", paid: { CNY: 500 }, worth: { CNY: 900 } }), select),
  service: constant({ kind: "service", name: "skin-test" }),
};

const condition = fc.oneof(
  { weight: 3, arbitrary: money(0, 20_000).map((atLeast): object => ({ kind: "subtotal", atLeast })) },
  {
    weight: 1,
    arbitrary: money(0, 20_000).map((atLeast): object => ({ kind: "subtotal", atLeast, base: "list" })),
  },
  { weight: 1, arbitrary: money(0, 20_000).map((atMost): object => ({ kind: "subtotal", atMost })) },
  {
    weight: 2,
    arbitrary: joined(
      constant({ kind: "quantity" }),
      fc.integer({ min: 1, max: 8 }).map((atLeast) => ({ atLeast })),
      select,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<object>(
      { kind: "distinct", atLeast: 2 },
      { kind: "channel", in: ["app"] },
      { not: { kind: "channel", in: ["dealer"] } },
      { kind: "customer_group", in: ["vip"] },
      { kind: "first_order" },
      {
        any: [
          { kind: "quantity", atLeast: 4 },
          { kind: "subtotal", atLeast: { CNY: 5_000 } },
        ],
      },
      { kind: "shipping_amount", atMost: { CNY: 1_000 } },
      { kind: "expression", cel: "cart.quantity > 3 && cart.lines.exists(l, l.unitPrice > 1000)" },
    ),
  },
);

const group = fc.constantFrom("item", "order", "g1", "g2");
const excludes = fc.oneof(
  fc.constantFrom("p0", "p1", "p2").map((key): object => ({ promotions: [key] })),
  group.map((name): object => ({ groups: [name] })),
  constant({ tags: ["sale"] }),
);
const stacking = joined(
  maybe("group", group),
  fc.constantFrom({}, {}, {}, {}, { exclusive: true }),
  fc
    .option(excludes, { freq: 6, nil: undefined })
    .map((named) => (named === undefined ? {} : { excludes: named })),
);

const promotion = fc
  .record({
    priority: fc.integer({ min: -1, max: 2 }),
    trigger: fc.constantFrom<object>(
      { type: "automatic" },
      { type: "automatic" },
      { type: "automatic" },
      { type: "code", code: "CODE1" },
      { type: "code", code: "CODE2" },
    ),
    // A second deposit in one promotion is refused when saved.
    benefits: fc
      .array(fc.oneof(...Object.values(arbitraryBenefits)), { minLength: 1, maxLength: 2 })
      .filter((benefits) => benefits.filter((benefit) => "paid" in benefit).length < 2),
    stacking,
    conditions: fc.option(condition, { freq: 2, nil: undefined }),
    budget: fc.option(fc.record({ amount: money(0, 4_000), atEdge: fc.constantFrom("refuse", "partial") }), {
      freq: 5,
      nil: undefined,
    }),
    tags: fc.constantFrom([], [], ["sale"]),
    visibility: fc.constantFrom("public", "public", "public", "private"),
  })
  .map(({ conditions, budget, ...document }) => ({
    ...document,
    ...(conditions !== undefined && { conditions }),
    ...(budget !== undefined && { budget }),
  }));

export const arbitraryPromotions: fc.Arbitrary<PromotionInput[]> = fc
  .array(promotion, { minLength: 1, maxLength: 5 })
  .map((list) =>
    list.map((document, i) => ({ key: depositKeys[i]!, ...document }) as unknown as PromotionInput),
  );

/** Null where chance made a promotion that saving would refuse, such as selectors of two sides that contradict. */
export function compileAll(documents: readonly PromotionInput[]): CompiledPromotion[] {
  const selectors = new Map();
  return documents.map((document) => {
    const compiled = compilePromotion(promotionSchema.parse(document), {
      id: null,
      defaultTimezone: "UTC",
      selectors,
    });
    if (compiled.issues !== null) throw new Error(JSON.stringify([document, compiled.issues]));
    return compiled.promotion;
  });
}
