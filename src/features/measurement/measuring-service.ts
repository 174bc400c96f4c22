/** Statements over all customers of a campaign, which may take longer than those of a checkout. */
import {
  allowSlowStatements,
  type Connection,
  type Database,
  queryCanceled,
  sqlStateOf,
  withReadSnapshot,
} from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";

/** A million customers take some seconds, where their orders are not in the database's memory some dozens. */
const measuringMilliseconds = 60_000;

/** One moment of the project. Throws `measurement-too-slow` with the advice where one statement takes longer than it may. */
export async function whileMeasuring<T>(
  database: Database,
  projectId: string,
  advice: string,
  work: (connection: Connection) => Promise<T>,
  milliseconds = measuringMilliseconds,
): Promise<T> {
  try {
    return await withReadSnapshot(database, projectId, async (connection) => {
      await allowSlowStatements(connection, milliseconds);
      return work(connection);
    });
  } catch (error) {
    if (sqlStateOf(error) !== queryCanceled) throw error;
    const seconds = milliseconds / 1_000;
    throw problem("measurement-too-slow", {
      detail: `The database was not done with a part of it after ${seconds} s. ${advice}`,
    });
  }
}
