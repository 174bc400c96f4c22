import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type JobQuery, liveStates } from "./job-schemas.ts";
import { type JobRow, jobs } from "./job-tables.ts";

/** Without a beat for so long, whoever had the job is taken for dead. By the database's clock, which all processes share. */
const staleAfter = "30 seconds";
const mostAttempts = 5;

const named = (projectId: string, id: string) => and(eq(jobs.projectId, projectId), eq(jobs.id, id));
const isLive = sql`${jobs.state} in (${sql.raw(liveStates.map((state) => `'${state}'`).join(", "))})`;

/** Inserts the job and, once that commits, wakes the processes that listen. */
export async function insertJob(connection: Connection, row: JobRow, channel: string): Promise<void> {
  await connection.insert(jobs).values(row);
  await connection.execute(sql`select pg_notify(${channel}, '')`);
}

export async function findJob(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<JobRow | undefined> {
  const [row] = await connection.select().from(jobs).where(named(projectId, id));
  return row;
}

/** Locked until the transaction ends. */
export async function lockJob(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<JobRow | undefined> {
  const [row] = await connection.select().from(jobs).where(named(projectId, id)).for("update");
  return row;
}

/** Newest first. */
export async function listJobs(
  connection: Connection,
  projectId: string,
  { state, kind }: Pick<JobQuery, "state" | "kind">,
  { beforeId, limit }: { beforeId: string | null; limit: number },
): Promise<JobRow[]> {
  return connection
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.projectId, projectId),
        beforeId === null ? undefined : lt(jobs.id, beforeId),
        state === undefined ? undefined : eq(jobs.state, state),
        kind === undefined ? undefined : eq(jobs.kind, kind),
      ),
    )
    .orderBy(desc(jobs.id))
    .limit(limit);
}

/** Live jobs of a kind, for a service that must reckon with work still to come. */
export async function liveJobs(connection: Connection, projectId: string, kind: string): Promise<JobRow[]> {
  return connection
    .select()
    .from(jobs)
    .where(and(eq(jobs.projectId, projectId), eq(jobs.kind, kind), isLive));
}

/** The oldest jobs that wait, or whose runner is dead; over the walls. */
export async function waitingJobs(
  connection: Connection,
  kinds: readonly string[],
  most: number,
): Promise<Pick<JobRow, "projectId" | "id">[]> {
  const { rows } = await connection.execute<Pick<JobRow, "projectId" | "id">>(sql`
    select project_id as "projectId", id from waiting_jobs(${sql.param([...kinds])}::text[], ${staleAfter}::interval, ${most})`);
  return rows;
}

export interface JobBacklog {
  readonly kind: string;
  readonly waiting: number;
  readonly oldestSeconds: number;
}

/** Jobs that no process has taken yet, over the walls. */
export async function jobBacklog(connection: Connection): Promise<JobBacklog[]> {
  const { rows } = await connection.execute<JobBacklog & Record<string, unknown>>(sql`
    select kind, waiting::int as waiting, oldest_seconds as "oldestSeconds" from job_backlog()`);
  return rows;
}

/** Undefined if somebody else has it by now: two processes never take the same one. */
export async function takeJob(
  connection: Connection,
  { projectId, id }: Pick<JobRow, "projectId" | "id">,
  { runner, now }: { runner: string; now: Date },
): Promise<JobRow | undefined> {
  const isToTake = sql`(${jobs.state} = 'queued' or ${jobs.heartbeatAt} < now() - ${staleAfter}::interval)`;
  const [row] = await connection
    .update(jobs)
    .set({
      state: sql`case when ${jobs.state} = 'cancelling' then 'cancelling' else 'running' end`,
      runner,
      attempts: sql`${jobs.attempts} + 1`,
      startedAt: sql`coalesce(${jobs.startedAt}, ${now.toISOString()}::timestamptz)`,
      heartbeatAt: sql`now()`,
    })
    .where(and(named(projectId, id), isLive, isToTake))
    .returning();
  return row;
}

export function isWornOut({ attempts }: JobRow): boolean {
  return attempts > mostAttempts;
}

const held = ({ projectId, id }: JobRow, runner: string) =>
  and(named(projectId, id), eq(jobs.runner, runner));

/** False when the job is no longer this runner's, or is to stop. */
export async function beatJob(connection: Connection, row: JobRow, runner: string): Promise<boolean> {
  const updated = await connection
    .update(jobs)
    .set({ heartbeatAt: sql`now()` })
    .where(and(held(row, runner), eq(jobs.state, "running")))
    .returning({ id: jobs.id });
  return updated.length > 0;
}

/** False when the job is no longer this runner's, or is to stop: the transaction must then not commit. */
export async function advanceJob(
  connection: Connection,
  row: JobRow,
  runner: string,
  done: number,
): Promise<boolean> {
  const updated = await connection
    .update(jobs)
    .set({ done, attempts: 0, heartbeatAt: sql`now()` })
    .where(and(held(row, runner), eq(jobs.state, "running")))
    .returning({ id: jobs.id });
  return updated.length > 0;
}

/** False when the job is no longer this runner's. */
export async function finishJob(
  connection: Connection,
  row: JobRow,
  runner: string,
  end: Pick<JobRow, "state" | "result" | "failure" | "finishedAt">,
): Promise<boolean> {
  const finished = await connection
    .update(jobs)
    .set({ ...end, runner: null })
    .where(held(row, runner))
    .returning({ id: jobs.id });
  return finished.length > 0;
}

/** Given back unfinished, for whoever takes it next; one that is to stop stays so. */
export async function releaseJob(
  connection: Connection,
  row: JobRow,
  runner: string,
  { isToCount, channel }: { isToCount: boolean; channel: string },
): Promise<void> {
  await connection
    .update(jobs)
    .set({
      state: sql`case when ${jobs.state} = 'cancelling' then 'cancelling' else 'queued' end`,
      runner: null,
      heartbeatAt: sql`'-infinity'::timestamptz`,
      ...(!isToCount && { attempts: 0 }),
    })
    .where(held(row, runner));
  await connection.execute(sql`select pg_notify(${channel}, '')`);
}

/** The job as it then is; one that waits ends at once, one that runs is told to, one that is over stays as it is. */
export async function cancelJob(
  connection: Connection,
  { projectId, id }: JobRow,
  { now, channel }: { now: Date; channel: string },
): Promise<JobRow> {
  const [row] = await connection
    .update(jobs)
    .set({
      state: sql`case ${jobs.state} when 'queued' then 'cancelled' when 'running' then 'cancelling' else ${jobs.state} end`,
      finishedAt: sql`case ${jobs.state} when 'queued' then ${now.toISOString()}::timestamptz else ${jobs.finishedAt} end`,
    })
    .where(named(projectId, id))
    .returning();
  if (row === undefined) throw new Error(`job ${id} vanished under its lock`);
  await connection.execute(sql`select pg_notify(${channel}, ${id})`);
  return row;
}
