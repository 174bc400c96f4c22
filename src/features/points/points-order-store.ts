/** Orders whose points are to be booked, and what is kept of them. It looks at orders, rewards and tiers, and writes its own. */
import { and, asc, eq, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import {
  type PointsLotRow,
  type PointsOrderRow,
  type PointsProgrammeRow,
  type PointsSpendRow,
  pointsLots,
  pointsOrders,
  pointsProgrammes,
} from "./points-tables.ts";

/** A reservation ends with what it is for; this is how long one is held that nobody ends. Longer than any redemption is reserved. */
export const heldMilliseconds = 30 * 86_400_000;

/** What something happened to. */
export interface ChangedOrders {
  /** By their numbers in the ERP. */
  readonly orders: readonly string[];
  readonly redemptions: readonly string[];
}

const hasRates = sql`jsonb_array_length(coalesce(document -> 'earn', '[]')) > 0`;

/** Whether orders of the project have anything to do with points, but for rewards. */
export async function followsOrders(connection: Connection, projectId: string): Promise<boolean> {
  const { rows } = await connection.execute<{ follows: boolean }>(sql`
    select exists (select from points_programmes where project_id = ${projectId} and ${hasRates})
        or exists (select from points_orders where project_id = ${projectId})
        or exists (select from points_tenders where project_id = ${projectId}) as follows`);
  return rows[0]?.follows === true;
}

export async function markOrdersDue(
  connection: Connection,
  projectId: string,
  { orders, redemptions }: ChangedOrders,
  at: Date,
): Promise<void> {
  const due = sql`${at.toISOString()}::timestamptz`;
  await connection.execute(sql`
    with named as (
      select external_id, status, customer_id from orders where project_id = ${projectId} and external_id = any (${sql.param([...orders])}::text[])
      union
      select external_id, status, customer_id from orders where project_id = ${projectId} and redemption_id = any (${sql.param([...redemptions])}::text[])
    )
    insert into points_due (project_id, external_id, redemption_id, due_at)
    select ${projectId}, external_id, null, ${due} from named
     where status in ('paid', 'fulfilled') and customer_id is not null
           and exists (select from points_programmes where project_id = ${projectId} and ${hasRates})
        or exists (select from points_orders p where p.project_id = ${projectId} and p.external_id = named.external_id collate "C")
        or exists (select from points_tenders t where t.project_id = ${projectId} and t.external_id = named.external_id collate "C")
    union all
    select distinct ${projectId}, null, redemption_id, ${due} from points_tenders
     where project_id = ${projectId} and redemption_id = any (${sql.param([...redemptions])}::text[])`);
}

export interface DueName {
  readonly projectId: string;
  readonly seq: number;
}

/** In all projects in turn; over the walls. */
export async function dueOrders(connection: Connection, at: Date, most: number): Promise<DueName[]> {
  const { rows } = await connection.execute<{ projectId: string; seq: number }>(sql`
    select project_id as "projectId", seq from due_points_of_orders(${at.toISOString()}::timestamptz, ${most})`);
  return rows;
}

export interface Due {
  readonly externalId: string | null;
  readonly redemptionId: string | null;
  /** How often it is on the list by now. What changes from now on is marked anew. */
  readonly seqs: readonly number[];
}

/** So far down the list it is looked whether the order is there again. */
const sameWithin = 1_000;

/** Held until the transaction ends, with what the list soon has of the same order; undefined if somebody else is at it or did it. */
export async function holdDue(connection: Connection, { projectId, seq }: DueName): Promise<Due | undefined> {
  const { rows } = await connection.execute<{
    seq: number;
    externalId: string | null;
    redemptionId: string | null;
  }>(sql`
    select seq, external_id as "externalId", redemption_id as "redemptionId" from points_due
     where project_id = ${projectId} and seq = ${seq} for update skip locked`);
  const [first] = rows;
  if (first === undefined) return undefined;
  const { externalId, redemptionId } = first;
  const { rows: same } = await connection.execute<{ seq: number }>(sql`
    select seq from points_due
     where project_id = ${projectId} and seq >= ${seq} and seq < ${seq + sameWithin} and (external_id = ${externalId} or redemption_id = ${redemptionId})
       for update skip locked`);
  return { externalId, redemptionId, seqs: same.map((row) => row.seq) };
}

/** False if somebody else took them off the list. */
export async function dropDue(
  connection: Connection,
  projectId: string,
  seqs: readonly number[],
): Promise<boolean> {
  const { rowCount } = await connection.execute(sql`
    delete from points_due where project_id = ${projectId} and seq = any (${sql.param([...seqs])}::bigint[])`);
  return (rowCount ?? 0) > 0;
}

export async function postponeDue(
  connection: Connection,
  { projectId, seq }: DueName,
  until: Date,
): Promise<void> {
  await connection.execute(sql`
    update points_due set due_at = ${until.toISOString()}::timestamptz where project_id = ${projectId} and seq = ${seq}`);
}

export async function programmesThatEarn(
  connection: Connection,
  projectId: string,
): Promise<PointsProgrammeRow[]> {
  return connection
    .select()
    .from(pointsProgrammes)
    .where(and(eq(pointsProgrammes.projectId, projectId), hasRates))
    .orderBy(asc(pointsProgrammes.key));
}

const ofOrder = (table: typeof pointsOrders | typeof pointsLots, projectId: string, externalId: string) =>
  and(eq(table.projectId, projectId), eq(table.externalId, externalId));

/** Locked until the transaction ends, in the order of their programmes. */
export async function lockPointsOrders(
  connection: Connection,
  projectId: string,
  externalId: string,
): Promise<PointsOrderRow[]> {
  return connection
    .select()
    .from(pointsOrders)
    .where(ofOrder(pointsOrders, projectId, externalId))
    .orderBy(asc(pointsOrders.programme))
    .for("update");
}

/** Waits for whoever makes the same. */
export async function insertPointsOrder(connection: Connection, row: PointsOrderRow): Promise<void> {
  await connection.insert(pointsOrders).values(row).onConflictDoNothing();
}

export async function savePointsOrder(
  connection: Connection,
  { projectId, externalId, programme, points }: PointsOrderRow,
): Promise<void> {
  await connection
    .update(pointsOrders)
    .set({ points })
    .where(and(ofOrder(pointsOrders, projectId, externalId), eq(pointsOrders.programme, programme)));
}

/** In the order in which they were earned. */
export async function lotsOfOrder(
  connection: Connection,
  { projectId, externalId, programme }: Pick<PointsOrderRow, "projectId" | "externalId" | "programme">,
): Promise<PointsLotRow[]> {
  return connection
    .select()
    .from(pointsLots)
    .where(and(ofOrder(pointsLots, projectId, externalId), eq(pointsLots.programme, programme)))
    .orderBy(asc(pointsLots.position));
}

/** Programmes of which the redemption earns points by a promotion, or did. What is promised for one that came to nothing is not earned. */
export async function programmesOfRewards(
  connection: Connection,
  projectId: string,
  redemptionId: string,
): Promise<Set<string>> {
  const { rows } = await connection.execute<{ programme: string }>(sql`
    select distinct g.programme from reward_grants g join redemptions r on r.project_id = g.project_id and r.id = g.redemption_id
     where g.project_id = ${projectId} and g.redemption_id = ${redemptionId} and g.kind = 'points' and g.points > 0
       and g.state not in ('refused', 'lapsed')
       and (g.state <> 'promised' or r.customer_id is not null and r.state not in ('cancelled', 'expired'))`);
  return new Set(rows.map(({ programme }) => programme));
}

/** Of these spends those whose order of the ERP wants them, and until when: they are settled with it, however late anybody comes to that. */
export async function heldByOrders(
  connection: Connection,
  projectId: string,
  spends: readonly PointsSpendRow[],
  now: number,
): Promise<Map<string, Date>> {
  const tied = new Set(spends.flatMap(({ externalId }) => (externalId === null ? [] : [externalId])));
  if (tied.size === 0) return new Map();
  const { rows } = await connection.execute<{ externalId: string; since: number }>(sql`
    select external_id as "externalId", case status when 'placed' then extract(epoch from updated_at) * 1000 else ${now} end::float8 as since
      from orders where project_id = ${projectId} and external_id = any (${sql.param([...tied])}::text[]) and status <> 'cancelled'`);
  const until = new Map(rows.map(({ externalId, since }) => [externalId, since + heldMilliseconds]));
  return new Map(
    spends.flatMap(({ id, externalId }) => {
      const end = until.get(externalId ?? "");
      return end === undefined || end <= now ? [] : [[id, new Date(end)]];
    }),
  );
}

export async function tierOf(
  connection: Connection,
  projectId: string,
  customerId: string,
): Promise<string | null> {
  const { rows } = await connection.execute<{ tier: string }>(sql`
    select tier from customer_tiers where project_id = ${projectId} and customer_id = ${customerId}`);
  return rows[0]?.tier ?? null;
}

/** What a spend pays for. */
export interface Tie {
  readonly redemptionId: string | null;
  readonly externalId: string | null;
}

/** The spends that stand for it. */
export async function tendersOf(
  connection: Connection,
  projectId: string,
  { redemptionId, externalId }: Tie,
): Promise<{ spendId: string; programme: string }[]> {
  const { rows } = await connection.execute<{ spendId: string; programme: string }>(sql`
    select spend_id as "spendId", programme from points_tenders
     where project_id = ${projectId} and (redemption_id = ${redemptionId} or external_id = ${externalId}) order by programme`);
  return rows;
}

/**
 * False if another spend of the programme stands for it, under whichever of its names: an order of the ERP may be known to be a
 * redemption's. With the account locked. It is looked at at once: what it pays for may have gone on by now. */
export async function insertTender(
  connection: Connection,
  { projectId, id, programme, redemptionId, externalId }: PointsSpendRow,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await connection.execute(sql`
    with tied as (
      insert into points_tenders (project_id, spend_id, programme, redemption_id, external_id)
      select ${projectId}, ${id}, ${programme}, ${redemptionId}::text, ${externalId}::text
       where not exists (select from orders o join points_tenders t on t.project_id = o.project_id and t.redemption_id = o.redemption_id
                          where o.project_id = ${projectId} and o.external_id = ${externalId}::text and t.programme = ${programme})
         and not exists (select from orders o join points_tenders t on t.project_id = o.project_id and t.external_id = o.external_id
                          where o.project_id = ${projectId} and o.redemption_id = ${redemptionId}::text and t.programme = ${programme})
      on conflict do nothing
      returning project_id, redemption_id, external_id
    )
    insert into points_due (project_id, redemption_id, external_id, due_at)
    select project_id, redemption_id, external_id, ${at.toISOString()}::timestamptz from tied`);
  return rowCount === 1;
}
