/**
 * Points as double-entry books: what happens to one customer's points of one programme, and the entries that it makes.
 *
 * Points are kept in lots, each earned at once and lapsing at once. They move between accounts: `pending`, `available` and
 * `reserved` are the customer's; `issued`, `redeemed` and `expired` the project's; `debt` is what the customer owes because
 * points of a returned order had been spent. Every entry takes from one account what it gives to another, so that all
 * accounts together always come to zero. Nothing of the customer's is ever below zero.
 */

export type PointsAccount = "issued" | "pending" | "available" | "reserved" | "redeemed" | "expired" | "debt";

export type PointsCause =
  | "earn"
  | "adjust"
  | "mature"
  | "expire"
  | "reserve"
  | "spend"
  | "release"
  | "refund"
  | "reverse"
  | "repay"
  | "merge";

export interface PointsEntry {
  readonly cause: PointsCause;
  /** Null for what belongs to no lot: a debt. */
  readonly lot: string | null;
  readonly from: PointsAccount;
  readonly to: PointsAccount;
  readonly amount: number;
}

export interface PointsLot {
  readonly id: string;
  readonly amount: number;
  /** Of them neither spent nor lapsed nor taken back. */
  remaining: number;
  /** Of the amount, what returns have asked back so far, wherever it was found. */
  reversed: number;
  /** Lapsed, and not asked back since. */
  lapsed: number;
  isPending: boolean;
  /** Epoch milliseconds. */
  readonly availableAt: number;
  /** Null: never. */
  readonly expiresAt: number | null;
}

export interface PointsBalances {
  pending: number;
  available: number;
  reserved: number;
  /** What the customer owes; next points go there first. */
  debt: number;
}

/** The books while something is done. Whatever is left of any lot must be in `lots`. */
export interface PointsBook {
  readonly balances: PointsBalances;
  readonly lots: PointsLot[];
  readonly entries: PointsEntry[];
}

/** What a spend took of a lot. */
export type PointsTake = readonly [lot: string, points: number];

export function earn(book: PointsBook, lot: PointsLot, cause: "earn" | "adjust" = "earn"): void {
  book.lots.push(lot);
  lot.remaining = 0;
  put(book, cause, lot, "issued", lot.isPending ? "pending" : "available", lot.amount);
  repay(book);
}

/** Pending points whose time has come can be spent. */
export function mature(book: PointsBook, now: number): void {
  for (const lot of book.lots) {
    if (!lot.isPending || lot.availableAt > now) continue;
    lot.isPending = false;
    if (lot.remaining > 0) move(book, "mature", lot.id, "pending", "available", lot.remaining);
  }
  repay(book);
}

/** What is pending does not lapse before it could have been spent. */
export function expire(book: PointsBook, now: number): void {
  for (const lot of book.lots) {
    const { remaining } = lot;
    if (lot.isPending || lot.expiresAt === null || lot.expiresAt > now || remaining === 0) continue;
    lot.lapsed += remaining;
    take(book, "expire", lot, "available", "expired", remaining);
  }
}

/** Of the lots that lapse first; null where there are not so many. */
export function spend(
  book: PointsBook,
  points: number,
  to: "reserved" | "redeemed" | "issued",
): PointsTake[] | null {
  if (points > book.balances.available) return null;
  const cause = to === "reserved" ? "reserve" : to === "redeemed" ? "spend" : "adjust";
  return takeAvailable(book, cause, points, to);
}

/** What was reserved is spent for good. */
export function complete(book: PointsBook, takes: readonly PointsTake[]): void {
  for (const [lot, points] of takes) move(book, "spend", lot, "reserved", "redeemed", points);
}

/**
 * Gives `points` of a spend back to the lots that they came from, those that lapse last first, and answers what it still
 * has. A lot keeps its end: what has lapsed meanwhile lapses.
 */
export function giveBack(
  book: PointsBook,
  takes: readonly PointsTake[],
  points: number,
  from: "reserved" | "redeemed",
): PointsTake[] {
  let left = points;
  const kept = takes.toReversed().map(([id, taken]): PointsTake => {
    const back = Math.min(left, taken);
    left -= back;
    if (back > 0) {
      const lot = lotOf(book, id);
      put(book, from === "reserved" ? "release" : "refund", lot, from, "available", back);
    }
    return [id, taken - back];
  });
  if (left > 0) throw new Error("more points were to be given back than were spent");
  repay(book);
  return kept.filter(([, taken]) => taken > 0).toReversed();
}

/**
 * Of the lot, `asked` points are to be back altogether: what is left of it goes first, then what lapsed of it anyway, then
 * other points of the customer. What cannot be found is owed. Asking for the same again changes nothing.
 */
export function reverse(book: PointsBook, lotId: string, asked: number): void {
  const lot = lotOf(book, lotId);
  let left = Math.min(asked, lot.amount) - lot.reversed;
  if (left <= 0) return;
  lot.reversed += left;
  const own = Math.min(left, lot.remaining);
  if (own > 0) take(book, "reverse", lot, lot.isPending ? "pending" : "available", "issued", own);
  left -= own;
  const lapsed = Math.min(left, lot.lapsed);
  if (lapsed > 0) {
    lot.lapsed -= lapsed;
    move(book, "reverse", lot.id, "expired", "issued", lapsed);
  }
  left -= lapsed;
  const others = Math.min(left, book.balances.available);
  takeAvailable(book, "reverse", others, "issued");
  left -= others;
  if (left > 0) move(book, "reverse", null, "debt", "issued", left);
}

/**
 * Everything that the guest has and owes is the customer's. It goes by way of the project's account, so that each has books that
 * come to zero; lots and their ends stay what they are. `held`: what the guest's reservations took of lots.
 */
export function mergeBooks(guest: PointsBook, customer: PointsBook, held: readonly PointsTake[]): void {
  const hand = (lot: string | null, account: "pending" | "available" | "reserved", points: number) => {
    move(guest, "merge", lot, account, "issued", points);
    move(customer, "merge", lot, "issued", account, points);
  };
  for (const lot of guest.lots.splice(0)) {
    if (lot.remaining > 0) hand(lot.id, lot.isPending ? "pending" : "available", lot.remaining);
    customer.lots.push(lot);
  }
  for (const [lot, points] of held) if (points > 0) hand(lot, "reserved", points);
  const { debt } = guest.balances;
  if (debt > 0) {
    move(guest, "merge", null, "issued", "debt", debt);
    move(customer, "merge", null, "debt", "issued", debt);
  }
  repay(customer);
}

/**
 * How many of `points` are to be back when goods of this value are, out of goods of that value; all of them with the last. Rounded down,
 * so that any split of returns comes to exactly all.
 */
export function shareOf(points: number, value: number, of: number): number {
  return of === 0 ? 0 : Number((BigInt(points) * BigInt(value)) / BigInt(of));
}

function repay(book: PointsBook): void {
  const points = Math.min(book.balances.debt, book.balances.available);
  takeAvailable(book, "repay", points, "debt");
}

function takeAvailable(
  book: PointsBook,
  cause: PointsCause,
  points: number,
  to: PointsAccount,
): PointsTake[] {
  let left = points;
  const takes: PointsTake[] = [];
  if (left === 0) return takes;
  for (const lot of book.lots
    .filter(({ isPending, remaining }) => !isPending && remaining > 0)
    .sort(bySooner)) {
    const taken = Math.min(left, lot.remaining);
    left -= taken;
    take(book, cause, lot, "available", to, taken);
    takes.push([lot.id, taken]);
    if (left === 0) return takes;
  }
  throw new Error("the lots have fewer points than the account");
}

/** First in, first out: ids are in the order of time. */
function bySooner(a: PointsLot, b: PointsLot): number {
  const [first, second] = [a.expiresAt ?? Infinity, b.expiresAt ?? Infinity];
  return first === second ? (a.id < b.id ? -1 : 1) : first - second;
}

function put(
  book: PointsBook,
  cause: PointsCause,
  lot: PointsLot,
  from: PointsAccount,
  to: PointsAccount,
  amount: number,
): void {
  lot.remaining += amount;
  move(book, cause, lot.id, from, to, amount);
}

function take(
  book: PointsBook,
  cause: PointsCause,
  lot: PointsLot,
  from: PointsAccount,
  to: PointsAccount,
  amount: number,
): void {
  lot.remaining -= amount;
  move(book, cause, lot.id, from, to, amount);
}

function move(
  { balances, entries }: PointsBook,
  cause: PointsCause,
  lot: string | null,
  from: PointsAccount,
  to: PointsAccount,
  amount: number,
): void {
  entries.push({ cause, lot, from, to, amount });
  change(balances, from, -amount);
  change(balances, to, amount);
}

function change(balances: PointsBalances, account: PointsAccount, amount: number): void {
  if (account === "pending" || account === "available" || account === "reserved") balances[account] += amount;
  // A claim: what leaves the account is owed.
  else if (account === "debt") balances.debt -= amount;
}

function lotOf({ lots }: PointsBook, id: string): PointsLot {
  const lot = lots.find((one) => one.id === id);
  if (lot === undefined) throw new Error(`the lot ${id} is not in the books`);
  return lot;
}
