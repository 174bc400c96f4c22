/**
 * Keeps segments and tiers current: after every event about a customer, and after whatever they did that a segment asks for, they
 * are looked at again, and everybody is once a day and whenever conditions were written, because time alone changes who meets them.
 *
 * One process works on a project at a time, under the lock of its row; what it does in one transaction is all there or not
 * at all, so that who came or left is told exactly once.
 */
import { Temporal } from "temporal-polyfill";
import { setAmong } from "../../engine/bounded-map.ts";
import { type CompiledSegment, eventsOfAll } from "../../engine/segment.ts";
import { repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import type { CustomerData } from "../../platform/customer-data.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { newTurns } from "../../platform/turns.ts";
import { noteCustomers } from "../customers/customer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { TrackingFollower } from "../tracking/tracking-service.ts";
import { areBordersDue, areBordersNew, bordersOf, refreshBorders } from "./rfm-borders-service.ts";
import { membershipEvents } from "./segment-event.ts";
import { compiledSegment, whoIsIn } from "./segment-rules.ts";
import { enter, holdEventTypes, leave, type Membership, noteTouched, takeTouched } from "./segment-store.ts";
import {
  beginSweep,
  beginUpkeep,
  changedCustomers,
  customerRecords,
  deleteCustomerRecords,
  endSweep,
  holdUpkeep,
  knownCustomers,
  mergeLists,
  nextCustomers,
  projectsWithUpkeepDue,
  type RuledSegment,
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
/** Segments that are kept compiled, of all projects. */
const mostCompiled = 2_000;

export interface SegmentUpkeepService {
  /** Does all there is to do in all projects; answers how many steps that were. */
  catchUp(): Promise<number>;
  /** There is something new in the project's events; null: perhaps in any. */
  wake(projectId: string | null): void;
  /** Follows the project's customers from now on, if not before. */
  begin(connection: Connection, projectId: string): Promise<void>;
  /** Nobody looks at the project's customers until the transaction ends. */
  hold(connection: Connection, projectId: string): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

export interface SegmentUpkeepOptions {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "timezone" | "identifierKey">;
  tiers: CustomerTiers;
}

/** Who is in which tier; segments may ask for it, so it is made true before them. */
export interface CustomerTiers {
  /** Everybody is to be looked at by newer rules. */
  isSweepDue(connection: Connection, projectId: string): Promise<boolean>;
  /** Everybody is looked at by the present rules from now on; and now everybody was. */
  beginSweep(connection: Connection, projectId: string): Promise<void>;
  endSweep(connection: Connection, projectId: string): Promise<void>;
  /** Customers for whom something follows by now, at most so many. */
  due(connection: Connection, projectId: string, now: number, most: number): Promise<string[]>;
  refresh(
    connection: Connection,
    projectId: string,
    ids: readonly string[],
    options: { now: number },
  ): Promise<void>;
}

export function segmentUpkeepService(options: SegmentUpkeepOptions): SegmentUpkeepService {
  const { database, clock, log, projects, tiers } = options;
  /** By id, version and time zone. */
  const compiled = new Map<string, CompiledSegment | null>();
  /** Those that had something to do before; of others a poll finds out. */
  const known = new Set<string>();

  function compiledOf({ id, version, document }: RuledSegment, timezone: string): CompiledSegment | null {
    const name = `${id} ${version} ${timezone}`;
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const segment = compiledSegment(document, timezone);
    setAmong(compiled, name, segment, mostCompiled);
    return segment;
  }

  /** One batch; whether there may be more to do. */
  function step(projectId: string): Promise<boolean> {
    return withTransaction(database, projectId, async (connection) => {
      const upkeep = await takeUpkeep(connection, projectId);
      if (upkeep === undefined) return false;
      // First: nobody is looked at with borders that are no longer in force, or without any.
      if ((await areBordersDue(connection, projectId)) || (await tiers.isSweepDue(connection, projectId))) {
        await begin(connection, projectId);
        return true;
      }
      if (upkeep.position < upkeep.lastPosition) {
        await follow(connection, projectId, upkeep);
        return true;
      }
      const touched = await takeTouched(connection, projectId, customersAtOnce);
      if (touched.length > 0) {
        await look(connection, projectId, touched);
        return true;
      }
      const due = await tiers.due(connection, projectId, clock.now(), customersAtOnce);
      if (due.length > 0) {
        await look(connection, projectId, due);
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
    await tiers.beginSweep(connection, projectId);
    const segments = await segmentsByConditions(connection, projectId);
    const versions = Object.fromEntries(segments.map(({ id, version }) => [id, version]));
    const nextAt = nextDay(clock.now(), await projects.timezone(connection, projectId));
    await beginSweep(connection, projectId, { versions, nextAt });
  }

  /** Where there were no borders for scores before, everybody is looked at once more with those that follow from this sweep. */
  async function end(connection: Connection, projectId: string): Promise<void> {
    await endSweep(connection, projectId);
    await tiers.endSweep(connection, projectId);
    if (await areBordersNew(connection, projectId, clock.now())) await begin(connection, projectId);
  }

  /** Conditions nobody was held against, or another day in the project's time zone than when the last sweep began. */
  async function isSweepDue(
    connection: Connection,
    projectId: string,
    { sweepDueAt }: Upkeep,
  ): Promise<boolean> {
    if (sweepDueAt <= clock.now()) return true;
    const segments = await segmentsByConditions(connection, projectId);
    return segments.some(({ version, refreshedVersion }) => refreshedVersion < version);
  }

  /** Makes everything that is kept of these customers true again. */
  async function look(connection: Connection, projectId: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const now = clock.now();
    const buyers = await refreshActivity(connection, projectId, ids);
    // An order is enough to be a customer.
    await noteCustomers(connection, projectId, buyers, new Date(now));
    await tiers.refresh(connection, projectId, ids, { now });
    const stored = await segmentsByConditions(connection, projectId);
    if (stored.length === 0) return;
    const timezone = await projects.timezone(connection, projectId);
    const turns = newTurns();
    const segments: { id: string; segment: CompiledSegment }[] = [];
    for (const row of stored) {
      const segment = compiledOf(row, timezone);
      if (segment !== null) segments.push({ id: row.id, segment });
      if (turns.isOver()) await turns.next();
    }
    const scoring = await bordersOf(connection, projectId);
    const customers = await knownCustomers(connection, projectId, ids, {
      withOrders: segments.some(({ segment }) => segment.needs.includes("orders")),
      events: eventsOfAll(segments.map(({ segment }) => segment)),
      fromActivity: true,
      now,
    });
    const members: Membership[] = [];
    for (const { id: segmentId, segment } of segments)
      for (const customerId of await whoIsIn(segment, customers, { scoring, now, turns }))
        members.push({ segmentId, customerId });
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
    const failed = new Set<string>();
    for (;;) {
      const before = steps;
      // Asked before each turn: whoever comes while a large project is looked through has their turn with it.
      for (const projectId of await projectsWithUpkeepDue(database.outside, clock.now())) {
        known.add(projectId);
        if (background.signal.aborted) return steps;
        if (failed.has(projectId)) continue;
        try {
          if (await step(projectId)) steps += 1;
        } catch (error) {
          failed.add(projectId);
          log.warn({ err: error, projectId }, "a project's segments could not be kept current; tried again");
        }
      }
      if (steps === before) return steps;
    }
  }

  const background = repeated(pollMilliseconds, catchUp, (error) => {
    log.warn({ err: error }, "could not look for segments to keep current; tried again in a second");
  });

  return {
    catchUp,
    wake(projectId) {
      if (projectId === null || known.has(projectId)) background.wake();
    },
    begin: beginUpkeep,
    hold: holdUpkeep,
    start: background.start,
    close: background.close,
  };
}

/** What customers did makes them to be looked at, where a segment asks for it. */
export const followSegmentEvents: TrackingFollower = async (connection, projectId, events) => {
  if (events.length === 0) return;
  await holdEventTypes(connection, projectId);
  const deeds = events.map(({ type, data }) => ({ type, customerId: data.customer! }));
  await noteTouched(connection, projectId, deeds);
};

/** When the day after this one begins. */
function nextDay(instant: number, timezone: string): Date {
  const today = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timezone);
  return new Date(today.add({ days: 1 }).startOfDay().epochMilliseconds);
}

/** First of all that is erased: nothing of the customer is added up again until that is done. */
export const segmentCustomerData: CustomerData = {
  name: "segments",
  read: (connection, { projectId, id }) => customerRecords(connection, projectId, id),
  async erase(connection, { projectId, id }) {
    await holdUpkeep(connection, projectId);
    return deleteCustomerRecords(connection, projectId, id);
  },
  async merge(connection, { projectId, guest, customer, now }) {
    await holdUpkeep(connection, projectId);
    await mergeLists(connection, { projectId, from: guest.id, to: customer.id, since: new Date(now) });
    // Sums and conditions follow from the event of the merge.
    return deleteCustomerRecords(connection, projectId, guest.id);
  },
};
