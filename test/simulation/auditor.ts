/**
 * Watches every batch that is written and every answer that is given, and keeps books of its own, in another way: the sums
 * of the entries by counter, what each redemption holds by its entries, which redemptions an order has. Throws a `Fault`.
 */
import type { Command, Outcome } from "../../src/ledger/admit.ts";
import { type CounterName, counterKey, isLive, type RedemptionState } from "../../src/ledger/books.ts";
import type { Entry } from "../../src/ledger/entries.ts";
import type { Batch, Disk } from "./disk.ts";

export class Fault extends Error {}

interface Sum {
  used: number;
  reserved: number;
}

export class Auditor {
  private readonly sums = new Map<string, Sum>();
  private readonly holds = new Map<string, Map<string, Sum>>();
  private readonly nextSteps = new Map<string, number>();
  private readonly liveOf = new Map<string, Set<string>>();
  private readonly grants = new Set<string>();
  /** The request that made each redemption. */
  private readonly asked = new Map<string, string>();
  private readonly disk: Disk;
  private readonly limitOf: (counter: CounterName) => number | null;

  constructor(disk: Disk, limitOf: (counter: CounterName) => number | null) {
    this.disk = disk;
    this.limitOf = limitOf;
  }

  /** Before a batch is written: `previous` are the redemptions as they are on disk. */
  batch({ entries, redemptions }: Batch, now: number): void {
    for (const state of redemptions) this.mayBecome(state, now);
    for (const entry of entries) this.entry(entry);
  }

  /** After it was written. */
  written({ entries, redemptions }: Batch): void {
    for (const { counter } of entries) this.counter(counter);
    for (const { id } of redemptions) this.redemption(id);
  }

  private mayBecome(state: RedemptionState, now: number): void {
    const before = this.disk.redemptions.get(state.id);
    if (state.state === "expired" && before?.state === "reserved" && (before.expiresAt ?? 0) > now)
      throw new Fault(`${state.id} expired before its time`);
    if (before !== undefined && !isLive(before) && isLive(state))
      throw new Fault(`${state.id} came back to life`);
    if (before !== undefined && state.steps < before.steps)
      throw new Fault(`${state.id} has fewer steps than before`);
    const live = this.liveOf.get(state.order) ?? new Set();
    if (isLive(state)) live.add(state.id);
    else live.delete(state.id);
    this.liveOf.set(state.order, live);
  }

  private entry({ redemption, step, counter, used, reserved }: Entry): void {
    const next = this.nextSteps.get(redemption) ?? 0;
    if (step < next) throw new Fault(`${redemption} has two entries for step ${step}`);
    this.nextSteps.set(redemption, step + 1);
    const key = counterKey(counter);
    add(this.sums, key, used, reserved);
    let own = this.holds.get(redemption);
    if (own === undefined) {
      own = new Map();
      this.holds.set(redemption, own);
    }
    add(own, key, used, reserved);
  }

  /** A counter is the sum of its entries, and within its limit. */
  private counter(name: CounterName): void {
    const key = counterKey(name);
    const stored = this.disk.counters.get(key);
    const sum = this.sums.get(key) ?? { used: 0, reserved: 0 };
    const shown = `${name.measure} of ${name.rule} ${name.holder} ${name.period}`;
    if (stored?.used !== sum.used || stored.reserved !== sum.reserved)
      throw new Fault(
        `${shown} says ${stored?.used}+${stored?.reserved}, its entries ${sum.used}+${sum.reserved}`,
      );
    if (sum.used < 0 || sum.reserved < 0) throw new Fault(`${shown} fell below zero`);
    const limit = stored.limit ?? this.limitOf(name);
    if (limit !== null && sum.used + sum.reserved > limit)
      throw new Fault(`${shown} passed its limit: ${sum.used}+${sum.reserved} of ${limit}`);
  }

  /** What a redemption says it holds is what its entries come to, in the right place; its order has no other. */
  private redemption(id: string): void {
    const state = this.disk.redemptions.get(id)!;
    const own = this.holds.get(id) ?? new Map<string, Sum>();
    const held = new Map(state.holds.map(({ counter, amount }) => [counterKey(counter), amount]));
    for (const [key, { used, reserved }] of own) {
      const amount = held.get(key) ?? 0;
      const [right, wrong] = state.state === "reserved" ? [reserved, used] : [used, reserved];
      if (right !== amount || wrong !== 0)
        throw new Fault(`${id} (${state.state}) holds ${amount}, its entries come to ${used}+${reserved}`);
    }
    if (held.size > own.size) throw new Fault(`${id} holds what no entry tells of`);
    if (!isLive(state) && state.holds.length > 0)
      throw new Fault(`${id} is ${state.state} and still holds something`);
    if (state.steps < (this.nextSteps.get(id) ?? 0))
      throw new Fault(`${id} counts fewer steps than it has entries`);
    const live = this.liveOf.get(state.order)!;
    if (live.size > 1) throw new Fault(`${state.order} is redeemed twice: ${[...live].join(", ")}`);
    // Nobody will ask for a dead redemption's entries again; a million steps have many.
    if (!isLive(state)) this.holds.delete(id);
  }

  /** A refusal must be true: there was indeed no room, or another request had the order. */
  refusal(command: Command, outcome: Outcome): void {
    if (outcome.type !== "refused" || command.kind !== "redeem") return;
    const { refusal } = outcome;
    if (refusal.reason === "order_redeemed") {
      if (this.asked.get(refusal.redemption) === command.requestHash)
        throw new Fault(`${command.order}: a repetition was refused because of the request it repeats`);
    }
  }

  /** `own`: what the order's own reservation holds on the counter. */
  shortage(counter: CounterName, wanted: number, own: number): void {
    const key = counterKey(counter);
    const stored = this.disk.counters.get(key);
    if (stored !== undefined && stored.closed !== null) return;
    const limit = stored?.limit ?? this.limitOf(counter);
    const sum = this.sums.get(key) ?? { used: 0, reserved: 0 };
    if (limit === null || sum.used + sum.reserved - own + wanted <= limit)
      throw new Fault(`${counter.measure} of ${counter.rule} was refused though there was room`);
  }

  /** Whether it is a coupon that has become somebody else's since the command was made. */
  isAnothers(command: Command, key: string): boolean {
    if (command.kind !== "redeem") return false;
    const owner = this.disk.counters.get(key)?.owner;
    const hold = command.holds.find(({ counter }) => counterKey(counter) === key);
    return owner !== undefined && hold?.owner !== undefined && hold.owner !== owner;
  }

  grant(command: Command): void {
    if (command.kind === "redeem") this.asked.set(command.redemption, command.requestHash);
    if (command.kind !== "redeem" && command.kind !== "claim") return;
    for (const { counter } of command.holds) {
      const key = counterKey(counter);
      if (this.disk.counters.get(key)?.closed != null)
        throw new Fault(`${counter.holder} was taken though it is closed`);
      if (this.isAnothers(command, key))
        throw new Fault(`${counter.holder} was taken though it is somebody else's`);
    }
  }

  /** What was answered must be on disk. `key`: the Idempotency-Key of what happens once. */
  acknowledged(command: Command, outcome: Outcome): void {
    if (outcome.type === "refused") return;
    const states = outcome.type === "granted" ? outcome.redemptions : [outcome.redemption];
    for (const { id, steps } of states) {
      const stored = this.disk.redemptions.get(id);
      if (stored === undefined || stored.steps < steps)
        throw new Fault(`${command.kind} of ${id} was acknowledged and is lost`);
    }
    if (command.kind === "claim" && !this.nextSteps.has(command.redemption))
      throw new Fault(`${command.redemption} was acknowledged and is lost`);
  }

  /** Under one Idempotency-Key something happens once. */
  grantedOnce(key: string): void {
    if (this.grants.has(key)) throw new Fault(`${key} happened twice`);
    this.grants.add(key);
  }

  /** All counters, whether or not anybody touched them lately; at the end nothing is reserved any more. */
  everything(isEnd: boolean): void {
    for (const [key, { used, reserved }] of this.disk.counters) {
      const sum = this.sums.get(key) ?? { used: 0, reserved: 0 };
      if (sum.used !== used || sum.reserved !== reserved)
        throw new Fault(`${key} is not the sum of its entries`);
      if (isEnd && reserved !== 0) throw new Fault(`${key} is reserved by nobody`);
    }
    for (const key of this.sums.keys())
      if (!this.disk.counters.has(key)) throw new Fault(`${key} has entries and no counter`);
  }
}

function add(sums: Map<string, Sum>, key: string, used: number, reserved: number): void {
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, { used, reserved });
  else {
    sum.used += used;
    sum.reserved += reserved;
  }
}
