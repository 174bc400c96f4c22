/** The ledger: what was taken and given back, by what. Never changed, only added to; every counter is the sum of its entries. */
import { type Books, type CounterName, counterKey, type Hold, type Tally } from "./books.ts";

export type Cause = "reserve" | "commit" | "cancel" | "expire" | "return" | "claim" | "release" | "merge";

export interface Entry {
  readonly redemption: string;
  /** Counts the entries of its redemption from 0; the same step twice is a fault that the database refuses. */
  readonly step: number;
  readonly cause: Cause;
  readonly counter: CounterName;
  /** Added to what reservations hold, and to what is taken for good. Either may be negative. */
  readonly reserved: number;
  readonly used: number;
}

type Place = "reserved" | "used";

/** One entry for each hold; `sign` −1 gives it back. */
export function entriesFor(
  redemption: string,
  firstStep: number,
  cause: Cause,
  holds: readonly Hold[],
  place: Place,
  sign: 1 | -1,
): Entry[] {
  return holds.map(({ counter, amount }, index) => ({
    redemption,
    step: firstStep + index,
    cause,
    counter,
    reserved: place === "reserved" ? sign * amount : 0,
    used: place === "used" ? sign * amount : 0,
  }));
}

/** What was reserved becomes taken for good. */
export function settlingEntries(redemption: string, firstStep: number, holds: readonly Hold[]): Entry[] {
  return holds.map(({ counter, amount }, index) => ({
    redemption,
    step: firstStep + index,
    cause: "commit",
    counter,
    reserved: -amount,
    used: amount,
  }));
}

/** Brings the counters up to date with entries that were decided. */
export function post(books: Books, entries: readonly Entry[]): void {
  for (const { counter, reserved, used } of entries) {
    const tally = tallyOf(books, counterKey(counter));
    tally.reserved += reserved;
    tally.used += used;
  }
}

function tallyOf({ counters }: Books, key: string): Tally {
  let tally = counters.get(key);
  if (tally === undefined) {
    tally = { used: 0, reserved: 0, limit: null, closed: null };
    counters.set(key, tally);
  }
  return tally;
}
