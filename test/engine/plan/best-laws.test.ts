/** Laws that a merchant would sign, of whole quotes with strategy `best`; and what may happen, so that nobody counts on the opposite. */
import { describe, expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { convenience, doubleEleven, fashion, type Shop } from "../../../scripts/bench-planner/profiles.ts";
import { cartSchema } from "../../../src/engine/cart.ts";
import { evaluate } from "../../../src/engine/evaluate.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import { planInOrder } from "../../../src/engine/plan/in-order.ts";
import { price } from "../../../src/engine/price.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import type { Quote } from "../../../src/engine/quote.ts";
import { buildRulebook } from "../../../src/engine/rulebook.ts";
import { sized } from "../../faults/sizes.ts";
import { compileAll, now } from "../engine-call.ts";
import { type InstanceOptions, randomInstance } from "./random-instances.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const isLong = process.env.LONG === "1";
const patience = { timeout: isLong ? 3_600_000 : 300_000 };
const count = sized(40, 1_000);
const profiles = { convenience, fashion, doubleEleven };

const quoteOf = ({ cart, promotions }: Instance): Quote =>
  evaluate(
    buildRulebook("1", compileAll(promotions)),
    cartSchema.parse({ ...cart, strategy: "best" }),
    {},
    now,
  );
const planned = (instance: Instance) => planExactly(situationFor(instance));
const seeds = Array.from({ length: count }, (_, i) => 40_001 + i);
const shops = (profile: keyof typeof profiles): Shop[] => seeds.map((seed) => profiles[profile](seed));

/** What each SKU of the cart pays, and by which promotions. */
function bySku({ cart }: Instance, { lines }: Quote): Record<string, [number, Record<string, number>]> {
  const paid: Record<string, [number, Record<string, number>]> = {};
  for (const line of lines) {
    const { sku } = cart.lines.find(({ id }) => id === line.id)!;
    paid[sku] ??= [0, {}];
    paid[sku][0] += line.total;
    for (const { promotion, amount } of line.adjustments)
      paid[sku][1][promotion] = (paid[sku][1][promotion] ?? 0) + amount;
  }
  return paid;
}

describe.each(Object.keys(profiles) as (keyof typeof profiles)[])("carts of a shop (%s)", (name) => {
  test(
    "the whole quote is the same whatever the order of lines and promotions, and however lines are split",
    patience,
    () => {
      shops(name).forEach((shop, i) => {
        const dice = new Dice(seeds[i]!);
        const split = shop.cart.lines.flatMap((line) =>
          line.quantity === 1
            ? [line]
            : [
                { ...line, quantity: 1 },
                { ...line, id: `${line.id}-rest`, quantity: line.quantity - 1 },
              ],
        );
        const turned = {
          cart: { ...shop.cart, lines: dice.shuffled(split) },
          promotions: dice.shuffled(shop.promotions),
        };
        const a = quoteOf(shop);
        const b = quoteOf(turned);
        const { lines: _, rulebook: __, ...ofA } = a;
        const { lines: ___, rulebook: ____, ...ofB } = b;
        expect(ofB, `seed ${seeds[i]}`).toEqual(ofA);
        expect(bySku(turned, b), `seed ${seeds[i]}`).toEqual(bySku(shop, a));
      });
    },
  );

  test("the same request gets the same bytes, whatever was priced in between", patience, () => {
    const rulebooks = shops(name).map(({ promotions }) => buildRulebook("1", compileAll(promotions)));
    const carts = shops(name).map(({ cart }) => cartSchema.parse({ ...cart, strategy: "best" }));
    const ask = (i: number) => JSON.stringify(evaluate(rulebooks[i]!, carts[i]!, {}, now));
    const first = carts.map((_, i) => ask(i));
    carts.forEach((_, i) => {
      // The same promotions meet another cart, so that what is kept with them is not what they began with.
      evaluate(rulebooks[i]!, carts[(i + 1) % carts.length]!, {}, now);
    });
    for (let i = carts.length - 1; i >= 0; i--) expect(ask(i)).toBe(first[i]);
  });

  test("no random sequence of promotions is cheaper than a proven plan", patience, () => {
    shops(name).forEach((shop, i) => {
      const { priced, optimality } = planned(shop);
      const dice = new Dice(seeds[i]!);
      const situation = situationFor(shop);
      const order = situation.candidates.map((_, index) => index);
      // Each row is rounded once.
      const slack = priced.applications.length;
      for (let trial = 0; trial < 10; trial++) {
        // Who claims first may be anybody; the arithmetic has one order.
        const { total } = price(situation, planInOrder(situation, dice.shuffled(order)).plan);
        expect(priced.total - optimality.bound!, `seed ${seeds[i]}`).toBeLessThanOrEqual(total + slack);
      }
    });
  });
});

const conflicting: InstanceOptions = {
  groups: ["item"],
  units: 8,
  itemPromotions: 4,
  oddPrices: false,
  floors: false,
  conflicts: true,
};

test("to drop what excludes others never makes a proven plan dearer", patience, () => {
  let compared = 0;
  for (const seed of seeds) {
    const instance = randomInstance(seed, conflicting);
    const tolerant = instance.promotions.map(({ stacking, ...promotion }) => ({
      ...promotion,
      ...(stacking?.group !== undefined && { stacking: { group: stacking.group } }),
    }));
    const strict = planned(instance);
    const free = planned({ ...instance, promotions: tolerant });
    if (!free.optimality.proven) continue;
    compared++;
    expect(free.priced.total, `seed ${seed}`).toBeLessThanOrEqual(strict.priced.total);
  }
  expect(compared).toBeGreaterThan(count / 2);
});

test("twice the cart under twice the counts costs twice as much", () => {
  const deal = (factor: number): Instance => ({
    cart: {
      currency: "CNY",
      lines: [
        { id: "1", sku: "A", quantity: 3 * factor, unitPrice: 1_000 },
        { id: "2", sku: "B", quantity: 2 * factor, unitPrice: 700 },
      ],
    },
    promotions: [
      {
        key: "any",
        trigger: { type: "automatic" },
        benefits: [
          { kind: "bundle", components: [{ quantity: 2 * factor }], price: { CNY: 1_200 * factor } },
        ],
      },
      {
        key: "over",
        trigger: { type: "automatic" },
        conditions: { kind: "subtotal", atLeast: { CNY: 3_000 * factor } },
        benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 300 * factor } }],
      },
    ],
  });
  const once = planned(deal(1));
  const twice = planned(deal(2));
  expect(twice.priced.total).toBe(2 * once.priced.total);
  expect([once.optimality.proven, twice.optimality.proven]).toEqual([true, true]);
});

describe("what may happen, so nobody should count on the opposite", () => {
  const overTen: PromotionInput = {
    key: "over-ten",
    trigger: { type: "automatic" },
    conditions: { kind: "subtotal", atLeast: { CNY: 1_000 } },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 300 } }],
  };
  const units = (quantity: number, unitPrice: number): Instance["cart"] => ({
    currency: "CNY",
    lines: [{ id: "1", sku: "A", quantity, unitPrice }],
  });
  const pays = (cart: Instance["cart"]) => planned({ cart, promotions: [overTen] }).priced.total;

  test("two orders cost less than one", () => {
    expect(pays(units(2, 1_000))).toBe(1_700);
    expect(2 * pays(units(1, 1_000))).toBe(1_400);
  });

  test("an item less makes the cart dearer", () => {
    expect([pays(units(2, 600)), pays(units(1, 950))]).toEqual([900, 950]);
    expect(
      pays({
        currency: "CNY",
        lines: [...units(1, 950).lines, { id: "2", sku: "B", quantity: 1, unitPrice: 60 }],
      }),
    ).toBe(710);
  });

  test("a further promotion changes which others apply", () => {
    const tenPercent: PromotionInput = {
      key: "ten-percent",
      trigger: { type: "automatic" },
      benefits: [{ kind: "percent_off", target: "item", percent: 10 }],
    };
    const alone = quoteOf({ cart: units(1, 1_000), promotions: [tenPercent] });
    const both = quoteOf({ cart: units(1, 1_000), promotions: [tenPercent, overTen] });
    expect(alone.promotions.map(({ promotion }) => promotion)).toEqual(["ten-percent"]);
    expect(both.promotions.map(({ promotion }) => promotion)).toEqual(["over-ten"]);
  });
});
