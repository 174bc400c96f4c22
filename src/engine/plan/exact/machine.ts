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
export interface Automaton {
  readonly states: number;
  /** The first state; all are numbered. */
  readonly start: 0;
  /** By place: the unit's number in the component. */
  readonly units: Int32Array;
  /** By place, and one more: where its rows begin. */
  readonly rowsFrom: Int32Array;
  readonly rowState: Int32Array;
  /** By row, and one more: where its steps begin. */
  readonly stepsFrom: Int32Array;
  readonly stepNext: Int32Array;
  readonly stepGain: Float64Array;
  /** By place × state: the row; for those who know the state. */
  readonly rowOf: Int32Array;
  /** By fate, then row: the state after leaving; null where leaving changes nothing. */
  readonly leaves: readonly [Int32Array, Int32Array, Int32Array] | null;
  readonly countsWhatIsLeft: boolean;
  readonly accepting: Uint8Array;
  /** By place × state: the most this promotion alone can still bring when a unit costs its multiplier. */
  readonly completion: Float64Array;
}

/** `units`: numbers of the covered units in the component, dearest first. Null: too many states. */
export function compile(
  machine: Machine,
  places: readonly Place[],
  units: readonly number[],
): Automaton | null {
  const ids = new Map<number, number>([[machine.start, 0]]);
  const names = [machine.start];
  /** By state: the last place before which it was reached. */
  const reachedBefore = [0];
  let ahead: number[] = [];
  const reach = (name: number, place: number): number => {
    let id = ids.get(name);
    if (id === undefined) {
      id = names.length;
      ids.set(name, id);
      names.push(name);
      reachedBefore.push(-1);
    }
    if (reachedBefore[id] !== place) {
      reachedBefore[id] = place;
      ahead.push(id);
    }
    return id;
  };
  const rowsFrom = new Int32Array(places.length + 1);
  const rowState: number[] = [];
  const stepsFrom: number[] = [];
  const stepNext: number[] = [];
  const stepGain: number[] = [];
  const left: [number[], number[], number[]] = [[], [], []];
  let reached = [0];
  for (let at = 0; at < places.length; at++) {
    const place = places[at]!;
    ahead = [];
    rowsFrom[at] = rowState.length;
    for (const state of reached) {
      const name = names[state]!;
      rowState.push(state);
      stepsFrom.push(stepNext.length);
      for (const { next, gain } of machine.take(name, place)) {
        stepNext.push(reach(next, at + 1));
        stepGain.push(gain);
      }
      if (machine.leave === undefined) reach(name, at + 1);
      else
        for (let fate: Fate = 0; fate < 3; fate++) {
          const next = machine.leave(name, place, fate as Fate);
          left[fate]!.push(next === -1 ? -1 : reach(next, at + 1));
        }
    }
    if (rowState.length > maxRows) return null;
    reached = ahead;
  }
  rowsFrom[places.length] = rowState.length;
  stepsFrom.push(stepNext.length);
  const states = names.length;
  const accepting = new Uint8Array(states);
  for (let state = 0; state < states; state++) accepting[state] = machine.accepts(names[state]!) ? 1 : 0;
  const rowOf = new Int32Array(places.length * states).fill(-1);
  for (let at = 0; at < places.length; at++)
    for (let row = rowsFrom[at]!; row < rowsFrom[at + 1]!; row++) rowOf[at * states + rowState[row]!] = row;
  return {
    states,
    start: 0,
    units: new Int32Array(units),
    rowsFrom,
    rowState: new Int32Array(rowState),
    stepsFrom: new Int32Array(stepsFrom),
    stepNext: new Int32Array(stepNext),
    stepGain: new Float64Array(stepGain),
    rowOf,
    leaves:
      machine.leave === undefined
        ? null
        : [new Int32Array(left[0]), new Int32Array(left[1]), new Int32Array(left[2])],
    countsWhatIsLeft: machine.countsWhatIsLeft ?? false,
    accepting,
    completion: new Float64Array((places.length + 1) * states),
  };
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
