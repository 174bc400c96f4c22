/** Runs that are over are forgotten in time; how many there were is kept, and whatever caps and "once only" still go by. */
import { repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { keptRuns, rememberedSince } from "./automation-caps.ts";
import { automationsToForgetOf, forgetRuns, projectsWithOldRuns } from "./automation-retention-store.ts";

export interface AutomationRetentionService {
  /** Of all projects; answers how many went. */
  forget(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

const pollMilliseconds = 3_600_000;
const runsAtOnce = 2_000;

export function automationRetentionService({
  database,
  clock,
  log,
}: {
  database: Database;
  clock: Clock;
  log: Log;
}): AutomationRetentionService {
  const background = repeated(pollMilliseconds, forget, (error) =>
    log.warn({ err: error }, "old runs of automations could not be forgotten"),
  );

  async function forget(): Promise<number> {
    let gone = 0;
    const before = new Date(rememberedSince(clock.now()));
    for (const projectId of await projectsWithOldRuns(database.outside, before)) {
      const connection = database.of(projectId);
      for (const { id, status, document } of await automationsToForgetOf(connection, projectId)) {
        const kept = keptRuns(status, document);
        let some = runsAtOnce;
        while (some === runsAtOnce && !background.signal.aborted) {
          some = await forgetRuns(connection, { projectId, id }, { before, most: runsAtOnce, ...kept });
          gone += some;
        }
      }
    }
    return gone;
  }

  return { forget, start: background.start, close: background.close };
}
