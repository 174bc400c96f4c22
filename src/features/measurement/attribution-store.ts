import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

export interface ChannelCredit {
  readonly channel: string | null;
  readonly touches: number;
  readonly firstOrders: number;
  readonly firstRevenue: number;
  readonly lastOrders: number;
  readonly lastRevenue: number;
  readonly linearOrders: number;
  readonly linearRevenue: number;
}

/**
 * Orders of the period by the channels through which events of the campaign touched their customers in so many days before.
 * Of n touches the i-th has the part of an amount between (i − 1)/n and i/n, each border rounded down: together they are all of it.
 */
export async function creditChannels(
  connection: Connection,
  projectId: string,
  {
    campaign,
    currency,
    windowDays,
    from,
    to,
  }: { campaign: string; currency: string; windowDays: number; from: Date; to: Date },
): Promise<ChannelCredit[]> {
  const begins = from.toISOString();
  const ends = to.toISOString();
  const window = sql`make_interval(days => ${windowDays}::int)`;
  const { rows } = await connection.execute<Record<keyof ChannelCredit, never>>(sql`
    with touched as materialized (
      select occurred_at as at, source, id, channel, customer_id, visitor from tracked_events
       where project_id = ${projectId} and campaign = ${campaign}
         and occurred_at >= ${begins}::timestamptz - ${window} and occurred_at < ${ends}::timestamptz),
    known as (
      -- Who a visitor turned out to be; the first one where several people share a browser.
      select distinct on (e.visitor) e.visitor, e.customer_id
        from tracked_events e
       where e.project_id = ${projectId} and e.customer_id is not null
         and e.visitor in (select visitor from touched where customer_id is null and visitor is not null)
         and e.occurred_at >= ${begins}::timestamptz - ${window} and e.occurred_at < ${ends}::timestamptz
       order by e.visitor, e.occurred_at, e.customer_id),
    touches as materialized (
      select t.at, t.source, t.id, t.channel, coalesce(t.customer_id, k.customer_id) as customer_id
        from touched t left join known k on t.customer_id is null and k.visitor = t.visitor),
    ordered as materialized (
      select row_number() over () as number, c.customer_id, h.at, h.total
        from (select distinct customer_id from touches where customer_id is not null) as c
       -- By the customer alone: with the time and the currency PostgreSQL goes through all orders there are.
       cross join lateral (select at, currency, total from order_history
                            where project_id = ${projectId} and customer_id = c.customer_id offset 0) as h
       where h.currency = ${currency} and h.at >= ${begins}::timestamptz and h.at < ${ends}::timestamptz),
    paths as (
      select o.number, o.total, t.channel,
             row_number() over (partition by o.number order by t.at, t.source, t.id) as i,
             count(*) over (partition by o.number) as n
        from ordered o join touches t on t.customer_id = o.customer_id and t.at <= o.at and t.at > o.at - ${window})
    select channel, count(*)::int as touches,
           (count(*) filter (where i = 1))::int as "firstOrders", coalesce(sum(total) filter (where i = 1), 0)::bigint as "firstRevenue",
           (count(*) filter (where i = n))::int as "lastOrders", coalesce(sum(total) filter (where i = n), 0)::bigint as "lastRevenue",
           sum(1.0 / n)::float8 as "linearOrders", sum(total * i / n - total * (i - 1) / n)::bigint as "linearRevenue"
      from paths group by channel order by "lastRevenue" desc, channel nulls last limit 100`);
  return rows;
}
