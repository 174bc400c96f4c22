/**
 * The search: label setting over the units of a component (Desrochers 1988; the layers of a decision diagram).
 *
 * A label is what has been decided about the units so far: the state of every automaton, and the value. Two labels with equal
 * states have the same future, so only the better one is kept. A label whose value and bound together cannot beat what is known
 * already is dropped. Only where labels get too many are the least promising cut, and what was cut stays in the answer's bound.
 *
 * Where what all components take off together is limited, they are searched one after the other, and labels differ by how
 * much they have spent as well, until there is nothing left that could pass the limit.
 */
import { impossible } from "./automaton.ts";
import type { Relaxation } from "./bound.ts";
import type { Alternative } from "./component.ts";
import { type FoundPlan, planEndingIn } from "./found-plan.ts";
import { type LabelTable, labelTable, nobody } from "./labels.ts";
import { idle, takenEarlier, takenLater } from "./machine.ts";
import { memory } from "./memory.ts";
import type { Work } from "./work.ts";

/** What is taken off the goods of some lines (null: of all) may not pass `atMost`. Of that, as much is counted as is certain. */
export interface Limit {
  readonly atMost: number;
  readonly lines: ReadonlySet<number> | null;
  /** Besides, what is taken off all goods may not pass this. */
  readonly inAll?: number;
  /** Who passes the first by no more than this might not when all is counted, and who stays below it by no more, might. */
  readonly slack?: number;
}

export interface SearchOptions {
  /** Only plans worth more than this are of interest. */
  readonly above: number;
  readonly limit: Limit | null;
  /** How many labels are kept from unit to unit. */
  readonly width: number;
  /** Of the plans found, the best that passes is wanted. Absent: any does. */
  passes?(plan: FoundPlan): boolean;
}

export interface Found {
  /** The best plan found; null: none that is worth more than `above`. */
  readonly plan: FoundPlan | null;
  /** No plan is worth more than this, or than `above`. */
  readonly most: number;
  /** Labels were cut, so that wider there may be more to find. */
  readonly isCut: boolean;
  /** There are plans that pass the limit by no more than its slack; what they come to when all is counted nobody asked. */
  readonly isNear: boolean;
}

/** Of labels that cannot pass the limit any more nobody asks what they have spent. */
const free = -1;

/** So many plans are asked whether they pass. */
const maxAsked = 60;

/** `parts`: components with their bounds, as they were last improved. */
export function search(parts: readonly Relaxation[], options: SearchOptions, work: Work): Found {
  return new Search(parts, options, work).run();
}

class Search {
  private readonly parts: readonly Relaxation[];
  private readonly options: SearchOptions;
  private readonly work: Work;
  private readonly labels: LabelTable = labelTable;
  private readonly above: number;
  /** With the slack. */
  private readonly atMost: number;
  private readonly atMostInAll: number;
  private readonly slack: number;
  /** Of what all goods bring. */
  private readonly ceiling: number;
  private dropped = Number.NEGATIVE_INFINITY;
  /** A label's states as they will be. */
  private readonly states: Int32Array;

  // The component at hand, and the unit.
  private part!: Relaxation;
  private alternatives!: readonly (readonly Alternative[])[];
  private mayIdle = false;
  /** By player: does what the taker brings count towards the limit wherever it falls? */
  private isAlwaysCounted: boolean[] = [];
  /** What a group brings counts when it is complete: then more may come to count than is still to be brought. */
  private countsLater = false;
  /** What the components to come bring at most, and this unit's successors. */
  private beyond = 0;
  private unit = 0;
  /** By player: where its rows stand at this unit (-1: it does not cover it), and its completions at the next that it covers. */
  private readonly rowsAt: Int32Array;
  private readonly completionsAt: Int32Array;
  /** By player: does it matter to it who takes the unit? And how many of them there are. */
  private readonly isLeaver: Uint8Array;
  private leavers = 0;
  /** Of the label at hand: what is still to come, from all players but those; by player; and who cannot do without the unit. */
  private others = 0;
  private readonly ofOthers: Float64Array;
  private mustTake = nobody;

  constructor(parts: readonly Relaxation[], options: SearchOptions, work: Work) {
    this.parts = parts;
    this.options = options;
    this.work = work;
    this.above = options.above;
    this.slack = options.limit?.slack ?? 0;
    this.atMost = (options.limit?.atMost ?? Number.POSITIVE_INFINITY) + this.slack;
    this.atMostInAll = options.limit?.inAll ?? Number.POSITIVE_INFINITY;
    this.ceiling = options.limit?.lines === null ? options.limit.atMost : this.atMostInAll;
    let width = 1;
    for (const { component } of parts) width = Math.max(width, component.players.length);
    this.states = new Int32Array(width);
    this.rowsAt = new Int32Array(width);
    this.completionsAt = new Int32Array(width);
    this.isLeaver = new Uint8Array(width);
    this.ofOthers = new Float64Array(width);
    this.labels.reset(width);
  }

  run(): Found {
    const { labels } = this;
    labels.startLayer();
    const first = labels.find(
      this.states,
      this.options.limit === null ? free : 0,
      this.atMostInAll === Number.POSITIVE_INFINITY ? free : 0,
    );
    labels.value[first] = 0;
    labels.parent[first] = -1;
    let layer = [first];
    for (let i = 0; i < this.parts.length; i++) {
      if (i > 0) layer = this.begin(layer);
      this.enter(i);
      for (let unit = 0; unit < this.part.component.units.length; unit++) {
        this.goTo(unit);
        labels.startLayer();
        const from = labels.count;
        for (const label of layer) this.extend(label);
        layer = this.kept(from);
        this.work.spend(layer.length * (this.part.component.players.length + 1));
        if (layer.length === 0) return this.found([]);
      }
    }
    const { value } = labels;
    layer.sort((a, b) => value[b]! - value[a]!);
    return this.found(layer);
  }

  /** `layer`: all that there is, the best first. */
  private found(layer: readonly number[]): Found {
    const { dropped, above, atMost, slack, labels } = this;
    const kept = slack === 0 ? layer : layer.filter((label) => labels.spent[label]! <= atMost - slack);
    const most = kept.length === 0 ? dropped : Math.max(labels.value[kept[0]!]!, dropped);
    return { plan: this.bestOf(kept), most, isCut: dropped > above, isNear: kept.length < layer.length };
  }

  private bestOf(layer: readonly number[]): FoundPlan | null {
    const { limit, passes } = this.options;
    for (let i = 0; i < layer.length && i < maxAsked; i++) {
      const plan = planEndingIn(layer[i]!, this.labels, this.parts, limit !== null);
      if (passes === undefined || passes(plan)) return plan;
    }
    return null;
  }

  // -------------------------------------------------------------- where it stands

  private enter(index: number): void {
    const { limit } = this.options;
    this.part = this.parts[index]!;
    const { component } = this.part;
    const { players } = component;
    this.alternatives = limit === null ? component.alternatives : component.allAlternatives;
    // An idle unit is worth less than one with an alternative, unless somebody must count it or the value is limited.
    this.mayIdle = limit !== null || players.some(({ automaton }) => automaton.leavesAt !== -1);
    this.countsLater = players.some(({ automaton }) => automaton.countsAt !== -1);
    this.beyond = 0;
    for (let i = index + 1; i < this.parts.length; i++) this.beyond += this.parts[i]!.most;
    if (limit?.lines)
      this.isAlwaysCounted = players.map(
        ({ isLocal, lines }) => isLocal || lines.every((line) => limit.lines!.has(line)),
      );
  }

  private goTo(unit: number): void {
    const { players } = this.part.component;
    const { ints } = memory;
    this.unit = unit;
    this.leavers = 0;
    for (let p = 0; p < players.length; p++) {
      const { automaton, placesAt, nextPlacesAt } = players[p]!;
      const place = ints[placesAt + unit]!;
      this.rowsAt[p] = place === -1 ? -1 : automaton.rowOfAt + place * automaton.states;
      this.completionsAt[p] = automaton.completionAt + ints[nextPlacesAt + unit + 1]! * automaton.states;
      const isLeaver = place !== -1 && automaton.leavesAt !== -1 ? 1 : 0;
      this.isLeaver[p] = isLeaver;
      this.leavers += isLeaver;
    }
  }

  /** The labels at the end of a component begin the next: all automata at their start. */
  private begin(layer: readonly number[]): number[] {
    const { labels } = this;
    labels.startLayer();
    const from = labels.count;
    this.states.fill(0);
    for (const label of layer) {
      const next = labels.find(this.states, labels.spent[label]!, labels.spentInAll[label]!);
      if (labels.value[next]! >= labels.value[label]!) continue;
      labels.value[next] = labels.value[label]!;
      labels.bound[next] = labels.bound[label]!;
      labels.parent[next] = label;
      labels.taker[next] = nobody;
    }
    return this.kept(from);
  }

  /** Of the labels since `from` those that promise most; where some are cut, the best first. */
  private kept(from: number): number[] {
    const { labels, work } = this;
    const width = work.isSpent() ? Math.min(this.options.width, 8) : this.options.width;
    const ids: number[] = [];
    if (labels.count - from <= width) {
      for (let id = from; id < labels.count; id++) ids.push(id);
      return ids;
    }
    for (let id = from; id < labels.count; id++) {
      let at = ids.length;
      if (at === width) {
        const isBetter = this.isBetter(id, ids[width - 1]!);
        this.dropped = Math.max(this.dropped, this.promiseOf(isBetter ? ids.pop()! : id));
        if (!isBetter) continue;
        at--;
      }
      // Halving: few labels come after many that are worse.
      for (let low = 0; low < at; ) {
        const middle = (low + at) >> 1;
        if (this.isBetter(id, ids[middle]!)) at = middle;
        else low = middle + 1;
      }
      if (at === ids.length) ids.push(id);
      else ids.splice(at, 0, id);
    }
    return ids;
  }

  /** Whatever a label promises, plans bring no more than the limit; and who is close to it already need not take anything more. */
  private promiseOf(label: number): number {
    return Math.min(this.labels.bound[label]!, this.ceiling);
  }

  private isBetter(a: number, b: number): boolean {
    const more = this.promiseOf(a) - this.promiseOf(b);
    return more > 0 || (more === 0 && this.labels.value[a]! > this.labels.value[b]!);
  }

  // -------------------------------------------------------------- steps

  private extend(label: number): void {
    const { players } = this.part.component;
    const { labels, rowsAt } = this;
    const { ints, doubles } = memory;
    const from = label * labels.width;
    if (!this.weighOthers(label)) return;
    for (let p = 0; p < players.length; p++) {
      if (rowsAt[p] === -1) continue;
      const { automaton, candidate } = players[p]!;
      const row = ints[rowsAt[p]! + labels.states[from + p]!]!;
      const to = ints[automaton.stepsAt + row + 1]!;
      for (let step = ints[automaton.stepsAt + row]!; step < to; step++) {
        const gain = doubles[automaton.gainsAt + step]!;
        const counted =
          automaton.countsAt === -1 ? this.countedOf(p, gain) : doubles[automaton.countsAt + step]!;
        this.reach(label, p, candidate, ints[automaton.nextsAt + step]!, gain, counted);
      }
    }
    const ofUnit = this.alternatives[this.unit]!;
    for (let a = 0; a < ofUnit.length; a++) {
      const { candidate, gain } = ofUnit[a]!;
      this.reach(label, -2 - a, candidate, 0, gain, this.countedOf(-2 - a, gain));
    }
    if (this.mayIdle || ofUnit.length === 0) this.reach(label, nobody, -1, 0, 0, 0);
  }

  /**
   * What a label's automata can still bring whoever takes the unit, summed once for all takers: without those to whom it
   * matters who that is. False: nobody can take it.
   */
  private weighOthers(label: number): boolean {
    const { labels, states, completionsAt, ofOthers, isLeaver, part } = this;
    const { doubles } = memory;
    const size = part.component.players.length;
    const from = label * labels.width;
    this.others = doubles[part.suffixAt + this.unit + 1]! + this.beyond;
    this.mustTake = nobody;
    for (let p = 0; p < size; p++) {
      const state = labels.states[from + p]!;
      states[p] = state;
      ofOthers[p] = 0;
      if (isLeaver[p] === 1) continue;
      const rest = doubles[completionsAt[p]! + state]!;
      if (rest !== impossible) {
        ofOthers[p] = rest;
        this.others += rest;
      } else if (this.mustTake === nobody) this.mustTake = p;
      else return false;
    }
    return true;
  }

  /** The taker gets the unit, and everybody else leaves it, unless somebody may not. */
  private reach(
    label: number,
    taker: number,
    candidate: number,
    next: number,
    gain: number,
    counted: number,
  ): void {
    const { labels, states, completionsAt, isLeaver } = this;
    if (this.mustTake !== nobody && this.mustTake !== taker) return;
    const value = labels.value[label]! + gain;
    let spent = labels.spent[label]!;
    if (spent !== free) spent += counted;
    let spentInAll = labels.spentInAll[label]!;
    if (spentInAll !== free) spentInAll += gain;
    if (spentInAll > this.atMostInAll || spent > this.atMost) return;
    const { doubles } = memory;
    let rest = this.others;
    if (taker >= 0) rest += doubles[completionsAt[taker]! + next]! - this.ofOthers[taker]!;
    if (this.leavers > 0) rest += this.leave(label, taker, candidate);
    const bound = value + rest;
    if (!(bound > this.above)) return;
    if (spent !== free && !this.countsLater && spent + rest <= this.atMost - this.slack * 2) spent = free;
    if (spentInAll !== free && spentInAll + rest <= this.atMostInAll) spentInAll = free;
    let before = 0;
    if (taker >= 0) {
      before = states[taker]!;
      states[taker] = next;
    }
    const id = labels.find(states, spent, spentInAll);
    if (taker >= 0 && isLeaver[taker] === 0) states[taker] = before;
    if (labels.value[id]! >= value) return;
    labels.value[id] = value;
    labels.bound[id] = bound;
    labels.parent[id] = label;
    labels.taker[id] = taker;
  }

  /** Moves those to whom it matters who takes the unit; answers what they can still bring, or that one may not leave it like this. */
  private leave(label: number, taker: number, candidate: number): number {
    const { labels, states, rowsAt, completionsAt, isLeaver } = this;
    const { players } = this.part.component;
    const { ints, doubles } = memory;
    const from = label * labels.width;
    let rest = 0;
    for (let p = 0; p < players.length; p++) {
      if (isLeaver[p] === 0 || p === taker) continue;
      const { automaton, candidate: own } = players[p]!;
      const fate = taker === nobody ? idle : candidate < own ? takenEarlier : takenLater;
      const row = ints[rowsAt[p]! + labels.states[from + p]!]!;
      const state = ints[automaton.leavesAt + fate * automaton.rows + row]!;
      if (state === -1) return impossible;
      states[p] = state;
      rest += doubles[completionsAt[p]! + state]!;
    }
    return rest;
  }

  /** What of a gain counts towards the limit, where the automaton does not say. */
  private countedOf(taker: number, gain: number): number {
    const { limit } = this.options;
    if (limit === null || limit.lines === null) return gain;
    if (!limit.lines.has(this.part.component.units[this.unit]!.line)) return 0;
    return taker < 0 || this.isAlwaysCounted[taker]! ? gain : 0;
  }
}
