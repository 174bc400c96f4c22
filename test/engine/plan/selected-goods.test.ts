/** A coupon for selected goods beside sets that lie partly on them, and a threshold on all goods: the planner against every plan. */
import { expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import { sized } from "../../faults/sizes.ts";
import type { BenefitInput } from "../engine-call.ts";
import { cheapestOfAll } from "./brute-force.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const isLong = process.env.LONG === "1";
const carts = sized(150, 6_000);
const plansPerCart = isLong ? 6_000 : 1_000;
const patience = { timeout: isLong ? 3_600_000 : 300_000 };

function couponBesideSets(seed: number): Instance {
  const dice = new Dice(seed);
  const lines = Array.from({ length: dice.int(3, 5) }, (_, i) => ({
    id: `${i}`,
    sku: `${i}`,
    tags: dice.of([["ours"], ["ours"], ["theirs"]]),
    quantity: dice.of([1, 1, 2]),
    unitPrice: dice.int(10, 99) * 10,
  }));
  const worthOf = (tag: string) =>
    lines.reduce(
      (sum, { tags, quantity, unitPrice }) => sum + (tags.includes(tag) ? quantity * unitPrice : 0),
      0,
    );
  const least = (worth: number) => ({ CNY: Math.floor(worth * dice.of([0.6, 0.75, 0.85, 0.95, 1])) });
  const promotions: PromotionInput[] = [];
  const add = (benefit: object, more: Partial<PromotionInput> = {}) => {
    promotions.push({
      key: `p${promotions.length}`,
      priority: dice.int(0, 2),
      trigger: { type: "automatic" },
      benefits: [benefit as BenefitInput],
      ...more,
    });
  };
  const sets = [
    {
      kind: "bundle",
      components: [{ quantity: dice.int(2, 3) }],
      ...dice.of<object>([
        { price: { CNY: dice.int(4, 14) * 100 } },
        { amount: { CNY: dice.int(1, 2) * 100 } },
      ]),
    },
    {
      kind: "buy_x_get_y",
      buy: { quantity: dice.int(1, 2) },
      get: { quantity: 1 },
      percent: dice.of([50, 100]),
    },
    {
      kind: "bundle",
      components: [
        { select: { tags: ["ours"] }, quantity: 1 },
        { select: { tags: ["theirs"] }, quantity: 1 },
      ],
      price: { CNY: dice.int(4, 12) * 100 },
    },
    {
      kind: "bundle",
      components: [
        { select: { tags: [dice.of(["ours", "theirs"])] }, quantity: dice.int(1, 2) },
        { quantity: 1 },
      ],
      ...dice.of<object>([
        { price: { CNY: dice.int(4, 14) * 100 } },
        { amount: { CNY: dice.int(1, 2) * 100 } },
      ]),
    },
    {
      kind: "buy_x_get_y",
      ...dice.of<object>([
        {
          buy: { select: { tags: ["ours"] }, quantity: 1 },
          get: { select: { tags: ["theirs"] }, quantity: 1 },
        },
        {
          buy: { select: { tags: ["theirs"] }, quantity: 1 },
          get: { select: { tags: ["ours"] }, quantity: 1 },
        },
        { buy: { quantity: 1 }, get: { select: { tags: ["ours"] }, quantity: 1 } },
      ]),
      percent: dice.of([50, 100]),
      pick: dice.of(["cheapest", "dearest"]),
    },
    { kind: "percent_off", select: { tags: ["ours"] }, percent: dice.of([10, 15]) },
  ];
  for (const set of dice.shuffled(sets).slice(0, 2)) add(set);
  add(
    {
      kind: "amount_off",
      target: "order",
      select: { tags: ["ours"] },
      amount: { CNY: dice.int(1, 2) * 100 },
    },
    {
      stacking: { group: "coupon" },
      conditions: { kind: "subtotal", select: { tags: ["ours"] }, atLeast: least(worthOf("ours")) },
    },
  );
  if (dice.chance(0.6))
    add(
      { kind: "amount_off", target: "order", amount: { CNY: dice.int(1, 3) * 100 } },
      { conditions: { kind: "subtotal", atLeast: least(worthOf("ours") + worthOf("theirs")) } },
    );
  return { cart: { currency: "CNY", lines }, promotions };
}

/** The discount of a buy-X-get-Y lies on what is got. */
function placed({ cart, promotions }: Instance): Instance {
  const onTarget = (benefit: BenefitInput) =>
    benefit.kind === "buy_x_get_y" ? { ...benefit, allocate: "target" as const } : benefit;
  return {
    cart,
    promotions: promotions.map((promotion) => ({ ...promotion, benefits: promotion.benefits.map(onTarget) })),
  };
}

test(`no plan of ${carts} carts is cheaper than a proven one, and nearly all are proven`, patience, () => {
  const faults: string[] = [];
  let compared = 0;
  let proven = 0;
  for (let seed = 1; compared < carts; seed++) {
    const instance = couponBesideSets(seed);
    const best = cheapestOfAll(
      situationFor(instance),
      plansPerCart,
      undefined,
      situationFor(placed(instance)),
    );
    if (best === null) continue;
    compared++;
    const { optimality, priced } = planExactly(situationFor(instance));
    if (optimality.proven) proven++;
    // A proof holds to within the rounding of the promotions applied.
    const rounding = optimality.proven
      ? (priced.applications.length + best.priced.applications.length) / 2
      : 0;
    if (priced.total - (optimality.bound ?? 0) > best.total + rounding)
      faults.push(`${seed}: pays ${priced.total}, bound ${optimality.bound}, but ${best.total} is possible`);
    if (priced.total < best.total) faults.push(`${seed}: pays ${priced.total}, which no legal plan does`);
  }
  expect(faults).toEqual([]);
  expect(proven / compared).toBeGreaterThan(0.97);
});
