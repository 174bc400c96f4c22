import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

export async function hasAgreements(connection: Connection, projectId: string): Promise<boolean> {
  const { rows } = await connection.execute(
    sql`select 1 from rebate_agreements where project_id = ${projectId} limit 1`,
  );
  return rows.length > 0;
}

/** Orders that have a dealer, or had one when they were last looked at; also by their redemptions. */
export async function markOrdersDue(
  connection: Connection,
  projectId: string,
  { orders, redemptions }: { orders: readonly string[]; redemptions: readonly string[] },
  at: Date,
): Promise<void> {
  await connection.execute(sql`
    insert into rebate_orders_due (project_id, external_id, due_at)
    select ${projectId}, o.external_id, ${at.toISOString()}::timestamptz
      from (select external_id, dealer from orders
             where project_id = ${projectId} and external_id = any (${sql.param([...orders])}::text[])
            union
            select external_id, dealer from orders
             where project_id = ${projectId} and redemption_id = any (${sql.param([...redemptions])}::text[])) as o
     where o.dealer is not null
        or exists (select from rebate_contributions c where c.project_id = ${projectId} and c.external_id = o.external_id collate "C")`);
}

export async function insertDue(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
  at: Date,
): Promise<void> {
  await connection.execute(sql`
    insert into rebate_orders_due (project_id, external_id, due_at)
    select ${projectId}, u, ${at.toISOString()}::timestamptz from unnest(${sql.param([...externalIds])}::text[]) as u`);
}

/** Takes them off the list: what changes from now on is marked anew. */
export async function takeDueOrders(
  connection: Connection,
  projectId: string,
  at: Date,
  most: number,
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    delete from rebate_orders_due d
     using (select seq from rebate_orders_due where project_id = ${projectId} and due_at <= ${at.toISOString()}::timestamptz
             order by seq limit ${most} for update skip locked) as taken
     where d.project_id = ${projectId} and d.seq = taken.seq returning d.external_id as id`);
  return [...new Set(rows.map(({ id }) => id))];
}

/** Before the order is read: what changes after that is marked anew. */
export async function deleteDue(
  connection: Connection,
  projectId: string,
  externalId: string,
  until: Date,
): Promise<void> {
  await connection.execute(sql`
    delete from rebate_orders_due
     where project_id = ${projectId} and external_id = ${externalId} and due_at <= ${until.toISOString()}::timestamptz`);
}

export interface Sweep extends Record<string, unknown> {
  readonly seq: number;
  readonly dealer: string | null;
  readonly from: number;
  readonly until: number;
  readonly afterAt: number | null;
  readonly afterId: string | null;
}

const milliseconds = (column: string) => sql.raw(`floor(extract(epoch from ${column}) * 1000)::bigint`);
const instant = (at: number) => sql`${new Date(at).toISOString()}::timestamptz`;

export async function insertSweep(
  connection: Connection,
  projectId: string,
  { dealers, from, until }: { dealers: readonly (string | null)[]; from: number; until: number },
): Promise<void> {
  await connection.execute(sql`
    insert into rebate_sweeps (project_id, dealer, from_at, until_at)
    select ${projectId}, u, ${instant(from)}, ${instant(until)} from unnest(${sql.param([...dealers])}::text[]) as u`);
}

/** The oldest, locked. */
export async function lockSweep(connection: Connection, projectId: string): Promise<Sweep | undefined> {
  const { rows } = await connection.execute<Sweep>(sql`
    select seq, dealer, ${milliseconds("from_at")} as "from", ${milliseconds("until_at")} as until,
           ${milliseconds("after_at")} as "afterAt", after_id as "afterId"
      from rebate_sweeps where project_id = ${projectId} order by seq limit 1 for update`);
  return rows[0];
}

/** Null: it has come to its end. */
export async function moveSweep(
  connection: Connection,
  projectId: string,
  seq: number,
  after: { placedAt: number; externalId: string } | null,
): Promise<void> {
  await connection.execute(
    after === null
      ? sql`delete from rebate_sweeps where project_id = ${projectId} and seq = ${seq}`
      : sql`update rebate_sweeps set after_at = ${instant(after.placedAt)}, after_id = ${after.externalId}
             where project_id = ${projectId} and seq = ${seq}`,
  );
}

/** Whether something still to be counted may belong to the period or to one before it; orders after it may wait. */
export async function isWaitedFor(
  connection: Connection,
  projectId: string,
  { agreement, period, until }: { agreement: string; period: string; until: number | null },
): Promise<boolean> {
  const end = until === null ? sql`'infinity'::timestamptz` : instant(until);
  const { rows } = await connection.execute<{ waits: boolean }>(sql`
    select exists (
        select from rebate_orders_due d
         where d.project_id = ${projectId}
           and (exists (select from orders o
                         where o.project_id = d.project_id and o.external_id = d.external_id and o.placed_at < ${end})
             or exists (select from rebate_contributions c
                         where c.project_id = d.project_id and c.external_id = d.external_id collate "C"
                           and c.agreement = ${agreement} and c.period = ${period})))
        or exists (select from rebate_sweeps where project_id = ${projectId} and from_at < ${end}) as waits`);
  return rows[0]?.waits === true;
}

/** Over the walls. */
export async function projectsWithRebatesDue(connection: Connection, at: Date): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(
    sql`select projects_with_rebates_due as id from projects_with_rebates_due(${at.toISOString()}::timestamptz)`,
  );
  return rows.map(({ id }) => id);
}
