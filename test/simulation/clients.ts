/** What checkouts, tills and sweeps ask for: a few hot counters, orders that come again, codes that several want. */
import type { Command } from "../../src/ledger/admit.ts";
import { type CounterName, counterKey, type Hold } from "../../src/ledger/books.ts";
import type { Disk } from "./disk.ts";
import type { Chance } from "./random.ts";

export const ttlMilliseconds = 60_000;
const periodMilliseconds = 300_000;

/** Something a client wants done, and asks for until it is answered. */
export interface Intent {
  command: Command;
  /** The Idempotency-Key; null where the natural key has to do. */
  readonly key: string | null;
  /** Makes the command anew from what is stored by now, after a "changed". */
  readonly again: (() => Command | null) | null;
  attempts: number;
}

const limits: Readonly<Record<string, number>> = { uses: 15, "amount:CNY": 8_000, "stock:0": 20, claims: 3 };
const limitPerCustomer = 2;

/** The limit that every hold on a counter brings with it. */
export function limitOf({ measure, holder }: CounterName): number | null {
  if (measure === "uses" && holder !== "") return limitPerCustomer;
  return limits[measure] ?? null;
}

export class Clients {
  private orders = 0;
  private serial = 0;
  private readonly recent: string[] = [];
  private readonly chance: Chance;
  private readonly disk: Disk;
  private readonly clock: () => number;

  constructor(chance: Chance, disk: Disk, clock: () => number) {
    this.chance = chance;
    this.disk = disk;
    this.clock = clock;
  }

  next(): Intent {
    const { chance } = this;
    const kind = chance.below(20);
    if (kind < 11) return this.redeem();
    if (kind < 14) return this.settle("commit");
    if (kind < 16) return this.settle("cancel");
    if (kind < 19) return this.giveBack() ?? this.redeem();
    return this.claim();
  }

  /** A till that got no answer asks again: often as a request of its own, always for the same. */
  repeated(command: Command): Command {
    if (command.kind !== "redeem" || this.chance.happens(0.5)) return command;
    return { ...command, redemption: this.newId("r") };
  }

  expiries(most: number): Intent[] {
    const due: Intent[] = [];
    for (const id of this.disk.reserved) {
      if (due.length === most) break;
      // The sweep may be early: its clock is not the database's.
      due.push({ command: { kind: "expire", redemption: id }, key: null, again: null, attempts: 0 });
    }
    return due;
  }

  private redeem(): Intent {
    const { chance } = this;
    if (chance.happens(0.7)) this.orders += 1;
    const order = `o${Math.max(0, this.orders - chance.below(4))}`;
    const redemption = this.newId("r");
    this.recent.push(redemption);
    if (this.recent.length > 60) this.recent.shift();
    const command: Command = {
      kind: "redeem",
      redemption,
      mode: chance.happens(0.6) ? "reserve" : "commit",
      order,
      requestHash: `${order}/${chance.below(2)}`,
      ttlMilliseconds,
      holds: this.holds(),
    };
    return { command, key: chance.happens(0.3) ? this.newId("key") : null, again: null, attempts: 0 };
  }

  private holds(): Hold[] {
    const { chance } = this;
    const holds: Hold[] = [];
    const rule = `p${chance.below(4)}`;
    const period = String(Math.floor(this.clock() / periodMilliseconds));
    const add = (measure: string, amount: number, holder = "", rule_ = rule) => {
      const counter = { rule: rule_, measure, holder, period };
      holds.push({ counter, amount, limit: limitOf(counter) });
    };
    add("uses", 1);
    if (chance.happens(0.5)) add("uses", 1, `customer:c${chance.below(20)}`);
    if (chance.happens(0.5)) add("amount:CNY", chance.below(900) + 1);
    if (chance.happens(0.3)) add("stock:0", chance.below(3) + 1);
    if (chance.happens(0.2)) add("sold", chance.below(5) + 1);
    if (chance.happens(0.1)) add("uses", 1, "", `p${chance.below(4)}`);
    if (chance.happens(0.4)) holds.push(this.coupon());
    return holds;
  }

  /** Codes are wanted by several: new ones come up as orders do. */
  private coupon(): Hold {
    const { chance } = this;
    const number = Math.max(0, Math.floor(this.orders / 3) - chance.below(3));
    const name = { rule: "pool", measure: "coupon", holder: `code:${number}`, period: "" };
    if (!this.disk.counters.has(`pool\ncoupon\n\ncode:${number}`))
      this.disk.addCoupon(name, number % 4 === 0 ? 3 : 1, number % 11 === 0 ? "code_void" : null);
    return {
      counter: name,
      amount: 1,
      limit: null,
      owner: this.disk.counter(counterKey(name)).owner ?? null,
    };
  }

  /** Somebody gets one that orders may be after: under its row's lock, and only while no order holds it. */
  transfer(isLocked: (key: string) => boolean): void {
    const key = `pool\ncoupon\n\ncode:${Math.max(0, Math.floor(this.orders / 3) - this.chance.below(3))}`;
    const stored = this.disk.counters.get(key);
    if (stored !== undefined && stored.reserved === 0 && !isLocked(key))
      stored.owner = `c${this.chance.below(20)}`;
  }

  private settle(kind: "commit" | "cancel"): Intent {
    const redemption = this.recent.length === 0 ? "r0" : this.chance.oneOf(this.recent);
    return { command: { kind, redemption }, key: null, again: null, attempts: 0 };
  }

  private giveBack(): Intent | null {
    const ids = this.recent.filter((id) =>
      ["committed", "partially_returned"].includes(this.disk.redemptions.get(id)?.state ?? ""),
    );
    if (ids.length === 0) return null;
    const redemption = this.chance.oneOf(ids);
    const again = () => this.computeReturn(redemption);
    const command = again();
    return command === null ? null : { command, key: this.newId("key"), again, attempts: 0 };
  }

  /** As the service does it: from the redemption as stored at the moment. */
  private computeReturn(redemption: string): Command | null {
    const stored = this.disk.redemptions.get(redemption);
    if (stored === undefined) return null;
    const { chance } = this;
    const isWhole = chance.happens(0.4);
    const release = stored.holds
      .filter(() => isWhole || chance.happens(0.3))
      .map((hold) => ({ ...hold, amount: isWhole ? hold.amount : chance.below(hold.amount) + 1 }));
    return { kind: "return", redemption, expectedSteps: stored.steps, release, isWhole };
  }

  private claim(): Intent {
    const period = String(Math.floor(this.clock() / periodMilliseconds));
    const counter = { rule: "pool", measure: "claims", holder: `customer:c${this.chance.below(20)}`, period };
    return {
      command: {
        kind: "claim",
        redemption: this.newId("c"),
        holds: [{ counter, amount: 1, limit: limitOf(counter) }],
      },
      key: this.newId("key"),
      again: null,
      attempts: 0,
    };
  }

  private newId(prefix: string): string {
    this.serial += 1;
    return `${prefix}${this.serial}`;
  }
}
