/** What customers and visitors did, as shops, apps and tills tell of it; and what became of it, step by step. */

import { z } from "zod";
import { isReservedEvent } from "../../engine/conditions/event-count.ts";
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { keptFrom } from "../../platform/quarters.ts";
import { mostErrorsReported } from "../../platform/validation.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import { countFunnel, type FunnelCount } from "./tracking-funnel-store.ts";
import {
  aheadSeconds,
  type Funnel,
  type FunnelQuery,
  type StoredTrackedEvent,
  type TrackedEvent,
  type TrackedEventQuery,
  type TrackedEventReceipt,
} from "./tracking-schemas.ts";
import { insertTrackedEvents, listTrackedEvents, type TrackedEventName } from "./tracking-store.ts";
import type { TrackedEventRow } from "./tracking-tables.ts";

export interface TrackingService {
  /** All of them or none. `pathOf` says where the event stands in the request. */
  track(
    projectId: string,
    events: readonly TrackedEvent[],
    pathOf: (index: number) => string,
  ): Promise<TrackedEventReceipt>;
  list(projectId: string, query: TrackedEventQuery): Promise<Page<StoredTrackedEvent>>;
  funnel(projectId: string, query: FunnelQuery): Promise<Funnel>;
}

const listCursor = cursorOf("tracked-events", z.tuple([z.int(), z.string(), z.string()]));
const mostChannels = 100;
const usualPeriod = 30 * millisecondsPerDay;
const earliest = Date.parse("2000-01-01T00:00:00Z");
const latest = Date.parse("2100-01-01T00:00:00Z");

/** What follows from events of customers that nobody had told before, in the transaction that stores them. */
export type TrackingFollower = (
  connection: Connection,
  projectId: string,
  events: readonly TrackedEvent[],
) => Promise<void>;

export function trackingService({
  database,
  clock,
  followers = [],
  count,
  keepMonths = null,
}: {
  database: Database;
  clock: Clock;
  followers?: readonly TrackingFollower[];
  /** Counts those of campaigns. The last thing in their transaction. */
  count?: TrackingFollower;
  /** Older events are not taken: nobody knows any more whether they were told before. Null: all are known. */
  keepMonths?: number | null;
}): TrackingService {
  return {
    async track(projectId, told, pathOf) {
      const now = clock.now();
      const oldest = keepMonths === null ? earliest : keptFrom(now, keepMonths);
      const errors = told.flatMap((event, i) => faultsOf(event, pathOf(i), now, oldest));
      if (errors.length > 0)
        throw problem("invalid-request", { errors: errors.slice(0, mostErrorsReported) });
      const named = told.map(({ data }) => data.customer);
      const meant = await customersMeant(database.of(projectId), projectId, named);
      const events = told.map((event) => ofCustomer(event, meant));
      const byName = new Map<string, TrackedEvent>();
      for (const event of events) if (!byName.has(nameOf(event))) byName.set(nameOf(event), event);
      const rows = [...byName.values()].map((event) => rowOf(projectId, event, now));
      const isFollowed = followers.length > 0 && events.some(({ data }) => data.customer !== undefined);
      const isCounted = count !== undefined && events.some(({ data }) => data.campaign !== undefined);
      const stored =
        isFollowed || isCounted
          ? await withTransaction(database, projectId, async (connection) => {
              const names = await insertTrackedEvents(connection, projectId, rows);
              // What is said of an event that is known changes nothing, be it another time or another customer.
              const told = names.map((name) => byName.get(nameOf(name))!);
              if (isFollowed) {
                const ofCustomers = told.filter(({ data }) => data.customer !== undefined);
                for (const follow of followers) await follow(connection, projectId, ofCustomers);
              }
              if (isCounted) await count(connection, projectId, told);
              return names;
            })
          : await insertTrackedEvents(database.of(projectId), projectId, rows);
      return { stored: stored.length, repeated: told.length - stored.length };
    },

    async list(projectId, { limit, after, ...filters }) {
      requirePeriod(filters);
      const before = listCursor.decode(after);
      const rows = await listTrackedEvents(database.of(projectId), projectId, filters, {
        before,
        limit: limit + 1,
      });
      return listCursor.page(
        rows,
        limit,
        (row) => [row.occurredAt.getTime(), row.source, row.id],
        shownEvent,
      );
    },

    async funnel(projectId, query) {
      requirePeriod(query);
      const to = query.to ?? new Date(clock.now()).toISOString();
      const from = query.from ?? new Date(Date.parse(to) - usualPeriod).toISOString();
      const counts = await countFunnel(database.of(projectId), projectId, { ...query, from, to });
      return funnelOf(query.steps, counts);
    },
  };
}

const nameOf = ({ source, id }: TrackedEventName): string => JSON.stringify([source, id]);

function faultsOf({ type, time }: TrackedEvent, path: string, now: number, oldest: number): ProblemError[] {
  const errors: ProblemError[] = [];
  if (isReservedEvent(type))
    errors.push({
      path: `${path}/type`,
      code: "type_reserved",
      message: `${type} is not for others to tell.`,
    });
  const at = Date.parse(time);
  if (!(at >= earliest))
    errors.push({ path: `${path}/time`, code: "time_invalid", message: "Events begin with the year 2000." });
  else if (at < oldest)
    errors.push({
      path: `${path}/time`,
      code: "time_too_old",
      message: `Events of before ${new Date(oldest).toISOString()} are kept no more.`,
    });
  else if (at > now + aheadSeconds * 1_000)
    errors.push({ path: `${path}/time`, code: "time_in_future", message: "The event is still to come." });
  return errors;
}

/** What lies outside of it has no events, and PostgreSQL may not be able to write it. */
function requirePeriod({ from, to }: { from?: string | undefined; to?: string | undefined }): void {
  const errors: ProblemError[] = [];
  for (const [name, text] of Object.entries({ from, to })) {
    if (text === undefined) continue;
    const at = Date.parse(text);
    if (!(at >= earliest && at <= latest))
      errors.push({ path: `/${name}`, code: "time_invalid", message: "Name a time from 2000 to 2100." });
  }
  if (errors.length === 0 && from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
    errors.push({ path: "/to", code: "period_empty", message: "The period ends before it begins." });
  if (errors.length > 0) throw problem("invalid-request", { errors });
}

function ofCustomer(event: TrackedEvent, meant: (id: string) => string): TrackedEvent {
  const { customer } = event.data;
  if (customer === undefined || meant(customer) === customer) return event;
  return { ...event, data: { ...event.data, customer: meant(customer) } };
}

function rowOf(projectId: string, event: TrackedEvent, now: number): TrackedEventRow {
  const { data } = event;
  return {
    projectId,
    occurredAt: new Date(event.time),
    source: event.source,
    id: event.id,
    type: event.type,
    subject: event.subject ?? null,
    customerId: data.customer ?? null,
    visitor: data.visitor ?? null,
    channel: data.channel ?? null,
    campaign: data.campaign ?? null,
    data,
    receivedAt: new Date(now),
  };
}

function shownEvent(row: TrackedEventRow): StoredTrackedEvent {
  return {
    specversion: "1.0",
    id: row.id,
    source: row.source,
    type: row.type,
    time: row.occurredAt.toISOString(),
    subject: row.subject,
    datacontenttype: "application/json",
    data: row.data,
    receivedAt: row.receivedAt.toISOString(),
  };
}

function funnelOf(steps: readonly string[], counts: readonly FunnelCount[]): Funnel {
  const byChannel = new Map<string | null, FunnelCount[]>();
  for (const count of counts) {
    const ofChannel = byChannel.get(count.channel);
    if (ofChannel === undefined) byChannel.set(count.channel, [count]);
    else ofChannel.push(count);
  }
  const channels = [...byChannel]
    .map(([channel, ofChannel]) => ({ channel, steps: stepsOf(steps, ofChannel) }))
    .sort(
      (a, b) =>
        b.steps[0]!.people - a.steps[0]!.people ||
        b.steps[0]!.events - a.steps[0]!.events ||
        (a.channel ?? "").localeCompare(b.channel ?? ""),
    );
  return { steps: stepsOf(steps, counts), channels: channels.slice(0, mostChannels) };
}

function stepsOf(steps: readonly string[], counts: readonly FunnelCount[]): Funnel["steps"] {
  const sums = steps.map((step) => ({ step, events: 0, people: 0 }));
  for (const { step, events, people } of counts) {
    sums[step]!.events += events;
    sums[step]!.people += people;
  }
  const first = sums[0]!.people;
  return sums.map((sum) => ({
    ...sum,
    conversion: first === 0 ? null : Math.round((sum.people / first) * 10_000) / 10_000,
  }));
}
