/**
 * Where a discount falls that the units of a group share, and whether a group brings anything at all. It matters where plans are
 * sought that bring no more than so much:
 *
 * A bundle that would cost more than its parts is not applied, although that would bring less.
 *
 * And when only some goods are of interest, of which so much must be left, what a group brings is shared in proportion to the
 * prices of its units. What counts is never more than what falls there, but for rounding.
 *
 * An automaton that fills one group after the other need only remember the group at hand. One that has several open at once
 * remembers all units it has taken, and sees what groups they form when it has taken its last.
 */
import type { FormedGroup, FormGroups } from "./formed-groups.ts";
import { type Machine, noSteps, type Place, type Step, type Unit } from "./machine.ts";
import type { MachineOffer, Offer } from "./offer.ts";

/** Units of a line. */
export type QuantityOf = (line: number) => number;

/** More sets of units than this are not told apart. */
const maxHeaps = 2_000;

/** Null: what it brings lies on the units themselves, or on these lines alone, or on none of them. */
export function sharedOffer(
  offer: Offer,
  lines: ReadonlySet<number>,
  quantityOf: QuantityOf,
): MachineOffer | null {
  if (offer.type !== "machine" || !isShared(offer, lines)) return null;
  const { formGroups } = offer;
  const covered = [...new Set(offer.slots.flat())];
  /** By line: what one unit of it adds to the number of a heap. */
  const weights = new Map<number, number>();
  let heaps = 1;
  for (const line of covered) {
    weights.set(line, heaps);
    heaps *= quantityOf(line) + 1;
  }
  return {
    ...offer,
    templates: new Map(),
    machine(scale) {
      const machine = offer.machine(1);
      // Too many states: then it is not known what counts.
      if (machine === null || scale > 1) return machine;
      if (machine.isOneByOne) return groupByGroup(machine, lines);
      return formGroups === null || heaps > maxHeaps
        ? machine
        : allTogether(machine, formGroups, lines, weights);
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
      return machine === null || !machine.isOneByOne ? machine : groupByGroup(machine, null);
    },
  };
}

/** Some of what it brings falls on these lines, and some may fall on others. */
export function isShared({ isLocal, slots }: Offer, lines: ReadonlySet<number>): boolean {
  if (isLocal) return false;
  const covered = slots.flat();
  return covered.some((line) => lines.has(line)) && covered.some((line) => !lines.has(line));
}

/** What a group brings, what its units cost, and those among them that are of interest. */
interface Sums {
  readonly gain: number;
  readonly worth: number;
  readonly inside: number;
}

interface State extends Sums {
  readonly inner: number;
}

function groupByGroup(machine: Machine, lines: ReadonlySet<number> | null): Machine {
  const { leave, gains } = machine;
  const states: State[] = [];
  /** By a sum that few states share. */
  const ids = new Map<number, number[]>();
  const idOf = (state: State): number => {
    const sum = state.gain + state.worth * 7_919 + state.inside * 104_729 + state.inner;
    const alike = ids.get(sum) ?? [];
    if (alike.length === 0) ids.set(sum, alike);
    for (const id of alike) {
      const { inner, worth, inside } = states[id]!;
      if (inner === state.inner && worth === state.worth && inside === state.inside) return id;
    }
    const id = states.push(state) - 1;
    alike.push(id);
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
function shareInside({ gain, worth, inside }: Sums): number {
  if (inside === 0) return 0;
  return inside === worth ? gain : Math.max(0, Math.floor(gain * (inside / worth)) - 1);
}

/** A state: that of the machine within, and the units taken so far. Null: it has taken its last, and they have been counted. */
interface Heap {
  readonly inner: number;
  readonly taken: readonly Place[] | null;
  /** The number of what is taken: of each line so many. */
  readonly number: number;
}

const alreadyCounted = -1;

function allTogether(
  machine: Machine,
  formGroups: FormGroups,
  lines: ReadonlySet<number>,
  weights: ReadonlyMap<number, number>,
): Machine {
  const { leave, gains } = machine;
  const heaps: Heap[] = [];
  const ids = new Map<number, Map<number, number>>();
  const idOf = (heap: Heap): number => {
    const alike = ids.get(heap.number) ?? new Map<number, number>();
    if (alike.size === 0) ids.set(heap.number, alike);
    let id = alike.get(heap.inner);
    if (id === undefined) {
      id = heaps.push(heap) - 1;
      alike.set(heap.inner, id);
    }
    return id;
  };
  /** By the number of what is taken; null: that makes no groups. */
  const known = new Map<number, number | null>();
  const countedIn = (number: number, taken: readonly Place[]): number | null => {
    let counted = known.get(number);
    if (counted === undefined) {
      const groups = formGroups(taken);
      counted = groups === null ? null : countedOf(groups, lines);
      known.set(number, counted);
    }
    return counted;
  };
  const start = idOf({ inner: machine.start, taken: [], number: 0 });
  return {
    start,
    take(id, place) {
      const heap = heaps[id]!;
      if (heap.taken === null) return noSteps;
      const taken = [...heap.taken, place];
      const number = heap.number + weights.get(place.unit.line)!;
      const steps: Step[] = [];
      for (const { next, gain, of } of machine.take(heap.inner, place)) {
        const brought = gain + (of === undefined ? 0 : gains![of]!(place.unit));
        steps.push({ next: idOf({ inner: next, taken, number }), gain: brought, counted: 0 });
        const counted = machine.accepts(next) ? countedIn(number, taken) : null;
        if (counted !== null) {
          const done = idOf({ inner: next, taken: null, number: alreadyCounted });
          steps.push({ next: done, gain: brought, counted });
        }
      }
      return steps;
    },
    ...(leave !== undefined && {
      leave(id: number, place: Place, fate: 0 | 1 | 2) {
        const heap = heaps[id]!;
        const inner = leave(heap.inner, place, fate);
        return inner === -1 ? -1 : idOf({ ...heap, inner });
      },
    }),
    accepts(id) {
      const { inner, taken } = heaps[id]!;
      return machine.accepts(inner) && (taken === null || taken.length === 0);
    },
  };
}

/** What of all groups falls on the lines. */
function countedOf(groups: readonly FormedGroup[], lines: ReadonlySet<number>): number {
  const isInside = ({ line }: Unit) => lines.has(line);
  return sum(groups, ({ units, gain }) =>
    shareInside({
      gain,
      worth: sum(units, ({ price }) => price),
      inside: sum(units.filter(isInside), ({ price }) => price),
    }),
  );
}

function sum<Value>(values: readonly Value[], of: (value: Value) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
