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
      select external_id from orders where project_id = ${projectId} and external_id = any (${sql.param([...orders])}::text[])
      union
      select external_id from orders where project_id = ${projectId} and redemption_id = any (${sql.param([...redemptions])}::text[])
    )
    insert into points_due (project_id, external_id, redemption_id, due_at)
    select ${projectId}, external_id, null, ${due} from named
     where exists (select from points_programmes where project_id = ${projectId} and ${hasRates})
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

/** In all projects; over the walls. */
export async function dueOrders(connection: Connection, at: Date, most: number): Promise<DueName[]> {
  const { rows } = await connection.execute<{ projectId: string; seq: number }>(sql`
    select project_id as "projectId", seq from due_points_of_orders(${at.toISOString()}::timestamptz, ${most})`);
  return rows;
}

export interface Due {
  readonly externalId: string | null;
  readonly redemptionId: string | null;
}

/** Off the list, unless somebody else is at it: what changes from now on is marked anew. */
export async function takeDue(connection: Connection, { projectId, seq }: DueName): Promise<Due | undefined> {
  const { rows } = await connection.execute<{ externalId: string | null; redemptionId: string | null }>(sql`
    delete from points_due
     where project_id = ${projectId}
       and seq = (select seq from points_due where project_id = ${projectId} and seq = ${seq} for update skip locked)
    returning external_id as "externalId", redemption_id as "redemptionId"`);
  return rows[0];
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

/** Programmes of which the redemption earns points by a promotion, or did. */
export async function programmesOfRewards(
  connection: Connection,
  projectId: string,
  redemptionId: string,
): Promise<Set<string>> {
  const { rows } = await connection.execute<{ programme: string }>(sql`
    select distinct programme from reward_grants
     where project_id = ${projectId} and redemption_id = ${redemptionId} and kind = 'points' and points > 0
       and state not in ('refused', 'lapsed')`);
  return new Set(rows.map(({ programme }) => programme));
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

/** False if another spend of the programme stands for it. It is looked at at once: what it pays for may have gone on by now. */
export async function insertTender(
  connection: Connection,
  { projectId, id, programme, redemptionId, externalId }: PointsSpendRow,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await connection.execute(sql`
    with tied as (
      insert into points_tenders (project_id, spend_id, programme, redemption_id, external_id)
      values (${projectId}, ${id}, ${programme}, ${redemptionId}, ${externalId}) on conflict do nothing
      returning project_id, redemption_id, external_id
    )
    insert into points_due (project_id, redemption_id, external_id, due_at)
    select project_id, redemption_id, external_id, ${at.toISOString()}::timestamptz from tied`);
  return rowCount === 1;
}
