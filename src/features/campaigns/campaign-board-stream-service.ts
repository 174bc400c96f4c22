/** Boards as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import { setTimeout as delay } from "node:timers/promises";
import type { Caller } from "../../platform/auth.ts";
import { problem } from "../../platform/problem.ts";
import { remembered } from "../../platform/remembered.ts";
import { newStreamPlaces, streamPlaces } from "../../platform/stream-places.ts";
import type { CampaignBoard } from "./campaign-board-schemas.ts";
import type { CampaignBoardService } from "./campaign-board-service.ts";

const heartbeatMilliseconds = 15_000;
/** Then the client connects again, and perhaps to another process: so they share the streams after one was added. */
const longestMilliseconds = 300_000;
/** Visits and cost entries wake nobody: without a word of orders the board is looked at this often. */
const pollMilliseconds = 5_000;
/** However much happens, a board is made no oftener. Those who watch the same one share it. */
const restMilliseconds = 1_000;

export interface CampaignBoardStreamService {
  /** Asked for the next piece only when the client has taken the last one. */
  stream(caller: Caller, key: string, over: AbortSignal): AsyncIterable<string>;
  /** Something was sold in the project; null: perhaps in any. */
  wake(projectId: string | null): void;
  close(): void;
}

export function campaignBoardStreamService(
  boards: Pick<CampaignBoardService, "live">,
): CampaignBoardStreamService {
  const closing = new AbortController();
  const watchers = new Set<Watcher>();
  const fresh = new Map<string, Promise<CampaignBoard>>();
  const places = newStreamPlaces();

  const wake = (projectId: string | null) => {
    // What is being made may not know of it yet.
    fresh.clear();
    for (const watcher of watchers) if (projectId === null || projectId === watcher.projectId) watcher.wake();
  };

  /** One for all who ask in the same moment. */
  function board(projectId: string, key: string): Promise<CampaignBoard> {
    const name = JSON.stringify([projectId, key]);
    return remembered(fresh, name, streamPlaces.streamsOfAll, () => {
      const made = boards.live(projectId, key);
      const forget = () => void fresh.delete(name);
      made.then(forget, forget);
      return made;
    });
  }

  async function* pieces(projectId: string, key: string, over: AbortSignal): AsyncGenerator<string> {
    if (closing.signal.aborted) throw problem("unavailable", { headers: { "retry-after": "5" } });
    const endsAt = performance.now() + longestMilliseconds;
    let toldAt = performance.now();
    let told = "";
    const watcher = watcherOf(projectId);
    watchers.add(watcher);
    over.addEventListener("abort", watcher.wake);
    const isOver = () => closing.signal.aborted || over.aborted;
    try {
      for (let isFirst = true; ; isFirst = false) {
        watcher.reset();
        const now = await board(projectId, key);
        if (isFirst) yield "retry: 1000\n\n";
        // That time passes is no news by itself.
        const { asOf: _asOf, elapsed: _elapsed, ...shown } = now;
        const news = JSON.stringify({ ...shown, goals: now.goals.map(({ expected: _, ...goal }) => goal) });
        if (news !== told) {
          told = news;
          toldAt = performance.now();
          yield `event: board\ndata: ${JSON.stringify(now)}\n\n`;
        } else if (performance.now() - toldAt > heartbeatMilliseconds) {
          toldAt = performance.now();
          yield ": still here\n\n";
        }
        if (isOver() || performance.now() > endsAt) return;
        await delay(restMilliseconds, undefined, { signal: closing.signal }).catch(() => {});
        if (!isOver()) await watcher.woken(pollMilliseconds - restMilliseconds);
        if (isOver()) return;
      }
    } finally {
      over.removeEventListener("abort", watcher.wake);
      watchers.delete(watcher);
    }
  }

  return {
    stream: (caller, key, over) => places.hold(caller, pieces(caller.projectId, key, over)),
    wake,
    close() {
      closing.abort();
      wake(null);
    },
  };
}

/** Knows whether something was sold since it was reset, so that nothing is missed that happens while the board is made. */
interface Watcher {
  readonly projectId: string;
  wake(): void;
  reset(): void;
  /** At once if it was woken; else when it is, or after a while. */
  woken(milliseconds: number): Promise<void>;
}

function watcherOf(projectId: string): Watcher {
  let isWoken = false;
  let awaken: () => void = () => {};
  return {
    projectId,
    wake() {
      isWoken = true;
      awaken();
    },
    reset() {
      isWoken = false;
    },
    woken(milliseconds) {
      if (isWoken) return Promise.resolve();
      return new Promise((settle) => {
        const timer = setTimeout(settle, milliseconds);
        awaken = () => {
          clearTimeout(timer);
          settle();
        };
      });
    },
  };
}
