/** The part of the composition root that is about group buying. */
import type { FactsService } from "../features/facts/facts-service.ts";
import { groupBuyingOperations } from "../features/group-buying/group-buying-operations.ts";
import { groupBuyingService } from "../features/group-buying/group-buying-service.ts";
import { groupRoundService } from "../features/group-buying/group-round-service.ts";
import type { RulebookService } from "../features/promotions/rulebook-service.ts";
import type { RedemptionService } from "../features/redemptions/redemption-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database.ts";
import type { Log } from "../platform/log.ts";

export { groupCompleteness } from "../features/group-buying/group-state-service.ts";

export function groupBuyingServices(options: {
  database: Database;
  clock: Clock;
  log: Log;
  rulebooks: RulebookService;
  redemptions: RedemptionService;
  facts: FactsService;
}) {
  const rounds = groupRoundService(options);
  return {
    operations: groupBuyingOperations(groupBuyingService(options)),
    start: rounds.start,
    close: rounds.close,
  };
}
