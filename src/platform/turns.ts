/** For long computations beside requests: those have their turn again and again meanwhile. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** So long before others are let go first. */
const turnMilliseconds = 10;

export interface Turns {
  /** To be asked after each piece of work; where it is true, `next` is to be awaited. */
  isOver(): boolean;
  next(): Promise<void>;
}

export function newTurns(): Turns {
  let began = performance.now();
  return {
    isOver: () => performance.now() - began > turnMilliseconds,
    async next() {
      await nextTurn();
      began = performance.now();
    },
  };
}
