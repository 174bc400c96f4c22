import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
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

/** What both were given for the same thing both keep: the guest's stays noted under the guest's hash. */
export async function mergePrizeCustomer(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update prizes p
       set customer_id = ${customer.id},
           holder = case when p.holder = ${guest.holder} and not exists (
                           select from prizes t where t.project_id = p.project_id and t.source = p.source and t.programme = p.programme
                              and t.reference = p.reference and t.holder = ${customer.holder})
                         then ${customer.holder} else p.holder end
     where project_id = ${projectId} and customer_id = ${guest.id}`);
  return rowCount ?? 0;
}
