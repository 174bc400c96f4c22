import { eq, sql } from "drizzle-orm";
import { spaceOf } from "../../platform/auth.ts";
import type { Connection } from "../../platform/database.ts";
import type { ProjectSettingsChange } from "./project-schemas.ts";
import { type ProjectRow, projects } from "./project-tables.ts";

export async function findProject(
  connection: Connection,
  projectId: string,
): Promise<ProjectRow | undefined> {
  const [row] = await connection.select().from(projects).where(eq(projects.id, projectId));
  return row;
}

/** Locked until the transaction ends, so that two changes of one project follow each other. */
export async function lockProject(
  connection: Connection,
  projectId: string,
): Promise<ProjectRow | undefined> {
  const [row] = await connection.select().from(projects).where(eq(projects.id, projectId)).for("update");
  return row;
}

/** Those that still exist; over the walls. */
export async function findRevisions(
  connection: Connection,
  projectIds: readonly string[],
): Promise<Pick<ProjectRow, "id" | "revision">[]> {
  const { rows } = await connection.execute<Pick<ProjectRow, "id" | "revision">>(
    sql`select id, revision from project_revisions(${sql.param([...projectIds])}::text[])`,
  );
  return rows;
}

/** Whoever made one; over the walls. */
export async function isWithoutProjects(connection: Connection): Promise<boolean> {
  const { rows } = await connection.execute(sql`select from project_ids() limit 1`);
  return rows.length === 0;
}

/** In a transaction of the project: its environments, each behind its own walls. */
export async function insertProject(
  connection: Connection,
  row: Pick<ProjectRow, "id" | "key" | "name" | "settings" | "createdAt">,
): Promise<void> {
  for (const environment of ["test", "live"] as const) {
    const id = spaceOf(row.id, environment);
    await connection.execute(sql`select set_config('app.project', ${id}, true)`);
    await connection.insert(projects).values({ ...row, id, environment });
  }
}

/** Of a project that is locked. */
export async function changeSettings(
  connection: Connection,
  projectId: string,
  change: ProjectSettingsChange,
): Promise<ProjectRow> {
  const [row] = await connection
    .update(projects)
    .set({
      settings: sql`${projects.settings} || ${JSON.stringify(change)}::jsonb`,
      settingsVersion: sql`${projects.settingsVersion} + 1`,
    })
    .where(eq(projects.id, projectId))
    .returning();
  if (row === undefined) throw new Error(`project ${projectId} vanished under its lock`);
  return row;
}

export type StopRow = Pick<ProjectRow, "stoppedAt" | "stoppedBy" | "stopReason">;

export async function setStop(connection: Connection, projectId: string, stop: StopRow): Promise<void> {
  await connection.update(projects).set(stop).where(eq(projects.id, projectId));
}

/** Each of the parts named is replaced as a whole. */
export async function mergeSafeguards(
  connection: Connection,
  projectId: string,
  change: object,
): Promise<void> {
  await connection
    .update(projects)
    .set({ safeguards: sql`${projects.safeguards} || ${JSON.stringify(change)}::jsonb` })
    .where(eq(projects.id, projectId));
}

export interface AlarmRow {
  readonly projectId: string;
  /** What the alarm is about: raised once in each window. */
  readonly name: string;
  /** Epoch milliseconds. */
  readonly windowEndsAt: number;
}

/** Notes that an alarm is raised. False if somebody has raised it in this window before. */
export async function noteAlarm(connection: Connection, alarm: AlarmRow): Promise<boolean> {
  const { projectId, name, windowEndsAt } = alarm;
  const { rowCount } = await connection.execute(sql`
    update projects
       set alarms_raised = (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(alarms_raised)
                             where value::bigint > extract(epoch from now()) * 1000)
                           || jsonb_build_object(${name}::text, ${windowEndsAt}::bigint)
     where id = ${projectId} and coalesce((alarms_raised ->> ${name})::bigint, 0) < ${windowEndsAt}`);
  return rowCount === 1;
}

/** Counts the revision up and tells every process when this transaction commits. */
export async function incrementRevision(
  connection: Connection,
  projectId: string,
  channel: string,
): Promise<number | undefined> {
  const [row] = await connection
    .update(projects)
    .set({ revision: sql`${projects.revision} + 1` })
    .where(eq(projects.id, projectId))
    .returning({ revision: projects.revision });
  await connection.execute(sql`select pg_notify(${channel}, ${projectId})`);
  return row?.revision;
}

/** Held until the transaction ends, so that of several processes starting at once one makes the first project. */
export async function lockBootstrap(connection: Connection): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(7305118202)`);
}
