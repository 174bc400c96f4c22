/** Which redemption an order has. It keeps the one it was given; see the README. */
import { isErased } from "../../platform/customer-data.ts";
import { type Problem, problem } from "../../platform/problem.ts";
import { hasReturns } from "./order-book-service.ts";
import type { HeldOrder, NamedRedemption } from "./order-store.ts";
import type { IncomingOrder } from "./order-tables.ts";

/** The redemptions of which `linked` has to know. */
export function redemptionsAsked(
  orders: readonly IncomingOrder[],
  held: ReadonlyMap<string, HeldOrder>,
): string[] {
  return orders.flatMap(({ externalId, redemptionId }) =>
    [redemptionId, held.get(externalId)?.redemptionId].flatMap((id) => id ?? []),
  );
}

/** The order with its redemption, which exists and is of its customer and currency. `standing`: an older version of it. */
export function linked(
  told: IncomingOrder,
  standing: HeldOrder | undefined,
  known: ReadonlyMap<string, NamedRedemption>,
): IncomingOrder | Problem {
  const kept = standing?.redemptionId ?? null;
  const order = { ...told, redemptionId: told.redemptionId ?? kept };
  const isBack = standing !== undefined && hasReturns(standing);
  if (isBack && standing.currency !== order.currency) return fixedCurrency(standing.currency);
  if (order.redemptionId === null) return order;
  const redemption = known.get(order.redemptionId);
  if (redemption === undefined) return unknownRedemption();
  if (kept === null && isBack)
    return mismatch("/redemption", "goods_returned", "Goods of the order came back without a redemption.");
  if (kept !== null && kept !== redemption.id && !isReleased(known.get(kept)))
    return mismatch(
      "/redemption",
      "redemption_stands",
      `The order has ${kept}: cancel that redemption first.`,
    );
  if (takesAgain(order, standing, redemption))
    return mismatch("/redemption", "redemption_released", "What it took was given back: redeem anew.");
  if (redemption.currency !== order.currency) return mismatch("/currency", "currency_mismatch");
  if (order.customerId === null) return { ...order, customerId: redemption.customerId };
  // One that was erased could be anybody, also this one.
  if (isErased(redemption.customerId)) return order;
  if (redemption.customerId !== null && redemption.customerId !== order.customerId)
    return mismatch("/customer", "customer_mismatch");
  return order;
}

/** Whether an order that is bought builds on what was given back, or is about to be. Of what it had all along it may be told. */
function takesAgain(
  { status }: IncomingOrder,
  standing: HeldOrder | undefined,
  redemption: NamedRedemption,
): boolean {
  if (status === "cancelled" || status === "returned") return false;
  const hadIt = standing?.redemptionId === redemption.id;
  const wasCancelled = hadIt && standing.status === "cancelled";
  if (wasCancelled && standing.settlement === "pending") return true;
  return isReleased(redemption) && (!hadIt || wasCancelled);
}

function isReleased(redemption: NamedRedemption | undefined): boolean {
  return redemption?.state === "cancelled" || redemption?.state === "expired";
}

function fixedCurrency(currency: string): Problem {
  const message = `Goods came back for ${currency}.`;
  return problem("order-state-conflict", {
    errors: [{ path: "/currency", code: "currency_fixed", message }],
  });
}

function unknownRedemption(): Problem {
  const message = "There is no such redemption.";
  return problem("invalid-request", {
    errors: [{ path: "/redemption", code: "redemption_unknown", message }],
  });
}

function mismatch(path: string, code: string, message = "The redemption says another one."): Problem {
  return problem("order-redemption-mismatch", { errors: [{ path, code, message }] });
}

export function takenRedemption(): Problem {
  return mismatch("/redemption", "redemption_taken", "Another order has this redemption.");
}
