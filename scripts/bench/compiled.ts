import {
  type CompiledPromotion,
  compilePromotion,
  type PromotionInput,
  promotionSchema,
  type SelectorTable,
} from "../../src/engine/promotion.ts";
import { buildRulebook, type Rulebook } from "../../src/engine/rulebook.ts";

/** What a service makes of these promotions when they go live. */
export function rulebookOf(documents: readonly PromotionInput[]): Rulebook {
  const selectors: SelectorTable = new Map();
  return buildRulebook(
    "1",
    documents.map((document): CompiledPromotion => {
      const { promotion, issues } = compilePromotion(promotionSchema.parse(document), {
        id: null,
        defaultTimezone: "UTC",
        selectors,
      });
      if (promotion === null) throw new Error(JSON.stringify(issues));
      return promotion;
    }),
  );
}
