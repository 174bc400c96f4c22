/** What is told of an order. */
import { type NewEvent, newEvent } from "../events/event-types.ts";
import type { OrderStatus } from "./order-schemas.ts";

interface ToldOrder {
  readonly externalId: string;
  readonly version: number;
  readonly status: OrderStatus;
  readonly customerId: string | null;
  readonly currency: string;
  readonly total: number;
  readonly redemptionId: string | null;
}

/** A version that was stored. */
export function orderEvent({ row, isNew }: { row: ToldOrder; isNew: boolean }): NewEvent {
  const over = row.status === "cancelled" || row.status === "returned" ? row.status : null;
  const change = over ?? (isNew ? "placed" : "updated");
  return newEvent(`dealwright.order.${change}`, row.externalId, told(row));
}

/** The same version, of another customer or with the redemption that it turned out to have. */
export function movedOrderEvent(row: ToldOrder): NewEvent {
  return newEvent("dealwright.order.updated", row.externalId, told(row));
}

/** Goods of an order without a redemption that came back. */
export function orderReturnEvent(row: ToldOrder, refund: number): NewEvent {
  return newEvent("dealwright.order.returned", row.externalId, { ...told(row), refund });
}

function told({ externalId, version, status, customerId, currency, total, redemptionId }: ToldOrder) {
  return {
    order: externalId,
    version,
    status,
    customer: customerId,
    currency,
    total,
    redemption: redemptionId,
  };
}

const changesRedemptions: ReadonlySet<string> = new Set([
  "dealwright.redemption.committed",
  "dealwright.redemption.cancelled",
  "dealwright.return.created",
]);

/** The orders and redemptions of which these events say that something was bought, or is no longer. Each once. */
export function changedOrders(events: readonly { readonly type: string; readonly subject: string }[]): {
  readonly orders: readonly string[];
  readonly redemptions: readonly string[];
} {
  const orders = new Set<string>();
  const redemptions = new Set<string>();
  for (const { type, subject } of events) {
    if (type.startsWith("dealwright.order.")) orders.add(subject);
    else if (changesRedemptions.has(type)) redemptions.add(subject);
  }
  return { orders: [...orders], redemptions: [...redemptions] };
}
