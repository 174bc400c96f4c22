/** Whatever automations have to do by themselves. Every process does it; what one is at, the others leave to it. */
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { AutomationPlanningService } from "./automation-planning-service.ts";
import type { AutomationRunService } from "./automation-run-service.ts";
import { projectsDue } from "./automation-run-store.ts";

const pollMilliseconds = 1_000;

export interface AutomationRoundService {
  /** Does all there is to do in all projects by now. */
  catchUp(): Promise<void>;
  deliverOwed(): Promise<void>;
  /** There is something new in the project's events; null: perhaps in any. */
  wake(projectId: string | null): void;
  start(): void;
  close(): Promise<void>;
}

export function automationRoundService({
  database,
  clock,
  log,
  planning,
  runs,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  planning: Pick<AutomationPlanningService, "step">;
  runs: AutomationRunService;
}): AutomationRoundService {
  /** Those that had something to do before; of others a poll finds out. */
  const known = new Set<string>();

  /** A step of each project in turn, until none has anything left: a large one does not keep the others waiting. */
  async function catchUp(): Promise<void> {
    const failed = new Set<string>();
    let steps: number;
    do {
      steps = 0;
      const due = await projectsDue(database.outside, clock.now());
      const one = async (projectId: string) => {
        known.add(projectId);
        if (failed.has(projectId)) return;
        if (await planning.step(projectId)) steps += 1;
        steps += await runs.runDue(projectId, background.signal);
      };
      await eachApart(due, background.signal, one, async (error, projectId) => {
        failed.add(projectId);
        log.warn(
          { err: error, projectId },
          "a project's automations could not go on; tried again in a second",
        );
        // What was found before is done all the same.
        await runs.runDue(projectId, background.signal).catch(() => 0);
      });
    } while (steps > 0 && !background.signal.aborted);
  }

  const onError = (error: unknown) =>
    log.warn({ err: error }, "could not look for automations that are due; tried again in a second");
  const background = repeated(pollMilliseconds, catchUp, onError);
  const deliverOwed = () => runs.deliverOwed(owedRounds.signal);
  // By the clock alone: what happens to customers fills no pool.
  const owedRounds = repeated(pollMilliseconds, deliverOwed, onError);

  return {
    catchUp,
    deliverOwed,
    wake(projectId) {
      if (projectId === null || known.has(projectId)) background.wake();
    },
    start() {
      background.start();
      owedRounds.start();
    },
    async close() {
      await background.close();
      await owedRounds.close();
    },
  };
}
