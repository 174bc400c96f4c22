/** What orders have done by the redemptions that priced them. */
import type { RedemptionService } from "../redemptions/redemption-service.ts";
import type { ReturnService } from "../redemptions/return-service.ts";
import type { RedemptionReturns } from "./order-service.ts";
import type { OrderRedemptions } from "./order-settlement-service.ts";

export function orderRedemptions(redemptions: RedemptionService, returns: ReturnService): OrderRedemptions {
  return {
    cancel: (actor, id) => redemptions.cancel(actor, id, null),
    giveUp: (actor, id) => redemptions.giveUp(actor, id),
    returnRest: (actor, id) => returns.returnRest(actor, id),
  };
}

export function redemptionReturns(returns: ReturnService): RedemptionReturns {
  return async (context, redemptionId, request, call) => {
    const { answer, isReplay } = await returns.returnGoods(context, redemptionId, request, call.key);
    call.answer.isReplay = isReplay;
    const { refund, refunded, shipping, withheld, lines, gifts, restored } = answer;
    return { refund, refunded, shipping, withheld, lines, gifts, restored };
  };
}
