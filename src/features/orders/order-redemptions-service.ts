/** What orders have done by the redemptions that priced them. */
import { problem } from "../../platform/problem.ts";
import type { RedemptionReturns } from "./order-service.ts";
import type { OrderRedemptions } from "./order-settlement-service.ts";

/** Until the redemptions are there: such orders stay pending, and are settled when their message is repeated. */
export const absentRedemptions: OrderRedemptions & { returnLines: RedemptionReturns } = {
  cancel: async () => absent(),
  returnRest: async () => absent(),
  returnLines: async () => absent(),
};

function absent(): never {
  throw problem("unavailable");
}
