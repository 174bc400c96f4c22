import { z } from "zod";
import { cartSchema, identifiersSchema } from "../../engine/cart.ts";
import type { CouponFact } from "../../engine/facts.ts";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { couponPoolKey } from "./coupon-pool-schemas.ts";

export const couponStatuses = [
  "usable",
  "used",
  "expired",
  "void",
] as const satisfies readonly CouponFact["status"][];
export const couponStatus = z.enum(couponStatuses).meta({ id: "CouponStatus" });
export type CouponStatus = z.output<typeof couponStatus>;

export const customerId = z.string().min(1).max(limits.nameLength);
export const enteredCode = z.string().min(1).max(limits.codeLength);

export const coupon = z
  .object({
    code: z.string().describe("As it is printed; typed in any case, with or without dashes and spaces."),
    pool: couponPoolKey,
    status: couponStatus,
    uses: z.int().describe("How often it may be used in all."),
    usesLeft: z.int().describe("Reservations that are not committed yet count as uses."),
    expiresAt: z.iso.datetime().nullable(),
    customer: z.string().nullable().describe("Whose it is. Null: anybody's."),
    claimedAt: z.iso.datetime().nullable().describe("When that customer got it."),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Coupon", description: "One redeemable code." });
export type Coupon = z.output<typeof coupon>;
export const couponPage = pageOf(coupon, "CouponPage");

export const couponQuery = pageQuery.extend({ customer: customerId.describe("Whose coupons.") });
export type CouponQuery = z.output<typeof couponQuery>;

export const transfer = z
  .strictObject({ customer: customerId.describe("Who gets it.") })
  .meta({ id: "CouponTransfer" });

export const claimRequest = z
  .strictObject({
    customer: customerId.describe("Who gets the code."),
    identifiers: identifiersSchema.optional(),
  })
  .meta({ id: "ClaimRequest" });
export type ClaimRequest = z.output<typeof claimRequest>;

export const couponClaim = z
  .object({
    id: z.string().describe("Of the claim, as the ledger names it."),
    code: z.string().describe("As it is printed."),
    pool: couponPoolKey,
    customer: z.string(),
    claimedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "CouponClaim" });
export type CouponClaim = z.output<typeof couponClaim>;

export const couponsToValidate = z
  .strictObject({
    codes: z.array(enteredCode).min(1).max(limits.codesPerCart),
    customer: customerId.optional().describe("Who wants to use them; with a cart it is the cart's."),
    cart: cartSchema
      .omit({ codes: true, hints: true, maxHints: true })
      .meta({ id: "CartToValidate" })
      .optional()
      .describe("With it the codes are tried on the cart, as an evaluation would."),
  })
  .meta({ id: "CouponValidationRequest" });
export type CouponsToValidate = z.output<typeof couponsToValidate>;

export const couponValidation = z
  .object({
    codes: z
      .array(
        z
          .object({
            code: z.string().describe("As entered."),
            status: z.enum(["usable", "applied", "rejected"]).meta({
              id: "ValidatedCodeStatus",
              description: "Without a cart `usable` or `rejected`, with one `applied` or `rejected`.",
            }),
            reason: z.string().nullable(),
            message: z.string().nullable().describe("The reason in words."),
            promotion: z
              .string()
              .nullable()
              .describe("With a cart: the key of the promotion behind the code."),
          })
          .meta({ id: "ValidatedCode" }),
      )
      .describe("One for each code, in the order of the request."),
  })
  .meta({ id: "CouponValidation" });
export type CouponValidation = z.output<typeof couponValidation>;

export const exportQuery = z.strictObject({
  format: z.enum(["ndjson", "csv"]).meta({ id: "ExportFormat" }).optional().describe("Before `Accept`."),
  status: couponStatus.optional(),
  claimed: z.boolean().optional().describe("Only those that are some customer's, or nobody's."),
});
export type ExportQuery = z.output<typeof exportQuery>;

export const qrQuery = z.strictObject({
  format: z.enum(["svg", "png"]).meta({ id: "QrFormat" }).optional().describe("Before `Accept`."),
  size: z.int().min(50).max(2_000).default(300).describe("Pixels a side, of a PNG."),
});

/** One coupon to import; in CSV a column each, in any order and case. What an export writes can be imported: the last three are not looked at. */
export const importedCoupon = z.strictObject({
  code: z.string(),
  expiresAt: z.string().optional(),
  uses: z.union([z.int(), z.string()]).optional(),
  customer: z.string().optional(),
  usesLeft: z.union([z.int(), z.string()]).optional(),
  status: z.string().optional(),
  pool: z.unknown().optional(),
  claimedAt: z.unknown().optional(),
  createdAt: z.unknown().optional(),
});
