import type { Connection } from "./database.ts";

/** A customer whose data is asked for or erased. */
export interface CustomerName {
  readonly projectId: string;
  /** As the shop calls them: a number, an address, whatever it uses. */
  readonly id: string;
  /** What stands in its place afterwards. */
  readonly pseudonym: string;
}

/** One feature's part of what is known of customers. Everything that keeps a customer's id has one; `app.ts` lists them. */
export interface CustomerData {
  /** The name of the list in an export. */
  readonly name: string;
  /** Up to `most` records, newest first, as they are kept. */
  read(connection: Connection, customer: CustomerName, most: number): Promise<Record<string, unknown>[]>;
  /** Takes out whatever is personal and puts the pseudonym in place of the id; how many records it touched. */
  erase(connection: Connection, customer: CustomerName): Promise<number>;
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
