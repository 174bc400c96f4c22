import { and, asc, eq, gt, or, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { RewardQuery } from "./reward-schemas.ts";
import { type RewardGrantRow, rewardGrants } from "./reward-tables.ts";

export interface RedemptionName {
  readonly projectId: string;
  readonly redemptionId: string;
}

export interface RewardName extends RedemptionName {
  readonly position: number;
}

/** Something happened to these redemptions; most have no rewards. */
export async function markDue(
  connection: Connection,
  projectId: string,
  redemptionIds: readonly string[],
): Promise<void> {
  await connection.execute(sql`
    update reward_grants set due_at = now()
     where project_id = ${projectId} and redemption_id = any (${sql.param([...redemptionIds])}::text[])`);
}

/** Rewards that are due, in all projects; over the walls. */
export async function dueRewards(connection: Connection, most: number): Promise<RewardName[]> {
  const { rows } = await connection.execute<{
    projectId: string;
    redemptionId: string;
    position: number;
  }>(sql`
    select project_id as "projectId", redemption_id as "redemptionId", position from due_rewards(${most})`);
  return rows;
}

/** Pools that are waited for, in all projects; over the walls. */
export async function owedRewards(connection: Connection): Promise<{ projectId: string; pool: string }[]> {
  const { rows } = await connection.execute<{ projectId: string; pool: string }>(sql`
    select project_id as "projectId", pool from owed_rewards()`);
  return rows;
}

const ofRedemption = ({ projectId, redemptionId }: RedemptionName) =>
  and(eq(rewardGrants.projectId, projectId), eq(rewardGrants.redemptionId, redemptionId));

/** Word for word as the index has it: a parameter would keep that from being used. */
const isOwed = sql`${rewardGrants.state} = 'owed' and ${rewardGrants.dueAt} is null`;

const isDue = sql`${rewardGrants.dueAt} <= now()`;

const named = (name: RewardName) => and(ofRedemption(name), eq(rewardGrants.position, name.position));

/** Those of them that still are so and on which nobody else works, of one project. The longest waiting first. */
export async function lockRewards(
  connection: Connection,
  projectId: string,
  names: readonly RewardName[],
  is: "due" | "owed",
): Promise<RewardGrantRow[]> {
  const { redemptionId, position, dueAt } = rewardGrants;
  const redemptions = sql`${sql.param(names.map((name) => name.redemptionId))}::text[]`;
  const positions = sql`${sql.param(names.map((name) => name.position))}::int[]`;
  return connection
    .select()
    .from(rewardGrants)
    .where(
      and(
        eq(rewardGrants.projectId, projectId),
        // Named twice, so that they are found by their key whatever the plan.
        sql`${redemptionId} = any (${redemptions})`,
        sql`(${redemptionId}, ${position}) in (select * from unnest(${redemptions}, ${positions}))`,
        is === "due" ? isDue : isOwed,
      ),
    )
    .orderBy(asc(dueAt), asc(redemptionId), asc(position))
    .for("update", { skipLocked: true });
}

export interface PoolName {
  readonly projectId: string;
  /** Its key. */
  readonly pool: string;
}

/** Up to `most` that wait for this pool, the longest waiting first. */
export async function listOwed(
  connection: Connection,
  { projectId, pool }: PoolName,
  most: number,
): Promise<RewardName[]> {
  const { redemptionId, position } = rewardGrants;
  return connection
    .select({ projectId: rewardGrants.projectId, redemptionId, position })
    .from(rewardGrants)
    .where(and(eq(rewardGrants.projectId, projectId), eq(rewardGrants.pool, pool), isOwed))
    .orderBy(asc(redemptionId), asc(position))
    .limit(most);
}

/** Nothing follows from what happened. */
export async function clearDue(connection: Connection, name: RewardName): Promise<void> {
  await connection.update(rewardGrants).set({ dueAt: null }).where(named(name));
}

type Settlement = Pick<RewardGrantRow, "redemptionId" | "position" | "state" | "code" | "reason">;

/** Of one project. */
export async function saveRewards(
  connection: Connection,
  projectId: string,
  settled: readonly Settlement[],
  updatedAt: Date,
): Promise<void> {
  const column = (key: keyof Settlement) => sql.param(settled.map((one) => one[key]));
  await connection.execute(sql`
    update reward_grants g
       set state = s.state, code = s.code, reason = s.reason, due_at = null, updated_at = ${updatedAt.toISOString()}::timestamptz
      from unnest(${column("redemptionId")}::text[], ${column("position")}::int[], ${column("state")}::text[],
                  ${column("code")}::text[], ${column("reason")}::text[]) as s (redemption_id, position, state, code, reason)
     where g.project_id = ${projectId} and g.redemption_id = s.redemption_id and g.position = s.position
       and g.redemption_id = any (${column("redemptionId")}::text[])`);
}

/** Not again before `seconds` have passed: so one that fails again and again keeps none of the others waiting. */
export async function postponeReward(
  connection: Connection,
  { projectId, redemptionId, position }: RewardName,
  seconds: number,
): Promise<void> {
  await connection.execute(sql`
    update reward_grants set due_at = now() + make_interval(secs => ${seconds})
     where project_id = ${projectId} and redemption_id = ${redemptionId} and position = ${position}`);
}

export async function rewardsOf(connection: Connection, name: RedemptionName): Promise<RewardGrantRow[]> {
  return connection.select().from(rewardGrants).where(ofRedemption(name)).orderBy(asc(rewardGrants.position));
}

/** In the order of their redemptions. */
export async function listRewards(
  connection: Connection,
  projectId: string,
  { state, pool }: Pick<RewardQuery, "state" | "pool">,
  { after, limit }: { after: readonly [redemptionId: string, position: number] | null; limit: number },
): Promise<RewardGrantRow[]> {
  return connection
    .select()
    .from(rewardGrants)
    .where(
      and(
        eq(rewardGrants.projectId, projectId),
        eq(rewardGrants.state, state),
        pool === undefined ? undefined : eq(rewardGrants.pool, pool),
        after === null
          ? undefined
          : or(
              gt(rewardGrants.redemptionId, after[0]),
              and(eq(rewardGrants.redemptionId, after[0]), gt(rewardGrants.position, after[1])),
            ),
      ),
    )
    .orderBy(asc(rewardGrants.redemptionId), asc(rewardGrants.position))
    .limit(limit);
}
