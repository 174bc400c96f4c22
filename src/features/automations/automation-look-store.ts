/** Whom the clock triggers automations for. It looks into the tables of several features, and writes its own. */
import { and, asc, eq, lte, type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type AutomationClockRow, type AutomationName, automationClocks } from "./automation-tables.ts";

export async function setClock(
  connection: Connection,
  { projectId, id }: AutomationName,
  at: Date | null,
): Promise<void> {
  await connection.execute(
    sql`delete from automation_clocks where project_id = ${projectId} and automation_id = ${id}`,
  );
  if (at !== null)
    await connection
      .insert(automationClocks)
      .values({ projectId, automationId: id, dueAt: at, ofAt: at, after: null, lookedDay: null });
}

/** Of a project the look that is due first. Under the lock of the round. */
export async function dueClock(
  connection: Connection,
  projectId: string,
  now: Date,
): Promise<AutomationClockRow | undefined> {
  const [row] = await connection
    .select()
    .from(automationClocks)
    .where(and(eq(automationClocks.projectId, projectId), lte(automationClocks.dueAt, now)))
    .orderBy(asc(automationClocks.dueAt), asc(automationClocks.automationId))
    .limit(1);
  return row;
}

export async function findClock(
  connection: Connection,
  { projectId, id }: AutomationName,
): Promise<AutomationClockRow | undefined> {
  const [row] = await connection
    .select()
    .from(automationClocks)
    .where(and(eq(automationClocks.projectId, projectId), eq(automationClocks.automationId, id)));
  return row;
}

/** A clock that was stopped meanwhile stays so. */
export async function saveClock(
  connection: Connection,
  { projectId, automationId, dueAt, ofAt, after, lookedDay }: AutomationClockRow,
): Promise<void> {
  await connection
    .update(automationClocks)
    .set({ dueAt, ofAt, after, lookedDay })
    .where(and(eq(automationClocks.projectId, projectId), eq(automationClocks.automationId, automationId)));
}

/** Without a lock: a look that ended meanwhile, elsewhere, or a clock that was set anew stays as it is. */
export async function postponeClock(
  connection: Connection,
  { projectId, automationId, ofAt }: AutomationClockRow,
  dueAt: Date,
): Promise<void> {
  const { projectId: project, automationId: automation, ofAt: of } = automationClocks;
  await connection
    .update(automationClocks)
    .set({ dueAt })
    .where(and(eq(project, projectId), eq(automation, automationId), eq(of, ofAt)));
}

export interface Candidate {
  readonly id: string;
  /** What tells the occasion apart, where there is something: a date as it is stored, a last order (epoch milliseconds). */
  readonly what: string | number | null;
}

export interface CandidatePage {
  readonly candidates: readonly Candidate[];
  /** Where to look on; null: that was all. */
  readonly through: string | null;
}

export interface LookPage {
  readonly after: string;
  readonly most: number;
}

function pageOf(rows: readonly Candidate[], most: number): CandidatePage {
  return { candidates: rows, through: rows.length === most ? rows.at(-1)!.id : null };
}

async function page(connection: Connection, most: number, query: SQL): Promise<CandidatePage> {
  const { rows } = await connection.execute<Record<keyof Candidate, never>>(query);
  return pageOf(rows, most);
}

/** `days`: months and days, 02-28. */
export const birthdays = (
  connection: Connection,
  projectId: string,
  days: readonly string[],
  { after, most }: LookPage,
) =>
  page(
    connection,
    most,
    sql`select id, birthday_day as what from customers
         where project_id = ${projectId} and birthday_day = any (${sql.param([...days])}::text[]) and id > ${after}
         order by id limit ${most}`,
  );

/** The next `most` customers, and of them those whose attribute is one of these dates, or their months and days. */
export async function datesOf(
  connection: Connection,
  projectId: string,
  { attribute, dates, isYearly }: { attribute: string; dates: readonly string[]; isYearly: boolean },
  { after, most }: LookPage,
): Promise<CandidatePage> {
  const said = sql`document -> 'attributes' ->> ${attribute}`;
  const date = isYearly ? sql`case when ${said} ~ '^\\d{4}-\\d\\d-\\d\\d$' then right(${said}, 5) end` : said;
  const { rows } = await connection.execute<{
    id: string;
    what: string | null;
    through: string;
    looked: number;
  }>(sql`
    with page as materialized (
      select id, ${date} as what from customers where project_id = ${projectId} and id > ${after} order by id limit ${most}
    ), ends as (select max(id) as through, count(*)::int as looked from page)
    select page.id, page.what, ends.through, ends.looked
      from ends left join page on page.what = any (${sql.param([...dates])}::text[]) order by page.id`);
  const { through, looked } = rows[0]!;
  return {
    candidates: rows.flatMap(({ id, what }) => (what === null ? [] : [{ id, what }])),
    through: looked === most ? through : null,
  };
}

/** Customers with contracts that still run and end on one of these days; `what`: the first of those days. */
export const contractEnds = (
  connection: Connection,
  projectId: string,
  { ends, kinds }: { ends: readonly string[]; kinds: readonly string[] | null },
  { after, most }: LookPage,
) =>
  page(
    connection,
    most,
    sql`select customer_id as id, min(ends_on) as what from contracts
         where project_id = ${projectId} and state = 'active' and customer_id > ${after} and customer_id not like 'erased:%'
           and ends_on = any (${sql.param([...ends])}::text[])
           and ${kinds === null ? sql`true` : sql`kind = any (${sql.param([...kinds])}::text[])`}
         group by customer_id order by customer_id limit ${most}`,
  );

/** Whose last order was up to `through`, and after `since` where that is not null; epoch milliseconds. */
export const inactive = (
  connection: Connection,
  projectId: string,
  { since, through }: { since: number | null; through: number },
  { after, most }: LookPage,
) =>
  page(
    connection,
    most,
    sql`select customer_id as id, floor(extract(epoch from last_order_at) * 1000)::bigint as what from customer_activity
         where project_id = ${projectId} and customer_id > ${after} and last_order_at <= ${new Date(through).toISOString()}::timestamptz
           ${since === null ? sql`` : sql`and last_order_at > ${new Date(since).toISOString()}::timestamptz`}
         order by customer_id limit ${most}`,
  );

/** `segment` null: everybody. */
export const membersOf = (
  connection: Connection,
  projectId: string,
  segment: string | null,
  { after, most }: LookPage,
) =>
  page(
    connection,
    most,
    segment === null
      ? sql`select id, null as what from customers where project_id = ${projectId} and id > ${after} order by id limit ${most}`
      : sql`select customer_id as id, null as what from segment_members
             where project_id = ${projectId} and customer_id > ${after}
               and segment_id = (select id from segments where project_id = ${projectId} and key = ${segment})
             order by customer_id limit ${most}`,
  );

/** Whether the sums of what customers bought are those of everybody; they are kept from the first segment on. */
export async function isActivityKept(connection: Connection, projectId: string): Promise<boolean> {
  const { rows } = await connection.execute(sql`
    select from customer_upkeep where project_id = ${projectId} and sweep_due_at > 'epoch' and sweep_after is null`);
  return rows.length > 0;
}
