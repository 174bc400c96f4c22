/** Boards as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import { setTimeout as delay } from "node:timers/promises";
import { problem } from "../../platform/problem.ts";
import { remembered } from "../../platform/remembered.ts";
import type { CampaignBoard } from "./campaign-board-schemas.ts";
import type { CampaignBoardService } from "./campaign-board-service.ts";

const mostStreams = 200;
const heartbeatMilliseconds = 15_000;
/** Then the client connects again and shows its key: one that was revoked reads no longer. */
const longestMilliseconds = 300_000;
/** Visits and cost entries wake nobody: without a word of orders the board is looked at this often. */
const pollMilliseconds = 5_000;
/** However much happens, a board is made no oftener. Those who watch the same one share it. */
const restMilliseconds = 1_000;

export interface CampaignBoardStreamService {
  /** Asked for the next piece only when the client has taken the last one. */
  stream(projectId: string, key: string): AsyncIterable<string>;
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
  let open = 0;

  const wake = (projectId: string | null) => {
    // What is being made may not know of it yet.
    fresh.clear();
    for (const watcher of watchers) if (projectId === null || projectId === watcher.projectId) watcher.wake();
  };

  /** One for all who ask in the same moment. */
  function board(projectId: string, key: string): Promise<CampaignBoard> {
    const name = JSON.stringify([projectId, key]);
    return remembered(fresh, name, mostStreams, () => {
      const made = boards.live(projectId, key);
      const forget = () => void fresh.delete(name);
      made.then(forget, forget);
      return made;
    });
  }

  async function* pieces(projectId: string, key: string): AsyncGenerator<string> {
    const endsAt = performance.now() + longestMilliseconds;
    let toldAt = performance.now();
    let told = "";
    const watcher = watcherOf(projectId);
    watchers.add(watcher);
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
        if (closing.signal.aborted || performance.now() > endsAt) return;
        await delay(restMilliseconds, undefined, { signal: closing.signal }).catch(() => {});
        if (!closing.signal.aborted) await watcher.woken(pollMilliseconds - restMilliseconds);
        if (closing.signal.aborted) return;
      }
    } finally {
      watchers.delete(watcher);
    }
  }

  async function* counted(inner: AsyncGenerator<string>): AsyncGenerator<string> {
    if (closing.signal.aborted || open >= mostStreams)
      throw problem("unavailable", { headers: { "retry-after": "5" } });
    open += 1;
    try {
      yield* inner;
    } finally {
      open -= 1;
    }
  }

  return {
    stream: (projectId, key) => counted(pieces(projectId, key)),
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
