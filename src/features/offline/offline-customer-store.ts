import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
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
