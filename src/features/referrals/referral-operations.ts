import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { pageQuery } from "../../platform/pagination.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import { qrQuery } from "../coupons/coupon-schemas.ts";
import { playParams } from "../prizes/prize-schemas.ts";
import type { ReferralProgrammes } from "./referral-attribution-service.ts";
import {
  memberRequest,
  referral,
  referralCode,
  referralMember,
  referralPage,
  referralProgramme,
  referralProgrammeDocument,
  referralProgrammePage,
  referralQuery,
  referralRequest,
  referralResults,
} from "./referral-schemas.ts";
import type { ReferralService } from "./referral-service.ts";

const tag = "referrals";
const shops: readonly Role[] = ["checkout", "pos", "marketing"];
const marketers: readonly Role[] = ["marketing", "viewer"];
const versionTag = ({ version }: { version: number }) => String(version);

export function referralOperations(programmes: ReferralProgrammes, service: ReferralService): Operation[] {
  return [
    defineOperation({
      id: "putReferralProgramme",
      method: "PUT",
      path: "/v1/referral-programmes/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "referral_programme" },
      summary: "Set by what rules members are rewarded for bringing friends.",
      description:
        "Rules hold from now on, also for friends who came before and have not ordered yet. `If-Match: *` makes a new one.",
      roles: ["marketing"],
      requiresIfMatch: true,
      params: playParams,
      body: referralProgrammeDocument,
      result: referralProgramme,
      etag: versionTag,
      problems: ["too-many-programmes"],
      example: {
        referrer: { kind: "coupon", pool: "spring", validFor: "P30D" },
        friend: { kind: "points", points: 300 },
        gift: { sku: "TOTE-BAG", stock: 100, to: "referrer" },
        minAmount: { CNY: 10_000 },
        holdDays: 14,
        mostRewardsPer: { period: "month", count: 10 },
        link: "https://shop.example/?ref={code}",
      },
      handler: ({ params: { key }, body, ifMatch, context }) => programmes.put(context, key, ifMatch, body),
    }),
    defineOperation({
      id: "referralProgramme",
      method: "GET",
      path: "/v1/referral-programmes/{key}",
      graphql: "query",
      tag,
      summary: "The rules of a referral programme.",
      roles: marketers,
      params: playParams,
      result: referralProgramme,
      etag: versionTag,
      problems: ["referral-programme-not-found"],
      handler: ({ params: { key }, context }) => programmes.get(context.projectId, key),
    }),
    defineOperation({
      id: "referralProgrammes",
      method: "GET",
      path: "/v1/referral-programmes",
      graphql: "query",
      tag,
      summary: "The project's referral programmes, by key.",
      roles: marketers,
      query: pageQuery,
      result: referralProgrammePage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => programmes.list(context.projectId, query),
    }),
    defineOperation({
      id: "joinReferralProgramme",
      method: "POST",
      path: "/v1/referral-programmes/{key}/members",
      graphql: "mutation",
      tag,
      audit: { unaudited: "Customers join by themselves; that is no change of the project." },
      summary:
        "A customer's own code and link, by which friends come; the same however often it is asked for.",
      roles: shops,
      params: playParams,
      body: memberRequest,
      result: referralMember,
      problems: ["referral-programme-not-found"],
      example: { customer: "c-7" },
      handler: ({ params: { key }, body, context }) => service.join(context.projectId, key, body),
    }),
    defineOperation({
      id: "refer",
      method: "POST",
      path: "/v1/referral-programmes/{key}/referrals",
      graphql: "mutation",
      tag,
      audit: { unaudited: "What customers did; nobody's change of the project." },
      summary: "A friend came through a member's code.",
      description:
        "The first time stands, refused or not; whatever is said later is answered with it. What was not known of the friend yet, such as their device, is added and checked until an order decides. An event `sign_up` with `customer` and the code as `referrer` says the same. Devices, phones and addresses are kept as keyed hashes, never as they were sent.",
      roles: shops,
      params: playParams,
      body: referralRequest,
      result: referral,
      problems: [
        "referral-programme-not-found",
        "referral-code-not-found",
        "referral-programme-closed",
        "too-many-attempts",
      ],
      example: { code: "0123456789", customer: "c-8", channel: "wechat" },
      handler: ({ params: { key }, body, context }) => service.attribute(context, key, body),
    }),
    defineOperation({
      id: "referrals",
      method: "GET",
      path: "/v1/referral-programmes/{key}/referrals",
      graphql: "query",
      tag,
      summary: "Friends who came, newest first: what became of each, and why.",
      roles: marketers,
      params: playParams,
      query: referralQuery,
      result: referralPage,
      problems: ["referral-programme-not-found", "invalid-cursor"],
      handler: ({ params: { key }, query, context }) => service.list(context.projectId, key, query),
    }),
    defineOperation({
      id: "referralResults",
      reads: "replica",
      method: "GET",
      path: "/v1/referral-programmes/{key}/results",
      graphql: "query",
      tag,
      summary:
        "How many members and friends there are, by state, reason and channel, and how many gifts are left.",
      description: "Views, sign-ups, shares and orders step by step are in `GET /v1/funnel`.",
      roles: marketers,
      params: playParams,
      result: referralResults,
      problems: ["referral-programme-not-found"],
      handler: ({ params: { key }, context }) => service.results(context.projectId, key),
    }),
  ];
}

export function referralStreams(service: ReferralService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "referralQr",
      method: "GET",
      path: "/v1/referral-codes/{code}/qr",
      tag,
      summary:
        "A member's link as a QR image, to be put on a poster; the code itself where the programme has no link.",
      roles: [...shops, "viewer"],
      params: z.strictObject({ code: referralCode }),
      query: qrQuery,
      produces: ["image/svg+xml", "image/png"],
      problems: ["referral-code-not-found", "too-many-attempts"],
      handler: ({ params, query: { format, size }, accept, context }) =>
        service.qr(context, params.code, format ?? (accept === "image/png" ? "png" : "svg"), size),
    }),
  ];
}
