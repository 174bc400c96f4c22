import { and, asc, desc, eq, exists, inArray, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { RedemptionQuery } from "./redemption-schemas.ts";
import { type LedgerEntryRow, ledgerEntries, type RedemptionRow, redemptions } from "./redemption-tables.ts";

export async function findRedemption(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<RedemptionRow | undefined> {
  const [row] = await connection
    .select()
    .from(redemptions)
    .where(and(eq(redemptions.projectId, projectId), eq(redemptions.id, id)));
  return row;
}

/** Newest first. `codes`: as stored, any of them. */
export async function listRedemptions(
  connection: Connection,
  projectId: string,
  { orderRef, source, customer, state, limit }: RedemptionQuery,
  codes: readonly string[] | null,
  beforeId: string | null,
): Promise<RedemptionRow[]> {
  return connection
    .select()
    .from(redemptions)
    .where(
      and(
        eq(redemptions.projectId, projectId),
        orderRef === undefined ? undefined : eq(redemptions.orderRef, orderRef),
        source === undefined ? undefined : eq(redemptions.source, source),
        customer === undefined ? undefined : eq(redemptions.customerId, customer),
        state === undefined ? undefined : eq(redemptions.state, state),
        beforeId === null ? undefined : lt(redemptions.id, beforeId),
        codes === null ? undefined : exists(usesOf(connection, projectId, codes)),
      ),
    )
    .orderBy(desc(redemptions.id))
    .limit(limit + 1);
}

function usesOf(connection: Connection, projectId: string, codes: readonly string[]) {
  return connection
    .select({ one: sql`1` })
    .from(ledgerEntries)
    .where(
      and(
        eq(ledgerEntries.projectId, projectId),
        eq(ledgerEntries.redemptionId, redemptions.id),
        inArray(
          ledgerEntries.holder,
          codes.map((code) => `code:${code}`),
        ),
      ),
    );
}

export async function ledgerOf(
  connection: Connection,
  projectId: string,
  redemptionId: string,
): Promise<LedgerEntryRow[]> {
  return connection
    .select()
    .from(ledgerEntries)
    .where(and(eq(ledgerEntries.projectId, projectId), eq(ledgerEntries.redemptionId, redemptionId)))
    .orderBy(asc(ledgerEntries.step));
}

/** Reservations whose time is up, the longest waiting first. */
export async function lapsedReservations(
  connection: Connection,
  most: number,
): Promise<{ projectId: string; id: string; orderRef: string }[]> {
  const { projectId, id, orderRef } = redemptions;
  return connection
    .select({ projectId, id, orderRef })
    .from(redemptions)
    .where(and(eq(redemptions.state, "reserved"), lt(redemptions.expiresAt, sql`now()`)))
    .orderBy(asc(redemptions.expiresAt))
    .limit(most);
}
