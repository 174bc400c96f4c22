import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import type { PrizeReadingService } from "./prize-reading-service.ts";
import { prizePage, prizeQuery } from "./prize-schemas.ts";

const ofAll: ReadonlySet<Role> = new Set(["admin", "marketing", "viewer"]);

/** Codes are worth something: whoever serves a customer is told of that one's. */
function requireCustomer(customer: string | undefined, role: Role): void {
  if (customer !== undefined || ofAll.has(role)) return;
  const message = "Without a customer this needs the role marketing, viewer or admin.";
  const errors = [{ path: "/customer", code: "required", message }];
  throw problem("forbidden-role", { detail: message, errors });
}

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
      description:
        "The roles `checkout`, `pos` and `erp` name the customer; the others may list everybody's.",
      roles: ["checkout", "pos", "erp", "marketing", "viewer"],
      query: prizeQuery,
      result: prizePage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => {
        requireCustomer(query.customer, context.role);
        return service.list(context.projectId, query);
      },
    }),
  ];
}
