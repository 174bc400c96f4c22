import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function prizesOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('source', source, 'programme', programme, 'state', state, 'prize', document, 'code', code,
             'reason', reason, 'createdAt', created_at) as record
      from prizes where project_id = ${projectId} and customer_id = ${id} order by id desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** The prize stays theirs, under the pseudonym. */
export async function erasePrizeCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update prizes set customer_id = ${pseudonym} where project_id = ${projectId} and customer_id = ${id}`);
  return rowCount ?? 0;
}
