/**
 * A streaming replica, and whether it may be read: only while it is known to be so and so little behind.
 *
 * How far it is behind is measured by our own clock: what the primary has written is noted with the time at which it was asked,
 * and as soon as the replica has replayed as much it shows everything that was committed before that time. So it is right when
 * nothing is written for hours, when the replica has lost its primary without knowing, and when clocks differ.
 */
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import type { LogPosition } from "./database-watch.ts";
import type { Log } from "./log.ts";
import { assertWalled } from "./walls.ts";

export interface Replica {
  readonly database: Database;
  /** Whether it may be read now. */
  isFit(): boolean;
  /** It shows at least everything that was committed so long ago; null while nothing is known of it. */
  behindSeconds(): number | null;
  readonly figures: ReplicaFigures;
  /** Begins to look at it, and waits for nothing: a replica that is not there keeps nobody from starting. */
  start(): void;
  close(): Promise<void>;
}

/** Reads that it may answer, by who did. */
export interface ReplicaFigures {
  replica: number;
  /** It was not fit to be read. */
  primary: number;
  /** It gave no good answer, and the primary was asked again. */
  repeated: number;
}

export interface ReplicaOptions {
  readonly connectionString: string;
  /** Opened with `asksPosition`. */
  readonly primary: Pick<Database, "watch">;
  readonly log: Log;
  /** Further behind it is not read. */
  readonly mostBehindSeconds: number;
  /** False: whoever could pass the walls between projects may connect all the same, as on a machine of a developer. */
  readonly requiresWalls: boolean;
  readonly settings?: Omit<DatabaseOptions, "connectionString" | "log" | "isReplica" | "asksPosition">;
}

export function openReplica(options: ReplicaOptions): Replica {
  const { primary, log, mostBehindSeconds, requiresWalls } = options;
  let fault: unknown;
  const keep = ({ err }: { err?: unknown }) => {
    fault = err;
  };
  // What becomes of it is told once, when it changes: see `look`.
  const quiet: Log = { debug: keep, info: () => {}, warn: keep, error: keep };
  const reached = { connectionString: options.connectionString, ...options.settings, isReplica: true };
  const database = openDatabase({ ...reached, log: quiet, asksPosition: true });
  const { watch } = database;
  watch.prepareFirst(() => requireWalls());
  const lag = lagMeter();
  primary.watch.onPosition((heard) => {
    lag.primaryIsAt(heard);
    look();
  });
  watch.onPosition((heard) => {
    lag.replicaIsAt(heard);
    look();
  });
  const openedAt = performance.now();
  let wasFit: boolean | undefined;
  let isClosed = false;

  async function requireWalls(): Promise<void> {
    const own = openDatabase({ ...reached, log: quiet, poolSize: 1 });
    try {
      await assertWalled(own.pool).catch((error: unknown) => {
        if (requiresWalls) throw error;
      });
    } finally {
      await own.close();
    }
  }

  function isFit(): boolean {
    const behind = lag.behindSeconds();
    return !isClosed && !watch.isAway() && behind !== null && behind <= mostBehindSeconds;
  }

  /** Whether it is fit; each time that this changes it is said once. */
  function look(): boolean {
    const isNow = isFit();
    // In the beginning nobody can know: both have to be asked first.
    const isTooSoon = wasFit === undefined && !isNow && performance.now() - openedAt < patienceMilliseconds;
    if (isNow === wasFit || isTooSoon || isClosed) return isNow;
    wasFit = isNow;
    const details = { behindSeconds: lag.behindSeconds(), mostBehindSeconds, isAway: watch.isAway() };
    if (isNow) log.info(details, "lists, exports and reports are read from the replica");
    else log.warn({ ...details, err: fault }, "the replica cannot be read: the primary answers everything");
    fault = undefined;
    return isNow;
  }

  return {
    database,
    isFit: look,
    behindSeconds: lag.behindSeconds,
    figures: { replica: 0, primary: 0, repeated: 0 },
    start: () => void watch.start(),
    async close() {
      isClosed = true;
      await database.close();
    },
  };
}

/** So long it may take in the beginning until it is known what it is like. */
const patienceMilliseconds = 10_000;

interface LagMeter {
  primaryIsAt(heard: LogPosition): void;
  replicaIsAt(heard: LogPosition): void;
  behindSeconds(): number | null;
}

/** Positions of the primary that are kept: of so long ago that nobody reads such a replica. */
const mostNoted = 10_000;

export function lagMeter(now: () => number = () => performance.now()): LagMeter {
  /** What the replica has not been seen to reach yet, the oldest first. */
  let noted: LogPosition[] = [];
  let cluster = "";
  let replayed = -1n;
  /** Everything that was committed until then is there. */
  let caughtUpAt: number | null = null;

  function settle(): void {
    const firstMissing = noted.findIndex(({ position }) => position > replayed);
    const reached = firstMissing < 0 ? noted : noted.slice(0, firstMissing);
    const last = reached.at(-1);
    if (last === undefined) return;
    caughtUpAt = last.askedAt;
    noted = noted.slice(reached.length);
  }

  return {
    primaryIsAt(heard) {
      // A primary of another cluster, such as one that was restored from a backup, has a log of its own.
      if (heard.cluster !== cluster) {
        noted = [];
        caughtUpAt = null;
        replayed = -1n;
      }
      cluster = heard.cluster;
      noted.push(heard);
      // Thinned out where nobody can use it: a replica that catches up is fit only near the end.
      if (noted.length > mostNoted) noted = noted.filter((_one, index) => index % 2 === 0);
      settle();
    },
    replicaIsAt({ cluster: itsOwn, position }) {
      if (itsOwn !== cluster) {
        caughtUpAt = null;
        return;
      }
      replayed = position;
      settle();
    },
    behindSeconds: () => (caughtUpAt === null ? null : (now() - caughtUpAt) / 1_000),
  };
}
