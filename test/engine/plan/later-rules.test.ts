/** A bound is a bound: no promotion of the order stage takes off more than the planner says that it could. */
import { expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { grain } from "../../../src/engine/plan/exact/grain.ts";
import { laterRule } from "../../../src/engine/plan/exact/later-rules.ts";
import { price } from "../../../src/engine/price.ts";
import { patience, sized } from "../../faults/sizes.ts";
import { randomInstance } from "./random-instances.ts";
import { situationFor } from "./situation-for.ts";
import { listPrices, orderStage, severalBenefits } from "./variations.ts";

const instances = sized(400, 20_000);
const plansOfEach = 6;
const options = {
  groups: ["item"],
  units: 6,
  itemPromotions: 3,
  oddPrices: true,
  floors: false,
  conflicts: false,
};

test(`in plans of ${instances} small carts`, { timeout: patience }, () => {
  let reached = 0;
  for (let seed = 1; seed <= instances; seed++) {
    const dice = new Dice(seed + 900_000);
    const instance = [orderStage, severalBenefits, listPrices].reduce(
      (changed, vary) => vary(dice, changed),
      randomInstance(seed, options),
    );
    const situation = situationFor(instance);
    for (let i = 0; i < plansOfEach; i++) {
      const members = situation.candidates.map(() => i === 0 || dice.chance(0.6));
      const { applications } = price(situation, { members, allowances: null });
      let left = situation.cart.subtotal;
      for (const { stage, amount } of applications) if (stage === "item") left -= amount;
      const base = left;
      for (const { stage, amount, candidate } of applications) {
        if (stage !== "order") continue;
        const most = laterRule(situation, candidate, "order")!.off(base * grain, left * grain);
        expect(amount * grain, `instance ${seed}`).toBeLessThanOrEqual(most + grain / 2);
        if (amount * grain >= most - grain / 2) reached++;
        left -= amount;
      }
    }
  }
  // Nor is it much more.
  expect(reached).toBeGreaterThan(instances);
});
