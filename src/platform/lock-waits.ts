import { sql } from "drizzle-orm";
import type { Connection } from "./database.ts";

export interface LockWaits {
  /** Connections to this database, of whoever, that wait for a lock at this moment, … */
  readonly waiting: number;
  /** … and how long the longest of them has waited; 0 if none does. */
  readonly longestSeconds: number;
  /** Since the statistics of the database were last reset. */
  readonly deadlocks: number;
}

/** From views that PostgreSQL shows everybody: what others wait for is not for the service's role to see. */
export async function lockWaits(connection: Connection): Promise<LockWaits> {
  const { rows } = await connection.execute<{ waiting: number; longest: number; deadlocks: number }>(sql`
    select count(l.pid)::int as waiting,
           coalesce(max(extract(epoch from clock_timestamp() - l.waitstart)), 0)::float8 as longest,
           (select deadlocks::float8 from pg_stat_database where datname = current_database()) as deadlocks
      from pg_stat_activity a join pg_locks l on l.pid = a.pid and not l.granted
     where a.datname = current_database()`);
  const [{ waiting, longest, deadlocks } = { waiting: 0, longest: 0, deadlocks: 0 }] = rows;
  return { waiting, longestSeconds: Math.max(0, longest), deadlocks };
}
