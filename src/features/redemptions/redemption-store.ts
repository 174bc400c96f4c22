import { and, asc, desc, eq, getTableColumns, lt, type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { RedemptionQuery } from "./redemption-schemas.ts";
import { type LedgerEntryRow, ledgerEntries, type RedemptionRow, redemptions } from "./redemption-tables.ts";

export async function findRedemption(
  connection: Connection,
  projectId: string,
  id: string,
  { isHeld = false }: { isHeld?: boolean } = {},
): Promise<RedemptionRow | undefined> {
  const found = connection
    .select()
    .from(redemptions)
    .where(and(eq(redemptions.projectId, projectId), eq(redemptions.id, id)));
  const [row] = await (isHeld ? found.for("share") : found);
  return row;
}

/** They stay so until the transaction ends. Nobody is waited for: those that are being changed are left out. */
export async function holdFates(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Pick<RedemptionRow, "id" | "state" | "customerId">[]> {
  const { id, state, customerId } = redemptions;
  return connection
    .select({ id, state, customerId })
    .from(redemptions)
    .where(and(eq(redemptions.projectId, projectId), sql`${id} = any (${sql.param([...ids])}::text[])`))
    .for("share", { skipLocked: true });
}

/** Newest first. */
export async function listRedemptions(
  connection: Connection,
  projectId: string,
  query: RedemptionQuery,
  beforeId: string | null,
): Promise<RedemptionRow[]> {
  return connection
    .select()
    .from(redemptions)
    .where(
      and(
        eq(redemptions.projectId, projectId),
        asked(query),
        beforeId === null ? undefined : lt(redemptions.id, beforeId),
      ),
    )
    .orderBy(desc(redemptions.id))
    .limit(query.limit + 1);
}

/** The same of those that ever took this code, as it is stored. Walks the uses of the code, of which there may be millions, only as far as it must. */
export async function listRedemptionsOfCode(
  connection: Connection,
  projectId: string,
  query: RedemptionQuery,
  code: string,
  beforeId: string | null,
): Promise<RedemptionRow[]> {
  const { redemptionId } = ledgerEntries;
  const users = connection
    .select({ id: redemptionId })
    .from(ledgerEntries)
    .where(
      and(
        eq(ledgerEntries.projectId, projectId),
        eq(ledgerEntries.code, code),
        beforeId === null ? undefined : lt(redemptionId, beforeId),
      ),
    )
    .groupBy(redemptionId)
    .orderBy(desc(redemptionId))
    .as("users");
  return connection
    .select(getTableColumns(redemptions))
    .from(users)
    .innerJoin(redemptions, and(eq(redemptions.projectId, projectId), eq(redemptions.id, users.id)))
    .where(asked(query))
    .orderBy(desc(users.id))
    .limit(query.limit + 1);
}

function asked({ orderRef, source, customer, state }: RedemptionQuery): SQL | undefined {
  return and(
    orderRef === undefined ? undefined : eq(redemptions.orderRef, orderRef),
    source === undefined ? undefined : eq(redemptions.source, source),
    customer === undefined ? undefined : eq(redemptions.customerId, customer),
    state === undefined ? undefined : eq(redemptions.state, state),
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

/** Reservations whose time is up, the longest waiting first; over the walls. */
export async function lapsedReservations(
  connection: Connection,
  most: number,
): Promise<{ projectId: string; id: string; orderRef: string }[]> {
  const { rows } = await connection.execute<{ projectId: string; id: string; orderRef: string }>(sql`
    select project_id as "projectId", id, order_ref as "orderRef" from lapsed_reservations(${most})`);
  return rows;
}
