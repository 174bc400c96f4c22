import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import { eraseAnswers } from "../../platform/idempotency.ts";

export async function vouchersOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('id', id, 'promotion', promotion, 'code', code, 'currency', currency, 'maxAmount', max_amount,
             'validFrom', valid_from, 'expiresAt', expires_at, 'createdAt', created_at) as record
      from offline_vouchers where project_id = ${projectId} and customer_id = ${id} order by created_at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** The signed text names the customer, and is not given again. */
export async function eraseVoucherCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    update offline_vouchers set customer_id = ${pseudonym} where project_id = ${projectId} and customer_id = ${id} returning id`);
  const ids = rows.map((row) => row.id);
  await eraseAnswers(connection, projectId, "issueOfflineVoucher", ids, { customer: pseudonym, token: "" });
  return ids.length;
}

/** The signed text still names the guest; what it set aside is the customer's. */
export async function mergeVoucherCustomer(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  const [from, to] = [`customer:${guest.holder}`, `customer:${customer.holder}`];
  const { rowCount } = await connection.execute(sql`
    update offline_vouchers
       set customer_id = ${customer.id},
           holds = (select coalesce(json_agg(case when hold ->> 2 = ${from} then jsonb_set(hold, '{2}', to_jsonb(${to}::text)) else hold end
                                             order by place), '[]')
                      from jsonb_array_elements(holds::jsonb) with ordinality as h (hold, place))
     where project_id = ${projectId} and customer_id = ${guest.id}`);
  return rowCount ?? 0;
}
