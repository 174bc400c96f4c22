/** Policies, wired: part of the composition root. */
import type { CampaignBoardService } from "../features/campaigns/campaign-board-service.ts";
import type { CampaignService } from "../features/campaigns/campaign-service.ts";
import { policyActionService } from "../features/policies/policy-action-service.ts";
import { policyOperations } from "../features/policies/policy-operations.ts";
import { policyRoundService } from "../features/policies/policy-round-service.ts";
import { policyService } from "../features/policies/policy-service.ts";
import type { PromotionService } from "../features/promotions/promotion-service.ts";
import { keyNow } from "../features/promotions/scheduled-change-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database.ts";
import type { Log } from "../platform/log.ts";

interface PolicyOptions {
  database: Database;
  clock: Clock;
  log: Log;
  promotions: PromotionService;
  campaigns: CampaignService;
  boards: Pick<CampaignBoardService, "standing">;
}

export function policyServices(options: PolicyOptions) {
  const acting = policyActionService(options);
  const rounds = policyRoundService({ ...options, keyNow, acting, standingOf: options.boards.standing });
  return { operations: policyOperations(policyService({ ...options, acting })), ...rounds };
}
