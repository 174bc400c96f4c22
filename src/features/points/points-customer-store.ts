import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function pointsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('programme', a.programme, 'available', a.available, 'pending', a.pending, 'reserved', a.reserved, 'debt', a.debt,
             'entries', (select json_agg(json_build_object('at', e.created_at, 'cause', e.cause, 'from', e.from_account, 'to', e.to_account,
                                  'points', e.amount, 'redemption', e.redemption_id, 'reason', e.reason) order by e.id)
                           from points_entries e
                          where e.project_id = a.project_id and e.holder = a.holder and e.programme = a.programme)) as record
      from points_accounts a where a.project_id = ${projectId} and a.customer_id = ${id} order by a.programme limit ${most}`);
  return rows.map(({ record }) => record);
}

/** The points stay theirs, under the pseudonym: the books know nobody. */
export async function erasePointsCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update points_accounts set customer_id = ${pseudonym} where project_id = ${projectId} and customer_id = ${id}`);
  return rowCount ?? 0;
}
