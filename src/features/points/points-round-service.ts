/** Points mature and lapse, and reservations of points end, by themselves. Every process does it; twice changes nothing. */
import { repeated, untilNothingIsDue } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { withPoints } from "./points-book-service.ts";
import { type AccountName, duePoints, postponeAccount } from "./points-store.ts";

const pollMilliseconds = 1_000;
const mostAtOnce = 500;
const retrySeconds = 30;

export interface PointsRoundService {
  /** Brings all accounts in which something is due up to date; answers how many that were. */
  bringUpToDate(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

export function pointsRoundService({
  database,
  clock,
  log,
  projects,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "timezone">;
}): PointsRoundService {
  const background = repeated(pollMilliseconds, bringUpToDate, (error) =>
    log.debug({ err: error }, "could not look for points that are due; the next round tries again"),
  );

  function bringUpToDate(): Promise<number> {
    const find = () => duePoints(database.outside, new Date(clock.now()), mostAtOnce);
    return untilNothingIsDue(find, background.signal, bringOne, async (error, name) => {
      log.warn({ err: error }, "points that are due could not be booked; tried again in half a minute");
      const until = new Date(clock.now() + retrySeconds * 1_000);
      await postponeAccount(database.of(name.projectId), name, until);
    });
  }

  function bringOne(name: AccountName): Promise<boolean> {
    return withTransaction(database, name.projectId, async (connection) => {
      const timezone = await projects.timezone(connection, name.projectId);
      await withPoints(connection, name, { customerId: null, now: clock.now(), timezone }, () => null);
      return true;
    });
  }

  return { bringUpToDate, start: background.start, close: background.close };
}
