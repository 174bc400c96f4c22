/**
 * The search: label setting over the units of a component (Desrochers 1988; the layers of a decision diagram).
 *
 * A label is what has been decided about the units so far: the state of every automaton, and the value. Two labels with equal
 * states have the same future, so only the better one is kept. A label whose value and bound together cannot beat what is known
 * already is dropped. Only where labels get too many are the least promising cut, and what was cut stays in the answer's bound.
 */
import type { Bound } from "./bound.ts";
import type { Component, Player } from "./component.ts";
import { type Fate, idle, impossible, takenEarlier, takenLater } from "./machine.ts";
import type { Work } from "./work.ts";

/** By candidate, then line: how many of its units the promotion takes or counts. */
export type Uses = Map<number, Map<number, number>>;

/** What is taken off the goods of some lines (null: of all) may not pass `atMost`. Of that, as much is counted as is certain. */
export interface Limit {
  readonly atMost: number;
  readonly lines: ReadonlySet<number> | null;
}

export interface SearchOptions {
  /** Only plans worth more than this are of interest. */
  readonly above: number;
  readonly limit: Limit | null;
  /** How many labels are kept from unit to unit. */
  readonly width: number;
}

export interface Found {
  /** The best plan found; null: none that is worth more than `above`. */
  readonly plan: { readonly value: number; readonly uses: Uses } | null;
  /** No plan is worth more than this, or than `above`. */
  readonly most: number;
}

interface Label {
  readonly key: number | string;
  readonly states: readonly number[];
  readonly value: number;
  /** What counts towards the limit. */
  readonly spent: number;
  readonly bound: number;
  readonly parent: Label | null;
  /** Who takes the unit before: a player's number, or an alternative's (negative, from -2 on), or nobody: -1. */
  readonly taker: number;
}

/** A label's successor as long as nobody has taken the unit: what all others do. */
interface Left {
  readonly states: readonly number[];
  /** The bound without the value; and by player the part of it that is its own. */
  readonly bound: number;
  readonly bounds: readonly number[];
  readonly key: number;
}

const nobody = -1;

export function search(component: Component, bound: Bound, options: SearchOptions, work: Work): Found {
  return new Search(component, bound, options, work).run();
}

class Search {
  private readonly component: Component;
  private readonly bound: Bound;
  private readonly options: SearchOptions;
  private readonly work: Work;
  private readonly keys: Keys | null;
  private layer = new Map<number | string, Label>();
  private dropped = Number.NEGATIVE_INFINITY;
  private readonly mayIdle: boolean;
  private readonly hasLeaves: boolean;
  private readonly alternatives: Component["alternatives"];

  constructor(component: Component, bound: Bound, options: SearchOptions, work: Work) {
    this.component = component;
    this.bound = bound;
    this.options = options;
    this.work = work;
    this.alternatives = options.limit === null ? component.alternatives : component.allAlternatives;
    this.keys = keysOf(component.players, options.limit);
    this.hasLeaves = component.players.some(({ automaton }) => automaton.leaves !== null);
    // An idle unit is worth less than one with an alternative, unless somebody must count it or the value is limited.
    this.mayIdle = options.limit !== null || this.hasLeaves;
  }

  run(): Found {
    const { units, players } = this.component;
    const first: Label = {
      key: 0,
      states: players.map(({ automaton }) => automaton.start),
      value: 0,
      spent: 0,
      bound: Number.POSITIVE_INFINITY,
      parent: null,
      taker: nobody,
    };
    let labels: readonly Label[] = [first];
    for (let unit = 0; unit < units.length; unit++) {
      this.layer = new Map();
      for (const label of labels) this.extend(label, unit);
      labels = this.kept([...this.layer.values()]);
      this.work.spend(labels.length * (players.length + 1));
      if (labels.length === 0) return { plan: null, most: this.dropped };
    }
    let best: Label | null = null;
    for (const label of labels) if (best === null || label.value > best.value) best = label;
    return {
      plan: { value: best!.value, uses: this.usesOf(best!) },
      most: Math.max(best!.value, this.dropped),
    };
  }

  private kept(labels: Label[]): readonly Label[] {
    const width = this.work.isSpent() ? Math.min(this.options.width, 8) : this.options.width;
    if (labels.length <= width) return labels;
    labels.sort((a, b) => b.bound - a.bound || b.value - a.value);
    this.dropped = Math.max(this.dropped, labels[width]!.bound);
    return labels.slice(0, width);
  }

  private extend(label: Label, unit: number): void {
    const { players } = this.component;
    const alike = this.hasLeaves ? null : this.leave(label, unit, idle);
    for (let p = 0; p < players.length; p++) {
      const { automaton, placeOf, candidate } = players[p]!;
      const place = placeOf[unit]!;
      if (place === -1) continue;
      const row = automaton.rowOf[place * automaton.states + label.states[p]!]!;
      const to = automaton.stepsFrom[row + 1]!;
      let step = automaton.stepsFrom[row]!;
      if (step === to) continue;
      const left = alike ?? this.leave(label, unit, candidate, p);
      for (; left !== null && step < to; step++)
        this.reach(label, unit, left, p, automaton.stepNext[step]!, automaton.stepGain[step]!);
    }
    const ofUnit = this.alternatives[unit]!;
    for (let a = 0; a < ofUnit.length; a++) {
      const left = alike ?? this.leave(label, unit, ofUnit[a]!.candidate);
      if (left !== null) this.reach(label, unit, left, -2 - a, 0, ofUnit[a]!.gain);
    }
    if (!this.mayIdle && ofUnit.length > 0) return;
    const left = alike ?? this.leave(label, unit, -1);
    if (left !== null) this.reach(label, unit, left, nobody, 0, 0);
  }

  /** Everybody but `except` leaves the unit to the candidate (-1: to nobody). Null: somebody may not. */
  private leave(label: Label, unit: number, candidate: number, except = nobody): Left | null {
    const { players } = this.component;
    const states = [...label.states];
    const bounds = new Array<number>(players.length);
    let bound = this.bound.suffix[unit + 1]!;
    let key = 0;
    for (let p = 0; p < players.length; p++) {
      const { automaton, placeOf, nextPlace } = players[p]!;
      let state = states[p]!;
      if (automaton.leaves !== null && placeOf[unit] !== -1 && p !== except) {
        const row = automaton.rowOf[placeOf[unit]! * automaton.states + state]!;
        state = automaton.leaves[fateFor(players[p]!, candidate)]![row]!;
        if (state === -1) return null;
        states[p] = state;
      }
      const own = automaton.completion[nextPlace[unit + 1]! * automaton.states + state]!;
      bounds[p] = own;
      bound += own;
      if (this.keys !== null) key += state * this.keys.radices[p]!;
    }
    return { states, bounds, bound, key };
  }

  private reach(label: Label, unit: number, left: Left, taker: number, next: number, gain: number): void {
    const { limit, above } = this.options;
    const value = label.value + gain;
    const spent = limit !== null && this.isCounted(unit, taker, limit) ? label.spent + gain : label.spent;
    if (limit !== null && spent > limit.atMost) return;
    let bound = value + left.bound;
    if (taker >= 0) {
      const { automaton, nextPlace } = this.component.players[taker]!;
      const own = automaton.completion[nextPlace[unit + 1]! * automaton.states + next]!;
      // Minus infinity less itself is no number: what the taker itself could not have left counts for nothing here.
      bound =
        left.bounds[taker] === impossible
          ? this.boundBut(left, unit, taker) + value + own
          : bound - left.bounds[taker]! + own;
    }
    if (!(bound > above)) return;
    const key = this.keyOf(left, taker, next, spent);
    const rival = this.layer.get(key);
    if (rival !== undefined && rival.value >= value) return;
    let states = left.states;
    if (taker >= 0 && states[taker] !== next) {
      const changed = [...states];
      changed[taker] = next;
      states = changed;
    }
    this.layer.set(key, { key, states, value, spent, bound, parent: label, taker });
  }

  private isCounted(unit: number, taker: number, { lines }: Limit): boolean {
    if (lines === null) return true;
    if (!lines.has(this.component.units[unit]!.line)) return false;
    if (taker < 0) return true;
    const player = this.component.players[taker]!;
    return player.isLocal || [...player.lines].every((line) => lines.has(line));
  }

  private boundBut({ bounds }: Left, unit: number, taker: number): number {
    let bound = this.bound.suffix[unit + 1]!;
    for (let p = 0; p < bounds.length; p++) if (p !== taker) bound += bounds[p]!;
    return bound;
  }

  private keyOf(left: Left, taker: number, next: number, spent: number): number | string {
    const isLimited = this.options.limit !== null;
    if (this.keys === null) {
      const states = left.states.map((state, p) => (p === taker ? next : state));
      return isLimited ? `${states.join()}:${spent}` : states.join();
    }
    const key = taker < 0 ? left.key : left.key + (next - left.states[taker]!) * this.keys.radices[taker]!;
    return isLimited ? key + spent * this.keys.size : key;
  }

  private usesOf(last: Label): Uses {
    const { units, players } = this.component;
    const uses: Uses = new Map();
    let label = last;
    for (let unit = units.length - 1; unit >= 0; unit--) {
      const before = label.parent!;
      const { line } = units[unit]!;
      if (label.taker >= 0) note(uses, players[label.taker]!.candidate, line);
      else if (label.taker !== nobody)
        note(uses, this.alternatives[unit]![-2 - label.taker]!.candidate, line);
      for (let p = 0; p < players.length; p++) {
        const isCounted = players[p]!.automaton.countsWhatIsLeft && label.states[p] !== before.states[p];
        if (isCounted && p !== label.taker) note(uses, players[p]!.candidate, line);
      }
      label = before;
    }
    return uses;
  }
}

function fateFor(player: Player, taker: number): Fate {
  if (taker === -1) return idle;
  return taker < player.candidate ? takenEarlier : takenLater;
}

interface Keys {
  readonly radices: readonly number[];
  readonly size: number;
}

/** Labels are told apart by one number, if it is small enough. Plans that have spent differently are never alike. */
function keysOf(players: readonly Player[], limit: Limit | null): Keys | null {
  const radices: number[] = [];
  let size = 1;
  for (const { automaton } of players) {
    radices.push(size);
    size *= automaton.states;
  }
  return size * Math.max(1, limit?.atMost ?? 1) * 2 <= Number.MAX_SAFE_INTEGER ? { radices, size } : null;
}

export function note(uses: Uses, candidate: number, line: number, count = 1): void {
  let lines = uses.get(candidate);
  if (lines === undefined) {
    lines = new Map();
    uses.set(candidate, lines);
  }
  lines.set(line, (lines.get(line) ?? 0) + count);
}
