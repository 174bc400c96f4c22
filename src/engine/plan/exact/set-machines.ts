/**
 * Promotions that put units of several selectors together.
 *
 * The state holds how many units of each component are taken beyond the complete sets: units are read in order of price, so
 * the components of a set do not come together, and several sets may be open at once.
 */
import { grain } from "./grain.ts";
import { type Machine, noSteps, type Place, type Unit } from "./machine.ts";

export interface SetSlot {
  readonly quantity: number;
  /** Units covered. */
  readonly units: number;
}

export interface Sets {
  readonly slots: readonly SetSlot[];
  readonly maxTimes: number;
  gainOn(unit: Unit): number;
  /** Counted when a set is opened, and when it is complete. */
  readonly onOpening: number;
  readonly onCompletion: number;
  /** Some set costs less than what is counted when it is opened. */
  readonly mayLose: boolean;
}

/** Null: more states than a number can hold. */
export function setMachine({
  slots,
  maxTimes,
  gainOn,
  onOpening,
  onCompletion,
  mayLose,
}: Sets): Machine | null {
  const possible = Math.min(...slots.map(({ units, quantity }) => Math.floor(units / quantity)));
  const most = Math.min(possible, maxTimes);
  const isLimited = possible > maxTimes;
  const radices = slots.map(({ quantity }) => quantity * most + 1);
  const size = radices.reduce((product, radix) => product * radix, isLimited ? most + 1 : 1);
  if (size > 2 ** 50) return null;

  const decode = (state: number): { used: number; counts: number[] } => {
    const used = isLimited ? state % (most + 1) : 0;
    let rest = isLimited ? (state - used) / (most + 1) : state;
    const counts = radices.map((radix) => {
      const count = rest % radix;
      rest = (rest - count) / radix;
      return count;
    });
    return { used, counts };
  };
  const encode = (used: number, counts: readonly number[]): number => {
    let state = 0;
    for (let i = counts.length - 1; i >= 0; i--) state = state * radices[i]! + counts[i]!;
    return isLimited ? state * (most + 1) + used : state;
  };
  const opened = (counts: readonly number[]): number =>
    counts.reduce((sets, count, i) => Math.max(sets, Math.ceil(count / slots[i]!.quantity)), 0);

  /**
   * Units come dearest first, and set after set every component chooses the dearest left to it. So a unit goes to the component
   * that covers it and chooses next: the one with the fewest sets begun, and of those the first in the document.
   */
  const nextToChoose = (counts: readonly number[], place: Place): number => {
    let next = -1;
    let fewest = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < slots.length; slot++) {
      const sets = Math.floor(counts[slot]! / slots[slot]!.quantity);
      if ((place.slots & (1 << slot)) === 0 || sets >= fewest) continue;
      fewest = sets;
      next = slot;
    }
    return next;
  };

  return {
    start: 0,
    gains: [gainOn],
    name: `sets, ${most}, ${isLimited}`,
    isOneByOne: most === 1,
    mayLose,
    take(state, place) {
      const { used, counts } = decode(state);
      const before = opened(counts);
      counts[nextToChoose(counts, place)]!++;
      const after = opened(counts);
      if (used + after > most) return noSteps;
      const complete = Math.min(...counts.map((count, i) => Math.floor(count / slots[i]!.quantity)));
      if (complete > 0)
        slots.forEach(({ quantity }, i) => {
          counts[i]! -= complete * quantity;
        });
      const gain = (after > before ? onOpening : 0) + complete * onCompletion;
      return [{ next: encode(used + complete, counts), gain, of: 0 }];
    },
    accepts: (state) => decode(state).counts.every((count) => count === 0),
  };
}

/** All of a unit's price, in millionths. */
export function wholePrice(unit: Unit): number {
  return unit.price * grain;
}
