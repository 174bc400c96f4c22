/** Contracts, wired. Part of the composition root. */
import { contractOperations } from "../features/contracts/contract-operations.ts";
import { contractRoundService } from "../features/contracts/contract-round-service.ts";
import { contractService } from "../features/contracts/contract-service.ts";
import { valueReportService } from "../features/contracts/value-report-service.ts";
import type { ProjectService } from "../features/projects/project-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database.ts";
import type { Log } from "../platform/log.ts";

export function contractServices(options: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: ProjectService;
}) {
  const rounds = contractRoundService(options);
  return {
    operations: contractOperations(contractService(options), valueReportService(options)),
    rounds,
  };
}
