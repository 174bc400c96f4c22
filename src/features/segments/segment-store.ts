import { and, asc, count, desc, eq, gt, inArray, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type SegmentMemberRow, type SegmentRow, segmentMembers, segments } from "./segment-tables.ts";

const named = (projectId: string, key: string) =>
  and(eq(segments.projectId, projectId), eq(segments.key, key));

export async function findSegment(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<SegmentRow | undefined> {
  const [row] = await connection.select().from(segments).where(named(projectId, key));
  return row;
}

/**
 * Locked until the transaction ends. For an update: against other changes of it, not against the upkeep. For its deletion
 * against that as well, and at once: the upkeep, which waits for nobody who waits for it, ends first.
 */
export async function lockSegment(
  connection: Connection,
  projectId: string,
  key: string,
  strength: "no key update" | "update" = "no key update",
): Promise<SegmentRow | undefined> {
  const [row] = await connection.select().from(segments).where(named(projectId, key)).for(strength);
  return row;
}

/** Of these keys, those that there are. */
export async function knownKeys(
  connection: Connection,
  projectId: string,
  keys: readonly string[],
): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await connection
    .select({ key: segments.key })
    .from(segments)
    .where(and(eq(segments.projectId, projectId), inArray(segments.key, [...keys])));
  return new Set(rows.map(({ key }) => key));
}

/** Holds until the transaction ends, so that two who count do not both find room for one. */
export async function countSegmentsByConditions(connection: Connection, projectId: string): Promise<number> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511822, hashtext(${projectId}))`);
  const [row] = await connection
    .select({ count: count(segments.refreshedVersion) })
    .from(segments)
    .where(eq(segments.projectId, projectId));
  return row?.count ?? 0;
}

/** Which types of events segments ask for is changed by nobody who stores events, and the other way about, until the transaction ends. */
export async function lockEventTypes(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511839, hashtext(${projectId}))`);
}

export async function holdEventTypes(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock_shared(730511839, hashtext(${projectId}))`);
}

/** What a customer did. */
export interface Deed {
  readonly customerId: string;
  readonly type: string;
}

/** Whoever did something that a segment asks for is to be looked at. Only added to, so that nobody waits. */
export async function noteTouched(
  connection: Connection,
  projectId: string,
  deeds: readonly Deed[],
): Promise<void> {
  await connection.execute(sql`
    insert into segment_touches (project_id, customer_id)
    select distinct ${projectId}, d.customer_id
      from unnest(${sql.param(deeds.map(({ customerId }) => customerId))}::text[],
                  ${sql.param(deeds.map(({ type }) => type))}::text[]) as d (customer_id, type)
     where exists (select from segments where project_id = ${projectId} and d.type = any (event_types))`);
}

/** The first of them; each once. */
export async function takeTouched(
  connection: Connection,
  projectId: string,
  most: number,
): Promise<string[]> {
  const { rows } = await connection.execute<{ customer_id: string }>(sql`
    with taken as (
      delete from segment_touches
       where project_id = ${projectId}
         and id in (select id from segment_touches where project_id = ${projectId} order by id limit ${most})
      returning customer_id
    )
    select distinct customer_id from taken where customer_id not like 'erased:%'`);
  return rows.map(({ customer_id }) => customer_id);
}

/** Undefined if the key is taken. */
export async function insertSegment(
  connection: Connection,
  row: SegmentRow,
): Promise<SegmentRow | undefined> {
  const [stored] = await connection
    .insert(segments)
    .values(row)
    .onConflictDoNothing({ target: [segments.projectId, segments.key] })
    .returning();
  return stored;
}

export async function updateSegment(
  connection: Connection,
  { projectId, key, version, document, eventTypes, updatedAt }: SegmentRow,
): Promise<SegmentRow> {
  const [stored] = await connection
    .update(segments)
    .set({ version, document, eventTypes, updatedAt })
    .where(named(projectId, key))
    .returning();
  if (stored === undefined) throw new Error(`segment ${key} vanished under its lock`);
  return stored;
}

/** With everybody in it. */
export async function deleteSegment(connection: Connection, projectId: string, key: string): Promise<void> {
  await connection.delete(segments).where(named(projectId, key));
}

/** Newest first. */
export async function listSegments(
  connection: Connection,
  projectId: string,
  { beforeId, limit }: { beforeId: string | null; limit: number },
): Promise<SegmentRow[]> {
  return connection
    .select()
    .from(segments)
    .where(and(eq(segments.projectId, projectId), beforeId === null ? undefined : lt(segments.id, beforeId)))
    .orderBy(desc(segments.id))
    .limit(limit);
}

/** How many are in each of these segments, by id; nobody where one is missing. */
export async function segmentSizes(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await connection
    .select({ id: segmentMembers.segmentId, size: count() })
    .from(segmentMembers)
    .where(and(eq(segmentMembers.projectId, projectId), inArray(segmentMembers.segmentId, [...ids])))
    .groupBy(segmentMembers.segmentId);
  return new Map(rows.map(({ id, size }) => [id, size]));
}

/** By customer. */
export async function listMembers(
  connection: Connection,
  { projectId, id }: Pick<SegmentRow, "projectId" | "id">,
  { after, limit }: { after: string | null; limit: number },
): Promise<SegmentMemberRow[]> {
  return connection
    .select()
    .from(segmentMembers)
    .where(
      and(
        eq(segmentMembers.projectId, projectId),
        eq(segmentMembers.segmentId, id),
        after === null ? undefined : gt(segmentMembers.customerId, after),
      ),
    )
    .orderBy(asc(segmentMembers.customerId))
    .limit(limit);
}

/** Who came into which segment, or left it. */
export interface MembershipChange {
  readonly segmentId: string;
  readonly customerId: string;
  readonly isIn: boolean;
}

export type Membership = Pick<MembershipChange, "segmentId" | "customerId">;

/** Of the memberships named, those that were not there; in one order, so that writers wait in one direction only. */
export async function enter(
  connection: Connection,
  projectId: string,
  members: readonly Membership[],
  since: Date,
): Promise<MembershipChange[]> {
  if (members.length === 0) return [];
  const { rows } = await connection.execute<{ segment_id: string; customer_id: string }>(sql`
    insert into segment_members (project_id, segment_id, customer_id, since)
    select ${projectId}, segment_id, customer_id, ${since.toISOString()}::timestamptz
      from unnest(${sql.param(members.map(({ segmentId }) => segmentId))}::text[],
                  ${sql.param(members.map(({ customerId }) => customerId))}::text[]) as u (segment_id, customer_id)
     order by 2, 3
    on conflict do nothing
    returning segment_id, customer_id`);
  return rows.map((row) => ({ segmentId: row.segment_id, customerId: row.customer_id, isIn: true }));
}

/** Of these customers, those who were in one of these segments and are not named as staying. */
export async function leave(
  connection: Connection,
  projectId: string,
  from: { segmentIds: readonly string[]; customerIds: readonly string[] },
  staying: readonly Membership[],
): Promise<MembershipChange[]> {
  const { rows } = await connection.execute<{ segment_id: string; customer_id: string }>(sql`
    with leaving as materialized (
      select segment_id, customer_id from segment_members
       where project_id = ${projectId} and customer_id = any (${sql.param(from.customerIds)}::text[])
         and segment_id = any (${sql.param(from.segmentIds)}::text[])
      except
      select * from unnest(${sql.param(staying.map(({ segmentId }) => segmentId))}::text[],
                           ${sql.param(staying.map(({ customerId }) => customerId))}::text[])
    )
    delete from segment_members m using leaving l
     where m.project_id = ${projectId} and m.segment_id = l.segment_id and m.customer_id = l.customer_id
    returning m.segment_id, m.customer_id`);
  return rows.map((row) => ({ segmentId: row.segment_id, customerId: row.customer_id, isIn: false }));
}
