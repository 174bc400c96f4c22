import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { RebateStatementQuery, StatementFigures } from "./rebate-schemas.ts";

export interface StatementRow extends Record<string, unknown> {
  readonly id: string;
  readonly agreement: string;
  readonly period: string;
  readonly dealer: string;
  readonly state: "closed" | "approved" | "paid";
  readonly currency: string;
  readonly total: number;
  readonly document: StatementFigures;
  /** Epoch milliseconds. */
  readonly closedAt: number;
  readonly approvedAt: number | null;
  readonly approvedBy: string | null;
  readonly paidAt: number | null;
  readonly paidBy: string | null;
  readonly reference: string | null;
}

const milliseconds = (column: string) => sql.raw(`floor(extract(epoch from ${column}) * 1000)::bigint`);
const columns = sql`id, agreement, period, dealer, state, currency, total, document, ${milliseconds("closed_at")} as "closedAt",
  ${milliseconds("approved_at")} as "approvedAt", approved_by as "approvedBy", ${milliseconds("paid_at")} as "paidAt",
  paid_by as "paidBy", reference`;

export async function insertStatements(
  connection: Connection,
  projectId: string,
  rows: readonly Pick<
    StatementRow,
    "id" | "agreement" | "period" | "dealer" | "currency" | "total" | "document"
  >[],
  closedAt: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await connection.execute(sql`
    insert into rebate_statements (project_id, id, agreement, period, dealer, state, currency, total, document, closed_at)
    select ${projectId}, u.id, u.agreement, u.period, u.dealer, 'closed', u.currency, u.total, u.document, ${closedAt.toISOString()}::timestamptz
      from json_to_recordset(${JSON.stringify(rows)}::json)
        as u (id text, agreement text, period text, dealer text, currency text, total bigint, document jsonb)`);
}

export async function findStatement(
  connection: Connection,
  projectId: string,
  id: string,
  isLocked = false,
): Promise<StatementRow | undefined> {
  const { rows } = await connection.execute<StatementRow>(sql`
    select ${columns} from rebate_statements where project_id = ${projectId} and id = ${id} ${isLocked ? sql`for update` : sql``}`);
  return rows[0];
}

export async function approveStatement(
  connection: Connection,
  projectId: string,
  id: string,
  { at, by }: { at: Date; by: string },
): Promise<void> {
  await connection.execute(sql`
    update rebate_statements set state = 'approved', approved_at = ${at.toISOString()}::timestamptz, approved_by = ${by}
     where project_id = ${projectId} and id = ${id}`);
}

export async function payStatement(
  connection: Connection,
  projectId: string,
  id: string,
  { at, by, reference }: { at: Date; by: string; reference: string },
): Promise<void> {
  await connection.execute(sql`
    update rebate_statements set state = 'paid', paid_at = ${at.toISOString()}::timestamptz, paid_by = ${by}, reference = ${reference}
     where project_id = ${projectId} and id = ${id}`);
}

/** Last closed first. */
export async function listStatements(
  connection: Connection,
  projectId: string,
  { agreement, period, dealer, state }: Omit<RebateStatementQuery, "limit" | "after">,
  { before, limit }: { before: string | null; limit: number },
): Promise<StatementRow[]> {
  const is = (column: string, value: string | undefined) =>
    value === undefined ? sql`` : sql`and ${sql.raw(column)} = ${value}`;
  const { rows } = await connection.execute<StatementRow>(sql`
    select ${columns} from rebate_statements
     where project_id = ${projectId} ${is("agreement", agreement)} ${is("period", period)} ${is("dealer", dealer)} ${is("state", state)}
       ${before === null ? sql`` : sql`and id < ${before}`}
     order by id desc limit ${limit}`);
  return rows;
}

/** Of a period, by dealer. */
export async function statementsOfPeriod(
  connection: Connection,
  projectId: string,
  { agreement, period }: { agreement: string; period: string },
  { after, limit }: { after: string | null; limit: number },
): Promise<StatementRow[]> {
  const { rows } = await connection.execute<StatementRow>(sql`
    select ${columns} from rebate_statements
     where project_id = ${projectId} and agreement = ${agreement} and period = ${period}
       ${after === null ? sql`` : sql`and dealer > ${after} collate "C"`}
     order by dealer limit ${limit}`);
  return rows;
}
