/** What automations came to, and whom they would reach. It looks into the tables of several features, and writes none. */
import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { RunState } from "./automation-schemas.ts";
import type { AutomationName } from "./automation-tables.ts";

export interface StateCount {
  readonly state: RunState;
  readonly reason: string | null;
  readonly count: number;
}

export async function countStates(
  connection: Connection,
  { projectId, id }: AutomationName,
): Promise<StateCount[]> {
  const { rows } = await connection.execute<Record<keyof StateCount, never>>(sql`
    select state, reason, sum(count)::bigint as count from (
      select state, reason, count(*) as count from automation_runs
       where project_id = ${projectId} and automation_id = ${id} group by state, reason
      union all
      select state, nullif(reason, ''), runs from automation_past_runs
       where project_id = ${projectId} and automation_id = ${id}) as counted
     group by state, reason order by state, reason`);
  return rows;
}

export interface CouponSums {
  readonly issued: number;
  readonly redeemed: number;
  readonly amounts: { currency: string; orders: number; revenue: number; discount: number }[];
}

/** An order that used several of the coupons counts once. */
export async function sumCoupons(
  connection: Connection,
  { projectId, id }: AutomationName,
): Promise<CouponSums> {
  const { rows } = await connection.execute<Record<keyof CouponSums, never>>(sql`
    with coupons as materialized (
      select redemption_id, currency, revenue, discount from automation_coupons
       where project_id = ${projectId} and automation_id = ${id}
    ), orders as (
      select currency, max(revenue) as revenue, sum(discount) as discount from coupons
       where redemption_id is not null group by redemption_id, currency
    ), amounts as (
      select currency, count(*) as orders, sum(revenue)::bigint as revenue, sum(discount)::bigint as discount
        from orders group by currency
    )
    select (select count(*) from coupons)::bigint as issued, (select count(redemption_id) from coupons)::bigint as redeemed,
           (select coalesce(json_agg(amounts order by currency), '[]') from amounts) as amounts`);
  return rows[0]!;
}

export interface AwardedPoints {
  readonly programme: string;
  readonly awarded: number;
}

export async function sumPoints(
  connection: Connection,
  { projectId, id }: AutomationName,
): Promise<AwardedPoints[]> {
  const { rows } = await connection.execute<Record<keyof AwardedPoints, never>>(sql`
    select programme, sum(points)::bigint as awarded from (
      select p.key as programme, p.value::bigint as points from automation_runs r, jsonb_each_text(r.points) as p
       where r.project_id = ${projectId} and r.automation_id = ${id} and r.points is not null
      union all
      select programme, points from automation_past_points
       where project_id = ${projectId} and automation_id = ${id}) as awards
     group by programme order by programme`);
  return rows;
}

/** Of these holders, those for whom the occasion has triggered it already. */
export async function occasionsKnown(
  connection: Connection,
  { projectId, id }: AutomationName,
  occasions: readonly { holder: string; occurrence: string }[],
): Promise<Set<string>> {
  const { rows } = await connection.execute<{ holder: string }>(sql`
    select r.holder from unnest(${sql.param(occasions.map(({ holder }) => holder))}::text[],
                                ${sql.param(occasions.map(({ occurrence }) => occurrence))}::text[]) as o (holder, occurrence)
      join automation_runs r on r.project_id = ${projectId} and r.automation_id = ${id} and r.holder = o.holder
       and r.occurrence = o.occurrence`);
  return new Set(rows.map(({ holder }) => holder));
}

/** The latest events of a type, of customers that are known. */
export async function latestEvents(
  connection: Connection,
  projectId: string,
  { type, since, most }: { type: string; since: Date; most: number },
): Promise<{ customerId: string; data: Record<string, unknown> }[]> {
  const { rows } = await connection.execute<{ customerId: string; data: Record<string, unknown> }>(sql`
    select customer_id as "customerId", data from tracked_events
     where project_id = ${projectId} and type = ${type} and occurred_at >= ${since.toISOString()}::timestamptz
       and customer_id is not null and customer_id not like 'erased:%'
     order by occurred_at desc limit ${most}`);
  return rows;
}

/** Whom nothing was told yet of points that will lapse. */
export async function holdersOfLapsing(
  connection: Connection,
  projectId: string,
  { programme, most }: { programme: string | undefined; most: number },
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    select distinct a.customer_id as id from points_accounts a
      join points_lots l on l.project_id = a.project_id and l.holder = a.holder and l.programme = a.programme
       and l.remaining > 0 and l.remind_at is not null
     where a.project_id = ${projectId} and a.customer_id not like 'erased:%'
       and (${programme ?? null}::text is null or a.programme = ${programme ?? null}::text)
     order by 1 limit ${most}`);
  return rows.map(({ id }) => id);
}
