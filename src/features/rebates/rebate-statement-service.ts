/** A period is closed with a statement for each dealer; a statement is approved, and paid. Every step is an entry in the books. */
import { z } from "zod";
import { sharesOf } from "../../engine/funding.ts";
import { closed, paidOut } from "../../ledger/rebates.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { everyDealer } from "../dealers/dealer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import {
  type AccountRow,
  type EntryRow,
  findAccounts,
  insertEntries,
  listAccounts,
  saveAccounts,
} from "./rebate-account-store.ts";
import type { RebateAccrualService } from "./rebate-accrual-service.ts";
import { existingAgreement, openPeriodOf } from "./rebate-agreement-service.ts";
import { closedPeriods, insertPeriod, lockRebates } from "./rebate-agreement-store.ts";
import { isWaitedFor } from "./rebate-due-store.ts";
import type {
  ClosedPeriod,
  RebateAgreementDocument,
  RebateStanding,
  RebateStatement,
  RebateStatementQuery,
} from "./rebate-schemas.ts";
import { requirePeriod, standingsOf } from "./rebate-standing-service.ts";
import {
  approveStatement,
  findStatement,
  insertStatements,
  listStatements,
  payStatement,
  type StatementRow,
} from "./rebate-statement-store.ts";
import type { Agreement } from "./rebate-terms.ts";

export interface RebateStatementService {
  close(context: OperationContext, key: string, period: string): Promise<ClosedPeriod>;
  statement(projectId: string, id: string): Promise<RebateStatement>;
  list(projectId: string, query: RebateStatementQuery): Promise<Page<RebateStatement>>;
  /** Once; again it changes nothing. */
  approve(context: OperationContext, id: string): Promise<RebateStatement>;
  /** Once; with the same reference again it changes nothing. */
  pay(context: OperationContext, id: string, reference: string): Promise<RebateStatement>;
}

const cursor = cursorOf("rebate-statements", z.string());
const atOnce = 500;

export function rebateStatementService({
  database,
  clock,
  accrual,
}: {
  database: Database;
  clock: Clock;
  accrual: Pick<RebateAccrualService, "bringUpToDate">;
}): RebateStatementService {
  /** Who is meant by now is meant for good: what comes late is held against that. */
  async function fixMembers(
    connection: Connection,
    projectId: string,
    { key, isMeant }: Agreement,
    period: string,
  ): Promise<void> {
    for await (const dealers of everyDealer(connection, projectId, atOnce)) {
      const names = dealers.map(({ id }) => ({ agreement: key, period, dealer: id }));
      const known = new Map(
        (await findAccounts(connection, projectId, names)).map((row) => [row.dealer, row]),
      );
      const rows = dealers.flatMap((dealer): AccountRow[] => {
        const row = known.get(dealer.id);
        const isMember = isMeant(dealer);
        if ((row?.isMember ?? false) === isMember) return [];
        const empty = { measures: [0, 0], reward: 0, accrued: 0, payable: 0, paid: 0 };
        return [{ agreement: key, period, dealer: dealer.id, ...empty, ...row, isMember }];
      });
      await saveAccounts(connection, projectId, rows);
    }
  }

  async function settle(
    connection: Connection,
    { projectId, apiKeyId }: OperationContext,
    agreement: Agreement,
    period: string,
  ): Promise<{ statements: number; total: number }> {
    const now = clock.now();
    const at = new Date(now);
    const sums = { statements: 0, total: 0 };
    let after: string | null = null;
    for (;;) {
      const page: AccountRow[] = await listAccounts(
        connection,
        projectId,
        { agreement: agreement.key, period },
        { after, limit: atOnce },
      );
      const standings = await standingsOf(connection, projectId, agreement, page);
      const rows = page.filter(({ dealer, measures }) => {
        return measures.some((measure) => measure !== 0) || standings.get(dealer)!.lines.length > 0;
      });
      const statements = rows.map((row) => {
        const standing = standings.get(row.dealer)!;
        // The lines follow from the sums, the books from every change of them: they must have come to the same.
        if (standing.total !== row.accrued)
          throw new Error(`the books of ${row.dealer} do not come to their lines`);
        return { id: newId("rst", now), ...statementOf(agreement.document, standing) };
      });
      const entries = rows.flatMap((row) =>
        closed(row.accrued).map((entry) => entryOf(entry, row, { now, createdBy: apiKeyId })),
      );
      await insertStatements(connection, projectId, statements, at);
      await insertEntries(connection, projectId, entries);
      await saveAccounts(
        connection,
        projectId,
        rows.map((row) => ({ ...row, accrued: 0, payable: row.payable + row.accrued })),
      );
      sums.statements += rows.length;
      sums.total += rows.reduce((sum, { accrued }) => sum + accrued, 0);
      if (page.length < atOnce) return sums;
      after = page.at(-1)!.dealer;
    }
  }

  async function requireClosable(
    connection: Connection,
    projectId: string,
    agreement: Agreement,
    period: string,
  ) {
    const { key, periods } = agreement;
    const done = (await closedPeriods(connection, projectId, [key])).get(key) ?? new Set<string>();
    if (done.has(period)) throw notClosable("period_closed", "It is closed already.");
    if (openPeriodOf(agreement, done) !== period)
      throw notClosable("period_before_open", "A period before it is still open.");
    const until = periods.find((one) => one.key === period)?.endsAt ?? null;
    if (until !== null && until > clock.now()) throw notClosable("period_not_over", "It is not over yet.");
    if (await isWaitedFor(connection, projectId, { agreement: key, period, until }))
      throw notClosable("orders_waiting", "Orders are still being counted; try again.");
  }

  async function change(
    context: OperationContext,
    id: string,
    work: (connection: Connection, row: StatementRow) => Promise<"approved" | "paid" | null>,
  ): Promise<RebateStatement> {
    const { projectId } = context;
    return withTransaction(database, projectId, async (connection) => {
      await lockRebates(connection, projectId);
      const row = await findStatement(connection, projectId, id, true);
      if (row === undefined) throw problem("rebate-statement-not-found");
      const state = await work(connection, row);
      if (state === null) {
        nothingChanged(context);
        return shown(row);
      }
      const { agreement, period, dealer, total, currency } = row;
      await recordChange(connection, context, { id, before: { state: row.state }, after: { state, total } });
      const told = { statement: id, agreement, period, dealer, total, currency };
      await recordEvents(connection, projectId, [newEvent(`dealwright.rebate.statement_${state}`, id, told)]);
      return shown((await findStatement(connection, projectId, id))!);
    });
  }

  return {
    async close(context, key, period) {
      const { projectId, apiKeyId } = context;
      await existingAgreement(database.of(projectId), projectId, key);
      await accrual.bringUpToDate(projectId);
      return withTransaction(database, projectId, async (connection) => {
        await lockRebates(connection, projectId);
        const agreement = await existingAgreement(connection, projectId, key);
        requirePeriod(agreement, period);
        await requireClosable(connection, projectId, agreement, period);
        const closedAt = new Date(clock.now());
        if (agreement.periods.some((one) => one.key === period))
          await fixMembers(connection, projectId, agreement, period);
        const { statements, total } = await settle(connection, context, agreement, period);
        await insertPeriod(connection, { projectId, agreement: key, period, closedAt, closedBy: apiKeyId });
        const told = { agreement: key, period, statements, total, currency: agreement.document.currency };
        await recordChange(connection, context, {
          id: `${key}/${period}`,
          before: { state: "open" },
          after: { state: "closed", statements, total },
        });
        await recordEvents(connection, projectId, [newEvent("dealwright.rebate.period_closed", key, told)]);
        return { agreement: key, period, closedAt: closedAt.toISOString(), statements, total };
      });
    },

    async statement(projectId, id) {
      const row = await findStatement(database.of(projectId), projectId, id);
      if (row === undefined) throw problem("rebate-statement-not-found");
      return shown(row);
    },

    async list(projectId, { limit, after, ...filters }) {
      const before = cursor.decode(after);
      const rows = await listStatements(database.of(projectId), projectId, filters, {
        before,
        limit: limit + 1,
      });
      return cursor.page(rows, limit, ({ id }) => id, shown);
    },

    approve: (context, id) =>
      change(context, id, async (connection, { state }) => {
        if (state === "approved") return null;
        if (state === "paid") throw problem("rebate-statement-state-conflict", { detail: "It is paid." });
        const { projectId, apiKeyId: by } = context;
        await approveStatement(connection, projectId, id, { at: new Date(clock.now()), by });
        return "approved";
      }),

    pay: (context, id, reference) =>
      change(context, id, async (connection, row) => {
        const { projectId, apiKeyId: by } = context;
        if (row.state === "paid" && row.reference === reference) return null;
        if (row.state !== "approved")
          throw problem("rebate-statement-state-conflict", { detail: `It is ${row.state}, not approved.` });
        const now = clock.now();
        const { agreement, period, dealer, total } = row;
        const [account] = await findAccounts(connection, projectId, [{ agreement, period, dealer }]);
        const entries = paidOut(total).map((entry) => entryOf(entry, row, { now, createdBy: by }));
        await insertEntries(connection, projectId, entries);
        const { payable, paid } = account!;
        await saveAccounts(connection, projectId, [
          { ...account!, payable: payable - total, paid: paid + total },
        ]);
        await payStatement(connection, projectId, id, { at: new Date(now), by, reference });
        return "paid";
      }),
  };
}

function notClosable(code: string, message: string) {
  return problem("rebate-period-not-closable", { errors: [{ path: "/period", code, message }] });
}

function entryOf(
  entry: Pick<EntryRow, "cause" | "from" | "to" | "amount">,
  { agreement, period, dealer }: Pick<EntryRow, "agreement" | "period" | "dealer">,
  { now, createdBy }: { now: number; createdBy: string },
): EntryRow {
  const createdAt = new Date(now);
  return {
    ...entry,
    id: newId("rbe", now),
    agreement,
    period,
    dealer,
    ofPeriod: period,
    externalId: null,
    createdBy,
    createdAt,
  };
}

function statementOf(document: RebateAgreementDocument, standing: RebateStanding) {
  const {
    agreement,
    period,
    dealer,
    currency,
    total,
    periodState: _state,
    next: _next,
    ...figures
  } = standing;
  return {
    agreement,
    period,
    dealer,
    currency,
    total,
    document: { ...figures, funding: fundingOf(document, total) },
  };
}

/** The shares of the total, which they come to. */
function fundingOf({ funders }: RebateAgreementDocument, total: number): { name: string; amount: number }[] {
  const funding = funders.map(({ name, percent }) => ({ funder: name, percent }));
  return sharesOf(total, funding).map(({ funder, amount }) => ({ name: funder, amount }));
}

function shown({ document, closedAt, approvedAt, paidAt, ...row }: StatementRow): RebateStatement {
  const instant = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    ...row,
    ...document,
    closedAt: new Date(closedAt).toISOString(),
    approvedAt: instant(approvedAt),
    paidAt: instant(paidAt),
  };
}

export { shown as shownStatement };
