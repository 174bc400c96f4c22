import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import {
  heldQuote,
  heldQuotePage,
  heldQuoteParams,
  heldQuoteQuery,
  heldQuoteRequest,
} from "./quote-schemas.ts";
import type { QuoteService } from "./quote-service.ts";

const tag = "quotes";
const writers: readonly Role[] = ["checkout", "pos", "erp", "marketing"];
const readers: readonly Role[] = [...writers, "viewer"];

export function quoteOperations(service: QuoteService): Operation[] {
  return [
    defineOperation({
      id: "createQuote",
      method: "POST",
      path: "/v1/quotes",
      graphql: "mutation",
      tag,
      audit: { unaudited: "It promises a price to one customer, and is kept with all that went in." },
      summary: "Price a cart, and hold the price.",
      description:
        "Until `validUntil` one order may be redeemed by it (`quoteId` of `POST /v1/redemptions`), at exactly this price, whatever becomes of promotions and price lists. It holds no code, use, budget or stock: those are taken when it is redeemed, and may be gone by then (`quote-exhausted`). To hold them as well, redeem with `mode: reserve`.",
      roles: writers,
      status: 201,
      body: heldQuoteRequest,
      result: heldQuote,
      problems: [
        "code-not-applied",
        "deposit-not-usable",
        "minimum-order-not-met",
        "invalid-promotion",
        "evaluation-too-complex",
      ],
      example: {
        currency: "CNY",
        customer: { id: "c-42", groups: ["wholesale"] },
        lines: [{ id: "1", sku: "TEA", quantity: 120, unitPrice: 12_000 }],
        validSeconds: 1_209_600,
      },
      handler: ({ body, context }) => service.hold(context, body),
    }),
    defineOperation({
      id: "heldQuotes",
      method: "GET",
      path: "/v1/quotes",
      graphql: "query",
      tag,
      summary: "Quotes that were given, newest first.",
      roles: readers,
      query: heldQuoteQuery,
      result: heldQuotePage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "heldQuote",
      method: "GET",
      path: "/v1/quotes/{id}",
      graphql: "query",
      tag,
      summary: "A quote that was given: its price, and what became of it.",
      roles: readers,
      params: heldQuoteParams,
      result: heldQuote,
      problems: ["quote-not-found", "evaluation-not-found"],
      handler: ({ params: { id }, context }) => service.quote(context.projectId, id),
    }),
  ];
}
