/** Promotions that share a campaign's budget: what the planner says of them, beside every plan there is. */
import { expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import { cheapestOfAll } from "./brute-force.ts";
import { type InstanceOptions, randomInstance } from "./random-instances.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const count = process.env.LONG === "1" ? 3_000 : 80;
const options: InstanceOptions = {
  groups: ["item", "other"],
  units: 5,
  itemPromotions: 3,
  oddPrices: false,
  floors: false,
  conflicts: false,
};

/** Most of the promotions are in one campaign, of which some budget is left. */
function guarded(seed: number): Instance {
  const dice = new Dice(seed);
  const instance = randomInstance(seed, options);
  return {
    ...instance,
    promotions: instance.promotions.map((promotion) =>
      dice.chance(0.8) ? { ...promotion, campaign: "summer" } : promotion,
    ),
    facts: {
      ...instance.facts,
      campaigns: new Map([["summer", { budget: { CNY: 5_000 }, spent: { CNY: dice.int(1, 49) * 100 } }]]),
    },
  };
}

test("no plan is cheaper than one that is proven, nor by more than the bound than any", () => {
  let compared = 0;
  let short = 0;
  for (let seed = 70_001; seed <= 70_000 + count; seed++) {
    const instance = guarded(seed);
    const situation = situationFor(instance);
    const cheapest = cheapestOfAll(situation, 20_000);
    if (cheapest === null) continue;
    const { priced, optimality, disagreed } = planExactly(situation);
    expect(disagreed, `seed ${seed}`).toBe(false);
    compared += 1;
    const { budget, spent } = instance.facts!.campaigns!.get("summer")!;
    const taken = priced.applications.reduce(
      (sum, { candidate, amount }) =>
        sum + (situation.candidates[candidate]!.promotion.document.campaign === "summer" ? amount : 0),
      0,
    );
    expect(taken, `seed ${seed}`).toBeLessThanOrEqual(budget!.CNY! - spent!.CNY!);
    if (priced.rejections.some((rejection) => rejection?.reason === "campaign_budget_exhausted")) short += 1;
    expect(priced.total - (optimality.bound ?? 0), `seed ${seed}`).toBeLessThanOrEqual(cheapest.total);
    if (optimality.proven) expect(priced.total, `seed ${seed}`).toBe(cheapest.total);
  }
  expect(compared).toBeGreaterThan(count / 4);
  expect(short).toBeGreaterThan(3);
});
