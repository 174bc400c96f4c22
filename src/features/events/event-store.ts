import { and, asc, eq, gt, inArray, lte, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { StoredEvent } from "./cloud-event.ts";
import { eventStreams, outboxEvents } from "./event-tables.ts";
import type { NewEvent } from "./event-types.ts";

/** Writes the events that are not there yet and, once that commits, wakes the processes that listen. */
export async function insertEvents(
  connection: Connection,
  projectId: string,
  events: readonly NewEvent[],
  channel: string,
): Promise<void> {
  await connection
    .insert(outboxEvents)
    .values(
      events.map(({ id, type, subject, data }) => ({
        projectId,
        id,
        type,
        subject,
        data: data as Record<string, unknown>,
      })),
    )
    .onConflictDoNothing({ target: [outboxEvents.projectId, outboxEvents.id] });
  await notify(connection, channel);
}

export async function notify(connection: Connection, channel: string, projectId = ""): Promise<void> {
  await connection.execute(sql`select pg_notify(${channel}, ${projectId})`);
}

/** Where there is something to number. */
export async function projectsWithNewEvents(connection: Connection): Promise<string[]> {
  const { rows } = await connection.execute<{ project_id: string }>(
    sql`select project_id from projects_with_new_events() as project_id`,
  );
  return rows.map(({ project_id }) => project_id);
}

/** Until the transaction ends no event of the project is numbered or deleted. Before any row is locked: numbering marks rows of others. */
export async function lockNumbering(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511820, hashtext(${projectId}))`);
}

/** One process numbers the events of a project at a time. A statement of its own: the next one then sees whatever was committed until now. */
export async function lockSequencer(connection: Connection, projectId: string): Promise<void> {
  // Row by row, whatever the statistics say of a table of which only the newest rows are wanted.
  await connection.execute(sql`
    select pg_advisory_xact_lock(730511820, hashtext(${projectId})),
           set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`);
}

export interface SequencedEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly position: number;
  /** For how long it had been written. */
  readonly ageSeconds: number;
}

/** Gives up to `most` committed events of the project their positions, in the order of writing. Under `lockSequencer`. */
export async function sequence(
  connection: Connection,
  projectId: string,
  most: number,
): Promise<SequencedEvent[]> {
  const { rows } = await connection.execute<Record<keyof SequencedEvent, never>>(sql`
    with next as materialized (
      select ctid as place, row_number() over (order by seq) as number from outbox_events
       where project_id = ${projectId} and position is null order by seq limit ${most}
    ), stream as (
      insert into event_streams as s (project_id, last_position)
      select ${projectId}, count(*) from next having count(*) > 0
      on conflict (project_id) do update set last_position = s.last_position + excluded.last_position
      returning last_position - (select count(*) from next) as before
    )
    update outbox_events e set position = stream.before + next.number
      from next, stream where e.ctid = next.place and e.project_id = ${projectId}
    returning e.id, e.type, e.subject, e.position,
              extract(epoch from clock_timestamp() - e.created_at)::double precision as "ageSeconds"`);
  return rows;
}

export interface StreamEnds {
  readonly lastPosition: number;
  readonly deletedThrough: number;
}

export async function streamEnds(connection: Connection, projectId: string): Promise<StreamEnds> {
  const [row] = await connection.select().from(eventStreams).where(eq(eventStreams.projectId, projectId));
  return row ?? { lastPosition: 0, deletedThrough: 0 };
}

/** Positions after `after` and up to `through`, in order. */
export async function readEvents(
  connection: Connection,
  projectId: string,
  range: { after: number; through: number; limit: number; types?: readonly string[] | undefined },
): Promise<StoredEvent[]> {
  const rows = await connection
    .select()
    .from(outboxEvents)
    .where(
      and(
        eq(outboxEvents.projectId, projectId),
        gt(outboxEvents.position, range.after),
        lte(outboxEvents.position, range.through),
        range.types === undefined ? undefined : inArray(outboxEvents.type, [...range.types]),
      ),
    )
    .orderBy(asc(outboxEvents.position))
    .limit(range.limit);
  return rows.map(({ position, ...row }) => ({ ...row, position: position! }));
}

/** Where there is, perhaps, something to delete. */
export async function projectsWithEvents(connection: Connection): Promise<string[]> {
  const { rows } = await connection.execute<{ project_id: string }>(
    sql`select project_id from projects_with_events() as project_id`,
  );
  return rows.map(({ project_id }) => project_id);
}

/**
 * Deletes the project's oldest events that are older than `before`, at most `most`, and answers through which position; null if
 * there was none. Only from the front, so that what is left has no gaps.
 */
export async function deleteOldest(
  connection: Connection,
  projectId: string,
  { before, most }: { before: Date; most: number },
): Promise<number | null> {
  const { rows } = await connection.execute<{ through: number | null }>(sql`
    with oldest as (
      select position, created_at from outbox_events
       where project_id = ${projectId} and position is not null order by position limit ${most}
    ), old as (
      select coalesce((select min(position) - 1 from oldest where created_at >= ${before.toISOString()}::timestamptz),
                      (select max(position) from oldest)) as through
    ), deleted as (
      delete from outbox_events using old where project_id = ${projectId} and position <= old.through returning position
    ), noted as (
      update event_streams set deleted_through = old.through from old
       where project_id = ${projectId} and old.through > deleted_through
    )
    select max(position) as through from deleted`);
  return rows[0]!.through;
}
