/**
 * A guest's uses become a customer's. The ledger is only added to: what a redemption holds of the guest's counters is posted over to
 * the customer's, redemption by redemption, so that each goes on holding what its entries come to, and gives back where it took.
 * Claims belong to no redemption; those of a counter are posted over together.
 */
import { type CounterName, counterKey } from "../../ledger/books.ts";
import type { Entry } from "../../ledger/entries.ts";
import { mergeHolds } from "../../ledger/merge.ts";
import type { CustomerMerge } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import {
  beginCounters,
  countersOf,
  lockCounters,
  lockCouponsOf,
  lockRedemptionsOf,
  type WrittenMerge,
  writeMerge,
} from "./ledger-merge-store.ts";
import { holderOf, nobody } from "./promotion-counters.ts";

/** While it waited, the guest took of a counter that the customer has none of: to be done again. */
export class MergeOvertaken extends Error {}

/** Locks redemptions, coupons and counters, in the order of the committer's batches; how many redemptions it moved. */
export async function mergeUses(connection: Connection, merge: CustomerMerge): Promise<number> {
  const { projectId, guest, customer } = merge;
  const from = holderOf("customer", { ...nobody, customer: guest.holder })!;
  const to = holderOf("customer", { ...nobody, customer: customer.holder })!;
  const taken = await countersOf(connection, projectId, from);
  await beginCounters(connection, projectId, to, taken);
  const redemptions = await lockRedemptionsOf(connection, projectId, [guest.id, customer.id]);
  await lockCouponsOf(connection, projectId, guest.id);
  const counters = await lockCounters(connection, projectId, [from, to]);

  const written: WrittenMerge = { redemptions: [], entries: [], counters: new Map() };
  let moved = 0;
  for (const redemption of redemptions) {
    const isGuests = redemption.customerId === guest.id;
    const change = mergeHolds(redemption, from, to);
    if (!isGuests && change === null) continue;
    moved += 1;
    note(written, change?.entries ?? []);
    written.redemptions.push({
      id: redemption.id,
      customerId: isGuests ? customer.id : redemption.customerId,
      holds: change?.holds ?? redemption.holds,
      steps: redemption.steps + (change?.entries.length ?? 0),
    });
  }
  for (const [, counter] of counters) {
    const { name, used } = counter;
    const left = used + (written.counters.get(counterKey(name))?.used ?? 0);
    if (name.holder !== from || name.measure !== "claims" || left === 0) continue;
    moved += 1;
    note(written, claimEntries(name, to, left, merge.now));
  }
  for (const key of written.counters.keys()) if (!counters.has(key)) throw new MergeOvertaken();
  await writeMerge(connection, projectId, written);
  return moved;
}

function claimEntries(counter: CounterName, to: string, used: number, now: number): Entry[] {
  const entry = { redemption: newId("clm", now), cause: "claim" as const, reserved: 0 };
  return [
    { ...entry, step: 0, counter, used: -used },
    { ...entry, step: 1, counter: { ...counter, holder: to }, used },
  ];
}

function note({ entries, counters }: WrittenMerge, added: readonly Entry[]): void {
  if (added.length > 0) entries.push(added);
  for (const { counter, used, reserved } of added) {
    const key = counterKey(counter);
    const change = counters.get(key) ?? { name: counter, used: 0, reserved: 0 };
    counters.set(key, { ...change, used: change.used + used, reserved: change.reserved + reserved });
  }
}
