import { and, asc, desc, eq, inArray, lt, or, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { PrizeQuery, PrizeSource } from "./prize-schemas.ts";
import { type PrizeRow, prizes } from "./prize-tables.ts";

export interface PrizeName {
  readonly projectId: string;
  readonly id: string;
}

export async function insertPrize(connection: Connection, row: PrizeRow): Promise<void> {
  await connection.insert(prizes).values(row);
}

const named = ({ projectId, id }: PrizeName) => and(eq(prizes.projectId, projectId), eq(prizes.id, id));

export async function updatePrize(
  connection: Connection,
  name: PrizeName,
  change: Partial<Pick<PrizeRow, "state" | "code" | "reason" | "updatedAt">>,
): Promise<void> {
  await connection.update(prizes).set(change).where(named(name));
}

/** Where prizes come from. */
export interface PrizeOrigin {
  readonly projectId: string;
  readonly source: PrizeSource;
  readonly programme: string;
  /** As counters know the customer, where references are theirs alone; else left out. */
  readonly holder?: string | undefined;
}

const ofReferences = (
  { projectId, source, programme, holder = "" }: PrizeOrigin,
  references: readonly string[],
) =>
  and(
    eq(prizes.projectId, projectId),
    eq(prizes.source, source),
    eq(prizes.programme, programme),
    eq(prizes.holder, holder),
    inArray(prizes.reference, [...references]),
  );

/** What was given for these things. */
export async function findPrizes(
  connection: Connection,
  from: PrizeOrigin,
  references: readonly string[],
): Promise<PrizeRow[]> {
  return connection
    .select()
    .from(prizes)
    .where(ofReferences(from, references))
    .orderBy(asc(prizes.reference));
}

/** The same, locked; in the order of their references, so that nobody waits crosswise. */
export async function lockPrizes(
  connection: Connection,
  from: PrizeOrigin,
  references: readonly string[],
): Promise<PrizeRow[]> {
  return connection
    .select()
    .from(prizes)
    .where(ofReferences(from, references))
    .orderBy(asc(prizes.reference))
    .for("update");
}

/** Word for word as the index has it: a parameter would keep that from being used. */
const isOwed = sql`${prizes.state} = 'owed'`;

/** Pools that are waited for, in all projects; over the walls. */
export async function owedPrizePools(connection: Connection): Promise<{ projectId: string; pool: string }[]> {
  const { rows } = await connection.execute<{ projectId: string; pool: string }>(sql`
    select project_id as "projectId", pool from owed_prizes()`);
  return rows;
}

/** Up to `most` that wait for this pool, the longest waiting first. */
export async function listOwedPrizes(
  connection: Connection,
  { projectId, pool }: { projectId: string; pool: string },
  at: Date,
  most: number,
): Promise<PrizeName[]> {
  return connection
    .select({ projectId: prizes.projectId, id: prizes.id })
    .from(prizes)
    .where(
      and(
        eq(prizes.projectId, projectId),
        eq(prizes.pool, pool),
        isOwed,
        or(sql`${prizes.retryAt} is null`, lt(prizes.retryAt, at)),
      ),
    )
    .orderBy(asc(prizes.id))
    .limit(most);
}

/** Locked, if it still is owed and nobody else works on it. */
export async function lockOwedPrize(connection: Connection, name: PrizeName): Promise<PrizeRow | undefined> {
  const [row] = await connection
    .select()
    .from(prizes)
    .where(and(named(name), isOwed))
    .for("update", { skipLocked: true });
  return row;
}

/** Not again before then: so one that fails again and again keeps none of the others waiting. */
export async function postponePrize(connection: Connection, name: PrizeName, until: Date): Promise<void> {
  await connection.update(prizes).set({ retryAt: until }).where(named(name));
}

/** Newest first. */
export async function listPrizes(
  connection: Connection,
  projectId: string,
  { customer, source, programme, state }: Omit<PrizeQuery, "limit" | "after">,
  { before, limit }: { before: string | null; limit: number },
): Promise<PrizeRow[]> {
  const is = (column: Parameters<typeof eq>[0], value: string | undefined) =>
    value === undefined ? undefined : eq(column, value);
  return connection
    .select()
    .from(prizes)
    .where(
      and(
        eq(prizes.projectId, projectId),
        is(prizes.customerId, customer),
        is(prizes.source, source),
        is(prizes.programme, programme),
        is(prizes.state, state),
        before === null ? undefined : lt(prizes.id, before),
      ),
    )
    .orderBy(desc(prizes.id))
    .limit(limit);
}
