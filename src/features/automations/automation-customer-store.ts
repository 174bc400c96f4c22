import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function runsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('automation', a.key, 'state', r.state, 'reason', r.reason, 'trigger', r.trigger, 'ranAt', r.ran_at,
             'createdAt', r.created_at, 'coupons', (select coalesce(json_agg(c.code), '[]') from automation_coupons c
                                                     where c.project_id = r.project_id and c.run_id = r.id)) as record
      from automation_runs r join automations a on a.project_id = r.project_id and a.id = r.automation_id
     where r.project_id = ${projectId} and r.customer_id = ${id} order by r.id desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/**
 * What was done stays, under the pseudonym, so that what is once only stays so; what was not is not done any more, and what was
 * kept for it of overall caps is there for others.
 */
export async function eraseRuns(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rows: gone } = await connection.execute(sql`
    with gone as (
      delete from automation_runs where project_id = ${projectId} and customer_id = ${id} and state in ('waiting', 'owed')
      returning automation_id, state, coupons_taken
    ), kept as (
      select automation_id, count(*) as runs, sum(coupons_taken) as coupons from gone where state = 'owed' group by automation_id
    ), given_back as (
      update automation_counts c set runs = c.runs - kept.runs, coupons = c.coupons - kept.coupons
        from kept where c.project_id = ${projectId} and c.automation_id = kept.automation_id
    )
    select from gone`);
  const { rowCount: kept } = await connection.execute(sql`
    update automation_runs set customer_id = ${pseudonym}, trigger = '{}' where project_id = ${projectId} and customer_id = ${id}`);
  return gone.length + (kept ?? 0);
}

/**
 * Caps and what is once only count for both together. For what reached both, the guest's run is not done any more, or stays under
 * their hash if it was: an occurrence has one run of the customer's.
 */
export async function mergeRuns(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  const twin = sql`exists (select from automation_runs t where t.project_id = r.project_id and t.automation_id = r.automation_id
                              and t.holder = ${customer.holder} and t.occurrence = r.occurrence)`;
  const { rowCount: gone } = await connection.execute(sql`
    delete from automation_runs r where project_id = ${projectId} and customer_id = ${guest.id} and state = 'waiting' and ${twin}`);
  const { rowCount: moved } = await connection.execute(sql`
    update automation_runs r set customer_id = ${customer.id}, holder = case when ${twin} then r.holder else ${customer.holder} end
     where project_id = ${projectId} and customer_id = ${guest.id}`);
  return (gone ?? 0) + (moved ?? 0);
}
