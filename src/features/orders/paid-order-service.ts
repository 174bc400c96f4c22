/** What others may ask of a customer's orders: those that were paid, and are not cancelled or returned. */

/** For followers that may not reach orders themselves. */
export { changedOrders } from "./order-event.ts";
export { type PaidOrder, type PaidOrderQuery, paidOrders } from "./paid-order-store.ts";
