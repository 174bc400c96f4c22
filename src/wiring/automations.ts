/** The part of the composition root that is about automations. */
import { automationDryRunService } from "../features/automations/automation-dry-run-service.ts";
import { automationOperations } from "../features/automations/automation-operations.ts";
import {
  type AutomationPlanningOptions,
  automationPlanningService,
} from "../features/automations/automation-planning-service.ts";
import { automationReadingService } from "../features/automations/automation-reading-service.ts";
import { automationRetentionService } from "../features/automations/automation-retention-service.ts";
import { automationRoundService } from "../features/automations/automation-round-service.ts";
import { automationRunService } from "../features/automations/automation-run-service.ts";
import { automationService } from "../features/automations/automation-service.ts";
import type { CampaignHoldoutService } from "../features/campaigns/campaign-holdout-service.ts";
import type { SegmentService } from "../features/segments/segment-service.ts";
import type { EventDeliveryService } from "../features/webhooks/event-delivery-service.ts";
import type { Operation } from "../platform/operation.ts";

export interface AutomationOptions extends AutomationPlanningOptions {
  segments: Pick<SegmentService, "missing">;
  eventDelivery: Pick<EventDeliveryService, "onSequenced">;
  holdouts: CampaignHoldoutService;
}

export function automationServicesOf({ eventDelivery, ...options }: AutomationOptions) {
  const planning = automationPlanningService(options);
  const rounds = automationRoundService({ ...options, planning, runs: automationRunService(options) });
  eventDelivery.onSequenced(rounds.wake);
  const wake = () => rounds.wake(null);
  return {
    automations: automationService({ ...options, wake }),
    automationReading: automationReadingService(options),
    automationDryRuns: automationDryRunService(options),
    automationRounds: rounds,
    automationRetention: automationRetentionService(options),
    /** For whoever stores what customers do. */
    trackingFollower: planning.followTracked,
  };
}

export type AutomationServices = ReturnType<typeof automationServicesOf>;

export function automationOperationsOf(services: AutomationServices): Operation[] {
  const { automations, automationReading, automationDryRuns } = services;
  return automationOperations(automations, automationReading, automationDryRuns);
}
