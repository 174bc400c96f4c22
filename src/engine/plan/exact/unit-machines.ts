/** Promotions that take each unit on its own account, but not any number of them, or not any amount. */
import { grain } from "./grain.ts";
import { idle, type Machine, noSteps, type Place, type Unit } from "./machine.ts";

export interface PerUnit {
  /** What the promotion takes off the unit, in millionths. */
  gainOn(unit: Unit): number;
  /** At most so many units; infinite: any number. */
  readonly maxUnits: number;
  /** At most so much in all, in millionths; infinite: any amount. */
  readonly cap: number;
  /** Binds the search where `maxUnits` is set: no unit may lie idle that goes before one that was taken. */
  readonly pick: "cheapest" | "dearest" | null;
  /** Where `gainOn` is zero the unit is not touched and counts for nothing. */
  readonly step: number;
}

/** Whether the pick has been decided. Dearest first: `passed` an idle unit. Cheapest first: `got` one already. `now`: at this very price. */
const open = 0;
const now = 1;
const decided = 2;

/**
 * The state holds how many units were taken, how much was taken off (in multiples of `step`, which only a hopelessly
 * large automaton has above one: rounding down then, so that the bound stays one), and the pick.
 */
export function perUnitMachine({ gainOn, maxUnits, cap, pick, step }: PerUnit): Machine {
  const counts = Number.isFinite(maxUnits) ? maxUnits + 1 : 1;
  const isCapped = Number.isFinite(cap);
  const encode = (amount: number, count: number, flag: number) => (amount * counts + count) * 3 + flag;
  const roll = (flag: number, place: Place) => (flag === now && place.isLastOfPrice ? decided : flag);
  return {
    start: 0,
    take(state, place) {
      const flag = state % 3;
      const rest = (state - flag) / 3;
      const count = rest % counts;
      const amount = ((rest - count) / counts) * step;
      const full = gainOn(place.unit);
      const gain = Math.max(0, Math.min(full, cap - amount));
      // Once the cap is reached further units are still used up, for nothing.
      if (full <= 0 || (counts > 1 && count === counts - 1)) return noSteps;
      if (pick === "dearest" && flag === decided) return noSteps;
      const after = roll(pick === "cheapest" && flag === open ? now : flag, place);
      const sum = isCapped ? Math.min(Math.floor(cap / step), Math.floor((amount + gain) / step)) : 0;
      return [{ next: encode(sum, counts > 1 ? count + 1 : 0, after), gain }];
    },
    ...(pick !== null && {
      leave(state, place, fate) {
        const flag = state % 3;
        if (gainOn(place.unit) <= 0) return state - flag + roll(flag, place);
        if (pick === "cheapest" && flag === decided && fate === idle) return -1;
        const after = pick === "dearest" && fate === idle && flag === open ? now : flag;
        return state - flag + roll(after, place);
      },
    }),
    accepts: () => true,
  };
}

/** An amount off each line: the units of a line stand together, so only the line at hand need be remembered. */
export function perLineMachine(amount: number): Machine {
  return {
    start: 0,
    take(state, { unit, isFirstOfLine }) {
      const given = isFirstOfLine ? 0 : state;
      const gain = Math.min(unit.room * grain, amount - given);
      return [{ next: given + gain, gain }];
    },
    leave: (state, { isFirstOfLine }) => (isFirstOfLine ? 0 : state),
    accepts: () => true,
  };
}
