/** Dealers and their rebates, wired. Part of the composition root. */
import { dealerOperations } from "../features/dealers/dealer-operations.ts";
import { dealerService } from "../features/dealers/dealer-service.ts";
import { followShippedOrders, territoryFlagService } from "../features/dealers/territory-flag-service.ts";
import { fundOperations } from "../features/funds/fund-operations.ts";
import { followFundedSales, fundService } from "../features/funds/fund-service.ts";
import type { ProjectService } from "../features/projects/project-service.ts";
import { followDealersOrders, rebateAccrualService } from "../features/rebates/rebate-accrual-service.ts";
import { rebateAgreementService } from "../features/rebates/rebate-agreement-service.ts";
import { rebateExportService } from "../features/rebates/rebate-export-service.ts";
import { rebateOperations, rebateStreams } from "../features/rebates/rebate-operations.ts";
import { rebateStandingService } from "../features/rebates/rebate-standing-service.ts";
import { rebateStatementService } from "../features/rebates/rebate-statement-service.ts";
import type { EventDeliveryService } from "../features/webhooks/event-delivery-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database.ts";
import type { Log } from "../platform/log.ts";

/** In the transaction that numbers events. Territories come first: what is flagged earns nothing. */
export const dealerFollowers = ({ clock, projects }: { clock: Clock; projects: ProjectService }) => [
  followShippedOrders(clock),
  followDealersOrders(clock),
  followFundedSales({ clock, projects }),
];

export function dealerServices({
  eventDelivery,
  ...options
}: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: ProjectService;
  eventDelivery: Pick<EventDeliveryService, "onSequenced">;
}) {
  const accrual = rebateAccrualService(options);
  eventDelivery.onSequenced(accrual.wake);
  const rebates = {
    agreements: rebateAgreementService({ ...options, wake: accrual.wake }),
    standings: rebateStandingService(options),
    statements: rebateStatementService({ ...options, accrual }),
    exports: rebateExportService(options),
  };
  return {
    operations: [
      ...dealerOperations(dealerService(options), territoryFlagService(options)),
      ...rebateOperations(rebates),
      ...fundOperations(fundService(options)),
    ],
    streams: rebateStreams(rebates),
    start: accrual.start,
    close: accrual.close,
  };
}
