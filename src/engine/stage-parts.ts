/** The benefits of a promotion, stage by stage. */
import { type CompiledBenefit, type Stage, stages } from "./kind.ts";
import type { PromotionDocument, StagePart } from "./promotion.ts";
import type { CompiledSelector } from "./selectors/selector.ts";

export function partsByStage(benefits: readonly CompiledBenefit[], document: PromotionDocument): StagePart[] {
  const { stacking, key } = document;
  const parts: StagePart[] = [];
  for (const stage of stages) {
    const positions = benefits.flatMap((benefit, position) => (benefit.stage === stage ? [position] : []));
    const ofStage = positions.map((position) => benefits[position]!);
    if (positions.length > 0)
      parts.push({
        stage,
        group: stacking.group ?? (stage === "reward" ? key : stage),
        benefits: ofStage,
        positions,
        plainGoods: plainGoodsOf(stage, ofStage, document),
      });
  }
  return parts;
}

function plainGoodsOf(
  stage: Stage,
  benefits: readonly CompiledBenefit[],
  { limits: counted, safetyStock }: PromotionDocument,
): CompiledSelector | null {
  const selectors = benefits.flatMap((benefit) => benefit.selectors);
  const isStockLimited = counted?.stock !== undefined || safetyStock !== undefined;
  if (stage !== "item" || benefits.length > 1 || selectors.length > 1 || isStockLimited) return null;
  return selectors[0]!.excludeDiscounted ? null : selectors[0]!;
}
