/**
 * What each group of units brings by itself, which an automaton that fills one group after the other knows as soon as the group
 * is complete, if it remembers what the group costs. It matters where plans are sought that bring no more than so much:
 *
 * A bundle that would cost more than its parts is not applied, although that would bring less.
 *
 * And where a discount falls, when only some goods are of interest, of which so much must be left: what a group brings is shared
 * in proportion to the prices of its units. What counts is never more than what falls there, but for rounding.
 */
import type { Machine, Place, Step } from "./machine.ts";
import type { MachineOffer, Offer } from "./offer.ts";

/** Null: what it brings lies on the units themselves, or on these lines alone, or on none of them; or nobody can tell. */
export function sharedOffer(offer: Offer, lines: ReadonlySet<number>): MachineOffer | null {
  if (offer.type !== "machine" || !isShared(offer, lines)) return null;
  return {
    ...offer,
    templates: new Map(),
    machine(scale) {
      const machine = scale > 1 ? null : offer.machine(scale);
      return machine === null || !machine.isOneByOne ? machine : byGroup(machine, lines);
    },
  };
}

/** Without groups that bring less than nothing, as far as these are filled one after the other. */
export function losslessOffer(offer: Offer): Offer {
  if (offer.type !== "machine" || !(offer.machine(1)?.mayLose ?? false)) return offer;
  return {
    ...offer,
    templates: new Map(),
    machine(scale) {
      const machine = offer.machine(scale);
      return machine === null || !machine.isOneByOne ? machine : byGroup(machine, null);
    },
  };
}

/** Some of what it brings falls on these lines, and some may fall on others. */
export function isShared({ isLocal, slots }: Offer, lines: ReadonlySet<number>): boolean {
  if (isLocal) return false;
  const covered = slots.flat();
  return covered.some((line) => lines.has(line)) && covered.some((line) => !lines.has(line));
}

interface State {
  readonly inner: number;
  /** Of the group at hand: what it brings, what its units cost, and those among them that are of interest. */
  readonly gain: number;
  readonly worth: number;
  readonly inside: number;
}

function byGroup(machine: Machine, lines: ReadonlySet<number> | null): Machine {
  const { leave, gains } = machine;
  const states: State[] = [];
  const ids = new Map<string, number>();
  const idOf = (state: State): number => {
    const name = `${state.inner} ${state.gain} ${state.worth} ${state.inside}`;
    let id = ids.get(name);
    if (id === undefined) {
      id = states.push(state) - 1;
      ids.set(name, id);
    }
    return id;
  };
  const start = idOf({ inner: machine.start, gain: 0, worth: 0, inside: 0 });
  return {
    start,
    ...(machine.countsWhatIsLeft && { countsWhatIsLeft: true }),
    take(id, place) {
      const state = states[id]!;
      const { line, price } = place.unit;
      const steps: Step[] = [];
      for (const { next, gain, of } of machine.take(state.inner, place)) {
        const brought = gain + (of === undefined ? 0 : gains![of]!(place.unit));
        const group = {
          inner: next,
          gain: state.gain + brought,
          worth: lines === null ? 0 : state.worth + price,
          inside: lines?.has(line) ? state.inside + price : state.inside,
        };
        const counts = lines !== null;
        if (!machine.accepts(next))
          steps.push({ next: idOf(group), gain: brought, ...(counts && { counted: 0 }) });
        else if (group.gain > 0) {
          const done = idOf({ inner: next, gain: 0, worth: 0, inside: 0 });
          steps.push({ next: done, gain: brought, ...(counts && { counted: shareInside(group) }) });
        }
      }
      return steps;
    },
    ...(leave !== undefined && {
      leave(id: number, place: Place, fate: 0 | 1 | 2) {
        const state = states[id]!;
        const inner = leave(state.inner, place, fate);
        return inner === -1 ? -1 : idOf({ ...state, inner });
      },
    }),
    accepts: (id) => machine.accepts(states[id]!.inner),
  };
}

/** Rounded down: products pass 2^53, and a millionth less is no harm. */
function shareInside({ gain, worth, inside }: State): number {
  if (inside === 0) return 0;
  return inside === worth ? gain : Math.max(0, Math.floor(gain * (inside / worth)) - 1);
}
