/** What the machine knows while it decides: counters, redemptions and the orders they belong to. Plain values, loaded by the shell. */

/** A counter is a limit's, a budget's, a stock's or a coupon's: it says how much of something is taken. */
export interface CounterName {
  /** The promotion, or the coupon pool. */
  readonly rule: string;
  /** `uses`, `coupon`, `amount:CNY`, `stock:2` (of the third benefit), `stock:["SKU","store"]` (of goods), `deposit`, `first_order`, `claims`. */
  readonly measure: string;
  /** Whose: empty for all, or `customer:…`, `code:…`, `device:…`, `phone:…`, `ip:…`. */
  readonly holder: string;
  /** Empty, or the day, week or month in which it counts. */
  readonly period: string;
}

/** The holder comes last because it is the caller's own text: whatever it holds, two counters never share a key. */
export function counterKey({ rule, measure, holder, period }: CounterName): string {
  return `${rule}\n${measure}\n${period}\n${holder}`;
}

export interface Tally {
  /** Taken for good. */
  used: number;
  /** Taken until a reservation is committed or given back. */
  reserved: number;
  /** The counter's own limit, as of a coupon; null where the hold brings it. */
  readonly limit: number | null;
  /** Why nothing may be taken whatever is left, such as `code_void`. */
  readonly closed: string | null;
  /** The customer whose coupon it is; null or left out: nobody's. */
  readonly owner?: string | null;
}

/** What an order takes of one counter. A null limit counts without limiting. */
export interface Hold {
  readonly counter: CounterName;
  readonly amount: number;
  readonly limit: number | null;
  /** Of a coupon: whose it was when the order was priced. Should it be somebody else's by now, it gives nothing. Left out: whoever's. */
  readonly owner?: string | null;
}

/** A member's seat in a group that buys together: nothing is final before the group is complete. */
export const seatMeasure = "seat";

/** What a customer has one of: the order that got an offer because it is their first. */
export const firstOrderMeasure = "first_order";

/** What the holds take of one counter, which none of them names twice. */
export function amountOf(holds: readonly Hold[], counter: CounterName): number {
  const key = counterKey(counter);
  return holds.find((hold) => counterKey(hold.counter) === key)?.amount ?? 0;
}

export type RedemptionStatus =
  | "reserved"
  | "committed"
  | "cancelled"
  | "expired"
  | "partially_returned"
  | "returned";

export interface RedemptionState {
  readonly id: string;
  readonly state: RedemptionStatus;
  /** The order it belongs to, as `orderKey` writes it. */
  readonly order: string;
  /** Tells a repetition of the request that made it from another request for the same order. */
  readonly requestHash: string;
  /** Epoch milliseconds; null once committed. */
  readonly expiresAt: number | null;
  /** What it holds now: less after a return that gave something back. */
  readonly holds: readonly Hold[];
  /** How many ledger entries it has. */
  readonly steps: number;
}

export interface Books {
  /** The database's clock, epoch milliseconds: two processes then agree on what has expired. */
  readonly now: number;
  readonly counters: Map<string, Tally>;
  readonly redemptions: Map<string, RedemptionState>;
  /** The live redemption of each order (not cancelled, not expired). */
  readonly orders: Map<string, string>;
}

/** Both are the caller's own texts: the length of the first keeps two orders from ever sharing a key. */
export function orderKey(source: string, orderRef: string): string {
  return `${source.length}:${source}${orderRef}`;
}

/** Of what vouchers set aside; nobody else may say that an order is from there. */
export const voucherSource = "offline-voucher";

/** Whether it is the reservation of a voucher: that source's order of the same id. Only a till's report takes from it. */
export function isVoucher({ id, order }: Pick<RedemptionState, "id" | "order">): boolean {
  return order === orderKey(voucherSource, id);
}

export function isLive({ state }: RedemptionState): boolean {
  return state !== "cancelled" && state !== "expired";
}
