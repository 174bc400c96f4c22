import { z } from "zod";
import { duration } from "../../engine/duration.ts";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { crockford } from "./code-form.ts";

/** As a promotion's trigger and an `issue_coupon` name it. */
export const couponPoolKey = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
  .meta({ id: "CouponPoolKey", description: "The caller's own name of the pool, unique in the project." });

export const mostUsesPerCode = 1_000_000;
export const mostCodesPerJob = 10_000_000;

const claimLimit = z.int().min(1).max(1_000_000_000).optional();

const claimLimits = z
  .strictObject({
    perCustomer: claimLimit,
    perDevice: claimLimit,
    perPhone: claimLimit,
    perIp: claimLimit,
    total: claimLimit,
  })
  .meta({
    id: "ClaimLimits",
    description: "How many codes may be claimed; a limit by something needs that to be told with the claim.",
  });

export const couponPoolDocument = z
  .strictObject({
    key: couponPoolKey,
    name: z.string().min(1).max(limits.nameLength).optional(),
    alphabet: z
      .string()
      .regex(/^[0-9A-Z]{2,36}$/)
      .default(crockford)
      .describe("The characters codes are drawn from, each once. The default has none that look alike."),
    length: z
      .int()
      .min(1)
      .max(40)
      .optional()
      .describe("How many characters are drawn, 12 if left out; the check character comes on top."),
    pattern: z
      .string()
      .regex(/^[0-9A-Za-z#-]{1,60}$/)
      .optional()
      .describe(
        "Instead of `length`: `WELCOME-####-####`. Each # is drawn; the last one is the check character, if there is one.",
      ),
    prefix: z
      .string()
      .regex(/^[0-9A-Za-z-]{1,30}$/)
      .optional()
      .describe("Comes before the drawn characters."),
    checkCharacter: z
      .boolean()
      .default(true)
      .describe("Ends codes with a character that catches typing errors."),
    usesPerCode: z.int().min(1).max(mostUsesPerCode).default(1).describe("Of codes yet to be made."),
    expiresAt: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("When codes yet to be made stop being valid."),
    validFor: duration.optional(),
    validSince: z
      .enum(["issue", "claim"])
      .meta({ id: "ValidSince" })
      .optional()
      .describe(
        "What `validFor` counts from: when the code was made (the default), or when a customer took it.",
      ),
    claim: claimLimits.optional(),
  })
  .meta({ id: "CouponPoolDocument" });
export type CouponPoolDocument = z.output<typeof couponPoolDocument>;

export const couponPool = couponPoolDocument
  .extend({
    id: z.string(),
    version: z.int().describe("The ETag, as `If-Match` wants it."),
    example: z.string().describe("A code as this pool prints them; not one that exists."),
    foldsLookAlikes: z.boolean().describe("Whether O is read as 0, and I and L as 1."),
    codes: z.int().describe("How many codes it has, generated and imported."),
    mostCodes: z
      .int()
      .describe(
        "How many may be generated in all before they are too easily guessed, by this pool and all whose codes look the same.",
      ),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "CouponPool", description: "Coupons made together." });
export type CouponPool = z.output<typeof couponPool>;
export const couponPoolPage = pageOf(couponPool, "CouponPoolPage");

export const couponPoolQuery = pageQuery.extend({
  q: z
    .string()
    .min(1)
    .max(limits.nameLength)
    .optional()
    .describe("Part of the key or the name, in any case."),
});
export type CouponPoolQuery = z.output<typeof couponPoolQuery>;

export const generation = z
  .strictObject({ count: z.int().min(1).max(mostCodesPerJob) })
  .meta({ id: "CouponGeneration" });
