/** The shell's only source of "now". The engine never sees it: it is handed the instant. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
