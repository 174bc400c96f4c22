/** Statements over all customers of a campaign, which may take longer than those of a checkout. */
import {
  type Connection,
  type Database,
  queryCanceled,
  sqlStateOf,
  withDeadline,
  withReadSnapshot,
} from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";

/** A million customers take some seconds, where their orders are not in the database's memory some dozens. */
export const measuringSeconds = 60;
/** Each holds a connection all the while, and checkouts need the others. */
const mostAtOnce = 2;
const mostWaitMilliseconds = 5_000;
/** Within which a request that measures is answered: it may have to wait for its turn first. */
export const measuringRequestSeconds = measuringSeconds + 2 * (mostWaitMilliseconds / 1_000);

interface Turns {
  running: number;
  readonly waiting: (() => void)[];
}
const turns = new WeakMap<Database, Turns>();

/**
 * One moment of the project. Throws `measurement-too-slow`: with the advice where all of its statements together take longer than
 * they may, and where as many as may run at once do not end for a while.
 */
export async function whileMeasuring<T>(
  database: Database,
  projectId: string,
  advice: string,
  work: (connection: Connection) => Promise<T>,
  milliseconds = measuringSeconds * 1_000,
  patience = mostWaitMilliseconds,
): Promise<T> {
  const release = await takeTurn(database, patience);
  try {
    return await withReadSnapshot(database, projectId, (connection) =>
      work(withDeadline(connection, milliseconds)),
    );
  } catch (error) {
    if (sqlStateOf(error) !== queryCanceled) throw error;
    const detail = `The database was not done with it after ${milliseconds / 1_000} s. ${advice}`;
    throw problem("measurement-too-slow", { detail });
  } finally {
    release();
  }
}

/** Answers how to give it back. */
async function takeTurn(database: Database, patience: number): Promise<() => void> {
  const own = turns.get(database) ?? { running: 0, waiting: [] };
  turns.set(database, own);
  if (own.running < mostAtOnce) own.running += 1;
  else await nextTurn(own, patience);
  return () => {
    const next = own.waiting.shift();
    if (next === undefined) own.running -= 1;
    else next();
  };
}

function nextTurn({ waiting }: Turns, patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const begin = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(begin), 1);
      const detail = `${mostAtOnce} measurements run already, as many as may at once. Ask for one after the other.`;
      reject(problem("measurement-too-slow", { detail, headers: { "retry-after": "10" } }));
    }, patience);
    waiting.push(begin);
  });
}
