/** A guest becomes a customer: what a redemption holds of the guest's counters it holds of the customer's. */
import type { Hold, RedemptionState } from "./books.ts";
import { type Entry, entriesFor } from "./entries.ts";

/**
 * Every hold is given back by one holder and taken by the other, whatever their limits: together they may pass one, and then nothing
 * more is granted. Null where the redemption holds nothing of the guest's.
 */
export function mergeHolds(
  { id, state, holds, steps }: Pick<RedemptionState, "id" | "state" | "holds" | "steps">,
  guest: string,
  customer: string,
): { holds: Hold[]; entries: Entry[] } | null {
  const given = holds.filter(({ counter }) => counter.holder === guest);
  if (given.length === 0) return null;
  const ofCustomer = (hold: Hold): Hold =>
    hold.counter.holder === guest ? { ...hold, counter: { ...hold.counter, holder: customer } } : hold;
  const place = state === "reserved" ? "reserved" : "used";
  return {
    holds: holds.map(ofCustomer),
    entries: [
      ...entriesFor(id, steps, "merge", given, place, -1),
      ...entriesFor(id, steps + given.length, "merge", given.map(ofCustomer), place, 1),
    ],
  };
}
