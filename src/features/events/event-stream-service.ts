/** The events of a project as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import type { Caller } from "../../platform/auth.ts";
import { problem } from "../../platform/problem.ts";
import { newStreamPlaces } from "../../platform/stream-places.ts";
import { cloudEventOf } from "./cloud-event.ts";
import { type EventBatch, type EventService, eventCursor } from "./event-service.ts";

const heartbeatMilliseconds = 15_000;
/** Then the client connects again, and perhaps to another process: so they share the streams after one was added. */
const longestMilliseconds = 300_000;
const eventsAtOnce = 100;

export interface EventStreamService {
  /** Asked for the next piece only when the client has taken the last one: a slow client reads the database slowly. */
  stream(
    caller: Caller,
    query: { after: string | undefined; types?: readonly string[] | undefined },
    over: AbortSignal,
  ): AsyncIterable<string>;
  /** There is something new to read in the project; null: perhaps in any. */
  wake(projectId: string | null): void;
  /** Ends every stream at its next event or wait. */
  close(): void;
}

export interface EventStreamOptions {
  events: Pick<EventService, "read" | "lastPosition">;
  /** How long a stream waits without a word from the sequencer: of another process, where nobody listens. */
  pollMilliseconds?: number;
}

interface Sleep {
  readonly woken: () => Promise<void>;
  readonly awaken: () => void;
  readonly forget: () => void;
}

export function eventStreamService(options: EventStreamOptions): EventStreamService {
  const { events, pollMilliseconds = 1_000 } = options;
  const closing = new AbortController();
  const sleepers = new Set<{ projectId: string; awaken: () => void }>();
  const places = newStreamPlaces();

  const wake = (projectId: string | null) => {
    for (const sleeper of sleepers)
      if (projectId === null || sleeper.projectId === projectId) sleeper.awaken();
  };

  /** Until the project's next wake, or for a while. Made before the reading that it follows, so that no wake is missed. */
  function sleeper(projectId: string): Sleep {
    let awaken: () => void = () => {};
    const wakened = new Promise<void>((settle) => {
      awaken = settle;
    });
    const one = { projectId, awaken };
    sleepers.add(one);
    const forget = () => void sleepers.delete(one);
    const woken = async () => {
      const timer = setTimeout(awaken, pollMilliseconds);
      await wakened;
      clearTimeout(timer);
    };
    return { woken, awaken, forget };
  }

  async function* pieces(
    projectId: string,
    after: number | null,
    types: readonly string[] | undefined,
    over: AbortSignal,
  ): AsyncGenerator<string> {
    if (closing.signal.aborted) throw problem("unavailable", { headers: { "retry-after": "5" } });
    const endsAt = performance.now() + longestMilliseconds;
    let position = after ?? (await events.lastPosition(projectId));
    let toldAt = performance.now();
    let sleep = sleeper(projectId);
    const end = () => sleep.awaken();
    over.addEventListener("abort", end);
    const isOver = () => closing.signal.aborted || over.aborted;
    try {
      let batch: EventBatch = await events.read(projectId, { after: position, limit: eventsAtOnce, types });
      yield "retry: 1000\n\n";
      for (;;) {
        for (const event of batch.events) {
          toldAt = performance.now();
          const { type, position: at } = event;
          yield `id: ${eventCursor.encode(at)}\nevent: ${type}\ndata: ${JSON.stringify(cloudEventOf(event))}\n\n`;
        }
        position = batch.position;
        if (isOver() || performance.now() > endsAt) return;
        if (!batch.hasMore) await sleep.woken();
        if (isOver()) return;
        if (performance.now() - toldAt > heartbeatMilliseconds) {
          toldAt = performance.now();
          yield ": still here\n\n";
        }
        sleep.forget();
        sleep = sleeper(projectId);
        batch = await events.read(projectId, { after: position, limit: eventsAtOnce, types });
      }
    } finally {
      over.removeEventListener("abort", end);
      sleep.forget();
    }
  }

  return {
    stream: (caller, { after, types }, over) =>
      places.hold(caller, pieces(caller.projectId, eventCursor.decode(after), types, over)),
    wake,
    close() {
      closing.abort();
      wake(null);
    },
  };
}
