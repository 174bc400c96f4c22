import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, noted, type Operation } from "../../platform/operation.ts";
import type { QuoteRedemptionService } from "./quote-redemption-service.ts";
import { cartIn, quotedIn } from "./redemption-body.ts";
import { ledger } from "./redemption-ledger-schemas.ts";
import { redemption, redemptionBody, redemptionPage, redemptionQuery } from "./redemption-schemas.ts";
import type { RedemptionService } from "./redemption-service.ts";

const byId = z.strictObject({ id: z.string().min(1).max(64) });
const redeemers: readonly Role[] = ["checkout", "pos"];
const readers: readonly Role[] = ["checkout", "pos", "erp", "marketing", "viewer"];
const tag = "redemptions";

export function redemptionOperations(
  service: RedemptionService,
  quoted: QuoteRedemptionService,
): Operation[] {
  return [
    defineOperation({
      id: "createRedemption",
      method: "POST",
      path: "/v1/redemptions",
      graphql: "mutation",
      tag,
      audit: { unaudited: "Every step of a redemption is in the ledger." },
      summary: "Make the price of an order binding: take its codes, uses, budget and stock, all or none.",
      description:
        "The cart is priced by the same engine as a quote. A code that does not apply refuses the order (`code-not-applied`), unless a better offer took its place; so does any total but `expectedTotal` (`price_changed`). The order's own reservation is replaced, never in the way. With a `quoteId` the price is that of the quote, whatever is in force; limits, budgets, stock and codes are still taken, and the order is refused where they are gone (`quote-exhausted`).",
      roles: redeemers,
      status: 201,
      takesIdempotencyKey: true,
      body: redemptionBody,
      result: redemption,
      problems: [
        "price_changed",
        "code-not-applied",
        "minimum-order-not-met",
        "deposit-not-usable",
        "quote-not-found",
        "quote-expired",
        "quote-redeemed",
        "quote-exhausted",
        "quote-mismatch",
        "promotion-killed",
        "order-already-redeemed",
        "project-stopped",
      ],
      example: {
        currency: "CNY",
        channel: "mini-program",
        customer: { id: "c-42" },
        lines: [{ id: "1", sku: "TEA", categories: ["drinks"], quantity: 2, unitPrice: 12_000 }],
        shipping: [{ id: "s1", method: "express", amount: 1_200 }],
        codes: ["WELCOME20"],
        orderRef: "5001",
        mode: "reserve",
        ttlSeconds: 900,
      },
      handler: ({ body, context, idempotencyKey, answer }) =>
        noted(
          body.quoteId === undefined
            ? service.redeem(context, cartIn(body), idempotencyKey)
            : quoted.redeem(context, quotedIn(body), idempotencyKey),
          answer,
        ),
    }),
    defineOperation({
      id: "commitRedemption",
      method: "POST",
      path: "/v1/redemptions/{id}/commit",
      graphql: "mutation",
      tag,
      audit: { unaudited: "Every step of a redemption is in the ledger." },
      summary: "Make a reservation final.",
      roles: redeemers,
      takesIdempotencyKey: true,
      params: byId,
      result: redemption,
      problems: [
        "redemption-not-found",
        "redemption-state-conflict",
        "redemption-expired",
        "group-open",
        "promotion-killed",
        "project-stopped",
      ],
      handler: ({ params: { id }, context, idempotencyKey, answer }) =>
        noted(service.commit(context, id, idempotencyKey), answer),
    }),
    defineOperation({
      id: "cancelRedemption",
      method: "POST",
      path: "/v1/redemptions/{id}/cancel",
      graphql: "mutation",
      tag,
      audit: { unaudited: "Every step of a redemption is in the ledger." },
      summary: "Give everything back that a reserved or committed redemption took.",
      roles: [...redeemers, "erp"],
      takesIdempotencyKey: true,
      params: byId,
      result: redemption,
      problems: ["redemption-not-found", "redemption-state-conflict"],
      handler: ({ params: { id }, context, idempotencyKey, answer }) =>
        noted(service.cancel(context, id, idempotencyKey), answer),
    }),
    defineOperation({
      id: "redemption",
      method: "GET",
      path: "/v1/redemptions/{id}",
      graphql: "query",
      tag,
      summary: "One redemption, as it is now.",
      roles: readers,
      params: byId,
      result: redemption,
      problems: ["redemption-not-found"],
      handler: ({ params: { id }, context }) => service.redemption(context.projectId, id),
    }),
    defineOperation({
      id: "redemptions",
      // By code it counts as a guess, by order it is how a till finds out what became of one.
      reads: "primary",
      method: "GET",
      path: "/v1/redemptions",
      graphql: "query",
      tag,
      summary: "Redemptions, newest first; by order, customer, code or state.",
      roles: readers,
      query: redemptionQuery,
      result: redemptionPage,
      problems: ["too-many-attempts"],
      handler: ({ query, context }) => service.list(context, query),
    }),
    defineOperation({
      id: "redemptionLedger",
      method: "GET",
      path: "/v1/redemptions/{id}/ledger",
      graphql: "query",
      tag,
      summary:
        "The whole history of one redemption: what it took and gave back, entry by entry, and its returns.",
      roles: readers,
      params: byId,
      result: ledger,
      problems: ["redemption-not-found"],
      handler: ({ params: { id }, context }) => service.ledger(context.projectId, id),
    }),
  ];
}
