/** The part of the composition root that is about simulations. */
import { availableParallelism } from "node:os";
import type { JobService } from "../features/jobs/job-service.ts";
import type { RulebookService } from "../features/promotions/rulebook-service.ts";
import { simulationOperations } from "../features/simulations/simulation-operations.ts";
import { simulationService } from "../features/simulations/simulation-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database.ts";

const mostThreads = 4;

export function simulationServices({
  threads = Math.min(availableParallelism(), mostThreads),
  ...options
}: {
  database: Database;
  clock: Clock;
  rulebooks: RulebookService;
  jobs: JobService;
  threads?: number | undefined;
}) {
  return { operations: simulationOperations(simulationService({ ...options, threads })) };
}
