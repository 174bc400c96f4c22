/** What a batch needs, and from what was loaded for it the books. No database here. */
import { overspentCounter } from "../../ledger/accept.ts";
import {
  type Books,
  type CounterName,
  counterKey,
  orderKey,
  type RedemptionStatus,
  voucherSource,
} from "../../ledger/books.ts";
import type { IdempotencyRecord } from "../../platform/idempotency.ts";
import type { Submission } from "./ledger-commands.ts";
import { codeOf, couponCounter, couponMeasure } from "./promotion-counters.ts";

/** Everything a batch must have before it can be decided. */
export interface Needs {
  readonly redemptions: string[];
  readonly orders: { source: string; orderRef: string }[];
  readonly keys: string[];
  readonly codes: string[];
  readonly counters: CounterName[];
  /** Who buys: each may have become another customer. */
  readonly customers: string[];
}

export function needsOf(batch: readonly Submission[]): Needs {
  const redemptions = new Set<string>();
  const orders = new Map<string, { source: string; orderRef: string }>();
  const keys = new Set<string>();
  const codes = new Set<string>();
  const counters = new Map<string, CounterName>();
  const customers = new Set<string>();
  for (const { command, newRedemption, pick, idempotency } of batch) {
    if (pick !== undefined) customers.add(pick.customerId);
    if (idempotency != null) keys.add(idempotency.key);
    if (newRedemption !== undefined) {
      const { source, orderRef, customerId } = newRedemption;
      if (customerId !== null) customers.add(customerId);
      orders.set(orderKey(source, orderRef), { source, orderRef });
    }
    if (command.kind !== "redeem" && command.kind !== "claim") redemptions.add(command.redemption);
    if (command.kind === "accept") {
      const ownOrder = { source: voucherSource, orderRef: command.voucher };
      redemptions.add(command.voucher);
      orders.set(orderKey(ownOrder.source, ownOrder.orderRef), ownOrder);
    }
    if (command.kind === "redeem") for (const other of command.requires ?? []) redemptions.add(other);
    if ("unlessTaken" in command)
      for (const counter of command.unlessTaken ?? []) counters.set(counterKey(counter), counter);
    if (command.kind === "redeem" || command.kind === "claim" || command.kind === "accept")
      for (const { counter } of command.holds) {
        if (counter.measure === couponMeasure) codes.add(codeOf(counter));
        else counters.set(counterKey(counter), counter);
        if (command.kind !== "accept" || !command.mayOverspend) continue;
        const over = overspentCounter(counter);
        counters.set(counterKey(over), over);
      }
  }
  return {
    redemptions: [...redemptions],
    orders: [...orders.values()],
    keys: [...keys],
    codes: [...codes],
    counters: [...counters.values()],
    customers: [...customers],
  };
}

export interface LoadedRedemption {
  /** Where the locked row stands (ctid); of coupons and counters as well. */
  place: string;
  id: string;
  source: string;
  orderRef: string;
  state: RedemptionStatus;
  requestHash: string;
  expiresAt: number | null;
  holds: StoredHold[];
  steps: number;
}

/** rule, measure, holder, period, amount */
export type StoredHold = [string, string, string, string, number];

/** rule, measure, holder, period, reserved, used */
export type StoredPosting = [string, string, string, string, number, number];

export interface Loaded {
  /** The database's clock, epoch milliseconds. */
  now: number;
  /** By which the fate of the batch can be asked should the answer of its commit get lost. */
  transactionId: string;
  redemptions: LoadedRedemption[];
  records: Map<string, IdempotencyRecord>;
  /** Into whom the one of this id was merged. */
  aliases: Map<string, string>;
  coupons: {
    place: string;
    code: string;
    poolId: string;
    status: string;
    used: number;
    reserved: number;
    maxUses: number;
    expiresAt: number | null;
    /** Whose it is; null: nobody's. */
    customerId: string | null;
    spelling: string | null;
  }[];
  counters: { place: string; name: CounterName; used: number; reserved: number }[];
}

/** Codes that were picked for the claims of the batch, by pool; taken from the end. */
export type Picks = ReadonlyMap<string, FreeCode[]>;

export interface FreeCode {
  readonly place: string;
  readonly code: string;
  readonly spelling: string | null;
  readonly expiresAt: number | null;
}

export function booksOf({ now, redemptions, coupons, counters }: Loaded): Books {
  const books: Books = { now, counters: new Map(), redemptions: new Map(), orders: new Map() };
  for (const { name, used, reserved } of counters)
    books.counters.set(counterKey(name), { used, reserved, limit: null, closed: null });
  for (const coupon of coupons) {
    const { code, poolId, used, reserved, maxUses: limit, customerId: owner } = coupon;
    const closed = whyClosed(coupon, now);
    books.counters.set(counterKey(couponCounter(poolId, code)), { used, reserved, limit, closed, owner });
  }
  for (const { id, source, orderRef, state, requestHash, expiresAt, holds, steps } of redemptions) {
    const order = orderKey(source, orderRef);
    books.redemptions.set(id, {
      id,
      state,
      order,
      requestHash,
      expiresAt,
      holds: holds.map(([rule, measure, holder, period, amount]) => ({
        counter: { rule, measure, holder, period },
        amount,
        limit: null,
      })),
      steps,
    });
    if (state !== "cancelled" && state !== "expired") books.orders.set(order, id);
  }
  return books;
}

function whyClosed({ status, expiresAt }: Loaded["coupons"][number], now: number): string | null {
  if (status === "void") return "code_void";
  return expiresAt !== null && expiresAt <= now ? "code_expired" : null;
}

/** Free codes that commands of the batch name are claimed last: an order that typed one may get it as long as there are others. */
export function withLoaded(picked: Picks, { now, coupons }: Loaded): Picks {
  const picks = new Map(picked);
  for (const coupon of coupons) {
    const { place, code, poolId, used, reserved, maxUses, expiresAt, customerId, spelling } = coupon;
    const isFree = customerId === null && whyClosed(coupon, now) === null && used + reserved < maxUses;
    const others = picks.get(poolId);
    if (isFree && others !== undefined) picks.set(poolId, [{ place, code, spelling, expiresAt }, ...others]);
  }
  return picks;
}

/** Names of counters as columns, the way `unnest` wants them. */
export function columnsOf(names: readonly CounterName[]): string[][] {
  return [
    names.map(({ rule }) => rule),
    names.map(({ measure }) => measure),
    names.map(({ holder }) => holder),
    names.map(({ period }) => period),
  ];
}
