/**
 * Keeps segments current: after every event about a customer they are looked at again, and everybody is once a day and
 * whenever conditions were written, because time alone changes who meets them.
 *
 * One process works on a project at a time, under the lock of its row; what it does in one transaction is all there or not
 * at all, so that who came or left is told exactly once.
 */
import { Temporal } from "temporal-polyfill";
import { repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import type { CustomerData } from "../../platform/customer-data.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { noteCustomers } from "../customers/customer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { areBordersNew, bordersOf, refreshBorders, scoringState } from "./rfm-borders-service.ts";
import { membershipEvents } from "./segment-event.ts";
import { compiledSegment, isIn } from "./segment-rules.ts";
import { enter, leave, type Membership } from "./segment-store.ts";
import {
  beginSweep,
  changedCustomers,
  customerRecords,
  deleteCustomerRecords,
  endSweep,
  holdUpkeep,
  knownCustomers,
  nextCustomers,
  projectsWithUpkeep,
  refreshActivity,
  segmentsByConditions,
  setPosition,
  setSweepAfter,
  takeUpkeep,
  type Upkeep,
} from "./segment-upkeep-store.ts";

const eventsAtOnce = 1_000;
const customersAtOnce = 1_000;
const pollMilliseconds = 1_000;
/** Events written by one statement. */
const toldAtOnce = 1_000;

export interface SegmentUpkeepService {
  /** Does all there is to do in all projects; answers how many steps that were. */
  catchUp(): Promise<number>;
  /** There is something new in the project's events; null: perhaps in any. */
  wake(projectId: string | null): void;
  start(): void;
  close(): Promise<void>;
}

export interface SegmentUpkeepOptions {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "timezone" | "identifierKey">;
}

export function segmentUpkeepService(options: SegmentUpkeepOptions): SegmentUpkeepService {
  const { database, clock, log, projects } = options;
  let known: ReadonlySet<string> = new Set();

  /** One batch; whether there may be more to do. */
  function step(projectId: string): Promise<boolean> {
    return withTransaction(database, projectId, async (connection) => {
      const upkeep = await takeUpkeep(connection, projectId);
      if (upkeep === undefined) return false;
      // First: nobody is looked at with borders that are no longer in force, or without any.
      if ((await scoringState(connection, projectId)).areBordersDue) {
        await begin(connection, projectId);
        return true;
      }
      if (upkeep.position < upkeep.lastPosition) {
        await follow(connection, projectId, upkeep);
        return true;
      }
      return sweep(connection, projectId, upkeep);
    });
  }

  async function follow(connection: Connection, projectId: string, upkeep: Upkeep): Promise<void> {
    const { position, lastPosition, deletedThrough, sweepAfter } = upkeep;
    if (position < deletedThrough) {
      // Nobody knows any more whom they were about: everybody is looked at.
      if (sweepAfter === null) await begin(connection, projectId);
      return setPosition(connection, projectId, deletedThrough);
    }
    const through = Math.min(position + eventsAtOnce, lastPosition);
    const ids = await changedCustomers(connection, projectId, { after: position, through });
    await look(connection, projectId, ids);
    await setPosition(connection, projectId, through);
  }

  async function sweep(connection: Connection, projectId: string, upkeep: Upkeep): Promise<boolean> {
    const { sweepAfter } = upkeep;
    if (sweepAfter === null) {
      if (!(await isSweepDue(connection, projectId, upkeep))) return false;
      await begin(connection, projectId);
      return true;
    }
    const { ids, through } = await nextCustomers(connection, projectId, sweepAfter, customersAtOnce);
    await look(connection, projectId, ids);
    if (through === null) await end(connection, projectId);
    else await setSweepAfter(connection, projectId, through);
    return true;
  }

  async function begin(connection: Connection, projectId: string): Promise<void> {
    await refreshBorders(connection, projectId, clock.now());
    const segments = await segmentsByConditions(connection, projectId);
    const versions = Object.fromEntries(segments.map(({ id, version }) => [id, version]));
    await beginSweep(connection, projectId, new Date(clock.now()), versions);
  }

  /** Where there were no borders for scores before, everybody is looked at once more with those that follow from this sweep. */
  async function end(connection: Connection, projectId: string): Promise<void> {
    await endSweep(connection, projectId);
    if (await areBordersNew(connection, projectId, clock.now())) await begin(connection, projectId);
  }

  /** Conditions nobody was held against, or another day in the project's time zone than at the last sweep. */
  async function isSweepDue(
    connection: Connection,
    projectId: string,
    { sweptAt }: Upkeep,
  ): Promise<boolean> {
    if (sweptAt === null) return true;
    const { isScored } = await scoringState(connection, projectId);
    const segments = await segmentsByConditions(connection, projectId);
    if (segments.some(({ version, refreshedVersion }) => refreshedVersion < version)) return true;
    const timezone = await projects.timezone(connection, projectId);
    return (isScored || segments.length > 0) && dayAt(sweptAt, timezone) < dayAt(clock.now(), timezone);
  }

  /** Makes everything that is kept of these customers true again. */
  async function look(connection: Connection, projectId: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const now = clock.now();
    const buyers = await refreshActivity(connection, projectId, ids);
    // An order is enough to be a customer.
    await noteCustomers(connection, projectId, buyers, new Date(now));
    const stored = await segmentsByConditions(connection, projectId);
    if (stored.length === 0) return;
    const timezone = await projects.timezone(connection, projectId);
    const segments = stored.flatMap(({ id, document }) => {
      const segment = compiledSegment(document, timezone);
      return segment === null ? [] : [{ id, segment }];
    });
    const scoring = await bordersOf(connection, projectId);
    const customers = await knownCustomers(connection, projectId, ids, {
      withOrders: segments.some(({ segment }) => segment.needs.includes("orders")),
      fromActivity: true,
      now,
    });
    const members: Membership[] = segments.flatMap(({ id, segment }) =>
      customers
        .filter((customer) => isIn(segment, customer, scoring, now))
        .map((customer) => ({ segmentId: id, customerId: customer.id })),
    );
    const segmentIds = segments.map(({ id }) => id);
    const changes = [
      ...(await leave(connection, projectId, { segmentIds, customerIds: ids }, members)),
      ...(await enter(connection, projectId, members, new Date(now))),
    ];
    if (changes.length === 0) return;
    const keys = new Map(stored.map(({ id, key }) => [id, key]));
    const identifierKey = await projects.identifierKey(connection, projectId);
    const events = membershipEvents(changes, keys, identifierKey);
    for (let from = 0; from < events.length; from += toldAtOnce)
      await recordEvents(connection, projectId, events.slice(from, from + toldAtOnce));
  }

  /** A step of each project in turn, until none has anything left: a large one does not keep the others waiting. */
  async function catchUp(): Promise<number> {
    let steps = 0;
    let busy = await projectsWithUpkeep(database.outside);
    known = new Set(busy);
    while (busy.length > 0) {
      const still: string[] = [];
      for (const projectId of busy) {
        if (background.signal.aborted) return steps;
        try {
          if (!(await step(projectId))) continue;
          steps += 1;
          still.push(projectId);
        } catch (error) {
          log.warn({ err: error, projectId }, "a project's segments could not be kept current; tried again");
        }
      }
      busy = still;
    }
    return steps;
  }

  const background = repeated(pollMilliseconds, catchUp, (error) => {
    log.warn({ err: error }, "could not look for segments to keep current; tried again in a second");
  });

  return {
    catchUp,
    wake(projectId) {
      if (projectId === null || known.has(projectId)) background.wake();
    },
    start: background.start,
    close: background.close,
  };
}

function dayAt(instant: number, timezone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(instant)
    .toZonedDateTimeISO(timezone)
    .toPlainDate()
    .toString();
}

/** First of all that is erased: nothing of the customer is added up again until that is done. */
export const segmentCustomerData: CustomerData = {
  name: "segments",
  read: (connection, { projectId, id }) => customerRecords(connection, projectId, id),
  async erase(connection, { projectId, id }) {
    await holdUpkeep(connection, projectId);
    return deleteCustomerRecords(connection, projectId, id);
  },
};
