import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { ReferralQuery } from "./referral-schemas.ts";
import { type ReferralRow, referralGifts, referralMembers, referrals } from "./referral-tables.ts";

export interface ReferralName {
  readonly projectId: string;
  readonly id: string;
}

export type ProgrammeName = Pick<ReferralRow, "projectId" | "programme">;

const named = ({ projectId, id }: ReferralName) =>
  and(eq(referrals.projectId, projectId), eq(referrals.id, id));

/** False: the friend is somebody's already. Whoever is first at it is waited for. */
export async function insertReferral(connection: Connection, row: ReferralRow): Promise<boolean> {
  const { rowCount } = await connection.insert(referrals).values(row).onConflictDoNothing();
  return (rowCount ?? 0) > 0;
}

export async function findReferralOf(
  connection: Connection,
  { projectId, programme, friend }: Pick<ReferralRow, "projectId" | "programme" | "friend">,
): Promise<ReferralRow | undefined> {
  const [row] = await connection
    .select()
    .from(referrals)
    .where(
      and(
        eq(referrals.projectId, projectId),
        eq(referrals.programme, programme),
        eq(referrals.friend, friend),
      ),
    );
  return row;
}

/** Locked until the transaction ends. */
export async function lockReferral(connection: Connection, name: ReferralName): Promise<ReferralRow> {
  const [row] = await connection.select().from(referrals).where(named(name)).for("update");
  if (row === undefined) throw new Error("a referral is gone");
  return row;
}

export async function updateReferral(
  connection: Connection,
  name: ReferralName,
  change: Partial<ReferralRow>,
): Promise<void> {
  await connection.update(referrals).set(change).where(named(name));
}

/** So far a chain of friends is followed. */
const longestChain = 32;

/** Whether the member came by the friend, directly or over others. */
export async function cameBy(
  connection: Connection,
  { projectId, programme, friend, referrer }: ReferralRow,
): Promise<boolean> {
  const { rows } = await connection.execute<{ found: boolean }>(sql`
    with recursive chain as (
      select ${referrer}::text collate "C" as holder, 1 as length
      union
      select brought.referrer, chain.length + 1 from chain, lateral (
        select r.referrer from referrals r
         where r.project_id = ${projectId} and r.programme = ${programme} and r.friend = chain.holder collate "C"
           and r.state <> 'refused' limit 1) as brought
       where chain.length < ${longestChain}
    )
    select exists (select from chain where holder = ${friend} and length > 1) as found`);
  return rows[0]?.found === true;
}

/** How many friends each of these stands for, locked until the transaction ends; in one order, whoever asks. */
export async function lockIdentifiers(
  connection: Connection,
  { projectId, programme }: ProgrammeName,
  hashes: readonly string[],
): Promise<Map<string, number>> {
  if (hashes.length === 0) return new Map();
  const list = sql`unnest(${sql.param([...hashes])}::text[])`;
  await connection.execute(sql`
    insert into referral_identifiers (project_id, programme, hash)
    select ${projectId}, ${programme}, hash from ${list} as hash order by hash collate "C" on conflict do nothing`);
  const { rows } = await connection.execute<{ hash: string; friends: number }>(sql`
    select hash, friends from referral_identifiers
     where project_id = ${projectId} and programme = ${programme} and hash = any (${sql.param([...hashes])}::text[])
     order by hash for update`);
  return new Map(rows.map(({ hash, friends }) => [hash, friends]));
}

/** Of locked ones. */
export async function countIdentifiers(
  connection: Connection,
  { projectId, programme }: ProgrammeName,
  hashes: readonly string[],
): Promise<void> {
  if (hashes.length === 0) return;
  await connection.execute(sql`
    update referral_identifiers set friends = friends + 1
     where project_id = ${projectId} and programme = ${programme} and hash = any (${sql.param([...hashes])}::text[])`);
}

/** These orders and redemptions changed: referrals of their customers that this may decide are to be looked at. */
export async function markReferralsDue(
  connection: Connection,
  projectId: string,
  { orders, redemptions, at }: { orders: readonly string[]; redemptions: readonly string[]; at: Date },
): Promise<void> {
  await connection.execute(sql`
    update referrals set due_at = least(due_at, ${at.toISOString()}::timestamptz)
     where project_id = ${projectId} and state in ('attributed', 'qualified')
       and customer_id = any (array(
         select customer_id from orders where project_id = ${projectId} and external_id = any (${sql.param([...orders])}::text[])
         union
         select customer_id from redemptions where project_id = ${projectId} and id = any (${sql.param([...redemptions])}::text[])))`);
}

/** Referrals that are due by then, up to so many of each project; over the walls. */
export async function dueReferrals(connection: Connection, at: Date, most: number): Promise<ReferralName[]> {
  const { rows } = await connection.execute<{ projectId: string; id: string }>(sql`
    select project_id as "projectId", id from due_referrals(${at.toISOString()}::timestamptz, ${most})`);
  return rows;
}

/** Locked, if it still is due and nobody else works on it. */
export async function lockDueReferral(
  connection: Connection,
  name: ReferralName,
  at: Date,
): Promise<ReferralRow | undefined> {
  const [row] = await connection
    .select()
    .from(referrals)
    .where(named(name))
    .for("update", { skipLocked: true });
  // Not asked of the database, which would look through all that is due to find this one.
  return row?.dueAt != null && row.dueAt <= at ? row : undefined;
}

/** For how many friends a locked member is rewarded: in all, and of those who qualified since. */
export async function countRewarded(
  connection: Connection,
  { projectId, programme, referrer }: Pick<ReferralRow, "projectId" | "programme" | "referrer">,
  since: Date,
): Promise<{ all: number; since: number }> {
  const { rows } = await connection.execute<{ all: number; since: number }>(sql`
    select count(*)::int as all, (count(*) filter (where qualified_at >= ${since.toISOString()}::timestamptz))::int as since
      from referrals where project_id = ${projectId} and programme = ${programme} and referrer = ${referrer} and is_counted`);
  return rows[0] ?? { all: 0, since: 0 };
}

/** One gift more, unless all are given: in one statement, whoever else asks. */
export async function takeGift(
  connection: Connection,
  { projectId, programme }: ProgrammeName,
  stock: number,
): Promise<boolean> {
  if (stock === 0) return false;
  const { rowCount } = await connection.execute(sql`
    insert into referral_gifts as g (project_id, programme, given) values (${projectId}, ${programme}, 1)
    on conflict (project_id, programme) do update set given = g.given + 1 where g.given < ${stock}`);
  return (rowCount ?? 0) > 0;
}

export async function giveGiftBack(
  connection: Connection,
  { projectId, programme }: ProgrammeName,
): Promise<void> {
  await connection.execute(sql`
    update referral_gifts set given = given - 1 where project_id = ${projectId} and programme = ${programme}`);
}

export async function giftsGiven(
  connection: Connection,
  { projectId, programme }: ProgrammeName,
): Promise<number> {
  const [row] = await connection
    .select()
    .from(referralGifts)
    .where(and(eq(referralGifts.projectId, projectId), eq(referralGifts.programme, programme)));
  return row?.given ?? 0;
}

const withMember = and(
  eq(referralMembers.projectId, referrals.projectId),
  eq(referralMembers.programme, referrals.programme),
  eq(referralMembers.holder, referrals.referrer),
);

/** Newest first. */
export async function listReferrals(
  connection: Connection,
  { projectId, programme }: ProgrammeName,
  { state, reason }: Pick<ReferralQuery, "state" | "reason">,
  { referrer, before, limit }: { referrer: string | undefined; before: string | null; limit: number },
): Promise<{ row: ReferralRow; code: string; referrer: string }[]> {
  return connection
    .select({ row: referrals, code: referralMembers.code, referrer: referralMembers.customerId })
    .from(referrals)
    .innerJoin(referralMembers, withMember)
    .where(
      and(
        eq(referrals.projectId, projectId),
        eq(referrals.programme, programme),
        state === undefined ? undefined : eq(referrals.state, state),
        reason === undefined ? undefined : eq(referrals.reason, reason),
        referrer === undefined ? undefined : eq(referrals.referrer, referrer),
        before === null ? undefined : lt(referrals.id, before),
      ),
    )
    .orderBy(desc(referrals.id))
    .limit(limit);
}

export async function countReferrals(
  connection: Connection,
  { projectId, programme }: ProgrammeName,
): Promise<(Pick<ReferralRow, "state" | "reason" | "channel"> & { count: number })[]> {
  const { state, reason, channel } = referrals;
  return connection
    .select({ state, reason, channel, count: sql<number>`count(*)::int` })
    .from(referrals)
    .where(and(eq(referrals.projectId, projectId), eq(referrals.programme, programme)))
    .groupBy(state, reason, channel)
    .orderBy(state, reason, channel);
}
