import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
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

/**
 * Who came by a code stays attributed, unless the customer was brought before, or by themselves. A guest's own code leads to the
 * customer; where the customer has one, too, both do.
 */
export async function mergeReferralCustomer(
  connection: Connection,
  { projectId, guest, customer, now }: CustomerMerge,
): Promise<number> {
  const at = sql`${new Date(now).toISOString()}::timestamptz`;
  const { rows: members } = await connection.execute<{ holder: string; programme: string }>(sql`
    update referral_members m
       set customer_id = ${customer.id},
           holder = case when exists (select from referral_members t where t.project_id = m.project_id and t.programme = m.programme
                                         and t.holder = ${customer.holder}) then m.holder else ${customer.holder} end
     where project_id = ${projectId} and customer_id = ${guest.id} returning holder, programme`);
  const renamed = members.flatMap(({ holder, programme }) => (holder === customer.holder ? [programme] : []));
  await connection.execute(sql`
    update referrals set referrer = ${customer.holder}
     where project_id = ${projectId} and referrer = ${guest.holder} and programme = any (${sql.param(renamed)}::text[])`);
  // The first time stands, refused or not.
  const { rowCount: late } = await connection.execute(sql`
    update referrals r
       set customer_id = ${customer.id}, updated_at = ${at},
           state = case when r.state = 'attributed' then 'refused' else r.state end,
           reason = case when r.state = 'attributed' then 'not_new' else r.reason end,
           due_at = case when r.state = 'attributed' then null else r.due_at end
     where project_id = ${projectId} and customer_id = ${guest.id} and exists (
           select from referrals t where t.friend = ${customer.holder} and t.programme = r.programme and t.project_id = r.project_id)`);
  const { rowCount: moved } = await connection.execute(sql`
    update referrals set customer_id = ${customer.id}, friend = ${customer.holder}, updated_at = ${at},
           due_at = case when state = 'attributed' then ${at} else due_at end
     where project_id = ${projectId} and customer_id = ${guest.id}`);
  await connection.execute(sql`
    update referrals set state = 'refused', reason = 'self_referral', due_at = null, updated_at = ${at}
     where project_id = ${projectId} and friend = ${customer.holder} and state = 'attributed'
       and referrer in (${guest.holder}, ${customer.holder})`);
  return members.length + (late ?? 0) + (moved ?? 0);
}
