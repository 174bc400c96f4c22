import { and, asc, desc, eq, gt, isNotNull, ne, or, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { RewardQuery } from "./reward-schemas.ts";
import { type RewardGrantRow, rewardGrants } from "./reward-tables.ts";

export interface RedemptionName {
  readonly projectId: string;
  readonly redemptionId: string;
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

/** Redemptions whose rewards are due, in all projects; over the walls. */
export async function dueRewards(connection: Connection, most: number): Promise<RedemptionName[]> {
  const { rows } = await connection.execute<{ projectId: string; redemptionId: string }>(sql`
    select project_id as "projectId", redemption_id as "redemptionId" from due_rewards(${most})`);
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

/** Those that are due and nobody else works on, locked. */
export async function lockDueRewards(
  connection: Connection,
  name: RedemptionName,
): Promise<RewardGrantRow[]> {
  return connection
    .select()
    .from(rewardGrants)
    .where(and(ofRedemption(name), isNotNull(rewardGrants.dueAt)))
    .orderBy(asc(rewardGrants.position))
    .for("update", { skipLocked: true });
}

/** Word for word as the index has it: a parameter would keep that from being used. */
const isOwed = sql`${rewardGrants.state} = 'owed' and ${rewardGrants.dueAt} is null`;

/** Up to `most` that wait for this pool, the longest waiting first, locked. */
export async function lockOwedRewards(
  connection: Connection,
  { projectId, pool }: { projectId: string; pool: string },
  most: number,
): Promise<RewardGrantRow[]> {
  return connection
    .select()
    .from(rewardGrants)
    .where(and(eq(rewardGrants.projectId, projectId), eq(rewardGrants.pool, pool), isOwed))
    .orderBy(desc(rewardGrants.reason), asc(rewardGrants.redemptionId), asc(rewardGrants.position))
    .limit(most)
    .for("update", { skipLocked: true });
}

export async function saveReward(
  connection: Connection,
  { projectId, redemptionId, position }: RewardGrantRow,
  change: Partial<Pick<RewardGrantRow, "state" | "code" | "reason" | "dueAt" | "updatedAt">>,
): Promise<void> {
  await connection
    .update(rewardGrants)
    .set(change)
    .where(and(ofRedemption({ projectId, redemptionId }), eq(rewardGrants.position, position)));
}

/** What one of them was just refused for keeps all others of the pool waiting as well. */
export async function renameReason(
  connection: Connection,
  { projectId, pool }: { projectId: string; pool: string },
  reason: string,
): Promise<void> {
  await connection
    .update(rewardGrants)
    .set({ reason })
    .where(
      and(
        eq(rewardGrants.projectId, projectId),
        eq(rewardGrants.pool, pool),
        isOwed,
        ne(rewardGrants.reason, reason),
      ),
    );
}

/** Not again before `seconds` have passed: so one that fails again and again keeps none of the others waiting. */
export async function postponeRewards(
  connection: Connection,
  { projectId, redemptionId }: RedemptionName,
  seconds: number,
): Promise<void> {
  await connection.execute(sql`
    update reward_grants set due_at = now() + make_interval(secs => ${seconds})
     where project_id = ${projectId} and redemption_id = ${redemptionId} and due_at is not null`);
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
