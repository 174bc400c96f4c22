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
