/**
 * The order and shipping stages: what is left to pay at best, when the item stage has left the goods worth `x`.
 *
 * The candidates of these stages are few and at most one of a group applies, so every choice is tried. Mostly each choice pays
 * no less for a larger x, except where a threshold is reached; so between two thresholds less is better, and the best item plan
 * is among those that leave least above some threshold. That is what makes the stages' joint optimum tractable.
 *
 * Where slices of an amount stand beside other discounts that grow with it, a choice may pay less for a larger x (`slopes.ts`).
 * Then the amounts at which its slope changes are edges as well: from one edge to the next it is a straight line, the best of
 * several choices lies nowhere below the lower of its two ends, and either end may be the better one.
 */
import { grain } from "./grain.ts";
import type { LaterRule } from "./later-rules.ts";
import { mayFall, sumOfSlopes } from "./slopes.ts";

export interface Outcome {
  /** At least so much is paid, in millionths. Infinite where a code that must be honoured could not apply. */
  readonly pay: number;
  /** Candidates that apply. */
  readonly chosen: readonly number[];
}

/** Where guesses go on missing, halving is faster. */
const maxGuesses = 6;
/** More choices than this are not tried one by one. */
const maxChoices = 300;

export class LaterStages {
  /** More goods may cost less, also between two thresholds. */
  readonly mayFall: boolean;
  private readonly order: readonly LaterRule[];
  private readonly shipping: readonly LaterRule[];
  private readonly shippingAmount: number;
  private readonly forced: ReadonlySet<number>;
  private readonly choices: readonly (readonly LaterRule[])[] | null;
  /** Null where there is one group, or too many choices. */
  private readonly shippingChoices: readonly (readonly LaterRule[])[] | null;
  /** By so much, in millionths, rounding may help a threshold that the order stage leaves. */
  private readonly slack: number;
  private readonly memory = new Map<number, Outcome>();

  /** Rules by rank. `forced`: candidates that must apply. */
  constructor(
    order: readonly LaterRule[],
    shipping: readonly LaterRule[],
    forced: ReadonlySet<number>,
    shippingAmount: number,
    slack: number,
  ) {
    this.slack = slack;
    this.forced = forced;
    this.order = order;
    this.shipping = shipping;
    this.shippingAmount = shippingAmount * grain;
    this.choices = choicesOf(order, forced);
    this.shippingChoices = shipping.some(({ group }) => group !== shipping[0]!.group)
      ? choicesOf(shipping, forced)
      : null;
    this.mayFall = this.choices === null ? mayFallLoosely(order) : this.choices.some(mayFallOf);
  }

  payAt(worth: number): Outcome {
    let outcome = this.memory.get(worth);
    if (outcome === undefined) {
      outcome = this.choices === null ? this.payLoosely(worth) : this.bestOf(this.choices, worth);
      this.memory.set(worth, outcome);
    }
    return outcome;
  }

  /** Of all amounts from one edge to before the next: no less is paid. */
  leastWithin(from: number, to: number): Outcome {
    const atStart = this.payAt(from);
    // The goods come to whole minor units.
    if (!this.mayFall || to - grain <= from) return atStart;
    const atEnd = this.payAt(to - grain);
    return atEnd.pay < atStart.pay ? atEnd : atStart;
  }

  private bestOf(choices: readonly (readonly LaterRule[])[], worth: number): Outcome {
    let best: Outcome = { pay: Number.POSITIVE_INFINITY, chosen: [] };
    for (const choice of choices) {
      const goods = this.goodsAfter(choice, worth);
      if (goods === null) continue;
      const shipped = this.shippingAfter(goods.most, worth);
      if (shipped === null || goods.least + shipped.pay >= best.pay) continue;
      best = {
        pay: goods.least + shipped.pay,
        chosen: [...choice.map(({ candidate }) => candidate), ...shipped.chosen],
      };
    }
    return best;
  }

  /** What the choice leaves at least, and at most. Null: one of its rules could not apply. */
  private goodsAfter(choice: readonly LaterRule[], worth: number): { least: number; most: number } | null {
    let least = worth;
    let most = worth;
    for (const rule of choice) {
      if (!rule.mayHold(worth)) return null;
      const off = rule.off(worth, least);
      // One that must apply may do so for less than a minor unit more of goods; that it may not, nobody could prove here.
      if (off <= 0 && !this.forced.has(rule.candidate)) return null;
      least -= off;
      if (rule.isExact) most -= off;
    }
    return { least, most };
  }

  private shippingAfter(goods: number, worth: number): Outcome | null {
    return this.shippingChoices === null
      ? this.shippingByGroup(goods, worth)
      : this.bestShipping(this.shippingChoices, goods, worth);
  }

  private bestShipping(
    choices: readonly (readonly LaterRule[])[],
    goods: number,
    worth: number,
  ): Outcome | null {
    let best: Outcome | null = null;
    for (const choice of choices) {
      let left = this.shippingAmount;
      for (const rule of choice) {
        const off = this.mayShip(rule, goods, worth) ? rule.off(goods, left) : 0;
        left = off > 0 ? left - off : Number.POSITIVE_INFINITY;
      }
      if (left < (best?.pay ?? Number.POSITIVE_INFINITY))
        best = { pay: left, chosen: choice.map(({ candidate }) => candidate) };
    }
    return best;
  }

  /** Of each group the most that one rule can take off, as if it were alone. */
  private shippingByGroup(goods: number, worth: number): Outcome | null {
    let left = this.shippingAmount;
    const chosen: number[] = [];
    const groups = new Set(this.shipping.map(({ group }) => group));
    for (const group of groups) {
      const ofGroup = this.shipping.filter((rule) => rule.group === group);
      const forced = ofGroup.filter(({ candidate }) => this.forced.has(candidate));
      const rivals = forced.length > 0 ? forced : ofGroup;
      let best: LaterRule | null = null;
      let most = 0;
      for (const rule of rivals) {
        const off = this.mayShip(rule, goods, worth) ? rule.off(goods, this.shippingAmount) : 0;
        if (off > most) {
          most = off;
          best = rule;
        }
      }
      if (best !== null) chosen.push(best.candidate);
      else if (forced.length > 0) return null;
      left -= most;
    }
    return { pay: Math.max(0, left), chosen };
  }

  private mayShip(rule: LaterRule, goods: number, worth: number): boolean {
    return rule.mayHold(rule.asksAt === "order" ? worth : goods + this.slack);
  }

  /** Too many choices: of each group the most that one rule can take off, all at once. */
  private payLoosely(worth: number): Outcome {
    let off = 0;
    for (const group of new Set(this.order.map((rule) => rule.group))) {
      const offs = this.order.map((rule) =>
        rule.group === group && rule.mayHold(worth) ? rule.off(worth, worth) : 0,
      );
      off += Math.max(...offs);
    }
    const left = Math.max(0, worth - off);
    const shipped = this.shippingAfter(worth, worth) ?? { pay: 0, chosen: [] };
    return { pay: left + shipped.pay, chosen: shipped.chosen };
  }

  /**
   * In millionths, between `least` and `most` (exclusive of `least`): the amounts of goods at which something more may apply.
   * Thresholds of the shipping stage are asked on what the order stage leaves; the amount at which a choice just leaves so
   * much is found by halving, between thresholds where it leaves the more the more it gets.
   */
  thresholds(least: number, most: number): number[] {
    const jumps = this.jumps(least, most);
    return this.withCrossings(jumps, least, most);
  }

  /** The thresholds, and where more goods may cost less, the amounts at which a choice goes on at another slope. Null: not known. */
  edges(least: number, most: number): number[] | null {
    const jumps = this.jumps(least, most);
    if (!this.mayFall) return this.withCrossings(jumps, least, most);
    if (this.choices === null) return null;
    const bends = new Set(jumps);
    for (const choice of this.choices) {
      if (!mayFallOf(choice)) continue;
      const ofChoice = bendsOf(choice, [least, ...jumps, most + grain]);
      if (ofChoice === null) return null;
      for (const bend of ofChoice) bends.add(bend);
    }
    const edges = [...bends].sort((a, b) => a - b);
    return this.withCrossings(edges, least, most);
  }

  private jumps(least: number, most: number): number[] {
    const steps = new Set<number>();
    const ofOrder = [...this.order, ...this.shipping.filter(({ asksAt }) => asksAt === "order")];
    for (const rule of ofOrder) for (const at of rule.thresholds) steps.add(at * grain);
    return [...steps].filter((at) => at > least && at <= most).sort((a, b) => a - b);
  }

  private withCrossings(inside: number[], least: number, most: number): number[] {
    const ofShipping = this.shipping
      .filter(({ asksAt }) => asksAt === "shipping")
      .flatMap((rule) => rule.thresholds.map((at) => at * grain - this.slack));
    if (ofShipping.length === 0) return inside;
    const edges = [least, ...inside, most + grain];
    const crossings = new Set(inside);
    for (let i = 0; i + 1 < edges.length; i++)
      for (const choice of this.choices ?? [this.order]) {
        const left = (worth: number) => this.goodsAfter(choice, worth)?.most ?? Number.NEGATIVE_INFINITY;
        for (const at of ofShipping) {
          const crossing = crossingOf(left, edges[i]!, edges[i + 1]! - grain, at);
          if (crossing !== null && crossing > least) crossings.add(crossing);
        }
      }
    return [...crossings].sort((a, b) => a - b);
  }

  /** From this edge to before the next something pays less than `pay`: from the answer on nothing does any more. All in millionths. */
  endBelow(pay: number, from: number, to: number): number {
    const isEndBelow = this.mayFall && this.payAt(to - grain).pay < pay;
    return isEndBelow ? to : this.firstNotBelow(pay, from, to) * grain;
  }

  /**
   * In whole minor units: the least amount between `from` and `to` (both in millionths, with no threshold between them) that pays
   * `pay` or more; `from` pays less. What is paid rises with the goods and by no more than they do, so the first guesses are never
   * too high, and mostly right.
   */
  private firstNotBelow(pay: number, from: number, to: number): number {
    let low = Math.floor(from / grain);
    let high = Math.ceil(to / grain);
    for (let guesses = 0; high - low > 1; guesses++) {
      const missing = Math.ceil((pay - this.payAt(low * grain).pay) / grain) - 1;
      const middle = guesses < maxGuesses ? low + Math.max(1, missing) : Math.floor((low + high) / 2);
      const next = Math.min(middle, high - 1);
      if (this.payAt(next * grain).pay < pay) low = next;
      else high = next;
    }
    return high;
  }
}

/** The least whole amount from `from` to `to` at which `left` has come to the other side of `at`, going one way all along. */
function crossingOf(left: (worth: number) => number, from: number, to: number, at: number): number | null {
  if (to <= from) return null;
  const isAbove = left(to) >= at;
  if (left(from) >= at === isAbove) return null;
  let low = Math.floor(from / grain);
  let high = Math.ceil(to / grain);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (left(middle * grain) >= at === isAbove) high = middle;
    else low = middle;
  }
  return high * grain;
}

function mayFallOf(choice: readonly LaterRule[]): boolean {
  return choice.length > 0 && mayFall(sumOfSlopes(choice.map(({ slope }) => slope)));
}

/** Where not every choice is tried, one rule of a group may take over from another as well. */
function mayFallLoosely(rules: readonly LaterRule[]): boolean {
  let rate = 0;
  for (const group of new Set(rules.map((rule) => rule.group)))
    rate += Math.max(...rules.map((rule) => (rule.group === group ? rule.slope.rate : 0)));
  return rate > grain;
}

/**
 * The amounts of goods at which what the choice leaves goes on at another slope. `edges`: between two of them nothing jumps. One
 * rule after the other: up to the bends of those before it, what a rule finds is a straight line, which crosses a bend of its
 * own once.
 */
function bendsOf(choice: readonly LaterRule[], edges: readonly number[]): readonly number[] | null {
  const [least, end] = [edges[0]!, edges.at(-1)!];
  let bends = edges;
  for (const [i, rule] of choice.entries()) {
    if (rule.bends === null) return null;
    const left = (worth: number) =>
      choice.slice(0, i).reduce((rest, before) => rest - before.off(worth, rest), worth);
    const further = rule.bends.ofBase.map((at) => at * grain);
    for (let k = 0; k + 1 < bends.length; k++)
      for (const at of rule.bends.ofLeft) {
        const crossing = crossingOf(left, bends[k]!, bends[k + 1]! - grain, at);
        if (crossing !== null) further.push(crossing);
      }
    bends = [...new Set([...bends, ...further.filter((at) => at > least && at < end)])].sort((a, b) => a - b);
  }
  return bends.slice(1, -1);
}

/** Every set of rules with at most one of a group; those that must apply leave their group no choice. Null: too many. */
function choicesOf(
  rules: readonly LaterRule[],
  forced: ReadonlySet<number>,
): (readonly LaterRule[])[] | null {
  const isForced = ({ candidate }: LaterRule) => forced.has(candidate);
  const forcedGroups = new Set(rules.filter(isForced).map(({ group }) => group));
  let choices: LaterRule[][] = [[]];
  for (const rule of rules) {
    if (forcedGroups.has(rule.group) && !isForced(rule)) continue;
    const longer = choices
      .filter((choice) => !choice.some(({ group }) => group === rule.group))
      .map((choice) => [...choice, rule]);
    choices = [...choices, ...longer];
    if (choices.length > maxChoices) return null;
  }
  return choices.filter((choice) =>
    [...forcedGroups].every((group) => choice.some((rule) => rule.group === group)),
  );
}
