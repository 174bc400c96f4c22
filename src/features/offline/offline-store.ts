import { and, desc, eq, gt, inArray, isNotNull, isNull, lt, or, sql } from "drizzle-orm";
import type pg from "pg";
import type { Connection } from "../../platform/database.ts";
import type { FlagQuery } from "./offline-schemas.ts";
import {
  type OfflineFlagRow,
  type OfflineKeyRow,
  type OfflineVoucherRow,
  offlineFlags,
  offlineKeys,
  offlineVouchers,
} from "./offline-tables.ts";
import type { KeyPair } from "./voucher-token.ts";

// ---------------------------------------------------------------- keys

export async function findSigningKey(
  connection: Connection,
  projectId: string,
): Promise<OfflineKeyRow | undefined> {
  const [row] = await connection
    .select()
    .from(offlineKeys)
    .where(and(eq(offlineKeys.projectId, projectId), isNull(offlineKeys.retiredAt)));
  return row;
}

/** Of several processes that try at once, one makes it. */
export async function insertSigningKey(
  connection: Connection,
  projectId: string,
  { id, publicKey, privateKey }: KeyPair,
  createdAt: Date,
): Promise<void> {
  await connection
    .insert(offlineKeys)
    .values({ projectId, id, publicKey, privateKey, createdAt, retiredAt: null, publishedUntil: null })
    .onConflictDoNothing();
}

/**
 * Destroys the private half. The public one stays published until then, and for as long as a voucher that it signed is good;
 * with null no longer at all.
 */
export async function retireSigningKey(
  connection: Connection,
  projectId: string,
  { retiredAt, publishedUntil }: { retiredAt: Date; publishedUntil: Date | null },
): Promise<void> {
  const lastExpiry = sql`(select max(${offlineVouchers.expiresAt}) from ${offlineVouchers}
    where ${offlineVouchers.projectId} = ${projectId} and ${offlineVouchers.keyId} = ${offlineKeys.id})`;
  await connection
    .update(offlineKeys)
    .set({
      privateKey: null,
      retiredAt,
      publishedUntil:
        publishedUntil === null
          ? retiredAt
          : sql`greatest(${publishedUntil.toISOString()}::timestamptz, ${lastExpiry})`,
    })
    .where(and(eq(offlineKeys.projectId, projectId), isNull(offlineKeys.retiredAt)));
}

/** The one that signs first, then those retired last. */
export async function publishedKeys(
  connection: Connection,
  projectId: string,
  now: Date,
): Promise<Pick<OfflineKeyRow, "id" | "publicKey">[]> {
  return connection
    .select({ id: offlineKeys.id, publicKey: offlineKeys.publicKey })
    .from(offlineKeys)
    .where(
      and(
        eq(offlineKeys.projectId, projectId),
        or(isNull(offlineKeys.retiredAt), gt(offlineKeys.publishedUntil, now)),
      ),
    )
    .orderBy(sql`${offlineKeys.retiredAt} desc nulls first`, offlineKeys.id);
}

export async function publicKeysOf(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, Buffer>> {
  if (ids.length === 0) return new Map();
  const rows = await connection
    .select({ id: offlineKeys.id, publicKey: offlineKeys.publicKey })
    .from(offlineKeys)
    .where(and(eq(offlineKeys.projectId, projectId), inArray(offlineKeys.id, [...ids])));
  return new Map(rows.map(({ id, publicKey }) => [id, publicKey]));
}

// ---------------------------------------------------------------- vouchers

/** In the transaction that sets aside what it promises. */
export async function insertVoucher(client: pg.ClientBase, row: OfflineVoucherRow): Promise<void> {
  await client.query({
    name: "insert-offline-voucher",
    text: `insert into offline_vouchers (project_id, id, key_id, rule_id, promotion, code, pool, customer_id, currency,
                  max_amount, min_subtotal, valid_from, expires_at, revision, holds, issued_by, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::json, $16, $17)`,
    values: [
      row.projectId,
      row.id,
      row.keyId,
      row.ruleId,
      row.promotion,
      row.code,
      row.pool,
      row.customerId,
      row.currency,
      row.maxAmount,
      row.minSubtotal,
      row.validFrom,
      row.expiresAt,
      row.revision,
      JSON.stringify(row.holds),
      row.issuedBy,
      row.createdAt,
    ],
  });
}

export async function findVouchers(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, OfflineVoucherRow>> {
  if (ids.length === 0) return new Map();
  const rows = await connection
    .select()
    .from(offlineVouchers)
    .where(and(eq(offlineVouchers.projectId, projectId), inArray(offlineVouchers.id, [...ids])));
  return new Map(rows.map((row) => [row.id, row]));
}

// ---------------------------------------------------------------- flags

export type NewFlag = Omit<OfflineFlagRow, "resolvedAt" | "resolvedBy" | "note">;

/** One of a kind for a redemption; once it is raised it stays as it was. */
export async function insertFlags(
  client: Pick<pg.ClientBase, "query">,
  flags: readonly NewFlag[],
): Promise<void> {
  if (flags.length === 0) return;
  const column = <Name extends keyof NewFlag>(name: Name) => flags.map((flag) => flag[name]);
  await client.query({
    name: "insert-offline-flags",
    text: `insert into offline_flags (project_id, id, redemption_id, kind, voucher_id, promotion, source, order_ref, till,
                  accepted_at, currency, discount, amount, created_at)
           select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                  $9::text[], $10::timestamptz[], $11::text[], $12::bigint[], $13::bigint[], $14::timestamptz[])
           on conflict (project_id, redemption_id, kind) do nothing`,
    values: [
      column("projectId"),
      column("id"),
      column("redemptionId"),
      column("kind"),
      column("voucherId"),
      column("promotion"),
      column("source"),
      column("orderRef"),
      column("till"),
      column("acceptedAt"),
      column("currency"),
      column("discount"),
      column("amount"),
      column("createdAt"),
    ],
  });
}

/** By redemption, in the order in which they were raised. */
export async function flagsOf(
  connection: Connection,
  projectId: string,
  redemptionIds: readonly string[],
): Promise<Map<string, OfflineFlagRow["kind"][]>> {
  const kinds = new Map<string, OfflineFlagRow["kind"][]>();
  if (redemptionIds.length === 0) return kinds;
  const rows = await connection
    .select({ redemptionId: offlineFlags.redemptionId, kind: offlineFlags.kind })
    .from(offlineFlags)
    .where(and(eq(offlineFlags.projectId, projectId), inArray(offlineFlags.redemptionId, [...redemptionIds])))
    .orderBy(offlineFlags.id);
  for (const { redemptionId, kind } of rows)
    kinds.set(redemptionId, [...(kinds.get(redemptionId) ?? []), kind]);
  return kinds;
}

/** Newest first. */
export async function listFlags(
  connection: Connection,
  projectId: string,
  { kind, state, voucher, redemption, till, limit }: FlagQuery,
  beforeId: string | null,
): Promise<OfflineFlagRow[]> {
  const { resolvedAt } = offlineFlags;
  return connection
    .select()
    .from(offlineFlags)
    .where(
      and(
        eq(offlineFlags.projectId, projectId),
        kind === undefined ? undefined : eq(offlineFlags.kind, kind),
        state === undefined ? undefined : state === "open" ? isNull(resolvedAt) : isNotNull(resolvedAt),
        voucher === undefined ? undefined : eq(offlineFlags.voucherId, voucher),
        redemption === undefined ? undefined : eq(offlineFlags.redemptionId, redemption),
        till === undefined ? undefined : eq(offlineFlags.till, till),
        beforeId === null ? undefined : lt(offlineFlags.id, beforeId),
      ),
    )
    .orderBy(desc(offlineFlags.id))
    .limit(limit + 1);
}

export async function findFlag(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<OfflineFlagRow | undefined> {
  const [row] = await connection
    .select()
    .from(offlineFlags)
    .where(and(eq(offlineFlags.projectId, projectId), eq(offlineFlags.id, id)));
  return row;
}

/** Nothing if somebody was quicker. */
export async function resolveFlag(
  connection: Connection,
  projectId: string,
  id: string,
  resolution: Pick<OfflineFlagRow, "resolvedAt" | "resolvedBy" | "note">,
): Promise<OfflineFlagRow | undefined> {
  const [row] = await connection
    .update(offlineFlags)
    .set(resolution)
    .where(
      and(eq(offlineFlags.projectId, projectId), eq(offlineFlags.id, id), isNull(offlineFlags.resolvedAt)),
    )
    .returning();
  return row;
}
