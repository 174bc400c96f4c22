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
import { LaterStages } from "./later-stages.ts";
import type { Uses } from "./uses.ts";
import type { Work } from "./work.ts";

export interface Suggestion {
  readonly uses: Uses;
  /** Candidates of the later stages that apply. */
  readonly later: readonly number[];
  /** Candidates whose item part is not understood: what they may use is not limited. */
  readonly unlimited: readonly number[];
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
 * `forced`: candidates of later stages without which no plan will do. Answers the least that a plan of these candidates pays, in millionths;
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
  const items = itemStage(situation, candidates, work);
  return items === null
    ? null
    : new Joint(situation, items, consider, work).solve(candidates, forced, known, 0);
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

  constructor(situation: Situation, items: ItemStage, consider: Consider, work: Work) {
    this.situation = situation;
    this.items = items;
    this.consider = consider;
    this.work = work;
    this.worth = situation.cart.subtotal * grain;
  }

  solve(
    candidates: readonly number[],
    forced: ReadonlySet<number>,
    known: Known,
    depth: number,
  ): number | null {
    const { worth, work, items } = this;
    const { solved } = items;
    const later = laterStages(this.situation, candidates, forced);
    const dearest = worth - solved.most;
    const atDearest = later.stages.payAt(dearest);
    // A plan that reaches the bound is as good as any; another as good could only win a tie where promotions are rivals.
    const isReached = known.total * grain - atDearest.pay < grain;
    let best = known.total;
    if (!isReached || known.isRivalled)
      best = Math.min(best, this.suggest(later, solved.uses, solved.value, isReached));

    const thresholds = later.stages.thresholds(dearest, worth);
    if (thresholds.length > maxThresholds) return null;
    const points = thresholds
      .map((from, i) => ({ from, to: thresholds[i + 1] ?? worth + grain }))
      .map((range) => ({ ...range, pay: later.stages.payAt(range.from).pay }))
      .sort((a, b) => a.pay - b.pay || a.from - b.from);
    let beyond = Number.POSITIVE_INFINITY;
    let limited = 0;
    let isUnsought = false;
    for (const { from, to, pay } of points) {
      if (pay >= best * grain) break;
      const range = { from, to, isBetter: (x: number) => later.stages.payAt(x).pay < best * grain };
      const found = limited++ >= maxLimited || work.isSpent() ? null : bestIn(items, worth, range);
      if (found === null) {
        beyond = Math.min(beyond, pay);
        isUnsought = true;
        continue;
      }
      if (found.uses.size > 0 || found.value >= 0)
        best = Math.min(best, this.suggest(later, found.uses, found.value));
      beyond = Math.min(beyond, found.most === null ? best * grain : later.stages.payAt(found.most).pay);
    }
    // Where plans that keep a threshold cannot be sought, there is at least the one that takes off nothing before.
    if (isUnsought) best = Math.min(best, this.suggestUntouched(later));
    // Thresholds that promise no more than the best plan were not looked at.
    const least = Math.min(atDearest.pay, beyond, best * grain);
    if (best * grain - least < grain || depth >= maxDepth || work.isSpent()) return least;
    const rule = this.openScope(later.rules, atDearest.chosen);
    if (rule === null) return least;
    const without = this.solve(
      candidates.filter((index) => index !== rule.candidate),
      forced,
      { ...known, total: best },
      depth + 1,
    );
    return without === null
      ? least
      : Math.max(least, Math.min(without, this.withScope(candidates, forced, rule, beyond)));
  }

  private suggest({ stages, isExact }: Later, uses: Uses, value: number, isTied = false): number {
    const { offers, isExact: isExactBefore } = this.items;
    const { pay, chosen } = stages.payAt(this.worth - value);
    const unlimited = offers.filter(({ type }) => type === "lump").map(({ candidate }) => candidate);
    return this.consider(
      { uses, later: chosen, unlimited, pay: isExact && isExactBefore ? pay : null },
      isTied,
    );
  }

  private suggestUntouched({ stages, isExact }: Later): number {
    const { pay, chosen } = stages.payAt(this.worth);
    return this.consider({ uses: new Map(), later: chosen, unlimited: [], pay: isExact ? pay : null }, false);
  }

  /** A rule of the order stage that the bound counts on, although the item stage may leave too little of its goods. */
  private openScope(rules: readonly LaterRule[], chosen: readonly number[]): LaterRule | null {
    if (!this.items.isExact) return null;
    const touched = new Set(this.items.offers.flatMap(({ slots }) => slots.flat()));
    const isOpen = ({ candidate, scopes }: LaterRule) =>
      chosen.includes(candidate) &&
      this.situation.candidates[candidate]!.promotion.parts.length === 1 &&
      scopes.some(({ lines }) => lines.some((line) => touched.has(line)));
    return rules.find(isOpen) ?? null;
  }

  /** With the rule: no plan that keeps enough of its goods pays less. `beyond`: of plans that reach a further threshold. */
  private withScope(
    candidates: readonly number[],
    forced: ReadonlySet<number>,
    rule: LaterRule,
    beyond: number,
  ): number {
    const later = laterStages(this.situation, candidates, new Set([...forced, rule.candidate]));
    const { lines } = this.situation.cart;
    let least = 0;
    for (const { lines: inScope, atLeast } of rule.scopes) {
      const listed = inScope.reduce((sum, line) => sum + lines[line]!.unitPrice * lines[line]!.quantity, 0);
      if (listed < atLeast) return Number.POSITIVE_INFINITY;
      const limit = { atMost: (listed - atLeast) * grain, lines: new Set(inScope) };
      const found = this.items.within(Number.NEGATIVE_INFINITY, limit);
      if (found === null) continue;
      if (found.value >= 0) this.suggest(later, found.uses, found.value);
      least = Math.max(least, Math.min(later.stages.payAt(this.worth - found.most).pay, beyond));
    }
    return least;
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
  isBetter(worth: number): boolean;
}

/**
 * The item plan that leaves least, but at least `from`. `most`: the amount that no plan undercuts; null: no plan is better
 * than the best known. Null: such plans cannot be sought.
 */
function bestIn(
  items: ItemStage,
  worth: number,
  { from, to, isBetter }: Range,
): { uses: Uses; value: number; most: number | null } | null {
  // The largest amount that would still be better: it pays more and more from here to the next threshold.
  let low = Math.floor(from / grain);
  let high = Math.ceil(to / grain);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isBetter(middle * grain)) low = middle;
    else high = middle;
  }
  const above = worth - high * grain;
  const found = items.within(above, { atMost: worth - from, lines: null });
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
  readonly isExact: boolean;
}

function laterStages(
  situation: Situation,
  candidates: readonly number[],
  forced: ReadonlySet<number>,
): Later {
  const rulesOf = (stage: "order" | "shipping"): LaterRule[] =>
    candidates.flatMap((index) => laterRule(situation, index, stage, forced.has(index)) ?? []);
  const order = rulesOf("order");
  const shipping = rulesOf("shipping");
  const rounds = order.some(({ candidate }) =>
    hasRateIn(situation.candidates[candidate]!.promotion, "order"),
  );
  return {
    rules: order,
    stages: new LaterStages(order, shipping, situation.cart.shippingAmount, rounds ? grain : 0),
    isExact: [...order, ...shipping].every(({ isExact }) => isExact),
  };
}
