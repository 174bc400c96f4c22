import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { CouponClaimService } from "./coupon-claim-service.ts";
import { qrImage } from "./coupon-export-service.ts";
import { couponPoolKey } from "./coupon-pool-schemas.ts";
import {
  claimRequest,
  coupon,
  couponClaim,
  couponPage,
  couponQuery,
  couponsToValidate,
  couponValidation,
  enteredCode,
  qrQuery,
  transfer,
} from "./coupon-schemas.ts";
import type { CouponService } from "./coupon-service.ts";

const byCode = z.strictObject({ code: enteredCode });
const tills: readonly Role[] = ["checkout", "pos", "marketing"];
const readers: readonly Role[] = [...tills, "viewer"];
const tag = "coupons";

export function couponOperations(service: CouponService, claims: CouponClaimService): Operation[] {
  return [
    defineOperation({
      id: "claimCoupon",
      method: "POST",
      path: "/v1/coupon-pools/{key}/claim",
      graphql: "mutation",
      tag,
      audit: { unaudited: "A claim is an entry of the ledger." },
      summary: "Give a customer a code of the pool that is nobody's yet.",
      description:
        "Limits by customer, device, phone and address hold exactly, however many claim at once. Devices, phones and addresses are counted by keyed hashes; what was sent is stored nowhere. Send an Idempotency-Key: a repetition then gets the same code.",
      roles: tills,
      status: 201,
      takesIdempotencyKey: true,
      params: z.strictObject({ key: couponPoolKey }),
      body: claimRequest,
      result: couponClaim,
      problems: ["coupon-pool-not-found", "claim-refused", "project-stopped"],
      example: { customer: "c-42" },
      handler: async ({ params: { key }, body, idempotencyKey, answer, context }) => {
        const { claim, isReplay } = await claims.claim(context.projectId, key, body, idempotencyKey);
        answer.isReplay = isReplay;
        return claim;
      },
    }),
    defineOperation({
      id: "coupons",
      reads: "primary",
      method: "GET",
      path: "/v1/coupons",
      graphql: "query",
      tag,
      summary: "A customer's coupons, last got first.",
      roles: readers,
      query: couponQuery,
      result: couponPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "validateCoupons",
      method: "POST",
      path: "/v1/coupons/validate",
      graphql: "query",
      tag,
      summary: "Whether codes can be used now, and if not, why; with a cart, whether they apply to it.",
      description:
        "Without a cart only coupons of pools are known, and usable only where a promotion in force is on and needs one of the pool; a code shared by all customers needs a cart. Holds nothing.",
      roles: tills,
      body: couponsToValidate,
      result: couponValidation,
      example: { codes: ["WELCOME20", "NO-SUCH-CODE"], customer: "c-42" },
      problems: ["invalid-promotion", "guarantee-unavailable"],
      handler: ({ body, context }) => service.validate(context, body),
    }),
    defineOperation({
      id: "coupon",
      method: "GET",
      path: "/v1/coupons/{code}",
      graphql: "query",
      tag,
      summary: "A coupon, by its code as typed.",
      roles: readers,
      params: byCode,
      result: coupon,
      problems: ["coupon-not-found", "too-many-attempts"],
      handler: ({ params: { code }, context }) => service.coupon(context, code),
    }),
    defineOperation({
      id: "voidCoupon",
      method: "POST",
      path: "/v1/coupons/{code}/void",
      graphql: "mutation",
      tag,
      audit: { resource: "coupon" },
      summary: "Make a coupon invalid, for good.",
      roles: ["marketing"],
      params: byCode,
      result: coupon,
      problems: ["coupon-not-found", "too-many-attempts"],
      handler: ({ params: { code }, context }) => service.void(context, code),
    }),
    defineOperation({
      id: "transferCoupon",
      method: "POST",
      path: "/v1/coupons/{code}/transfer",
      graphql: "mutation",
      tag,
      audit: { resource: "coupon" },
      summary: "Give a coupon to a customer, whosever it was; nobody else can use it then.",
      roles: tills,
      params: byCode,
      body: transfer,
      result: coupon,
      problems: ["coupon-not-found", "coupon-state-conflict", "too-many-attempts"],
      example: { customer: "c-43" },
      handler: ({ params: { code }, body, context }) => service.transfer(context, code, body.customer),
    }),
  ];
}

export function couponStreams(service: CouponService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "couponQr",
      method: "GET",
      path: "/v1/coupons/{code}/qr",
      tag,
      summary: "A coupon's code as a QR image.",
      roles: readers,
      params: byCode,
      query: qrQuery,
      produces: ["image/svg+xml", "image/png"],
      problems: ["coupon-not-found", "too-many-attempts"],
      handler: async ({ params, query: { format, size }, accept, context }) => {
        const { code } = await service.coupon(context, params.code);
        return qrImage(code, format ?? (accept === "image/png" ? "png" : "svg"), size);
      },
    }),
  ];
}
