/**
 * A planner proposes; an independent evaluator (`price.ts`) prices what it proposed. A planner's own idea of the total is
 * never believed.
 */
import type { Plan, Priced } from "../price.ts";
import type { Rejection, Situation } from "../situation.ts";

export interface Optimality {
  /** No plan that the rules allow is cheaper. */
  readonly proven: boolean;
  /** The most that any plan could still save beyond this one, in minor units; null where nobody looked. */
  readonly bound: number | null;
}

export interface Proposed {
  readonly plan: Plan;
  /** The evaluator's own pricing of this very plan. */
  readonly priced: Priced;
  readonly optimality: Optimality;
  /** By candidate: why it is not in the plan. */
  readonly rejections: readonly (Rejection | null)[];
  /** Model and evaluator disagreed about some plan's price by more than rounding. */
  readonly disagreed?: boolean;
}

export type Planner = (situation: Situation) => Proposed;
