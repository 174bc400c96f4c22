/**
 * What a plan would cost that had to contain a promotion: planned and priced like any other, with that promotion forced in
 * and whatever cannot stand beside it left out.
 */
import { planExactly } from "./plan/exact/plan-exactly.ts";
import { Work } from "./plan/exact/work.ts";
import { planInOrder } from "./plan/in-order.ts";
import type { Proposed } from "./plan/planner.ts";
import { isReward } from "./plan/preference.ts";
import { byPriority } from "./plan/priority.ts";
import { type Priced, price } from "./price.ts";
import { areInConflict, type CompiledPromotion } from "./promotion.ts";
import type { Strategy } from "./settings.ts";
import { type Candidate, type Situation, withCandidates } from "./situation.ts";

/** Labels and table rows for all "what if" of one evaluation together: as much again as its own plan may take. */
const operations = 200_000;

export function whatIfWork(): Work {
  return new Work(operations);
}

/** A plan that contains the promotion, as the evaluator prices it. */
export type Forced = Pick<Proposed, "priced" | "optimality">;

/** Null: no such plan was found, or not within the work left. */
export function planWith(situation: Situation, index: number, strategy: Strategy, work: Work): Forced | null {
  return situation.work.searching(() => {
    situation.work.spend(situation.candidates.length);
    const forced = forcing(situation, index);
    return strategy === "best" ? cheapestWith(forced, index, work) : firstInOrder(forced, index);
  });
}

const contains = ({ rejections }: Priced, index: number): boolean => rejections[index] === null;

function cheapestWith(situation: Situation, index: number, work: Work): Forced | null {
  const { priced, optimality } = planExactly(situation, { work });
  if (optimality.proven && contains(priced, index)) return { priced, optimality };
  const around = builtAround(situation, index);
  if (contains(priced, index) && (around === null || priced.total <= around.total))
    return { priced, optimality };
  if (around === null) return null;
  // What no plan undercuts was said of the planner's own plan, whatever is in that.
  const bound =
    optimality.bound === null ? null : Math.max(0, around.total - priced.total + optimality.bound);
  return { priced: around, optimality: { proven: bound === 0, bound } };
}

/** The promotion alone, which keeps any threshold of its own best; then whoever makes that cheaper, and leaves it in. */
function builtAround(situation: Situation, index: number): Priced | null {
  const members = situation.candidates.map((_, other) => other === index || isReward(situation, other));
  let best = price(situation, { members, allowances: null });
  if (!contains(best, index)) return null;
  for (const other of byPriority(situation)) {
    if (members[other] || situation.candidates[other]!.rejection !== null) continue;
    members[other] = true;
    const larger = price(situation, { members, allowances: null });
    if (contains(larger, index) && larger.total < best.total) best = larger;
    else members[other] = false;
  }
  return best;
}

/** The same cart, without those that could not apply beside the promotion. */
function forcing(situation: Situation, index: number): Situation {
  const { promotion } = situation.candidates[index]!;
  const candidates = situation.candidates.map(
    (candidate, other): Candidate =>
      other === index ||
      candidate.rejection !== null ||
      !isRival(promotion, candidate.promotion, other < index)
        ? candidate
        : { ...candidate, rejection: { reason: "displaced", displacedBy: [index] } },
  );
  const { standingBids } = situation;
  // What a promotion would do on untouched goods does not depend on who else is there.
  return {
    ...withCandidates(situation, candidates, isReward(situation, index) ? null : index),
    standingBids,
  };
}

/** Rewards are granted by rank, so whoever shares the group of a reward and comes before it must not be there at all. */
function isRival(meant: CompiledPromotion, other: CompiledPromotion, isBefore: boolean): boolean {
  if (areInConflict(meant, other)) return true;
  const reward = meant.parts[0]!;
  return (
    isBefore &&
    reward.stage === "reward" &&
    other.parts.some(({ stage, group }) => stage === "reward" && group === reward.group)
  );
}

/** Strategy `priority`: the merchant's order, but for the one that goes before all. */
function firstInOrder(situation: Situation, index: number): Forced | null {
  const order = [index, ...byPriority(situation).filter((other) => other !== index)];
  const { plan, priced: asClaimed, isReal } = planInOrder(situation, order);
  const priced = isReal ? asClaimed : price(situation, plan);
  return contains(priced, index) ? { priced, optimality: { proven: false, bound: null } } : null;
}
