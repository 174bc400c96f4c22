import { defineOperation, type Operation } from "../../platform/operation.ts";
import type { PrizeReadingService } from "./prize-reading-service.ts";
import { prizePage, prizeQuery } from "./prize-schemas.ts";

export function prizeOperations(service: PrizeReadingService): Operation[] {
  return [
    defineOperation({
      id: "prizes",
      method: "GET",
      path: "/v1/prizes",
      graphql: "query",
      tag: "prizes",
      summary:
        "What customers were given for bringing friends and for playing, newest first: to a customer, by a programme, or in a state.",
      roles: ["checkout", "pos", "erp", "marketing", "viewer"],
      query: prizeQuery,
      result: prizePage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
  ];
}
