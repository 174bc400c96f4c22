/**
 * Work that must wait for the same row anyway, one after the other: whoever waits here holds no connection, where in the database
 * each would hold one and keep it from everybody else.
 */
import { problem } from "./problem.ts";

export interface Queues {
  /** Runs the work when all that came before it under this name is done, however that ended. Refuses where too many wait. */
  inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

export function newQueues(mostWaiting: number): Queues {
  const queues = new Map<string, { last: Promise<unknown>; length: number }>();
  return {
    async inTurn(name, work) {
      const queue = queues.get(name) ?? { last: Promise.resolve(), length: 0 };
      if (queue.length >= mostWaiting) throw problem("unavailable", { headers: { "retry-after": "1" } });
      queues.set(name, queue);
      queue.length += 1;
      const turn = queue.last.then(work);
      queue.last = turn.catch(() => {});
      try {
        return await turn;
      } finally {
        queue.length -= 1;
        if (queue.length === 0) queues.delete(name);
      }
    },
  };
}
