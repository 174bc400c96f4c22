/** What the goods of a cart must be worth for a promotion to be looked at. */
import type { CompiledTree } from "./conditions/tree.ts";
import type { CompiledPromotion, PromotionDocument } from "./promotion.ts";

/** Null for those that must be looked at: codes are told of whatever they ask for, and who met which arm of an experiment is counted. */
export function leastSpendOf(
  { trigger, variant }: PromotionDocument,
  conditions: CompiledTree | null,
  asksAtStage: boolean,
): CompiledPromotion["leastSpend"] {
  if (conditions === null || conditions.requiresSpend.size === 0) return null;
  if (trigger.type !== "automatic" || variant !== undefined) return null;
  return asksAtStage && !conditions.staysUnmet ? null : conditions.requiresSpend;
}

/** The cart is not worth what the promotion asks for. `subtotal`: before any discount. */
export function isBeyond({ leastSpend }: CompiledPromotion, currency: string, subtotal: number): boolean {
  return leastSpend !== null && (leastSpend.get(currency) ?? 0) > subtotal;
}
