/** Small random carts and promotions on which every plan can be tried. Fixed seeds: an instance is named by its number. */

import { Dice } from "../../../scripts/bench-planner/dice.ts";
import type { DepositFact } from "../../../src/engine/facts.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import type { BenefitInput } from "../engine-call.ts";
import type { Instance } from "./situation-for.ts";

export interface InstanceOptions {
  readonly groups: readonly string[];
  readonly units: number;
  readonly itemPromotions: number;
  /** Prices that percentages do not divide evenly. */
  readonly oddPrices: boolean;
  readonly floors: boolean;
  readonly conflicts: boolean;
  /** Deposits and rewards as well, alone and beside other benefits of one promotion. */
  readonly everyKind?: boolean;
  /** Some promotions were given so many units to sell. */
  readonly stocks?: boolean;
}

const skus = ["A", "B", "C"];

export function randomInstance(seed: number, options: InstanceOptions): Instance {
  const dice = new Dice(seed);
  const money = (least: number, most: number) =>
    options.oddPrices ? dice.int(least * 100, most * 100) : dice.int(least, most) * 100;
  const left = dice.int(2, options.units);
  const lines = skus.slice(0, dice.int(1, 3)).map((sku) => ({ sku, quantity: 0, unitPrice: money(1, 12) }));
  for (let i = 0; i < left; i++) dice.of(lines).quantity++;
  const cart: Instance["cart"] = {
    currency: "CNY",
    lines: lines
      .filter(({ quantity }) => quantity > 0)
      .map((line) => ({
        id: line.sku,
        ...line,
        ...(options.floors &&
          dice.chance(0.4) && { minUnitPrice: Math.floor(line.unitPrice * dice.of([0.5, 0.9])) }),
      })),
    shipping: dice.chance(0.5) ? [{ id: "s", method: "standard", amount: 500 }] : [],
  };
  const promotions: PromotionInput[] = [];
  const add = (benefit: object, more: object = {}) => {
    const key = `p${promotions.length}`;
    promotions.push({
      key,
      priority: dice.int(0, 2),
      trigger: { type: "automatic" },
      benefits: [
        benefit as BenefitInput,
        ...(options.everyKind && dice.chance(0.15) ? [dice.of(rewardKinds).make(dice, money)] : []),
      ] as BenefitInput[],
      ...more,
      ...(options.conflicts &&
        dice.chance(0.4) && {
          stacking: dice.chance(0.5)
            ? { exclusive: true, ...groupOf(more) }
            : { excludes: { promotions: [dice.of(["p0", "p1", "p2", "p3"])] }, ...groupOf(more) },
        }),
    });
  };
  const items = dice.int(1, options.itemPromotions);
  let counts = false;
  let picks = false;
  for (let i = 0; i < items; i++) {
    const group = dice.of(options.groups);
    const kind = dice.of(itemKinds.filter((one) => !(counts && one.picks) && !(picks && one.counts)));
    // The oracle reads picks off discounts, which tell nothing once several groups discount a unit.
    if (kind.picks && options.groups.length > 1) continue;
    counts ||= kind.counts ?? false;
    picks ||= kind.picks ?? false;
    add(kind.make(dice, money), {
      ...(group !== "item" && { stacking: { group } }),
      ...(options.stocks && dice.chance(0.6) && { limits: { stock: stocksOf(dice) } }),
    });
  }
  const subtotal = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  const threshold = () => ({
    kind: "subtotal",
    atLeast: { CNY: Math.floor((subtotal * dice.of([0.5, 0.7, 0.8, 0.9, 1])) / 100) * 100 },
    ...(dice.chance(0.2) && { base: "list" }),
  });
  const partOf = (sku: string) => {
    const worth = lines.reduce(
      (sum, line) => sum + (line.sku === sku ? line.quantity * line.unitPrice : 0),
      0,
    );
    return {
      kind: "subtotal",
      atLeast: { CNY: Math.floor((worth * dice.of([0.6, 0.8, 1])) / 100) * 100 },
      select: { skus: [sku] },
    };
  };
  const orders = dice.int(0, 2);
  for (let i = 0; i < orders; i++) {
    const more = {
      ...(dice.chance(0.8) && { conditions: dice.chance(0.3) ? partOf(dice.of(skus)) : threshold() }),
      ...(options.groups.length > 1 && dice.chance(0.4) && { stacking: { group: dice.of(options.groups) } }),
    };
    add(dice.of(orderKinds)(dice, subtotal), more);
  }
  if (cart.shipping!.length > 0 && dice.chance(0.7))
    add(dice.of(shippingKinds)(dice), { ...(dice.chance(0.7) && { conditions: threshold() }) });
  if (!options.everyKind) return { cart, promotions };
  const deposits = new Map<string, DepositFact>();
  const presales = dice.int(0, 2);
  for (let i = 0; i < presales; i++) {
    const paid = dice.int(1, 3) * 100;
    const units = dice.int(0, 2);
    if (units > 0) deposits.set(`r${i}`, { promotion: `p${promotions.length}`, units });
    add(
      {
        kind: "deposit",
        ...select(dice),
        paid: { CNY: paid },
        worth: { CNY: paid + dice.int(0, 4) * 100 },
      },
      dice.chance(0.4) ? { stacking: { group: dice.of(options.groups) } } : {},
    );
  }
  const rewards = dice.int(1, 3);
  for (let i = 0; i < rewards; i++)
    add(dice.of(rewardKinds).make(dice, money), {
      ...(dice.chance(0.5) && { conditions: threshold() }),
      ...(dice.chance(0.4) && { stacking: { group: "rewards" } }),
    });
  return { cart, promotions, facts: { deposits } };
}

function groupOf(more: { stacking?: { group?: string } }): object {
  return more.stacking?.group === undefined ? {} : { group: more.stacking.group };
}

type Amount = (least: number, most: number) => number;

interface ItemKind {
  readonly name: string;
  /** Counts units that it does not use; picks units in an order that binds. */
  readonly counts?: true;
  readonly picks?: true;
  make(dice: Dice, money: Amount): object;
}

const select = (dice: Dice) =>
  dice.of<object>([
    {},
    { select: { skus: ["A"] } },
    { select: { skus: ["A", "B"] } },
    { select: { skus: ["B", "C"] } },
  ]);
const percent = (dice: Dice) => ({ percent: dice.of([10, 20, 30, 50, 100]) });
const times = (dice: Dice) => (dice.chance(0.2) ? { maxTimes: 1 } : {});

const itemKinds: readonly ItemKind[] = [
  { name: "percent_off", make: (dice) => ({ kind: "percent_off", ...select(dice), ...percent(dice) }) },
  {
    name: "percent_off with a cap",
    make: (dice, money) => ({
      kind: "percent_off",
      ...select(dice),
      ...percent(dice),
      maxAmount: { CNY: money(1, 6) },
    }),
  },
  {
    name: "percent_off of some units",
    picks: true,
    make: (dice) => ({
      kind: "percent_off",
      ...select(dice),
      ...percent(dice),
      maxUnits: dice.int(1, 2),
      pick: dice.of(["cheapest", "dearest"]),
    }),
  },
  {
    name: "fixed_price",
    make: (dice, money) => ({ kind: "fixed_price", ...select(dice), price: { CNY: money(1, 8) } }),
  },
  {
    name: "amount_off",
    make: (dice, money) => ({
      kind: "amount_off",
      target: "item",
      ...select(dice),
      amount: { CNY: money(1, 5) },
    }),
  },
  {
    name: "amount_off each",
    make: (dice, money) => ({
      kind: "amount_off",
      target: "item",
      ...select(dice),
      amount: { CNY: money(1, 3) },
      per: dice.of(["unit", "line"]),
    }),
  },
  {
    name: "amount_off for every",
    make: (dice, money) => ({
      kind: "amount_off",
      target: "item",
      ...select(dice),
      amount: { CNY: money(1, 3) },
      every: dice.chance(0.5) ? { amount: { CNY: money(3, 9) } } : { quantity: dice.int(2, 3) },
      ...times(dice),
    }),
  },
  {
    name: "nth_unit",
    counts: true,
    make: (dice) => ({
      kind: "nth_unit",
      ...select(dice),
      n: dice.int(2, 3),
      ...percent(dice),
      ...times(dice),
    }),
  },
  {
    name: "buy_x_get_y of the same",
    make(dice) {
      const goods = select(dice);
      return {
        kind: "buy_x_get_y",
        buy: { ...goods, quantity: dice.int(1, 2) },
        get: { ...goods, quantity: 1 },
        ...percent(dice),
        pick: dice.of(["cheapest", "dearest"]),
        ...times(dice),
      };
    },
  },
  {
    name: "buy_x_get_y of others",
    picks: true,
    make: (dice) => ({
      kind: "buy_x_get_y",
      buy: { select: { skus: [dice.of(["A", "B"])] }, quantity: 1 },
      get: { select: { skus: dice.of([["B"], ["B", "C"], ["C"]]) }, quantity: 1 },
      ...percent(dice),
      pick: dice.of(["cheapest", "dearest"]),
      allocate: "target",
      ...times(dice),
    }),
  },
  {
    name: "bundle of one component",
    make: (dice, money) => ({
      kind: "bundle",
      components: [{ ...select(dice), quantity: dice.int(2, 3) }],
      ...bundleValue(dice, money),
      ...times(dice),
    }),
  },
  {
    name: "bundle of several components",
    make: (dice, money) => ({
      kind: "bundle",
      components: [
        { select: { skus: ["A"] }, quantity: dice.int(1, 2) },
        { select: { skus: dice.of([["B"], ["B", "C"]]) }, quantity: 1 },
      ],
      ...bundleValue(dice, money),
      ...times(dice),
    }),
  },
  {
    name: "tiered",
    counts: true,
    make(dice, money) {
      const byAmount = dice.chance(0.5);
      const inner = (figure: number): object =>
        dice.chance(0.6)
          ? { kind: "percent_off", percent: figure * 10 }
          : { kind: "amount_off", amount: { CNY: figure * 100 } };
      return {
        kind: "tiered",
        ...select(dice),
        by: byAmount ? "amount" : "quantity",
        mode: "volume",
        tiers: [
          { from: byAmount ? { CNY: money(3, 6) } : 2, benefit: inner(dice.int(1, 2)) },
          { from: byAmount ? { CNY: money(12, 16) } : 4, benefit: inner(dice.int(1, 4)) },
        ],
      };
    },
  },
  {
    name: "tiered in slices",
    counts: true,
    make(dice, money) {
      const byAmount = dice.chance(0.5);
      return {
        kind: "tiered",
        ...select(dice),
        by: byAmount ? "amount" : "quantity",
        mode: "graduated",
        tiers: [
          { from: byAmount ? { CNY: money(2, 5) } : 2, benefit: { kind: "percent_off", percent: 10 } },
          {
            from: byAmount ? { CNY: money(10, 14) } : 4,
            benefit: { kind: "percent_off", percent: dice.of([5, 30]) },
          },
        ],
      };
    },
  },
];

function bundleValue(dice: Dice, money: Amount): object {
  const type = dice.int(0, 2);
  if (type === 0) return { price: { CNY: money(5, 16) } };
  return type === 1 ? percent(dice) : { amount: { CNY: money(1, 6) } };
}

const rewardKinds: readonly ItemKind[] = [
  {
    name: "gift",
    make: (dice, money) => ({
      kind: "gift",
      ...(dice.chance(0.5) ? { sku: "BAG" } : { choices: ["BAG", "CAP"] }),
      ...(dice.chance(0.5) && {
        every: dice.chance(0.5) ? { amount: { CNY: money(2, 9) } } : { quantity: dice.int(1, 3) },
      }),
      ...(dice.chance(0.3) && { stock: 1 }),
    }),
  },
  {
    name: "points",
    make: (dice, money) => ({
      kind: "points",
      ...(dice.chance(0.5) ? { fixed: 10 } : { perAmount: { CNY: money(1, 9) } }),
    }),
  },
  { name: "service", make: () => ({ kind: "service", name: "skin-test" }) },
  { name: "issue_coupon", make: () => ({ kind: "issue_coupon", pool: "welcome-back" }) },
];

const orderKinds: readonly ((dice: Dice, subtotal: number) => object)[] = [
  (dice) => ({ kind: "percent_off", target: "order", percent: dice.of([5, 10, 20]) }),
  (dice) => ({ kind: "percent_off", target: "order", percent: 20, maxAmount: { CNY: dice.int(1, 5) * 100 } }),
  (dice) => ({ kind: "amount_off", target: "order", amount: { CNY: dice.int(1, 6) * 100 } }),
  (dice) => ({
    kind: "amount_off",
    target: "order",
    amount: { CNY: dice.int(1, 6) * 100 },
    select: { skus: ["A"] },
  }),
  (dice, subtotal) => ({
    kind: "amount_off",
    target: "order",
    amount: { CNY: dice.int(1, 3) * 100 },
    every: { amount: { CNY: Math.max(100, Math.floor(subtotal / 300) * 100) } },
  }),
  (dice, subtotal) => ({
    kind: "tiered",
    target: "order",
    by: "amount",
    mode: dice.of(["volume", "graduated"]),
    tiers: [
      { from: { CNY: Math.floor(subtotal / 2) }, benefit: { kind: "percent_off", percent: 10 } },
      {
        from: { CNY: Math.floor(subtotal * 0.8) },
        benefit: { kind: "percent_off", percent: dice.of([15, 30]) },
      },
    ],
  }),
];

const shippingKinds: readonly ((dice: Dice) => object)[] = [
  () => ({ kind: "free_shipping" }),
  (dice) => ({ kind: "percent_off", target: "shipping", percent: dice.of([50, 100]) }),
  () => ({ kind: "amount_off", target: "shipping", amount: { CNY: 300 } }),
  () => ({ kind: "fixed_price", target: "shipping", price: { CNY: 100 } }),
];

/** Of one to three SKUs. */
function stocksOf(dice: Dice) {
  const first = dice.int(0, skus.length - 1);
  return skus.slice(first).map((sku) => ({ sku, units: dice.int(0, 3) }));
}
