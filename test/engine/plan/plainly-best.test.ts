/** What is called best at a glance is best: held against every plan there is. */
import { expect, test } from "vitest";
import { isPlainlyBest } from "../../../src/engine/plan/exact/plainly-best.ts";
import { planByPriority } from "../../../src/engine/plan/priority.ts";
import { cheapestOfAll } from "./brute-force.ts";
import { type InstanceOptions, randomInstance } from "./random-instances.ts";
import { situationFor } from "./situation-for.ts";

const patience = { timeout: 300_000 };
const plain: InstanceOptions = {
  groups: ["item"],
  units: 6,
  itemPromotions: 1,
  oddPrices: false,
  floors: false,
  conflicts: false,
};
const families: Readonly<Record<string, InstanceOptions>> = {
  "one promotion": plain,
  "two promotions": { ...plain, units: 4, itemPromotions: 2 },
  "two groups": { ...plain, units: 4, itemPromotions: 2, groups: ["item", "second"] },
  floors: { ...plain, floors: true },
  "prices that must be rounded": { ...plain, oddPrices: true, floors: true },
};

test.each(Object.entries(families))(
  "no plan is cheaper where it says so, with %s",
  patience,
  (_, options) => {
    const faults: string[] = [];
    let plainly = 0;
    for (let seed = 30_001; seed <= 30_600; seed++) {
      const instance = randomInstance(seed, options);
      const situation = situationFor(instance);
      const { priced } = planByPriority(situation);
      const candidates = situation.candidates.flatMap(({ promotion, rejection, exhausted }, index) =>
        rejection === null && exhausted === null && promotion.parts[0]!.stage !== "reward" ? [index] : [],
      );
      if (!isPlainlyBest(situation, candidates, priced)) continue;
      plainly++;
      const best = cheapestOfAll(situationFor(instance), 600);
      // Each row is rounded once.
      const slack = options.oddPrices ? priced.applications.length : 0;
      if (best !== null && priced.total > best.total + slack)
        faults.push(`${seed}: pays ${priced.total}, but ${best.total} is possible`);
    }
    expect(faults).toEqual([]);
    expect(plainly).toBeGreaterThan(20);
  },
);
