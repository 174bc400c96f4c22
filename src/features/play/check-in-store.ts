import { and, eq, gte, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type CheckInRow, type CheckInStreakRow, checkInStreaks, checkIns } from "./check-in-tables.ts";

export type StreakName = Pick<CheckInStreakRow, "projectId" | "programme" | "holder">;

const named = ({ projectId, programme, holder }: StreakName) =>
  and(
    eq(checkInStreaks.projectId, projectId),
    eq(checkInStreaks.programme, programme),
    eq(checkInStreaks.holder, holder),
  );

/** Locked until the transaction ends; begun with nothing if there is none. */
export async function lockStreak(
  connection: Connection,
  name: StreakName & Pick<CheckInStreakRow, "customerId">,
): Promise<CheckInStreakRow> {
  const { projectId, programme, holder, customerId } = name;
  await connection.execute(sql`
    insert into check_in_streaks (project_id, programme, holder, customer_id, day, streak, best, total)
    values (${projectId}, ${programme}, ${holder}, ${customerId}, '-infinity', 0, 0, 0) on conflict do nothing`);
  const [row] = await connection.select().from(checkInStreaks).where(named(name)).for("update");
  if (row === undefined) throw new Error("a streak was neither begun nor there");
  return row;
}

export async function findStreak(
  connection: Connection,
  name: StreakName,
): Promise<CheckInStreakRow | undefined> {
  const [row] = await connection.select().from(checkInStreaks).where(named(name));
  return row;
}

export async function saveStreak(connection: Connection, row: CheckInStreakRow): Promise<void> {
  await connection.update(checkInStreaks).set(row).where(named(row));
}

export async function insertCheckIn(connection: Connection, row: CheckInRow): Promise<void> {
  await connection.insert(checkIns).values(row);
}

const ofHolder = ({ projectId, programme, holder }: StreakName) =>
  and(eq(checkIns.projectId, projectId), eq(checkIns.programme, programme), eq(checkIns.holder, holder));

export async function findCheckIn(
  connection: Connection,
  name: StreakName,
  day: string,
): Promise<CheckInRow | undefined> {
  const [row] = await connection
    .select()
    .from(checkIns)
    .where(and(ofHolder(name), eq(checkIns.day, day)));
  return row;
}

export async function countCheckIns(
  connection: Connection,
  name: StreakName,
  from: Date,
  until: Date,
): Promise<number> {
  return connection.$count(checkIns, and(ofHolder(name), gte(checkIns.at, from), lt(checkIns.at, until)));
}
