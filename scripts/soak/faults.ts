import type { Trend } from "./trend.ts";

/** What is seen of the service once its clients have gone and it has had time to come to rest. */
export interface AtRest {
  /** Of the pool, that nobody has given back. A pool has an upper bound: how many it holds says nothing about a leak. */
  readonly inUse: number;
  /** To the database, by the database: the pool's, and those past it. */
  readonly connections: number;
}

export interface Soak {
  readonly minutes: number;
  readonly clients: number;
  readonly poolSize: number;
  readonly trend: Trend;
  /** Null: it did not come to rest, or was not there any more. */
  readonly atRest: AtRest | null;
  readonly wasAlive: boolean;
  readonly exitCode: number | null;
  /** Answers by status. */
  readonly tally: ReadonlyMap<string, number>;
}

const megabytesPerHourAllowed = 5;
/** Over a shorter time a line through memory says nothing. */
const minutesForMemory = 20;
/** Beside the pool one listens, one watches, and one makes partitions now and again. */
const connectionsPastPool = 3;

export const saysMemory = (minutes: number) => minutes >= minutesForMemory;

/** What has grown or gone wrong, in words; none if all is flat. */
export function faultsOf(soak: Soak): string[] {
  const { minutes, clients, poolSize, trend, atRest, wasAlive, exitCode, tally } = soak;
  const mostConnections = poolSize + connectionsPastPool;
  const faults = [
    !wasAlive && "the service ended by itself",
    exitCode !== 0 && `it ended with ${exitCode}`,
    // As many as the clients may hold at one moment and not at another.
    trend.moreFiles > 2 * clients && `${trend.moreFiles} more open files`,
    atRest === null && "it did not come to rest",
    atRest !== null && atRest.inUse > 0 && `${atRest.inUse} connections were never given back to the pool`,
    atRest !== null &&
      atRest.connections > mostConnections &&
      `${atRest.connections} connections, of which the pool may have ${poolSize}`,
    saysMemory(minutes) && trend.megabytesPerHour > megabytesPerHourAllowed && "memory grows",
    !tally.has("201") && "nothing was redeemed",
    tally.has("500") && `${tally.get("500")} internal errors`,
  ];
  return faults.filter((fault) => fault !== false);
}
