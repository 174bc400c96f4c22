import { and, asc, eq, lte, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { StockQuery } from "./stock-schemas.ts";
import { type StockFeedRow, type StockLevelRow, stockFeeds, stockLevels } from "./stock-tables.ts";

export interface IncomingStock {
  readonly sku: string;
  /** Empty: of the SKU at large. */
  readonly store: string;
  readonly quantity: number;
  readonly asOf: Date;
}

/** Where processes hear that there is something new; the payload is the project. */
export const stockChannel = "dealwright_stock";

/** The revision of this write. Locks the feed until the transaction ends: revisions are committed in their order. */
export async function beginWrite(
  connection: Connection,
  projectId: string,
  receivedAt: Date,
  alarmAt: Date,
): Promise<number> {
  const [row] = await connection
    .insert(stockFeeds)
    .values({ projectId, revision: 1, receivedAt, alarmAt })
    .onConflictDoUpdate({
      target: stockFeeds.projectId,
      set: { revision: sql`stock_feeds.revision + 1`, receivedAt, alarmAt },
    })
    .returning({ revision: stockFeeds.revision });
  return row!.revision;
}

/** Told when the transaction is committed, to every process that has the levels in memory. */
export async function tellOfChange(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_notify(${stockChannel}, ${projectId})`);
}

/** Stores what was counted later than what is known, and answers what was stored. Names nothing twice. */
export async function storeNewer(
  connection: Connection,
  projectId: string,
  incoming: readonly IncomingStock[],
  { revision, receivedAt }: { revision: number; receivedAt: Date },
): Promise<StockLevelRow[]> {
  const at = sql`${receivedAt.toISOString()}::timestamptz`;
  return connection
    .insert(stockLevels)
    .select(
      sql`
    select ${projectId}::text, sku, store, quantity, "asOf", ${at}, ${revision}::bigint
      from jsonb_to_recordset(${JSON.stringify(incoming)}::jsonb)
        as incoming (sku text, store text, quantity bigint, "asOf" timestamptz)`,
    )
    .onConflictDoUpdate({
      target: [stockLevels.projectId, stockLevels.sku, stockLevels.store],
      set: {
        quantity: sql`excluded.quantity`,
        asOf: sql`excluded.as_of`,
        receivedAt: sql`excluded.received_at`,
        revision: sql`excluded.revision`,
      },
      setWhere: sql`stock_levels.as_of < excluded.as_of`,
    })
    .returning();
}

export async function findLevels(
  connection: Connection,
  projectId: string,
  names: readonly { readonly sku: string; readonly store: string }[],
): Promise<StockLevelRow[]> {
  if (names.length === 0) return [];
  return connection
    .select()
    .from(stockLevels)
    .where(
      and(
        eq(stockLevels.projectId, projectId),
        sql`(sku, store) in (select sku, store from jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as n (sku text, store text))`,
      ),
    );
}

export type LevelChange = Pick<StockLevelRow, "sku" | "store" | "quantity" | "revision">;

/** In the order of revisions, after this one. */
export async function changesAfter(
  connection: Connection,
  projectId: string,
  { revision, sku, store }: Pick<StockLevelRow, "revision" | "sku" | "store">,
  most: number,
): Promise<LevelChange[]> {
  return connection
    .select({
      sku: stockLevels.sku,
      store: stockLevels.store,
      quantity: stockLevels.quantity,
      revision: stockLevels.revision,
    })
    .from(stockLevels)
    .where(
      and(
        eq(stockLevels.projectId, projectId),
        sql`(revision, sku, store) > (${revision}, ${sku}, ${store})`,
      ),
    )
    .orderBy(asc(stockLevels.revision), asc(stockLevels.sku), asc(stockLevels.store))
    .limit(most);
}

export async function listLevels(
  connection: Connection,
  projectId: string,
  { sku, store, atMost }: Omit<StockQuery, "limit" | "after">,
  { after, limit }: { after: { sku: string; store: string } | null; limit: number },
): Promise<StockLevelRow[]> {
  return connection
    .select()
    .from(stockLevels)
    .where(
      and(
        eq(stockLevels.projectId, projectId),
        sku === undefined ? undefined : eq(stockLevels.sku, sku),
        store === undefined ? undefined : eq(stockLevels.store, store),
        atMost === undefined ? undefined : lte(stockLevels.quantity, atMost),
        after === null
          ? undefined
          : // One comparison, so that a page begins where the index says.
            sql`(sku, store) > (${after.sku}, ${after.store})`,
      ),
    )
    .orderBy(asc(stockLevels.sku), asc(stockLevels.store))
    .limit(limit);
}

export async function findFeed(connection: Connection, projectId: string): Promise<StockFeedRow | undefined> {
  const [row] = await connection.select().from(stockFeeds).where(eq(stockFeeds.projectId, projectId));
  return row;
}

export async function lockFeed(connection: Connection, projectId: string): Promise<StockFeedRow | undefined> {
  const [row] = await connection
    .select()
    .from(stockFeeds)
    .where(eq(stockFeeds.projectId, projectId))
    .for("update");
  return row;
}

export async function setAlarm(
  connection: Connection,
  projectId: string,
  alarmAt: Date | null,
): Promise<void> {
  await connection.update(stockFeeds).set({ alarmAt }).where(eq(stockFeeds.projectId, projectId));
}

/** Projects whose feed has been silent until its alarm. */
export async function silentFeeds(connection: Connection, at: Date, most: number): Promise<string[]> {
  const { rows } = await connection.execute<{ project_id: string }>(
    sql`select project_id from silent_stock_feeds(${at.toISOString()}::timestamptz, ${most})`,
  );
  return rows.map(({ project_id }) => project_id);
}
