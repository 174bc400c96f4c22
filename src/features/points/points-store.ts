import { and, asc, desc, eq, inArray, isNotNull, lt, sql } from "drizzle-orm";
import type { PointsLot } from "../../ledger/points.ts";
import type { Connection } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import {
  type PointsAccountRow,
  type PointsEntryRow,
  type PointsLotRow,
  type PointsProgrammeRow,
  type PointsSpendRow,
  pointsAccounts,
  pointsEntries,
  pointsLots,
  pointsProgrammes,
  pointsSpends,
} from "./points-tables.ts";

/** Whose points, of which programme. */
export interface AccountName {
  readonly projectId: string;
  /** As counters know the customer: a keyed hash. */
  readonly holder: string;
  readonly programme: string;
}

export async function findProgramme(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<PointsProgrammeRow | undefined> {
  const [row] = await connection
    .select()
    .from(pointsProgrammes)
    .where(and(eq(pointsProgrammes.projectId, projectId), eq(pointsProgrammes.key, key)));
  return row;
}

/** Undefined unless it stands at `version`; 0 is one that was never set, null any. */
export async function putProgramme(
  connection: Connection,
  row: Omit<PointsProgrammeRow, "version">,
  version: number | null,
): Promise<PointsProgrammeRow | undefined> {
  const [stored] = await connection
    .insert(pointsProgrammes)
    .values({ ...row, version: 1 })
    .onConflictDoUpdate({
      target: [pointsProgrammes.projectId, pointsProgrammes.key],
      set: {
        document: row.document,
        updatedAt: row.updatedAt,
        version: sql`${pointsProgrammes.version} + 1`,
      },
      ...(version !== null && { setWhere: eq(pointsProgrammes.version, version) }),
    })
    .returning();
  return stored;
}

const ofAccount = (
  table: typeof pointsAccounts | typeof pointsLots | typeof pointsEntries,
  { projectId, holder, programme }: AccountName,
) => and(eq(table.projectId, projectId), eq(table.holder, holder), eq(table.programme, programme));

/** Locked until the transaction ends; made if it is not there and `customerId` says whose it is. */
export async function lockAccount(
  connection: Connection,
  name: AccountName,
  customerId: string | null,
): Promise<PointsAccountRow | undefined> {
  const { projectId, holder, programme } = name;
  if (customerId !== null)
    await connection.execute(sql`
      insert into points_accounts (project_id, holder, programme, customer_id)
      values (${projectId}, ${holder}, ${programme}, ${customerId}) on conflict do nothing`);
  const [row] = await connection
    .select()
    .from(pointsAccounts)
    .where(ofAccount(pointsAccounts, name))
    .for("update");
  return row;
}

export async function findAccount(
  connection: Connection,
  name: AccountName,
): Promise<PointsAccountRow | undefined> {
  const [row] = await connection.select().from(pointsAccounts).where(ofAccount(pointsAccounts, name));
  return row;
}

/** Of a locked account: whatever has something left or is pending, and these. */
export async function loadLots(
  connection: Connection,
  name: AccountName,
  ids: readonly string[],
): Promise<PointsLotRow[]> {
  const open = await connection
    .select()
    .from(pointsLots)
    .where(and(ofAccount(pointsLots, name), isOpen));
  const closed = new Set(ids);
  for (const { id } of open) closed.delete(id);
  if (closed.size === 0) return open;
  const theirs = and(ofAccount(pointsLots, name), inArray(pointsLots.id, [...closed]));
  const rest = await connection.select().from(pointsLots).where(theirs);
  // Looked up before the account was locked, and merged with another meanwhile: who asks again finds them there.
  if (rest.length < closed.size) throw problem("unavailable", { headers: { "retry-after": "1" } });
  return [...open, ...rest];
}

/** Word for word as the index has it: a parameter would keep that from being used. */
const isOpen = sql`(${pointsLots.remaining} > 0 or ${pointsLots.isPending})`;
const hasSomethingLeft = sql`${pointsLots.remaining} > 0`;

export async function findLotOfReward(
  connection: Connection,
  projectId: string,
  redemptionId: string,
  position: number,
): Promise<PointsLotRow | undefined> {
  const [row] = await connection
    .select()
    .from(pointsLots)
    .where(
      and(
        eq(pointsLots.projectId, projectId),
        eq(pointsLots.redemptionId, redemptionId),
        eq(pointsLots.position, position),
      ),
    );
  return row;
}

export async function saveAccount(connection: Connection, row: PointsAccountRow): Promise<void> {
  const { customerId, pending, available, reserved, debt } = row;
  await connection
    .update(pointsAccounts)
    .set({ customerId, pending, available, reserved, debt })
    .where(ofAccount(pointsAccounts, row));
}

export async function insertLots(connection: Connection, rows: readonly PointsLotRow[]): Promise<void> {
  if (rows.length > 0) await connection.insert(pointsLots).values([...rows]);
}

export type ChangedLot = Pick<PointsLot, "id" | "remaining" | "reversed" | "lapsed" | "isPending"> & {
  /** It has been told that it is about to lapse. */
  readonly isReminded: boolean;
};

/** All in one statement. They are named twice, so that they are found by their keys whatever the plan. */
export async function updateLots(
  connection: Connection,
  projectId: string,
  lots: readonly ChangedLot[],
): Promise<void> {
  if (lots.length === 0) return;
  await connection.execute(sql`
    update points_lots l
       set remaining = u.remaining, reversed = u.reversed, lapsed = u.lapsed, is_pending = u.is_pending,
           remind_at = case when u.is_reminded then null else l.remind_at end
      from json_to_recordset(${JSON.stringify(
        lots.map(({ id, remaining, reversed, lapsed, isPending, isReminded }) => ({
          id,
          remaining,
          reversed,
          lapsed,
          is_pending: isPending,
          is_reminded: isReminded,
        })),
      )}::json) as u (id text, remaining bigint, reversed bigint, lapsed bigint, is_pending boolean, is_reminded boolean)
     where l.project_id = ${projectId} and l.id = u.id collate "C" and l.id = any (${sql.param(lots.map(({ id }) => id))}::text[])`);
}

/** Of one project. In one parameter, however many: a statement has no more than 65,535. */
export async function insertPointsEntries(
  connection: Connection,
  projectId: string,
  rows: readonly PointsEntryRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const records = rows.map((row) => ({
    holder: row.holder,
    programme: row.programme,
    id: row.id,
    cause: row.cause,
    lot_id: row.lotId,
    from_account: row.fromAccount,
    to_account: row.toAccount,
    amount: row.amount,
    redemption_id: row.redemptionId,
    spend_id: row.spendId,
    reason: row.reason,
    created_by: row.createdBy,
    created_at: row.createdAt,
  }));
  await connection.execute(sql`
    insert into points_entries (project_id, holder, programme, id, cause, lot_id, from_account, to_account, amount,
                                redemption_id, spend_id, reason, created_by, created_at)
    select ${projectId}, u.*
      from json_to_recordset(${JSON.stringify(records)}::json)
        as u (holder text, programme text, id text, cause text, lot_id text, from_account text, to_account text, amount bigint,
              redemption_id text, spend_id text, reason text, created_by text, created_at timestamptz)`);
}

/** Not again before then: so one that fails again and again keeps none of the others waiting. */
export async function postponeAccount(
  connection: Connection,
  { projectId, holder, programme }: AccountName,
  until: Date,
): Promise<void> {
  await connection.execute(sql`
    update points_accounts set retry_at = ${until.toISOString()}::timestamptz
     where project_id = ${projectId} and holder = ${holder} and programme = ${programme}`);
}

export async function insertSpend(connection: Connection, row: PointsSpendRow): Promise<void> {
  await connection.insert(pointsSpends).values(row);
}

const named = (projectId: string, id: string) =>
  and(eq(pointsSpends.projectId, projectId), eq(pointsSpends.id, id));

export async function findSpend(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<PointsSpendRow | undefined> {
  const [row] = await connection.select().from(pointsSpends).where(named(projectId, id));
  return row;
}

export async function updateSpend(
  connection: Connection,
  { projectId, id, state, refunded, takes, expiresAt, redemptionId, externalId }: PointsSpendRow,
): Promise<void> {
  await connection
    .update(pointsSpends)
    .set({ state, refunded, takes, expiresAt })
    .where(named(projectId, id));
  // What it paid for may be paid with others from now on.
  if ((state === "cancelled" || state === "expired") && (redemptionId ?? externalId) !== null)
    await connection.execute(
      sql`delete from points_tenders where project_id = ${projectId} and spend_id = ${id}`,
    );
}

/** Reservations of a locked account whose time is up. Asked for by their end, they would be looked for among those of all accounts. */
export async function lapsedSpends(
  connection: Connection,
  { projectId, holder, programme }: AccountName,
  at: Date,
): Promise<PointsSpendRow[]> {
  const rows = await connection
    .select()
    .from(pointsSpends)
    .where(
      and(
        eq(pointsSpends.projectId, projectId),
        eq(pointsSpends.holder, holder),
        eq(pointsSpends.programme, programme),
        sql`${pointsSpends.state} = 'reserved'`,
      ),
    );
  return rows.filter(({ expiresAt }) => expiresAt !== null && expiresAt <= at);
}

/** Programmes in which the holder has something, or had and still has a lot or a spend. */
export async function accountsOfHolder(
  connection: Connection,
  projectId: string,
  holder: string,
): Promise<string[]> {
  const { rows } = await connection.execute<{ programme: string }>(sql`
    select programme from points_accounts a
     where project_id = ${projectId} and holder = ${holder}
       and (pending + available + reserved + debt > 0
            or exists (select from points_lots l where l.project_id = a.project_id and l.holder = a.holder and l.programme = a.programme)
            or exists (select from points_spends s where s.project_id = a.project_id and s.holder = a.holder and s.programme = a.programme))
     order by programme`);
  return rows.map(({ programme }) => programme);
}

/** Reservations of a locked account. */
export async function heldSpends(connection: Connection, name: AccountName): Promise<PointsSpendRow[]> {
  const { projectId, holder, programme } = name;
  return connection
    .select()
    .from(pointsSpends)
    .where(
      and(
        eq(pointsSpends.projectId, projectId),
        eq(pointsSpends.holder, holder),
        eq(pointsSpends.programme, programme),
        sql`${pointsSpends.state} = 'reserved'`,
      ),
    );
}

/** Everything that was ever earned and spent there is another holder's. */
export async function moveLotsAndSpends(
  connection: Connection,
  { projectId, holder, programme }: AccountName,
  to: string,
): Promise<void> {
  for (const table of [pointsLots, pointsSpends])
    await connection
      .update(table)
      .set({ holder: to })
      .where(and(eq(table.projectId, projectId), eq(table.holder, holder), eq(table.programme, programme)));
}

/** Accounts in which something is due by then, in all projects; over the walls. */
export async function duePoints(connection: Connection, at: Date, most: number): Promise<AccountName[]> {
  const { rows } = await connection.execute<{ projectId: string; holder: string; programme: string }>(sql`
    select project_id as "projectId", holder, programme from due_points(${at.toISOString()}::timestamptz, ${most})`);
  return rows;
}

/** What has something left, in the order in which it is spent. */
export async function listLots(
  connection: Connection,
  name: AccountName,
  limit: number,
): Promise<PointsLotRow[]> {
  return connection
    .select()
    .from(pointsLots)
    .where(and(ofAccount(pointsLots, name), hasSomethingLeft))
    .orderBy(asc(pointsLots.expiresAt), asc(pointsLots.id))
    .limit(limit);
}

/** What lapses first of what can be spent, and when; undefined if nothing does. */
export async function nextToLapse(
  connection: Connection,
  name: AccountName,
): Promise<{ points: number; at: Date } | undefined> {
  const [row] = await connection
    .select({ points: sql<number>`sum(${pointsLots.remaining})::bigint`, at: pointsLots.expiresAt })
    .from(pointsLots)
    .where(
      and(
        ofAccount(pointsLots, name),
        hasSomethingLeft,
        eq(pointsLots.isPending, false),
        isNotNull(pointsLots.expiresAt),
      ),
    )
    .groupBy(pointsLots.expiresAt)
    .orderBy(asc(pointsLots.expiresAt))
    .limit(1);
  return row === undefined ? undefined : { points: row.points, at: row.at! };
}

/** Last first. */
export async function listPointsEntries(
  connection: Connection,
  name: AccountName,
  { before, limit }: { before: string | null; limit: number },
): Promise<PointsEntryRow[]> {
  return connection
    .select()
    .from(pointsEntries)
    .where(and(ofAccount(pointsEntries, name), before === null ? undefined : lt(pointsEntries.id, before)))
    .orderBy(desc(pointsEntries.id))
    .limit(limit);
}

/** What each account of the programme comes to over all its entries; those of the customers from their own rows. */
export async function sumsOfProgramme(
  connection: Connection,
  projectId: string,
  programme: string,
): Promise<
  Record<"issued" | "redeemed" | "expired" | "available" | "pending" | "reserved" | "debt", number>
> {
  const { rows } = await connection.execute<
    Record<"issued" | "redeemed" | "expired" | "available" | "pending" | "reserved" | "debt", number>
  >(sql`
    select coalesce(sum(amount) filter (where from_account = 'issued'), 0)::bigint - coalesce(sum(amount) filter (where to_account = 'issued'), 0)::bigint as issued,
           coalesce(sum(amount) filter (where to_account = 'redeemed'), 0)::bigint - coalesce(sum(amount) filter (where from_account = 'redeemed'), 0)::bigint as redeemed,
           coalesce(sum(amount) filter (where to_account = 'expired'), 0)::bigint - coalesce(sum(amount) filter (where from_account = 'expired'), 0)::bigint as expired,
           max(a.available) as available, max(a.pending) as pending, max(a.reserved) as reserved, max(a.debt) as debt
      from (select coalesce(sum(available), 0)::bigint as available, coalesce(sum(pending), 0)::bigint as pending,
                   coalesce(sum(reserved), 0)::bigint as reserved, coalesce(sum(debt), 0)::bigint as debt
              from points_accounts where project_id = ${projectId} and programme = ${programme}) a
      left join points_entries e on e.project_id = ${projectId} and e.programme = ${programme}`);
  return rows[0]!;
}
