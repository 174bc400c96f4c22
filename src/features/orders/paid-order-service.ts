/** What others may ask of a customer's orders: those that were paid, and are not cancelled or returned. */
export { type PaidOrder, type PaidOrderQuery, paidOrders } from "./paid-order-store.ts";
