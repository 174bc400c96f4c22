/** Runs that are over are forgotten in time; how many there were is kept, and whatever caps and "once only" still go by. */
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { keptRuns, rememberedSince } from "./automation-caps.ts";
import {
  automationsToForgetOf,
  forgetRuns,
  projectsWithOldRuns,
  type RunPlace,
} from "./automation-retention-store.ts";

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
  const failed = (error: unknown, of: object = {}) =>
    log.warn({ err: error, ...of }, "old runs of automations could not be forgotten");
  const background = repeated(pollMilliseconds, forget, failed);

  async function forget(): Promise<number> {
    let gone = 0;
    const { signal } = background;
    const before = new Date(rememberedSince(clock.now()));
    const forgetOf = async (projectId: string) => {
      const connection = database.of(projectId);
      await eachApart(
        await automationsToForgetOf(connection, projectId),
        signal,
        async ({ id, status, document }) => {
          const kept = keptRuns(status, document);
          // On from where the page before ended: those that are kept are walked once.
          let after: RunPlace | null = null;
          do {
            const page: Awaited<ReturnType<typeof forgetRuns>> = await forgetRuns(
              connection,
              { projectId, id },
              { before, most: runsAtOnce, ...kept, after },
            );
            gone += page.gone;
            after = page.last;
          } while (after !== null && !signal.aborted);
        },
        (error, { id }) => failed(error, { projectId, automation: id }),
      );
    };
    await eachApart(
      await projectsWithOldRuns(database.outside, before),
      signal,
      forgetOf,
      (error, projectId) => failed(error, { projectId }),
    );
    return gone;
  }

  return { forget, start: background.start, close: background.close };
}
