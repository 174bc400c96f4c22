import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type ListPriceRow, listPrices, type PriceListRow, priceLists } from "./price-list-tables.ts";

export async function findPriceList(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<PriceListRow | undefined> {
  const [row] = await connection
    .select()
    .from(priceLists)
    .where(and(eq(priceLists.projectId, projectId), eq(priceLists.key, key)));
  return row;
}

/** One writer of a list at a time, also of one that is not there yet. */
export async function lockPriceList(connection: Connection, projectId: string, key: string): Promise<void> {
  await connection.execute(
    sql`select pg_advisory_xact_lock(730511831, hashtext(${JSON.stringify([projectId, key])}))`,
  );
}

export async function savePriceList(connection: Connection, row: PriceListRow): Promise<void> {
  const { projectId, key, createdAt: _createdAt, ...set } = row;
  await connection
    .insert(priceLists)
    .values(row)
    .onConflictDoUpdate({ target: [priceLists.projectId, priceLists.key], set });
  const { audience } = row.document;
  const rows = [
    ...named("group", audience.groups),
    ...named("customer", audience.customers),
    ...named("dealer", audience.dealers),
    ...named("level", audience.levels),
  ];
  await connection.execute(
    sql`delete from price_list_audiences where project_id = ${projectId} and list = ${key}`,
  );
  await connection.execute(sql`
    insert into price_list_audiences (project_id, kind, name, list)
    select distinct ${projectId}::text, kind, name, ${key}::text
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as told (kind text, name text)`);
}

function named(kind: string, names: readonly string[] = []) {
  return names.map((name) => ({ kind, name }));
}

/** By their keys. */
export async function listPriceLists(
  connection: Connection,
  projectId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<PriceListRow[]> {
  return connection
    .select()
    .from(priceLists)
    .where(and(eq(priceLists.projectId, projectId), after === null ? undefined : gt(priceLists.key, after)))
    .orderBy(asc(priceLists.key))
    .limit(limit);
}

/** For which currencies and kinds of shoppers there are lists, in whatever order. */
export async function audienceScopes(
  connection: Connection,
  projectId: string,
): Promise<{ currency: string; kind: string }[]> {
  const { rows } = await connection.execute<{ currency: string; kind: string }>(sql`
    select distinct l.currency, k.kind
      from price_lists l,
           lateral (select kind from (values ('group'), ('customer'), ('dealer'), ('level')) as kinds (kind)
                     where exists (select 1 from price_list_audiences a
                                    where a.project_id = l.project_id and a.list = l.key and a.kind = kinds.kind)) as k
     where l.project_id = ${projectId}`);
  return rows;
}

/** What is new or another than before; names no SKU twice. Answers the SKUs that were written. */
export async function savePrices(
  connection: Connection,
  projectId: string,
  list: string,
  prices: readonly Pick<ListPriceRow, "sku" | "document">[],
  at: Date,
): Promise<Set<string>> {
  if (prices.length === 0) return new Set();
  const rows = await connection
    .insert(listPrices)
    .select(
      sql`select ${projectId}::text, ${list}::text, sku, document, ${at.toISOString()}::timestamptz
            from jsonb_to_recordset(${JSON.stringify(prices)}::jsonb) as told (sku text, document jsonb)`,
    )
    .onConflictDoUpdate({
      target: [listPrices.projectId, listPrices.list, listPrices.sku],
      set: { document: sql`excluded.document`, updatedAt: sql`excluded.updated_at` },
      setWhere: sql`list_prices.document <> excluded.document`,
    })
    .returning({ sku: listPrices.sku });
  return new Set(rows.map(({ sku }) => sku));
}

/** Those that were there. */
export async function deletePrices(
  connection: Connection,
  projectId: string,
  list: string,
  skus: readonly string[],
): Promise<ListPriceRow[]> {
  if (skus.length === 0) return [];
  return connection
    .delete(listPrices)
    .where(
      and(
        eq(listPrices.projectId, projectId),
        eq(listPrices.list, list),
        sql`${listPrices.sku} = any (${sql.param([...skus])}::text[])`,
      ),
    )
    .returning();
}

export async function findPrice(
  connection: Connection,
  projectId: string,
  list: string,
  sku: string,
): Promise<ListPriceRow | undefined> {
  const [row] = await connection
    .select()
    .from(listPrices)
    .where(and(eq(listPrices.projectId, projectId), eq(listPrices.list, list), eq(listPrices.sku, sku)));
  return row;
}

/** By their SKUs. */
export async function listPricesOf(
  connection: Connection,
  projectId: string,
  list: string,
  { sku, after, limit }: { sku: string | undefined; after: string | null; limit: number },
): Promise<ListPriceRow[]> {
  return connection
    .select()
    .from(listPrices)
    .where(
      and(
        eq(listPrices.projectId, projectId),
        eq(listPrices.list, list),
        sku === undefined ? undefined : eq(listPrices.sku, sku),
        after === null ? undefined : gt(listPrices.sku, after),
      ),
    )
    .orderBy(asc(listPrices.sku))
    .limit(limit);
}
