import { and, desc, eq, lt, sql } from "drizzle-orm";
import { type Environment, projectOf, type Role, spaceOf } from "../../platform/auth.ts";
import type { Connection } from "../../platform/database.ts";
import { promotionScheduledChanges, type ScheduledChangeRow } from "./scheduled-change-tables.ts";

const named = (projectId: string, id: string) =>
  and(eq(promotionScheduledChanges.projectId, projectId), eq(promotionScheduledChanges.id, id));

export async function insertScheduledChange(
  connection: Connection,
  row: Omit<ScheduledChangeRow, "state" | "failure" | "createdAt" | "settledAt">,
): Promise<ScheduledChangeRow> {
  const [stored] = await connection
    .insert(promotionScheduledChanges)
    .values({ ...row, state: "waiting" })
    .returning();
  return stored!;
}

/** Newest first. */
export async function listScheduledChanges(
  connection: Connection,
  projectId: string,
  promotionId: string,
  beforeId: string | null,
  limit: number,
): Promise<ScheduledChangeRow[]> {
  const { id } = promotionScheduledChanges;
  return connection
    .select()
    .from(promotionScheduledChanges)
    .where(
      and(
        eq(promotionScheduledChanges.projectId, projectId),
        eq(promotionScheduledChanges.promotionId, promotionId),
        beforeId === null ? undefined : lt(id, beforeId),
      ),
    )
    .orderBy(desc(id))
    .limit(limit);
}

/** Locked until the transaction ends. Undefined if there is none, or while another process is at it. */
export async function lockScheduledChange(
  connection: Connection,
  projectId: string,
  id: string,
  whenLocked: "wait" | "skip",
): Promise<ScheduledChangeRow | undefined> {
  const [row] = await connection
    .select()
    .from(promotionScheduledChanges)
    .where(named(projectId, id))
    .for("update", whenLocked === "skip" ? { skipLocked: true } : {});
  return row;
}

/** Of a change that is locked. */
export async function settleScheduledChange(
  connection: Connection,
  { projectId, id }: ScheduledChangeRow,
  state: "applied" | "failed" | "cancelled",
  failure: string | null = null,
): Promise<ScheduledChangeRow> {
  const [row] = await connection
    .update(promotionScheduledChanges)
    .set({ state, failure, settledAt: sql`now()` })
    .where(named(projectId, id))
    .returning();
  if (row === undefined) throw new Error(`scheduled change ${id} vanished under its lock`);
  return row;
}

/** Whose instant has come by the database's clock, the longest waiting first; over the walls. */
export interface DueChange extends Record<string, unknown> {
  readonly projectId: string;
  readonly id: string;
  readonly promotionId: string;
}

export async function dueChanges(
  connection: Connection,
  most: { readonly ofAll: number; readonly ofProject: number },
): Promise<DueChange[]> {
  const { rows } = await connection.execute<DueChange>(sql`
    select project_id as "projectId", id, promotion_id as "promotionId"
      from due_promotion_changes(${most.ofAll}, ${most.ofProject})`);
  return rows;
}

/** What the key may do now, asked in its space; undefined for one that was revoked, has expired or is of the other environment. */
export async function keyNow(
  connection: Connection,
  space: string,
  apiKeyId: string,
): Promise<{ role: Role; environment: Environment } | undefined> {
  // Over the wall between a test space and its project, where the keys of both are.
  const { rows } = await connection.execute<{ role: Role; environment: Environment }>(
    sql`select role, environment from key_of_space(${apiKeyId}) where is_valid`,
  );
  return rows.find(({ environment }) => spaceOf(projectOf(space), environment) === space);
}
