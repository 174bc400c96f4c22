import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { DealerQuery } from "./dealer-schemas.ts";
import { type DealerRow, dealers } from "./dealer-tables.ts";

/** Who is above whom is written by one transaction of the project at a time: two that went crosswise would make a circle. */
export async function lockNetworks(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511827, hashtext(${projectId}))`);
}

export async function findDealer(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<DealerRow | undefined> {
  const [row] = await connection
    .select()
    .from(dealers)
    .where(and(eq(dealers.projectId, projectId), eq(dealers.id, id)));
  return row;
}

export async function saveDealer(connection: Connection, row: DealerRow): Promise<void> {
  const { projectId: _project, id: _id, ...set } = row;
  await connection
    .insert(dealers)
    .values(row)
    .onConflictDoUpdate({ target: [dealers.projectId, dealers.id], set });
}

/** Everybody below, however far; the deepest network among them. */
export async function dealersBelow(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<{ ids: string[]; deepest: number }> {
  const { rows } = await connection.execute<{ ids: string[]; deepest: number }>(sql`
    ${below(projectId, id)}
    select coalesce(array_agg(id order by id), '{}') as ids, coalesce(max(levels), 0)::int as deepest from below`);
  return rows[0]!;
}

/** The dealer has another place in the networks, and takes all below along. */
export async function moveDealersBelow(
  connection: Connection,
  projectId: string,
  id: string,
  network: readonly string[],
): Promise<void> {
  await connection.execute(sql`
    ${below(projectId, id)}
    update dealers d set network = ${sql.param(network)}::text[] || d.network[cardinality(d.network) - below.levels + 1:]
      from below where d.project_id = ${projectId} and d.id = below.id`);
}

const below = (projectId: string, id: string) => sql`
  with recursive below as (
    select id, 1 as levels from dealers where project_id = ${projectId} and parent = ${id} collate "C"
    union all
    select d.id, below.levels + 1 from dealers d join below on d.parent = below.id where d.project_id = ${projectId}
  )`;

/** By their ids. */
export async function listDealers(
  connection: Connection,
  projectId: string,
  { level, region, parent, network }: Omit<DealerQuery, "limit" | "after">,
  { after, limit }: { after: string | null; limit: number },
): Promise<DealerRow[]> {
  const is = (column: Parameters<typeof eq>[0], value: string | undefined) =>
    value === undefined ? undefined : eq(column, value);
  return connection
    .select()
    .from(dealers)
    .where(
      and(
        eq(dealers.projectId, projectId),
        is(dealers.level, level),
        is(dealers.region, region),
        is(dealers.parent, parent),
        network === undefined ? undefined : sql`${network} = any (${dealers.network})`,
        after === null ? undefined : gt(dealers.id, after),
      ),
    )
    .orderBy(asc(dealers.id))
    .limit(limit);
}

export async function dealersById(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, DealerRow>> {
  if (ids.length === 0) return new Map();
  const rows = await connection
    .select()
    .from(dealers)
    .where(and(eq(dealers.projectId, projectId), sql`${dealers.id} = any (${sql.param([...ids])}::text[])`));
  return new Map(rows.map((row) => [row.id, row]));
}
