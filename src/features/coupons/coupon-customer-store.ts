import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import { eraseAnswers } from "../../platform/idempotency.ts";

export async function couponsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('code', code, 'status', status, 'uses', max_uses, 'used', used, 'claimedAt', claimed_at,
             'expiresAt', expires_at) as record
      from coupons where project_id = ${projectId} and customer_id = ${id} order by claimed_at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** The coupon stays theirs, under the pseudonym. */
export async function eraseCouponCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rows } = await connection.execute<{ code: string }>(sql`
    update coupons set customer_id = ${pseudonym} where project_id = ${projectId} and customer_id = ${id} returning code`);
  const codes = rows.map(({ code }) => code);
  await eraseAnswers(connection, projectId, "claimCoupon", codes, { customer: pseudonym });
  return codes.length;
}

export async function mergeCouponCustomer(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  // Locked as batches of the committer lock them: by code.
  const { rowCount } = await connection.execute(sql`
    with held as materialized (
      select code from coupons where project_id = ${projectId} and customer_id = ${guest.id} order by code for update
    )
    update coupons set customer_id = ${customer.id} where project_id = ${projectId} and code in (select code from held)`);
  return rowCount ?? 0;
}
