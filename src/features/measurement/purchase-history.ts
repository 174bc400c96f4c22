/** `order_history` beside many customers, as text of SQL. */
import { type SQL, sql } from "drizzle-orm";

/** Columns of `order_history` as `h`, joined to the customer's: none where they bought nothing. */
export function historyOf(projectId: string, customerId: SQL, isWhole: boolean): SQL {
  if (isWhole) return sql`left join (${wholeHistory(projectId)}) as h on h.customer_id = ${customerId}`;
  // By the customer alone: a condition on the time has PostgreSQL go through the whole index of times for each of them.
  return sql`left join lateral (
    select * from order_history where project_id = ${projectId} and customer_id = ${customerId} offset 0) as h on true`;
}

/** What `order_history` is, without what makes it look up each order's redemption and each redemption's order. */
export const wholeHistory = (projectId: string): SQL => sql`
  select o.customer_id, o.placed_at as at, o.currency, greatest(o.total - o.refunded - coalesce(r.refunded, 0), 0) as total,
         o.external_id, r.source, r.order_ref
    from orders o left join redemptions r on r.project_id = ${projectId} and r.id = o.redemption_id
   where o.project_id = ${projectId} and o.customer_id is not null and o.status not in ('cancelled', 'returned')
     and r.is_deposit is not true and r.state is distinct from 'returned' and not (o.refunded > 0 and o.refunded >= o.total)
  union all
  select r.customer_id, r.committed_at, r.currency, greatest(r.total - r.refunded, 0), null, r.source, r.order_ref
    from redemptions r
   where r.project_id = ${projectId} and r.customer_id is not null and r.state in ('committed', 'partially_returned')
     and not r.is_deposit
     and not exists (select from orders o where o.project_id = ${projectId} and o.redemption_id = r.id)
     and not exists (
       select from orders o
        where o.project_id = ${projectId} and o.external_id = r.order_ref and o.redemption_id is null
          and (o.customer_id = r.customer_id or o.customer_id is null and o.status in ('cancelled', 'returned')))`;
