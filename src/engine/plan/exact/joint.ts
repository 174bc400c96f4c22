/**
 * All stages together, for promotions that may all stand beside each other: the least that any plan pays, and plans worth
 * pricing.
 *
 * Between two thresholds of the later stages the cheapest is what takes off most in the item stage. So the item stage is
 * solved once without a limit, and again, "as much as possible but no more than", for each threshold at which the later
 * stages promise more than the best plan known.
 */
import type { Situation } from "../../situation.ts";
import { hasRateIn } from "./benefit-fields.ts";
import { grain } from "./grain.ts";
import { type ItemStage, itemStage } from "./item-stage.ts";
import { type LaterRule, laterRule } from "./later-rules.ts";
import { LaterStages, type Outcome } from "./later-stages.ts";
import { mostRounded } from "./rounding.ts";
import type { Limit } from "./search.ts";
import type { Uses } from "./uses.ts";
import type { Work } from "./work.ts";

export interface Suggestion {
  readonly uses: Uses;
  /** Candidates of the later stages that apply. */
  readonly later: readonly number[];
  /** Candidates whose item part is not understood: what they may use is not limited. */
  readonly unlimited: readonly number[];
  /** It is known what units everybody takes. */
  readonly isSure: boolean;
  /** What the model says is paid, in millionths; null where it only bounds it. */
  readonly pay: number | null;
}

/** Takes note of a suggestion; answers what the best plan pays, in minor units, as far as known. `isTied`: this one pays no less. */
export type Consider = (suggestion: Suggestion, isTied: boolean) => number;

/** More thresholds than this are not looked at one by one. */
const maxThresholds = 100;
/** At most so many limited searches. */
const maxLimited = 12;
/** So many rules on selected goods are decided one after the other. */
const maxDepth = 3;

/**
 * `forced`: candidates without which no plan will do, as far as the model can be told (`forced.ts`). Answers the least that a plan of these candidates pays, in millionths;
 * null: the cart is too large.
 */
export function solveJointly(
  situation: Situation,
  candidates: readonly number[],
  forced: ReadonlySet<number>,
  known: Known,
  consider: Consider,
  work: Work,
): number | null {
  const items = itemStage(situation, candidates, forced, work);
  return items === null
    ? null
    : new Joint(situation, candidates, items, consider, work).solve(candidates, forced, null, known, 0);
}

export interface Known {
  readonly total: number;
  /** Promotions were in each other's way. */
  readonly isRivalled: boolean;
}

class Joint {
  private readonly situation: Situation;
  private readonly items: ItemStage;
  private readonly consider: Consider;
  private readonly work: Work;
  private readonly worth: number;
  /** By so much, in millionths, rounding may change what all item promotions take off. */
  private readonly slack: number;
  /** Of the order stage, and of the shipping stage. */
  private readonly orderRules: readonly LaterRule[];
  private readonly shippingRules: readonly LaterRule[];

  constructor(
    situation: Situation,
    candidates: readonly number[],
    items: ItemStage,
    consider: Consider,
    work: Work,
  ) {
    this.situation = situation;
    this.orderRules = candidates.flatMap((index) => laterRule(situation, index, "order") ?? []);
    this.shippingRules = candidates.flatMap((index) => laterRule(situation, index, "shipping") ?? []);
    this.items = items;
    this.consider = consider;
    this.work = work;
    this.worth = situation.cart.subtotal * grain;
    const rounded = items.offers.filter(({ isWhole }) => !isWhole).length;
    this.slack = mostRounded(situation.rounding) * rounded;
  }

  /** `scope`: so much is left of some goods. */
  solve(
    candidates: readonly number[],
    forced: ReadonlySet<number>,
    scope: Limit | null,
    known: Known,
    depth: number,
  ): number | null {
    const { worth, work, items } = this;
    if (items.solved.most === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
    const later = this.laterStages(candidates, forced);
    const above = scope === null ? Number.NEGATIVE_INFINITY : this.tooLittle(later.stages, known.total);
    const solved = scope === null ? items.solved : items.within(above, scope);
    if (solved === null) return 0;
    if (scope !== null && solved.most <= above) return known.total * grain;
    const { dearest, isDoubtful } = this.dearest(later.stages, worth - solved.most);
    const atDearest = later.stages.payAt(dearest);
    // A plan that reaches the bound is as good as any; another as good could only win a tie where promotions are rivals.
    const isReached = known.total * grain - atDearest.pay < grain;
    let best = known.total;
    if ((!isReached || known.isRivalled) && solved.value >= 0)
      best = Math.min(best, this.suggest(later, solved.uses, solved.value, isDoubtful, isReached));

    const { stages } = later;
    const edges = stages.edges(dearest, worth);
    if (edges === null || edges.length > maxThresholds) return null;
    // Where more goods may cost less, something may be better than the dearest without any threshold.
    const starts = stages.mayFall ? [dearest, ...edges] : edges;
    const ranges = starts
      .map((from, i) => ({ from, to: starts[i + 1] ?? worth + grain }))
      .map((range) => ({ ...range, least: stages.leastWithin(range.from, range.to) }))
      .sort((a, b) => a.least.pay - b.least.pay || a.from - b.from);
    // What promises most, as far as nobody could show that it is not to be had.
    let open = atDearest;
    let limited = 0;
    let isUnsought = false;
    for (const { from, to, least } of ranges) {
      let rest = { from, least };
      while (rest.from < to && rest.least.pay < best * grain) {
        const range = { from: rest.from, end: stages.endBelow(best * grain, rest.from, to) };
        const found = limited++ >= maxLimited || work.isSpent() ? null : bestIn(items, worth, scope, range);
        if (found === null) {
          open = lower(open, rest.least);
          isUnsought = true;
          break;
        }
        if (found.uses.size > 0 || found.value >= 0)
          best = Math.min(best, this.suggest(later, found.uses, found.value, false));
        if (found.most === null) break;
        const reached = worth - found.value;
        const isOver = !stages.mayFall || found.most < reached;
        open = lower(open, isOver ? stages.leastWithin(found.most, to) : stages.payAt(reached));
        if (isOver) break;
        // Where more goods may cost less, the plan that leaves the next more may be the better one.
        rest = { from: reached + 1, least: stages.leastWithin(reached + 1, to) };
      }
    }
    // Where plans that keep a threshold cannot be sought, there is at least the one that takes off nothing before.
    if (isUnsought) best = Math.min(best, this.suggestUntouched(later));
    // Thresholds that promise no more than the best plan were not looked at.
    const least = Math.min(open.pay, best * grain);
    if (best * grain - least < grain || depth >= maxDepth || work.isSpent()) return least;
    const rule = this.openScope(later.rules, forced, open.chosen);
    if (rule === null) return least;
    const without = this.solve(
      candidates.filter((index) => index !== rule.candidate),
      forced,
      scope,
      { ...known, total: best },
      depth + 1,
    );
    if (without === null) return least;
    const withIt = this.withScopes(candidates, forced, rule, { ...known, total: best }, depth + 1);
    return Math.max(least, Math.min(without, withIt));
  }

  private laterStages(candidates: readonly number[], forced: ReadonlySet<number>): Later {
    const { cart, candidates: all } = this.situation;
    const isIn = ({ candidate }: LaterRule) => candidates.includes(candidate);
    const order = this.orderRules.filter(isIn);
    const shipping = this.shippingRules.filter(isIn);
    const rounds = order.some(({ candidate }) => hasRateIn(all[candidate]!.promotion, "order"));
    return {
      rules: order,
      stages: new LaterStages(order, shipping, forced, cart.shippingAmount, rounds ? grain : 0),
      isExact: (chosen) =>
        [...order, ...shipping].every(({ isExact, candidate }) => isExact || !chosen.includes(candidate)),
    };
  }

  /** Item plans worth no more than this leave so much that none pays less than the best plan known. */
  private tooLittle(stages: LaterStages, total: number): number {
    const { worth, items, slack } = this;
    const least = Math.max(0, worth - items.solved.most - slack);
    const inside = stages.edges(least, worth);
    if (inside === null) return Number.NEGATIVE_INFINITY;
    const edges = [least, ...inside, worth + grain];
    for (let i = edges.length - 2; i >= 0; i--) {
      const from = edges[i]!;
      const to = edges[i + 1]!;
      if (stages.leastWithin(from, to).pay < total * grain)
        return worth - stages.endBelow(total * grain, from, to) - slack;
    }
    return items.solved.most;
  }

  /**
   * What the best item plan leaves, as the model counts. Rounding may take it below a threshold that it just reaches: then it is
   * bounded as if it did not, and who does reach the threshold is asked like for any other.
   */
  private dearest(stages: LaterStages, counted: number): { dearest: number; isDoubtful: boolean } {
    const { slack } = this;
    const [lowest] = slack === 0 ? [] : stages.thresholds(counted - slack, counted);
    return lowest === undefined
      ? { dearest: counted, isDoubtful: false }
      : { dearest: lowest - 1, isDoubtful: true };
  }

  /** `isDoubtful`: it may be rounded past a threshold. */
  private suggest(
    { stages, isExact }: Later,
    uses: Uses,
    value: number,
    isDoubtful: boolean,
    isTied = false,
  ): number {
    const { offers, isExact: isExactBefore } = this.items;
    const { pay, chosen } = stages.payAt(this.worth - value);
    const unlimited = offers.filter(({ type }) => type === "lump").map(({ candidate }) => candidate);
    const isKnown = isExactBefore && !isDoubtful && isExact(chosen) && this.areWhole(uses, chosen);
    return this.consider(
      { uses, later: chosen, unlimited, isSure: isExactBefore, pay: isKnown ? payable(pay) : null },
      isTied,
    );
  }

  private suggestUntouched({ stages, isExact }: Later): number {
    const { pay, chosen } = stages.payAt(this.worth);
    const uses: Uses = new Map();
    const isKnown = isExact(chosen) && this.areWhole(uses, chosen);
    return this.consider(
      { uses, later: chosen, unlimited: [], isSure: true, pay: isKnown ? payable(pay) : null },
      false,
    );
  }

  /**
   * Every part of a later stage applies, of all that apply at all. The model gives each part's place to whom it likes; the evaluator
   * asks all parts of a promotion that is in the plan.
   */
  private areWhole(uses: Uses, chosen: readonly number[]): boolean {
    for (const index of new Set([...uses.keys(), ...chosen])) {
      const { parts } = this.situation.candidates[index]!.promotion;
      let left = 0;
      for (const { stage } of parts) if (stage === "order" || stage === "shipping") left++;
      if (left === 0 || (left === 1 && chosen.includes(index))) continue;
      if (chosen.filter((other) => other === index).length < left) return false;
    }
    return true;
  }

  /** A rule of the order stage that the bound counts on, although the item stage may leave too little of its goods. */
  private openScope(
    rules: readonly LaterRule[],
    forced: ReadonlySet<number>,
    chosen: readonly number[],
  ): LaterRule | null {
    if (!this.items.isExact) return null;
    const touched = new Set(this.items.offers.flatMap(({ slots }) => slots.flat()));
    const isOpen = ({ candidate, scopes }: LaterRule) =>
      chosen.includes(candidate) &&
      !forced.has(candidate) &&
      this.situation.candidates[candidate]!.promotion.parts.length === 1 &&
      scopes().some(({ lines }) => lines.some((line) => touched.has(line)));
    return rules.find(isOpen) ?? null;
  }

  /** With the rule: no plan that keeps enough of its goods pays less. */
  private withScopes(
    candidates: readonly number[],
    forced: ReadonlySet<number>,
    rule: LaterRule,
    known: Known,
    depth: number,
  ): number {
    const { lines } = this.situation.cart;
    let least = 0;
    for (const { lines: inScope, atLeast } of rule.scopes()) {
      const listed = inScope.reduce((sum, line) => sum + lines[line]!.unitPrice * lines[line]!.quantity, 0);
      if (listed < atLeast) return Number.POSITIVE_INFINITY;
      const scope = { atMost: (listed - atLeast) * grain, lines: new Set(inScope) };
      least = Math.max(
        least,
        this.solve(candidates, new Set([...forced, rule.candidate]), scope, known, depth) ?? 0,
      );
    }
    return least;
  }
}

/** Null: what must apply could not, so what such a plan costs was not counted. */
function payable(pay: number): number | null {
  return Number.isFinite(pay) ? pay : null;
}

function lower(a: Outcome, b: Outcome): Outcome {
  return b.pay < a.pay ? b : a;
}

/**
 * The item plan that leaves least, but at least `from`, and less than `end`. `most`: the amount that no plan undercuts; null: there is
 * none. Null: such plans cannot be sought.
 */
function bestIn(
  items: ItemStage,
  worth: number,
  scope: Limit | null,
  { from, end }: { readonly from: number; readonly end: number },
): { uses: Uses; value: number; most: number | null } | null {
  const above = worth - end;
  const atMost = worth - from;
  const found = items.within(above, scope === null ? { atMost, lines: null } : { ...scope, inAll: atMost });
  if (found === null) return null;
  return {
    uses: found.uses,
    value: found.value,
    most: found.most <= above ? null : Math.max(from, worth - found.most),
  };
}

interface Later {
  /** Of the order stage. */
  readonly rules: readonly LaterRule[];
  readonly stages: LaterStages;
  /** What is said to be paid is paid, but for rounding, where these candidates apply and no others. */
  isExact(chosen: readonly number[]): boolean;
}
