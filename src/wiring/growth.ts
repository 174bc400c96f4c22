/** Referrals and play, wired: what customers are given for what they do. Part of the composition root. */
import { prizeOperations } from "../features/prizes/prize-operations.ts";
import { prizeReadingService } from "../features/prizes/prize-reading-service.ts";
import { type PrizeOptions, prizeService } from "../features/prizes/prize-service.ts";
import { referralOperations, referralStreams } from "../features/referrals/referral-operations.ts";
import { referralProgrammeService } from "../features/referrals/referral-programme-service.ts";
import { referralService } from "../features/referrals/referral-service.ts";
import {
  followReferredOrders,
  referralSettlementService,
} from "../features/referrals/referral-settlement-service.ts";
import type { EventDeliveryService } from "../features/webhooks/event-delivery-service.ts";
import type { Operation } from "../platform/operation.ts";
import type { StreamOperation } from "../platform/stream-operation.ts";

/** In the transaction that numbers events. */
export const growthFollowers = [followReferredOrders];

export interface GrowthOptions extends PrizeOptions {
  eventDelivery: Pick<EventDeliveryService, "onSequenced">;
}

export type GrowthServices = ReturnType<typeof growthServices>;

export function growthServices({ eventDelivery, ...options }: GrowthOptions) {
  const prizes = prizeService(options);
  const referralProgrammes = referralProgrammeService(options);
  const referrals = referralService({ ...options, programmes: referralProgrammes });
  const referralSettlement = referralSettlementService({
    ...options,
    programmes: referralProgrammes,
    prizes,
  });
  eventDelivery.onSequenced(referralSettlement.wake);
  const background = [prizes, referralSettlement];
  return {
    prizes,
    prizeReading: prizeReadingService(options),
    referralProgrammes,
    referrals,
    referralSettlement,
    trackingFollowers: [referrals.follow],
    start(): void {
      for (const { start } of background) start();
    },
    async close(): Promise<void> {
      for (const { close } of background) await close();
    },
  };
}

export function growthOperations(services: GrowthServices): Operation[] {
  const { prizeReading, referralProgrammes, referrals } = services;
  return [...prizeOperations(prizeReading), ...referralOperations(referralProgrammes, referrals)];
}

export function growthStreams({ referrals }: GrowthServices): StreamOperation[] {
  return referralStreams(referrals);
}
