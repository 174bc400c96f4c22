import { and, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { TrackedEventQuery } from "./tracking-schemas.ts";
import { type TrackedEventRow, trackedEvents } from "./tracking-tables.ts";

/** Source and id name an event, whatever else is said of it. */
export type TrackedEventName = Pick<TrackedEventRow, "source" | "id">;

/**
 * Stores those whose name is not known yet; answers which those are. Of one name there may be one row only. Names are taken in one
 * order: two batches that bring the same events wait for each other in one direction only.
 */
export async function insertTrackedEvents(
  connection: Connection,
  projectId: string,
  rows: readonly TrackedEventRow[],
): Promise<TrackedEventName[]> {
  const { rows: stored } = await connection.execute<{ source: string; id: string }>(sql`
    with told as (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as t (
        "occurredAt" timestamptz, source text, id text, type text, subject text, "customerId" text, visitor text,
        channel text, campaign text, data jsonb, "receivedAt" timestamptz)
    ), named as (
      insert into tracked_event_names (project_id, source, id, occurred_at)
      select ${projectId}, source, id, "occurredAt" from told order by source, id
          on conflict do nothing returning source, id
    )
    insert into tracked_events (project_id, occurred_at, source, id, type, subject, customer_id, visitor, channel, campaign, data, received_at)
    select ${projectId}, "occurredAt", t.source, t.id, type, subject, "customerId", visitor, channel, campaign, data, "receivedAt"
      from told t join named n on n.source = t.source and n.id = t.id
        on conflict do nothing returning source, id`);
  return stored;
}

/** The place of an event in its list, newest first. */
export type TrackedEventPlace = readonly [occurredAt: number, source: string, id: string];

export async function listTrackedEvents(
  connection: Connection,
  projectId: string,
  { type, customer, channel, campaign, from, to }: Omit<TrackedEventQuery, "limit" | "after">,
  { before, limit }: { before: TrackedEventPlace | null; limit: number },
): Promise<TrackedEventRow[]> {
  const is = (column: Parameters<typeof eq>[0], value: string | undefined) =>
    value === undefined ? undefined : eq(column, value);
  return connection
    .select()
    .from(trackedEvents)
    .where(
      and(
        eq(trackedEvents.projectId, projectId),
        is(trackedEvents.type, type),
        is(trackedEvents.customerId, customer),
        is(trackedEvents.channel, channel),
        is(trackedEvents.campaign, campaign),
        from === undefined ? undefined : gte(trackedEvents.occurredAt, new Date(from)),
        to === undefined ? undefined : lt(trackedEvents.occurredAt, new Date(to)),
        before === null ? undefined : beyond(before),
      ),
    )
    .orderBy(desc(trackedEvents.occurredAt), desc(trackedEvents.source), desc(trackedEvents.id))
    .limit(limit);
}

function beyond([occurredAt, source, id]: TrackedEventPlace): SQL {
  const at = new Date(occurredAt).toISOString();
  return sql`(${trackedEvents.occurredAt}, ${trackedEvents.source}, ${trackedEvents.id}) < (${at}::timestamptz, ${source}::text, ${id}::text)`;
}
