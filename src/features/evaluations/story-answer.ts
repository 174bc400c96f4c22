/** A story as the API tells it. */
import { conditionWords } from "../../engine/conditions/describe.ts";
import type { Explained } from "../../engine/explain.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Rejection } from "../../engine/situation.ts";
import type { Story } from "../../engine/story.ts";
import { tell } from "../../engine/story-words.ts";
import { sayer } from "../../engine/words.ts";
import type { EvaluationExplanation, PromotionStory } from "./explanation-schemas.ts";

export function explanationAnswer(
  id: string,
  { outcome, stories, isComplete }: Explained,
  isTold: (promotion: CompiledPromotion) => boolean,
): EvaluationExplanation {
  const { situation, proposed, rulebookVersion } = outcome;
  const { currency } = situation.cart;
  const { total } = proposed.priced;
  return {
    id,
    rulebook: rulebookVersion,
    currency,
    total,
    optimality: proposed.optimality,
    promotions: stories.map((story) => storyAnswer(story, currency, total, isTold)),
    isComplete,
  };
}

function storyAnswer(
  story: Story,
  currency: string,
  total: number,
  isTold: (promotion: CompiledPromotion) => boolean,
): PromotionStory {
  const { promotion, isCandidate, rejection, forced, wouldSave } = story;
  const named = { ...story, rivals: story.rivals.filter((rival) => isTold(rival.promotion)) };
  return {
    promotion: promotion.key,
    promotionId: promotion.id,
    isCandidate,
    applied: rejection === null,
    reason: rejection?.reason ?? null,
    ...numbersOf(rejection),
    wouldSave,
    conditions: story.conditions.map(({ path, document, isWanted, verdict }) => ({
      path,
      kind: document.kind,
      words: {
        en: conditionWords(document, sayer("en", currency)),
        "zh-CN": conditionWords(document, sayer("zh-CN", currency)),
      },
      isWanted,
      holds: verdict.met ? true : verdict.reason === "facts_missing" ? null : false,
      reason: verdict.met ? null : verdict.reason,
      ...numbersOf(verdict.met ? null : verdict),
    })),
    parts: story.parts.map(({ stage, amount, times, unapplied, limitedBy }) => ({
      stage,
      amount,
      times,
      unappliedAmount: unapplied,
      limitedBy: [...limitedBy],
    })),
    displacedBy: named.rivals.map((rival) => ({ ...rival, promotion: rival.promotion.key })),
    forcing:
      forced === null
        ? null
        : { total: forced.priced.total, cost: forced.priced.total - total, optimality: forced.optimality },
    units: story.units.map((units) => ({ ...units, runs: units.runs.map((run) => ({ ...run })) })),
    words: { en: tell(named, "en", currency, total), "zh-CN": tell(named, "zh-CN", currency, total) },
  };
}

function numbersOf(told: Pick<Rejection, "required" | "actual" | "gap" | "path"> | null) {
  return {
    required: told?.required ?? null,
    actual: told?.actual ?? null,
    gap: told?.gap ?? null,
    missingFact: told?.path ?? null,
  };
}
