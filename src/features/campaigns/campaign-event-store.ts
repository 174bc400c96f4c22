import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

export interface CountedEvents {
  readonly campaign: string;
  readonly type: string;
  readonly channel: string;
  /** Epoch milliseconds. */
  readonly quarter: number;
  readonly events: number;
}

const lanes = 16;
/** Shared by those who count, so that they wait for nobody but whoever counts all anew. */
const countingLock = 730511831;

/** Adds to one of several rows of each. The last thing in its transaction: until its end others wait who took the same lane. */
export async function addEvents(
  connection: Connection,
  projectId: string,
  counts: readonly CountedEvents[],
  lane: number,
): Promise<void> {
  const rows = counts.map((count) => ({ ...count, quarter: new Date(count.quarter).toISOString() }));
  await connection.execute(sql`select pg_advisory_xact_lock_shared(${countingLock}, hashtext(${projectId}))`);
  // In one order, so that two who share rows wait in one direction only.
  await connection.execute(sql`
    insert into campaign_event_counts as c (project_id, campaign, type, quarter, channel, lane, events)
    select ${projectId}::text, campaign, type, quarter, channel, ${lane % lanes}, events
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
           as added (campaign text, type text, quarter timestamptz, channel text, events bigint)
     order by campaign, type, quarter, channel
    on conflict (project_id, campaign, type, quarter, channel, lane) do update set events = c.events + excluded.events`);
}

/**
 * Whoever counts meanwhile waits, and then adds what is not in here. What is older than all events that are kept cannot be counted
 * again, and stays as it is: events go when their time is up, the figures of their campaigns do not.
 */
export async function recountEvents(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(${countingLock}, hashtext(${projectId}))`);
  await connection.execute(sql`
    delete from campaign_event_counts where project_id = ${projectId} and quarter >= (
      select ${quarter(sql`min(occurred_at)`)} from tracked_events where project_id = ${projectId})`);
  await connection.execute(sql`
    insert into campaign_event_counts (project_id, campaign, type, quarter, channel, lane, events)
    select project_id, campaign, type, ${quarter(sql`occurred_at`)}, coalesce(channel, ''), 0, count(*)
      from tracked_events where project_id = ${projectId} and campaign is not null group by 1, 2, 3, 4, 5`);
}

/** `quarterOf` in SQL. */
const quarter = (instant: SQL): SQL =>
  sql`date_bin(interval '15 minutes', ${instant}, timestamptz '2000-01-01 00:00:00+00')`;
