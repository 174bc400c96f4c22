/** Explains one promotion of a cart, or all that touch it: `evaluate`, and then the stories. */

import { judgeAll } from "./candidates.ts";
import type { Cart } from "./cart.ts";
import { assess, type EvaluateOptions } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import { limits } from "./limits.ts";
import type { Outcome } from "./outcome.ts";
import type { CompiledPromotion } from "./promotion.ts";
import type { Rulebook } from "./rulebook.ts";
import { type Story, storiesOf, storyOfStranger } from "./story.ts";

export interface Question {
  /** Of this promotion alone; null: of every candidate. */
  readonly key: string | null;
  isTold(promotion: CompiledPromotion): boolean;
}

export interface Explained {
  readonly outcome: Outcome;
  /** By priority, then key. */
  readonly stories: readonly Story[];
  /** False: there are more candidates than are told. */
  readonly isComplete: boolean;
}

/** Null: there is no such promotion, or it may not be told of. `now`: epoch milliseconds. */
export function explain(
  rulebook: Rulebook,
  request: Cart,
  facts: Facts,
  now: number,
  options: EvaluateOptions,
  { key, isTold }: Question,
): Explained | null {
  // Also those of other channels and currencies are candidates then; they change nothing else.
  const outcome = assess(rulebook, { ...request, explain: "all" }, facts, now, options);
  const { situation, codes } = outcome;
  const told = situation.candidates.flatMap(({ promotion }, index) =>
    isTold(promotion) && (key === null || promotion.key === key) ? [index] : [],
  );
  if (key === null || told.length > 0) {
    const indexes = told.slice(0, limits.storiesPerExplanation);
    return { outcome, stories: storiesOf(outcome, indexes), isComplete: indexes.length === told.length };
  }
  const { drafts } = options;
  const hasKey = (one: CompiledPromotion) => one.key === key;
  const draft = drafts?.promotions.find(hasKey);
  const promotion = draft ?? (drafts?.only ? undefined : rulebook.promotions.find(hasKey));
  if (promotion === undefined || !isTold(promotion)) return null;
  const judged = judgeAll([promotion], codes, situation, request.identifiers);
  return { outcome, stories: [storyOfStranger(outcome, judged, draft !== undefined)], isComplete: true };
}
