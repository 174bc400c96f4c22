/** Rewards and points, wired: what follows from redemptions without holding them up. Part of the composition root. */

import { pointsOperations, pointsStreams } from "../features/points/points-operations.ts";
import { followOrders, pointsOrderRoundService } from "../features/points/points-order-round-service.ts";
import { pointsProgrammeService } from "../features/points/points-programme-service.ts";
import { pointsReadingService } from "../features/points/points-reading-service.ts";
import { pointsRoundService } from "../features/points/points-round-service.ts";
import { type PointsOptions, pointsService } from "../features/points/points-service.ts";
import { couponRewards } from "../features/rewards/coupon-reward-service.ts";
import { pointsRewards } from "../features/rewards/points-reward-service.ts";
import { rewardOperations } from "../features/rewards/reward-operations.ts";
import { rewardReadingService } from "../features/rewards/reward-reading-service.ts";
import { followRedemptions, type RewardOptions, rewardService } from "../features/rewards/reward-service.ts";
import type { EventDeliveryService } from "../features/webhooks/event-delivery-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { Operation } from "../platform/operation.ts";
import type { StreamOperation } from "../platform/stream-operation.ts";

/** In the transaction that numbers events. */
export const loyaltyFollowers = ({ clock }: { clock: Clock }) => [followRedemptions, followOrders(clock)];

export interface LoyaltyOptions extends Omit<RewardOptions, "keepers">, PointsOptions {
  projects: PointsOptions["projects"];
  eventDelivery: Pick<EventDeliveryService, "onSequenced">;
}

export type LoyaltyServices = ReturnType<typeof loyaltyServices>;

export function loyaltyServices({ eventDelivery, ...options }: LoyaltyOptions) {
  const keepers = { issue_coupon: couponRewards, points: pointsRewards(options.projects) };
  const rewards = rewardService({ ...options, keepers });
  eventDelivery.onSequenced(rewards.wake);
  const pointsRounds = pointsRoundService(options);
  const pointsOrderRounds = pointsOrderRoundService(options);
  eventDelivery.onSequenced(pointsOrderRounds.wake);
  return {
    rewards,
    rewardReading: rewardReadingService(options),
    points: pointsService(options),
    pointsReading: pointsReadingService(options),
    pointsProgrammes: pointsProgrammeService(options),
    pointsRounds,
    start(): void {
      rewards.start();
      pointsRounds.start();
      pointsOrderRounds.start();
    },
    async close(): Promise<void> {
      await rewards.close();
      await pointsRounds.close();
      await pointsOrderRounds.close();
    },
  };
}

export function loyaltyOperations(services: LoyaltyServices): Operation[] {
  const { rewardReading, points, pointsReading: reading, pointsProgrammes: programmes } = services;
  return [...rewardOperations(rewardReading), ...pointsOperations({ programmes, reading, points })];
}

export function loyaltyStreams({ pointsReading }: LoyaltyServices): StreamOperation[] {
  return pointsStreams(pointsReading);
}
