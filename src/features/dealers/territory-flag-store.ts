import { and, desc, eq, gte, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { Territory, TerritoryFlagQuery } from "./dealer-schemas.ts";
import { type TerritoryFlagRow, territoryFlags } from "./dealer-tables.ts";

export interface ShippedOrder extends Record<string, unknown> {
  readonly externalId: string;
  readonly dealer: string | null;
  readonly region: string | null;
  readonly postalCode: string | null;
  readonly store: string | null;
  readonly currency: string;
  readonly total: number;
  /** Epoch milliseconds. */
  readonly placedAt: number;
  /** Null where the dealer has no account. */
  readonly territory: Territory | null;
}

export async function hasDealers(connection: Connection, projectId: string): Promise<boolean> {
  const { rows } = await connection.execute(
    sql`select 1 from dealers where project_id = ${projectId} limit 1`,
  );
  return rows.length > 0;
}

/** Only looked at; orders are written by their own service. */
export async function shippedOrders(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
): Promise<ShippedOrder[]> {
  const { rows } = await connection.execute<ShippedOrder>(sql`
    select o.external_id as "externalId", o.dealer, o.document #>> '{shipTo,region}' as region,
           o.document #>> '{shipTo,postalCode}' as "postalCode", o.store, o.currency, o.total,
           floor(extract(epoch from o.placed_at) * 1000)::bigint as "placedAt", d.document -> 'territory' as territory
      from orders o left join dealers d on d.project_id = o.project_id and d.id = o.dealer collate "C"
     where o.project_id = ${projectId} and o.external_id = any (${sql.param([...externalIds])}::text[])
     order by o.external_id collate "C"`);
  return rows;
}

/** Of these orders, those that have one, locked until the transaction ends. */
export async function lockFlags(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
): Promise<Map<string, TerritoryFlagRow>> {
  const rows = await connection
    .select()
    .from(territoryFlags)
    .where(
      and(
        eq(territoryFlags.projectId, projectId),
        sql`${territoryFlags.externalId} = any (${sql.param([...externalIds])}::text[])`,
      ),
    )
    .orderBy(territoryFlags.externalId)
    .for("update");
  return new Map(rows.map((row) => [row.externalId, row]));
}

export async function saveFlag(connection: Connection, row: TerritoryFlagRow): Promise<void> {
  const { projectId: _project, externalId: _order, ...set } = row;
  await connection
    .insert(territoryFlags)
    .values(row)
    .onConflictDoUpdate({ target: [territoryFlags.projectId, territoryFlags.externalId], set });
}

export async function deleteFlag(
  connection: Connection,
  projectId: string,
  externalId: string,
): Promise<void> {
  await connection
    .delete(territoryFlags)
    .where(and(eq(territoryFlags.projectId, projectId), eq(territoryFlags.externalId, externalId)));
}

/** Of these orders, those that earn nothing. */
export async function openFlags(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
): Promise<Set<string>> {
  if (externalIds.length === 0) return new Set();
  const { rows } = await connection.execute<{ id: string }>(sql`
    select external_id as id from territory_flags
     where project_id = ${projectId} and external_id = any (${sql.param([...externalIds])}::text[]) and cleared_at is null`);
  return new Set(rows.map(({ id }) => id));
}

/** Latest placed first. */
export async function listFlags(
  connection: Connection,
  projectId: string,
  { dealer, state, from, to }: Omit<TerritoryFlagQuery, "limit" | "after">,
  { before, limit }: { before: readonly [placedAt: number, externalId: string] | null; limit: number },
): Promise<TerritoryFlagRow[]> {
  const { projectId: project, externalId, placedAt, clearedAt } = territoryFlags;
  return connection
    .select()
    .from(territoryFlags)
    .where(
      and(
        eq(project, projectId),
        dealer === undefined ? undefined : eq(territoryFlags.dealer, dealer),
        state === undefined ? undefined : state === "open" ? isNull(clearedAt) : isNotNull(clearedAt),
        from === undefined ? undefined : gte(placedAt, new Date(Date.parse(from))),
        to === undefined ? undefined : lt(placedAt, new Date(Date.parse(to))),
        before === null
          ? undefined
          : sql`(${placedAt}, ${externalId}) < (${new Date(before[0]).toISOString()}::timestamptz, ${before[1]} collate "C")`,
      ),
    )
    .orderBy(desc(placedAt), desc(externalId))
    .limit(limit);
}
