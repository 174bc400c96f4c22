/** Groups that were not complete in time fail, and what their members hold is given back. Every process does it; twice changes nothing. */
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { RedemptionService } from "../redemptions/redemption-service.ts";
import { changeGroup, type DueGroup, dueGroups, lockGroup, seatsOf } from "./group-buying-store.ts";

export interface GroupRoundService {
  /** Settles all groups whose time is up; answers how many. */
  settle(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

const pollMilliseconds = 1_000;
const mostAtOnce = 100;
const retryMilliseconds = 30_000;

export function groupRoundService({
  database,
  clock,
  log,
  redemptions,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  redemptions: Pick<RedemptionService, "cancel">;
}): GroupRoundService {
  const background = repeated(pollMilliseconds, settle, (error) =>
    log.debug({ err: error }, "could not look for groups whose time is up; the next round tries again"),
  );

  async function settle(): Promise<number> {
    let settled = 0;
    let due: DueGroup[];
    do {
      due = await dueGroups(database.outside, new Date(clock.now()), mostAtOnce);
      await eachApart(
        due,
        background.signal,
        async (group) => {
          await fail(group);
          settled += 1;
        },
        async (error, { projectId, id }) => {
          log.warn({ err: error, projectId }, "a group could not be settled; tried again in half a minute");
          const dueAt = new Date(clock.now() + retryMilliseconds);
          await changeGroup(database.of(projectId), projectId, id, { dueAt });
        },
      );
    } while (due.length === mostAtOnce && !background.signal.aborted);
    return settled;
  }

  async function fail({ projectId, id }: DueGroup): Promise<void> {
    const hasFailed = await withTransaction(database, projectId, async (connection) => {
      const group = await lockGroup(connection, projectId, id);
      if (group === undefined || group.state === "succeeded") return false;
      if (group.state === "failed") return true;
      const { promotion, size, members } = group;
      await changeGroup(connection, projectId, id, { state: "failed", endedAt: new Date(clock.now()) });
      const data = { group: id, promotion, size, members };
      await recordEvents(connection, projectId, [newEvent("dealwright.group.failed", id, data)]);
      return true;
    });
    if (!hasFailed) return;
    // Killed in between, it is still due: a cancelled order is cancelled once.
    for (const redemption of await seatsOf(database.of(projectId), projectId, id))
      await redemptions.cancel({ projectId }, redemption, null);
    await changeGroup(database.of(projectId), projectId, id, { dueAt: null });
  }

  return { settle, start: background.start, close: background.close };
}
