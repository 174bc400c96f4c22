/** The sums of some dealers' periods in memory: what goes in, what follows, and the entries that it makes. */
import { rebateLines, sumOf } from "../../engine/rebate.ts";
import { earned } from "../../ledger/rebates.ts";
import { newId } from "../../platform/ids.ts";
import type { AccountName, AccountRow, EntryRow } from "./rebate-account-store.ts";
import { openPeriodOf } from "./rebate-agreement-service.ts";
import { type Agreement, added, type Measures, sumsOf } from "./rebate-terms.ts";

/** Sums and what follows from them, while some orders are counted. */
export class RebateBook {
  readonly entries: EntryRow[] = [];
  private readonly rows = new Map<string, AccountRow>();
  private readonly names = new Map<string, AccountName>();
  private readonly touched = new Set<string>();
  private readonly agreements: ReadonlyMap<string, Agreement>;
  private readonly closed: ReadonlyMap<string, ReadonlySet<string>>;
  private readonly now: number;

  constructor(
    agreements: ReadonlyMap<string, Agreement>,
    closed: ReadonlyMap<string, ReadonlySet<string>>,
    now: number,
  ) {
    this.agreements = agreements;
    this.closed = closed;
    this.now = now;
  }

  /** With the period that grows from it, those that they grow from, and where corrections would be booked. */
  need({ agreement, period, dealer }: AccountName): void {
    const terms = this.agreements.get(agreement);
    const grown = terms?.grownFrom(period);
    const open =
      terms === undefined ? undefined : openPeriodOf(terms, this.closed.get(agreement) ?? new Set());
    for (const key of [period, terms?.yearBefore(period), grown, open])
      if (key !== undefined)
        this.names.set(nameOf(agreement, key, dealer), { agreement, period: key, dealer });
  }

  needed(): AccountName[] {
    return [...this.names.values()];
  }

  load(rows: readonly AccountRow[]): void {
    for (const row of rows) this.rows.set(nameOf(row.agreement, row.period, row.dealer), row);
  }

  accounts(): AccountRow[] {
    return [...this.touched].map((name) => this.rows.get(name)!);
  }

  isClosed({ agreement, period }: Omit<AccountName, "dealer">): boolean {
    return this.closed.get(agreement)?.has(period) === true;
  }

  isMember({ agreement, period, dealer }: AccountName): boolean {
    return this.rows.get(nameOf(agreement, period, dealer))?.isMember === true;
  }

  add(name: AccountName, measures: Measures, sign: 1 | -1): void {
    const row = this.change(name);
    row.measures = added(row.measures, measures, sign);
    if (!this.isClosed(name)) row.isMember = true;
  }

  /** What the sums of a period earn by now, and those of the period that grows from it. */
  settle({ agreement, period, dealer }: AccountName, externalId: string): void {
    const grown = this.agreements.get(agreement)?.grownFrom(period);
    for (const key of [period, grown])
      if (key !== undefined && this.rows.has(nameOf(agreement, key, dealer)))
        this.earn({ agreement, period: key, dealer }, externalId);
  }

  private earn(name: AccountName, externalId: string): void {
    const { agreement, period, dealer } = name;
    const row = this.rows.get(nameOf(agreement, period, dealer))!;
    const reward = this.rewardOf(name, row.measures);
    const more = reward - row.reward;
    if (more === 0) return;
    this.change(name).reward = reward;
    const isClosed = this.isClosed(name);
    const booked = isClosed
      ? openPeriodOf(this.agreements.get(agreement)!, this.closed.get(agreement)!)
      : period;
    this.change({ agreement, period: booked, dealer }).accrued += more;
    for (const entry of earned(more, isClosed ? "adjust" : "accrue"))
      this.entries.push({
        ...entry,
        agreement,
        period: booked,
        dealer,
        ofPeriod: period,
        id: newId("rbe", this.now),
        externalId,
        createdBy: null,
        createdAt: new Date(this.now),
      });
  }

  private rewardOf({ agreement, period, dealer }: AccountName, measures: Measures): number {
    const terms = this.agreements.get(agreement);
    // Of what growth is measured from, or of a period that the agreement has no more.
    if (terms?.periods.some(({ key }) => key === period) !== true) return 0;
    const before = terms.yearBefore(period);
    const reference =
      before === undefined ? undefined : this.rows.get(nameOf(agreement, before, dealer))?.measures;
    return sumOf(rebateLines(terms.termsFor(dealer), sumsOf(measures, reference)));
  }

  private change(name: AccountName): AccountRow {
    const { agreement, period, dealer } = name;
    const key = nameOf(agreement, period, dealer);
    let row = this.rows.get(key);
    if (row === undefined) {
      row = {
        agreement,
        period,
        dealer,
        measures: [0, 0],
        reward: 0,
        accrued: 0,
        payable: 0,
        paid: 0,
        isMember: false,
      };
      this.rows.set(key, row);
    }
    this.touched.add(key);
    return row;
  }
}

export function nameOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
