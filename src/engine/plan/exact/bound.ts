/**
 * The bound: Lagrangian relaxation of "each unit serves one promotion" (Held and Karp 1971; Fisher 1981).
 *
 * Every unit gets a price of its own, its multiplier. Each promotion then chooses alone what it would take at these prices,
 * which its automaton answers exactly, and the sum of all prices and all these answers is never less than the best plan. The
 * prices move by subgradient steps: dearer where several want a unit, cheaper where nobody does. They are rounded to integers
 * before the sum is taken, so the bound is an exact integer and needs no tolerance.
 */
import type { Component, Player } from "./component.ts";
import { complete, impossible } from "./machine.ts";
import type { Work } from "./work.ts";

export interface Bound {
  readonly most: number;
  /** By unit; and the sum of those from a unit on. The automata's completions fit these. */
  readonly multipliers: Float64Array;
  readonly suffix: Float64Array;
}

const smallestStep = 0.02;

export class Relaxation {
  private readonly component: Component;
  private readonly work: Work;
  /** No multiplier lies below what the unit brings by itself. */
  private readonly least: Float64Array;
  private readonly ceiling: number;
  private readonly exact: Float64Array;
  private readonly rounded: Float64Array;
  private readonly takers: Int32Array;
  private best = Number.POSITIVE_INFINITY;
  private bestAt: Float64Array;
  private step = 1;
  private stalled = 0;
  private isDone = false;

  constructor(component: Component, work: Work) {
    const { units, alternatives, players } = component;
    this.component = component;
    this.work = work;
    this.least = Float64Array.from(alternatives, (ofUnit) => ofUnit[0]?.gain ?? 0);
    this.exact = Float64Array.from(this.least);
    this.rounded = Float64Array.from(this.least);
    this.bestAt = Float64Array.from(this.least);
    this.takers = new Int32Array(units.length);
    // Each promotion's own ceiling is a bound as well.
    this.ceiling = sum(this.least) + players.reduce((total, { most }) => total + most, 0);
  }

  /** Goes on for so many rounds. `enough`: a plan worth this is known, so a bound as low ends the matter. */
  improve(rounds: number, enough: number): Bound {
    for (let round = 0; round < rounds && !this.isDone; round++) this.goOn(enough);
    const { bestAt, component } = this;
    if (component.players.length > 0) this.valueAt(bestAt);
    const suffix = new Float64Array(bestAt.length + 1);
    for (let i = bestAt.length - 1; i >= 0; i--) suffix[i] = suffix[i + 1]! + bestAt[i]!;
    return { most: Math.min(this.best, this.ceiling), multipliers: bestAt, suffix };
  }

  private goOn(enough: number): void {
    const { rounded, exact, least, takers } = this;
    const size = rounded.length;
    for (let i = 0; i < size; i++) rounded[i] = Math.max(least[i]!, Math.round(exact[i]!));
    const value = this.valueAt(rounded);
    if (value < this.best) {
      this.best = value;
      this.bestAt = Float64Array.from(rounded);
      this.stalled = 0;
    } else if (++this.stalled >= 3) {
      this.step *= 0.5;
      this.stalled = 0;
    }
    this.isDone =
      this.best <= enough ||
      this.best === impossible ||
      this.step < smallestStep ||
      this.component.players.length === 1 ||
      this.work.isSpent();
    if (this.isDone) return;
    takers.fill(0);
    for (const player of this.component.players) walk(player, rounded, takers);
    let norm = 0;
    for (let i = 0; i < size; i++) {
      const slack = 1 - takers[i]!;
      if (!(slack > 0 && rounded[i]! <= least[i]!)) norm += slack * slack;
    }
    // Nobody wants what another has: the choices made alone are a plan, and no bound is lower.
    if (norm === 0) this.isDone = true;
    const target = Math.max(enough, this.best * 0.97);
    const length = (this.step * Math.max(1, value - target)) / norm;
    for (let i = 0; i < size; i++) exact[i] = Math.max(least[i]!, exact[i]! - length * (1 - takers[i]!));
  }

  private valueAt(multipliers: Float64Array): number {
    let value = sum(multipliers);
    for (const { automaton } of this.component.players) {
      value += complete(automaton, multipliers);
      this.work.spend(automaton.rowState.length >> 3);
    }
    return value;
  }
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Counts the units that the promotion's own best choice takes. */
function walk({ automaton }: Player, multipliers: Float64Array, takers: Int32Array): void {
  const { completion, states, units, rowOf, stepsFrom, stepNext, stepGain, leaves } = automaton;
  let state = automaton.start;
  for (let place = 0; place < units.length; place++) {
    const after = (place + 1) * states;
    const value = completion[place * states + state]!;
    const row = rowOf[place * states + state]!;
    let next = -1;
    if (leaves === null) {
      if (completion[after + state] === value) next = state;
    } else
      for (const left of leaves)
        if (next === -1 && left[row] !== -1 && completion[after + left[row]!] === value) next = left[row]!;
    if (next === -1) {
      for (let step = stepsFrom[row]!; step < stepsFrom[row + 1]!; step++) {
        if (stepGain[step]! - multipliers[units[place]!]! + completion[after + stepNext[step]!]! === value) {
          takers[units[place]!]!++;
          next = stepNext[step]!;
          break;
        }
      }
    }
    if (next === -1) return;
    state = next;
  }
}
