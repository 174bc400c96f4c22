import { z } from "zod";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import type { RewardReadingService } from "./reward-reading-service.ts";
import { redemptionRewards, rewardPage, rewardQuery } from "./reward-schemas.ts";

const tag = "rewards";

export function rewardOperations(service: RewardReadingService): Operation[] {
  return [
    defineOperation({
      id: "redemptionRewards",
      method: "GET",
      path: "/v1/redemptions/{id}/rewards",
      graphql: "query",
      tag,
      summary: "The coupons and points that a redemption promised its customer, and what became of them.",
      description:
        "They are granted within about a second of the commit. A coupon of an order that came back as a whole is void, unless it was used before: then it is `kept`, and an event says so. While another order holds it, it stays `granted`, and void, until that is decided. Points come back in proportion to the goods.",
      roles: ["checkout", "pos", "erp", "marketing", "viewer"],
      params: z.strictObject({ id: z.string().min(1).max(64) }),
      result: redemptionRewards,
      problems: ["redemption-not-found"],
      handler: ({ params: { id }, context }) => service.ofRedemption(context.projectId, id),
    }),
    defineOperation({
      id: "rewards",
      method: "GET",
      path: "/v1/rewards",
      graphql: "query",
      tag,
      summary:
        "Promised coupons and points in one state, such as those that are owed; in the order of their redemptions.",
      roles: ["marketing", "viewer"],
      query: rewardQuery,
      result: rewardPage,
      problems: [],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
  ];
}
