/**
 * Numbers committed events, and deletes old ones.
 *
 * Transactions commit in another order than they write, so that whoever reads on after the last number seen would miss what
 * commits late. Here a number is given to what is committed already, by one transaction of the project at a time: whatever becomes visible
 * next has a higher one.
 */
import { setTimeout as delay } from "node:timers/promises";
import { millisecondsPerDay } from "../../engine/zone.ts";
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { Listener } from "../../platform/listen.ts";
import type { Log } from "../../platform/log.ts";
import { sequencedChannel, writtenChannel } from "./event-service.ts";
import {
  deleteOldest,
  lockSequencer,
  notify,
  projectsWithEvents,
  projectsWithNewEvents,
  type SequencedEvent,
  sequence,
} from "./event-store.ts";

const mostAtOnce = 1_000;
const pollMilliseconds = 1_000;
/** Events that come within so long are numbered together. */
const gatherMilliseconds = 50;
const cleanUpMilliseconds = 600_000;

/** In the transaction that numbers the events. */
export type FanOut = (
  connection: Connection,
  projectId: string,
  events: readonly SequencedEvent[],
) => Promise<void>;

export interface EventSequencerService {
  /** Numbers what is committed by now; answers how many events that were. */
  sequence(): Promise<number>;
  /** Deletes what is older than the retention, consumed or not; answers how many projects had such events. */
  cleanUp(): Promise<number>;
  /** There is, or may be, something to number. */
  wake(): void;
  /** Called in this process whenever there is something new to read in a project, whoever numbered it; null: perhaps in any. */
  onSequenced(listener: (projectId: string | null) => void): void;
  readonly outbox: Outbox;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Whether events come out as they go in. */
export interface Outbox {
  /** How old the oldest event was that the last round numbered; 0: it found none. */
  lagSeconds(): number;
  /** Since a round last came to its end in every project. */
  roundAgeSeconds(): number;
}

export interface EventSequencerOptions {
  database: Database;
  clock: Clock;
  log: Log;
  listener?: Listener | undefined;
  retentionDays: number;
  fanOut: FanOut;
  /** What else goes with the events of a project through this position. */
  onDeleted: (connection: Connection, projectId: string, through: number) => Promise<void>;
}

export function eventSequencerService(options: EventSequencerOptions): EventSequencerService {
  const { database, clock, log, listener, retentionDays, fanOut, onDeleted } = options;
  const listeners: ((projectId: string | null) => void)[] = [];
  const tell = (projectId: string | null) => {
    for (const listen of listeners) listen(projectId);
  };

  let lagSeconds = 0;
  let isAnyStuck = false;
  let roundEndedAt = performance.now();

  function sequenceBatch(projectId: string): Promise<number> {
    return withTransaction(database, projectId, async (connection) => {
      await lockSequencer(connection, projectId);
      const events = await sequence(connection, projectId, mostAtOnce);
      if (events.length > 0) {
        lagSeconds = Math.max(lagSeconds, ...events.map((event) => event.ageSeconds));
        await fanOut(connection, projectId, events);
        await notify(connection, sequencedChannel, projectId);
      }
      return events.length;
    });
  }

  async function sequenceAll(): Promise<number> {
    let all = 0;
    lagSeconds = 0;
    isAnyStuck = false;
    const sequenceIn = async (projectId: string) => {
      let batch: number;
      do {
        if (numbering.signal.aborted) return;
        batch = await sequenceBatch(projectId);
        all += batch;
        if (batch > 0) tell(projectId);
      } while (batch === mostAtOnce);
    };
    const onError = (error: unknown, projectId: string) => {
      isAnyStuck = true;
      log.warn(
        { err: error, projectId },
        "a project's events could not be numbered; tried again in a second",
      );
    };
    await eachApart(await projectsWithNewEvents(database.outside), numbering.signal, sequenceIn, onError);
    return all;
  }

  async function cleanUp(): Promise<number> {
    const before = new Date(clock.now() - retentionDays * millisecondsPerDay);
    let projects = 0;
    const cleanIn = async (projectId: string) => {
      let through: number | null = null;
      let isFirst = true;
      do {
        if (cleaning.signal.aborted) return;
        through = await withTransaction(database, projectId, async (connection) => {
          // One at a time with whoever erases a customer: both lock many rows.
          await lockSequencer(connection, projectId);
          const deleted = await deleteOldest(connection, projectId, { before, most: mostAtOnce });
          if (deleted !== null) await onDeleted(connection, projectId, deleted);
          return deleted;
        });
        if (through !== null && isFirst) projects += 1;
        isFirst = false;
      } while (through !== null);
    };
    const onError = (error: unknown, projectId: string) =>
      log.warn({ err: error, projectId }, "a project's old events could not be deleted; tried again later");
    await eachApart(await projectsWithEvents(database.outside), cleaning.signal, cleanIn, onError);
    return projects;
  }

  async function gather(): Promise<void> {
    await delay(gatherMilliseconds);
    await sequenceAll();
    if (!isAnyStuck) roundEndedAt = performance.now();
  }

  const numbering = repeated(pollMilliseconds, gather, (error) => {
    log.warn({ err: error }, "could not look for events to number; tried again in a second");
  });
  const cleaning = repeated(cleanUpMilliseconds, cleanUp, (error) => {
    log.warn({ err: error }, "could not look for old events; tried again later");
  });

  return {
    sequence: sequenceAll,
    cleanUp,
    wake: numbering.wake,
    outbox: {
      lagSeconds: () => lagSeconds,
      roundAgeSeconds: () => (performance.now() - roundEndedAt) / 1_000,
    },
    onSequenced: (listen) => void listeners.push(listen),
    async start() {
      numbering.start();
      cleaning.start();
      await listener?.subscribe(writtenChannel, numbering.wake, numbering.wake);
      await listener?.subscribe(sequencedChannel, tell, () => tell(null));
    },
    async close() {
      await Promise.all([numbering.close(), cleaning.close()]);
    },
  };
}
