/**
 * The bound: Lagrangian relaxation of "each unit serves one promotion" (Held and Karp 1971; Fisher 1981).
 *
 * Every unit gets a price of its own, its multiplier. Each promotion then chooses alone what it would take at these prices,
 * which its automaton answers exactly, and the sum of all prices and all these answers is never less than the best plan. The
 * prices move by subgradient steps: dearer where several want a unit, cheaper where nobody does. They are rounded to integers
 * before the sum is taken, so the bound is an exact integer and needs no tolerance.
 */
import type { Component } from "./component.ts";
import { complete, impossible } from "./machine.ts";
import { note, type Uses } from "./uses.ts";
import type { Work } from "./work.ts";

const smallestStep = 0.02;
const nobody = -1;

export class Relaxation {
  readonly component: Component;
  /** No plan brings more. */
  most: number;
  /** By unit. The automata's completions fit these. */
  readonly multipliers: Float64Array;
  /** The sum of the multipliers from a unit on. */
  readonly suffix: Float64Array;
  private readonly work: Work;
  /** No multiplier lies below what the unit brings by itself. */
  private readonly least: Float64Array;
  private readonly exact: Float64Array;
  private readonly best: Float64Array;
  /** What the players bring at the present multipliers, and which of them have been asked. */
  private readonly values: Float64Array;
  private readonly isCurrent: Uint8Array;
  private readonly takers: Int32Array;
  /** By unit: the last that chose it in the round before. */
  private readonly takenBy: Int32Array;
  private lowest = Number.POSITIVE_INFINITY;
  private step = 1;
  private stalled = 0;
  private isDone = false;
  private isSettled = false;

  constructor(component: Component, work: Work) {
    const { alternatives, players } = component;
    const size = alternatives.length;
    this.component = component;
    this.work = work;
    this.least = new Float64Array(size);
    let ceiling = 0;
    for (let i = 0; i < size; i++) {
      const gain = alternatives[i]![0]?.gain ?? 0;
      this.least[i] = gain;
      ceiling += gain;
    }
    // Each promotion's own ceiling is a bound as well.
    for (const player of players) ceiling += player.most;
    this.most = ceiling;
    this.multipliers = new Float64Array(this.least);
    this.exact = new Float64Array(this.least);
    this.best = new Float64Array(this.least);
    this.suffix = new Float64Array(size + 1);
    this.values = new Float64Array(players.length);
    this.isCurrent = new Uint8Array(players.length);
    this.takers = new Int32Array(size);
    this.takenBy = new Int32Array(size);
  }

  /** Goes on for so many rounds. `enough`: a plan worth this is known, so a bound as low ends the matter. */
  improve(rounds: number, enough: number): void {
    for (let round = 0; round < rounds && !this.isDone; round++) this.goOn(enough);
    this.moveTo(this.best);
    this.valueHere();
    const { multipliers, suffix } = this;
    for (let i = multipliers.length - 1; i >= 0; i--) suffix[i] = suffix[i + 1]! + multipliers[i]!;
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
      const taker = this.takenBy[i]!;
      const chosen = taker === nobody ? alternatives[i]![0]?.candidate : players[taker]!.candidate;
      if (chosen !== undefined) note(uses, chosen, units[i]!.line);
    }
    return { value: this.lowest, uses };
  }

  private goOn(enough: number): void {
    const { exact, least, takers, multipliers } = this;
    const { players } = this.component;
    const size = multipliers.length;
    const value = this.valueHere();
    if (value < this.lowest) {
      this.lowest = value;
      this.best.set(multipliers);
      this.stalled = 0;
    } else if (++this.stalled >= 3) {
      this.step *= 0.5;
      this.stalled = 0;
    }
    this.isDone =
      this.lowest <= enough || this.lowest === impossible || this.step < smallestStep || this.work.isSpent();
    if (this.isDone) return;
    takers.fill(0);
    this.takenBy.fill(nobody);
    for (let p = 0; p < players.length; p++) this.walk(p);
    let norm = 0;
    for (let i = 0; i < size; i++) {
      const slack = 1 - takers[i]!;
      if (!(slack > 0 && multipliers[i]! <= least[i]!)) norm += slack * slack;
    }
    if (norm === 0) {
      // The sum of all prices is the sum of what the takers pay: the choices are worth as much as the bound.
      this.isSettled = players.every(({ automaton }) => automaton.leaves === null);
      this.isDone = true;
      return;
    }
    if (players.length === 1) {
      this.isDone = true;
      return;
    }
    const target = Math.max(enough, this.lowest * 0.97);
    const length = (this.step * Math.max(1, value - target)) / norm;
    for (let i = 0; i < size; i++) {
      if (takers[i] !== 1) exact[i] = Math.max(least[i]!, exact[i]! - length * (1 - takers[i]!));
    }
    this.moveTo(exact);
  }

  /** Rounded; whoever sees another price must be asked again. */
  private moveTo(exact: Float64Array): void {
    const { multipliers, isCurrent } = this;
    const { players } = this.component;
    for (let i = 0; i < exact.length; i++) {
      const rounded = Math.round(exact[i]!);
      if (rounded === multipliers[i]) continue;
      multipliers[i] = rounded;
      for (let p = 0; p < players.length; p++) if (players[p]!.placeOf[i] !== -1) isCurrent[p] = 0;
    }
  }

  private valueHere(): number {
    const { multipliers, values, isCurrent, work } = this;
    const { players } = this.component;
    let value = 0;
    for (let i = 0; i < multipliers.length; i++) value += multipliers[i]!;
    for (let p = 0; p < players.length; p++) {
      if (isCurrent[p] === 0) {
        const { automaton } = players[p]!;
        values[p] = complete(automaton, multipliers);
        isCurrent[p] = 1;
        work.spend(automaton.rowState.length >> 3);
      }
      value += values[p]!;
    }
    return value;
  }

  /** Goes through the promotion's own best choice, and counts the units it takes. */
  private walk(player: number): void {
    const { multipliers, takers, takenBy } = this;
    const { completion, states, units, rowOf, stepsFrom, stepNext, stepGain, leaves } =
      this.component.players[player]!.automaton;
    let state = 0;
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
        const unit = units[place]!;
        for (let step = stepsFrom[row]!; step < stepsFrom[row + 1]!; step++) {
          if (stepGain[step]! - multipliers[unit]! + completion[after + stepNext[step]!]! === value) {
            takers[unit]!++;
            takenBy[unit] = player;
            next = stepNext[step]!;
            break;
          }
        }
      }
      if (next === -1) return;
      state = next;
    }
  }
}
