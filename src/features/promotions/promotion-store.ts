import { and, asc, desc, eq, gt, inArray, isNotNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { Variant } from "../../engine/assignment.ts";
import type { CounterName } from "../../ledger/books.ts";
import type { Connection } from "../../platform/database.ts";
import type { PromotionQuery } from "./promotion-schemas.ts";
import type { ShownStatus } from "./promotion-status.ts";
import {
  type PromotionRow,
  type PromotionVersionRow,
  promotions,
  promotionVersions,
} from "./promotion-tables.ts";

/** A promotion is named by its id or by the caller's own key. */
export type PromotionName = { id: string } | { key: string };

const named = (projectId: string, name: PromotionName) =>
  and(
    eq(promotions.projectId, projectId),
    "id" in name ? eq(promotions.id, name.id) : eq(promotions.key, name.key),
  );

export async function findPromotion(
  connection: Connection,
  projectId: string,
  name: PromotionName,
): Promise<PromotionRow | undefined> {
  const [row] = await connection.select().from(promotions).where(named(projectId, name));
  return row;
}

/** Locked until the transaction ends, so that two changes of one promotion follow each other. */
export async function lockPromotion(
  connection: Connection,
  projectId: string,
  name: PromotionName,
): Promise<PromotionRow | undefined> {
  const [row] = await connection.select().from(promotions).where(named(projectId, name)).for("update");
  return row;
}

/** The row as stored, which orders the fields of a document in its own way; undefined if the key is taken. */
export async function insertPromotion(
  connection: Connection,
  row: PromotionRow,
): Promise<PromotionRow | undefined> {
  const [stored] = await connection
    .insert(promotions)
    .values(row)
    .onConflictDoNothing({ target: [promotions.projectId, promotions.key] })
    .returning();
  return stored;
}

/** The row as stored. */
export async function updatePromotion(connection: Connection, row: PromotionRow): Promise<PromotionRow> {
  const { projectId, id, key: _key, createdAt: _createdAt, ...changes } = row;
  const [stored] = await connection
    .update(promotions)
    .set(changes)
    .where(named(projectId, { id }))
    .returning();
  if (stored === undefined) throw new Error(`promotion ${id} vanished under its lock`);
  return stored;
}

/** Of a campaign, in the order of their ids, until the transaction ends. `keys`: only these. */
export async function lockCampaignPromotions(
  connection: Connection,
  projectId: string,
  campaign: string,
  { keys, status }: { keys: readonly string[] | null; status: PromotionRow["status"] | null },
): Promise<PromotionRow[]> {
  return connection
    .select()
    .from(promotions)
    .where(
      and(
        eq(promotions.projectId, projectId),
        sql`${promotions.document} ->> 'campaign' = ${campaign}`,
        keys === null ? undefined : inArray(promotions.key, [...keys]),
        status === null ? undefined : eq(promotions.status, status),
      ),
    )
    .orderBy(asc(promotions.id))
    .for("update");
}

/** Whatever may be in force or come into force, until the transaction ends. */
export async function lockAllChangeable(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`
    select from promotions where project_id = ${projectId} and status in ('draft', 'active', 'paused') order by id for update`);
}

/** Those in force whose schedules have dates in the project's time zone. */
export async function activeByProjectZone(
  connection: Connection,
  projectId: string,
): Promise<PromotionRow[]> {
  const schedule = sql`${promotions.document} -> 'schedule'`;
  const isDate = (bound: string) => sql`length(${schedule} ->> ${bound}) = length('2026-11-11')`;
  return connection
    .select()
    .from(promotions)
    .where(
      and(
        eq(promotions.projectId, projectId),
        eq(promotions.status, "active"),
        sql`not ${schedule} ? 'timezone'`,
        or(isDate("startsAt"), isDate("endsAt")),
      ),
    )
    .orderBy(asc(promotions.id));
}

type Counter = Pick<CounterName, "rule" | "measure">;

/** What is taken of promotions as their limits and budgets count it, of all customers together. It looks into the ledger's counters. */
export async function takenOf(
  connection: Connection,
  projectId: string,
  counters: readonly Counter[],
): Promise<(counter: Counter) => number> {
  const column = (read: (counter: Counter) => string) => sql`${sql.param(counters.map(read))}::text[]`;
  const { rows } = await connection.execute<Record<keyof Counter | "taken", never>>(sql`
    select rule, c.measure, c.used + c.reserved as taken
      from unnest(${column(({ rule }) => rule)}, ${column(({ measure }) => measure)}) as asked (rule, measure)
      join counters c on c.project_id = ${projectId} and c.rule_id = asked.rule and c.measure = asked.measure
       and c.holder = '' and c.period = ''`);
  const nameOf = ({ rule, measure }: Counter) => `${rule} ${measure}`;
  const taken = new Map(rows.map((row) => [nameOf(row), row.taken]));
  return (counter) => taken.get(nameOf(counter)) ?? 0;
}

/** The promotion as a change left it. */
export async function insertVersion(
  connection: Connection,
  { projectId, id, version, revision, status, document, updatedAt }: PromotionRow,
  {
    change,
    changedBy,
    reason = null,
  }: Pick<PromotionVersionRow, "change" | "changedBy"> & { reason?: string | null },
): Promise<void> {
  await connection.insert(promotionVersions).values({
    projectId,
    promotionId: id,
    version,
    revision,
    status,
    document,
    change,
    changedBy,
    createdAt: updatedAt,
    reason,
  });
}

/** Newest first. */
export async function listPromotions(
  connection: Connection,
  projectId: string,
  { status, tag, campaign, trigger, q }: Omit<PromotionQuery, "limit" | "after">,
  { now, beforeId, limit }: { now: Date; beforeId: string | null; limit: number },
): Promise<PromotionRow[]> {
  const { document, key, id } = promotions;
  const part = q === undefined ? "" : `%${q.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return connection
    .select()
    .from(promotions)
    .where(
      and(
        eq(promotions.projectId, projectId),
        beforeId === null ? undefined : lt(id, beforeId),
        status === undefined ? undefined : hasStatus(status, now),
        tag === undefined ? undefined : sql`${document} -> 'tags' ? ${tag}`,
        campaign === undefined ? undefined : sql`${document} ->> 'campaign' = ${campaign}`,
        trigger === undefined ? undefined : sql`${document} -> 'trigger' ->> 'type' = ${trigger}`,
        q === undefined ? undefined : sql`(${key} ilike ${part} or ${document} ->> 'name' ilike ${part})`,
      ),
    )
    .orderBy(desc(id))
    .limit(limit);
}

/** `shownStatus` in SQL. */
function hasStatus(status: ShownStatus, now: Date): SQL | undefined {
  const stored = (value: PromotionRow["status"]) => eq(promotions.status, value);
  // Compared as text so that the driver's own idea of a time zone has no say.
  const at = sql`${now.toISOString()}::timestamptz`;
  const isOver = sql`coalesce(${promotions.endsAt} <= ${at}, false)`;
  const isAhead = sql`coalesce(${promotions.startsAt} > ${at}, false)`;
  switch (status) {
    case "active":
      return and(stored("active"), sql`not ${isOver}`, sql`not ${isAhead}`);
    case "scheduled":
      return and(stored("active"), sql`not ${isOver}`, isAhead);
    case "ended":
      return or(stored("ended"), and(stored("active"), isOver));
    default:
      return stored(status);
  }
}

/** Newest first. */
export async function listVersions(
  connection: Connection,
  projectId: string,
  promotionId: string,
  beforeVersion: number | null,
  limit: number,
): Promise<PromotionVersionRow[]> {
  return connection
    .select()
    .from(promotionVersions)
    .where(
      and(
        eq(promotionVersions.projectId, projectId),
        eq(promotionVersions.promotionId, promotionId),
        beforeVersion === null ? undefined : lt(promotionVersions.version, beforeVersion),
      ),
    )
    .orderBy(desc(promotionVersions.version))
    .limit(limit);
}

export async function findVersion(
  connection: Connection,
  projectId: string,
  promotionId: string,
  version: number,
): Promise<PromotionVersionRow | undefined> {
  const [row] = await connection
    .select()
    .from(promotionVersions)
    .where(
      and(
        eq(promotionVersions.projectId, projectId),
        eq(promotionVersions.promotionId, promotionId),
        eq(promotionVersions.version, version),
      ),
    );
  return row;
}

export interface RuleRow {
  id: string;
  version: number;
  status: PromotionRow["status"];
  document: unknown;
}

/** The rules in force, by id. */
async function activePromotions(
  connection: Connection,
  projectId: string,
  { afterId, limit }: { afterId: string; limit: number },
): Promise<RuleRow[]> {
  const { id, version, status, document } = promotions;
  return connection
    .select({ id, version, status, document })
    .from(promotions)
    .where(and(eq(promotions.projectId, projectId), eq(status, "active"), gt(id, afterId)))
    .orderBy(id)
    .limit(limit);
}

const rowsPerPage = 500;

/** In pages: turning ten thousand rows into objects at one go would hold up requests. */
export async function allActive(connection: Connection, projectId: string): Promise<RuleRow[]> {
  const rows: RuleRow[] = [];
  let page: RuleRow[];
  do {
    page = await activePromotions(connection, projectId, {
      afterId: rows.at(-1)?.id ?? "",
      limit: rowsPerPage,
    });
    rows.push(...page);
  } while (page.length === rowsPerPage);
  return rows;
}

/** Whose reservations are not committed any more. */
export async function killedPromotions(connection: Connection, projectId: string): Promise<string[]> {
  const rows = await connection
    .select({ id: promotions.id })
    .from(promotions)
    .where(and(eq(promotions.projectId, projectId), isNotNull(promotions.killedAt)));
  return rows.map(({ id }) => id);
}

const isOfExperiment = (document: SQL, names: readonly string[]): SQL =>
  sql`${document} -> 'variant' ->> 'experiment' = any (${sql.param([...names])}::text[])`;

/** Arms of an experiment of promotions that are in force or ever were. */
export async function armsEverInForce(
  connection: Connection,
  projectId: string,
  experiment: string,
): Promise<Variant[]> {
  const { rows } = await connection.execute<{ variant: Variant }>(sql`
    select distinct v.document -> 'variant' as variant from promotion_versions v
     where v.project_id = ${projectId} and v.status = 'active' and ${isOfExperiment(sql`v.document`, [experiment])}`);
  return rows.map(({ variant }) => variant);
}

/** Since when the promotion has been this arm, in force or not; null: never as it is stored. */
export async function armPlannedAt(
  connection: Connection,
  projectId: string,
  id: string,
  arm: Variant,
): Promise<Date | null> {
  const { rows } = await connection.execute<{ at: string | null }>(sql`
    select min(created_at) as at from promotion_versions
     where project_id = ${projectId} and promotion_id = ${id} and document -> 'variant' = ${JSON.stringify(arm)}::jsonb`);
  const at = rows[0]?.at ?? null;
  return at === null ? null : new Date(at);
}

/** Arms of these experiments whose promotions are out of force by now; of experiments that nobody met none. */
export async function restingArms(
  connection: Connection,
  projectId: string,
  experiments: readonly string[],
): Promise<Variant[]> {
  const { rows } = await connection.execute<{ variant: Variant }>(sql`
    select distinct p.document -> 'variant' as variant from promotions p
     where p.project_id = ${projectId} and p.status <> 'active' and ${isOfExperiment(sql`p.document`, experiments)}
       and exists (select from exposures e where e.project_id = ${projectId} and e.kind = 'experiment'
                      and e.name = p.document -> 'variant' ->> 'experiment')
       and exists (select from promotion_versions v where v.project_id = ${projectId} and v.promotion_id = p.id
                      and v.status = 'active' and v.document -> 'variant' = p.document -> 'variant')`);
  return rows.map(({ variant }) => variant);
}

/** What changed after `revision`, of whatever status it now is; the document only of what is in force. */
export async function promotionsChangedSince(
  connection: Connection,
  projectId: string,
  revision: number,
): Promise<RuleRow[]> {
  const { id, version, status, document } = promotions;
  const inForce = sql<unknown>`case when ${status} = 'active' then ${document} end`;
  return connection
    .select({ id, version, status, document: inForce })
    .from(promotions)
    .where(and(eq(promotions.projectId, projectId), gt(promotions.revision, revision)));
}

/** The rules that were in force at `revision`; `ids`: of these promotions alone. */
export async function promotionsAsOf(
  connection: Connection,
  projectId: string,
  revision: number,
  ids?: readonly string[],
): Promise<RuleRow[]> {
  const { promotionId: id, version, status, document } = promotionVersions;
  const rows = await connection
    .selectDistinctOn([id], { id, version, status, document })
    .from(promotionVersions)
    .where(
      and(
        eq(promotionVersions.projectId, projectId),
        sql`${promotionVersions.revision} <= ${revision}`,
        ids === undefined ? undefined : inArray(id, [...ids]),
      ),
    )
    .orderBy(id, desc(version));
  return rows.filter((row) => row.status === "active");
}
