import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { fundEntryPage, fundEntryQuery, fundParams, fundStatement, settlement } from "./fund-schemas.ts";
import type { FundService } from "./fund-service.ts";

const tag = "dealers";
const readers: readonly Role[] = ["erp", "marketing", "viewer"];

export function fundOperations(service: FundService): Operation[] {
  return [
    defineOperation({
      id: "dealerFunding",
      reads: "replica",
      method: "GET",
      path: "/v1/dealers/{id}/funding/{period}",
      graphql: "query",
      tag,
      summary: "What a dealer and others bear together of a month's discounts.",
      description:
        "Of the dealer's redemptions by promotions with `funding`, net of what came back, within a second or two. A return counts in the month in which it comes.",
      roles: readers,
      params: fundParams,
      result: fundStatement,
      problems: ["dealer-not-found"],
      handler: ({ params: { id, period }, context }) => service.statement(context.projectId, id, period),
    }),
    defineOperation({
      id: "dealerFundEntries",
      method: "GET",
      path: "/v1/dealers/{id}/funding/{period}/entries",
      graphql: "query",
      tag,
      summary: "The entries that such a statement adds up, by redemption.",
      roles: readers,
      params: fundParams,
      query: fundEntryQuery,
      result: fundEntryPage,
      problems: ["dealer-not-found", "invalid-cursor"],
      handler: ({ params: { id, period }, query, context }) =>
        service.entries(context.projectId, id, period, query),
    }),
    defineOperation({
      id: "settleDealerFunding",
      method: "POST",
      path: "/v1/dealers/{id}/funding/{period}/settle",
      graphql: "mutation",
      tag,
      audit: { resource: "fund_statement" },
      summary: "Settle a month that is over: it stays as it is from then on.",
      roles: ["marketing"],
      params: fundParams,
      body: settlement,
      result: fundStatement,
      example: { reference: "CN-2026-11-0042" },
      problems: ["dealer-not-found", "fund-period-open", "fund-period-settled"],
      handler: ({ params: { id, period }, body, context }) =>
        service.settle(context, id, period, body.reference),
    }),
  ];
}
