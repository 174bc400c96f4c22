import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import {
  competitorOffer,
  competitorOfferDocument,
  competitorOfferPage,
  competitorOfferParams,
  competitorOfferQuery,
  market,
  marketQuery,
} from "./market-schemas.ts";
import type { MarketService } from "./market-service.ts";

const tag = "planning";
const roles: readonly Role[] = ["marketing"];
const readers: readonly Role[] = ["marketing", "viewer"];
const audit = { resource: "competitor_offer" };

export function marketOperations(service: MarketService): Operation[] {
  return [
    defineOperation({
      id: "putCompetitorOffer",
      method: "PUT",
      path: "/v1/competitor-offers/{key}",
      graphql: "mutation",
      tag,
      audit,
      summary: "Record what a competitor offers, or say it anew.",
      roles,
      params: competitorOfferParams,
      body: competitorOfferDocument,
      result: competitorOffer,
      example: {
        competitor: "Lakeside Beauty",
        form: "Spend 300, save 50",
        depthPercent: 16.7,
        startsAt: "2026-11-01T00:00:00+08:00",
        endsAt: "2026-11-12T00:00:00+08:00",
        effect: "Our serums sold a tenth less in that week.",
        skus: ["SET-580"],
      },
      problems: [],
      handler: ({ params: { key }, body, context }) => service.put(context, key, body),
    }),
    defineOperation({
      id: "deleteCompetitorOffer",
      method: "DELETE",
      path: "/v1/competitor-offers/{key}",
      graphql: "mutation",
      tag,
      audit,
      summary: "Forget what a competitor offered.",
      roles,
      params: competitorOfferParams,
      result: competitorOffer,
      problems: ["competitor-offer-not-found"],
      handler: ({ params: { key }, context }) => service.remove(context, key),
    }),
    defineOperation({
      id: "competitorOffers",
      method: "GET",
      path: "/v1/competitor-offers",
      graphql: "query",
      tag,
      summary: "What competitors offer and offered, by when it began.",
      roles: readers,
      query: competitorOfferQuery,
      result: competitorOfferPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "market",
      reads: "replica",
      method: "GET",
      path: "/v1/market",
      graphql: "query",
      tag,
      summary: "What competitors offered in a time, beside what our own campaigns of that time earned.",
      description:
        "Of campaigns and their promotions the return on what they cost: of a campaign all of it, of a promotion its discounts and gifts. What is not in a campaign is not here.",
      roles: readers,
      query: marketQuery,
      result: market,
      problems: [],
      handler: ({ query, context }) => service.market(context.projectId, query),
    }),
  ];
}
