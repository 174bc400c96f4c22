import { and, asc, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import { seatMeasure } from "../../ledger/books.ts";
import type { Connection } from "../../platform/database.ts";
import type { GroupQuery } from "./group-buying-schemas.ts";
import { type GroupBuyRow, groupBuys, groupSeats } from "./group-buying-tables.ts";

/** The seats that are taken come from the ledger's counter, so that one that was given back is free again. */
export type GroupRow = GroupBuyRow & { members: number };

const members = sql<number>`coalesce((select (used + reserved)::int from counters c where c.project_id = group_buys.project_id
  and c.rule_id = group_buys.id and c.measure = ${seatMeasure} and c.holder = '' and c.period = ''), 0)`;

const named = (projectId: string, id: string) =>
  and(eq(groupBuys.projectId, projectId), eq(groupBuys.id, id));

export async function insertGroup(connection: Connection, row: GroupBuyRow): Promise<void> {
  await connection.insert(groupBuys).values(row);
}

/** Groups of the promotion that are open or complete. */
export async function countStanding(
  connection: Connection,
  { projectId, promotionId }: Pick<GroupBuyRow, "projectId" | "promotionId">,
): Promise<number> {
  const { rows } = await connection.execute<{ standing: number }>(sql`
    select count(*)::int as standing from group_buys
     where project_id = ${projectId} and promotion_id = ${promotionId} and state <> 'failed'`);
  return rows[0]!.standing;
}

export async function insertSeat(connection: Connection, row: typeof groupSeats.$inferInsert): Promise<void> {
  await connection.insert(groupSeats).values(row);
}

export async function findGroup(
  connection: Connection,
  projectId: string,
  id: string,
  seenBy: Onlooker | null = null,
): Promise<GroupRow | undefined> {
  const [row] = await connection
    .select({ group: groupBuys, members })
    .from(groupBuys)
    .where(and(named(projectId, id), seenBy === null ? undefined : seen(seenBy)));
  return row === undefined ? undefined : { ...row.group, members: row.members };
}

/** Who looks at groups from outside of the shop. */
export interface Onlooker {
  /** For whom they look; null: for nobody. */
  readonly customer: string | null;
  /** Private promotions that may be named to them, by id. */
  readonly named: readonly string[];
}

/** Of a private promotion, whether or not it is still in force, only what the onlooker may know or is part of. */
function seen({ customer, named }: Onlooker): SQL {
  return sql`(not exists (select from promotions p where p.project_id = group_buys.project_id
      and p.id = group_buys.promotion_id and p.document ->> 'visibility' = 'private')
    or group_buys.promotion_id = any(${sql.param(named)}::text[])
    or exists (select from group_seats s join redemptions r on r.project_id = s.project_id and r.id = s.redemption_id
      where s.project_id = group_buys.project_id and s.group_id = group_buys.id and r.customer_id = ${customer}))`;
}

/** Locked until the transaction ends. */
export async function lockGroup(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<GroupRow | undefined> {
  const [row] = await connection.select().from(groupBuys).where(named(projectId, id)).for("update");
  return row === undefined ? undefined : findGroup(connection, projectId, id);
}

export async function groupOfRedemption(
  connection: Connection,
  projectId: string,
  redemptionId: string,
): Promise<GroupRow | undefined> {
  const [row] = await connection
    .select({ groupId: groupSeats.groupId })
    .from(groupSeats)
    .where(and(eq(groupSeats.projectId, projectId), eq(groupSeats.redemptionId, redemptionId)));
  return row === undefined ? undefined : findGroup(connection, projectId, row.groupId);
}

export async function seatsOf(connection: Connection, projectId: string, groupId: string): Promise<string[]> {
  const rows = await connection
    .select({ redemptionId: groupSeats.redemptionId })
    .from(groupSeats)
    .where(and(eq(groupSeats.projectId, projectId), eq(groupSeats.groupId, groupId)))
    .orderBy(asc(groupSeats.redemptionId));
  return rows.map(({ redemptionId }) => redemptionId);
}

export async function changeGroup(
  connection: Connection,
  projectId: string,
  id: string,
  change: Partial<Pick<GroupBuyRow, "state" | "endedAt" | "dueAt">>,
): Promise<void> {
  await connection.update(groupBuys).set(change).where(named(projectId, id));
}

/** Last opened first. */
export async function listGroups(
  connection: Connection,
  projectId: string,
  { promotion, state, limit }: Pick<GroupQuery, "promotion" | "state" | "limit">,
  beforeId: string | null,
  seenBy: Onlooker | null = null,
): Promise<GroupRow[]> {
  const rows = await connection
    .select({ group: groupBuys, members })
    .from(groupBuys)
    .where(
      and(
        eq(groupBuys.projectId, projectId),
        promotion === undefined ? undefined : eq(groupBuys.promotion, promotion),
        state === undefined ? undefined : eq(groupBuys.state, state),
        beforeId === null ? undefined : lt(groupBuys.id, beforeId),
        seenBy === null ? undefined : seen(seenBy),
      ),
    )
    .orderBy(desc(groupBuys.id))
    .limit(limit + 1);
  return rows.map((row) => ({ ...row.group, members: row.members }));
}

export interface DueGroup {
  readonly projectId: string;
  readonly id: string;
}

export async function dueGroups(connection: Connection, at: Date, most: number): Promise<DueGroup[]> {
  const { rows } = await connection.execute<{ project_id: string; id: string }>(
    sql`select project_id, id from due_group_buys(${at.toISOString()}::timestamptz, ${most})`,
  );
  return rows.map(({ project_id, id }) => ({ projectId: project_id, id }));
}
