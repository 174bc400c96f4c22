/**
 * Which groups the units form that a promotion was left: what an automaton that fills several groups at once does not remember,
 * and what decides on which units a discount shared by a group falls.
 */
import type { Place, Unit } from "./machine.ts";

export interface FormedGroup {
  readonly units: readonly Unit[];
  /** What it brings, in millionths. */
  readonly gain: number;
}

/** `left`: dearest first. Null: some of these units serve no group that brings anything. */
export type FormGroups = (left: readonly Place[]) => readonly FormedGroup[] | null;

/** A part of every group: units of one selector. `isCheapestFirst`: they are chosen from the other end. */
interface GroupPart {
  readonly slot: number;
  readonly quantity: number;
  readonly isCheapestFirst?: boolean;
}

/** Group after group, every part in turn chooses of what is left. */
export function groupsOf(
  parts: readonly GroupPart[],
  gainOf: (chosen: readonly (readonly Unit[])[]) => number,
): FormGroups {
  return (left) => {
    const places = [...left];
    const groups: FormedGroup[] = [];
    while (places.length > 0) {
      const chosen: Unit[][] = [];
      for (const part of parts) {
        const units = choose(places, part);
        if (units === null) return null;
        chosen.push(units);
      }
      const gain = gainOf(chosen);
      if (gain <= 0) return null;
      groups.push({ units: chosen.flat(), gain });
    }
    return groups;
  };
}

/** Takes them out of `places`. */
function choose(places: Place[], { slot, quantity, isCheapestFirst = false }: GroupPart): Unit[] | null {
  const units: Unit[] = [];
  while (units.length < quantity) {
    let next = -1;
    for (let i = 0; i < places.length; i++) {
      const { unit, slots } = places[i]!;
      if ((slots & (1 << slot)) === 0) continue;
      // Of equal prices the first line goes first, from whichever end.
      if (next === -1 || (isCheapestFirst && unit.price < places[next]!.unit.price)) next = i;
    }
    if (next === -1) return null;
    units.push(places.splice(next, 1)[0]!.unit);
  }
  return units;
}
