/** Tells of stock feeds that have fallen silent: promotions then go by figures of long ago. Every process looks; each is told once. */
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { lockFeed, setAlarm, silentFeeds } from "./stock-store.ts";

export interface StockAlarmService {
  /** Looks once; answers how many were told of. */
  look(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

const pollMilliseconds = 10_000;
const mostAtOnce = 100;
const retryMilliseconds = 60_000;
/** However long a feed may be silent: the setting may have been changed. */
const lookAgainMilliseconds = 600_000;

export function stockAlarmService({
  database,
  clock,
  log,
  projects,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "project">;
}): StockAlarmService {
  const background = repeated(pollMilliseconds, look, (error) =>
    log.debug({ err: error }, "could not look for silent stock feeds; the next round tries again"),
  );

  async function look(): Promise<number> {
    let told = 0;
    const silent = await silentFeeds(database.outside, new Date(clock.now()), mostAtOnce);
    await eachApart(
      silent,
      background.signal,
      async (projectId) => {
        if (await tell(projectId)) told += 1;
      },
      async (error, projectId) => {
        log.warn(
          { err: error, projectId },
          "a silent stock feed could not be told of; tried again in a minute",
        );
        await setAlarm(database.of(projectId), projectId, new Date(clock.now() + retryMilliseconds));
      },
    );
    return told;
  }

  async function tell(projectId: string): Promise<boolean> {
    const { stockMaxAgeSeconds } = (await projects.project(projectId)).settings;
    return withTransaction(database, projectId, async (connection) => {
      const feed = await lockFeed(connection, projectId);
      const now = clock.now();
      // Another process was first, or something has come meanwhile.
      if (feed?.alarmAt == null || feed.alarmAt.getTime() > now) return false;
      if (stockMaxAgeSeconds === null) {
        await setAlarm(connection, projectId, new Date(now + lookAgainMilliseconds));
        return false;
      }
      const due = feed.receivedAt.getTime() + stockMaxAgeSeconds * 1_000;
      if (due > now) {
        await setAlarm(connection, projectId, new Date(Math.min(due, now + lookAgainMilliseconds)));
        return false;
      }
      await setAlarm(connection, projectId, null);
      const data = { receivedAt: feed.receivedAt.toISOString(), maxAgeSeconds: stockMaxAgeSeconds };
      await recordEvents(connection, projectId, [newEvent("dealwright.stock.stale", projectId, data)]);
      return true;
    });
  }

  return { look, start: background.start, close: background.close };
}
