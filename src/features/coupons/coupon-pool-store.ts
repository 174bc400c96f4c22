import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type CouponPoolRow, couponPools } from "./coupon-tables.ts";

/** A pool is named by its id or by the caller's own key. */
export type PoolName = { id: string } | { key: string };

const named = (projectId: string, name: PoolName) =>
  and(
    eq(couponPools.projectId, projectId),
    "id" in name ? eq(couponPools.id, name.id) : eq(couponPools.key, name.key),
  );

export async function findPool(
  connection: Connection,
  projectId: string,
  name: PoolName,
): Promise<CouponPoolRow | undefined> {
  const [row] = await connection.select().from(couponPools).where(named(projectId, name));
  return row;
}

export async function findPools(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<CouponPoolRow[]> {
  if (ids.length === 0) return [];
  return connection
    .select()
    .from(couponPools)
    .where(and(eq(couponPools.projectId, projectId), inArray(couponPools.id, [...ids])));
}

/** What tells the form of each pool of the project, and how many codes it has: locked until the transaction ends. */
export async function lockPoolForms(
  connection: Connection,
  projectId: string,
): Promise<Pick<CouponPoolRow, "id" | "document" | "codes">[]> {
  const { id, document, codes } = couponPools;
  return connection
    .select({ id, document, codes })
    .from(couponPools)
    .where(eq(couponPools.projectId, projectId))
    .orderBy(id)
    .for("update");
}

/** Until the transaction ends nobody else orders codes in the project. Goes before the lock of a pool. */
export async function lockOrders(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511834, hashtext(${projectId}))`);
}

/** Which of these keys are those of pools. */
export async function existingPoolKeys(
  connection: Connection,
  projectId: string,
  keys: readonly string[],
): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await connection
    .select({ key: couponPools.key })
    .from(couponPools)
    .where(and(eq(couponPools.projectId, projectId), inArray(couponPools.key, [...keys])));
  return new Set(rows.map(({ key }) => key));
}

/** Locked until the transaction ends, so that what is decided about the pool stays true that long. */
export async function lockPool(
  connection: Connection,
  projectId: string,
  name: PoolName,
): Promise<CouponPoolRow | undefined> {
  const [row] = await connection.select().from(couponPools).where(named(projectId, name)).for("update");
  return row;
}

/** The row as stored; undefined if the key is taken. */
export async function insertPool(
  connection: Connection,
  row: CouponPoolRow,
): Promise<CouponPoolRow | undefined> {
  const [stored] = await connection
    .insert(couponPools)
    .values(row)
    .onConflictDoNothing({ target: [couponPools.projectId, couponPools.key] })
    .returning();
  return stored;
}

export async function updatePool(
  connection: Connection,
  { projectId, id, version, document, updatedAt }: CouponPoolRow,
): Promise<CouponPoolRow> {
  const [stored] = await connection
    .update(couponPools)
    .set({ version, document, updatedAt })
    .where(named(projectId, { id }))
    .returning();
  if (stored === undefined) throw new Error(`coupon pool ${id} vanished under its lock`);
  return stored;
}

/** Newest first. */
export async function listPools(
  connection: Connection,
  projectId: string,
  { q, beforeId, limit }: { q: string | undefined; beforeId: string | null; limit: number },
): Promise<CouponPoolRow[]> {
  const { document, key, id } = couponPools;
  const part = q === undefined ? "" : `%${q.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return connection
    .select()
    .from(couponPools)
    .where(
      and(
        eq(couponPools.projectId, projectId),
        beforeId === null ? undefined : lt(id, beforeId),
        q === undefined ? undefined : sql`(${key} ilike ${part} or ${document} ->> 'name' ilike ${part})`,
      ),
    )
    .orderBy(desc(id))
    .limit(limit);
}

/** In the transaction that adds the coupons, after them: all others who add to the pool wait from here on. */
export async function countCodes(
  connection: Connection,
  projectId: string,
  poolId: string,
  added: number,
): Promise<void> {
  await connection
    .update(couponPools)
    .set({ codes: sql`${couponPools.codes} + ${added}` })
    .where(named(projectId, { id: poolId }));
}
