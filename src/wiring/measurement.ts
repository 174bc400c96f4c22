/** What campaigns and experiments came to, wired. Part of the composition root. */

import { campaignHoldoutService } from "../features/campaigns/campaign-holdout-service.ts";
import { exposureService } from "../features/exposures/exposure-service.ts";
import { attributionService } from "../features/measurement/attribution-service.ts";
import { breakdownService } from "../features/measurement/breakdown-service.ts";
import { customerKpiService } from "../features/measurement/customer-kpi-service.ts";
import { measurementOperations } from "../features/measurement/measurement-operations.ts";
import { measurementService } from "../features/measurement/measurement-service.ts";
import { stockTurnoverService } from "../features/measurement/stock-turnover-service.ts";
import type { ProjectService } from "../features/projects/project-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database.ts";
import type { Log } from "../platform/log.ts";

export { isExperimentMet } from "../features/exposures/exposure-service.ts";

export function measurementServices(options: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: ProjectService;
}) {
  const exposures = exposureService(options);
  return {
    exposures,
    holdouts: campaignHoldoutService({ exposures }),
    operations: measurementOperations(
      measurementService(options),
      attributionService(options),
      customerKpiService(options),
      breakdownService(options),
      stockTurnoverService(options),
    ),
  };
}
