import type { Role } from "../../platform/auth.ts";
import { defineOperation, noted, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { PointsProgrammeService } from "./points-programme-service.ts";
import type { PointsReadingService } from "./points-reading-service.ts";
import {
  holderParams,
  pointsAdjustment,
  pointsBalance,
  pointsBooks,
  pointsEntryPage,
  pointsEntryQuery,
  pointsExportQuery,
  pointsProgramme,
  pointsProgrammeDocument,
  pointsRefund,
  pointsSpend,
  pointsSpendRequest,
  pointsStatement,
  programmeParams,
  programmeQuery,
  spendParams,
} from "./points-schemas.ts";
import type { PointsService } from "./points-service.ts";

const tag = "points";
const readers: readonly Role[] = ["checkout", "pos", "erp", "marketing", "viewer"];
const spenders: readonly Role[] = ["checkout", "pos"];
const inBooks = { unaudited: "Every point is in the entries of its account." } as const;
const versionTag = ({ version }: { version: number }) => String(version);

export function pointsOperations({
  programmes,
  reading,
  points,
}: {
  programmes: PointsProgrammeService;
  reading: PointsReadingService;
  points: PointsService;
}): Operation[] {
  return [
    defineOperation({
      id: "pointsProgramme",
      method: "GET",
      path: "/v1/points-programmes/{key}",
      graphql: "query",
      tag,
      summary: "The rules of a currency of points; the usual ones where nobody has set any.",
      roles: ["marketing", "viewer"],
      params: programmeParams,
      result: pointsProgramme,
      etag: versionTag,
      problems: [],
      handler: ({ params: { key }, context }) => programmes.programme(context.projectId, key),
    }),
    defineOperation({
      id: "putPointsProgramme",
      method: "PUT",
      path: "/v1/points-programmes/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "points_programme" },
      summary: "Set the rules of a currency of points. They are for points that are earned from now on.",
      roles: ["marketing"],
      requiresIfMatch: true,
      params: programmeParams,
      body: pointsProgrammeDocument,
      result: pointsProgramme,
      etag: versionTag,
      problems: [],
      example: {
        pendingDays: 14,
        validMonths: 12,
        worth: { CNY: 1 },
        coupons: [{ pool: "spring", points: 500, validFor: "P30D" }],
        earn: [{ key: "base", points: 1, per: { CNY: 100 }, tiers: { gold: 150 } }],
      },
      handler: ({ params: { key }, body, ifMatch, context }) => programmes.put(context, key, ifMatch, body),
    }),
    defineOperation({
      id: "pointsBooks",
      reads: "replica",
      method: "GET",
      path: "/v1/points-programmes/{key}/books",
      graphql: "query",
      tag,
      summary: "What was issued, redeemed and has lapsed, and what the project owes its customers in points.",
      roles: ["erp", "marketing", "viewer"],
      params: programmeParams,
      result: pointsBooks,
      problems: [],
      handler: ({ params: { key }, context }) => programmes.books(context.projectId, key),
    }),
    defineOperation({
      id: "customerPoints",
      method: "GET",
      path: "/v1/customers/{id}/points",
      graphql: "query",
      tag,
      summary: "A customer's points: what can be spent, what is pending, what lapses next.",
      roles: readers,
      params: holderParams,
      query: programmeQuery,
      result: pointsStatement,
      problems: [],
      handler: ({ params: { id }, query: { programme }, context }) =>
        reading.statement(context.projectId, id, programme),
    }),
    defineOperation({
      id: "customerPointsEntries",
      method: "GET",
      path: "/v1/customers/{id}/points/entries",
      graphql: "query",
      tag,
      summary: "How a customer's points came about, entry by entry, last first.",
      roles: readers,
      params: holderParams,
      query: pointsEntryQuery,
      result: pointsEntryPage,
      problems: [],
      handler: ({ params: { id }, query, context }) => reading.entries(context.projectId, id, query),
    }),
    defineOperation({
      id: "adjustPoints",
      method: "POST",
      path: "/v1/customers/{id}/points/adjustments",
      graphql: "mutation",
      tag,
      audit: { resource: "points_account" },
      summary: "Give a customer points, or take some, by hand.",
      description: "What is given can be spent at once. What is taken must be there: nobody goes below zero.",
      roles: ["marketing"],
      status: 201,
      takesIdempotencyKey: true,
      params: holderParams,
      body: pointsAdjustment,
      result: pointsBalance,
      problems: ["points-refused"],
      example: { points: 100, reason: "The parcel came late." },
      handler: ({ params: { id }, body, context, idempotencyKey, answer }) =>
        noted(points.adjust(context, id, body, idempotencyKey), answer),
    }),
    defineOperation({
      id: "spendPoints",
      method: "POST",
      path: "/v1/customers/{id}/points/spends",
      graphql: "mutation",
      tag,
      audit: inBooks,
      summary: "Pay with points, or buy a coupon with them.",
      description:
        "Those that lapse first go first. However many spend at once, nobody spends a point twice. With `reserve` they are held while the order is paid. With `redemption` or `order` they go the way of what they pay for: spent when it is bought, back with its returns and its cancellation. Of one programme one spend stands for it: the same again answers that one.",
      roles: spenders,
      status: 201,
      takesIdempotencyKey: true,
      params: holderParams,
      body: pointsSpendRequest,
      result: pointsSpend,
      problems: ["points-refused"],
      example: { points: 20, mode: "reserve", orderRef: "5001" },
      handler: ({ params: { id }, body, context, idempotencyKey, answer }) =>
        noted(points.spend(context, id, body, idempotencyKey), answer),
    }),
    defineOperation({
      id: "pointsSpend",
      method: "GET",
      path: "/v1/points-spends/{id}",
      graphql: "query",
      tag,
      summary: "Points that were spent, or are held for it.",
      roles: readers,
      params: spendParams,
      result: pointsSpend,
      problems: ["points-spend-not-found"],
      handler: ({ params: { id }, context }) => points.spent(context.projectId, id),
    }),
    defineOperation({
      id: "commitPointsSpend",
      method: "POST",
      path: "/v1/points-spends/{id}/commit",
      graphql: "mutation",
      tag,
      audit: inBooks,
      summary: "Make a reservation of points final. Again, it changes nothing.",
      roles: spenders,
      params: spendParams,
      result: pointsSpend,
      problems: ["points-spend-not-found", "points-spend-state-conflict"],
      handler: ({ params: { id }, context }) => points.commit(context, id),
    }),
    defineOperation({
      id: "cancelPointsSpend",
      method: "POST",
      path: "/v1/points-spends/{id}/cancel",
      graphql: "mutation",
      tag,
      audit: inBooks,
      summary: "Give back all points of a spend, reserved or committed. Again, it changes nothing.",
      description:
        "A coupon that they bought becomes void; if it was used, or an order holds it, this is refused.",
      roles: [...spenders, "erp"],
      params: spendParams,
      result: pointsSpend,
      problems: ["points-spend-not-found", "points-refused"],
      handler: ({ params: { id }, context }) => points.cancel(context, id),
    }),
    defineOperation({
      id: "refundPoints",
      method: "POST",
      path: "/v1/points-spends/{id}/refunds",
      graphql: "mutation",
      tag,
      audit: inBooks,
      summary:
        "Give back some of the points that an order was paid with, where they do not follow it by themselves.",
      roles: [...spenders, "erp"],
      status: 201,
      takesIdempotencyKey: true,
      params: spendParams,
      body: pointsRefund,
      result: pointsSpend,
      problems: ["points-spend-not-found", "points-spend-state-conflict", "points-refused"],
      example: { points: 5 },
      handler: ({ params: { id }, body, context, idempotencyKey, answer }) =>
        noted(points.refund(context, id, body.points, idempotencyKey), answer),
    }),
  ];
}

export function pointsStreams(reading: PointsReadingService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "exportCustomerPoints",
      reads: "replica",
      method: "GET",
      path: "/v1/customers/{id}/points/entries/export",
      tag,
      summary: "All entries of a customer's points, last first, one a line.",
      description: "CSV cells that a spreadsheet would run as a formula get an apostrophe before them.",
      roles: readers,
      params: holderParams,
      query: pointsExportQuery,
      produces: ["application/x-ndjson", "text/csv"],
      problems: [],
      handler: ({ params: { id }, query: { programme, format }, accept, context }) =>
        reading.export(
          context.projectId,
          id,
          programme,
          format ?? (accept === "text/csv" ? "csv" : "ndjson"),
        ),
    }),
  ];
}
