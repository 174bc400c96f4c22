/**
 * The search: label setting over the units of a component (Desrochers 1988; the layers of a decision diagram).
 *
 * A label is what has been decided about the units so far: the state of every automaton, and the value. Two labels with equal
 * states have the same future, so only the better one is kept. A label whose value and bound together cannot beat what is known
 * already is dropped. Only where labels get too many are the least promising cut, and what was cut stays in the answer's bound.
 */
import type { Bound } from "./bound.ts";
import type { Component, Player } from "./component.ts";
import { type Fate, idle, takenEarlier, takenLater } from "./machine.ts";
import type { Work } from "./work.ts";

/** By candidate, then line: how many of its units the promotion takes or counts. */
export type Uses = Map<number, Map<number, number>>;

export interface SearchOptions {
  /** Only plans worth more than this are of interest. */
  readonly above: number;
  /** No plan may be worth more than this; null: any may. */
  readonly atMost: number | null;
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
  readonly bound: number;
  readonly parent: Label | null;
  /** Who takes the unit before: a player's number, or an alternative's (negative, from -2 on), or nobody: -1. */
  readonly taker: number;
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
  private readonly radices: readonly number[] | null;
  private layer = new Map<number | string, Label>();
  private dropped = Number.NEGATIVE_INFINITY;
  private readonly mayIdle: boolean;
  private readonly alternatives: Component["alternatives"];

  constructor(component: Component, bound: Bound, options: SearchOptions, work: Work) {
    this.component = component;
    this.bound = bound;
    this.options = options;
    this.work = work;
    this.alternatives = options.atMost === null ? component.alternatives : component.allAlternatives;
    this.radices = radicesOf(component.players, options.atMost !== null);
    // An idle unit is worth less than one with an alternative, unless somebody must count it or the value is limited.
    this.mayIdle =
      options.atMost !== null || component.players.some(({ automaton }) => automaton.leaves !== null);
  }

  run(): Found {
    const { units, players } = this.component;
    const first: Label = {
      key: 0,
      states: players.map(({ automaton }) => automaton.start),
      value: 0,
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
    for (let p = 0; p < players.length; p++) {
      const { automaton, placeOf, candidate } = players[p]!;
      const place = placeOf[unit]!;
      if (place === -1) continue;
      const row = automaton.rowOf[place * automaton.states + label.states[p]!]!;
      for (let step = automaton.stepsFrom[row]!; step < automaton.stepsFrom[row + 1]!; step++) {
        const value = label.value + automaton.stepGain[step]!;
        this.reach(label, unit, p, candidate, automaton.stepNext[step]!, value);
      }
    }
    const ofUnit = this.alternatives[unit]!;
    for (let a = 0; a < ofUnit.length; a++)
      this.reach(label, unit, -2 - a, ofUnit[a]!.candidate, 0, label.value + ofUnit[a]!.gain);
    if (this.mayIdle || ofUnit.length === 0) this.reach(label, unit, nobody, -1, 0, label.value);
  }

  /** The unit goes to `taker`; everybody else leaves it. */
  private reach(
    label: Label,
    unit: number,
    taker: number,
    candidate: number,
    next: number,
    value: number,
  ): void {
    const { players } = this.component;
    const { atMost, above } = this.options;
    if (atMost !== null && value > atMost) return;
    const states = new Array<number>(players.length);
    let bound = value + this.bound.suffix[unit + 1]!;
    for (let p = 0; p < players.length; p++) {
      const { automaton, placeOf, nextPlace } = players[p]!;
      let state = label.states[p]!;
      if (p === taker) state = next;
      else if (automaton.leaves !== null && placeOf[unit] !== -1) {
        const row = automaton.rowOf[placeOf[unit]! * automaton.states + state]!;
        state = automaton.leaves[fateFor(players[p]!, candidate)]![row]!;
        if (state === -1) return;
      }
      states[p] = state;
      bound += automaton.completion[nextPlace[unit + 1]! * automaton.states + state]!;
    }
    if (!(bound > above)) return;
    const key = this.keyOf(states, value);
    const rival = this.layer.get(key);
    if (rival !== undefined && rival.value >= value) return;
    this.layer.set(key, { key, states, value, bound, parent: label, taker });
  }

  private keyOf(states: readonly number[], value: number): number | string {
    if (this.radices === null) return `${states.join()}:${this.options.atMost === null ? "" : value}`;
    let key = 0;
    for (let p = 0; p < states.length; p++) key += states[p]! * this.radices[p]!;
    return key;
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

/** Labels are told apart by one number, if it is small enough. Limited plans of different value are never alike. */
function radicesOf(players: readonly Player[], isLimited: boolean): readonly number[] | null {
  if (isLimited) return null;
  const radices: number[] = [];
  let product = 1;
  for (const { automaton } of players) {
    radices.push(product);
    product *= automaton.states;
  }
  return product <= Number.MAX_SAFE_INTEGER ? radices : null;
}

export function note(uses: Uses, candidate: number, line: number, count = 1): void {
  let lines = uses.get(candidate);
  if (lines === undefined) {
    lines = new Map();
    uses.set(candidate, lines);
  }
  lines.set(line, (lines.get(line) ?? 0) + count);
}
