/** Of two orders of a new customer that are on their way at once, one is the first. */
import type { Facts } from "../../engine/facts.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Quote } from "../../engine/quote.ts";

/**
 * Whether the order gets what it gets because it is the customer's first: `priced` with another one taken for the first, it
 * would be another quote. It then holds that it is, for as long as it holds its uses.
 */
export function isByFirstOrder(
  quote: Outcome,
  facts: Facts,
  promotionOf: (key: string) => Pick<CompiledPromotion, "conditions"> | undefined,
  priced: (facts: Facts) => Outcome,
): boolean {
  if (facts.completedOrders !== 0 || facts.isFirstOrderTaken === true) return false;
  const asksForOrders = ({ promotion }: Outcome["promotions"][number]) =>
    promotionOf(promotion)?.conditions?.needs.includes("completedOrders") === true;
  if (!quote.promotions.some(asksForOrders)) return false;
  return told(quote) !== told(priced({ ...facts, isFirstOrderTaken: true }));
}

type Outcome = Pick<Quote, "total" | "promotions">;

function told({ total, promotions }: Outcome): string {
  return JSON.stringify([total, promotions.map(({ promotion, amount }) => [promotion, amount])]);
}
