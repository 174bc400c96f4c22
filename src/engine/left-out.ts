/**
 * Why a promotion that could apply was left out all the same: for the sake of others, which lose more than it brings. The plan
 * is priced once more with the promotion added, and who brings less then is who it was left out for.
 */

import type { Outcome } from "./outcome.ts";
import { planWithOneMore } from "./plan/one-more.ts";
import { byPriority } from "./plan/priority.ts";
import { type Priced, price } from "./price.ts";
import type { Rejection } from "./situation.ts";

/** The rejection, or a better one where it names nobody. */
export function whyLeftOut({ situation, proposed }: Outcome, index: number, rejection: Rejection): Rejection {
  if (rejection.reason !== "displaced" || (rejection.displacedBy ?? []).length > 0) return rejection;
  const { priced } = proposed;
  const larger = planWithOneMore(situation, proposed, index);
  if ("reason" in larger) return larger;
  const withIt = price(situation, larger);
  if (withIt.rejections[index] !== null) return rejection;
  const applied = byPriority(situation).filter((other) => priced.rejections[other] === null);
  const losers = applied.filter((other) => amountOf(withIt, other) < amountOf(priced, other));
  const fallen = losers.filter((other) => withIt.rejections[other] !== null);
  const displacedBy = fallen.length > 0 ? fallen : losers;
  if (displacedBy.length === 0) return rejection;
  // Nobody gives up more than the promotion brings unless a threshold was lost.
  return { reason: withIt.total > priced.total ? "threshold_protected" : "displaced", displacedBy };
}

export function amountOf({ applications }: Priced, index: number): number {
  let sum = 0;
  for (const { candidate, amount } of applications) if (candidate === index) sum += amount;
  return sum;
}
