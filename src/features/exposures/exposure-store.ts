import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { ExposureRow } from "./exposure-tables.ts";

/** The first time counts; later ones change nothing. `rows`: in the order of their keys, so that processes do not wait in a circle. */
export async function insertExposures(
  connection: Connection,
  projectId: string,
  rows: readonly Omit<ExposureRow, "projectId">[],
): Promise<void> {
  const column = (read: (row: Omit<ExposureRow, "projectId">) => string | null) =>
    sql`${sql.param(rows.map(read))}::text[]`;
  await connection.execute(sql`
    insert into exposures (project_id, kind, name, customer_id, arm, at, channel)
    select ${projectId}, told.kind, told.name, coalesce(a.customer_id, told.customer_id), told.arm, told.at::timestamptz, told.channel
      from unnest(${column(({ kind }) => kind)}, ${column(({ name }) => name)}, ${column((row) => row.customerId)},
                  ${column(({ arm }) => arm)}, ${column(({ at }) => at.toISOString())}, ${column((row) => row.channel)})
        as told (kind, name, customer_id, arm, at, channel)
      left join lateral (select customer_id from customer_aliases
                          where project_id = ${projectId} and alias = told.customer_id collate "C" offset 0) as a on true
        on conflict (project_id, kind, name, customer_id) do nothing`);
}

/** Whether it is noted of anybody that they met it, or did so before that instant. */
export async function hasExposures(
  connection: Connection,
  projectId: string,
  kind: ExposureRow["kind"],
  name: string,
  before?: Date,
): Promise<boolean> {
  const isBefore = before === undefined ? sql`` : sql`and at < ${before.toISOString()}::timestamptz`;
  const { rowCount } = await connection.execute(sql`
    select from exposures where project_id = ${projectId} and kind = ${kind} and name = ${name} ${isBefore} limit 1`);
  return rowCount === 1;
}

/** Projects with exposures from before. */
export async function projectsWithOldExposures(
  outside: Connection,
  before: Date,
  most: number,
): Promise<string[]> {
  const { rows } = await outside.execute<{ projectId: string }>(
    sql`select project_id as "projectId" from projects_with_old_exposures(${before.toISOString()}::timestamptz, ${most})`,
  );
  return rows.map(({ projectId }) => projectId);
}

/** How many went. */
export async function forgetExposures(
  connection: Connection,
  projectId: string,
  before: Date,
  most: number,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    delete from exposures where project_id = ${projectId} and (kind, name, customer_id) in (
      select kind, name, customer_id from exposures
       where project_id = ${projectId} and at < ${before.toISOString()}::timestamptz order by at limit ${most})`);
  return rowCount ?? 0;
}
