/**
 * Rebates as double-entry books. What a dealer has earned moves between accounts: `expense` is what rebates cost whoever funds them,
 * `accrued` what was earned in a period that is open, `payable` what a closed period comes to, `paid` what was paid out. Every entry takes from one
 * account what it gives to another, so all accounts together always come to zero. Entries are never changed: less is an entry the other way.
 */

export type RebateAccount = "expense" | "accrued" | "payable" | "paid";

export type RebateCause = "accrue" | "adjust" | "close" | "pay";

export interface RebateEntry {
  readonly cause: RebateCause;
  readonly from: RebateAccount;
  readonly to: RebateAccount;
  /** Above zero. */
  readonly amount: number;
}

/** What was earned is more by so much, or less. `adjust`: for a period that is closed. */
export function earned(more: number, cause: "accrue" | "adjust"): RebateEntry[] {
  return moved(cause, "expense", "accrued", more);
}

/** A period is closed with this. Below zero: the dealer owes it. */
export function closed(total: number): RebateEntry[] {
  return moved("close", "accrued", "payable", total);
}

export function paidOut(total: number): RebateEntry[] {
  return moved("pay", "payable", "paid", total);
}

export type RebateBalances = Record<RebateAccount, number>;

export function rebateBalances(entries: readonly RebateEntry[]): RebateBalances {
  const balances: RebateBalances = { expense: 0, accrued: 0, payable: 0, paid: 0 };
  for (const { from, to, amount } of entries) {
    balances[from] -= amount;
    balances[to] += amount;
  }
  return balances;
}

function moved(cause: RebateCause, from: RebateAccount, to: RebateAccount, amount: number): RebateEntry[] {
  if (amount === 0) return [];
  return amount > 0 ? [{ cause, from, to, amount }] : [{ cause, from: to, to: from, amount: -amount }];
}
