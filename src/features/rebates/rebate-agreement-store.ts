import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type RebateAgreementRow, rebateAgreements } from "./rebate-tables.ts";

/** Whoever writes agreements, accounts or periods: one transaction of the project at a time, so that sums are never crosswise. */
export async function lockRebates(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511829, hashtext(${projectId}))`);
}

export async function findAgreement(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<RebateAgreementRow | undefined> {
  const [row] = await connection
    .select()
    .from(rebateAgreements)
    .where(and(eq(rebateAgreements.projectId, projectId), eq(rebateAgreements.key, key)));
  return row;
}

export async function saveAgreement(connection: Connection, row: RebateAgreementRow): Promise<void> {
  const { projectId: _project, key: _key, ...set } = row;
  await connection
    .insert(rebateAgreements)
    .values(row)
    .onConflictDoUpdate({ target: [rebateAgreements.projectId, rebateAgreements.key], set });
}

/** By their keys. */
export async function listAgreements(
  connection: Connection,
  projectId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<RebateAgreementRow[]> {
  return connection
    .select()
    .from(rebateAgreements)
    .where(
      and(
        eq(rebateAgreements.projectId, projectId),
        after === null ? undefined : gt(rebateAgreements.key, after),
      ),
    )
    .orderBy(asc(rebateAgreements.key))
    .limit(limit);
}

/** By agreement, the periods that are closed. */
export async function closedPeriods(
  connection: Connection,
  projectId: string,
  keys: readonly string[],
): Promise<Map<string, Set<string>>> {
  const { rows } = await connection.execute<{ agreement: string; periods: string[] }>(sql`
    select agreement, array_agg(period) as periods from rebate_periods
     where project_id = ${projectId} and agreement = any (${sql.param([...keys])}::text[]) group by agreement`);
  return new Map(rows.map(({ agreement, periods }) => [agreement, new Set(periods)]));
}

export async function insertPeriod(
  connection: Connection,
  row: { projectId: string; agreement: string; period: string; closedAt: Date; closedBy: string },
): Promise<void> {
  await connection.execute(sql`
    insert into rebate_periods (project_id, agreement, period, closed_at, closed_by)
    values (${row.projectId}, ${row.agreement}, ${row.period}, ${row.closedAt.toISOString()}::timestamptz, ${row.closedBy})`);
}
