import type { CompiledPromotion } from "../../promotion.ts";
import { budgetLeft, campaignBudgetLeft, type Situation } from "../../situation.ts";
import { unlimited } from "./benefit-fields.ts";
import { grain } from "./grain.ts";

/** In millionths; infinite without a budget. What is left of its campaign's is at most this, for others take of it as well. */
export function budgetOf(situation: Situation, promotion: CompiledPromotion): number {
  const own = budgetLeft(situation, promotion) ?? unlimited;
  const left = sharesTightBudget(situation, promotion)
    ? Math.min(own, campaignBudgetLeft(situation, promotion)!)
    : own;
  return left === unlimited ? unlimited : left * grain;
}

/** The budget of its campaign may end in this very cart, so that what it can bring depends on what the others took. */
export function sharesTightBudget(situation: Situation, promotion: CompiledPromotion): boolean {
  const left = campaignBudgetLeft(situation, promotion);
  return left !== null && left < situation.cart.subtotal + situation.cart.shippingAmount;
}

/** What it brings may be cut short, in whatever stage. */
export function mayRunOut(situation: Situation, promotion: CompiledPromotion): boolean {
  return promotion.document.budget !== undefined || sharesTightBudget(situation, promotion);
}
