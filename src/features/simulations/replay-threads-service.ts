/** The threads of one simulation, and who of them has nothing to do. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { ReplayNeeds } from "./past-order.ts";
import type { ThreadAnswer, ThreadOrders, ThreadRequest } from "./replay-thread.ts";

export interface ReplayThreads {
  readonly needs: ReplayNeeds;
  /** Resolves once a thread has begun with these orders: there are never more than two batches for each in memory. */
  replay(orders: string): Promise<void>;
  /** Waits for all of them, and answers everything that was added up so far, as text. */
  gather(): Promise<string>;
  /** After `gather`: the report of it all, as JSON. */
  report(top: number): Promise<string>;
  close(): Promise<void>;
}

/** A rulebook and the SKUs of a large catalogue fit easily; what does not is a fault, and must not take the process along. */
const mostMegabytes = 1_024;

/** `before`: what an earlier attempt had gathered. */
export async function startReplayThreads(
  count: number,
  orders: ThreadOrders,
  before: string | null,
): Promise<ReplayThreads> {
  const threads = Array.from({ length: count }, () => startThread(orders));
  const close = async () => {
    await Promise.all(threads.map((thread) => thread.close()));
  };
  try {
    const [needs] = await Promise.all(threads.map(({ ready }) => ready));
    if (before !== null) await threads[0]!.ask({ do: "take over", tallies: [before] });
    return { needs: JSON.parse(needs!) as ReplayNeeds, close, ...shared(threads) };
  } catch (error) {
    await close();
    throw error;
  }
}

function shared(threads: readonly Thread[]): Omit<ReplayThreads, "needs" | "close"> {
  const [first, ...others] = threads as [Thread, ...Thread[]];
  const running = new Set<Promise<string>>();
  let failure: Error | null = null;
  const settled = async () => {
    await Promise.all(running);
    if (failure !== null) throw failure;
  };
  return {
    async replay(orders) {
      const idlest = threads.reduce((a, b) => (b.waiting < a.waiting ? b : a));
      const work = idlest.ask({ do: "replay", orders });
      running.add(work);
      work
        .catch((error: Error) => {
          failure ??= error;
        })
        .finally(() => running.delete(work));
      while (running.size >= 2 * threads.length) await Promise.race(running);
      if (failure !== null) throw failure;
    },
    async gather() {
      await settled();
      const tallies = await Promise.all(others.map((thread) => thread.ask({ do: "hand over" })));
      return first.ask({ do: "take over", tallies });
    },
    report: (top) => first.ask({ do: "report", top }),
  };
}

interface Thread {
  readonly ready: Promise<string>;
  /** Requests without an answer yet. */
  readonly waiting: number;
  ask(request: ThreadRequest): Promise<string>;
  close(): Promise<void>;
}

function startThread(orders: ThreadOrders): Thread {
  const worker = newWorker(orders);
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  let end: Error | null = null;
  const next = () =>
    new Promise<string>((resolve, reject) => {
      if (end === null) waiting.push({ resolve, reject });
      else reject(end);
    });
  const fail = (error: Error) => {
    end ??= error;
    for (const { reject } of waiting.splice(0)) reject(end);
  };
  worker.on("message", (answer: ThreadAnswer) => {
    const asked = waiting.shift();
    if ("text" in answer) asked?.resolve(answer.text);
    else asked?.reject(new Error(`a thread that replays orders failed: ${answer.failure}`));
  });
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("a thread that replays orders has ended")));
  const ready = next();
  // Whoever waits hears of it; that nobody does any more is no fault.
  ready.catch(() => {});
  return {
    ready,
    get waiting() {
      return waiting.length;
    },
    ask(request) {
      const answer = next();
      answer.catch(() => {});
      if (end === null) worker.postMessage(request);
      return answer;
    },
    async close() {
      await worker.terminate();
    },
  };
}

function newWorker(orders: ThreadOrders): Worker {
  const options = { workerData: orders, resourceLimits: { maxOldGenerationSizeMb: mostMegabytes } };
  if (!import.meta.url.endsWith(".ts"))
    return new Worker(new URL("./replay-thread.js", import.meta.url), options);
  // From source, which is while developing: a thread of Node 20 does not take over the loader that reads TypeScript.
  const path = JSON.stringify(fileURLToPath(new URL("./replay-thread.ts", import.meta.url)));
  return new Worker(`require("tsx/cjs/api").register(); require(${path});`, { ...options, eval: true });
}
