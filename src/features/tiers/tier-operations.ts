import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import {
  customerTier,
  tierParams,
  tierProgramme,
  tierProgrammeDocument,
  tierSetting,
} from "./tier-schemas.ts";
import type { TierService } from "./tier-service.ts";

const tag = "tiers";
const readers: readonly Role[] = ["marketing", "viewer"];
const writers: readonly Role[] = ["marketing"];
const versionTag = ({ version }: { version: number }) => String(version);

export function tierOperations(service: TierService): Operation[] {
  return [
    defineOperation({
      id: "tierProgramme",
      method: "GET",
      path: "/v1/tier-programme",
      graphql: "query",
      tag,
      summary: "The membership tiers of the project, and how they are reached.",
      roles: readers,
      result: tierProgramme,
      etag: versionTag,
      problems: ["tiers-not-configured"],
      handler: ({ context }) => service.programme(context.projectId),
    }),
    defineOperation({
      id: "putTierProgramme",
      method: "PUT",
      path: "/v1/tier-programme",
      graphql: "mutation",
      tag,
      audit: { resource: "tier_programme" },
      summary: "Say which membership tiers there are, and how they are reached.",
      description:
        "Everybody is then looked at in the background, by all they ever bought; afterwards whoever buys, or gives back, within a second or two. What a tier is good for promotions say: with the condition `tier`.",
      roles: writers,
      body: tierProgrammeDocument,
      result: tierProgramme,
      takesIfMatch: true,
      etag: versionTag,
      example: {
        measure: "amount",
        qualification: { kind: "rolling_months", months: 12 },
        validity: { kind: "months", count: 12 },
        downgrade: "one_level",
        tiers: [
          { key: "silver", name: "Silver", amounts: { CNY: 100_000 } },
          { key: "gold", name: "Gold", amounts: { CNY: 500_000 } },
        ],
      },
      problems: [],
      handler: ({ body, ifMatch, context }) => service.put(context, ifMatch, body),
    }),
    defineOperation({
      id: "customerTier",
      method: "GET",
      path: "/v1/customers/{id}/tier",
      graphql: "query",
      tag,
      summary: "A customer's tier, until when they have it, and what is missing to the next.",
      roles: ["checkout", "pos", "erp", "marketing", "viewer"],
      params: tierParams,
      result: customerTier,
      problems: ["tiers-not-configured"],
      handler: ({ params: { id }, context }) => service.tierOf(context.projectId, id),
    }),
    defineOperation({
      id: "setCustomerTier",
      method: "PUT",
      path: "/v1/customers/{id}/tier",
      graphql: "mutation",
      tag,
      audit: { resource: "customer_tier" },
      summary: "Set a customer's tier by hand for some time, as for somebody who comes from a competitor.",
      description:
        "It holds at once, until its end or until the customer reaches a higher tier by what they buy from now on.",
      roles: writers,
      params: tierParams,
      body: tierSetting,
      result: customerTier,
      problems: ["tiers-not-configured"],
      example: { tier: "gold", until: "2099-01-01T00:00:00Z", reason: "Gold with our competitor." },
      handler: ({ params: { id }, body, context }) => service.set(context, id, body),
    }),
    defineOperation({
      id: "resetCustomerTier",
      method: "DELETE",
      path: "/v1/customers/{id}/tier",
      graphql: "mutation",
      tag,
      audit: { resource: "customer_tier" },
      summary: "Take back the tier that was set by hand: what the customer bought decides again.",
      roles: writers,
      params: tierParams,
      result: customerTier,
      problems: ["tiers-not-configured"],
      handler: ({ params: { id }, context }) => service.reset(context, id),
    }),
  ];
}
