import { and, asc, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { Acted } from "./policy-decision.ts";
import { campaignPolicies, type PolicyActionRow, type PolicyRow, policyActions } from "./policy-tables.ts";

export type PolicyName = Pick<PolicyRow, "projectId" | "campaign" | "key">;

const named = ({ projectId, campaign, key }: PolicyName) =>
  and(
    eq(campaignPolicies.projectId, projectId),
    eq(campaignPolicies.campaign, campaign),
    eq(campaignPolicies.key, key),
  );
const ofCampaign = ({ projectId, campaign }: Omit<PolicyName, "key">) =>
  and(eq(campaignPolicies.projectId, projectId), eq(campaignPolicies.campaign, campaign));

export async function findPolicy(connection: Connection, name: PolicyName): Promise<PolicyRow | undefined> {
  const [row] = await connection.select().from(campaignPolicies).where(named(name));
  return row;
}

/** Until the transaction ends; undefined also while somebody else has it. */
export async function lockFreePolicy(
  connection: Connection,
  name: PolicyName,
): Promise<PolicyRow | undefined> {
  const [row] = await connection
    .select()
    .from(campaignPolicies)
    .where(named(name))
    .for("update", { skipLocked: true });
  return row;
}

/** Undefined unless it stands at `version`; 0 is one that was never set, null any. */
export async function putPolicy(
  connection: Connection,
  row: Omit<PolicyRow, "version">,
  version: number | null,
): Promise<PolicyRow | undefined> {
  const { projectId: _projectId, campaign: _campaign, key: _key, ...changes } = row;
  const { projectId, campaign, key } = campaignPolicies;
  const [stored] = await connection
    .insert(campaignPolicies)
    .values({ ...row, version: 1 })
    .onConflictDoUpdate({
      target: [projectId, campaign, key],
      set: { ...changes, version: sql`${campaignPolicies.version} + 1` },
      ...(version !== null && { setWhere: eq(campaignPolicies.version, version) }),
    })
    .returning();
  return stored;
}

export async function countPolicies(
  connection: Connection,
  campaign: Omit<PolicyName, "key">,
): Promise<number> {
  return connection.$count(campaignPolicies, ofCampaign(campaign));
}

export async function setDue(connection: Connection, name: PolicyName, dueAt: Date | null): Promise<void> {
  await connection.update(campaignPolicies).set({ dueAt }).where(named(name));
}

export async function listPolicies(
  connection: Connection,
  campaign: Omit<PolicyName, "key">,
  { after, limit }: { after: string | null; limit: number },
): Promise<PolicyRow[]> {
  return connection
    .select()
    .from(campaignPolicies)
    .where(and(ofCampaign(campaign), after === null ? undefined : gt(campaignPolicies.key, after)))
    .orderBy(asc(campaignPolicies.key))
    .limit(limit);
}

/** Of all projects. */
export async function duePolicies(connection: Connection, at: Date, most: number): Promise<PolicyName[]> {
  const { rows } = await connection.execute<{ project_id: string; campaign: string; key: string }>(
    sql`select project_id, campaign, key from due_policies(${at.toISOString()}::timestamptz, ${most})`,
  );
  return rows.map(({ project_id, campaign, key }) => ({ projectId: project_id, campaign, key }));
}

/** What it did by channel, also what was undone since: so often it may in all. What failed counts only for when it may try again. */
export async function actedSoFar(
  connection: Connection,
  { projectId, campaign, key }: PolicyName,
): Promise<Map<string | null, Acted>> {
  const { rows } = await connection.execute<{ channel: string | null; times: number; last_at: number }>(sql`
    select channel, (count(*) filter (where failure is null))::int as times, (extract(epoch from max(at)) * 1000)::float8 as last_at
      from policy_actions where project_id = ${projectId} and campaign = ${campaign} and policy = ${key}
     group by channel`);
  return new Map(rows.map(({ channel, times, last_at }) => [channel, { times, lastAt: last_at }]));
}

export async function insertAction(connection: Connection, row: PolicyActionRow): Promise<void> {
  await connection.insert(policyActions).values(row);
}

/** Until the transaction ends. */
export async function lockAction(
  connection: Connection,
  projectId: string,
  campaign: string,
  id: string,
): Promise<PolicyActionRow | undefined> {
  const [row] = await connection
    .select()
    .from(policyActions)
    .where(
      and(
        eq(policyActions.projectId, projectId),
        eq(policyActions.id, id),
        eq(policyActions.campaign, campaign),
      ),
    )
    .for("update");
  return row;
}

export async function markUndone(
  connection: Connection,
  { projectId, id }: PolicyActionRow,
  undone: { undoneAt: Date; undoneBy: string },
): Promise<PolicyActionRow> {
  const [row] = await connection
    .update(policyActions)
    .set(undone)
    .where(and(eq(policyActions.projectId, projectId), eq(policyActions.id, id)))
    .returning();
  return row!;
}

/** The latest first. */
export async function listActions(
  connection: Connection,
  {
    projectId,
    campaign,
    policy,
  }: Pick<PolicyName, "projectId" | "campaign"> & { policy?: string | undefined },
  { before, limit }: { before: string | null; limit: number },
): Promise<PolicyActionRow[]> {
  return connection
    .select()
    .from(policyActions)
    .where(
      and(
        eq(policyActions.projectId, projectId),
        eq(policyActions.campaign, campaign),
        policy === undefined ? undefined : eq(policyActions.policy, policy),
        before === null ? undefined : lt(policyActions.id, before),
      ),
    )
    .orderBy(desc(policyActions.id))
    .limit(limit);
}
