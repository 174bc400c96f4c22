/** New customers, what they bought since, and what campaigns cost. It looks into the tables of several features. */
import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

export interface KpiQuestion {
  readonly currency: string;
  readonly from: Date;
  readonly to: Date;
  readonly now: Date;
  readonly byChannel: boolean;
  readonly byCohort: boolean;
  readonly timezone: string;
  readonly repurchaseDays: number;
  readonly periodDays: number;
}

interface Group {
  readonly channel: string | null;
  readonly cohort: string | null;
}

export interface NewCustomers extends Group, Record<string, unknown> {
  readonly customers: number;
  readonly orders: number;
  readonly revenue: number;
  readonly matured: number;
  readonly again: number;
  readonly observed: number;
  readonly retained: number;
  /** Revenue of the observed in their first period. */
  readonly firstPeriod: number;
}

const instant = (at: Date): SQL => sql`${at.toISOString()}::timestamptz`;
const days = (count: number): SQL => sql`make_interval(days => ${count}::int)`;

const groupOf = ({ byChannel, byCohort, timezone }: KpiQuestion, channel: SQL, at: SQL): SQL => sql`
  ${byChannel ? channel : sql`null::text`} as channel,
  ${byCohort ? sql`to_char(${at} at time zone ${timezone}, 'YYYY-MM')` : sql`null::text`} as cohort`;

/** By the channel and the month of the first order, of those who paid it in the currency: costs and purchases are of it as well. */
export async function sumNewCustomers(
  connection: Connection,
  projectId: string,
  question: KpiQuestion,
): Promise<NewCustomers[]> {
  const { currency, from, to, now, repurchaseDays, periodDays } = question;
  const { rows } = await connection.execute<NewCustomers>(sql`
    with candidates as materialized (
      select customer_id, min(at) as first_at from order_history
       where project_id = ${projectId} and at >= ${instant(from)} and at < ${instant(to)} group by customer_id),
    firsts as materialized (
      select c.customer_id, c.first_at, f.channel
        from candidates c cross join lateral (
          select coalesce(o.channel, r.request ->> 'channel') as channel, h.currency
            from order_history h
            left join orders o on o.project_id = ${projectId} and o.external_id = h.external_id
            left join redemptions r on h.external_id is null and r.project_id = ${projectId} and r.source = h.source
                  and r.order_ref = h.order_ref and r.state not in ('cancelled', 'expired')
           where h.project_id = ${projectId} and h.customer_id = c.customer_id and h.at = c.first_at
           order by h.external_id limit 1) as f
       where f.currency = ${currency} and not exists (select from order_history x
                          where x.project_id = ${projectId} and x.customer_id = c.customer_id and x.at < ${instant(from)})),
    bought as (
      select f.*, b.*
        from firsts f cross join lateral (
          select count(*) as orders, coalesce(sum(total), 0) as revenue, (array_agg(at order by at))[2] as second_at,
                 coalesce(sum(total) filter (where at < f.first_at + ${days(periodDays)}), 0) as first_period,
                 coalesce(bool_or(at >= f.first_at + ${days(periodDays)} and at < f.first_at + ${days(2 * periodDays)}), false) as came_back
            from order_history
           where project_id = ${projectId} and customer_id = f.customer_id and currency = ${currency} and at < ${instant(now)}) as b),
    judged as (
      select ${groupOf(question, sql`channel`, sql`first_at`)}, orders, revenue, first_period, came_back,
             first_at <= ${instant(now)} - ${days(repurchaseDays)} as is_matured,
             second_at <= first_at + ${days(repurchaseDays)} as is_again,
             first_at <= ${instant(now)} - ${days(2 * periodDays)} as is_observed
        from bought)
    select channel, cohort, count(*)::int as customers, sum(orders)::int as orders, sum(revenue)::bigint as revenue,
           (count(*) filter (where is_matured))::int as matured, (count(*) filter (where is_matured and is_again))::int as again,
           (count(*) filter (where is_observed))::int as observed,
           (count(*) filter (where is_observed and came_back))::int as retained,
           coalesce(sum(first_period) filter (where is_observed), 0)::bigint as "firstPeriod"
      from judged group by channel, cohort`);
  return rows;
}

export interface Spent extends Group, Record<string, unknown> {
  readonly cost: number;
}

export async function sumCosts(
  connection: Connection,
  projectId: string,
  question: KpiQuestion,
): Promise<Spent[]> {
  const { currency, from, to } = question;
  const { rows } = await connection.execute<Spent>(sql`
    select channel, cohort, sum(amount)::bigint as cost
      from (select ${groupOf(question, sql`channel`, sql`at`)}, amount from campaign_costs
             where project_id = ${projectId} and currency = ${currency} and at >= ${instant(from)} and at < ${instant(to)}) as spent
     group by channel, cohort`);
  return rows;
}
