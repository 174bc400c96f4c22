/**
 * The accounting machine: may this command happen, and what does it change? A pure function of the books; the shell
 * loads them under locks, asks command by command in order of arrival, and writes what was granted (see committer.md).
 *
 * All or nothing: a command that finds one counter short takes none.
 */
import { type Accept, accept, type Overspend } from "./accept.ts";
import {
  amountOf,
  type Books,
  type CounterName,
  counterKey,
  type Hold,
  isLive,
  isVoucher,
  type RedemptionState,
  type RedemptionStatus,
  seatMeasure,
  type Tally,
} from "./books.ts";
import { type Entry, entriesFor, post, settlingEntries } from "./entries.ts";

export interface Redeem {
  readonly kind: "redeem";
  readonly redemption: string;
  readonly mode: "reserve" | "commit";
  readonly order: string;
  readonly requestHash: string;
  readonly ttlMilliseconds: number;
  readonly holds: readonly Hold[];
  /** Redemptions it builds on, such as those of paid deposits: they must be committed. */
  readonly requires?: readonly string[];
}

export interface Settle {
  readonly kind: "commit" | "cancel" | "expire";
  readonly redemption: string;
  /** Counters by which others build on it: once anything is taken there, it cannot be cancelled. */
  readonly unlessTaken?: readonly CounterName[];
  /** Of a cancel: what is committed by now stays. */
  readonly isOnlyReserved?: boolean;
  /** Whoever asks has seen that its group is complete, which stays so. */
  readonly isGroupComplete?: boolean;
}

/** Goods come back. What they are worth was computed from the redemption as it stood at `expectedSteps` and `expectedRefunded`. */
export interface Return {
  readonly kind: "return";
  readonly redemption: string;
  readonly expectedSteps: number;
  /** What is given back of each counter; never more than is held. */
  readonly release: readonly Hold[];
  readonly isWhole: boolean;
  /** As for a cancel. */
  readonly unlessTaken?: readonly CounterName[];
}

/** A customer takes a coupon of a pool: limited, but no order. */
export interface Claim {
  readonly kind: "claim";
  readonly redemption: string;
  readonly holds: readonly Hold[];
}

export type Command = Redeem | Settle | Return | Claim | Accept;

/** A counter that would not give what was asked. */
export interface Shortage {
  readonly counter: CounterName;
  readonly limit: number;
  /** What others have taken, reservations included. */
  readonly taken: number;
  readonly wanted: number;
  /** Why it gives nothing at all, such as `code_void`; null if it is only too little. */
  readonly closed: string | null;
}

export type Refusal =
  | { readonly reason: "short"; readonly shortages: readonly Shortage[] }
  | { readonly reason: "order_redeemed"; readonly redemption: string }
  | { readonly reason: "unknown" }
  | { readonly reason: "wrong_state"; readonly state: RedemptionStatus }
  | { readonly reason: "expired" }
  | { readonly reason: "changed" }
  /** It holds a seat of a group of which nobody said that it is complete. */
  | { readonly reason: "in_group" }
  /** Others build on it. */
  | { readonly reason: "in_use" }
  /** A till's customer holds the promise: it is spent by a till's report, taken back, or runs out. */
  | { readonly reason: "voucher" };

export type Outcome =
  | {
      readonly type: "granted";
      readonly entries: readonly Entry[];
      /** As they are now: the command's own, and a reservation of the same order that it replaced. Claims have none. */
      readonly redemptions: readonly RedemptionState[];
      /** Of what a till gave away: as its voucher was before, and what was not there to be given. */
      readonly accepted?: { readonly voucher: RedemptionStatus; readonly overspent: readonly Overspend[] };
    }
  /** It had happened before: nothing changes, the first answer stands. */
  | { readonly type: "repeated"; readonly redemption: RedemptionState }
  | { readonly type: "refused"; readonly refusal: Refusal };

/** Decides, and if granted posts to the books, so that the next command of the batch sees it. */
export function admit(books: Books, command: Command): Outcome {
  const outcome = decide(books, command);
  if (outcome.type === "granted") {
    post(books, outcome.entries);
    for (const state of outcome.redemptions) {
      books.redemptions.set(state.id, state);
      if (isLive(state)) books.orders.set(state.order, state.id);
      else if (books.orders.get(state.order) === state.id) books.orders.delete(state.order);
    }
  }
  return outcome;
}

function decide(books: Books, command: Command): Outcome {
  switch (command.kind) {
    case "redeem":
      return redeem(books, command);
    case "claim":
      return claim(books, command);
    case "return":
      return giveBack(books, command);
    case "accept":
      return accept(books, command);
    default:
      return settle(books, command);
  }
}

function redeem(books: Books, command: Redeem): Outcome {
  const { redemption: id, mode, order, requestHash } = command;
  const own = books.redemptions.get(id);
  // The very command again: its batch was written and the answer lost.
  if (own !== undefined) return { type: "repeated", redemption: own };
  const holds = merged(command.holds);
  const liveId = books.orders.get(order);
  const live = liveId === undefined ? undefined : books.redemptions.get(liveId);
  const hasLapsed = live !== undefined && isLapsed(live, books.now);
  if (live !== undefined && !hasLapsed) {
    if (live.requestHash === requestHash) return { type: "repeated", redemption: live };
    if (live.state !== "reserved" || isVoucher(live))
      return refused({ reason: "order_redeemed", redemption: live.id });
  }
  if (command.requires?.some((other) => books.redemptions.get(other)?.state !== "committed"))
    return refused({ reason: "changed" });
  // The order's own reservation gives way to its successor: it must never stand in the way of its own commit.
  const shortages = shortagesOf(books, holds, live?.holds ?? []);
  if (shortages.length > 0) return refused({ reason: "short", shortages });
  const replaced = live === undefined ? null : released(live, hasLapsed ? "expired" : "cancelled");
  const place = mode === "reserve" ? "reserved" : "used";
  const taken: RedemptionState = {
    id,
    state: mode === "reserve" ? "reserved" : "committed",
    order,
    requestHash,
    expiresAt: mode === "reserve" ? books.now + command.ttlMilliseconds : null,
    holds,
    steps: holds.length,
  };
  const entries = entriesFor(id, 0, mode, holds, place, 1);
  return {
    type: "granted",
    // First what is given back: the counters then never pass their limits on the way.
    entries: replaced === null ? entries : [...replaced.entries, ...entries],
    redemptions: replaced === null ? [taken] : [replaced.state, taken],
  };
}

function claim(books: Books, { redemption, holds: asked }: Claim): Outcome {
  const holds = merged(asked);
  const shortages = shortagesOf(books, holds, []);
  if (shortages.length > 0) return refused({ reason: "short", shortages });
  return {
    type: "granted",
    entries: entriesFor(redemption, 0, "claim", holds, "used", 1),
    redemptions: [],
  };
}

function isBuiltOn({ counters }: Books, names: readonly CounterName[] = []): boolean {
  return names.some((name) => {
    const tally = counters.get(counterKey(name));
    return tally !== undefined && tally.used + tally.reserved > 0;
  });
}

function settle(books: Books, command: Settle): Outcome {
  const { kind, redemption: id, unlessTaken, isOnlyReserved, isGroupComplete } = command;
  const held = books.redemptions.get(id);
  if (held === undefined) return refused({ reason: "unknown" });
  if (kind === "commit" && isVoucher(held)) return refused({ reason: "voucher" });
  const { state } = held;
  switch (kind) {
    case "commit": {
      if (state === "committed" || state === "partially_returned" || state === "returned")
        return { type: "repeated", redemption: held };
      if (state === "expired") return refused({ reason: "expired" });
      if (state !== "reserved") return refused({ reason: "wrong_state", state });
      if (isLapsed(held, books.now)) return refused({ reason: "expired" });
      if (isGroupComplete !== true && held.holds.some(({ counter }) => counter.measure === seatMeasure))
        return refused({ reason: "in_group" });
      return {
        type: "granted",
        entries: settlingEntries(id, held.steps, held.holds),
        redemptions: [
          { ...held, state: "committed", expiresAt: null, steps: held.steps + held.holds.length },
        ],
      };
    }
    case "cancel": {
      if (state === "cancelled" || state === "expired") return { type: "repeated", redemption: held };
      if (state !== "reserved" && (state !== "committed" || isOnlyReserved === true))
        return refused({ reason: "wrong_state", state });
      if (isBuiltOn(books, unlessTaken)) return refused({ reason: "in_use" });
      return grantedRelease(released(held, "cancelled"));
    }
    case "expire": {
      if (state === "expired") return { type: "repeated", redemption: held };
      if (state !== "reserved") return refused({ reason: "wrong_state", state });
      if (!isLapsed(held, books.now)) return refused({ reason: "changed" });
      return grantedRelease(released(held, "expired"));
    }
  }
}

function giveBack(books: Books, command: Return): Outcome {
  const { redemption: id, expectedSteps, isWhole } = command;
  const held = books.redemptions.get(id);
  if (held === undefined) return refused({ reason: "unknown" });
  if (isVoucher(held)) return refused({ reason: "voucher" });
  const { state, steps } = held;
  // What comes after the last unit are gifts.
  const isOpen = state === "committed" || state === "partially_returned" || (state === "returned" && isWhole);
  if (!isOpen) return refused({ reason: "wrong_state", state });
  if (isBuiltOn(books, command.unlessTaken)) return refused({ reason: "in_use" });
  if (steps !== expectedSteps) return refused({ reason: "changed" });
  const release = merged(command.release);
  // Computed from something else than what is held: whoever did so has to look again.
  if (!release.every((hold) => hold.amount <= amountOf(held.holds, hold.counter)))
    return refused({ reason: "changed" });
  return {
    type: "granted",
    entries: entriesFor(id, steps, "return", release, "used", -1),
    redemptions: [
      {
        ...held,
        state: isWhole ? "returned" : "partially_returned",
        holds: lessened(held.holds, release),
        // A return that gives no counter anything back is a step all the same: two of them must not both happen.
        steps: steps + Math.max(1, release.length),
      },
    ],
  };
}

/** Past its time, whether or not the sweep has come by. */
function isLapsed({ state, expiresAt }: RedemptionState, now: number): boolean {
  return state === "reserved" && expiresAt !== null && expiresAt <= now;
}

interface Released {
  readonly state: RedemptionState;
  readonly entries: readonly Entry[];
}

function released(held: RedemptionState, state: "cancelled" | "expired"): Released {
  const place = held.state === "reserved" ? "reserved" : "used";
  const cause = state === "expired" ? "expire" : "cancel";
  return {
    state: { ...held, state, expiresAt: null, holds: [], steps: held.steps + held.holds.length },
    entries: entriesFor(held.id, held.steps, cause, held.holds, place, -1),
  };
}

function grantedRelease({ state, entries }: Released): Outcome {
  return { type: "granted", entries, redemptions: [state] };
}

function refused(refusal: Refusal): Outcome {
  return { type: "refused", refusal };
}

/** Of a coupon that has become somebody's since the order was priced, as a quote has it. */
const closedToOthers = "code_of_another_customer";

/** Why nothing may be taken of it whatever is left; null: something may. */
function closedTo({ owner: seen }: Hold, tally: Tally | undefined): string | null {
  if (tally === undefined || tally.closed !== null) return tally?.closed ?? null;
  const owner = tally.owner ?? null;
  return seen === undefined || owner === null || owner === seen ? null : closedToOthers;
}

/** Which counters cannot give what is asked, once `own` is given back. */
function shortagesOf(books: Books, holds: readonly Hold[], own: readonly Hold[]): Shortage[] {
  const shortages: Shortage[] = [];
  for (const hold of holds) {
    const { counter, amount, limit: asked } = hold;
    const key = counterKey(counter);
    const tally = books.counters.get(key);
    const limit = tally?.limit ?? asked;
    const closed = closedTo(hold, tally);
    if (limit === null && closed === null) continue;
    const taken = (tally === undefined ? 0 : tally.used + tally.reserved) - amountOf(own, counter);
    if (closed !== null || taken + amount > limit!)
      shortages.push({ counter, limit: limit ?? 0, taken, wanted: amount, closed });
  }
  return shortages;
}

/** Two holds on one counter are one: each by itself might fit where both do not. */
function merged(holds: readonly Hold[]): readonly Hold[] {
  if (holds.length < 2) return holds;
  const byKey = new Map<string, Hold>();
  for (const hold of holds) {
    const key = counterKey(hold.counter);
    const other = byKey.get(key);
    byKey.set(
      key,
      other === undefined
        ? hold
        : { ...other, amount: other.amount + hold.amount, limit: strictest(other.limit, hold.limit) },
    );
  }
  return byKey.size === holds.length ? holds : [...byKey.values()];
}

function strictest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function lessened(holds: readonly Hold[], release: readonly Hold[]): Hold[] {
  return holds
    .map((hold) => ({ ...hold, amount: hold.amount - amountOf(release, hold.counter) }))
    .filter(({ amount }) => amount > 0);
}
