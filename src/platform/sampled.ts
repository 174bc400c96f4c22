import { within } from "./patience.ts";

const patienceMilliseconds = 1_000;

/**
 * A figure that the database must be asked for, when Prometheus asks for it: once for whoever asks within `freshMilliseconds`. What
 * does not come in time, or at all, is told as it was last known, so that nobody waits for a database that is away.
 */
export function sampled<Figures>(
  first: Figures,
  read: () => Promise<Figures>,
  onError: (error: unknown) => void,
  freshMilliseconds = 5_000,
): () => Promise<Figures> {
  let known = first;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  async function readOnce(): Promise<void> {
    try {
      known = await read();
      readAt = performance.now();
    } catch (error) {
      onError(error);
    } finally {
      reading = null;
    }
  }

  return async () => {
    if (performance.now() - readAt > freshMilliseconds) {
      reading ??= readOnce();
      await within(patienceMilliseconds, reading).catch(() => {});
    }
    return known;
  };
}
