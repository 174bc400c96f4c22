import type { CompiledPromotion } from "../../promotion.ts";
import { budgetLeft, type Situation } from "../../situation.ts";
import { unlimited } from "./benefit-fields.ts";
import { grain } from "./grain.ts";

/** In millionths; infinite without a budget. */
export function budgetOf(situation: Situation, promotion: CompiledPromotion): number {
  const left = budgetLeft(situation, promotion);
  return left === null ? unlimited : left * grain;
}
