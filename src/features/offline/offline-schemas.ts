import { z } from "zod";
import { cartLineSchema, identifiersSchema } from "../../engine/cart.ts";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { promotionKey } from "../../engine/promotion.ts";
import { secondsPerDay } from "../../engine/zone.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const reference = z.string().min(1).max(limits.nameLength);
const amount = z.int().min(0).max(limits.amount);

export const mostValidSeconds = 90 * secondsPerDay;
export const mostRedemptionsPerBatch = 500;

// ---------------------------------------------------------------- keys

export const offlineKey = z
  .object({
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    x: z.string().describe("The public key, base64url."),
    kid: z
      .string()
      .describe("Named in the header of the vouchers it signed: its thumbprint (RFC 7638), shortened."),
    alg: z.literal("EdDSA"),
    use: z.literal("sig"),
  })
  .meta({ id: "OfflineKey", description: "A JSON Web Key (RFC 8037)." });
export type OfflineKey = z.output<typeof offlineKey>;

export const offlineKeySet = z
  .object({ keys: z.array(offlineKey).describe("The one that signs now first.") })
  .meta({ id: "OfflineKeySet" });
export type OfflineKeySet = z.output<typeof offlineKeySet>;

export const keyRotation = z
  .strictObject({
    compromised: z
      .boolean()
      .default(false)
      .describe(
        "The old key is no longer published at all, so tills stop believing its vouchers as they ask again.",
      ),
  })
  .meta({ id: "OfflineKeyRotation" });

// ---------------------------------------------------------------- vouchers

export const voucherRequest = z
  .strictObject({
    promotion: promotionKey
      .optional()
      .describe("What is promised. May be left out with a code behind which there is one promotion."),
    code: z.string().min(1).max(limits.codeLength).optional().describe("A code as it is typed."),
    currency: currencyCode,
    maxAmount: amount
      .min(1)
      .optional()
      .describe(
        "The most that the voucher takes off; the budget sets it aside. Needed for a percentage without a cap.",
      ),
    customer: reference.optional().describe("Whose voucher it is; a limit per customer needs to know."),
    identifiers: identifiersSchema.optional(),
    validFrom: z.iso.datetime({ offset: true }).optional().describe("Now, if left out."),
    validForSeconds: z
      .int()
      .min(60)
      .max(mostValidSeconds)
      .default(30 * secondsPerDay),
    reportWithinSeconds: z
      .int()
      .min(0)
      .max(30 * secondsPerDay)
      .default(7 * secondsPerDay)
      .describe(
        "How long after the expiry tills may take to report: so long what is promised stays set aside.",
      ),
  })
  .meta({ id: "OfflineVoucherRequest" });
export type VoucherRequest = z.output<typeof voucherRequest>;

export const voucher = z
  .object({
    id: z.string(),
    token: z.string().describe("A JSON Web Signature (RFC 7515, compact, EdDSA): what the till scans."),
    keyId: z.string(),
    promotion: promotionKey,
    code: z.string().nullable(),
    customer: z.string().nullable(),
    currency: currencyCode,
    amount: minorUnits.nullable().describe("Off the order; null of a percentage."),
    percent: z.number().nullable().describe("Off the order; null of an amount."),
    maxAmount: minorUnits,
    minSubtotal: minorUnits.nullable().describe("The least that the goods must be worth."),
    validFrom: z.iso.datetime(),
    expiresAt: z.iso.datetime().describe("Tills refuse it from then on."),
    heldUntil: z.iso.datetime().describe("When what it set aside is given back if no till has reported it."),
  })
  .meta({ id: "OfflineVoucher" });
export type Voucher = z.output<typeof voucher>;

// ---------------------------------------------------------------- redemptions

export const offlineRedemption = z
  .strictObject({
    voucher: z.string().min(1).max(4_000).describe("The token, as it was scanned."),
    orderRef: reference,
    source: reference.default("default"),
    at: z.iso.datetime({ offset: true }).describe("When the till accepted it."),
    currency: currencyCode,
    discount: amount.describe("What the till took off."),
    lines: z
      .array(cartLineSchema)
      .min(1)
      .max(limits.linesPerCart)
      .optional()
      .describe("What was bought; without it returns know only the order as a whole."),
    total: amount.optional().describe("What the customer paid."),
    till: reference.optional(),
    customer: reference.optional(),
  })
  .meta({ id: "OfflineRedemption" });
export type OfflineRedemption = z.output<typeof offlineRedemption>;

export const offlineBatch = z
  .strictObject({ redemptions: z.array(offlineRedemption).min(1).max(mostRedemptionsPerBatch) })
  .meta({ id: "OfflineRedemptionBatch" });

export const flagKinds = [
  "double_spend",
  "over_amount",
  "expired",
  "not_yet_valid",
  "clock_ahead",
  "below_minimum",
  "wrong_currency",
  "wrong_customer",
  "inconsistent",
  "contents_differ",
  "order_redeemed",
  "voucher_cancelled",
  "code_closed",
  "limit_exceeded",
  "budget_exceeded",
] as const;
export const flagKind = z.enum(flagKinds).meta({
  id: "OfflineFlagKind",
  description: [
    "`double_spend`: another order had the voucher",
    "`over_amount`: more off than it promised",
    "`expired`, `not_yet_valid`: accepted outside its time",
    "`clock_ahead`: accepted in the future, by the till's clock",
    "`below_minimum`: the goods were not worth enough",
    "`wrong_currency`, `wrong_customer`: not those of the voucher",
    "`inconsistent`: lines, discount and total do not agree",
    "`contents_differ`: reported again with other contents; the first stands",
    "`order_redeemed`: the order had a redemption already",
    "`voucher_cancelled`: it had been cancelled",
    "`code_closed`: the code is void or past its time",
    "`limit_exceeded`, `budget_exceeded`: what was given away was not there",
  ].join("; "),
});
export type FlagKind = z.output<typeof flagKind>;

export const offlineResult = z
  .object({
    status: z.enum(["accepted", "duplicate", "refused"]).meta({
      id: "OfflineStatus",
      description:
        "`duplicate`: this voucher was reported for this order before. `refused`: no voucher of this project; nothing was recorded.",
    }),
    orderRef: z.string(),
    source: z.string(),
    voucher: z.string().nullable().describe("The id of the voucher; null of one that is refused."),
    redemption: z.string().nullable().describe("As which it is recorded."),
    flags: z.array(flagKind).describe("Why somebody should look at it; empty if all is well."),
  })
  .meta({ id: "OfflineResult" });
export type OfflineResult = z.output<typeof offlineResult>;

export const offlineResults = z
  .object({ results: z.array(offlineResult).describe("One for each redemption, in their order.") })
  .meta({ id: "OfflineResults" });

// ---------------------------------------------------------------- flags

export const flagState = z.enum(["open", "resolved"]).meta({ id: "OfflineFlagState" });

export const flag = z
  .object({
    id: z.string(),
    kind: flagKind,
    state: flagState,
    redemption: z.string().describe("Its ledger shows what was booked where."),
    voucher: z.string(),
    promotion: promotionKey,
    source: z.string(),
    orderRef: z.string(),
    till: z.string().nullable(),
    acceptedAt: z.iso.datetime().describe("When the till says that it accepted the voucher."),
    currency: currencyCode,
    discount: minorUnits.describe("What the till took off."),
    amount: minorUnits.nullable().describe("By how much, where that can be said."),
    createdAt: z.iso.datetime(),
    resolvedAt: z.iso.datetime().nullable(),
    resolvedBy: z.string().nullable().describe("The id of the API key."),
    note: z.string().nullable(),
  })
  .meta({ id: "OfflineFlag" });
export type Flag = z.output<typeof flag>;
export const flagPage = pageOf(flag, "OfflineFlagPage");

export const flagQuery = pageQuery.extend({
  kind: flagKind.optional(),
  state: flagState.optional(),
  voucher: reference.optional(),
  redemption: reference.optional(),
  till: reference.optional(),
});
export type FlagQuery = z.output<typeof flagQuery>;

export const flagResolution = z
  .strictObject({ note: z.string().min(1).max(limits.textLength).describe("What was found, or done.") })
  .meta({ id: "OfflineFlagResolution" });
