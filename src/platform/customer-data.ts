import type { Connection } from "./database.ts";

/** A customer whose data is asked for or erased. */
export interface CustomerName {
  readonly projectId: string;
  /** As the shop calls them: a number, an address, whatever it uses. */
  readonly id: string;
  /** What stands in its place afterwards. */
  readonly pseudonym: string;
}

/** Somebody in a merge. */
export interface MergedParty {
  /** As the shop calls them. */
  readonly id: string;
  /** The keyed hash by which counters know them. */
  readonly holder: string;
}

/** What a guest had becomes a customer's. */
export interface CustomerMerge {
  readonly projectId: string;
  readonly guest: MergedParty;
  readonly customer: MergedParty;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** One feature's part of what is known of customers. Everything that keeps a customer's id has one; `app.ts` lists them. */
export interface CustomerData {
  /** The name of the list in an export. */
  readonly name: string;
  /** Up to `most` records, newest first, as they are kept. */
  read(connection: Connection, customer: CustomerName, most: number): Promise<Record<string, unknown>[]>;
  /** Takes out whatever is personal and puts the pseudonym in place of the id; how many records it touched. */
  erase(connection: Connection, customer: CustomerName): Promise<number>;
  /**
   * Gives the customer what is the guest's; how many records it moved. Again it moves what came since. Left out where records stay
   * under the guest's id, as what was said and told then: whoever reads or erases the customer asks for all their ids.
   */
  merge?(connection: Connection, merge: CustomerMerge): Promise<number>;
  /** Once everything else is erased: what came meanwhile by requests that were under way; how many records more. */
  finish?(connection: Connection, customer: CustomerName): Promise<number>;
}

const mark = "erased:";

/** Of the keyed hash by which counters know a customer: limits go on counting. */
export function pseudonymOf(hash: string): string {
  return `${mark}${hash}`;
}

/** Whether a stored customer id is what an erasure left. */
export function isErased(customerId: string | null): boolean {
  return customerId?.startsWith(mark) ?? false;
}
