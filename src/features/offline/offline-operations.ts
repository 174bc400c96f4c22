import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import type { OfflineFlagService } from "./offline-flag-service.ts";
import type { OfflineKeyService } from "./offline-key-service.ts";
import type { OfflineRedemptionService } from "./offline-redemption-service.ts";
import {
  flag,
  flagPage,
  flagQuery,
  flagResolution,
  keyRotation,
  offlineBatch,
  offlineKeySet,
  offlineResults,
  voucher,
  voucherRequest,
} from "./offline-schemas.ts";
import type { OfflineVoucherService } from "./offline-voucher-service.ts";

const byId = z.strictObject({ id: z.string().min(1).max(64) });
const readers: readonly Role[] = ["pos", "erp", "marketing", "viewer"];
const tag = "offline";

export interface OfflineServices {
  keys: OfflineKeyService;
  vouchers: OfflineVoucherService;
  redemptions: OfflineRedemptionService;
  flags: OfflineFlagService;
}

export function offlineOperations({ keys, vouchers, redemptions, flags }: OfflineServices): Operation[] {
  return [
    defineOperation({
      id: "offlineKeys",
      method: "GET",
      path: "/v1/offline/keys",
      graphql: "query",
      tag,
      summary: "The public keys by which a till proves vouchers without a network.",
      description:
        "A JSON Web Key Set (RFC 7517, RFC 8037). Tills keep it and ask again while they have a network; a retired key stays in it for as long as vouchers that it signed may be good.",
      roles: [],
      result: offlineKeySet,
      problems: [],
      handler: ({ context }) => keys.published(context.projectId),
    }),
    defineOperation({
      id: "rotateOfflineKey",
      method: "POST",
      path: "/v1/offline/keys/rotate",
      graphql: "mutation",
      tag,
      audit: { resource: "offline_key" },
      summary: "Sign vouchers with a new key from now on, and destroy the private half of the old one.",
      roles: ["admin"],
      body: keyRotation.optional(),
      result: offlineKeySet,
      example: { compromised: false },
      problems: [],
      handler: ({ body, context }) => keys.rotate(context, body?.compromised ?? false),
    }),
    defineOperation({
      id: "issueOfflineVoucher",
      method: "POST",
      path: "/v1/offline/vouchers",
      graphql: "mutation",
      tag,
      audit: { unaudited: "What it sets aside is in the ledger." },
      summary: "Issue a signed voucher for one use that a till can accept without a network.",
      description:
        "One use, and the most that it may take of the budget, are set aside until `heldUntil`: a reservation of the same id, which can be cancelled as any other. Only a plain amount or percentage off the order can be promised, with no condition but a least subtotal.",
      roles: ["pos", "marketing", "checkout"],
      status: 201,
      takesIdempotencyKey: true,
      body: voucherRequest,
      result: voucher,
      problems: ["promotion-not-found", "voucher-refused", "project-stopped"],
      example: { promotion: "welcome", currency: "CNY", customer: "c-42", validForSeconds: 86_400 },
      handler: async ({ body, context, idempotencyKey, answer }) => {
        const { voucher: issued, isReplay } = await vouchers.issue(context, body, idempotencyKey);
        answer.isReplay = isReplay;
        return issued;
      },
    }),
    defineOperation({
      id: "redeemOffline",
      method: "POST",
      path: "/v1/redemptions/offline",
      graphql: "mutation",
      tag,
      audit: { unaudited: "What was given away is in the ledger, or flagged." },
      summary: "Report what tills accepted without a network.",
      description:
        "What was given away is recorded, also where it was not there to be given: it is then flagged. The same voucher for the same order is the same redemption, so a till may repeat itself for days, in any split and order. What is no voucher of this project is `refused`, for whatever reason.",
      roles: ["pos"],
      body: offlineBatch,
      result: offlineResults,
      example: {
        redemptions: [
          {
            voucher: "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
            orderRef: "till-5001",
            at: "2026-11-11T00:00:00Z",
            currency: "CNY",
            discount: 2_000,
          },
        ],
      },
      problems: [],
      units: ({ redemptions }) => redemptions.length,
      handler: async ({ body, context }) => ({
        results: await redemptions.accept(context, body.redemptions),
      }),
    }),
    defineOperation({
      id: "offlineFlags",
      method: "GET",
      path: "/v1/offline/flags",
      graphql: "query",
      tag,
      summary: "What is not as it should be with what tills gave away, newest first.",
      roles: readers,
      query: flagQuery,
      result: flagPage,
      problems: [],
      handler: ({ query, context }) => flags.list(context.projectId, query),
    }),
    defineOperation({
      id: "resolveOfflineFlag",
      method: "POST",
      path: "/v1/offline/flags/{id}/resolve",
      graphql: "mutation",
      tag,
      audit: { resource: "offline_flag" },
      summary: "Note that somebody has looked into a flag. It stays listed, as resolved.",
      roles: ["erp", "marketing"],
      params: byId,
      body: flagResolution,
      result: flag,
      example: { note: "The till's clock was wrong; it is right now." },
      problems: ["offline-flag-not-found", "offline-flag-resolved"],
      handler: ({ params: { id }, body: { note }, context }) => flags.resolve(context, id, note),
    }),
  ];
}
