/** Promotions with parts in two stages: each part claims its group by the promotion's rank, whatever order a plan was found in. */
import { describe, expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import { planGreedily } from "../../../src/engine/plan/greedy.ts";
import { price } from "../../../src/engine/price.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import { cart } from "../../cart-notation.ts";
import { sized } from "../../faults/sizes.ts";
import { type BenefitInput, promotion, quoteFor } from "../engine-call.ts";
import { cheapestOfAll } from "./brute-force.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const isLong = process.env.LONG === "1";
const patience = { timeout: isLong ? 3_600_000 : 300_000 };
const seeds = Array.from({ length: sized(250, 5_000) }, (_, i) => 70_001 + i);

const percentOff = (percent: number, target?: "order" | "shipping"): BenefitInput => ({
  kind: "percent_off",
  percent,
  ...(target !== undefined && { target }),
});
const amountOff = (amount: number, target: "item" | "order" | "shipping"): BenefitInput => ({
  kind: "amount_off",
  target,
  amount: { CNY: amount },
});
const rowsOf = (promotions: PromotionInput[], line: string, fields: object = {}) => {
  const quote = quoteFor(promotions, cart(line, { strategy: "best", ...fields }));
  return [
    quote.total,
    ...quote.promotions.map(({ promotion: key, stage, amount }) => `${key} ${stage} ${amount}`),
  ];
};

describe("a promotion of lower rank", () => {
  test("takes the shipping from one that applies to items only if that one is left out altogether", () => {
    const member = promotion({
      key: "member",
      priority: 2,
      benefits: [percentOff(10), amountOff(100, "shipping")],
    });
    const freeship = promotion({ key: "freeship", benefits: [{ kind: "free_shipping" }] });
    expect(
      rowsOf([member, freeship], "2x A @ 10.00", {
        shipping: [{ id: "s", method: "standard", amount: 800 }],
      }),
    ).toEqual([2000, "freeship shipping 800"]);
  });

  test("takes the order from one that applies to items only if that one is left out altogether", () => {
    const vip = promotion({
      key: "vip",
      priority: 2,
      benefits: [{ kind: "percent_off", percent: 20, maxUnits: 1 }, percentOff(30, "order")],
    });
    const big = promotion({
      key: "big",
      conditions: { kind: "subtotal", atLeast: { CNY: 700 } },
      benefits: [amountOff(400, "order")],
    });
    expect(rowsOf([vip, big], "2x A @ 5.00")).toEqual([600, "big order 400"]);
  });
});

/** Some promotions with an item part and another in a later stage, beside some with one part. */
function instanceOf(seed: number): Instance {
  const dice = new Dice(seed);
  const money = (least: number, most: number) => dice.int(least, most) * (dice.chance(0.3) ? 97 : 100);
  const select = () => (dice.chance(0.5) ? {} : { select: { skus: [dice.of(["A", "B"])] } });
  const item = (): BenefitInput =>
    dice.of<() => BenefitInput>([
      () => ({ kind: "percent_off", percent: dice.of([10, 20, 50]), ...select() }),
      () => ({ kind: "percent_off", percent: 20, maxUnits: 1, ...select() }),
      () => ({ ...amountOff(money(1, 4), "item"), ...select() }) as BenefitInput,
      () => ({
        kind: "bundle",
        components: [{ quantity: dice.int(2, 3), ...select() }],
        amount: { CNY: money(1, 5) },
      }),
    ])();
  const order = () =>
    dice.chance(0.5) ? percentOff(dice.of([10, 30]), "order") : amountOff(money(1, 5), "order");
  const shipping = (): BenefitInput =>
    dice.of<BenefitInput>([
      { kind: "free_shipping" },
      amountOff(money(1, 5), "shipping"),
      percentOff(50, "shipping"),
    ]);
  const shapes = [
    () => [item(), order()],
    () => [item(), shipping()],
    () => [item()],
    () => [order()],
    () => [order(), shipping()],
    () => [shipping()],
  ];
  const lines = ["A", "B"].slice(0, dice.int(1, 2)).map((sku) => ({
    id: sku,
    sku,
    quantity: dice.int(1, 2),
    unitPrice: money(3, 12),
  }));
  const subtotal = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  return {
    cart: { currency: "CNY", lines, shipping: [{ id: "s", method: "standard", amount: money(3, 9) }] },
    promotions: Array.from({ length: dice.int(2, 4) }, (_, i) => ({
      key: `p${i}`,
      priority: dice.int(0, 2),
      trigger: { type: "automatic" },
      benefits: (i < 2 ? shapes[i]! : dice.of(shapes))(),
      ...(dice.chance(0.3) && {
        conditions: { kind: "subtotal", atLeast: { CNY: Math.floor(subtotal * dice.of([0.6, 0.8, 0.9])) } },
      }),
    })),
  };
}

test(
  "what a plan is said to cost is what the evaluator counts for it, and none is cheaper than it admits",
  patience,
  () => {
    let compared = 0;
    for (const seed of seeds) {
      const instance = instanceOf(seed);
      const found = planExactly(situationFor(instance));
      for (const { plan, priced } of [found, planGreedily(situationFor(instance))]) {
        const asCounted = price(situationFor(instance), plan);
        expect(asCounted.total, `seed ${seed}`).toBe(priced.total);
        expect(asCounted.applications.map(amountOf), `seed ${seed}`).toEqual(
          priced.applications.map(amountOf),
        );
      }
      expect(found.disagreed, `seed ${seed}`).toBe(false);
      const cheapest = cheapestOfAll(situationFor(instance), 500);
      if (cheapest === null) continue;
      compared++;
      const slack = (found.priced.applications.length + cheapest.priced.applications.length) / 2;
      expect(found.priced.total - found.optimality.bound!, `seed ${seed}`).toBeLessThanOrEqual(
        cheapest.total + (found.optimality.proven ? slack : 0),
      );
      expect(found.priced.total, `seed ${seed}`).toBeGreaterThanOrEqual(cheapest.total);
    }
    expect(compared).toBeGreaterThan(seeds.length / 3);
  },
);

const amountOf = ({ candidate, stage, amount }: { candidate: number; stage: string; amount: number }) =>
  `${candidate} ${stage} ${amount}`;
