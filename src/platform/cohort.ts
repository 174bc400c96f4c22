/**
 * Requests that have come together are worked on together: first all are computed, then all are answered.
 *
 * Between two requests lies half of Node (sockets, parser, hooks), and what a processor has just run it has at hand: an
 * evaluation that follows another takes about half of what it takes by itself. Larus and Parkes, "Using Cohort Scheduling to
 * Enhance Server Performance", USENIX 2002. A request that comes alone waits for nothing but the turn of the event loop.
 */
export interface Cohort {
  join<Result>(compute: () => Result | Promise<Result>): Promise<Result>;
  /** How many are not computed yet. */
  waiting(): number;
}

/** Those computed by then are answered, and the others have their turn after what else has come. */
const turnMilliseconds = 10;

export function newCohort(): Cohort {
  let waiting: (() => void)[] = [];

  // Whoever awaits an answer goes on when this returns.
  function work(): void {
    const until = performance.now() + turnMilliseconds;
    let done = 0;
    for (const task of waiting) {
      task();
      done += 1;
      if (performance.now() > until) break;
    }
    waiting = waiting.slice(done);
    if (waiting.length > 0) setImmediate(work);
  }

  return {
    waiting: () => waiting.length,
    join(compute) {
      if (waiting.length === 0) setImmediate(work);
      return new Promise((resolve, reject) => {
        waiting.push(() => {
          try {
            resolve(compute());
          } catch (error) {
            reject(error);
          }
        });
      });
    },
  };
}
