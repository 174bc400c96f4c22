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

const maxRounds = 120;
const smallestStep = 0.02;

/** `enough`: a plan worth this is known, so a bound as low ends the matter. */
export function boundFor(component: Component, enough: number, work: Work): Bound {
  const { units, alternatives, players } = component;
  const size = units.length;
  const least = Float64Array.from(alternatives, (ofUnit) => ofUnit[0]?.gain ?? 0);
  const exact = Float64Array.from(least);
  const rounded = new Float64Array(size);
  let best = Number.POSITIVE_INFINITY;
  let bestAt = Float64Array.from(least);
  let length = 1;
  let stalled = 0;
  const takers = new Int32Array(size);
  const rounds = players.length === 1 ? 1 : maxRounds;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < size; i++) rounded[i] = Math.max(least[i]!, Math.round(exact[i]!));
    const value = valueAt(rounded, players, work);
    if (value < best) {
      best = value;
      bestAt = Float64Array.from(rounded);
      stalled = 0;
    } else if (++stalled >= 3) {
      length *= 0.5;
      stalled = 0;
    }
    if (best <= enough || best === impossible || length < smallestStep || work.isSpent()) break;
    takers.fill(0);
    for (const player of players) walk(player, rounded, takers);
    let norm = 0;
    for (let i = 0; i < size; i++) {
      const slack = 1 - takers[i]!;
      if (!(slack > 0 && rounded[i]! <= least[i]!)) norm += slack * slack;
    }
    // Nobody wants what another has: the choices made alone are a plan, and no bound is lower.
    if (norm === 0) break;
    const target = Math.max(enough, best * 0.97);
    const step = (length * Math.max(1, value - target)) / norm;
    for (let i = 0; i < size; i++) exact[i] = Math.max(least[i]!, exact[i]! - step * (1 - takers[i]!));
  }
  if (players.length > 0) valueAt(bestAt, players, work);
  const suffix = new Float64Array(size + 1);
  for (let i = size - 1; i >= 0; i--) suffix[i] = suffix[i + 1]! + bestAt[i]!;
  return { most: Math.min(best, worthOfAll(least, players)), multipliers: bestAt, suffix };
}

/** Each promotion's own ceiling is a bound as well. */
function worthOfAll(least: Float64Array, players: readonly Player[]): number {
  return least.reduce((sum, gain) => sum + gain, 0) + players.reduce((sum, { most }) => sum + most, 0);
}

function valueAt(multipliers: Float64Array, players: readonly Player[], work: Work): number {
  let value = 0;
  for (const multiplier of multipliers) value += multiplier;
  for (const { automaton } of players) {
    value += complete(automaton, multipliers);
    work.spend(automaton.rowState.length >> 3);
  }
  return value;
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
