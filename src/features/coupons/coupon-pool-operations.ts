import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import type { ExportFormat } from "../../platform/exports.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { CouponExportService } from "./coupon-export-service.ts";
import { type CouponGenerationService, generationJob } from "./coupon-generation-service.ts";
import type { CouponImportService } from "./coupon-import-service.ts";
import {
  couponPool,
  couponPoolDocument,
  couponPoolKey,
  couponPoolPage,
  couponPoolQuery,
  generation,
} from "./coupon-pool-schemas.ts";
import type { CouponPoolService } from "./coupon-pool-service.ts";
import { exportQuery } from "./coupon-schemas.ts";

const byKey = z.strictObject({ key: couponPoolKey });
const readers: readonly Role[] = ["marketing", "viewer"];
const writers: readonly Role[] = ["marketing"];
const tag = "coupons";
const versionTag = ({ version }: { version: number }) => String(version);

export function couponPoolOperations(
  service: CouponPoolService,
  codes: CouponGenerationService,
): Operation[] {
  return [
    defineOperation({
      id: "createCouponPool",
      method: "POST",
      path: "/v1/coupon-pools",
      graphql: "mutation",
      tag,
      audit: { resource: "coupon_pool" },
      summary: "Create a pool of coupons, without codes yet.",
      description: "A form whose codes could be guessed is refused.",
      roles: writers,
      status: 201,
      body: couponPoolDocument,
      result: couponPool,
      etag: versionTag,
      example: {
        key: "autumn",
        prefix: "AUTUMN-",
        validFor: "P30D",
        validSince: "claim",
        claim: { perCustomer: 1 },
      },
      problems: ["coupon-pool-key-taken", "guessable-codes"],
      handler: ({ body, context }) => service.create(context, body),
    }),
    defineOperation({
      id: "couponPools",
      method: "GET",
      path: "/v1/coupon-pools",
      graphql: "query",
      tag,
      summary: "The project's coupon pools, newest first.",
      roles: readers,
      query: couponPoolQuery,
      result: couponPoolPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "couponPool",
      method: "GET",
      path: "/v1/coupon-pools/{key}",
      graphql: "query",
      tag,
      summary: "A coupon pool.",
      roles: readers,
      params: byKey,
      result: couponPool,
      etag: versionTag,
      problems: ["coupon-pool-not-found"],
      handler: ({ params: { key }, context }) => service.pool(context.projectId, key),
    }),
    defineOperation({
      id: "updateCouponPool",
      method: "PUT",
      path: "/v1/coupon-pools/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "coupon_pool" },
      summary: "Replace a pool's document.",
      description:
        "Codes that exist keep their uses and expiry. The form of codes can change only while there are none.",
      roles: writers,
      params: byKey,
      body: couponPoolDocument,
      result: couponPool,
      requiresIfMatch: true,
      etag: versionTag,
      example: { key: "spring", name: "Spring, for everybody", prefix: "SPRING-" },
      problems: ["coupon-pool-not-found", "guessable-codes"],
      handler: ({ params: { key }, body, ifMatch, context }) => service.update(context, key, ifMatch, body),
    }),
    defineOperation({
      id: "generateCoupons",
      method: "POST",
      path: "/v1/coupon-pools/{key}/codes",
      graphql: "mutation",
      tag,
      audit: { resource: "coupon_pool" },
      summary: "Begin to make codes: exactly so many, drawn at random, in the background.",
      description: "Refused if a guess at the pool's codes would then hit more often than once in 2^32.",
      roles: writers,
      status: 202,
      takesIdempotencyKey: true,
      params: byKey,
      body: generation,
      result: generationJob,
      example: { count: 100 },
      problems: ["coupon-pool-not-found", "guessable-codes"],
      handler: async ({ params: { key }, body, idempotencyKey, answer, context }) => {
        const { job, isReplay } = await codes.generate(context, key, body.count, idempotencyKey);
        answer.isReplay = isReplay;
        return job;
      },
    }),
  ];
}

export function couponPoolStreams(
  exports: CouponExportService,
  imports: CouponImportService,
): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "exportCoupons",
      reads: "replica",
      method: "GET",
      path: "/v1/coupon-pools/{key}/codes",
      tag,
      summary: "All coupons of a pool, one a line.",
      description:
        "As they are at one moment, however long it takes to read them. CSV cells that a spreadsheet would run as a formula get an apostrophe before them.",
      roles: readers,
      params: byKey,
      query: exportQuery,
      produces: ["application/x-ndjson", "text/csv"],
      problems: ["coupon-pool-not-found"],
      handler: ({ params: { key }, query: { format, ...filters }, accept, context }) => {
        const accepted: ExportFormat = accept === "text/csv" ? "csv" : "ndjson";
        return exports.codes(context.projectId, key, filters, format ?? accepted);
      },
    }),
    defineStreamOperation({
      id: "importCoupons",
      method: "POST",
      path: "/v1/coupon-pools/{key}/import",
      tag,
      summary: "Add codes made elsewhere, one a line, as many as you like.",
      description: [
        "Each line has a `code` and may have `expiresAt`, `uses` and `customer`; a CSV names them in its first line. ",
        "The answer has a line `{line, code, reason, message}` for every refused row, and at last `{summary: {accepted, refused}}`. ",
        "Rows are stored in batches: what was accepted before a connection broke stays, and is refused as `code_exists` when sent again. ",
        "Read the answer while you send. How hard imported codes are to guess is up to you.",
      ].join(""),
      roles: writers,
      params: byKey,
      consumes: ["text/csv", "application/x-ndjson"],
      audit: { resource: "coupon_pool" },
      produces: ["application/x-ndjson"],
      problems: ["coupon-pool-not-found"],
      handler: ({ params: { key }, body, contentType, context }) =>
        imports.import(context, key, body!, contentType!),
    }),
  ];
}
