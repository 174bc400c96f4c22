/** What forcing a promotion costs, against every plan there is that contains it. */
import { describe, expect, test } from "vitest";
import { planWith, whatIfWork } from "../../src/engine/forcing.ts";
import { planExactly } from "../../src/engine/plan/exact/plan-exactly.ts";
import { sized } from "../faults/sizes.ts";
import { cheapestOfAll } from "./plan/brute-force.ts";
import { type InstanceOptions, randomInstance } from "./plan/random-instances.ts";
import { situationFor } from "./plan/situation-for.ts";

const isLong = process.env.LONG === "1";
const forcingsPerFamily = sized(80, 2_000);
const plansPerInstance = isLong ? 20_000 : 600;
const patience = { timeout: isLong ? 3_600_000 : 300_000 };

const plain: InstanceOptions = {
  groups: ["item"],
  units: 5,
  itemPromotions: 3,
  oddPrices: false,
  floors: false,
  conflicts: false,
};
const families: Readonly<Record<string, { options: InstanceOptions; proven: number }>> = {
  "one group": { options: plain, proven: 0.55 },
  "prices that must be rounded": { options: { ...plain, oddPrices: true }, proven: 0.55 },
  floors: { options: { ...plain, floors: true }, proven: 0.54 },
  "two groups": { options: { ...plain, units: 4, groups: ["item", "second"] }, proven: 0.35 },
  "promotions that exclude others": {
    options: { ...plain, units: 4, groups: ["item", "second"], conflicts: true },
    proven: 0.65,
  },
};

describe.each(Object.entries(families))("with %s", (_, { options, proven: least }) => {
  test(
    "no plan with the promotion is cheaper than the one that was forced, or by more than its bound",
    patience,
    () => {
      const faults: string[] = [];
      let compared = 0;
      let proven = 0;
      for (let seed = 1; compared < forcingsPerFamily; seed++) {
        const situation = situationFor(randomInstance(seed, options));
        const { priced } = planExactly(situation);
        situation.candidates.forEach(({ rejection }, index) => {
          if (rejection !== null || priced.rejections[index] === null) return;
          const best = cheapestOfAll(situation, plansPerInstance, index);
          const found = planWith(situation, index, "best", whatIfWork());
          if (best === null) {
            if (found !== null && cheapestOfAll(situation, plansPerInstance) !== null)
              faults.push(`${seed}/${index}: found a plan where there is none`);
            return;
          }
          compared++;
          if (found === null) {
            faults.push(`${seed}/${index}: no plan, but ${best.total} is possible`);
            return;
          }
          const { total } = found.priced;
          const isRounded = options.oddPrices || options.groups.length > 1;
          const rows = found.priced.applications.length + best.priced.applications.length;
          const slack = found.optimality.proven && isRounded ? rows / 2 : 0;
          if (found.optimality.proven) proven++;
          if (total - (found.optimality.bound ?? Number.POSITIVE_INFINITY) > best.total + slack)
            faults.push(
              `${seed}/${index}: pays ${total}, bound ${found.optimality.bound}, but ${best.total} is possible`,
            );
          if (total < best.total)
            faults.push(`${seed}/${index}: pays ${total}, which no legal plan does (${best.total})`);
        });
      }
      expect(faults).toEqual([]);
      expect(proven / compared).toBeGreaterThan(least);
    },
  );
});
