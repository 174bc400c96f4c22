import { defineOperation, type Operation } from "../../platform/operation.ts";
import { promotionDaysPage, promotionDaysQuery } from "./promotion-day-schemas.ts";
import type { PromotionDayService } from "./promotion-day-service.ts";

export function promotionDayOperations(service: PromotionDayService): Operation[] {
  return [
    defineOperation({
      id: "promotionDays",
      method: "GET",
      path: "/v1/promotion-days",
      graphql: "query",
      tag: "promotions",
      summary: "On how many days of a year each SKU was on promotion, and which rest.",
      description:
        "Counted while the project has a cap (`promotionDaysPerYear`): days on which a promotion on goods that needs no code took something off the SKU in a committed order.",
      roles: ["marketing", "viewer"],
      query: promotionDaysQuery,
      result: promotionDaysPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
  ];
}
