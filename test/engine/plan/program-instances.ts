/** Random carts of some dozens of units, with promotions that an integer program can express. Fixed seeds. */
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import type { BenefitInput } from "../engine-call.ts";
import type { Instance } from "./situation-for.ts";

/** Two halves of the shop: the promotions of the second stand in a group of their own. */
const halves = [
  ["A", "B", "C", "D", "E"],
  ["F", "G", "H"],
] as const;

type Maker = (dice: Dice, skus: readonly string[], cheapest: number) => object;

const percent = (dice: Dice) => ({ percent: dice.of([10, 20, 30, 50]) });
const times = (dice: Dice) => (dice.chance(0.25) ? { maxTimes: dice.int(1, 2) } : {});
const some = (dice: Dice, skus: readonly string[]) => {
  const kept = skus.filter(() => dice.chance(0.6));
  return { select: { skus: kept.length === 0 ? [...skus] : kept } };
};
const hundreds = (least: number, most: number) => ({
  CNY: Math.max(1, Math.floor(Math.max(least, most) / 100)) * 100,
});

export const makers: Readonly<Record<string, Maker>> = {
  "percent off": (dice, skus) => ({ kind: "percent_off", ...some(dice, skus), ...percent(dice) }),
  "percent off, capped": (dice, skus) => ({
    kind: "percent_off",
    ...some(dice, skus),
    percent: 50,
    maxAmount: hundreds(500, dice.int(5, 30) * 100),
  }),
  "percent off some units": (dice, skus) => ({
    kind: "percent_off",
    ...some(dice, skus),
    ...percent(dice),
    maxUnits: dice.int(1, 4),
  }),
  "fixed price": (dice, skus) => ({
    kind: "fixed_price",
    ...some(dice, skus),
    price: hundreds(100, dice.int(4, 14) * 100),
  }),
  "amount off each": (dice, skus) => ({
    kind: "amount_off",
    target: "item",
    per: "unit",
    ...some(dice, skus),
    amount: hundreds(100, dice.int(1, 3) * 100),
  }),
  "amount off": (dice, skus) => ({
    kind: "amount_off",
    target: "item",
    ...some(dice, skus),
    amount: hundreds(200, dice.int(2, 20) * 100),
  }),
  "amount off for every quantity": (dice, skus, cheapest) => ({
    kind: "amount_off",
    target: "item",
    ...some(dice, skus),
    amount: { CNY: Math.min(cheapest, dice.int(1, 8) * 100) },
    every: { quantity: dice.int(2, 3) },
  }),
  "every nth unit": (dice, skus) => ({
    kind: "nth_unit",
    ...some(dice, skus),
    n: dice.int(2, 3),
    ...percent(dice),
  }),
  "buy some, get one": (dice, skus) => {
    const goods = some(dice, skus);
    return {
      kind: "buy_x_get_y",
      buy: { ...goods, quantity: dice.int(1, 3) },
      get: { ...goods, quantity: 1 },
      percent: dice.of([50, 100]),
      pick: dice.of(["cheapest", "dearest"]),
      ...times(dice),
    };
  },
  "buy these, get those": (dice, skus) => ({
    kind: "buy_x_get_y",
    buy: { select: { skus: skus.slice(0, 2) }, quantity: dice.int(1, 2) },
    get: { select: { skus: skus.slice(2) }, quantity: dice.int(1, 2) },
    percent: dice.of([50, 100]),
    allocate: "target",
    ...times(dice),
  }),
  "any of these": (dice, skus, cheapest) => {
    const quantity = dice.int(2, 4);
    return {
      kind: "bundle",
      components: [{ ...some(dice, skus), quantity }],
      ...worth(dice, quantity * cheapest),
      ...times(dice),
    };
  },
  "a set": (dice, skus, cheapest) => ({
    kind: "bundle",
    components: [
      { select: { skus: skus.slice(0, 2) }, quantity: dice.int(1, 2) },
      { select: { skus: skus.slice(2) }, quantity: 1 },
    ],
    ...worth(dice, 2 * cheapest),
    ...times(dice),
  }),
  "tiers by quantity": (dice, skus) => ({
    kind: "tiered",
    ...some(dice, skus),
    by: "quantity",
    tiers: [
      { from: 2, benefit: { kind: "percent_off", percent: 10 } },
      { from: dice.int(4, 6), benefit: { kind: "percent_off", percent: dice.of([20, 30]) } },
    ],
  }),
  "tiers by amount": (dice, skus) => ({
    kind: "tiered",
    ...some(dice, skus),
    by: "amount",
    tiers: [
      { from: { CNY: dice.int(10, 20) * 100 }, benefit: { kind: "percent_off", percent: 10 } },
      { from: { CNY: dice.int(30, 60) * 100 }, benefit: { kind: "percent_off", percent: 20 } },
    ],
  }),
};

/** Always less than what an application costs: `parts` is the least that it can. */
function worth(dice: Dice, parts: number): object {
  const type = dice.int(0, 2);
  if (type === 0)
    return {
      price: { CNY: Math.max(100, Math.floor((parts * dice.of([0.5, 0.7, 0.9])) / 100) * 100 - 100) },
    };
  return type === 1
    ? percent(dice)
    : { amount: { CNY: Math.max(100, Math.floor((parts * 0.4) / 100) * 100) } };
}

export function programInstance(seed: number): Instance {
  const dice = new Dice(seed);
  const lines = halves
    .flat()
    .filter(() => dice.chance(0.85))
    .map((sku) => ({ id: sku, sku, quantity: dice.int(1, 4), unitPrice: dice.int(3, 20) * 100 }));
  if (lines.length === 0) lines.push({ id: "A", sku: "A", quantity: 3, unitPrice: 1_000 });
  const subtotal = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  const promotions: PromotionInput[] = [];
  const add = (benefit: object, more: object = {}) =>
    promotions.push({
      key: `p${promotions.length}`,
      priority: dice.int(0, 3),
      trigger: { type: "automatic" },
      benefits: [benefit as BenefitInput],
      ...more,
    });
  halves.forEach((skus, half) => {
    const prices = lines.flatMap(({ sku, unitPrice }) =>
      (skus as readonly string[]).includes(sku) ? [unitPrice] : [],
    );
    if (prices.length === 0) return;
    const names = Object.keys(makers);
    const count = half === 0 ? dice.int(2, 5) : dice.int(0, 2);
    for (let i = 0; i < count; i++) {
      const benefit = makers[dice.of(names)]!(dice, skus, Math.min(...prices));
      const excludes = dice.chance(0.1) ? { excludes: { promotions: [`p${dice.int(0, 4)}`] } } : {};
      add(benefit, { stacking: { ...(half === 1 && { group: "second" }), ...excludes } });
    }
  });
  const threshold = () => ({
    conditions: {
      kind: "subtotal",
      atLeast: { CNY: Math.floor((subtotal * dice.of([0.6, 0.75, 0.85, 0.95])) / 100) * 100 },
    },
  });
  const hundredsOf = (share: number) => ({ CNY: Math.max(1, Math.floor((subtotal * share) / 100)) * 100 });
  const coupon = { stacking: { group: "coupon" } };
  if (dice.chance(0.6)) add({ kind: "amount_off", target: "order", amount: hundredsOf(0.08) }, threshold());
  if (dice.chance(0.4))
    add({
      kind: "tiered",
      target: "order",
      by: "amount",
      tiers: [
        { from: hundredsOf(0.6), benefit: { kind: "amount_off", amount: hundredsOf(0.04) } },
        { from: hundredsOf(0.85), benefit: { kind: "amount_off", amount: hundredsOf(0.1) } },
      ],
    });
  if (dice.chance(0.4))
    add(
      { kind: "amount_off", target: "order", amount: hundredsOf(0.03), every: { amount: hundredsOf(0.3) } },
      coupon,
    );
  if (dice.chance(0.5))
    add({ kind: "percent_off", target: "order", percent: dice.of([10, 20]) }, { ...coupon, ...threshold() });
  if (dice.chance(0.5)) add({ kind: "free_shipping" }, threshold());
  return {
    cart: { currency: "CNY", lines, shipping: [{ id: "s", method: "standard", amount: 800 }] },
    promotions,
  };
}
