/** The exact planner against every plan there is, on carts with all that promotions may say beside the plain kinds. */
import { describe, expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import { planGreedily } from "../../../src/engine/plan/greedy.ts";
import { sized } from "../../faults/sizes.ts";
import { faultsOfRewards, heldAgainstAllPlans } from "./against-all-plans.ts";
import { type InstanceOptions, randomInstance } from "./random-instances.ts";
import { type Instance, situationFor } from "./situation-for.ts";
import * as vary from "./variations.ts";

const isLong = process.env.LONG === "1";
const instances = sized(60, 2_000);
const plans = isLong ? 3_000 : 400;
/** A busy machine takes its time over so many plans; nothing here is about time. */
const patience = { timeout: isLong ? 3_600_000 : 300_000 };

const plain: InstanceOptions = {
  groups: ["item"],
  units: 4,
  itemPromotions: 2,
  oddPrices: false,
  floors: false,
  conflicts: false,
};
const odd: InstanceOptions = { ...plain, oddPrices: true };
const twoGroups: InstanceOptions = { ...plain, groups: ["item", "second"] };

interface Family {
  readonly options: InstanceOptions;
  readonly variations: readonly vary.Variation[];
  /** So many are proven at least, and of so many model and evaluator say something else at most. */
  readonly proven?: number;
  readonly disagreed?: number;
}

const families: Readonly<Record<string, Family>> = {
  "discounts of the order that meet": { options: plain, variations: [vary.orderStage] },
  "discounts of the order that meet, at odd prices": { options: odd, variations: [vary.orderStage] },
  "several benefits of one promotion": {
    options: plain,
    variations: [vary.orderStage, vary.severalBenefits],
  },
  "gifts for who pays little": { options: plain, variations: [vary.orderStage, vary.giftsAtMost] },
  "gifts for who pays little, and several benefits": {
    options: plain,
    variations: [vary.orderStage, vary.severalBenefits, vary.giftsAtMost],
  },
  "several item benefits of one promotion": {
    options: plain,
    variations: [vary.severalItemBenefits],
  },
  "several item benefits of one promotion, at odd prices": {
    options: odd,
    variations: [vary.severalItemBenefits],
  },
  "two shipments": { options: plain, variations: [vary.twoShipments] },
  "conditions of every shape": { options: plain, variations: [vary.conditions] },
  "conditions in two groups": { options: twoGroups, variations: [vary.conditions] },
  "prices reduced before": { options: plain, variations: [vary.orderStage, vary.listPrices] },
  "tiers and gets of every kind": { options: plain, variations: [vary.richItems] },
  budgets: { options: plain, variations: [vary.budgets] },
  "margin floors": { options: odd, variations: [vary.marginFloors] },
  "goods that cost nothing": { options: plain, variations: [vary.zeroPrices] },
  "other ways of rounding": { options: odd, variations: [vary.otherRounding] },
  "groups and tags that exclude": { options: plain, variations: [vary.excludedGroupsAndTags] },
  codes: { options: plain, variations: [vary.codes] },
  "honoured codes of rich benefits": {
    options: plain,
    variations: [vary.richItems, vary.honouredCodes],
    proven: 0.4,
    disagreed: 0,
  },
  "honoured codes": { options: plain, variations: [vary.honouredCodes], proven: 0.4, disagreed: 0 },
};

function variedInstance(seed: number, { options, variations }: Family): Instance {
  const dice = new Dice(seed + 500_000);
  return variations.reduce((instance, change) => change(dice, instance), randomInstance(seed, options));
}

describe.each(Object.entries(families))("with %s", (_, family) => {
  test(`no plan of ${instances} small carts is cheaper than a proven one`, patience, () => {
    const { faults, proven, disagreed } = heldAgainstAllPlans((seed) => variedInstance(seed, family), {
      instances,
      plans,
      isRounded: true,
    });
    expect(faults).toEqual([]);
    expect(proven).toBeGreaterThan(family.proven ?? 0.5);
    expect(disagreed).toBeLessThanOrEqual(family.disagreed ?? 0.005);
  });
});

/** Rare faults, which need no oracle: many more carts than there is time to try all plans of. */
const manyGifts = sized(1_500, 20_000);

test.each<readonly [string, readonly vary.Variation[]]>([
  ["discounts of the order", [vary.orderStage]],
  ["several item benefits", [vary.severalItemBenefits]],
  ["honoured codes", [vary.orderStage, vary.honouredCodes]],
])(
  `beside the best plan of ${manyGifts} small carts every gift applies that can: %s`,
  patience,
  (_, variations) => {
    const family: Family = { options: plain, variations: [...variations, vary.giftsAtMost] };
    const faults: string[] = [];
    for (let seed = 1; seed <= manyGifts; seed++) {
      const situation = situationFor(variedInstance(seed, family));
      for (const found of [planExactly(situation), planGreedily(situation)])
        for (const fault of faultsOfRewards(situation, found)) faults.push(`${seed}: ${fault}`);
    }
    expect(faults).toEqual([]);
  },
);
