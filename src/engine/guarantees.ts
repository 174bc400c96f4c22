/** What only the shell's books and records can vouch for. Where they cannot be asked, promotions that need it are left out. */
import type { Facts } from "./facts.ts";
import type { CompiledPromotion } from "./promotion.ts";

export const guarantees = ["limits", "budgets", "stocks", "order_history", "customer_record"] as const;
export type Guarantee = (typeof guarantees)[number];

/** What a promotion counts. A draft has been counted by nobody. */
export function countedBy({ id, document }: CompiledPromotion): Guarantee[] {
  if (id === null) return [];
  const counted: Guarantee[] = [];
  if (document.limits !== undefined) counted.push("limits");
  if (document.budget !== undefined) counted.push("budgets");
  const hasStock = document.benefits.some((benefit) => "stock" in benefit || "quota" in benefit);
  if (hasStock || document.safetyStock !== undefined) counted.push("stocks");
  return counted;
}

const historyFacts = ["completedOrders", "lastOrderAt", "orders"] as const;

/** Whether it turns on what is on record of the buyer, and the records cannot be asked. */
export function asksRecords(
  { readsCustomer }: CompiledPromotion,
  { rulesAsOf }: Facts,
  customerId: string | undefined,
): boolean {
  return rulesAsOf !== undefined && readsCustomer && customerId !== undefined;
}

/** The guarantees for the lack of which a promotion is left out; none while all can be had. */
export function missingFor(
  promotion: CompiledPromotion,
  facts: Facts,
  customerId: string | undefined,
): Guarantee[] {
  if (facts.rulesAsOf === undefined) return [];
  const missing = countedBy(promotion);
  if (!asksRecords(promotion, facts, customerId)) return missing;
  const { needs = [] } = promotion.conditions ?? {};
  if (historyFacts.some((fact) => needs.includes(fact))) missing.push("order_history");
  missing.push("customer_record");
  return missing;
}
