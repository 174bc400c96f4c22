/** The best plan sought without amounts off the order that others outdo is the best plan of all, with the same reasons. */
import { expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { cartSchema } from "../../../src/engine/cart.ts";
import { evaluate } from "../../../src/engine/evaluate.ts";
import { noFacts } from "../../../src/engine/facts.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import { withoutOutdone } from "../../../src/engine/plan/outdone.ts";
import type { Proposed } from "../../../src/engine/plan/planner.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import { buildRulebook } from "../../../src/engine/rulebook.ts";
import { patience, sized } from "../../faults/sizes.ts";
import { compileAll, now } from "../engine-call.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const instances = sized(600, 20_000);

function shop(seed: number): Instance {
  const dice = new Dice(seed);
  const lines = ["A", "B", "C"].slice(0, dice.int(1, 3)).map((sku) => ({
    id: sku,
    sku,
    quantity: dice.int(1, 3),
    unitPrice: dice.int(1, 40) * 25,
    ...(dice.chance(0.1) && { minUnitPrice: dice.int(1, 300) }),
  }));
  const worth = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  const promotions: PromotionInput[] = [];
  const add = (benefit: object, more: Partial<Omit<PromotionInput, "key" | "benefits">> = {}) =>
    promotions.push({
      key: `p${promotions.length}`,
      priority: dice.int(0, 1),
      trigger: { type: "automatic" },
      benefits: [benefit as PromotionInput["benefits"][number]],
      ...more,
    });
  const threshold = () => ({
    conditions: { kind: "subtotal", atLeast: { CNY: dice.int(0, Math.ceil(worth * 1.1)) } } as const,
  });
  for (let i = dice.int(0, 2); i > 0; i--)
    add({ kind: "percent_off", select: { skus: [dice.of(["A", "B", "C"])] }, percent: dice.int(5, 60) });
  for (let i = dice.int(2, 5); i > 0; i--)
    add(
      {
        kind: "amount_off",
        target: "order",
        amount: { CNY: dice.int(1, 6) * 100 },
        ...(dice.chance(0.1) && { every: { amount: { CNY: dice.int(100, 900) } } }),
      },
      {
        ...(dice.chance(0.8) && threshold()),
        ...(dice.chance(0.05) && { stacking: { group: "second" } }),
        ...(dice.chance(0.05) && { budget: { amount: { CNY: dice.int(1, 400) } } }),
      },
    );
  if (dice.chance(0.2)) add({ kind: "percent_off", target: "order", percent: dice.int(5, 50) });
  if (dice.chance(0.3)) add({ kind: "free_shipping" }, dice.chance(0.5) ? threshold() : {});
  if (dice.chance(0.5))
    add(
      { kind: "gift", sku: "BAG", quantity: 1 },
      {
        conditions: dice.of<PromotionInput["conditions"]>([
          { kind: "subtotal", atMost: { CNY: dice.int(1, worth) } },
          { kind: "subtotal", atLeast: { CNY: dice.int(1, worth) } },
          { not: { kind: "subtotal", atMost: { CNY: dice.int(1, worth) } } },
        ]),
      },
    );
  if (dice.chance(0.3)) add({ kind: "points", perAmount: { CNY: dice.int(1, 9) * 10 } });
  const shipping = [{ id: "s", method: "standard", amount: dice.int(1, 10) * 60 }];
  return { cart: { currency: "CNY", lines, shipping }, promotions };
}

const toldOf = ({ priced, plan, rejections, optimality }: Proposed) => ({
  total: priced.total,
  optimality,
  applied: priced.applications.map(({ candidate, stage, amount }) => [candidate, stage, amount]),
  reasons: priced.rejections.map((rejection, index) =>
    plan.members[index] ? rejection : (rejections[index] ?? rejection),
  ),
});

test(`in ${instances} small shops`, { timeout: patience }, () => {
  let spared = 0;
  const planner = withoutOutdone((situation, from) => {
    if (situation.candidates.some(({ rejection }) => rejection?.reason === "displaced")) spared++;
    return planExactly(situation, from);
  });
  for (let seed = 1; seed <= instances; seed++) {
    const found = toldOf(planner(situationFor(shop(seed))));
    expect(found, `shop ${seed}`).toEqual(toldOf(planExactly(situationFor(shop(seed)))));
  }
  expect(spared).toBeGreaterThan(instances / 20);
});

test("a cart that can just be priced is priced all the same where an amount is outdone", () => {
  const lines = Array.from({ length: 400 }, (_, i) => ({
    id: `l${i}`,
    sku: `S${i}`,
    quantity: 2,
    unitPrice: 1000 + i,
  }));
  const amountOff = (amount: number, atLeast: number): Omit<PromotionInput, "key"> => ({
    trigger: { type: "automatic" },
    conditions: { kind: "subtotal", atLeast: { CNY: atLeast } },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: amount } }],
  });
  const percentages = (count: number) =>
    Array.from(
      { length: count },
      (_, i): PromotionInput => ({
        key: `i${i}`,
        stacking: { group: `g${i % (count / 2)}` },
        trigger: { type: "automatic" },
        benefits: [{ kind: "percent_off", percent: 1 }],
      }),
    );
  for (const count of [200, 270, 350]) {
    const promotions = [
      ...percentages(count),
      { ...amountOff(100, 100), key: "less", priority: 1 },
      { ...amountOff(200, 50), key: "more" },
    ];
    const rulebook = buildRulebook("1", compileAll(promotions));
    const request = cartSchema.parse({ currency: "CNY", lines, explain: "none" });
    expect(evaluate(rulebook, request, noFacts, now).total).toBeGreaterThan(0);
  }
});
