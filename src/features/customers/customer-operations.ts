import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { CustomerBulkService } from "./customer-bulk-service.ts";
import type { CustomerMergeService } from "./customer-merge-service.ts";
import { customerOverview } from "./customer-overview-schemas.ts";
import type { CustomerOverviewService } from "./customer-overview-service.ts";
import type { CustomerPrivacyService } from "./customer-privacy-service.ts";
import {
  customer,
  customerDocument,
  customerErasure,
  customerExport,
  customerMergeAnswer,
  customerMergeRequest,
  customerPage,
  customerParams,
  customerQuery,
} from "./customer-schemas.ts";
import type { CustomerService } from "./customer-service.ts";

const tag = "customers";
const writers: readonly Role[] = ["erp", "marketing"];
const readers: readonly Role[] = ["erp", "marketing", "viewer"];
const versionTag = ({ version }: { version: number }) => String(version);
/** The trail is never changed, so it must not hold what has to be erased one day. */
const unaudited = { unaudited: "A customer is what the shop says of them; every change is an event." };

export function customerOperations(
  service: CustomerService,
  overviews: CustomerOverviewService,
  privacy: CustomerPrivacyService,
  merges: CustomerMergeService,
): Operation[] {
  return [
    defineOperation({
      id: "putCustomer",
      method: "PUT",
      path: "/v1/customers/{id}",
      graphql: "mutation",
      tag,
      audit: unaudited,
      summary: "Say something of a customer, known or new.",
      description:
        "What is left out stays as it is, so that several systems can each say what they know; null takes it away. " +
        "With `If-Match` only where nobody has changed it since.",
      roles: writers,
      params: customerParams,
      body: customerDocument,
      result: customer,
      takesIfMatch: true,
      etag: versionTag,
      example: {
        groups: ["vip"],
        tags: ["skincare"],
        attributes: { level: 3 },
        birthday: "--05-17",
        locale: "zh-CN",
        consents: { newsletter: { granted: true, at: "2026-10-01T09:00:00+08:00", source: "checkout" } },
      },
      problems: [],
      handler: ({ params: { id }, body, ifMatch, context }) => service.put(context, id, ifMatch, body),
    }),
    defineOperation({
      id: "customers",
      method: "GET",
      path: "/v1/customers",
      graphql: "query",
      tag,
      summary: "The project's customers, by id.",
      roles: readers,
      query: customerQuery,
      result: customerPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "customer",
      method: "GET",
      path: "/v1/customers/{id}",
      graphql: "query",
      tag,
      summary: "A customer.",
      roles: readers,
      params: customerParams,
      result: customer,
      etag: versionTag,
      problems: ["customer-not-found"],
      handler: ({ params: { id }, context }) => service.customer(context.projectId, id),
    }),
    defineOperation({
      id: "customerOverview",
      reads: "replica",
      method: "GET",
      path: "/v1/customers/{id}/overview",
      graphql: "query",
      tag,
      summary: "A customer at a glance: what they bought, saved and hold, and where they belong.",
      roles: readers,
      params: customerParams,
      result: customerOverview,
      problems: ["customer-not-found"],
      handler: ({ params: { id }, context }) => overviews.overview(context.projectId, id),
    }),
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
      handler: ({ params: { id }, context }) => privacy.export(context.projectId, id),
    }),
    defineOperation({
      id: "mergeCustomers",
      method: "POST",
      path: "/v1/customers/{id}/merge",
      graphql: "mutation",
      tag,
      audit: { resource: "customer" },
      summary:
        "A guest signed in or up: whatever they had is the customer's, and their id stands for the customer.",
      description:
        "Orders, redemptions and what they count for limits, coupons, points, referrals, check-ins, draws, exposures and events move; " +
        "what the shop said of the customer goes before what it said of the guest, groups and tags are united. A limit that both together " +
        "pass is passed: nothing further is granted. It cannot be undone. Again it changes nothing. Refused with `circle` where the one " +
        "is the other already, with `merged_otherwise` where the guest is another customer's.",
      roles: writers,
      params: customerParams,
      body: customerMergeRequest,
      result: customerMergeAnswer,
      example: { guest: "cookie-5f0c8e0d" },
      problems: ["customers-not-mergeable", "unavailable"],
      handler: ({ params: { id }, body, context }) => merges.merge(context, id, body.guest),
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
        "Books and counters stay as they are, and limits go on counting. Orders, redemptions and coupons stay under the pseudonym, without attributes; what the shop said of them and saved evaluations are deleted. What is erased cannot be brought back.",
      roles: ["erp"],
      params: customerParams,
      result: customerErasure,
      problems: [],
      handler: ({ params: { id }, context }) => privacy.erase(context, id),
    }),
  ];
}

export function customerStreams(bulk: CustomerBulkService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "putCustomers",
      method: "POST",
      path: "/v1/customers/bulk",
      tag,
      summary: "Say something of any number of customers: one a line, as the body of `PUT` with its `id`.",
      description:
        "One line comes back for each, in the same order: `{ line, id, status, problem? }` with the status `stored`, `unchanged` or `refused`. " +
        "A line that is refused touches no other. Read the answer while sending. After a lost connection send all of it again.",
      roles: writers,
      consumes: ["application/x-ndjson"],
      audit: unaudited,
      produces: ["application/x-ndjson"],
      problems: [],
      handler: ({ body, context }) => ({
        contentType: "application/x-ndjson",
        body: bulk.write(context, body!),
      }),
    }),
  ];
}
