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
  /** Millionths of a minor unit; where the machine is alike for all units, without what the unit brings. */
  readonly gain: number;
  /** Where it is: what the unit brings, as one of the machine's `gains`. Absent: nothing. */
  readonly of?: number;
  /** What of it falls on the goods of interest (`shares.ts`). Absent: nobody asked. */
  readonly counted?: number;
}

/** States are any safe integers; `compile` numbers those that can be reached. */
export interface Machine {
  readonly start: number;
  take(state: number, place: Place): readonly Step[];
  /** The state after a unit was left; -1: it may not be left like this. Absent: leaving a unit changes nothing. */
  leave?(state: number, place: Place, fate: Fate): number;
  accepts(state: number): boolean;
  /** Units are used up group by group: no two groups are open at once, and where it accepts none is. */
  readonly isOneByOne?: boolean;
  /** A group may bring less than nothing, which the search must not use to bring less in all. */
  readonly mayLose?: boolean;
  /** A unit whose leaving changes the state is counted, so the promotion must be allowed to see it. */
  readonly countsWhatIsLeft?: true;
  /** All units lead to the same states, whatever they cost, and bring one of these on top. Then few steps need be worked out. */
  readonly gains?: readonly ((unit: Unit) => number)[];
  /** With `gains`: machines of one benefit that are called the same have the same states and steps, in whatever cart. */
  readonly name?: string;
}

export const noSteps: readonly Step[] = [];
