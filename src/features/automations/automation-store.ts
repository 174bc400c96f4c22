import { and, count, desc, eq, inArray, like, lt, not, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { AutomationStatus } from "./automation-schemas.ts";
import { type AutomationName, type AutomationRow, automations } from "./automation-tables.ts";

const named = ({ projectId, id }: AutomationName) =>
  and(eq(automations.projectId, projectId), eq(automations.id, id));

export async function findAutomation(
  connection: Connection,
  name: AutomationName,
): Promise<AutomationRow | undefined> {
  const [row] = await connection.select().from(automations).where(named(name));
  return row;
}

/**
 * Until the transaction ends nobody changes it. Whoever does waits for all who only need it as it is, and those who come later
 * wait for them: a pause never waits for more than what is under way. (Locks of rows would let them pass.)
 */
export async function holdAutomation(
  connection: Connection,
  { projectId, id }: AutomationName,
): Promise<AutomationRow | undefined> {
  await connection.execute(sql`
    select pg_advisory_xact_lock_shared(730511826, hashtext(${`${projectId} ${id}`}))`);
  return findAutomation(connection, { projectId, id });
}

/** To change it. */
export async function lockAutomation(
  connection: Connection,
  { projectId, id }: AutomationName,
): Promise<AutomationRow | undefined> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511826, hashtext(${`${projectId} ${id}`}))`);
  return findAutomation(connection, { projectId, id });
}

/** Undefined if the key is taken. */
export async function insertAutomation(
  connection: Connection,
  row: AutomationRow,
): Promise<AutomationRow | undefined> {
  const [stored] = await connection
    .insert(automations)
    .values(row)
    .onConflictDoNothing({ target: [automations.projectId, automations.key] })
    .returning();
  if (stored !== undefined)
    await connection.execute(sql`
      insert into automation_counts (project_id, automation_id, runs, coupons) values (${stored.projectId}, ${stored.id}, 0, 0)`);
  return stored;
}

export async function saveAutomation(connection: Connection, row: AutomationRow): Promise<void> {
  const { projectId, id, key: _key, createdAt: _createdAt, ...changed } = row;
  await connection.update(automations).set(changed).where(named({ projectId, id }));
}

/** Newest first. */
export async function listAutomations(
  connection: Connection,
  projectId: string,
  {
    status,
    beforeId,
    limit,
  }: { status: AutomationStatus | undefined; beforeId: string | null; limit: number },
): Promise<AutomationRow[]> {
  return connection
    .select()
    .from(automations)
    .where(
      and(
        eq(automations.projectId, projectId),
        status === undefined ? undefined : eq(automations.status, status),
        beforeId === null ? undefined : lt(automations.id, beforeId),
      ),
    )
    .orderBy(desc(automations.id))
    .limit(limit);
}

/** Holds until the transaction ends, so that two who count do not both find room for one. */
export async function countActive(connection: Connection, projectId: string): Promise<number> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511824, hashtext(${projectId}))`);
  const [row] = await connection
    .select({ count: count() })
    .from(automations)
    .where(and(eq(automations.projectId, projectId), eq(automations.status, "active")));
  return row?.count ?? 0;
}

/** Word for word as the index has it: a parameter would keep that from being used. */
const isListening = sql`${automations.status} = 'active' and ${automations.listensTo} is not null`;

/** Those in force that one of these happenings triggers. */
export async function listenersTo(
  connection: Connection,
  projectId: string,
  happenings: readonly string[],
): Promise<AutomationRow[]> {
  return connection
    .select()
    .from(automations)
    .where(
      and(eq(automations.projectId, projectId), isListening, inArray(automations.listensTo, [...happenings])),
    )
    .orderBy(automations.id);
}

/** Those in force that numbered events trigger. */
export async function followers(connection: Connection, projectId: string): Promise<AutomationRow[]> {
  return connection
    .select()
    .from(automations)
    .where(
      and(eq(automations.projectId, projectId), isListening, not(like(automations.listensTo, "event:%"))),
    )
    .orderBy(automations.id);
}

/**
 * What is taken of the overall caps, counted anew: what was given, and what is kept for whoever is owed. Under the lock of the
 * automation, with which nobody takes anything.
 */
export async function recount(connection: Connection, { projectId, id }: AutomationName): Promise<void> {
  // First the row, for itself: an erasure that gives something back is over before it is counted, or comes after it.
  await connection.execute(sql`
    select from automation_counts where project_id = ${projectId} and automation_id = ${id} for update`);
  await connection.execute(sql`
    update automation_counts set
           runs = (select count(*) from automation_runs
                    where project_id = ${projectId} and automation_id = ${id} and state in ('done', 'owed'))
                + (select coalesce(sum(runs), 0) from automation_past_runs
                    where project_id = ${projectId} and automation_id = ${id} and state = 'done'),
           coupons = (select count(*) from automation_coupons where project_id = ${projectId} and automation_id = ${id})
                   + (select coalesce(sum(coupons_taken), 0) from automation_runs
                       where project_id = ${projectId} and automation_id = ${id} and state = 'owed')
     where project_id = ${projectId} and automation_id = ${id}`);
}

/** Where the project's events end. From the first call on they are followed. */
export async function beginFollowing(connection: Connection, projectId: string): Promise<number> {
  const { rows } = await connection.execute<{ position: number }>(sql`
    select coalesce((select last_position from event_streams where project_id = ${projectId}), 0)::bigint as position`);
  const { position } = rows[0]!;
  await connection.execute(sql`
    insert into automation_rounds (project_id, position) values (${projectId}, ${position}) on conflict do nothing`);
  return position;
}
