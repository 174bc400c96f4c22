/**
 * Promotions that put units of several selectors together: bundles, and buying these to get those.
 *
 * The state holds how many units of each component are taken beyond the complete sets: units are read in order of price, so
 * the components of a set do not come together, and several sets may be open at once.
 */
import { grain } from "./grain.ts";
import { idle, type Machine, noSteps, type Place, type Step, type Unit } from "./machine.ts";

export interface SetSlot {
  readonly quantity: number;
  /** Units covered. */
  readonly units: number;
  gainOn(unit: Unit): number;
  /** Its units are picked cheapest or dearest first, and no preferred one may lie idle; null: the search may choose. */
  readonly pick: "cheapest" | "dearest" | null;
}

export interface Sets {
  readonly slots: readonly SetSlot[];
  readonly maxTimes: number;
  /**
   * The slots as they choose, set after set, where all choose the dearest unit left to them: then it is settled which slot
   * gets a unit. Null: the search may try every slot that covers it.
   */
  readonly draft: readonly number[] | null;
  /** Counted when a set is opened, and when it is complete. */
  readonly onOpening: number;
  readonly onCompletion: number;
}

const open = 0;
const now = 1;
const decided = 2;

/** Null: more states than a number can hold. */
export function setMachine({ slots, maxTimes, draft, onOpening, onCompletion }: Sets): Machine | null {
  const possible = Math.min(...slots.map(({ units, quantity }) => Math.floor(units / quantity)));
  const most = Math.min(possible, maxTimes);
  const isLimited = possible > maxTimes;
  const radices = slots.map(({ quantity }) => quantity * most + 1);
  const size = radices.reduce((product, radix) => product * radix, 3 * (isLimited ? most + 1 : 1));
  if (size > 2 ** 50) return null;
  const picking = slots.findIndex(({ pick }) => pick !== null);
  const pick = picking === -1 ? null : slots[picking]!.pick;

  const decode = (state: number): { flag: number; used: number; counts: number[] } => {
    const flag = state % 3;
    let rest = (state - flag) / 3;
    const used = isLimited ? rest % (most + 1) : 0;
    if (isLimited) rest = (rest - used) / (most + 1);
    const counts = radices.map((radix) => {
      const count = rest % radix;
      rest = (rest - count) / radix;
      return count;
    });
    return { flag, used, counts };
  };
  const encode = (flag: number, used: number, counts: readonly number[]): number => {
    let state = 0;
    for (let i = counts.length - 1; i >= 0; i--) state = state * radices[i]! + counts[i]!;
    if (isLimited) state = state * (most + 1) + used;
    return state * 3 + flag;
  };
  const opened = (counts: readonly number[]): number =>
    counts.reduce((sets, count, i) => Math.max(sets, Math.ceil(count / slots[i]!.quantity)), 0);
  const roll = (flag: number, place: Place) => (flag === now && place.isLastOfPrice ? decided : flag);

  const takeAs = (slot: number, state: ReturnType<typeof decode>, place: Place): Step | null => {
    const counts = [...state.counts];
    const before = opened(counts);
    counts[slot]!++;
    const after = opened(counts);
    if (state.used + after > most) return null;
    const complete = Math.min(...counts.map((count, i) => Math.floor(count / slots[i]!.quantity)));
    if (complete > 0)
      slots.forEach(({ quantity }, i) => {
        counts[i]! -= complete * quantity;
      });
    const gain = slots[slot]!.gainOn(place.unit) + (after > before ? onOpening : 0) + complete * onCompletion;
    let flag = state.flag;
    if (slot === picking && pick === "dearest" && flag === decided) return null;
    if (slot === picking && pick === "cheapest" && flag === open) flag = now;
    return { next: encode(roll(flag, place), isLimited ? state.used + complete : 0, counts), gain };
  };

  /**
   * Units come dearest first, and every slot wants the dearest. So a unit goes to the slot that covers it and chooses next:
   * the one with the fewest sets begun, and of those the first in the draft.
   */
  const nextInDraft = (order: readonly number[], counts: readonly number[], place: Place): number => {
    let next = -1;
    let fewest = Number.POSITIVE_INFINITY;
    for (const slot of order) {
      if ((place.slots & (1 << slot)) === 0) continue;
      const sets = Math.floor(counts[slot]! / slots[slot]!.quantity);
      if (sets < fewest) {
        fewest = sets;
        next = slot;
      }
    }
    return next;
  };

  return {
    start: 0,
    take(state, place) {
      if (most === 0) return noSteps;
      const decoded = decode(state);
      const steps: Step[] = [];
      const next = draft === null ? null : nextInDraft(draft, decoded.counts, place);
      for (let slot = 0; slot < slots.length; slot++) {
        if ((place.slots & (1 << slot)) === 0 || (next !== null && slot !== next)) continue;
        const step = takeAs(slot, decoded, place);
        if (step !== null) steps.push(step);
      }
      return steps;
    },
    ...(pick !== null && {
      leave(state, place, fate) {
        const flag = state % 3;
        const isMeant = (place.slots & (1 << picking)) !== 0;
        if (isMeant && pick === "cheapest" && flag === decided && fate === idle) return -1;
        const after = isMeant && pick === "dearest" && fate === idle && flag === open ? now : flag;
        return state - flag + roll(after, place);
      },
    }),
    accepts: (state) => decode(state).counts.every((count) => count === 0),
  };
}

/** A share of the whole price of a unit, in millionths. */
export function wholePrice(unit: Unit): number {
  return unit.price * grain;
}
