/** Tiers as offers: the reached tier for everything, or each slice at its own. */
import { capOf, type TierFields } from "./benefit-fields.ts";
import { grain, rateOf } from "./grain.ts";
import type { Unit } from "./machine.ts";
import {
  areWhole,
  type Covered,
  gainOf,
  hasFloors,
  lump,
  machineShape,
  roomOf,
  type Shape,
  sumOf,
} from "./shape.ts";
import { ladderMachine, slicedMachine, type Tier, tierMachine } from "./sum-machines.ts";

export function tiered(covered: Covered): Shape {
  const { fields, currency } = covered;
  const byAmount = fields.by === "amount";
  const isSliced = fields.mode === "graduated";
  const tiers = fields.tiers.map((tier) => tierOf(tier, covered));
  const isUnderstood = fields.tiers.every(
    ({ benefit }) => benefit.maxAmount === undefined && !(isSliced && !byAmount && isOnce(benefit)),
  );
  // A unit that a tier gives nothing is counted without being touched, which no automaton here remembers.
  const isEachTouched = tiers.every(
    (tier) => tier.bonus > 0 || covered.units.every(({ unit }) => tier.gainOn(unit) > 0),
  );
  const most = sumOf(covered, roomOf);
  if (!isUnderstood || (!byAmount && covered.freeUnits > 0)) return lump(covered);
  const measure = byAmount ? (unit: Unit) => unit.price : () => 1;
  const isWhole = fields.tiers.every(
    ({ benefit }, i) => benefit.kind !== "percent_off" || (!isSliced && areWhole(covered, tiers[i]!.gainOn)),
  );
  if (isSliced && byAmount) {
    const worthOf = slicedWorth(fields.tiers, currency);
    return machineShape(covered, () => slicedMachine(worthOf, measure), {
      isWhole: false,
      most: Math.min(most, worthOf(sumOf(covered, (unit) => unit.price))),
      isExact: !hasFloors(covered),
    });
  }
  if (!isEachTouched) return lump(covered);
  if (isSliced) return machineShape(covered, () => ladderMachine(tiers), { isWhole, most });
  const tops = sumOf(covered, measure);
  return machineShape(covered, () => tierMachine(tiers, measure, tops, !byAmount), {
    isWhole,
    most,
    isExact: tiers.every(
      ({ bonus, from }) => bonus === 0 || (!hasFloors(covered) && bonus <= (byAmount ? from * grain : 0)),
    ),
  });
}

const isOnce = (benefit: TierFields["benefit"]): boolean =>
  benefit.kind === "amount_off" && benefit.per !== "unit";

export function fromOf({ from }: TierFields, currency: string): number {
  return typeof from === "number" ? from : from[currency]!;
}

function tierOf(tier: TierFields, { currency }: Covered): Tier {
  const { benefit } = tier;
  const from = fromOf(tier, currency);
  if (isOnce(benefit)) return { from, gainOn: () => 0, bonus: benefit.amount[currency]! * grain };
  return { from, gainOn: gainOf(benefit, currency), bonus: 0 };
}

/** What a sum brings when each slice of it is at its tier. */
export function slicedWorth(tiers: readonly TierFields[], currency: string): (sum: number) => number {
  return (sum) => {
    let worth = 0;
    tiers.forEach((tier, i) => {
      const from = fromOf(tier, currency);
      const next = tiers[i + 1];
      const slice = Math.min(sum, next === undefined ? sum : fromOf(next, currency)) - from;
      if (slice <= 0) return;
      const { benefit } = tier;
      const most =
        benefit.kind !== "percent_off"
          ? Math.min(slice, benefit.amount[currency]!) * grain
          : slice * rateOf(benefit.percent);
      worth += Math.min(most, capOf(benefit, currency));
    });
    return worth;
  };
}
