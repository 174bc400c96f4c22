import { z } from "zod";
import { defineOperation, noted, type Operation } from "../../platform/operation.ts";
import { redemptionReturn, returnPage, returnQuery, returnRequest } from "./return-schemas.ts";
import type { ReturnService } from "./return-service.ts";

const byId = z.strictObject({ id: z.string().min(1).max(64) });

export function returnOperations(service: ReturnService): Operation[] {
  return [
    defineOperation({
      id: "returnRedemption",
      method: "POST",
      path: "/v1/redemptions/{id}/returns",
      graphql: "mutation",
      tag: "redemptions",
      audit: { unaudited: "Every step of a redemption is in the ledger." },
      summary: "Return units of a redeemed order, and learn what the customer gets back for them.",
      description:
        "By default what was paid for each unit. Where a promotion says `reevaluate`, what the kept goods cost by the original rules is taken into account; where it says `forbid`, its lines come back only with the whole order. " +
        "All returns of an order, in any order and however split, come to exactly what was paid for it.",
      roles: ["pos", "erp"],
      takesIdempotencyKey: true,
      params: byId,
      body: returnRequest,
      result: redemptionReturn,
      example: { lines: [{ id: "1", quantity: 1 }] },
      problems: ["redemption-not-found", "redemption-state-conflict", "return-refused"],
      handler: ({ params: { id }, body, context, idempotencyKey, answer }) =>
        noted(service.returnGoods(context, id, body, idempotencyKey), answer),
    }),
    defineOperation({
      id: "redemptionReturns",
      // By it a till knows how many units are left to come back.
      reads: "primary",
      method: "GET",
      path: "/v1/redemptions/{id}/returns",
      graphql: "query",
      tag: "redemptions",
      summary: "What came back of a redeemed order, and what was refunded for it; the first return first.",
      roles: ["checkout", "pos", "erp", "marketing", "viewer"],
      params: byId,
      query: returnQuery,
      result: returnPage,
      problems: ["redemption-not-found"],
      handler: ({ params: { id }, query, context }) => service.list(context.projectId, id, query),
    }),
  ];
}
