import { eq, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type AutomationName, type AutomationRow, automations } from "./automation-tables.ts";

/** Over the walls. */
export async function projectsWithOldRuns(connection: Connection, before: Date): Promise<string[]> {
  const { rows } = await connection.execute<{ project_id: string }>(sql`
    select project_id from projects_with_old_automation_runs(${before.toISOString()}::timestamptz) as project_id`);
  return rows.map(({ project_id }) => project_id);
}

export async function automationsToForgetOf(
  connection: Connection,
  projectId: string,
): Promise<Pick<AutomationRow, "id" | "status" | "document">[]> {
  const { id, status, document } = automations;
  return connection
    .select({ id, status, document })
    .from(automations)
    .where(eq(automations.projectId, projectId));
}

/** Where a page of runs ended. `ranAt` as Postgres writes it, to the microsecond. */
export interface RunPlace extends Record<string, unknown> {
  readonly ranAt: string;
  readonly id: string;
}

/**
 * How many went, of those that were over before; counted among the past ones in the same statement. `last` is null once none
 * are left after it.
 */
export async function forgetRuns(
  connection: Connection,
  { projectId, id }: AutomationName,
  {
    before,
    most,
    keepsDone,
    keepsLatest,
    after,
  }: { before: Date; most: number; keepsDone: boolean; keepsLatest: boolean; after: RunPlace | null },
): Promise<{ gone: number; last: RunPlace | null }> {
  const states = keepsDone ? ["skipped"] : ["done", "skipped"];
  const { rows } = await connection.execute<RunPlace & { gone: number }>(sql`
    with old as materialized (
      select r.id, r.ran_at from automation_runs r
       where r.project_id = ${projectId} and r.automation_id = ${id} and r.state = any (${sql.param(states)}::text[])
         and r.state in ('done', 'skipped') and r.ran_at < ${before.toISOString()}::timestamptz
         and (r.ran_at, r.id) > (${after?.ranAt ?? "-infinity"}::timestamptz, ${after?.id ?? ""})
         and (not ${keepsLatest}::boolean or exists (
               select from automation_runs later
                where later.project_id = r.project_id and later.automation_id = r.automation_id and later.holder = r.holder
                  and later.id > r.id))
       order by r.ran_at, r.id limit ${most} for update skip locked
    ), gone as (
      delete from automation_runs where project_id = ${projectId} and id in (select id from old) returning state, reason, points
    ), counted as (
      insert into automation_past_runs as p (project_id, automation_id, state, reason, runs)
      select ${projectId}, ${id}, state, coalesce(reason, ''), count(*) from gone group by state, reason order by state, reason
      on conflict (project_id, automation_id, state, reason) do update set runs = p.runs + excluded.runs
    ), awarded as (
      insert into automation_past_points as p (project_id, automation_id, programme, points)
      select ${projectId}, ${id}, a.key, sum(a.value::bigint) from gone, jsonb_each_text(gone.points) as a group by a.key order by a.key
      on conflict (project_id, automation_id, programme) do update set points = p.points + excluded.points
    )
    select ran_at::text as "ranAt", id, (select count(*) from gone)::int as gone
      from old order by ran_at desc, id desc limit 1`);
  const [row] = rows;
  if (row === undefined) return { gone: 0, last: null };
  const { gone, ranAt, id: lastId } = row;
  return { gone, last: gone < most ? null : { ranAt, id: lastId } };
}
