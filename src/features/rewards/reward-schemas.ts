import { z } from "zod";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { couponPoolKey } from "../coupons/coupon-pool-schemas.ts";
import { couponStatus } from "../coupons/coupon-schemas.ts";
import { programmeKey } from "../points/points-schemas.ts";

export const rewardStates = [
  "promised",
  "granted",
  "owed",
  "refused",
  "lapsed",
  "recovered",
  "kept",
] as const;
export const rewardState = z.enum(rewardStates).meta({
  id: "RewardState",
  description:
    "`promised`: its order is only reserved, or was committed just now. `granted`. `owed`: the pool has no free code; it is delivered once there is one. `refused`: nobody to give it to. `lapsed`: the order ended before it was granted. `recovered`: the order came back, and the reward was taken back. `kept`: the order came back, but the coupon had been used.",
});
export type RewardState = z.output<typeof rewardState>;

export const grantedReward = z
  .object({
    redemption: z.string(),
    promotion: z.string().describe("The key of the promotion that promises it."),
    kind: z.enum(["issue_coupon", "points"]).meta({ id: "GrantedRewardKind" }),
    state: rewardState,
    reason: z
      .string()
      .nullable()
      .describe(
        "Why it is owed (`pool_empty`, `pool_unknown`) or refused (`customer_required`, `referrer_unknown`).",
      ),
    pool: couponPoolKey.nullable().describe("Of a coupon."),
    programme: programmeKey.nullable().describe("Of points."),
    points: z
      .int()
      .nullable()
      .describe("What the whole order earns; what a return takes of it is in the customer's entries."),
    code: z.string().nullable().describe("The issued code, as it is printed."),
    couponStatus: couponStatus.nullable().describe("How that coupon stands now."),
    expiresAt: z.iso.datetime().nullable().describe("Of that coupon."),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    id: "GrantedReward",
    description: "What a redemption promised beside the price, and what became of it.",
  });
export type GrantedReward = z.output<typeof grantedReward>;

export const redemptionRewards = z
  .object({ redemption: z.string(), items: z.array(grantedReward) })
  .meta({ id: "RedemptionRewards" });
export type RedemptionRewards = z.output<typeof redemptionRewards>;

export const rewardPage = pageOf(grantedReward, "RewardPage");
export const rewardQuery = pageQuery.extend({
  state: rewardState.default("owed"),
  pool: couponPoolKey.optional(),
});
export type RewardQuery = z.output<typeof rewardQuery>;
