/** Referrals and play, wired: what customers are given for what they do. Part of the composition root. */
import type { CampaignHoldoutService } from "../features/campaigns/campaign-holdout-service.ts";
import type { WrongCodeService } from "../features/limits/wrong-code-service.ts";
import { challengeOperations } from "../features/play/challenge-operations.ts";
import {
  challengeProgrammes,
  challengeService,
  followChallengedCheckIns,
  followChallengedEvents,
  followChallengedOrders,
} from "../features/play/challenge-service.ts";
import { checkInOperations } from "../features/play/check-in-operations.ts";
import { checkInProgrammeService, checkInService } from "../features/play/check-in-service.ts";
import { drawOperations } from "../features/play/draw-operations.ts";
import { drawService } from "../features/play/draw-service.ts";
import { prizeOperations } from "../features/prizes/prize-operations.ts";
import { prizeReadingService } from "../features/prizes/prize-reading-service.ts";
import { type PrizeOptions, prizeService } from "../features/prizes/prize-service.ts";
import type { ProjectService } from "../features/projects/project-service.ts";
import { referralOperations, referralStreams } from "../features/referrals/referral-operations.ts";
import { referralProgrammeService } from "../features/referrals/referral-programme-service.ts";
import { referralService } from "../features/referrals/referral-service.ts";
import {
  followReferredOrders,
  referralSettlementService,
} from "../features/referrals/referral-settlement-service.ts";
import type { EventDeliveryService } from "../features/webhooks/event-delivery-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { Operation } from "../platform/operation.ts";
import type { StreamOperation } from "../platform/stream-operation.ts";

/** In the transaction that numbers events. */
export const growthFollowers = ({ projects, clock }: { projects: ProjectService; clock: Clock }) => [
  followReferredOrders(clock),
  followChallengedOrders({ projects, clock }),
];

export interface GrowthOptions extends PrizeOptions {
  projects: ProjectService;
  wrongCodes: Pick<WrongCodeService, "guard">;
  eventDelivery: Pick<EventDeliveryService, "onSequenced">;
  holdouts: CampaignHoldoutService;
}

export type GrowthServices = ReturnType<typeof growthServices>;

export function growthServices({ eventDelivery, ...given }: GrowthOptions) {
  const prizes = prizeService(given);
  const prizeReading = prizeReadingService(given);
  const options = { ...given, prizes, prizeReading };
  const referralProgrammes = referralProgrammeService(options);
  const referrals = referralService({ ...options, programmes: referralProgrammes });
  const referralSettlement = referralSettlementService({ ...options, programmes: referralProgrammes });
  const checkInProgrammes = checkInProgrammeService(options);
  const follow = followChallengedCheckIns(options);
  const checkIns = checkInService({ ...options, programmes: checkInProgrammes, follow });
  const challenges = challengeProgrammes(options);
  const challengeCounts = challengeService({ ...options, programmes: challenges });
  eventDelivery.onSequenced(referralSettlement.wake);
  eventDelivery.onSequenced(challengeCounts.wake);
  const background = [prizes, referralSettlement, challengeCounts];
  return {
    prizeReading,
    referralProgrammes,
    referrals,
    checkInProgrammes,
    checkIns,
    challenges,
    challengeCounts,
    draws: drawService(options),
    trackingFollowers: [referrals.follow, followChallengedEvents(options)],
    start(): void {
      for (const { start } of background) start();
    },
    async close(): Promise<void> {
      for (const { close } of background) await close();
    },
  };
}

export function growthOperations(services: GrowthServices): Operation[] {
  return [
    ...prizeOperations(services.prizeReading),
    ...referralOperations(services.referralProgrammes, services.referrals),
    ...checkInOperations(services.checkInProgrammes, services.checkIns),
    ...challengeOperations(services.challenges, services.challengeCounts),
    ...drawOperations(services.draws),
  ];
}

export function growthStreams({ referrals }: GrowthServices): StreamOperation[] {
  return referralStreams(referrals);
}
