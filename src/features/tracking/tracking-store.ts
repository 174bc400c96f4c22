import { and, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { TrackedEventQuery } from "./tracking-schemas.ts";
import { type TrackedEventRow, trackedEvents } from "./tracking-tables.ts";

/** Stores those that are not known yet; answers which those are, each once. */
export async function insertTrackedEvents(
  connection: Connection,
  rows: readonly TrackedEventRow[],
): Promise<TrackedEventName[]> {
  const { occurredAt, source, id } = trackedEvents;
  return connection
    .insert(trackedEvents)
    .values([...rows].sort(byKey))
    .onConflictDoNothing()
    .returning({ occurredAt, source, id });
}

export type TrackedEventName = Pick<TrackedEventRow, "occurredAt" | "source" | "id">;

/** Two batches that bring the same events wait for each other in one direction only. */
function byKey(a: TrackedEventRow, b: TrackedEventRow): number {
  return (
    a.occurredAt.getTime() - b.occurredAt.getTime() || compare(a.source, b.source) || compare(a.id, b.id)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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
