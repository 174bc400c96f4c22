/**
 * The bound: Lagrangian relaxation of "each unit serves one promotion" (Held and Karp 1971; Fisher 1981).
 *
 * Every unit gets a price of its own, its multiplier. Each promotion then chooses alone what it would take at these prices,
 * which its automaton answers exactly, and the sum of all prices and all these answers is never less than the best plan. The
 * prices move by subgradient steps: dearer where several want a unit, cheaper where nobody does. They are rounded to integers
 * before the sum is taken, so the bound is an exact integer and needs no tolerance.
 */
import { complete, impossible } from "./automaton.ts";
import type { Component } from "./component.ts";
import { memory } from "./memory.ts";
import { note, type Uses } from "./uses.ts";
import type { Work } from "./work.ts";

/**
 * The best plan is taken to be worth this share of the bound while nobody knows better; every round that does not lower the bound
 * shortens the steps. Measured: the bounds of carts with few rivals are within 1 % of where they end after 12 rounds, those of
 * 40 units and 12 promotions after 30; with 0.97 and half the step after every third such round they needed 20 and 60.
 */
const expectedShare = 0.8;
const shorter = 0.85;
const smallestStep = 0.002;
const nobody = -1;

/** The fields that end in `At` are pieces of the planner's memory, by unit. */
export class Relaxation {
  readonly component: Component;
  /** No plan brings more. */
  most: number;
  /** The automata's completions fit these. */
  readonly multipliersAt: number;
  /** The sum of the multipliers from a unit on. */
  readonly suffixAt: number;
  private readonly work: Work;
  /** No multiplier lies below what the unit brings by itself. */
  private readonly leastAt: number;
  /** The multipliers before they were rounded, and those of the lowest bound. */
  private readonly exactAt: number;
  private readonly bestAt: number;
  /** How many chose the unit in the last round, and the last of them. */
  private readonly takersAt: number;
  private readonly takenByAt: number;
  /** What the players bring at the present multipliers; null: to be asked. */
  private readonly values: (number | null)[];
  private readonly size: number;
  private lowest = Number.POSITIVE_INFINITY;
  private step = 1;
  private isDone = false;
  private isSettled = false;

  /** `like`: a relaxation of the same units, whose prices are a good beginning. */
  constructor(component: Component, work: Work, like?: Relaxation) {
    const { alternatives, players } = component;
    const size = alternatives.length;
    this.component = component;
    this.work = work;
    this.size = size;
    this.multipliersAt = memory.takeDoubles(size * 5 + 1);
    this.leastAt = this.multipliersAt + size;
    this.exactAt = this.leastAt + size;
    this.bestAt = this.exactAt + size;
    this.suffixAt = this.bestAt + size;
    this.takersAt = memory.takeInts(size * 2);
    this.takenByAt = this.takersAt + size;
    const { doubles } = memory;
    let ceiling = 0;
    for (let i = 0; i < size; i++) {
      const gain = alternatives[i]![0]?.gain ?? 0;
      doubles[this.leastAt + i] = gain;
      ceiling += gain;
      const price = like === undefined ? gain : doubles[like.bestAt + i]!;
      for (const at of [this.multipliersAt, this.exactAt, this.bestAt]) doubles[at + i] = price;
    }
    // Each promotion's own ceiling is a bound as well.
    for (const player of players) ceiling += player.most;
    this.most = ceiling;
    this.values = players.map(() => null);
  }

  /** Goes on for so many rounds. `enough`: a plan worth this is known, so a bound as low ends the matter. */
  improve(rounds: number, enough: number): void {
    for (let round = 0; round < rounds && !this.isDone; round++) this.goOn(enough);
    this.moveTo(this.bestAt);
    this.valueHere();
    const { multipliersAt, suffixAt, size } = this;
    const { doubles } = memory;
    doubles[suffixAt + size] = 0;
    for (let i = size - 1; i >= 0; i--)
      doubles[suffixAt + i] = doubles[suffixAt + i + 1]! + doubles[multipliersAt + i]!;
    this.most = Math.min(this.most, this.lowest);
  }

  /**
   * The choices that the promotions made alone, where they are a plan: nobody wants what another has, and whoever leaves a unit
   * does not ask who takes it. Then no plan is better.
   */
  choicesMade(): { value: number; uses: Uses } | null {
    const { players, units, alternatives } = this.component;
    if (!this.isSettled) return null;
    const uses: Uses = new Map();
    for (let i = 0; i < units.length; i++) {
      const taker = memory.ints[this.takenByAt + i]!;
      const chosen = taker === nobody ? alternatives[i]![0]?.candidate : players[taker]!.candidate;
      if (chosen !== undefined) note(uses, chosen, units[i]!.line);
    }
    return { value: this.lowest, uses };
  }

  private goOn(enough: number): void {
    const { size, multipliersAt, leastAt, exactAt, bestAt, takersAt, takenByAt } = this;
    const { ints, doubles } = memory;
    const { players } = this.component;
    const value = this.valueHere();
    if (value < this.lowest) {
      this.lowest = value;
      for (let i = 0; i < size; i++) doubles[bestAt + i] = doubles[multipliersAt + i]!;
    } else this.step *= shorter;
    this.isDone =
      this.lowest <= enough || this.lowest === impossible || this.step < smallestStep || this.work.isSpent();
    if (this.isDone) return;
    for (let i = 0; i < size; i++) {
      ints[takersAt + i] = 0;
      ints[takenByAt + i] = nobody;
    }
    for (let p = 0; p < players.length; p++) this.walk(p);
    let norm = 0;
    for (let i = 0; i < size; i++) {
      const slack = 1 - ints[takersAt + i]!;
      if (!(slack > 0 && doubles[multipliersAt + i]! <= doubles[leastAt + i]!)) norm += slack * slack;
    }
    if (norm === 0) {
      // The sum of all prices is the sum of what the takers pay: the choices are worth as much as the bound.
      this.isSettled = players.every(({ automaton }) => automaton.leavesAt === -1);
      this.isDone = true;
      return;
    }
    if (players.length === 1) {
      this.isDone = true;
      return;
    }
    const target = Math.max(enough, this.lowest * expectedShare);
    const length = (this.step * Math.max(1, value - target)) / norm;
    for (let i = 0; i < size; i++) {
      const slack = 1 - ints[takersAt + i]!;
      if (slack !== 0)
        doubles[exactAt + i] = Math.max(doubles[leastAt + i]!, doubles[exactAt + i]! - length * slack);
    }
    this.moveTo(exactAt);
  }

  /** Rounded; whoever sees another price must be asked again. */
  private moveTo(at: number): void {
    const { doubles, ints } = memory;
    const { players } = this.component;
    for (let i = 0; i < this.size; i++) {
      const rounded = Math.round(doubles[at + i]!);
      if (rounded === doubles[this.multipliersAt + i]) continue;
      doubles[this.multipliersAt + i] = rounded;
      for (let p = 0; p < players.length; p++)
        if (ints[players[p]!.placesAt + i] !== -1) this.values[p] = null;
    }
  }

  private valueHere(): number {
    const { doubles } = memory;
    const { multipliersAt, values, work } = this;
    const { players } = this.component;
    let value = 0;
    for (let i = 0; i < this.size; i++) value += doubles[multipliersAt + i]!;
    for (let p = 0; p < players.length; p++) {
      let own = values[p]!;
      if (own === null) {
        const { automaton } = players[p]!;
        own = complete(automaton, multipliersAt);
        values[p] = own;
        work.spend(automaton.rows >> 3);
      }
      value += own;
    }
    return value;
  }

  /** Goes through the promotion's own best choice, and counts the units it takes. */
  private walk(player: number): void {
    const { ints, doubles } = memory;
    const { multipliersAt, takersAt, takenByAt } = this;
    const { states, places, rows, unitsAt, rowOfAt, stepsAt, nextsAt, gainsAt, leavesAt, completionAt } =
      this.component.players[player]!.automaton;
    let state = 0;
    for (let place = 0; place < places; place++) {
      const here = completionAt + place * states;
      const after = here + states;
      const value = doubles[here + state]!;
      const row = ints[rowOfAt + place * states + state]!;
      let next = -1;
      if (leavesAt === -1) {
        if (doubles[after + state] === value) next = state;
      } else
        for (let fate = 0; fate < 3 && next === -1; fate++) {
          const left = ints[leavesAt + fate * rows + row]!;
          if (left !== -1 && doubles[after + left] === value) next = left;
        }
      if (next === -1) {
        const unit = ints[unitsAt + place]!;
        const to = ints[stepsAt + row + 1]!;
        for (let step = ints[stepsAt + row]!; step < to; step++) {
          const ahead = ints[nextsAt + step]!;
          if (doubles[gainsAt + step]! - doubles[multipliersAt + unit]! + doubles[after + ahead]! === value) {
            ints[takersAt + unit]!++;
            ints[takenByAt + unit] = player;
            next = ahead;
            break;
          }
        }
      }
      if (next === -1) return;
      state = next;
    }
  }
}
