/** Accounts of many customers at once. */
import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { PointsAccountRow } from "./points-tables.ts";

type NamedAccount = Pick<PointsAccountRow, "holder" | "programme" | "customerId">;

/**
 * Made where they are not there yet, and locked in the order of their holders, as merges do; but for those that somebody else has,
 * whom nobody waits for.
 */
export async function lockFreeAccounts(
  connection: Connection,
  projectId: string,
  accounts: readonly NamedAccount[],
): Promise<PointsAccountRow[]> {
  const named = [...accounts].sort((one, other) => (one.holder < other.holder ? -1 : 1));
  const column = (key: keyof NamedAccount) => sql`${sql.param(named.map((one) => one[key]))}::text[]`;
  await connection.execute(sql`
    insert into points_accounts (project_id, holder, programme, customer_id)
    select ${projectId}, u.* from unnest(${column("holder")}, ${column("programme")}, ${column("customerId")}) as u
        on conflict do nothing`);
  const { rows } = await connection.execute<Record<keyof PointsAccountRow, string>>(sql`
    select a.project_id as "projectId", a.holder, a.programme, a.customer_id as "customerId",
           a.pending, a.available, a.reserved, a.debt, a.retry_at as "retryAt"
      from points_accounts a
      join unnest(${column("holder")}, ${column("programme")}) as u (holder, programme)
        on a.holder = u.holder and a.programme = u.programme
     where a.project_id = ${projectId} and a.holder = any (${column("holder")})
     order by a.holder, a.programme
       for update of a skip locked`);
  return rows as unknown as PointsAccountRow[];
}

/** What they have, of accounts of one project. */
export async function saveBalances(
  connection: Connection,
  projectId: string,
  accounts: readonly PointsAccountRow[],
): Promise<void> {
  const texts = (key: "holder" | "programme") => sql`${sql.param(accounts.map((one) => one[key]))}::text[]`;
  const points = (key: "pending" | "available" | "reserved" | "debt") =>
    sql`${sql.param(accounts.map((one) => one[key]))}::bigint[]`;
  await connection.execute(sql`
    update points_accounts a
       set pending = u.pending, available = u.available, reserved = u.reserved, debt = u.debt
      from unnest(${texts("holder")}, ${texts("programme")}, ${points("pending")}, ${points("available")},
                  ${points("reserved")}, ${points("debt")}) as u (holder, programme, pending, available, reserved, debt)
     where a.project_id = ${projectId} and a.holder = u.holder and a.programme = u.programme
       and a.holder = any (${texts("holder")})`);
}
