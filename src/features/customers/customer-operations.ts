import { defineOperation, type Operation } from "../../platform/operation.ts";
import { customerErasure, customerExport, customerParams } from "./customer-schemas.ts";
import type { CustomerService } from "./customer-service.ts";

const tag = "customers";

export function customerOperations(service: CustomerService): Operation[] {
  return [
    defineOperation({
      id: "customerExport",
      method: "GET",
      path: "/v1/customers/{id}/export",
      graphql: "query",
      tag,
      summary: "Everything that is kept under a customer's id.",
      description:
        "Devices, phones and addresses are kept as keyed hashes only; nobody can say whose they were.",
      roles: ["erp"],
      params: customerParams,
      result: customerExport,
      problems: [],
      handler: ({ params: { id }, context }) => service.export(context.projectId, id),
    }),
    defineOperation({
      id: "eraseCustomer",
      method: "POST",
      path: "/v1/customers/{id}/erase",
      graphql: "mutation",
      tag,
      audit: { resource: "customer" },
      summary: "Erase a customer: whatever is personal goes, and a pseudonym takes the place of their id.",
      description:
        "Books and counters stay as they are, and limits go on counting. Orders, redemptions and coupons stay under the pseudonym, without attributes; saved evaluations are deleted. What is erased cannot be brought back.",
      roles: ["erp"],
      params: customerParams,
      result: customerErasure,
      problems: [],
      handler: ({ params: { id }, context }) => service.erase(context, id),
    }),
  ];
}
