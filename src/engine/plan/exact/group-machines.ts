/** Promotions that count units off in groups of equal size. */
import { type Machine, noSteps, type Place, takenEarlier, type Unit } from "./machine.ts";

/** How often at most, where that can bind; else the count need not be kept. */
function timesKept(possible: number, maxTimes: number): number {
  return possible > maxTimes ? maxTimes : 0;
}

export interface Groups {
  readonly size: number;
  /** Is the unit with this number in its group, dearest first, one that is reduced? */
  isRewarded(position: number): boolean;
  gainOn(unit: Unit): number;
  /** Counted with the first and with the last unit of each group. */
  readonly onOpening: number;
  readonly onCompletion: number;
  readonly maxTimes: number;
  /** Units covered. */
  readonly units: number;
  /** Some group costs less than what is counted with its first unit. */
  readonly mayLose: boolean;
}

/** Buy X get Y of the same goods, or any n for an amount off: what is taken is cut into groups, dearest first. */
export function groupMachine({
  size,
  isRewarded,
  gainOn,
  onOpening,
  onCompletion,
  maxTimes,
  units,
  mayLose,
}: Groups): Machine {
  const kept = timesKept(Math.floor(units / size), maxTimes);
  return {
    start: 0,
    gains: [gainOn],
    name: `groups, ${kept}`,
    isOneByOne: true,
    mayLose,
    take(state) {
      const position = state % size;
      const times = (state - position) / size;
      if (kept > 0 && times === kept) return noSteps;
      const isLast = position + 1 === size;
      const next = isLast ? (kept > 0 ? times + 1 : 0) * size : state + 1;
      const gain = (position === 0 ? onOpening : 0) + (isLast ? onCompletion : 0);
      return [isRewarded(position) ? { next, gain, of: 0 } : { next, gain }];
    },
    accepts: (state) => state % size === 0,
  };
}

/**
 * Every n-th unit: only the reduced one is touched. The others are merely counted and stay free for promotions that come
 * later in the arithmetic; one that an earlier promotion has taken is not there to be counted.
 */
export function nthMachine(
  n: number,
  gainOn: (unit: Unit) => number,
  maxTimes: number,
  units: number,
): Machine {
  const kept = timesKept(Math.floor(units / n), maxTimes);
  return {
    start: 0,
    gains: [gainOn],
    name: `nth, ${kept}`,
    take(state) {
      const counted = state % n;
      const times = (state - counted) / n;
      if (counted < n - 1 || (kept > 0 && times === kept)) return noSteps;
      return [{ next: (kept > 0 ? times + 1 : 0) * n, gain: 0, of: 0 }];
    },
    // Having counted more is never worse, so whatever can be counted is.
    leave: (state, _place: Place, fate) => (fate === takenEarlier || state % n === n - 1 ? state : state + 1),
    accepts: () => true,
    countsWhatIsLeft: true,
  };
}
