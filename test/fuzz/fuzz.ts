/** Sends what an arbitrary makes, some at a time, and keeps what was answered as it must not be. */
import fc from "fast-check";

export interface FuzzAnswer {
  readonly status: number;
  readonly text: string;
}

export interface Fuzzed {
  /** How often which status came. */
  readonly statuses: Readonly<Record<number, number>>;
  /** The first requests that broke a promise, with what they got. */
  readonly faults: readonly string[];
}

const atOnce = 8;
const mostFaults = 5;

/** `send` throws where an answer breaks the contract; a status from 500 is a fault of its own. */
export async function fuzz<Request>(
  requests: fc.Arbitrary<Request>,
  runs: number,
  seed: number,
  send: (request: Request) => Promise<FuzzAnswer>,
): Promise<Fuzzed> {
  const statuses: Record<number, number> = {};
  const faults: string[] = [];
  const pending = fc.sample(requests, { numRuns: runs, seed }).values();
  const work = async () => {
    for (const request of pending) {
      if (faults.length >= mostFaults) return;
      const said = () => JSON.stringify(request).slice(0, 3_000);
      try {
        let { status, text } = await send(request);
        // A busy machine says "try again": what says so every time has found something. Injected requests are never told to be complete.
        for (let again = 0; (status === 503 || status === 408) && again < 3; again += 1)
          ({ status, text } = await send(request));
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status >= 500) faults.push(`${status} ${text.slice(0, 300)} to ${said()}`);
      } catch (error) {
        faults.push(`${(error as Error).message} to ${said()}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { statuses, faults };
}
