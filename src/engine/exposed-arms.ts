import { type Arm, armsOf, type Experiments } from "./assignment.ts";
import type { Outcome } from "./outcome.ts";

/** Whoever is in the other arm is turned away for the same reasons, so what these leave out is left out of both. */
const notOffered: ReadonlySet<string> = new Set([
  "not_started",
  "ended",
  "outside_schedule",
  "currency_not_supported",
]);

/** The arms in which the cart's customer met what is split: the promotions in force that touch the cart, whether they apply or not. */
export function exposedArms(
  experiments: Experiments,
  { situation: { cart, facts, candidates } }: Outcome,
): Arm[] {
  const id = cart.customer?.id;
  if (id === undefined) return [];
  const met = candidates.flatMap(({ promotion, rejection }) =>
    promotion.id === null || notOffered.has(rejection?.reason ?? "") ? [] : [promotion.document],
  );
  return armsOf(met, experiments, facts, id);
}
