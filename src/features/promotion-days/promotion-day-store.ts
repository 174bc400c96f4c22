/** It looks into the redemptions of the orders that it counts, and writes its own table. */
import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

/** Days of SKUs that these redemptions took something off by a promotion on goods that needs no code; nothing in projects without a cap. */
export async function noteDays(
  connection: Connection,
  projectId: string,
  redemptions: readonly string[],
): Promise<void> {
  await connection.execute(sql`
    insert into promotion_days (project_id, sku, day)
    select distinct r.project_id, asked.line ->> 'sku',
           (r.evaluated_at at time zone coalesce(p.settings ->> 'timezone', 'UTC'))::date
      from projects p
      join redemptions r on r.project_id = p.id and r.id in (select unnest(${sql.param([...redemptions])}::text[]))
     cross join lateral json_array_elements(r.quote -> 'lines') as quoted (line)
      join lateral json_array_elements(r.request -> 'lines') as asked (line) on asked.line ->> 'id' = quoted.line ->> 'id'
     where p.id = ${projectId} and p.settings ->> 'promotionDaysPerYear' is not null
       and exists (select from json_array_elements(quoted.line -> 'adjustments') as a (adjustment)
                    where adjustment ->> 'stage' = 'item' and adjustment ->> 'code' is null and (adjustment ->> 'amount')::bigint > 0)
        on conflict do nothing`);
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
     where project_id = ${projectId} and day >= date_trunc('year', ${day}::date)
       and day < date_trunc('year', ${day}::date) + interval '1 year' and day <> ${day}::date
     group by sku having count(*) >= ${most}`);
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
    select sku, count(*)::int as days, max(day)::text as "lastDay" from promotion_days
     where project_id = ${projectId} and sku > ${after} and day >= make_date(${year}, 1, 1) and day < make_date(${year + 1}, 1, 1)
       ${sku === undefined ? sql`` : sql`and sku = ${sku}`}
     group by sku order by sku limit ${limit}`);
  return rows;
}
