/** What only the shell's books and records can vouch for. Where they cannot be asked, promotions that need it are left out. */
import type { CampaignFact, Facts } from "./facts.ts";
import type { CompiledPromotion, PromotionDocument } from "./promotion.ts";

export const guarantees = [
  "limits",
  "budgets",
  "stocks",
  "order_history",
  "customer_record",
  "price_lists",
] as const;
export type Guarantee = (typeof guarantees)[number];

/** What guards the campaign that a promotion is in; undefined: nothing does. */
export function campaignOf(
  { campaigns }: Pick<Facts, "campaigns">,
  { campaign }: Pick<PromotionDocument, "campaign">,
): CampaignFact | undefined {
  return campaign === undefined ? undefined : campaigns?.get(campaign);
}

/** What a promotion counts, and its campaign. A draft has been counted by nobody. */
export function countedBy({ id, document }: CompiledPromotion, facts: Pick<Facts, "campaigns">): Guarantee[] {
  if (id === null) return [];
  const counted: Guarantee[] = [];
  const guards = campaignOf(facts, document);
  if (document.limits !== undefined || guards?.perCustomer !== undefined) counted.push("limits");
  if (document.budget !== undefined || guards?.budget !== undefined) counted.push("budgets");
  if (hasOwnStock(document) || document.safetyStock !== undefined) counted.push("stocks");
  return counted;
}

/** Something is left of it or not, or it is for some customers only, whatever its conditions. */
export function isCountedOrSplit(document: PromotionDocument): boolean {
  const { limits, budget, safetyStock, campaign, variant, group, funding } = document;
  const guards = [limits, budget, safetyStock, campaign, variant, group, funding];
  return guards.some((guard) => guard !== undefined) || hasOwnStock(document);
}

/** Of gifts or services. */
function hasOwnStock({ benefits }: PromotionDocument): boolean {
  return benefits.some((benefit) => "stock" in benefit || "quota" in benefit);
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
  const missing = countedBy(promotion, facts);
  if (!asksRecords(promotion, facts, customerId)) return missing;
  const { needs = [] } = promotion.conditions ?? {};
  if (historyFacts.some((fact) => needs.includes(fact))) missing.push("order_history");
  missing.push("customer_record");
  return missing;
}
