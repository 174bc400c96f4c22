/**
 * Whether the database can be reached, known before anybody has to wait to find out. One connection of its own asks twice a
 * second; while it gets no answer everybody else is refused at once instead of hanging on time-outs.
 *
 * A lost connection is no outage: it is away only if a new connection is refused as well, for whatever reason, or if it has said
 * nothing for five seconds in which this process was running; or if what answers takes no writes.
 */
import type { Socket } from "node:net";
import pg from "pg";
import { type Background, repeated } from "./background.ts";
import type { Log } from "./log.ts";

export interface DatabaseWatch {
  /** Calls with what every answer says of the log of the database. Only where that is asked for. */
  onPosition(listener: (heard: LogPosition) => void): void;
  /** Calls with what every answer says of the time. */
  onTime(listener: (heard: DatabaseTime) => void): void;
  /** Out of reach, or back and not yet caught up with: what is in memory may be old, and nothing else is to be had. */
  isAway(): boolean;
  /** For how long it has been away; 0 while it is here. */
  awayMilliseconds(): number;
  /** While it is so, no connection is given out. */
  isShut(): boolean;
  /** Asks now, for whoever has just lost a connection. Whether it is away. */
  confirm(): Promise<boolean>;
  onAway(listener: (because: Cause) => void): void;
  /** To be done each time the database is back, before it counts as here; all of it is tried again where it fails. */
  onReturn(work: () => Promise<unknown>): void;
  /** To be done once before any connection is given out, by a process that began while the database was away. */
  prepareFirst(work: () => Promise<unknown>): void;
  /** Asks for the first time, and goes on. May be called again. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** How far the write-ahead log was written (by a primary) or replayed (by a replica), at some moment after it was asked for. */
export interface LogPosition {
  /** Of the cluster: the same for a primary and its replicas. */
  readonly cluster: string;
  readonly position: bigint;
  /** By `performance.now()`. */
  readonly askedAt: number;
}

export interface DatabaseTime {
  /** By the clock of the database, in epoch milliseconds; at some moment between the question and its answer. */
  readonly at: number;
  readonly tookMilliseconds: number;
}

/** `silent`: connections are there, and nobody answers on them; `read only`: somebody who takes no writes. */
export type Cause = "lost" | "silent" | "read only";

const askEveryMilliseconds = 500;
const tickMilliseconds = 250;
const mostSilentTicks = 20;

class Silence extends Error {}

/** Such as a primary that was another's follower when the connection was opened, or has become one: nobody can write there. */
class ReadOnly extends Error {
  constructor() {
    super("what answers is a replica");
  }
}

interface Answer {
  is_replica: boolean;
  at: number;
  cluster?: string;
  position?: string | null;
}

const time = "(extract(epoch from clock_timestamp()) * 1000)::float8 as at";

/** Those of a replica are asked for only where there is one: not everything that speaks PostgreSQL's language has them. */
const questions = {
  alive: `select pg_is_in_recovery() as is_replica, ${time}`,
  position: `select pg_is_in_recovery() as is_replica, ${time},
      (select system_identifier::text from pg_control_system()) as cluster,
      case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end::text as position`,
};

/** PostgreSQL writes a position as two halves in hexadecimal, such as `16/B374D848`. */
function parsePosition(text: string): bigint {
  const [high = "0", low = "0"] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** What whoever wants a connection is told while there is none. Its code is PostgreSQL's own "connection failure". */
export class DatabaseAway extends Error {
  readonly code = "08006";

  constructor() {
    super("the database is away");
    this.name = "DatabaseAway";
  }
}

export interface WatchOptions {
  readonly connectionString: string;
  readonly log: Log;
  readonly isConnectionLost: (error: unknown) => boolean;
  /** True: it may be read only. Otherwise a database that takes no writes is away. */
  readonly isReplica?: boolean | undefined;
  readonly asksPosition?: boolean | undefined;
}

export function databaseWatch(options: WatchOptions): DatabaseWatch {
  const { connectionString, log, isConnectionLost, isReplica = false, asksPosition = false } = options;
  let state: "here" | "away" | "returning" = "here";
  let client: pg.Client | undefined;
  let asking: Promise<void> | null = null;
  let started: Promise<void> | undefined;
  let awaySince = 0;
  let preparation: (() => Promise<unknown>) | undefined;
  const leaving: ((because: Cause) => void)[] = [];
  const returning: (() => Promise<unknown>)[] = [];
  const hearing: ((heard: LogPosition) => void)[] = [];
  const timing: ((heard: DatabaseTime) => void)[] = [];
  const rounds: Background = repeated(askEveryMilliseconds, ask, (error) =>
    log.warn({ err: error }, "the database could not be asked whether it is there"),
  );

  function ask(): Promise<void> {
    asking ??= askOnce().finally(() => {
      asking = null;
    });
    return asking;
  }

  async function askOnce(): Promise<void> {
    const fault = await faultOf();
    if (rounds.signal.aborted) return;
    if (fault === null) {
      if (state !== "here") await comeBack();
    } else if (state !== "away") leave(fault);
    else log.debug({ err: fault.error }, "the database is still away");
  }

  /** Null where it answers, or refuses for a reason that does not say that it is gone. */
  async function faultOf(): Promise<{ because: Cause; error: unknown } | null> {
    if (client !== undefined) {
      try {
        return await faultIn(client);
      } catch (error) {
        drop();
        if (error instanceof Silence) return { because: "silent", error };
      }
    }
    if (rounds.signal.aborted) return null;
    const opened = newClient();
    client = opened;
    let isConnected = false;
    try {
      await answerWithin(opened.connect());
      isConnected = true;
      return await faultIn(opened);
    } catch (error) {
      drop();
      if (error instanceof Silence) return { because: "silent", error };
      // No room for one more connection: those that there are go on working.
      const isFull = String((error as { code?: unknown }).code).startsWith("53");
      // Who is refused, for whatever reason, reaches it as little as who finds nobody.
      return (!isConnected || isConnectionLost(error)) && !isFull ? { because: "lost", error } : null;
    }
  }

  async function faultIn(asked: pg.Client): Promise<{ because: Cause; error: unknown } | null> {
    const askedAt = performance.now();
    const { rows } = await answerWithin(asked.query<Answer>(questions[asksPosition ? "position" : "alive"]));
    const [{ is_replica, at, cluster, position } = { is_replica: false, at: Number.NaN }] = rows;
    const tookMilliseconds = performance.now() - askedAt;
    if (Number.isFinite(at)) for (const listener of timing) listener({ at, tookMilliseconds });
    if (is_replica && !isReplica) {
      // The next question goes over a new connection, which may lead to another.
      drop();
      return { because: "read only", error: new ReadOnly() };
    }
    // A replica that was promoted alone goes on by itself, under the same cluster's name: it is not a copy any more.
    if (cluster !== undefined && typeof position === "string" && is_replica === isReplica)
      for (const listener of hearing) listener({ cluster, position: parsePosition(position), askedAt });
    return null;
  }

  function newClient(): pg.Client {
    const opened = new pg.Client({ connectionString, application_name: "dealwright-watch", keepAlive: true });
    opened.on("error", () => {
      if (client !== opened) return;
      drop();
      rounds.wake();
    });
    return opened;
  }

  /** Not `end`: that waits for somebody who may never answer. */
  function drop(): void {
    const dropped = client;
    client = undefined;
    if (dropped !== undefined) socketOf(dropped).destroy();
  }

  function leave({ because, error }: { because: Cause; error: unknown }): void {
    state = "away";
    awaySince = performance.now();
    log.error({ err: error, because }, "the database is away: carts are priced by what was last known");
    for (const listener of leaving) listener(because);
  }

  async function comeBack(): Promise<void> {
    try {
      if (preparation !== undefined) await preparation();
      preparation = undefined;
      state = "returning";
      for (const work of returning) await work();
      state = "here";
      log.info({}, "the database is back");
    } catch (error) {
      state = "away";
      log.warn({ err: error }, "the database is back, but not usable yet");
    }
  }

  return {
    isAway: () => state !== "here",
    awayMilliseconds: () => (state === "here" ? 0 : performance.now() - awaySince),
    isShut: () => state === "away",
    async confirm() {
      // What is being asked just now may have begun before the connection was lost.
      await asking;
      await ask();
      return state !== "here";
    },
    onPosition: (listener) => void hearing.push(listener),
    onTime: (listener) => void timing.push(listener),
    onAway: (listener) => void leaving.push(listener),
    onReturn: (work) => void returning.push(work),
    prepareFirst(work) {
      preparation = work;
      state = "away";
      awaySince = performance.now();
    },
    start() {
      started ??= ask().then(() => rounds.start());
      return started;
    },
    async close() {
      const closing = rounds.close();
      drop();
      await started;
      await closing;
      drop();
    },
  };
}

/**
 * The result of the work, unless there is none for so many ticks. Ticks, not time: a process that was itself held up meanwhile
 * has one tick to make up for it, and does not blame the database.
 */
function answerWithin<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
      if (ticks < mostSilentTicks) return;
      clearInterval(timer);
      reject(new Silence("no answer"));
    }, tickMilliseconds);
    work.then(resolve, reject).finally(() => clearInterval(timer));
  });
}

/** What pg's types leave out. */
export function socketOf(client: pg.ClientBase): Socket {
  return (client as pg.ClientBase & { connection: { stream: Socket } }).connection.stream;
}
