/** Where dealers stand: what they sold, what it earned, how far the next threshold is and what reaching it is worth. */
import { z } from "zod";
import { attainment, nextThreshold, type RebateLine, rebateLines, sumOf } from "../../engine/rebate.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Connection, Database } from "../../platform/database.ts";
import { isKeepable, outOfRange } from "../../platform/instants.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { dealerFacts } from "../dealers/dealer-service.ts";
import {
  type AccountRow,
  adjustmentsIn,
  findAccounts,
  listAccounts,
  listEntries,
  type StoredEntry,
} from "./rebate-account-store.ts";
import { adjustmentsPeriod, agreementsOf, existingAgreement } from "./rebate-agreement-service.ts";
import { closedPeriods } from "./rebate-agreement-store.ts";
import type {
  DealerRebates,
  RebateEntryQuery,
  RebateStanding,
  RebateStandingQuery,
  ShownEntry,
  ShownLine,
} from "./rebate-schemas.ts";
import { type Agreement, sumsOf } from "./rebate-terms.ts";

export interface RebateStandingService {
  list(projectId: string, query: RebateStandingQuery): Promise<Page<RebateStanding>>;
  /** Of every agreement that means the dealer or has counted something of them, in the period of this instant. */
  ofDealer(projectId: string, dealer: string, at: string | undefined): Promise<DealerRebates>;
  entries(projectId: string, query: RebateEntryQuery): Promise<Page<ShownEntry>>;
}

const listCursor = cursorOf("rebate-standings", z.string());
const entryCursor = cursorOf("rebate-entries", z.string());

export function rebateStandingService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): RebateStandingService {
  return {
    async list(projectId, { limit, after, agreement: key, period, dealer }) {
      const connection = database.of(projectId);
      const agreement = await existingAgreement(connection, projectId, key);
      requirePeriod(agreement, period);
      const rows = await listAccounts(
        connection,
        projectId,
        { agreement: key, period, dealer },
        {
          after: listCursor.decode(after),
          limit: limit + 1,
        },
      );
      const shown = await standingsOf(connection, projectId, agreement, rows);
      return listCursor.page(
        rows,
        limit,
        (row) => row.dealer,
        (row) => shown.get(row.dealer)!,
      );
    },

    async ofDealer(projectId, dealer, at) {
      if (at !== undefined && !isKeepable(at))
        throw problem("invalid-request", { errors: [{ path: "/at", ...outOfRange }] });
      const instant = at === undefined ? clock.now() : Date.parse(at);
      const connection = database.of(projectId);
      const account = (await dealerFacts(connection, projectId, [dealer])).get(dealer);
      if (account === undefined) throw problem("dealer-not-found");
      const current = [...(await agreementsOf(connection, projectId)).values()].flatMap((agreement) => {
        const window = agreement.windowAt(instant);
        return window === null || window.isReference ? [] : [{ agreement, period: window.key }];
      });
      const names = current.map(({ agreement, period }) => ({ agreement: agreement.key, period, dealer }));
      const found = new Map(
        (await findAccounts(connection, projectId, names)).map((row) => [row.agreement, row]),
      );
      const items: RebateStanding[] = [];
      for (const { agreement, period } of current) {
        const row =
          found.get(agreement.key) ??
          (agreement.isMeant(account) ? untouched(agreement, period, dealer) : null);
        if (row === null) continue;
        items.push((await standingsOf(connection, projectId, agreement, [row])).get(dealer)!);
      }
      return { dealer, items };
    },

    async entries(projectId, { limit, after, ...name }) {
      const rows = await listEntries(database.of(projectId), projectId, name, {
        before: entryCursor.decode(after),
        limit: limit + 1,
      });
      return entryCursor.page(rows, limit, ({ id }) => id, shownEntry);
    },
  };
}

export function requirePeriod({ periods }: Agreement, period: string): void {
  const isOne = periods.some(({ key }) => key === period);
  if (!isOne && !new RegExp(`^${adjustmentsPeriod}[1-9][0-9]{0,8}$`).test(period))
    throw problem("rebate-period-not-found");
}

/** Of accounts of one period, by dealer. */
export async function standingsOf(
  connection: Connection,
  projectId: string,
  agreement: Agreement,
  rows: readonly AccountRow[],
): Promise<Map<string, RebateStanding>> {
  const { key, document } = agreement;
  const [first] = rows;
  if (first === undefined) return new Map();
  const { period } = first;
  const dealers = rows.map(({ dealer }) => dealer);
  const before = agreement.yearBefore(period);
  const references =
    before === undefined
      ? []
      : await findAccounts(
          connection,
          projectId,
          dealers.map((dealer) => ({ agreement: key, period: before, dealer })),
        );
  const yearBefore = new Map(references.map(({ dealer, measures }) => [dealer, measures]));
  const adjusted = await adjustmentsIn(connection, projectId, { agreement: key, period }, dealers);
  const isClosed = (await closedPeriods(connection, projectId, [key])).get(key)?.has(period) === true;
  const isOfCalendar = agreement.periods.some((one) => one.key === period);
  return new Map(
    rows.map(({ dealer, measures }): [string, RebateStanding] => {
      const terms = agreement.termsFor(dealer);
      const sums = sumsOf(measures, yearBefore.get(dealer));
      const lines = isOfCalendar ? rebateLines(terms, sums).map(shownLine) : [];
      for (const { dealer: of, ofPeriod, amount } of adjusted)
        if (of === dealer) lines.push(adjustment(ofPeriod, amount));
      const target = isOfCalendar ? (terms.target?.value ?? null) : null;
      const share = target === null ? null : attainment(sums.total[document.basis], target);
      return [
        dealer,
        {
          agreement: key,
          period,
          dealer,
          currency: document.currency,
          basis: document.basis,
          amount: sums.total.amount,
          quantity: sums.total.quantity,
          amountYearBefore: sums.before.amount,
          quantityYearBefore: sums.before.quantity,
          target,
          attainmentPercent: share === null ? null : share / 10_000,
          lines,
          total: sumOf(lines),
          periodState: isClosed ? "closed" : "open",
          next: isOfCalendar ? nextThreshold(terms, sums) : null,
        },
      ];
    }),
  );
}

function untouched({ key }: Agreement, period: string, dealer: string): AccountRow {
  const nothing = { reward: 0, accrued: 0, payable: 0, paid: 0 };
  return { agreement: key, period, dealer, measures: [0, 0], ...nothing, isMember: false };
}

function shownLine({ kind, name, from, of, rate, amount }: RebateLine): ShownLine {
  return {
    kind,
    name,
    from: kind === "growth" && from !== null ? from / 10_000 : from,
    of,
    percent: rate.percent ?? null,
    perUnit: rate.perUnit ?? null,
    amount,
  };
}

function adjustment(period: string, amount: number): ShownLine {
  return { kind: "adjustment", name: period, from: null, of: null, percent: null, perUnit: null, amount };
}

function shownEntry({ externalId, createdAt, ...entry }: StoredEntry): ShownEntry {
  return { ...entry, order: externalId, createdAt: new Date(createdAt).toISOString() };
}
