/** A stream outlives the request that was let in: its key is looked at again and again, so that one that is revoked reads no longer. */
import { type Authenticator, unauthenticated } from "./auth.ts";

/** What the authenticator says is up to three seconds old when it is asked this often: revoked is noticed within five. */
const checkMilliseconds = 1_000;

export interface Admission {
  readonly authenticator: Authenticator;
  readonly key: string;
  /** Aborted once nobody takes the pieces any more, so that whoever makes them need not wait for the next one. */
  readonly over: AbortController;
  /** True: it ends as if it were complete, for those who would come again by themselves. False: it is broken off. */
  readonly endsQuietly: boolean;
}

/** The pieces of `body` for as long as the key opens anything: not once it is revoked, has expired, or its rotation is over. */
export function whileAdmitted<Piece>(
  body: AsyncIterable<Piece>,
  { authenticator, key, over, endsQuietly }: Admission,
): AsyncIterable<Piece> {
  const inner = body[Symbol.asyncIterator]();
  let isOver = false;
  /** Settles what is being waited for, in its place. */
  let breakOff: (() => void) | null = null;
  const timer = setInterval(async () => {
    if (await isAdmitted(authenticator, key)) return;
    finish();
    breakOff?.();
    letGo();
  }, checkMilliseconds);
  timer.unref();

  function finish(): void {
    isOver = true;
    clearInterval(timer);
    over.abort();
  }

  /** Where it waits for something else, it ends as soon as that comes. */
  function letGo(): void {
    inner.return?.()?.catch(() => {});
  }

  function end(): IteratorResult<Piece> {
    if (endsQuietly) return { done: true, value: undefined };
    throw unauthenticated();
  }

  async function next(): Promise<IteratorResult<Piece>> {
    if (isOver) return end();
    try {
      const result = await new Promise<IteratorResult<Piece> | "over">((settle, fail) => {
        breakOff = () => settle("over");
        inner.next().then(settle, fail);
      });
      if (result === "over") return end();
      if (result.done) finish();
      return result;
    } catch (error) {
      finish();
      throw error;
    } finally {
      breakOff = null;
    }
  }

  return {
    [Symbol.asyncIterator]: () => ({
      next,
      async return() {
        finish();
        await inner.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

async function isAdmitted(authenticator: Authenticator, key: string): Promise<boolean> {
  try {
    return (await authenticator.callerOf(key)) !== null;
  } catch {
    // Nobody can say any more.
    return false;
  }
}
