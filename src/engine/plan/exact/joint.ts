/**
 * All stages together, for promotions that may all stand beside each other: the least that any plan pays, and plans worth
 * pricing.
 *
 * Between two thresholds of the later stages the cheapest is what takes off most in the item stage. So the item stage is
 * solved once without a limit, and again, "as much as possible but no more than", for each threshold at which the later
 * stages promise more than the best plan known.
 */
import type { Situation } from "../../situation.ts";
import { hasRate } from "./benefit-fields.ts";
import { grain } from "./grain.ts";
import { fieldsOf } from "./item-offers.ts";
import { type ItemStage, itemStage } from "./item-stage.ts";
import { type LaterRule, laterRule } from "./later-rules.ts";
import { LaterStages } from "./later-stages.ts";
import type { Uses } from "./search.ts";
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

/** Prices a suggestion and keeps it if it is the best; answers what the best plan known pays, in minor units. */
export type Consider = (suggestion: Suggestion) => number;

/** More thresholds than this are not looked at one by one. */
const maxThresholds = 100;
/** At most so many limited searches. */
const maxLimited = 12;

/**
 * `forced`: candidates of later stages without which no plan will do. Answers the least that a plan of these candidates pays, in millionths;
 * null: the cart is too large.
 */
export function solveJointly(
  situation: Situation,
  candidates: readonly number[],
  forced: ReadonlySet<number>,
  known: { readonly total: number; readonly isRivalled: boolean },
  consider: Consider,
  work: Work,
): number | null {
  const items = itemStage(situation, candidates, work);
  if (items === null) return null;
  const worth = situation.cart.subtotal * grain;
  const later = laterStages(situation, candidates, forced);
  const { solved } = items;
  const lumps = items.offers.filter(({ type }) => type === "lump").map(({ candidate }) => candidate);
  const isCertain = items.isExact && later.isExact;
  const suggest = (uses: Uses, value: number): number => {
    const { pay, chosen } = later.stages.payAt(worth - value);
    return consider({ uses, later: chosen, unlimited: lumps, pay: isCertain ? pay : null });
  };
  const dearest = worth - solved.most;
  let least = later.stages.payAt(dearest).pay;
  // A plan that reaches the bound is as good as any; another as good could only win a tie where promotions are rivals.
  const isReached = known.total * grain - least < grain;
  let best = known.total;
  if (!isReached || known.isRivalled) best = Math.min(best, suggest(solved.uses, solved.value));

  const thresholds = later.stages.thresholds(dearest, worth);
  if (thresholds.length > maxThresholds) return null;
  const points = thresholds
    .map((from, i) => ({ from, to: thresholds[i + 1] ?? worth + grain }))
    .map((range) => ({ ...range, pay: later.stages.payAt(range.from).pay }))
    .sort((a, b) => a.pay - b.pay || a.from - b.from);
  let limited = 0;
  for (const { from, to, pay } of points) {
    if (pay >= best * grain) break;
    if (limited++ >= maxLimited || work.isSpent()) {
      least = Math.min(least, pay);
      continue;
    }
    const range = { from, to, isBetter: (x: number) => later.stages.payAt(x).pay < best * grain };
    const found = bestIn(items, worth, range);
    if (found === null) {
      least = Math.min(least, pay);
      continue;
    }
    if (found.uses.size > 0 || found.value >= 0) best = Math.min(best, suggest(found.uses, found.value));
    least = Math.min(least, found.most === null ? best * grain : later.stages.payAt(found.most).pay);
  }
  return least;
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
  const atMost = worth - from;
  const found = items.within(above, atMost);
  if (found === null) return null;
  return {
    uses: found.uses,
    value: found.value,
    most: found.most <= above ? null : Math.max(from, worth - found.most),
  };
}

function laterStages(
  situation: Situation,
  candidates: readonly number[],
  forced: ReadonlySet<number>,
): { stages: LaterStages; isExact: boolean } {
  const rulesOf = (stage: "order" | "shipping"): LaterRule[] =>
    candidates.flatMap((index) => laterRule(situation, index, stage, forced.has(index)) ?? []);
  const order = rulesOf("order");
  const shipping = rulesOf("shipping");
  const rounds = order.some(({ candidate }) =>
    fieldsOf(situation.candidates[candidate]!.promotion, "order").some(hasRate),
  );
  return {
    stages: new LaterStages(order, shipping, situation.cart.shippingAmount, rounds ? grain : 0),
    isExact: [...order, ...shipping].every(({ isExact }) => isExact),
  };
}
