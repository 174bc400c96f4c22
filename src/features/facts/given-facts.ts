/** What the request itself says about the customer and their deposits; it goes before what is on record. */
import type { Cart } from "../../engine/cart.ts";
import { type DepositFact, type Facts, noFacts } from "../../engine/facts.ts";

export type History = Required<Pick<Facts, "completedOrders" | "lastOrderAt" | "orders">>;

/** A customer with an id who is in no record of ours: somebody without orders. */
const newcomer: Facts = { completedOrders: 0, lastOrderAt: null, orders: [], segments: [], tier: null };

/** `history`: null where there is none on record; "unknown" where the records cannot be asked, `stored` then neither. */
export function customerFacts(
  { customer }: Pick<Cart, "customer">,
  history: History | "unknown" | null,
  stored: { readonly segments: readonly string[] | null; readonly tier: string | null } | null = null,
): Facts {
  const known: Facts =
    customer?.id === undefined || history === "unknown"
      ? noFacts
      : { ...newcomer, ...history, segments: stored?.segments ?? [], tier: stored?.tier ?? null };
  const given = customer?.facts;
  if (given === undefined) return known;
  const facts: Facts = { ...known };
  const { completedOrders, lastOrderAt, orders, segments, tier } = given;
  if (completedOrders !== undefined) facts.completedOrders = completedOrders;
  if (lastOrderAt !== undefined) facts.lastOrderAt = Date.parse(lastOrderAt);
  // Whoever has orders has a last one; that it is not on record does not make it none.
  else if (completedOrders !== undefined && completedOrders > 0) delete facts.lastOrderAt;
  if (orders !== undefined) facts.orders = orders.map((order) => ({ ...order, at: Date.parse(order.at) }));
  else if (completedOrders !== undefined && completedOrders > 0) delete facts.orders;
  if (segments !== undefined) facts.segments = segments;
  if (tier !== undefined) facts.tier = tier;
  return facts;
}

/** Deposits proven by whoever may say so. */
export function inlineDeposits({ deposits = [] }: Pick<Cart, "deposits">): Map<string, DepositFact> {
  const proven = new Map<string, DepositFact>();
  for (const { redemption, promotion, units = 1 } of deposits)
    if (promotion !== undefined) proven.set(redemption, { promotion, units });
  return proven;
}

/** All that is known where there is no database to ask, as in the simulator. */
export function givenFacts(request: Pick<Cart, "customer" | "deposits">): Facts {
  const facts = customerFacts(request, null);
  const deposits = inlineDeposits(request);
  return deposits.size === 0 ? facts : { ...facts, deposits };
}
