/**
 * In which book the goods of an order come back: in that of its redemption, or in its own. Never in both, or they would be
 * paid for twice: with anything back in the one, the other is closed.
 */
import { type Connection, sqlStateOf, uniqueViolation } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import { recordEvents } from "../events/event-service.ts";
import { redemptionsOfOrder } from "../redemptions/told-order-service.ts";
import { movedOrderEvent } from "./order-event.ts";
import { linkOrder, lockOrder } from "./order-store.ts";
import type { OrderRow } from "./order-tables.ts";

/** Whether something came back in the order's own book. */
export function hasReturns({ returned, refunded }: Pick<OrderRow, "returned" | "refunded">): boolean {
  return refunded > 0 || returned.length > 0;
}

/**
 * The order, locked, just before something of it comes back. One that names no redemption gets the one that was made for its
 * number; fails where there are several.
 */
export async function lockBook(
  connection: Connection,
  projectId: string,
  externalId: string,
  now: number,
): Promise<OrderRow | undefined> {
  const order = await lockOrder(connection, projectId, externalId);
  if (order === undefined || order.redemptionId !== null || hasReturns(order)) return order;
  const [redemption, another] = await redemptionsOfOrder(connection, projectId, externalId);
  if (another !== undefined) throw ambiguous();
  if (redemption === undefined) return order;
  const linked = await linkOrder(connection, order, redemption, new Date(now)).catch(takenMeanwhile);
  await recordEvents(connection, projectId, [movedOrderEvent(linked)]);
  return linked;
}

/** Another order has named the redemption since it was found: whoever comes again finds it taken. */
function takenMeanwhile(error: unknown): never {
  if (sqlStateOf(error) !== uniqueViolation) throw error;
  throw problem("unavailable", { headers: { "retry-after": "1" } });
}

function ambiguous() {
  const message = "Several redemptions have the order's number: name the one that priced it.";
  return problem("order-redemption-mismatch", {
    errors: [{ path: "/redemption", code: "redemption_ambiguous", message }],
  });
}
