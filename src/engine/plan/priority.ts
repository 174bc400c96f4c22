/** Strategy `priority`: the merchant's order decides who takes part. Nobody looks for a better plan, so nothing is proven. */

import type { Situation } from "../situation.ts";
import { planInOrder } from "./in-order.ts";
import type { Planner, Proposed } from "./planner.ts";

export const planByPriority: Planner = (situation: Situation): Proposed => {
  const { plan, priced, rejections } = planInOrder(situation, byPriority(situation));
  return { plan, priced, rejections, optimality: { proven: false, bound: null } };
};

/** Candidates stand in this order already. */
export function byPriority(situation: Situation): number[] {
  return situation.candidates.map((_, index) => index);
}
