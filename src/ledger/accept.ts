/**
 * A till gave something away without a network and says so later. The goods are gone: it is recorded whatever is left.
 *
 * What the voucher had set aside is there for certain, whatever became of the limits since. Anything beyond it is taken
 * where there is room, as an order would; the rest is booked on a counter of its own beside the one that is short
 * (`overspent:uses`, `overspent:amount:CNY`), which has no limit. So no counter ever passes its limit, online orders stay
 * exact, and every counter is still the sum of its entries.
 */
import type { Outcome } from "./admit.ts";
import {
  amountOf,
  type Books,
  type CounterName,
  counterKey,
  type Hold,
  type RedemptionState,
} from "./books.ts";
import { entriesFor } from "./entries.ts";

export interface Accept {
  readonly kind: "accept";
  readonly redemption: string;
  /** The reservation that set aside what the voucher promises. The first to come gets it. */
  readonly voucher: string;
  readonly order: string;
  readonly requestHash: string;
  /** What was given away; no counter twice. */
  readonly holds: readonly Hold[];
  /** False: refused as `short` where something is, so that counters for what is overspent are made only where they are needed. */
  readonly mayOverspend: boolean;
}

/** What was given away though it was not there. */
export interface Overspend {
  readonly counter: CounterName;
  readonly amount: number;
  /** Why nothing could be taken, such as `code_void`; null if it was only too little. */
  readonly closed: string | null;
}

const overspentMeasure = "overspent:";

export function overspentCounter(counter: CounterName): CounterName {
  return { ...counter, measure: `${overspentMeasure}${counter.measure}` };
}

export function accept(books: Books, command: Accept): Outcome {
  const { redemption: id, order, requestHash, holds } = command;
  const own = books.redemptions.get(id);
  if (own !== undefined) return { type: "repeated", redemption: own };
  const voucher = books.redemptions.get(command.voucher);
  if (voucher === undefined) return { type: "refused", refusal: { reason: "unknown" } };
  const live = books.orders.get(order);
  if (live !== undefined) return { type: "refused", refusal: { reason: "order_redeemed", redemption: live } };

  // One past its time that nobody has expired yet is still there, and nobody else's.
  const aside = voucher.state === "reserved" ? voucher.holds : [];
  const shares = holds.map((hold) => shareOf(books, hold, aside));
  if (!command.mayOverspend && shares.some(({ over }) => over > 0))
    return {
      type: "refused",
      refusal: {
        reason: "short",
        shortages: shares.flatMap(({ hold, limit, taken, over, closed }) =>
          over === 0
            ? []
            : [{ counter: hold.counter, limit: limit ?? 0, taken, wanted: hold.amount, closed }],
        ),
      },
    };

  const took = shares.flatMap(({ hold, limit, over }): Hold[] => {
    const { counter, amount } = hold;
    return [
      { counter, amount: amount - over, limit },
      { counter: overspentCounter(counter), amount: over, limit: null },
    ].filter((part) => part.amount > 0);
  });
  const taken: RedemptionState = {
    id,
    state: "committed",
    order,
    requestHash,
    expiresAt: null,
    holds: took,
    steps: took.length,
  };
  return {
    type: "granted",
    entries: [
      ...entriesFor(voucher.id, voucher.steps, "commit", aside, "reserved", -1),
      ...entriesFor(id, 0, "commit", took, "used", 1),
    ],
    // Committed and holding nothing: spent. One that gave way to something else stays what it is: its order has one live redemption.
    redemptions:
      voucher.state === "committed" || !isOrderOf(books, voucher)
        ? [taken]
        : [
            {
              ...voucher,
              state: "committed",
              expiresAt: null,
              holds: [],
              steps: voucher.steps + aside.length,
            },
            taken,
          ],
    accepted: {
      voucher: voucher.state,
      overspent: shares.flatMap(({ hold, over, closed }) =>
        over === 0 ? [] : [{ counter: hold.counter, amount: over, closed }],
      ),
    },
  };
}

function isOrderOf({ orders }: Books, { id, order }: RedemptionState): boolean {
  const live = orders.get(order);
  return live === undefined || live === id;
}

interface Share {
  readonly hold: Hold;
  readonly limit: number | null;
  /** By others. */
  readonly taken: number;
  /** What neither was set aside nor is left. */
  readonly over: number;
  readonly closed: string | null;
}

function shareOf(books: Books, hold: Hold, aside: readonly Hold[]): Share {
  const tally = books.counters.get(counterKey(hold.counter));
  const promised = amountOf(aside, hold.counter);
  const limit = tally?.limit ?? hold.limit;
  const closed = tally?.closed ?? null;
  const taken = tally === undefined ? 0 : tally.used + tally.reserved - promised;
  const left = closed !== null ? 0 : limit === null ? hold.amount : Math.max(0, limit - taken);
  const over = Math.max(0, hold.amount - Math.max(left, promised));
  return { hold, limit, taken, over, closed: over > 0 ? closed : null };
}
