import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { RunState } from "./automation-schemas.ts";
import {
  type AutomationCouponRow,
  type AutomationRunRow,
  automationCoupons,
  automationRuns,
} from "./automation-tables.ts";

export interface RunName {
  readonly projectId: string;
  readonly id: string;
}

const named = ({ projectId, id }: RunName) =>
  and(eq(automationRuns.projectId, projectId), eq(automationRuns.id, id));

export interface NewRun {
  readonly id: string;
  readonly automationId: string;
  /** Of the automation, as it was read to find out that this triggers it. */
  readonly epoch: number;
  readonly holder: string;
  readonly customerId: string;
  readonly occurrence: string;
  readonly trigger: Readonly<Record<string, unknown>>;
}

/**
 * Of these runs those that were not there, or wait since an earlier epoch and would be forgotten; in one order, so that writers
 * wait in one direction only.
 */
export async function insertRuns(
  connection: Connection,
  projectId: string,
  runs: readonly NewRun[],
  { dueAt, now }: { dueAt: number; now: number },
): Promise<number> {
  if (runs.length === 0) return 0;
  const { rowCount } = await connection.execute(sql`
    insert into automation_runs as r (project_id, id, automation_id, epoch, holder, customer_id, occurrence, trigger, due_at, created_at)
    select distinct on ("automationId", holder, occurrence) ${projectId}, id, "automationId", epoch, holder, "customerId", occurrence, trigger,
           ${new Date(dueAt).toISOString()}::timestamptz, ${new Date(now).toISOString()}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) as run (id text, "automationId" text, epoch bigint, holder text,
             "customerId" text, occurrence text, trigger jsonb)
     order by "automationId", holder, occurrence
    on conflict (project_id, automation_id, holder, occurrence) do update
       set epoch = excluded.epoch, trigger = excluded.trigger, due_at = excluded.due_at, attempts = 0
     where r.state = 'waiting' and r.epoch < excluded.epoch`);
  return rowCount ?? 0;
}

/** Whose run it is; that never changes. */
export async function findRun(connection: Connection, name: RunName): Promise<AutomationRunRow | undefined> {
  const [row] = await connection.select().from(automationRuns).where(named(name));
  return row;
}

/**
 * Those that are to be done (again): of each automation in turn the longest waiting, so that one that reaches very many keeps the
 * others from nothing; in each turn what events triggered comes before what the clock did. From one automation that has some to
 * the next, however many wait.
 */
export async function dueRuns(
  connection: Connection,
  projectId: string,
  { now, most }: { now: number; most: number },
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    with recursive pending as (
      (select automation_id from automation_runs
        where project_id = ${projectId} and due_at is not null order by automation_id limit 1)
      union all
      select later.automation_id from pending, lateral (
        select automation_id from automation_runs
         where project_id = ${projectId} and due_at is not null and automation_id > pending.automation_id
         order by automation_id limit 1) as later
    )
    select due.id from pending
      join automations a on a.project_id = ${projectId} and a.id = pending.automation_id,
           lateral (
             select r.id, r.due_at, row_number() over (order by r.due_at, r.id) as turn from automation_runs r
              where r.project_id = ${projectId} and r.automation_id = pending.automation_id
                and r.due_at <= ${new Date(now).toISOString()}::timestamptz
              order by r.due_at, r.id limit ${most}) as due
     order by due.turn, a.listens_to is null, due.due_at, due.id limit ${most}`);
  return rows.map(({ id }) => id);
}

/** Of automations in force, those that wait for this pool; the longest waiting first. */
export async function owedRuns(
  connection: Connection,
  projectId: string,
  { pool, most }: { pool: string; most: number },
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    select owed.id from automations a, lateral (
      select r.id from automation_runs r
       where r.project_id = ${projectId} and r.pool = ${pool} and r.automation_id = a.id and r.state = 'owed' and r.due_at is null
       order by r.id limit ${most}) as owed
     where a.project_id = ${projectId} and a.status = 'active'
     order by owed.id limit ${most}`);
  return rows.map(({ id }) => id);
}

/** Pools that are waited for, in all projects; over the walls. */
export async function poolsOwed(connection: Connection): Promise<{ projectId: string; pool: string }[]> {
  const { rows } = await connection.execute<{ projectId: string; pool: string }>(sql`
    select project_id as "projectId", pool from owed_automation_runs()`);
  return rows;
}

/** Where there is something to do, in all projects; over the walls. */
export async function projectsDue(connection: Connection, now: number): Promise<string[]> {
  const { rows } = await connection.execute<{ project_id: string }>(sql`
    select project_id from projects_with_automations_due(${new Date(now).toISOString()}::timestamptz) as project_id`);
  return rows.map(({ project_id }) => project_id);
}

/** One of a customer's runs at a time, whatever automation it is of: false while somebody else is at another. */
export async function tryCustomer(
  connection: Connection,
  projectId: string,
  holder: string,
): Promise<boolean> {
  const { rows } = await connection.execute<{ taken: boolean }>(sql`
    select pg_try_advisory_xact_lock(730511825, hashtext(${`${projectId} ${holder}`})) as taken`);
  return rows[0]!.taken;
}

/** The same, waited for: nothing of the customer is begun until the transaction ends. */
export async function holdCustomer(connection: Connection, projectId: string, holder: string): Promise<void> {
  await connection.execute(sql`
    select pg_advisory_xact_lock(730511825, hashtext(${`${projectId} ${holder}`}))`);
}

/** Locked, if it is still to be done and nobody else works on it. */
export async function lockRun(connection: Connection, name: RunName): Promise<AutomationRunRow | undefined> {
  const [row] = await connection
    .select()
    .from(automationRuns)
    .where(and(named(name), inArray(automationRuns.state, ["waiting", "owed"])))
    .for("update", { skipLocked: true });
  return row;
}

export async function saveRun(
  connection: Connection,
  { projectId, id }: RunName,
  change: Partial<
    Pick<
      AutomationRunRow,
      "state" | "reason" | "pool" | "dueAt" | "couponsTaken" | "attempts" | "ranAt" | "points"
    >
  >,
): Promise<void> {
  await connection.update(automationRuns).set(change).where(named({ projectId, id }));
}

/** It is as if it had never been triggered. */
export async function deleteRun(connection: Connection, name: RunName): Promise<void> {
  await connection.delete(automationRuns).where(named(name));
}

/** How many runs of each holder count against a cap; `since` null: all. Who has none is left out. */
export async function countRunsOf(
  connection: Connection,
  { projectId, automationId }: Pick<AutomationRunRow, "projectId" | "automationId">,
  holders: readonly string[],
  since: number | null,
): Promise<Map<string, number>> {
  const { rows } = await connection.execute<{ holder: string; count: number }>(sql`
    select holder, count(*)::bigint as count from automation_runs
     where project_id = ${projectId} and automation_id = ${automationId} and holder = any (${sql.param([...holders])}::text[])
       and state in ('done', 'owed')
       ${since === null ? sql`` : sql`and ran_at >= ${new Date(since).toISOString()}::timestamptz`}
     group by holder`);
  return new Map(rows.map(({ holder, count }) => [holder, count]));
}

/** True if that much was left of the overall caps, and is taken now. */
export async function takeOfCaps(
  connection: Connection,
  { projectId, automationId }: Pick<AutomationRunRow, "projectId" | "automationId">,
  wanted: { runs: number | null; coupons: number | null; couponsOfRun: number },
): Promise<boolean> {
  const { rowCount } = await connection.execute(sql`
    update automation_counts set runs = runs + 1, coupons = coupons + ${wanted.couponsOfRun}
     where project_id = ${projectId} and automation_id = ${automationId}
       and (${wanted.runs}::bigint is null or runs + 1 <= ${wanted.runs}::bigint)
       and (${wanted.coupons}::bigint is null or coupons + ${wanted.couponsOfRun} <= ${wanted.coupons}::bigint)`);
  return rowCount === 1;
}

/** True if there was room for so many coupons more, or fewer, and they are taken now. */
export async function takeMoreCoupons(
  connection: Connection,
  { projectId, automationId }: Pick<AutomationRunRow, "projectId" | "automationId">,
  { more, most }: { more: number; most: number },
): Promise<boolean> {
  const { rowCount } = await connection.execute(sql`
    update automation_counts set coupons = coupons + ${more}::bigint
     where project_id = ${projectId} and automation_id = ${automationId}
       and (${more}::bigint < 0 or coupons + ${more}::bigint <= ${most}::bigint)`);
  return rowCount === 1;
}

/** What an owed run had taken of the overall caps is there for others again. */
export async function giveBack(
  connection: Connection,
  {
    projectId,
    automationId,
    couponsTaken,
  }: Pick<AutomationRunRow, "projectId" | "automationId" | "couponsTaken">,
): Promise<void> {
  await connection.execute(sql`
    update automation_counts set runs = runs - 1, coupons = coupons - ${couponsTaken}::bigint
     where project_id = ${projectId} and automation_id = ${automationId}`);
}

export async function takenOfCaps(
  connection: Connection,
  { projectId, automationId }: Pick<AutomationRunRow, "projectId" | "automationId">,
): Promise<{ runs: number; coupons: number }> {
  const { rows } = await connection.execute<{ runs: number; coupons: number }>(sql`
    select runs, coupons from automation_counts where project_id = ${projectId} and automation_id = ${automationId}`);
  return rows[0] ?? { runs: 0, coupons: 0 };
}

/** What an archived automation still owed it owes nobody any more. */
export async function forgetOwed(
  connection: Connection,
  { projectId, id }: RunName,
  now: Date,
): Promise<void> {
  await connection.execute(sql`
    update automation_runs set state = 'skipped', reason = 'archived', pool = null, due_at = null, ran_at = ${now.toISOString()}::timestamptz
     where project_id = ${projectId} and automation_id = ${id} and state = 'owed'`);
}

export async function insertCoupons(
  connection: Connection,
  rows: readonly Pick<AutomationCouponRow, "projectId" | "code" | "automationId" | "runId" | "pool">[],
): Promise<void> {
  if (rows.length > 0) await connection.insert(automationCoupons).values([...rows]);
}

/** Newest first. */
export async function listRuns(
  connection: Connection,
  { projectId, id }: RunName,
  { state, customer }: { state?: RunState | undefined; customer?: string | undefined },
  { beforeId, limit }: { beforeId: string | null; limit: number },
): Promise<AutomationRunRow[]> {
  return connection
    .select()
    .from(automationRuns)
    .where(
      and(
        eq(automationRuns.projectId, projectId),
        eq(automationRuns.automationId, id),
        state === undefined ? undefined : eq(automationRuns.state, state),
        customer === undefined ? undefined : eq(automationRuns.customerId, customer),
        beforeId === null ? undefined : lt(automationRuns.id, beforeId),
      ),
    )
    .orderBy(desc(automationRuns.id))
    .limit(limit);
}

/** The codes that these runs issued, by run. */
export async function codesOfRuns(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<{ runId: string; code: string }[]> {
  if (ids.length === 0) return [];
  const { runId, code } = automationCoupons;
  return connection
    .select({ runId, code })
    .from(automationCoupons)
    .where(and(eq(automationCoupons.projectId, projectId), inArray(runId, [...ids])))
    .orderBy(code);
}

/** What follows can be undone by itself, while what came before stands. */
export async function beginActions(connection: Connection): Promise<void> {
  await connection.execute(sql`savepoint actions`);
}

export async function undoActions(connection: Connection): Promise<void> {
  await connection.execute(sql`rollback to savepoint actions`);
}

/** Tried again after so long: so one that fails again and again keeps none of the others waiting. */
export async function postponeRun(
  connection: Connection,
  { projectId, id }: RunName,
  { now, firstSeconds, mostDoublings }: { now: number; firstSeconds: number; mostDoublings: number },
): Promise<void> {
  await connection.execute(sql`
    update automation_runs set attempts = attempts + 1,
           due_at = ${new Date(now).toISOString()}::timestamptz + make_interval(secs => ${firstSeconds} * 2 ^ least(attempts, ${mostDoublings}))
     where project_id = ${projectId} and id = ${id} and state in ('waiting', 'owed')`);
}
