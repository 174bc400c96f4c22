import { z } from "zod";
import { duration } from "../../engine/duration.ts";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits, moneyMap } from "../../engine/money.ts";
import { goodsSelector } from "../../engine/selectors/selector.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { couponPoolKey } from "../coupons/coupon-pool-schemas.ts";
import { exportQuery } from "../coupons/coupon-schemas.ts";

export const programmeKey = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/)
  .meta({ id: "PointsProgrammeKey", description: "A currency of points." });
export const usualProgramme = "points";
const programme = programmeKey.default(usualProgramme);

export const mostPoints = 1_000_000_000;
const somePoints = z.int().min(1).max(mostPoints);
const days = (most: number) => z.int().min(0).max(most);
const reference = z.string().min(1).max(limits.nameLength);

const percentByTier = z.record(z.string(), z.int().min(0).max(10_000)).meta({
  id: "PercentByTier",
  scalar: true,
  description: "By the key of a membership tier.",
});

const earnRule = z
  .strictObject({
    key: programmeKey.describe("Names it among the rates of the programme."),
    points: somePoints.default(1),
    per: moneyMap.describe(
      "For each such amount paid for goods, after discounts and without shipping. In other currencies nothing.",
    ),
    tiers: percentByTier
      .optional()
      .describe("Percent of the points for members of a tier, such as `{ gold: 150 }`. Others get 100."),
    channels: z.array(reference).min(1).max(limits.namesPerField).optional(),
    products: goodsSelector.optional().describe("Which goods count. Left out, all."),
    withPromotions: z
      .boolean()
      .default(false)
      .describe("Also for orders whose redemption earns points of the programme by a promotion."),
    from: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("Orders placed before earn nothing. Left out, since the rate was first written."),
  })
  .meta({ id: "PointsEarnRule" });
export type EarnRule = z.output<typeof earnRule>;

export const pointsProgrammeDocument = z
  .strictObject({
    name: z.string().min(1).max(limits.nameLength).optional(),
    pendingDays: days(366)
      .default(14)
      .describe(
        "So long the goods of an order may come back: its points cannot be spent before. Shorter than `validMonths`.",
      ),
    validMonths: z
      .int()
      .min(1)
      .max(120)
      .nullable()
      .default(null)
      .describe(
        "Points lapse at the end of the day so many months after they were earned, in the project's zone. Null: never.",
      ),
    remindDays: days(366).default(30).describe("So long before they lapse it is told. 0: it is not."),
    worth: moneyMap
      .optional()
      .describe("What one point pays as tender, in minor units. Left out, points buy only `coupons`."),
    coupons: z
      .array(
        z
          .strictObject({
            pool: couponPoolKey,
            points: somePoints,
            validFor: duration.optional(),
          })
          .meta({ id: "PointsCoupon" }),
      )
      .max(limits.namesPerField)
      .default([])
      .describe("Coupons that points buy."),
    earn: z
      .array(earnRule)
      .max(20)
      .default([])
      .describe("What orders earn that an ERP pushes, with a redemption or without one. Rates add up."),
  })
  .meta({ id: "PointsProgrammeDocument" });
export type PointsProgrammeDocument = z.output<typeof pointsProgrammeDocument>;

export const pointsProgramme = pointsProgrammeDocument
  .extend({
    key: programmeKey,
    version: z.int().describe("The ETag, as `If-Match` wants it; 0 before it was ever set."),
  })
  .meta({ id: "PointsProgramme" });
export type PointsProgramme = z.output<typeof pointsProgramme>;

export const programmeParams = z.strictObject({ key: programmeKey });
export const holderParams = z.strictObject({ id: reference });
export const spendParams = z.strictObject({ id: z.string().min(1).max(64) });
export const programmeQuery = z.strictObject({ programme });

const balances = {
  available: z.int().describe("Can be spent."),
  pending: z.int().describe("Earned by orders whose goods may still come back."),
  reserved: z.int().describe("Held for orders that are not committed yet."),
  debt: z
    .int()
    .describe(
      "Owed, because points of returned orders had been spent: whatever comes next goes there first. Then `available` is 0.",
    ),
};

export const pointsStatement = z
  .object({
    programme: programmeKey,
    ...balances,
    expiringNext: z
      .object({ points: z.int(), at: z.iso.datetime() })
      .meta({ id: "PointsExpiring" })
      .nullable()
      .describe("What lapses first of what can be spent."),
    lots: z
      .array(
        z
          .object({
            id: z.string(),
            points: z.int().describe("As they were earned."),
            remaining: z.int(),
            isPending: z.boolean(),
            redemption: z.string().nullable(),
            order: z.string().nullable().describe("The ERP's order that earned them by a rate."),
            earnedAt: z.iso.datetime(),
            availableAt: z.iso.datetime(),
            expiresAt: z.iso.datetime().nullable().describe("Null: never."),
          })
          .meta({ id: "PointsLot" }),
      )
      .describe("What is left of each, those that lapse first, first; at most 200."),
  })
  .meta({ id: "PointsStatement" });
export type PointsStatement = z.output<typeof pointsStatement>;

const account = z.enum(["issued", "pending", "available", "reserved", "redeemed", "expired", "debt"]).meta({
  id: "PointsAccount",
  description: "`pending`, `available`, `reserved` and `debt` are the customer's, the others the project's.",
});

export const pointsEntry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    cause: z
      .enum([
        "earn",
        "adjust",
        "mature",
        "expire",
        "reserve",
        "spend",
        "release",
        "refund",
        "reverse",
        "repay",
        "merge",
      ])
      .meta({ id: "PointsCause" }),
    from: account,
    to: account,
    points: z.int(),
    lot: z.string().nullable(),
    redemption: z.string().nullable(),
    spend: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: "PointsEntry", description: "Takes from one account what it gives to another." });
export type PointsEntryAnswer = z.output<typeof pointsEntry>;
export const pointsEntryPage = pageOf(pointsEntry, "PointsEntryPage");
export const pointsEntryQuery = pageQuery.extend({ programme });
export type PointsEntryQuery = z.output<typeof pointsEntryQuery>;
export const pointsExportQuery = z.strictObject({
  programme,
  format: exportQuery.shape.format,
});

export const pointsAdjustment = z
  .strictObject({
    points: z
      .int()
      .min(-mostPoints)
      .max(mostPoints)
      .describe("Below zero they are taken, from what can be spent."),
    reason: z.string().min(1).max(limits.textLength),
    programme,
  })
  .meta({ id: "PointsAdjustment" });
export type PointsAdjustment = z.output<typeof pointsAdjustment>;

export const pointsBalance = z.object({ programme: programmeKey, ...balances }).meta({ id: "PointsBalance" });
export type PointsBalance = z.output<typeof pointsBalance>;

export const pointsSpendRequest = z
  .strictObject({
    points: somePoints.optional().describe("As tender; or `coupon`."),
    coupon: couponPoolKey
      .optional()
      .describe("The pool of a coupon that the programme sells; what it costs, the programme says."),
    mode: z
      .enum(["reserve", "commit"])
      .meta({ id: "PointsSpendMode" })
      .default("commit")
      .describe("`reserve` holds them until the spend is committed, cancelled or its time is up."),
    ttlSeconds: z
      .int()
      .min(1)
      .max(604_800)
      .default(900)
      .describe(
        "Of a reservation. One for a redemption or for an order that is known is held for 30 days, whatever this says.",
      ),
    orderRef: reference.optional(),
    redemption: reference
      .optional()
      .describe(
        "What they pay for: a reservation is spent when it is committed, what comes back gives points back in proportion, and its cancellation all of them.",
      ),
    order: reference
      .optional()
      .describe("The same, of an order by its number in the ERP, which may tell of it later."),
    currency: currencyCode.optional().describe("For what they are worth as tender."),
    programme,
  })
  .meta({ id: "PointsSpendRequest" });
export type PointsSpendRequest = z.output<typeof pointsSpendRequest>;

export const pointsSpendStates = ["reserved", "committed", "cancelled", "expired"] as const;
export type PointsSpendState = (typeof pointsSpendStates)[number];

export const pointsSpend = z
  .object({
    id: z.string(),
    programme: programmeKey,
    state: z.enum(pointsSpendStates).meta({ id: "PointsSpendState" }),
    points: z.int(),
    refunded: z.int().describe("Points given back of it."),
    currency: z.string().nullable(),
    value: minorUnits.nullable().describe("What they paid as tender."),
    coupon: z.string().nullable().describe("The code that they bought, as it is printed."),
    orderRef: z.string().nullable(),
    redemption: z.string().nullable(),
    order: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable().describe("Of a reservation."),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "PointsSpend" });
export type PointsSpend = z.output<typeof pointsSpend>;

export const pointsRefund = z
  .strictObject({ points: somePoints.describe("Given back to the customer, to the lots they came from.") })
  .meta({ id: "PointsRefund" });

export const pointsBooks = z
  .object({
    programme: programmeKey,
    issued: z.int().describe("Earned and given, less what returns and adjustments took."),
    redeemed: z.int(),
    expired: z.int(),
    liability: z.int().describe("issued − redeemed − expired: what customers have, less what they owe."),
    ...balances,
  })
  .meta({ id: "PointsBooks" });
export type PointsBooks = z.output<typeof pointsBooks>;
