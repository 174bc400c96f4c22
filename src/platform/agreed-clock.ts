/**
 * All processes go by the clock of their database: one whose machine is minutes ahead would otherwise begin promotions early,
 * and count what is limited by the day in another day than the rest.
 */
import { type Clock, systemClock } from "./clock.ts";
import type { DatabaseWatch } from "./database-watch.ts";
import type { Log } from "./log.ts";

/** Less than this is left alone: machines that keep time differ by milliseconds, and a clock that is always set runs unevenly. */
const leastMilliseconds = 1_000;

/** The machine's clock, set right by each answer of the database that differs. While that is away it goes on as it was set. */
export function agreedClock(
  watch: Pick<DatabaseWatch, "onTime">,
  log: Log,
  machine: Clock = systemClock,
): Clock {
  /** How far the database is ahead of this machine. */
  let aheadMilliseconds = 0;
  watch.onTime(({ at, tookMilliseconds }) => {
    // Somewhere between question and answer, nobody knows where: in the middle it is wrong by half of that at most.
    const differs = at - (machine.now() - tookMilliseconds / 2);
    if (Math.abs(differs - aheadMilliseconds) < leastMilliseconds + tookMilliseconds / 2) return;
    aheadMilliseconds = Math.abs(differs) < leastMilliseconds ? 0 : Math.round(differs);
    if (aheadMilliseconds === 0) log.info({}, "the clock of this machine agrees with the database's again");
    else
      log.warn(
        { machineAheadMilliseconds: -aheadMilliseconds },
        "the clock of this machine is not that of the database, which is gone by",
      );
  });
  return { now: () => machine.now() + aheadMilliseconds };
}
