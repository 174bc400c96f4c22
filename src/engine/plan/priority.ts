/** Strategy `priority`: the merchant's order decides who takes part. Nobody looks for a better plan, so nothing is proven. */

import type { Situation } from "../situation.ts";
import { planInOrder } from "./in-order.ts";
import type { Planner, Proposed } from "./planner.ts";

export const planByPriority: Planner = (situation: Situation): Proposed => {
  const optimality = { proven: false, bound: null };
  if (!situation.hasConflicts) {
    const rejections = situation.candidates.map((candidate) => candidate.rejection);
    return {
      plan: { members: rejections.map((rejection) => rejection === null), allowances: null },
      optimality,
      rejections,
    };
  }
  const { plan, rejections } = planInOrder(situation, byPriority(situation));
  return { plan: { members: plan.members, allowances: null }, optimality, rejections };
};

/** Candidates stand in this order already. */
export function byPriority(situation: Situation): number[] {
  return situation.candidates.map((_, index) => index);
}
