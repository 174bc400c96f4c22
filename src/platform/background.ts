/** Work that a process does again and again beside its requests. */
import { setTimeout as delay } from "node:timers/promises";

export interface Background {
  start(): void;
  /** The next round begins at once, or right after the one that is under way. */
  wake(): void;
  /** Waits for the round that is under way. */
  close(): Promise<void>;
  /** Aborted once it is to end: for work of several steps. */
  readonly signal: AbortSignal;
}

/**
 * A round begins so long after the one before has ended, or up to a fifth sooner: so the processes of a fleet do not ask in step.
 * One that fails is reported and does not keep the next from coming.
 */
export function repeated(
  pauseMilliseconds: number,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): Background {
  const closing = new AbortController();
  const { signal } = closing;
  let running: Promise<void> = Promise.resolve();
  let pause = new AbortController();

  async function run(): Promise<void> {
    for (;;) {
      const wait = pauseMilliseconds * (0.8 + 0.2 * Math.random());
      await delay(wait, undefined, { ref: false, signal: pause.signal }).catch(() => {});
      if (signal.aborted) return;
      // Before the work: a wake that comes while it is done is for the round after it.
      pause = new AbortController();
      await work().catch(onError);
    }
  }

  return {
    signal,
    wake: () => pause.abort(),
    start() {
      running = run();
    },
    async close() {
      closing.abort();
      pause.abort();
      await running;
    },
  };
}

/**
 * Does the work of each, one after the other, and begins none once the signal is aborted.
 * One that fails is reported and does not keep the others from theirs.
 */
export async function eachApart<Item>(
  items: Iterable<Item>,
  signal: AbortSignal,
  work: (item: Item) => Promise<unknown>,
  onError: (error: unknown, item: Item) => void | Promise<void>,
): Promise<void> {
  for (const item of items) {
    if (signal.aborted) return;
    try {
      await work(item);
    } catch (error) {
      await onError(error, item);
    }
  }
}

/**
 * Looks for what is due and works on each, as `eachApart`, and looks again for as long as anything was done: a step may be followed
 * by another that is due as well. `work` answers false where there was nothing to do, or others do it. Answers how many were done.
 */
export async function untilNothingIsDue<Item>(
  find: () => Promise<readonly Item[]>,
  signal: AbortSignal,
  work: (item: Item) => Promise<boolean>,
  onError: (error: unknown, item: Item) => void | Promise<void>,
): Promise<number> {
  let all = 0;
  let done = 0;
  do {
    done = 0;
    const one = async (item: Item) => {
      if (await work(item)) done += 1;
    };
    await eachApart(await find(), signal, one, onError);
    all += done;
  } while (done > 0 && !signal.aborted);
  return all;
}
