/** New customers, what they bought since, and what campaigns cost. It looks into the tables of several features. */
import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { historyOf, wholeHistory } from "./purchase-history.ts";

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

const firstOfAll = sql`at, external_id, source, order_ref`;

/** Of whatever was bought in the time, also of what was not kept. */
export const buyers = (projectId: string, { from, to }: KpiQuestion): SQL => sql`
  select customer_id from orders
   where project_id = ${projectId} and customer_id is not null and placed_at >= ${instant(from)} and placed_at < ${instant(to)}
  union all
  select customer_id from redemptions
   where project_id = ${projectId} and customer_id is not null and committed_at >= ${instant(from)} and committed_at < ${instant(to)}`;

/**
 * By the channel and the month of the first order, of those who paid it in the currency: costs and purchases are of it as well.
 * `isWhole`: as `isWholeCheaper` says of the buyers.
 */
export async function sumNewCustomers(
  connection: Connection,
  projectId: string,
  question: KpiQuestion,
  isWhole: boolean,
): Promise<NewCustomers[]> {
  const { currency, from, to, now, repurchaseDays, periodDays } = question;
  const history = isWhole
    ? wholeHistory(projectId)
    : sql`select h.* from (select distinct customer_id from (${buyers(projectId, question)}) as b) as c
        ${historyOf(projectId, sql`c.customer_id`, false)}`;
  const isCounted = sql`currency = ${currency} and at < ${instant(now)}`;
  const { rows } = await connection.execute<NewCustomers>(sql`
    with bought as materialized (
      select b.*
        from (
          select min(first_at) as first_at, (array_agg(currency order by ${firstOfAll}))[1] as first_currency,
                 (array_agg(external_id order by ${firstOfAll}))[1] as external_id,
                 (array_agg(source order by ${firstOfAll}))[1] as source, (array_agg(order_ref order by ${firstOfAll}))[1] as order_ref,
                 count(*) filter (where ${isCounted}) as orders, coalesce(sum(total) filter (where ${isCounted}), 0) as revenue,
                 (array_agg(at order by ${firstOfAll}) filter (where ${isCounted}))[2] as second_at,
                 coalesce(sum(total) filter (where ${isCounted} and at < first_at + ${days(periodDays)}), 0) as first_period,
                 coalesce(bool_or(at >= first_at + ${days(periodDays)} and at < first_at + ${days(2 * periodDays)})
                            filter (where ${isCounted}), false) as came_back
            from (select h.*, min(at) over (partition by customer_id) as first_at from (${history}) as h) as h
           group by customer_id having min(first_at) >= ${instant(from)} and min(first_at) < ${instant(to)}) as b
       where b.first_currency = ${currency}),
    told as (
      select b.*, coalesce(
               (select channel from orders where project_id = ${projectId} and external_id = b.external_id),
               (select request ->> 'channel' from redemptions
                 where b.external_id is null and project_id = ${projectId} and source = b.source and order_ref = b.order_ref
                   and state not in ('cancelled', 'expired'))) as channel
        from bought b),
    judged as (
      select ${groupOf(question, sql`channel`, sql`first_at`)}, orders, revenue, first_period, came_back,
             first_at <= ${instant(now)} - ${days(repurchaseDays)} as is_matured,
             second_at <= first_at + ${days(repurchaseDays)} as is_again,
             first_at <= ${instant(now)} - ${days(2 * periodDays)} as is_observed
        from told)
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
