/** Promotions whose worth depends on how much, or how many, they cover together: tiers, and amounts that repeat. */
import { type Machine, noSteps, type Step, takenEarlier, type Unit } from "./machine.ts";

/** What a threshold adds up: a unit's price, or one for each unit. */
export type Measure = (unit: Unit) => number;

export interface Tier {
  readonly from: number;
  gainOn(unit: Unit): number;
  /** Once, however many units. */
  readonly bonus: number;
}

/**
 * The reached tier for everything. Which one it will be is guessed at the first unit; the highest that is reached must
 * apply, so the sum has to stay below the next one, and only beyond the last it need not be kept.
 */
export function tierMachine(
  tiers: readonly Tier[],
  measure: Measure,
  tops: number,
  isByQuantity: boolean,
): Machine {
  const size = tops + 1;
  const room = (tier: number) => (tiers[tier + 1]?.from ?? Number.POSITIVE_INFINITY) - 1;
  const add = (tier: number, sum: number, unit: Unit): number | null => {
    const next = sum + measure(unit);
    if (next > room(tier)) return null;
    return tier === tiers.length - 1 ? Math.min(next, tiers[tier]!.from) : next;
  };
  const step = (next: number, bonus: number, tier: number, unit: Unit): Step =>
    isByQuantity ? { next, gain: bonus, of: tier } : { next, gain: bonus + tiers[tier]!.gainOn(unit) };
  const gains = tiers.map((tier) => (unit: Unit) => tier.gainOn(unit));
  return {
    start: 0,
    // By quantity all units count alike.
    ...(isByQuantity && { gains, name: `tiers, ${size}` }),
    take(state, { unit }) {
      if (state === 0) {
        const steps: Step[] = [];
        tiers.forEach((tier, i) => {
          const sum = add(i, 0, unit);
          if (sum !== null) steps.push(step(1 + i * size + sum, tier.bonus, i, unit));
        });
        return steps;
      }
      const sum = (state - 1) % size;
      const tier = (state - 1 - sum) / size;
      const next = add(tier, sum, unit);
      return next === null ? noSteps : [step(1 + tier * size + next, 0, tier, unit)];
    },
    accepts(state) {
      if (state === 0) return true;
      const sum = (state - 1) % size;
      return sum >= tiers[(state - 1 - sum) / size]!.from;
    },
  };
}

/** Each slice of the sum at its tier: what the covered goods bring is a function of their sum alone. */
export function slicedMachine(worthOf: (sum: number) => number, measure: Measure): Machine {
  return {
    start: 0,
    take(state, { unit }) {
      const next = state + measure(unit);
      return [{ next, gain: worthOf(next) - worthOf(state) }];
    },
    accepts: (state) => state === 0 || worthOf(state) > 0,
  };
}

/** Each unit at the tier of its number, dearest first; those before the first tier are counted only. */
export function ladderMachine(tiers: readonly Tier[]): Machine {
  const first = Math.max(1, tiers[0]!.from);
  const last = Math.max(1, tiers.at(-1)!.from);
  return {
    start: 0,
    gains: tiers.map((tier) => (unit: Unit) => tier.gainOn(unit)),
    name: "ladder",
    take(state) {
      const number = state + 1;
      if (number < first) return noSteps;
      const tier = tiers.findLastIndex(({ from }) => Math.max(1, from) <= number);
      return [{ next: Math.min(number, last - 1), gain: 0, of: tier }];
    },
    leave: (state, _place, fate) => (fate === takenEarlier || state + 1 >= first ? state : state + 1),
    accepts: () => true,
    countsWhatIsLeft: true,
  };
}

/** An amount for every so much, at most so often. The sum is kept up to the next threshold only, unless the times are limited. */
export function everyMachine(
  amount: number,
  every: number,
  maxTimes: number,
  possible: number,
  measure: Measure,
): Machine {
  const isLimited = possible > maxTimes;
  const most = every * maxTimes;
  // Twice the sum, and one more once a threshold was reached: below the first, nobody may keep units for nothing.
  return {
    start: 0,
    take(state, { unit }) {
      const reached = state % 2;
      const before = (state - reached) / 2;
      const sum = before + measure(unit);
      const times = Math.floor(Math.min(sum, most) / every) - Math.floor(before / every);
      const after = isLimited ? Math.min(sum, most) : sum % every;
      return [{ next: after * 2 + (times > 0 ? 1 : reached), gain: times * amount }];
    },
    accepts: (state) => state === 0 || state % 2 === 1,
  };
}
