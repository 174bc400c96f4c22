/**
 * A promotion that uses units up in groups, as a small automaton: it reads the units it covers, dearest first, and takes or
 * leaves each. A path through it is one way to apply the promotion, so nothing ever enumerates sets of units: any six of
 * sixty units are fifty million sets, and six states.
 */

/** One piece of a canonical line. The planner tells equal units apart by their place only. */
export interface Unit {
  readonly line: number;
  readonly price: number;
  /** What may be taken off it: the price less the floor. */
  readonly room: number;
}

/** A unit as one automaton meets it. */
export interface Place {
  readonly unit: Unit;
  /** Which of the promotion's selectors cover it, as bits. */
  readonly slots: number;
  readonly isFirstOfLine: boolean;
  /** The next unit the automaton meets is strictly cheaper, or there is none. */
  readonly isLastOfPrice: boolean;
}

/** Who has a unit that the automaton does not take: nobody, or a promotion that comes earlier or later in the arithmetic. */
export type Fate = 0 | 1 | 2;
export const idle: Fate = 0;
export const takenEarlier: Fate = 1;
export const takenLater: Fate = 2;

export interface Step {
  readonly next: number;
  /** Millionths of a minor unit. */
  readonly gain: number;
}

/** States are any safe integers; `compile` numbers those that can be reached. */
export interface Machine {
  readonly start: number;
  take(state: number, place: Place): readonly Step[];
  /** The state after a unit was left; -1: it may not be left like this. Absent: leaving a unit changes nothing. */
  leave?(state: number, place: Place, fate: Fate): number;
  accepts(state: number): boolean;
  /** A unit whose leaving changes the state is counted, so the promotion must be allowed to see it. */
  readonly countsWhatIsLeft?: true;
}

export const noSteps: readonly Step[] = [];

/** Beyond this an automaton is too large to be worth building; the promotion is then bounded more coarsely. */
const maxRows = 24_000;

/** The machine as tables. A row is a state reachable at a place; rows of one place lie together. */
export class Automaton {
  readonly states: number;
  readonly start: number;
  /** By place: the unit's number in the component. */
  readonly units: Int32Array;
  /** By place, and one more: where its rows begin. */
  readonly rowsFrom: Int32Array;
  readonly rowState: Int32Array;
  /** By row, and one more: where its steps begin. */
  readonly stepsFrom: Int32Array;
  readonly stepNext: Int32Array;
  readonly stepGain: Float64Array;
  /** By place × state: the first step; for those who know the state. */
  readonly rowOf: Int32Array;
  /** By fate, then row: the state after leaving; null where leaving changes nothing. */
  readonly leaves: readonly [Int32Array, Int32Array, Int32Array] | null;
  readonly countsWhatIsLeft: boolean;
  readonly accepting: Uint8Array;
  /** By place × state: the most this promotion alone can still bring when a unit costs its multiplier. */
  readonly completion: Float64Array;

  constructor(places: readonly number[], table: Table) {
    const { rows, names, machine } = table;
    this.states = names.length;
    this.start = 0;
    this.units = Int32Array.from(places);
    this.rowsFrom = new Int32Array(places.length + 1);
    const rowCount = rows.reduce((sum, ofPlace) => sum + ofPlace.length, 0);
    this.rowState = new Int32Array(rowCount);
    this.stepsFrom = new Int32Array(rowCount + 1);
    this.rowOf = new Int32Array(places.length * this.states).fill(-1);
    const next: number[] = [];
    const gain: number[] = [];
    const leaves = [new Int32Array(rowCount), new Int32Array(rowCount), new Int32Array(rowCount)] as const;
    let row = 0;
    rows.forEach((ofPlace, place) => {
      this.rowsFrom[place] = row;
      for (const { state, steps, left } of ofPlace) {
        this.rowState[row] = state;
        this.rowOf[place * this.states + state] = row;
        this.stepsFrom[row] = next.length;
        for (const step of steps) {
          next.push(step.next);
          gain.push(step.gain);
        }
        for (let fate = 0; fate < 3; fate++) leaves[fate]![row] = left[fate]!;
        row++;
      }
    });
    this.rowsFrom[places.length] = row;
    this.stepsFrom[row] = next.length;
    this.stepNext = Int32Array.from(next);
    this.stepGain = Float64Array.from(gain);
    this.leaves = machine.leave === undefined ? null : leaves;
    this.countsWhatIsLeft = machine.countsWhatIsLeft ?? false;
    this.accepting = Uint8Array.from(names, (name) => (machine.accepts(name) ? 1 : 0));
    this.completion = new Float64Array((places.length + 1) * this.states);
  }
}

interface Row {
  readonly state: number;
  readonly steps: readonly Step[];
  readonly left: readonly number[];
}
interface Table {
  readonly machine: Machine;
  readonly names: readonly number[];
  readonly rows: readonly (readonly Row[])[];
}

/** `units`: numbers of the covered units in the component, dearest first. Null: too many states. */
export function compile(
  machine: Machine,
  places: readonly Place[],
  units: readonly number[],
): Automaton | null {
  const ids = new Map<number, number>([[machine.start, 0]]);
  const names = [machine.start];
  const idOf = (state: number): number => {
    let id = ids.get(state);
    if (id === undefined) {
      id = names.length;
      ids.set(state, id);
      names.push(state);
    }
    return id;
  };
  const rows: Row[][] = [];
  let reached = new Set([0]);
  let size = 0;
  for (const place of places) {
    const after = new Set<number>();
    const ofPlace: Row[] = [];
    for (const state of reached) {
      const steps = machine
        .take(names[state]!, place)
        .map(({ next, gain }): Step => ({ next: idOf(next), gain }));
      const left = [state, state, state];
      if (machine.leave !== undefined) {
        for (let fate = 0; fate < 3; fate++) {
          const next = machine.leave(names[state]!, place, fate as Fate);
          left[fate] = next === -1 ? -1 : idOf(next);
        }
      }
      for (const { next } of steps) after.add(next);
      for (const next of left) if (next !== -1) after.add(next);
      ofPlace.push({ state, steps, left });
    }
    size += ofPlace.length;
    if (size > maxRows) return null;
    rows.push(ofPlace);
    reached = after;
  }
  return new Automaton(units, { machine, names, rows });
}

/** No way to finish from here. */
export const impossible = Number.NEGATIVE_INFINITY;

/**
 * Fills `completion` for the unit prices given, from the last place to the first, and answers what the start is worth. A unit
 * that is left may meet any fate, the best for the promotion: so the answer is never too small.
 */
export function complete(automaton: Automaton, multipliers: Float64Array): number {
  const { completion, states, units, rowsFrom, rowState, stepsFrom, stepNext, stepGain, leaves, accepting } =
    automaton;
  const places = units.length;
  for (let state = 0; state < states; state++)
    completion[places * states + state] = accepting[state] === 1 ? 0 : impossible;
  for (let place = places - 1; place >= 0; place--) {
    const multiplier = multipliers[units[place]!]!;
    const here = place * states;
    const after = here + states;
    for (let row = rowsFrom[place]!; row < rowsFrom[place + 1]!; row++) {
      const state = rowState[row]!;
      let best = impossible;
      if (leaves === null) best = completion[after + state]!;
      else
        for (const left of leaves) {
          const next = left[row]!;
          if (next !== -1 && completion[after + next]! > best) best = completion[after + next]!;
        }
      for (let step = stepsFrom[row]!; step < stepsFrom[row + 1]!; step++) {
        const value = stepGain[step]! - multiplier + completion[after + stepNext[step]!]!;
        if (value > best) best = value;
      }
      completion[here + state] = best;
    }
  }
  return completion[automaton.start]!;
}
