import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

/** That they may bring friends, and that they were brought; never who else it was. */
export async function referralsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select record from (
      select created_at as at, json_build_object('programme', programme, 'code', code, 'createdAt', created_at,
               'device', device, 'phone', phone, 'ip', ip) as record
        from referral_members where project_id = ${projectId} and customer_id = ${id}
      union all
      select attributed_at, json_build_object('programme', programme, 'state', state, 'reason', reason, 'order', order_ref,
               'channel', channel, 'attributedAt', attributed_at, 'device', device, 'phone', phone, 'ip', ip)
        from referrals where project_id = ${projectId} and customer_id = ${id}) as known
     order by at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** Who was brought by whom stays, under pseudonyms: caps and rings go on counting. */
export async function eraseReferralCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rowCount: members } = await connection.execute(sql`
    update referral_members set customer_id = ${pseudonym}, device = null, phone = null, ip = null
     where project_id = ${projectId} and customer_id = ${id}`);
  const { rowCount: friends } = await connection.execute(sql`
    update referrals set customer_id = ${pseudonym}, device = null, phone = null, ip = null
     where project_id = ${projectId} and customer_id = ${id}`);
  return (members ?? 0) + (friends ?? 0);
}
