import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import {
  clearing,
  dealer,
  dealerDocument,
  dealerPage,
  dealerParams,
  dealerQuery,
  territoryFlag,
  territoryFlagPage,
  territoryFlagParams,
  territoryFlagQuery,
} from "./dealer-schemas.ts";
import type { DealerService } from "./dealer-service.ts";
import type { TerritoryFlagService } from "./territory-flag-service.ts";

const tag = "dealers";
const readers: readonly Role[] = ["erp", "marketing", "viewer"];
const versionTag = ({ version }: { version: number }) => String(version);

export function dealerOperations(dealers: DealerService, flags: TerritoryFlagService): Operation[] {
  return [
    defineOperation({
      id: "putDealer",
      method: "PUT",
      path: "/v1/dealers/{id}",
      graphql: "mutation",
      tag,
      audit: { resource: "dealer" },
      summary: "Open a dealer's account, or replace what it says.",
      description:
        "Promotions go by it through the condition `dealer`, rebates by level, region and network. " +
        "A territory judges the orders that come from now on: one that was shipped outside of it is flagged.",
      roles: ["erp", "marketing"],
      params: dealerParams,
      body: dealerDocument,
      result: dealer,
      takesIfMatch: true,
      etag: versionTag,
      example: {
        name: "Shanghai East Trading",
        level: "gold",
        region: "CN-SH",
        territory: { regions: ["CN-SH", "CN-JS"], postalPrefixes: ["20", "21"] },
      },
      problems: [],
      handler: ({ params: { id }, body, ifMatch, context }) => dealers.put(context, id, ifMatch, body),
    }),
    defineOperation({
      id: "dealers",
      method: "GET",
      path: "/v1/dealers",
      graphql: "query",
      tag,
      summary: "The project's dealers, by id.",
      roles: readers,
      query: dealerQuery,
      result: dealerPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => dealers.list(context.projectId, query),
    }),
    defineOperation({
      id: "dealer",
      method: "GET",
      path: "/v1/dealers/{id}",
      graphql: "query",
      tag,
      summary: "A dealer's account, and who is above them.",
      roles: readers,
      params: dealerParams,
      result: dealer,
      etag: versionTag,
      problems: ["dealer-not-found"],
      handler: ({ params: { id }, context }) => dealers.dealer(context.projectId, id),
    }),
    defineOperation({
      id: "territoryFlags",
      method: "GET",
      path: "/v1/territory-flags",
      graphql: "query",
      tag,
      summary: "Orders that were shipped outside of their dealer's territory, latest placed first.",
      roles: readers,
      query: territoryFlagQuery,
      result: territoryFlagPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => flags.list(context.projectId, query),
    }),
    defineOperation({
      id: "clearTerritoryFlag",
      method: "POST",
      path: "/v1/territory-flags/{order}/clear",
      graphql: "mutation",
      tag,
      audit: { resource: "territory_flag" },
      summary: "Say that an order outside of its dealer's territory is fine, and why.",
      description:
        "It earns from then on what it would have earned. A later version of the order that goes to another destination, or has another dealer, is flagged again.",
      roles: ["marketing"],
      params: territoryFlagParams,
      body: clearing,
      result: territoryFlag,
      example: { reason: "Agreed with the dealer of that region." },
      problems: ["territory-flag-not-found", "territory-flag-cleared"],
      handler: ({ params: { order }, body, context }) => flags.clear(context, order, body.reason),
    }),
  ];
}
