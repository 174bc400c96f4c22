import { z } from "zod";
import { duration } from "../../engine/duration.ts";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { couponPoolKey } from "../coupons/coupon-pool-schemas.ts";
import { couponStatus, customerId } from "../coupons/coupon-schemas.ts";
import { mostPoints, programmeKey, usualProgramme } from "../points/points-schemas.ts";

const name = z.string().min(1).max(limits.nameLength);

/** Of a referral programme, a check-in programme, a challenge, a draw. */
export const playKey = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/)
  .describe("Lower-case letters, digits and `-`; unique among those of its kind.");
export const playParams = z.strictObject({ key: playKey });

export const prizeKinds = ["coupon", "points", "gift"] as const;

export const prize = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("coupon"), pool: couponPoolKey, validFor: duration.optional() }),
    z.strictObject({
      kind: z.literal("points"),
      points: z.int().min(1).max(mostPoints),
      programme: programmeKey.default(usualProgramme),
    }),
    z.strictObject({
      kind: z.literal("gift"),
      sku: name,
      quantity: z.int().min(1).max(limits.quantityPerLine).default(1),
    }),
  ])
  .meta({
    id: "Prize",
    scalar: true,
    description:
      'What is given: `{"kind": "coupon", "pool": "welcome", "validFor": "P30D"}` out of a pool, `{"kind": "points", "points": 100}`, or `{"kind": "gift", "sku": "TOTE-BAG"}`, a promise that the shop keeps.',
  });
export type Prize = z.output<typeof prize>;

export const prizeSources = ["referral", "check_in", "challenge", "draw"] as const;
export type PrizeSource = (typeof prizeSources)[number];
const prizeSource = z.enum(prizeSources).meta({ id: "PrizeSource" });

export const prizeStates = ["granted", "owed", "refused", "lapsed", "recovered", "kept"] as const;
const prizeState = z.enum(prizeStates).meta({
  id: "PrizeState",
  description:
    "`granted`. `owed`: the pool has no free code; it is delivered once there is one. `refused`: not theirs, `reason` says why. `lapsed`: taken back before it was delivered. `recovered`: taken back. `kept`: the coupon was used before it could be taken back.",
});
export type PrizeState = z.output<typeof prizeState>;

export const givenPrize = z
  .object({
    id: z.string(),
    source: prizeSource,
    programme: playKey.describe("The key of the referral programme, check-in programme, challenge or draw."),
    reference: z
      .string()
      .describe(
        "What it is for: a referral and its side, the day of a check-in, the ticket of a draw; of a challenge nothing more.",
      ),
    customer: z.string(),
    state: prizeState,
    reason: z
      .string()
      .nullable()
      .describe("Why it is owed (`pool_empty`, `pool_unknown`) or refused (such as `cap_reached`)."),
    prize,
    code: z.string().nullable().describe("The issued code, as it is printed."),
    couponStatus: couponStatus.nullable().describe("How that coupon stands now."),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "GivenPrize", description: "What a customer was given apart from any order's price." });
export type GivenPrize = z.output<typeof givenPrize>;
export const prizePage = pageOf(givenPrize, "PrizePage");

export const prizeQuery = pageQuery.extend({
  customer: customerId.optional(),
  source: prizeSource.optional(),
  programme: playKey.optional(),
  state: prizeState.optional(),
});
export type PrizeQuery = z.output<typeof prizeQuery>;
