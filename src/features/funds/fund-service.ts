/**
 * Joint marketing funds: discounts that a brand and its dealers bear together, by the shares that the promotion says. What a sale
 * takes is booked when its events are numbered, what comes back of it is booked the other way; a month of a dealer is settled once,
 * and what happens to its sales later is an entry of a later month. The budget is the promotion's or its campaign's own.
 */
import { z } from "zod";
import { dealerFunder } from "../../engine/funding.ts";
import { periodAt } from "../../engine/period.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { dealerFacts } from "../dealers/dealer-service.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import { changedOrders } from "../orders/order-event.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { borneOf } from "./fund-book.ts";
import type { FundEntry, FundEntryQuery, FundStatement } from "./fund-schemas.ts";
import {
  bookedOf,
  type DealersSale,
  dealersSales,
  type FundEntryRow,
  type FundSum,
  fundSums,
  insertFundEntries,
  insertSettlement,
  listFundEntries,
  lockFunds,
  type SettledRow,
  settledPeriods,
} from "./fund-store.ts";

export interface FundService {
  statement(projectId: string, dealer: string, period: string): Promise<FundStatement>;
  /** Once; with the same reference again it changes nothing. */
  settle(
    context: OperationContext,
    dealer: string,
    period: string,
    reference: string,
  ): Promise<FundStatement>;
  entries(projectId: string, dealer: string, period: string, query: FundEntryQuery): Promise<Page<FundEntry>>;
}

export interface FundOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
}

const cursor = cursorOf("fund-entries", z.tuple([z.string(), z.int()]));

/** For the sequencer. However often and late it hears of a sale, it books what is missing. */
export function followFundedSales({ clock, projects }: Omit<FundOptions, "database">): FanOut {
  return async (connection, projectId, events) => {
    const { redemptions } = changedOrders(events);
    if (redemptions.length === 0) return;
    const sales = await dealersSales(connection, projectId, redemptions);
    if (sales.length === 0) return;
    await lockFunds(connection, projectId);
    const now = clock.now();
    const month = monthAt(now, await projects.timezone(connection, projectId));
    const dealers = [...new Set(sales.map(({ dealer }) => dealer))];
    const settled = new Set(
      (await settledPeriods(connection, projectId, dealers)).map(
        ({ dealer, period }) => `${period} ${dealer}`,
      ),
    );
    const booked = await bookedOf(
      connection,
      projectId,
      sales.map(({ id }) => id),
    );
    const entries = sales.flatMap((sale) => {
      let period = month;
      // Where another process's clock was ahead when it settled.
      while (settled.has(`${period} ${sale.dealer}`)) period = monthAfter(period);
      return missingOf(
        sale,
        booked.filter(({ redemption }) => redemption === sale.id),
        period,
        now,
      );
    });
    await insertFundEntries(connection, projectId, entries);
  };
}

function missingOf(
  { id, dealer, currency, state, lines, shipments, returned }: DealersSale,
  booked: readonly { promotion: string; funder: string; amount: number; last: number }[],
  period: string,
  now: number,
): FundEntryRow[] {
  const isOver = state !== "committed" && state !== "partially_returned";
  const missing = new Map(
    borneOf({
      isOver,
      lines,
      shipments,
      returned: returned?.lines ?? {},
      givenBack: returned?.givenBack,
    }).map((borne) => [JSON.stringify([borne.promotion, borne.funder]), borne]),
  );
  for (const { promotion, funder, amount } of booked) {
    const name = JSON.stringify([promotion, funder]);
    missing.set(name, { promotion, funder, amount: (missing.get(name)?.amount ?? 0) - amount });
  }
  let number = booked[0]?.last ?? 0;
  return [...missing.values()].flatMap(({ promotion, funder, amount }) => {
    if (amount === 0) return [];
    number += 1;
    const bookedAt = new Date(now).toISOString();
    return [{ redemption: id, number, dealer, period, promotion, funder, currency, amount, bookedAt }];
  });
}

export function fundService({ database, clock, projects }: FundOptions): FundService {
  async function statementOf(
    connection: Connection,
    projectId: string,
    dealer: string,
    period: string,
  ): Promise<FundStatement> {
    if (!(await dealerFacts(connection, projectId, [dealer])).has(dealer)) throw problem("dealer-not-found");
    const sums = await fundSums(connection, projectId, dealer, period);
    const settled = (await settledPeriods(connection, projectId, [dealer])).find(
      (row) => row.period === period,
    );
    return shown(dealer, period, sums, settled);
  }

  return {
    statement: (projectId, dealer, period) => statementOf(database.of(projectId), projectId, dealer, period),

    settle(context, dealer, period, reference) {
      const { projectId, apiKeyId } = context;
      return withTransaction(database, projectId, async (connection) => {
        await lockFunds(connection, projectId);
        const now = clock.now();
        const before = await statementOf(connection, projectId, dealer, period);
        if (before.state === "settled") {
          if (before.reference !== reference) throw problem("fund-period-settled");
          nothingChanged(context);
          return before;
        }
        if (period >= monthAt(now, await projects.timezone(connection, projectId)))
          throw problem("fund-period-open");
        const settledAt = new Date(now);
        await insertSettlement(connection, projectId, {
          dealer,
          period,
          reference,
          settledAt,
          settledBy: apiKeyId,
        });
        await recordChange(connection, context, {
          id: `${dealer}/${period}`,
          before: { state: "open" },
          after: { state: "settled", reference, totals: before.totals },
        });
        return { ...before, state: "settled", reference, settledAt: settledAt.toISOString() };
      });
    },

    async entries(projectId, dealer, period, { limit, after }) {
      const connection = database.of(projectId);
      if (!(await dealerFacts(connection, projectId, [dealer])).has(dealer))
        throw problem("dealer-not-found");
      const rows = await listFundEntries(
        connection,
        projectId,
        { dealer, period },
        { after: cursor.decode(after), limit: limit + 1 },
      );
      return cursor.page(
        rows,
        limit,
        ({ redemption, number }) => [redemption, number],
        ({ redemption, number, promotion, funder, currency, amount, bookedAt }) => ({
          redemption,
          number,
          promotion,
          funder,
          currency,
          amount,
          bookedAt: new Date(bookedAt).toISOString(),
        }),
      );
    },
  };
}

function monthAt(now: number, timezone: string): string {
  return periodAt("month", timezone, now);
}

function monthAfter(period: string): string {
  const [year, month] = period.split("-").map(Number) as [number, number];
  return month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, "0")}`;
}

function shown(
  dealer: string,
  period: string,
  sums: readonly FundSum[],
  settled: SettledRow | undefined,
): FundStatement {
  const promotions = new Map<string, FundStatement["promotions"][number]>();
  const totals = new Map<string, FundStatement["totals"][number]>();
  for (const { promotion, currency, funder, amount } of sums) {
    const name = JSON.stringify([promotion, currency]);
    const row = promotions.get(name) ?? { promotion, currency, discount: 0, funding: [] };
    row.discount += amount;
    row.funding.push({ funder, amount });
    promotions.set(name, row);
    const total = totals.get(currency) ?? { currency, discount: 0, dealerShare: 0, othersShare: 0 };
    total.discount += amount;
    if (funder === dealerFunder) total.dealerShare += amount;
    else total.othersShare += amount;
    totals.set(currency, total);
  }
  return {
    dealer,
    period,
    state: settled === undefined ? "open" : "settled",
    reference: settled?.reference ?? null,
    settledAt: settled === undefined ? null : new Date(settled.settledAt).toISOString(),
    promotions: [...promotions.values()],
    totals: [...totals.values()],
  };
}
