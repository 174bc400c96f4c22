/** A machine as tables over the units of one component. */
import { setAmong } from "../../bounded-map.ts";
import type { Fate, Machine, Place } from "./machine.ts";
import { memory } from "./memory.ts";

/** Beyond this an automaton is too large to be worth building; the promotion is then bounded more coarsely. */
const maxRows = 24_000;

/**
 * A row is a state reachable at a place; rows of one place lie together. The fields that end in `At` say where in the planner's
 * memory a table begins.
 */
export interface Automaton {
  /** All are numbered; the start is 0. */
  readonly states: number;
  readonly places: number;
  readonly rows: number;
  /** By place: the unit's number in the component. */
  readonly unitsAt: number;
  /** By place, and one more: where its rows begin. */
  readonly rowsAt: number;
  /** By row: the state. */
  readonly statesAt: number;
  /** By row, and one more: where its steps begin. */
  readonly stepsAt: number;
  /** By step: the state it leads to, and (among the doubles) what it brings. */
  readonly nextsAt: number;
  readonly gainsAt: number;
  /** By step, among the doubles: what of it counts (`shares.ts`); -1 where the machine does not say. */
  readonly countsAt: number;
  /** By place × state: the row, or -1; for those who know the state. */
  readonly rowOfAt: number;
  /** By fate, then row: the state after leaving, or -1. Itself -1 where leaving changes nothing. */
  readonly leavesAt: number;
  readonly countsWhatIsLeft: boolean;
  /** One of its groups, which it fills one after the other, may bring less than nothing. */
  readonly mayLose: boolean;
  /** By state: 1 or 0. */
  readonly acceptingAt: number;
  /** By place × state, among the doubles: the most this promotion alone can still bring when a unit costs its multiplier. */
  readonly completionAt: number;
}

/** What a state leads to, at all places that are alike. */
interface Ways {
  readonly steps: readonly {
    readonly to: number;
    readonly gain: number;
    readonly of: number;
    readonly counted: number | undefined;
  }[];
  /** By fate; -1: it may not be left. Null: leaving changes nothing. */
  readonly left: readonly number[] | null;
}

/** What has been found out about a machine: its states by number, and, if it is alike for all units, what they lead to. */
class Template {
  readonly ids = new Map<number, number>();
  readonly names: number[] = [];
  readonly isAccepting: boolean[] = [];
  /** By kind of place, then state. */
  readonly ways: (readonly [kind: number, ofKind: (Ways | undefined)[]])[] = [];
  /** How many ways are known. */
  size = 0;
}

/** By the names of its machines: what is known of a promotion's machines from the carts before. */
export type Templates = Map<string, Template>;

/** Larger machines are not kept. */
const maxKept = 500;
/** Nor more ways of one: kinds of places come with the carts. */
const mostWays = 4 * maxKept;
/** Nor more machines of one benefit: their names tell of sizes that come with the carts. */
export const mostTemplates = 16;

/** `units`: numbers of the covered units in the component, dearest first. Null: too many states. */
export function compile(
  machine: Machine,
  places: readonly Place[],
  units: readonly number[],
  templates: Templates,
): Automaton | null {
  const { name } = machine;
  if (name === undefined) return new Compiler(machine, new Template()).run(places, units);
  const template = templates.get(name) ?? new Template();
  const automaton = new Compiler(machine, template).run(places, units);
  if (template.names.length <= maxKept && template.size <= mostWays)
    setAmong(templates, name, template, mostTemplates);
  else templates.delete(name);
  return automaton;
}

/** Rows and steps while nobody knows yet how many there will be; kept from machine to machine. */
const rowState: number[] = [];
const rowSteps: number[] = [];
const stepNext: number[] = [];
const stepGain: number[] = [];
const stepCounted: number[] = [];
const left: readonly number[][] = [[], [], []];
/** By state: at which turn it was last reached. Turns are counted on from machine to machine, so that nothing need be cleared. */
const reachedAt: number[] = [];
let turn = 0;

class Compiler {
  private readonly machine: Machine;
  private readonly template: Template;
  private counts = false;

  constructor(machine: Machine, template: Template) {
    this.machine = machine;
    this.template = template;
    if (template.names.length === 0) this.idOf(machine.start);
  }

  run(places: readonly Place[], units: readonly number[]): Automaton | null {
    const rowsAt = memory.takeInts(places.length + 1);
    let rows = 0;
    let steps = 0;
    let reached = [0];
    for (let at = 0; at < places.length; at++) {
      const place = places[at]!;
      const ahead: number[] = [];
      const ofKind = this.kindOf(place);
      turn++;
      memory.ints[rowsAt + at] = rows;
      for (let i = 0; i < reached.length; i++) {
        const state = reached[i]!;
        const ways = this.waysFrom(state, place, ofKind);
        rowState[rows] = state;
        rowSteps[rows] = steps;
        for (let k = 0; k < ways.steps.length; k++) {
          const { to, gain, of, counted } = ways.steps[k]!;
          if (counted !== undefined) {
            stepCounted[steps] = counted;
            this.counts = true;
          }
          stepNext[steps] = to;
          stepGain[steps] = of === -1 ? gain : gain + this.machine.gains![of]!(place.unit);
          steps++;
          if (reachedAt[to] !== turn) {
            reachedAt[to] = turn;
            ahead.push(to);
          }
        }
        for (let fate = 0; fate < 3; fate++) {
          const to = ways.left === null ? state : ways.left[fate]!;
          if (ways.left !== null) left[fate]![rows] = to;
          if (to !== -1 && reachedAt[to] !== turn) {
            reachedAt[to] = turn;
            ahead.push(to);
          }
        }
        rows++;
      }
      if (rows > maxRows) return null;
      reached = ahead;
    }
    memory.ints[rowsAt + places.length] = rows;
    rowSteps[rows] = steps;
    return this.tables(rowsAt, rows, steps, units);
  }

  private tables(rowsAt: number, rows: number, steps: number, units: readonly number[]): Automaton {
    const { machine } = this;
    const { isAccepting } = this.template;
    const states = isAccepting.length;
    const places = units.length;
    const leaves = machine.leave === undefined ? 0 : 3;
    const unitsAt = memory.takeInts(
      places + rows + (rows + 1) + steps + places * states + leaves * rows + states,
    );
    const statesAt = unitsAt + places;
    const stepsAt = statesAt + rows;
    const nextsAt = stepsAt + rows + 1;
    const rowOfAt = nextsAt + steps;
    const leavesAt = rowOfAt + places * states;
    const acceptingAt = leavesAt + leaves * rows;
    const gainsAt = memory.takeDoubles(steps + (places + 1) * states + (this.counts ? steps : 0));
    const completionAt = gainsAt + steps;
    const countsAt = this.counts ? completionAt + (places + 1) * states : -1;
    const { ints, doubles } = memory;
    for (let at = 0; at < places; at++) ints[unitsAt + at] = units[at]!;
    for (let row = 0; row < rows; row++) {
      ints[statesAt + row] = rowState[row]!;
      ints[stepsAt + row] = rowSteps[row]!;
    }
    ints[stepsAt + rows] = steps;
    for (let step = 0; step < steps; step++) {
      ints[nextsAt + step] = stepNext[step]!;
      doubles[gainsAt + step] = stepGain[step]!;
      if (countsAt !== -1) doubles[countsAt + step] = stepCounted[step]!;
    }
    ints.fill(-1, rowOfAt, leavesAt);
    for (let at = 0; at < places; at++)
      for (let row = ints[rowsAt + at]!; row < ints[rowsAt + at + 1]!; row++)
        ints[rowOfAt + at * states + rowState[row]!] = row;
    for (let fate = 0; fate < leaves; fate++)
      for (let row = 0; row < rows; row++) ints[leavesAt + fate * rows + row] = left[fate]![row]!;
    for (let state = 0; state < states; state++) ints[acceptingAt + state] = isAccepting[state] ? 1 : 0;
    return {
      states,
      places,
      rows,
      unitsAt,
      rowsAt,
      statesAt,
      stepsAt,
      nextsAt,
      gainsAt,
      countsAt,
      rowOfAt,
      leavesAt: leaves === 0 ? -1 : leavesAt,
      countsWhatIsLeft: machine.countsWhatIsLeft ?? false,
      mayLose: (machine.mayLose && machine.isOneByOne) ?? false,
      acceptingAt,
      completionAt,
    };
  }

  /** Null: every place is a kind of its own. */
  private kindOf({ slots, isFirstOfLine, isLastOfPrice }: Place): (Ways | undefined)[] | null {
    if (this.machine.gains === undefined) return null;
    const kind = slots * 4 + (isFirstOfLine ? 2 : 0) + (isLastOfPrice ? 1 : 0);
    for (const [one, known] of this.template.ways) if (one === kind) return known;
    const ofKind: (Ways | undefined)[] = [];
    this.template.ways.push([kind, ofKind]);
    return ofKind;
  }

  private waysFrom(state: number, place: Place, ofKind: (Ways | undefined)[] | null): Ways {
    const known = ofKind?.[state];
    if (known !== undefined) return known;
    const { machine } = this;
    const name = this.template.names[state]!;
    const steps = machine
      .take(name, place)
      .map(({ next, gain, of, counted }) => ({ to: this.idOf(next), gain, of: of ?? -1, counted }));
    let fates: number[] | null = null;
    if (machine.leave !== undefined) {
      fates = [];
      for (let fate = 0; fate < 3; fate++) {
        const next = machine.leave(name, place, fate as Fate);
        fates.push(next === -1 ? -1 : this.idOf(next));
      }
    }
    const ways = { steps, left: fates };
    if (ofKind !== null) {
      ofKind[state] = ways;
      this.template.size++;
    }
    return ways;
  }

  private idOf(name: number): number {
    const { ids, names, isAccepting } = this.template;
    let id = ids.get(name);
    if (id === undefined) {
      id = names.length;
      ids.set(name, id);
      names.push(name);
      isAccepting.push(this.machine.accepts(name));
    }
    return id;
  }
}

/** The same with completions of its own, which are yet to be filled. Field by field, so that all automata have one shape. */
export function copyOf(automaton: Automaton): Automaton {
  const { states, places, rows, unitsAt, rowsAt, statesAt, stepsAt, nextsAt, gainsAt, countsAt } = automaton;
  const { rowOfAt, leavesAt, countsWhatIsLeft, mayLose, acceptingAt } = automaton;
  return {
    states,
    places,
    rows,
    unitsAt,
    rowsAt,
    statesAt,
    stepsAt,
    nextsAt,
    gainsAt,
    countsAt,
    rowOfAt,
    leavesAt,
    countsWhatIsLeft,
    mayLose,
    acceptingAt,
    completionAt: memory.takeDoubles((places + 1) * states),
  };
}

/** No way to finish from here. */
export const impossible = Number.NEGATIVE_INFINITY;

/**
 * Fills the completions for the unit prices given (a piece of the planner's memory), from the last place to the first, and answers
 * what the start is worth. A unit that is left may meet any fate, the best for the promotion: so the answer is never too small.
 */
export function complete(automaton: Automaton, multipliersAt: number): number {
  const { ints, doubles } = memory;
  const {
    states,
    places,
    rows,
    unitsAt,
    rowsAt,
    statesAt,
    stepsAt,
    nextsAt,
    gainsAt,
    leavesAt,
    acceptingAt,
    completionAt,
  } = automaton;
  const last = completionAt + places * states;
  for (let state = 0; state < states; state++)
    doubles[last + state] = ints[acceptingAt + state] === 1 ? 0 : impossible;
  for (let place = places - 1; place >= 0; place--) {
    const multiplier = doubles[multipliersAt + ints[unitsAt + place]!]!;
    const here = completionAt + place * states;
    const after = here + states;
    const end = ints[rowsAt + place + 1]!;
    for (let row = ints[rowsAt + place]!; row < end; row++) {
      const state = ints[statesAt + row]!;
      let best = impossible;
      if (leavesAt === -1) best = doubles[after + state]!;
      else
        for (let fate = 0; fate < 3; fate++) {
          const next = ints[leavesAt + fate * rows + row]!;
          if (next !== -1 && doubles[after + next]! > best) best = doubles[after + next]!;
        }
      const to = ints[stepsAt + row + 1]!;
      for (let step = ints[stepsAt + row]!; step < to; step++) {
        const value = doubles[gainsAt + step]! - multiplier + doubles[after + ints[nextsAt + step]!]!;
        if (value > best) best = value;
      }
      doubles[here + state] = best;
    }
  }
  return doubles[completionAt]!;
}
