/** What orders of an ERP may ask of redemptions that they do not name. */
export { redemptionsOfOrder } from "./told-order-store.ts";
