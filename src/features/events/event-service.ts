/** The events of a project as a stream that can be read from any place, as often as wanted. */
import { z } from "zod";
import { type Connection, type Database, withReadSnapshot } from "../../platform/database.ts";
import { cursorOf } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { cloudEventOf, type StoredEvent } from "./cloud-event.ts";
import type { EventPage, EventQuery } from "./event-schemas.ts";
import { insertEvents, readEvents, streamEnds } from "./event-store.ts";
import type { NewEvent } from "./event-types.ts";

/** Where those who write events say so. The ledger does not: it wakes its own process instead (a NOTIFY costs every commit a lock). */
export const writtenChannel = "dealwright_events_written";
/** Where the sequencer says that there is something to read. */
export const sequencedChannel = "dealwright_events";

export const eventCursor = cursorOf("events", z.int().min(0));

/** A filter that lets little pass reads on after so many, so that no request takes long. */
const mostPositionsRead = 10_000;

/** Writes events in the transaction of the change that they tell of: both are there, or neither. */
export async function recordEvents(
  connection: Connection,
  projectId: string,
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length > 0) await insertEvents(connection, projectId, events, writtenChannel);
}

export interface EventBatch {
  readonly events: readonly StoredEvent[];
  /** Where to read on. */
  readonly position: number;
  readonly hasMore: boolean;
}

export interface EventBatchQuery {
  /** Null: from the oldest event there is. */
  readonly after: number | null;
  readonly limit: number;
  readonly types?: readonly string[] | undefined;
}

export interface EventService {
  list(projectId: string, query: EventQuery): Promise<EventPage>;
  /** Throws `events-deleted` where some that come after the position are gone. */
  read(projectId: string, query: EventBatchQuery): Promise<EventBatch>;
  lastPosition(projectId: string): Promise<number>;
}

export function eventService({ database }: { database: Database }): EventService {
  function read(projectId: string, { after, limit, types }: EventBatchQuery): Promise<EventBatch> {
    // One moment for both: what is deleted in between would be a gap that nobody sees.
    return withReadSnapshot(database, projectId, async (connection) => {
      const { lastPosition, deletedThrough } = await streamEnds(connection, projectId);
      const from = after ?? deletedThrough;
      if (from < deletedThrough) throw problem("events-deleted");
      const through = Math.min(from + mostPositionsRead, lastPosition);
      const events = await readEvents(connection, projectId, { after: from, through, limit, types });
      const last = events.at(-1);
      const position =
        events.length === limit && last !== undefined ? last.position : Math.max(from, through);
      return { events, position, hasMore: position < lastPosition };
    });
  }

  return {
    read,

    async list(projectId, { after, limit, types }) {
      const batch = await read(projectId, { after: eventCursor.decode(after), limit, types });
      return eventCursor.openPage(
        batch.events,
        { end: batch.position, hasMore: batch.hasMore },
        ({ position }) => position,
        cloudEventOf,
      );
    },

    async lastPosition(projectId) {
      return (await streamEnds(database.of(projectId), projectId)).lastPosition;
    },
  };
}
