/** What survives a crash: the tables as the committer would write them, one batch at a time or not at all. */
import type { Outcome } from "../../src/ledger/admit.ts";
import {
  type Books,
  type CounterName,
  counterKey,
  isLive,
  type RedemptionState,
} from "../../src/ledger/books.ts";
import type { Entry } from "../../src/ledger/entries.ts";

export interface StoredCounter {
  used: number;
  reserved: number;
  /** A coupon's own limit and state; other limits come with the holds. */
  readonly limit: number | null;
  readonly closed: string | null;
  /** Of a coupon: whose it is by now; left out: nobody's. */
  owner?: string;
}

/** An answer by its Idempotency-Key. */
export type Records = Map<string, Outcome>;

export interface Batch {
  readonly entries: readonly Entry[];
  readonly redemptions: readonly RedemptionState[];
  /** The counters as they are to be, computed from what was read under locks. */
  readonly counters: ReadonlyMap<string, Pick<StoredCounter, "used" | "reserved">>;
  readonly records: readonly (readonly [string, Outcome])[];
}

export class Disk {
  readonly counters = new Map<string, StoredCounter>();
  readonly redemptions = new Map<string, RedemptionState>();
  /** The index of live redemptions by order. */
  readonly orders = new Map<string, string>();
  readonly records: Records = new Map();
  /** Reservations by when they were made, for the sweep. */
  readonly reserved = new Set<string>();

  counter(key: string): StoredCounter {
    let counter = this.counters.get(key);
    if (counter === undefined) {
      counter = { used: 0, reserved: 0, limit: null, closed: null };
      this.counters.set(key, counter);
    }
    return counter;
  }

  addCoupon(name: CounterName, limit: number, closed: string | null): void {
    this.counters.set(counterKey(name), { used: 0, reserved: 0, limit, closed });
  }

  /** The rows that the keys name, copied: what a committer holds in its hands. */
  load(
    now: number,
    counters: Iterable<string>,
    redemptions: Iterable<string>,
    orders: Iterable<string>,
  ): Books {
    const books: Books = { now, counters: new Map(), redemptions: new Map(), orders: new Map() };
    for (const key of counters) {
      const stored = this.counters.get(key);
      if (stored !== undefined) books.counters.set(key, { ...stored });
    }
    for (const id of redemptions) {
      const stored = this.redemptions.get(id);
      if (stored !== undefined) books.redemptions.set(id, stored);
    }
    for (const order of orders) {
      const id = this.orders.get(order);
      if (id !== undefined) books.orders.set(order, id);
    }
    return books;
  }

  write({ redemptions, counters, records }: Batch): void {
    for (const [key, { used, reserved }] of counters) Object.assign(this.counter(key), { used, reserved });
    for (const state of redemptions) {
      this.redemptions.set(state.id, state);
      if (isLive(state)) this.orders.set(state.order, state.id);
      else if (this.orders.get(state.order) === state.id) this.orders.delete(state.order);
      if (state.state === "reserved") this.reserved.add(state.id);
      else this.reserved.delete(state.id);
    }
    for (const [key, outcome] of records) this.records.set(key, outcome);
  }
}
