/** It looks into the redemptions of the orders that it counts, and writes its own table. */
import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

export interface DayOfSku extends Record<string, unknown> {
  readonly sku: string;
  readonly day: string;
}

/** Days of SKUs that these redemptions took something off by a promotion on goods that needs no code; none in projects without a cap. */
export async function daysOf(
  connection: Connection,
  projectId: string,
  redemptions: readonly string[],
): Promise<DayOfSku[]> {
  const { rows } = await connection.execute<DayOfSku>(sql`
    select distinct asked.line ->> 'sku' as sku,
           -- A quote is evaluated long before it is an order.
           (case when (select true from quotes q where q.project_id = r.project_id and q.redemption_id = r.id limit 1)
                 then coalesce(r.committed_at, r.created_at) else r.evaluated_at end
              at time zone coalesce(p.settings ->> 'timezone', 'UTC'))::date::text as day
      from projects p
     -- After the project, which hardly ever has a cap: else their documents would be read for nothing.
     cross join lateral (select * from redemptions
                          where project_id = p.id and id = any (${sql.param([...redemptions])}::text[]) offset 0) as r
     cross join lateral json_array_elements(r.quote -> 'lines') as quoted (line)
      join lateral json_array_elements(r.request -> 'lines') as asked (line) on asked.line ->> 'id' = quoted.line ->> 'id'
     where p.id = ${projectId} and p.settings ->> 'promotionDaysPerYear' is not null
       and exists (select from json_array_elements(quoted.line -> 'adjustments') as a (adjustment)
                    where adjustment ->> 'stage' = 'item' and adjustment ->> 'code' is null and (adjustment ->> 'amount')::bigint > 0)`);
  return rows;
}

/** Counts the day for those SKUs for which it is a new one. Days come in their order, under the lock of the project's events. */
export async function countDay(
  connection: Connection,
  projectId: string,
  day: string,
  skus: readonly string[],
): Promise<void> {
  await connection.execute(sql`
    insert into promotion_days as known (project_id, year, sku, days, last_day)
    select ${projectId}, extract(year from ${day}::date), sku, 1, ${day}::date from unnest(${sql.param([...skus])}::text[]) as u (sku)
        on conflict (project_id, year, sku) do update set days = known.days + 1, last_day = excluded.last_day
     where known.last_day < excluded.last_day`);
}

/** On so many days of the year, `day` itself not counted: on a day that has begun nothing changes. */
export async function restingSkus(
  connection: Connection,
  projectId: string,
  day: string,
  most: number,
): Promise<string[]> {
  const { rows } = await connection.execute<{ sku: string }>(sql`
    select sku from promotion_days
     where project_id = ${projectId} and year = extract(year from ${day}::date) and days >= ${most}
       and days - (last_day = ${day}::date)::int >= ${most}`);
  return rows.map(({ sku }) => sku);
}

export interface CountedDays extends Record<string, unknown> {
  readonly sku: string;
  readonly days: number;
  readonly lastDay: string;
}

/** Of a year, by SKU. */
export async function listDays(
  connection: Connection,
  projectId: string,
  { year, sku, after, limit }: { year: number; sku?: string | undefined; after: string; limit: number },
): Promise<CountedDays[]> {
  const { rows } = await connection.execute<CountedDays>(sql`
    select sku, days, last_day::text as "lastDay" from promotion_days
     where project_id = ${projectId} and year = ${year} and sku > ${after} ${sku === undefined ? sql`` : sql`and sku = ${sku}`}
     order by sku limit ${limit}`);
  return rows;
}
