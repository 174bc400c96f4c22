/** What reads events in tests: through the API, numbered first, so that nothing has to be waited for. */
import { eventSequencerService } from "../../../src/features/events/event-sequencer-service.ts";
import type { Role } from "../../../src/platform/auth.ts";
import { silentLog } from "../../../src/platform/log.ts";
import type { TestDatabase } from "../../database.ts";
import type { Api } from "../api.ts";

export interface ToldEvent {
  id: string;
  type: string;
  subject: string;
  sequence: string;
  time: string;
  data: Record<string, unknown>;
}

/** Numbers what is committed, as the app's own sequencer does within a second. */
export function sequencerOn(database: TestDatabase, now: () => number = Date.now) {
  return eventSequencerService({
    database,
    clock: { now },
    log: silentLog,
    retentionDays: 30,
    fanOut: async () => {},
    onDeleted: async () => {},
  });
}

/** Every event after the cursor, page by page, and the cursor after the last. */
export async function eventsAfter(
  api: Api,
  cursor: string | null = null,
  { types, limit = 100, role = "viewer" }: { types?: string[]; limit?: number; role?: Role } = {},
): Promise<{ events: ToldEvent[]; cursor: string }> {
  const events: ToldEvent[] = [];
  for (;;) {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor !== null && { after: cursor }) });
    for (const type of types ?? []) query.append("types", type);
    const { status, body, text } = await api.rest("GET", `/v1/events?${query}`, { role });
    if (status !== 200) throw new Error(text);
    events.push(...body.items);
    cursor = body.nextCursor as string;
    if (!body.hasMore) return { events, cursor };
  }
}
