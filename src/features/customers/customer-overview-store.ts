/** Everything that is added up of one customer, in one statement over the tables of several features. */
import { sql } from "drizzle-orm";
import type { RfmBorders } from "../../engine/rfm.ts";
import type { Connection } from "../../platform/database.ts";

export interface CustomerSums {
  readonly isKnown: boolean;
  readonly completed: number;
  /** Epoch milliseconds. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly amounts: { currency: string; amount: number }[];
  readonly redemptions: { currency: string; count: number; saved: number }[];
  readonly coupons: { held: number; used: number };
  readonly points: {
    programme: string;
    available: number;
    pending: number;
    reserved: number;
    debt: number;
  }[];
  readonly segments: string[];
  readonly tier: string | null;
  readonly scoring: { currency: string; borders: RfmBorders } | null;
}

/** `now`: epoch milliseconds. */
export async function sumsOfCustomer(
  connection: Connection,
  projectId: string,
  id: string,
  now: number,
): Promise<CustomerSums> {
  const most = Number.MAX_SAFE_INTEGER;
  const { rows } = await connection.execute<{ sums: CustomerSums }>(sql`
    with history as materialized (
      select at, currency, total from order_history where project_id = ${projectId} and customer_id = ${id}
    ), redeemed as (
      select currency, count(*) as count, least(sum(discount) filter (where state <> 'returned'), ${most})::bigint as saved
        from redemptions
       where project_id = ${projectId} and customer_id = ${id} and state in ('committed', 'partially_returned', 'returned')
       group by currency
    ), own as (
      select count(*) filter (where status <> 'void' and used + reserved < max_uses
               and (expires_at is null or expires_at > to_timestamp(${now}::bigint / 1000.0))) as held,
             count(*) filter (where used > 0) as used
        from coupons where project_id = ${projectId} and customer_id = ${id}
    ), balances as (
      select programme, available, pending, reserved, debt from points_accounts
       where project_id = ${projectId} and customer_id = ${id}
    )
    select json_build_object(
      'isKnown', exists (select from customers where project_id = ${projectId} and id = ${id})
        or exists (select from history) or exists (select from redeemed) or exists (select from balances)
        or exists (select from coupons where project_id = ${projectId} and customer_id = ${id}),
      'completed', (select count(*) from history),
      'firstAt', (select floor(extract(epoch from min(at)) * 1000)::bigint from history),
      'lastAt', (select floor(extract(epoch from max(at)) * 1000)::bigint from history),
      'amounts', (select coalesce(json_agg(json_build_object('currency', currency, 'amount', amount) order by currency), '[]')
                    from (select currency, least(sum(total), ${most})::bigint as amount from history group by currency) as a),
      'redemptions', (select coalesce(json_agg(json_build_object('currency', currency, 'count', count,
                          'saved', coalesce(saved, 0)) order by currency), '[]') from redeemed),
      'coupons', (select json_build_object('held', held, 'used', used) from own),
      'points', (select coalesce(json_agg(b order by b.programme), '[]') from balances b),
      'segments', (select coalesce(json_agg(s.key order by s.key), '[]')
                     from segment_members m join segments s on s.project_id = m.project_id and s.id = m.segment_id
                    where m.project_id = ${projectId} and m.customer_id = ${id}),
      'tier', (select tier from customer_tiers where project_id = ${projectId} and customer_id = ${id}),
      'scoring', (select json_build_object('currency', document ->> 'currency', 'borders', borders)
                    from rfm_settings where project_id = ${projectId} and borders is not null)) as sums`);
  return rows[0]!.sums;
}
