/** Rewards, wired: what follows from redemptions without holding them up. Part of the composition root. */
import { couponRewards } from "./features/rewards/coupon-reward-service.ts";
import { rewardOperations } from "./features/rewards/reward-operations.ts";
import { rewardReadingService } from "./features/rewards/reward-reading-service.ts";
import { type RewardOptions, rewardService } from "./features/rewards/reward-service.ts";
import type { EventDeliveryService } from "./features/webhooks/event-delivery-service.ts";
import type { Operation } from "./platform/operation.ts";

export { followRedemptions } from "./features/rewards/reward-service.ts";

export interface LoyaltyOptions extends Omit<RewardOptions, "keepers"> {
  eventDelivery: Pick<EventDeliveryService, "onSequenced">;
}

export type LoyaltyServices = ReturnType<typeof loyaltyServices>;

export function loyaltyServices({ eventDelivery, ...options }: LoyaltyOptions) {
  const rewards = rewardService({
    ...options,
    keepers: { issue_coupon: couponRewards, points: couponRewards },
  });
  eventDelivery.onSequenced(rewards.wake);
  return {
    rewards,
    rewardReading: rewardReadingService(options),
    start(): void {
      rewards.start();
    },
    async close(): Promise<void> {
      await rewards.close();
    },
  };
}

export function loyaltyOperations({ rewardReading }: LoyaltyServices): Operation[] {
  return rewardOperations(rewardReading);
}
