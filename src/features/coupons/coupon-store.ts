import { pipeline } from "node:stream/promises";
import { and, desc, eq, inArray, sql } from "drizzle-orm";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { allowSlowStatements, type Connection, type Database } from "../../platform/database.ts";
import { enterProject } from "../../platform/walls.ts";
import { codeRowColumns } from "./code-rows.ts";
import type { CouponStatus, ExportQuery } from "./coupon-schemas.ts";
import { type CouponRow, coupons } from "./coupon-tables.ts";

const slowMilliseconds = 120_000;

/** Adds rows as `codeRows` makes them. Fails with 23505 if one of them is there already. */
export async function copyCoupons(connection: Connection, rows: AsyncIterable<Buffer>): Promise<void> {
  await copyFresh(connection, rows);
  await connection.execute(sql`insert into coupons select * from fresh_coupons`);
}

/** The same where some may be there already: adds those that are not, which takes longer. Returns how many it added. */
export async function copyNewCoupons(connection: Connection, rows: AsyncIterable<Buffer>): Promise<number> {
  await copyFresh(connection, rows);
  const { rowCount } = await connection.execute(
    sql`insert into coupons select * from fresh_coupons order by code on conflict do nothing`,
  );
  return rowCount ?? 0;
}

/** By way of a temporary table, because PostgreSQL does not COPY into one behind walls. */
async function copyFresh(connection: Connection, rows: AsyncIterable<Buffer>): Promise<void> {
  await allowSlowStatements(connection, slowMilliseconds);
  await connection.execute(
    sql`create temp table if not exists fresh_coupons (like coupons including defaults) on commit drop`,
  );
  await connection.execute(sql`truncate fresh_coupons`);
  // Drizzle knows no COPY; inside a transaction its client is the one that has it.
  const { $client } = connection as Connection & { $client: pg.PoolClient };
  const columns = codeRowColumns.join(", ");
  await pipeline(rows, $client.query(copyFrom(`copy fresh_coupons (${columns}) from stdin (format binary)`)));
}

export interface NewCoupon {
  readonly code: string;
  readonly spelling: string | null;
  /** Under which code pools that compare otherwise would have it; null: under the same. */
  readonly lookAlike: string | null;
  readonly maxUses: number;
  readonly expiresAt: Date | null;
  readonly customerId: string | null;
}

/**
 * Adds those whose code is free and returns their codes. In the order of the codes: two imports cannot deadlock. One that another pool
 * has by its look-alikes is not free; nor, where the pool `folds`, what it has itself from the time when imports were not folded.
 */
export async function insertCoupons(
  connection: Connection,
  {
    projectId,
    poolId,
    createdAt,
    folds,
  }: Pick<CouponRow, "projectId" | "poolId" | "createdAt"> & { folds: boolean },
  rows: readonly NewCoupon[],
): Promise<string[]> {
  const at = createdAt.toISOString();
  const column = <T>(of: (row: NewCoupon) => T) => sql.param(rows.map(of));
  const { rows: added } = await connection.execute<{ code: string }>(sql`
    insert into coupons (project_id, code, pool_id, max_uses, expires_at, customer_id, claimed_at, created_at, spelling)
    select ${projectId}, code, ${poolId}, max_uses, expires_at, customer_id,
           case when customer_id is not null then ${at}::timestamptz end, ${at}::timestamptz, spelling
      from unnest(${column(({ code }) => code)}::text[], ${column(({ maxUses }) => maxUses)}::integer[],
                  ${column(({ expiresAt }) => expiresAt?.toISOString() ?? null)}::timestamptz[],
                  ${column(({ customerId }) => customerId)}::text[], ${column(({ spelling }) => spelling)}::text[],
                  ${column(({ lookAlike }) => lookAlike)}::text[])
             as row (code, max_uses, expires_at, customer_id, spelling, look_alike)
     where not exists (
             select from coupons other
              where other.project_id = ${projectId} and other.code = look_alike collate "C"
                and (${folds}::boolean or other.pool_id <> ${poolId}))
     order by code collate "C"
    on conflict do nothing
    returning code`);
  return added.map(({ code }) => code);
}

/** Coupons stored under one of these codes. */
export async function findCoupons(
  connection: Connection,
  projectId: string,
  codes: readonly string[],
): Promise<CouponRow[]> {
  return connection.select().from(coupons).where(among(projectId, codes));
}

/** The same, locked until the transaction ends, in one order. */
export async function lockCoupons(
  connection: Connection,
  projectId: string,
  codes: readonly string[],
): Promise<CouponRow[]> {
  return connection.select().from(coupons).where(among(projectId, codes)).orderBy(coupons.code).for("update");
}

const among = (projectId: string, codes: readonly string[]) =>
  and(eq(coupons.projectId, projectId), inArray(coupons.code, [...codes]));

export async function updateCoupon(
  connection: Connection,
  { projectId, code }: Pick<CouponRow, "projectId" | "code">,
  change: Partial<Pick<CouponRow, "status" | "customerId" | "claimedAt">>,
): Promise<CouponRow> {
  const [row] = await connection
    .update(coupons)
    .set(change)
    .where(and(eq(coupons.projectId, projectId), eq(coupons.code, code)))
    .returning();
  if (row === undefined) throw new Error("a coupon vanished under its lock");
  return row;
}

/**
 * Gives codes that are nobody's yet to these customers, in their order; fewer where the pool has fewer. A customer who is named
 * twice gets two. Passes over those another process is just giving away, so nobody waits. `expiresAt` ends them sooner than they
 * would by themselves, never later.
 */
export async function takeFreeCoupons(
  connection: Connection,
  pool: Pick<CouponRow, "projectId" | "poolId">,
  { customerIds, at, expiresAt }: { customerIds: readonly string[]; at: Date; expiresAt: Date | null },
): Promise<string[]> {
  const { rows } = await connection.execute<{ code: string }>(sql`
    with free as (
      select code, row_number() over () as place from (
        select code from coupons where ${isFree(pool, at)} ${byPool} limit ${customerIds.length} for update skip locked
      ) as locked
    ), given as (
      update coupons c
         set customer_id = asked.customer_id, claimed_at = ${at.toISOString()}::timestamptz,
             expires_at = least(c.expires_at, ${expiresAt?.toISOString() ?? null}::timestamptz)
        from free
        join unnest(${sql.param([...customerIds])}::text[]) with ordinality as asked (customer_id, place) using (place)
       -- Named twice, so that they are found by their key whatever the plan.
       where c.project_id = ${pool.projectId} and c.code = free.code and c.code = any (array(select code from free))
      returning c.code, place
    )
    select code from given order by place`);
  return rows.map(({ code }) => code);
}

/** Whether the pool has a code that is nobody's yet; without locking any. */
export async function hasFreeCoupon(
  connection: Connection,
  pool: Pick<CouponRow, "projectId" | "poolId">,
  at: Date,
): Promise<boolean> {
  const { rows } = await connection.execute(
    sql`select from coupons where ${isFree(pool, at)} ${byPool} limit 1`,
  );
  return rows.length > 0;
}

const isFree = ({ projectId, poolId }: Pick<CouponRow, "projectId" | "poolId">, at: Date) => sql`
  project_id = ${projectId} and pool_id = ${poolId} and customer_id is null and status = 'active'
    and used + reserved < max_uses and (expires_at is null or expires_at > greatest(now(), ${at.toISOString()}::timestamptz))`;

/** As the index of pools has them: without statistics that of codes looks as good, and would be read through all pools. */
const byPool = sql`order by customer_id, code`;

/** The customer's coupons, last got first. */
export async function listCustomerCoupons(
  connection: Connection,
  projectId: string,
  customerId: string,
  { before, limit }: { before: readonly [claimedAt: string, code: string] | null; limit: number },
): Promise<CouponRow[]> {
  return connection
    .select()
    .from(coupons)
    .where(
      and(
        eq(coupons.projectId, projectId),
        eq(coupons.customerId, customerId),
        before === null
          ? undefined
          : sql`(${coupons.claimedAt}, ${coupons.code}) < (${before[0]}::timestamptz, ${before[1]})`,
      ),
    )
    .orderBy(desc(coupons.claimedAt), desc(coupons.code))
    .limit(limit);
}

const exportedAtOnce = 2_000;

/** All coupons of a pool as they are at one moment, however long it takes to read them, in batches. */
export async function* exportCoupons(
  database: Database,
  { projectId, poolId, now }: { projectId: string; poolId: string; now: Date },
  { status, claimed }: Pick<ExportQuery, "status" | "claimed">,
): AsyncGenerator<CouponRow[]> {
  const client = await database.connect();
  let isReusable = false;
  try {
    await client.query(`begin isolation level repeatable read, read only; ${enterProject(projectId)}`);
    const claimedIs = claimed === undefined ? "" : `and customer_id is ${claimed ? "not " : ""}null`;
    const statusIs = status === undefined ? "" : `and (${statusOf("$3")}) = $4`;
    // In the order of the index of pools, so that the first rows come at once.
    await client.query(
      `declare exported no scroll cursor for
       select project_id as "projectId", code, pool_id as "poolId", status, max_uses as "maxUses", used, reserved,
              expires_at as "expiresAt", customer_id as "customerId", claimed_at as "claimedAt", created_at as "createdAt",
              spelling
         from coupons where project_id = $1 and pool_id = $2 and ($3::timestamptz is not null) ${claimedIs} ${statusIs}
        order by customer_id, code`,
      [projectId, poolId, now, ...(status === undefined ? [] : [status])],
    );
    for (;;) {
      const { rows } = await client.query<CouponRow>(`fetch ${exportedAtOnce} from exported`);
      if (rows.length > 0) yield rows;
      if (rows.length < exportedAtOnce) break;
    }
    await client.query("commit");
    isReusable = true;
  } finally {
    // Whoever stopped reading leaves an open transaction behind: it ends with its connection.
    client.release(!isReusable);
  }
}

/** `statusAt` in SQL. */
function statusOf(now: string): string {
  return `case when status = 'void' then 'void'
               when used + reserved >= max_uses then 'used'
               when expires_at <= ${now}::timestamptz then 'expired' else 'usable' end`;
}

export function statusAt(
  { status, used, reserved, maxUses, expiresAt }: CouponRow,
  now: number,
): CouponStatus {
  if (status === "void") return "void";
  if (used + reserved >= maxUses) return "used";
  return expiresAt !== null && expiresAt.getTime() <= now ? "expired" : "usable";
}
