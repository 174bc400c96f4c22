import { sql } from "drizzle-orm";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { DatabaseAway, type DatabaseWatch, databaseWatch, socketOf } from "./database-watch.ts";
import type { Log } from "./log.ts";
import { inSpan, inStatementSpan } from "./tracing.ts";
import { appRole, enterProject, inProject, walledClient } from "./walls.ts";

/** Either the pool or one client inside a transaction: a store function cannot tell, and need not. */
export type Connection = NodePgDatabase;

export interface Database {
  /** For statements by themselves that read or write one project. They see no row of any other. */
  of(projectId: string): ProjectConnection;
  /** For what belongs to no project. It sees no row of any; what looks at all of them are functions of the database. */
  readonly outside: Connection;
  /** A client of the pool, outside all projects until its transaction enters one: see `enterProject`. */
  connect(): Promise<pg.PoolClient>;
  readonly pool: pg.Pool;
  /** So many connections it has at most. */
  readonly poolSize: number;
  /** Whether it is there. Begun by whoever serves requests; until then, it is taken to be. */
  readonly watch: DatabaseWatch;
  close(): Promise<void>;
}

/** `$client` is for statements that drizzle cannot write. */
export type ProjectConnection = Connection & { readonly $client: Pick<pg.ClientBase, "query"> };

export interface DatabaseOptions {
  connectionString: string;
  log: Log;
  poolSize?: number;
  statementTimeoutMilliseconds?: number;
  /**
   * False behind a transaction pooler (pgbouncer before 1.21), which keeps neither prepared statements nor the settings
   * of a session and refuses connections that bring any: there, `alter role … set statement_timeout, jit` is for the operator,
   * and the user that connects must be one that the walls hold.
   */
  usesNamedStatements?: boolean;
  /** Whom to work as. Null is whoever connects: for what an operator does. */
  role?: string | null;
  /** True: a streaming replica, which can be read only. */
  isReplica?: boolean;
  /** Has the watch ask how far its log has come: of a primary that has a replica, and of the replica. */
  asksPosition?: boolean;
}

export function openDatabase(options: DatabaseOptions): Database {
  const { connectionString, log, usesNamedStatements = true } = options;
  parseBigintAsNumber();
  const { isReplica, asksPosition } = options;
  const watch = databaseWatch({ connectionString, log, isConnectionLost, isReplica, asksPosition });
  const pool = new WatchedPool(watch, {
    connectionString,
    max: options.poolSize ?? 12,
    application_name: "dealwright",
    connectionTimeoutMillis: 5_000,
    query_timeout: patience(options),
    Client: walledClient(usesNamedStatements),
    ...(usesNamedStatements && sessionSettings(options)),
  });
  // An "error" event nobody listens to ends the process. The pool reports idle clients; a client that is checked
  // out when its backend dies reports on its own.
  pool.on("error", (error) => log.warn({ err: error }, "an idle database connection was lost"));
  pool.on("connect", (client) => {
    client.on("error", (error) => log.warn({ err: error }, "a database connection was lost"));
  });
  pool.on("acquire", (client) => {
    (client as PatientClient).connectionParameters.query_timeout = patience(options);
  });
  closeOnSilence(pool, watch);
  return databaseOver(pool, watch);
}

/** What statements are sent through a pool. Closing it closes the watch as well. */
export function databaseOver(pool: pg.Pool, watch: DatabaseWatch): Database {
  let closing: Promise<void> | undefined;
  return {
    pool,
    poolSize: pool.options.max,
    watch,
    of: projectConnections(pool),
    outside: drizzle(pool),
    connect: () => pool.connect(),
    close: () => {
      closing ??= watch.close().then(() => pool.end());
      return closing;
    },
  };
}

export type Connected = Parameters<pg.Pool["connect"]>[0];

/** A pool with a way of its own to a connection, whether that is asked for by a callback or not. */
export abstract class OwnWayPool extends pg.Pool {
  protected abstract lend(callback: Connected): void;

  override connect(callback?: unknown): never {
    if (typeof callback !== "function")
      return new Promise((resolve, reject) => {
        this.lend((error, client) => (error ? reject(error) : resolve(client)));
      }) as never;
    this.lend(callback as Connected);
    return undefined as never;
  }
}

/** Gives out no connection while there is none to be had: nobody waits for what is known to fail. */
class WatchedPool extends OwnWayPool {
  readonly #watch: DatabaseWatch;

  constructor(watch: DatabaseWatch, config: pg.PoolConfig) {
    super(config);
    this.#watch = watch;
  }

  protected override lend(callback: Connected): void {
    if (this.#watch.isShut()) process.nextTick(callback, new DatabaseAway());
    else
      pg.Pool.prototype.connect.call(this, (error, client, release) =>
        callback(error && notConnected(error), client, release),
      );
  }
}

/** Of a database that says nothing any more, nobody waits for the answer; and connections that lead to nobody who can help are not used again. */
function closeOnSilence(pool: pg.Pool, watch: DatabaseWatch): void {
  const clients = new Set<pg.PoolClient>();
  pool.on("connect", (client) => clients.add(client));
  pool.on("remove", (client) => clients.delete(client));
  watch.onAway((because) => {
    if (because !== "lost") for (const client of clients) socketOf(client).destroy();
  });
}

const mostProjects = 1_000;

function projectConnections(pool: pg.Pool): (projectId: string) => ProjectConnection {
  const known = new Map<string, ProjectConnection>();
  return (projectId) => {
    let connection = known.get(projectId);
    if (connection === undefined) {
      if (known.size >= mostProjects) known.delete(known.keys().next().value ?? "");
      // Drizzle asks nothing of its client but `query`.
      const client = new ProjectClient(pool, projectId) as unknown as pg.Pool;
      connection = drizzle(client);
      known.set(projectId, connection);
    }
    return connection;
  };
}

class ProjectClient {
  readonly #pool: pg.Pool;
  readonly #projectId: string;

  constructor(pool: pg.Pool, projectId: string) {
    this.#pool = pool;
    this.#projectId = projectId;
  }

  query(given: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    const config = typeof given === "string" ? { text: given } : given;
    return inStatementSpan(config.text, config.name, () =>
      this.#pool.query(inProject(this.#projectId, config), values),
    );
  }
}

/** The server ends a statement that takes too long; where not even that is heard, the connection is given up a little later. */
function patience({ statementTimeoutMilliseconds = 10_000 }: DatabaseOptions): number {
  return statementTimeoutMilliseconds + 1_000;
}

/** Lets the statements of this transaction take so long. To be called in the transaction. */
export async function allowSlowStatements(connection: Connection, milliseconds: number): Promise<void> {
  await connection.execute(sql.raw(`set local statement_timeout = ${milliseconds}`));
  const { $client } = connection as Connection & { $client: PatientClient };
  $client.connectionParameters.query_timeout = 0;
}

/** The same transaction, in which all statements together may take so long. */
export function withDeadline(connection: Connection, milliseconds: number): Connection {
  const { $client } = connection as Connection & { $client: PatientClient };
  $client.connectionParameters.query_timeout = 0;
  return drizzle(new HurriedClient($client, performance.now() + milliseconds) as unknown as pg.Pool);
}

class HurriedClient {
  readonly #client: pg.PoolClient;
  readonly #until: number;

  constructor(client: pg.PoolClient, until: number) {
    this.#client = client;
    this.#until = until;
  }

  async query(config: pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    // Zero would be no limit at all.
    const left = Math.max(1, Math.ceil(this.#until - performance.now()));
    await this.#client.query(`set local statement_timeout = ${left}`);
    return this.#client.query(config, values);
  }
}

/** Where pg keeps how long it waits for an answer; its types do not know of it. */
type PatientClient = pg.PoolClient & { connectionParameters: { query_timeout: number } };

function sessionSettings(options: DatabaseOptions): pg.ClientConfig {
  const { statementTimeoutMilliseconds = 10_000, role = appRole } = options;
  return {
    statement_timeout: statementTimeoutMilliseconds,
    idle_in_transaction_session_timeout: 30_000,
    // Just-in-time compilation costs more than our short statements take (46 ms became 201 ms).
    // Everything is looked up by an index that begins with the project. A statement first prepared while its table was
    // empty would keep a sequential scan for as long as nobody analyses the table; and planning a look-up anew for the
    // values of each call takes several times as long as the look-up.
    options: `-c jit=off -c enable_seqscan=off -c plan_cache_mode=force_generic_plan${role === null ? "" : ` -c role=${role}`}`,
  };
}

/**
 * Runs `work` in one transaction of a project and returns its result once that is committed; if it throws, nothing was written.
 *
 * Drizzle's own `transaction()` loses the client when `begin` fails, until the pool is empty. Here every path releases
 * it, and one whose `begin`, `commit` or `rollback` failed is thrown away: nobody knows what state it is in.
 */
export function withTransaction<T>(
  database: Pick<Database, "connect">,
  projectId: string,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  return transact(database, `begin; ${enterProject(projectId)}`, work);
}

/** Runs `work` in one read-only transaction in which every statement sees the same moment. */
export function withReadSnapshot<T>(
  database: Pick<Database, "connect">,
  projectId: string,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const begin = `begin isolation level repeatable read, read only; ${enterProject(projectId)}`;
  return transact(database, begin, work);
}

function transact<T>(
  database: Pick<Database, "connect">,
  begin: string,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  return inSpan("transaction", { "db.system.name": "postgresql" }, () => transactOnce(database, begin, work));
}

async function transactOnce<T>(
  database: Pick<Database, "connect">,
  begin: string,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const client = await database.connect();
  let isReusable = false;
  try {
    await client.query(begin);
    let result: T;
    try {
      result = await work(drizzle(client));
    } catch (error) {
      // Where nobody answers there is nobody to roll anything back.
      isReusable = !isConnectionLost(error) && (await rollback(client));
      throw error;
    }
    const { command } = await client.query("commit");
    // PostgreSQL answers the commit of a failed transaction with a rollback, and calls it a success.
    if (command !== "COMMIT")
      throw new Error("the transaction had failed before its commit and was rolled back");
    isReusable = true;
    return result;
  } finally {
    client.release(!isReusable);
  }
}

async function rollback(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query("rollback");
    return true;
  } catch {
    // The error that made us roll back is the one worth reporting.
    return false;
  }
}

/** Of the network, of PostgreSQL on its way down or up (57P…), of one that has no room (53…) or no line (08…), or is a replica (25006). */
const lostCodes =
  /^(08...|25006|53...|57P..|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What pg says without a code. */
const lostMessages =
  /connection (terminated|ended|error)|client was closed|timeout exceeded when trying to connect|query read timeout|after calling end on the pool/i;

/** Whether an error says that the database or the way to it was gone: worth trying again, and nobody's fault. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message, cause } = error as Error & { code?: unknown };
  if (typeof code === "string") {
    if (lostCodes.test(code)) return true;
  } else if (lostMessages.test(message)) return true;
  return isConnectionLost(cause);
}

/** Why no connection could be made; its code is PostgreSQL's own for that. Whoever asked is not at fault. */
class NotConnected extends Error {
  readonly code = "08001";

  constructor(cause: Error) {
    super(`no connection to the database: ${cause.message}`, { cause });
    this.name = "NotConnected";
  }
}

/**
 * What keeps a connection from being made, as an error of a lost one: a login that is refused since its password was changed, a
 * database that is being restored under another name or a certificate that has expired is as far away as one that is down.
 */
function notConnected(error: Error): Error {
  return isConnectionLost(error) ? error : new NotConnected(error);
}

/** Somebody was first to take a key. */
export const uniqueViolation = "23505";
/** A statement took longer than it may. */
export const queryCanceled = "57014";

/** PostgreSQL ended one of the transactions that waited for each other. Nothing of it was written. */
export function isDeadlock(error: unknown): boolean {
  return sqlStateOf(error) === "40P01";
}

/** PostgreSQL's own code of an error (SQLSTATE), also of one that drizzle has wrapped; undefined if it has none. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: string; cause?: { code?: string } };
  return cause?.code ?? code;
}

/** Connects, or throws what `isConnectionLost` knows. */
export async function connected(client: pg.Client): Promise<void> {
  await client.connect().catch((error: Error) => {
    throw notConnected(error);
  });
}

/** Throws unless a committed transaction survives a power failure: a store of money must not run on less. */
export async function assertDurable(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  await connected(client);
  const { rows } = await client
    .query<{ name: string }>(
      `select name from pg_settings
        where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name`,
    )
    .finally(() => client.end());
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(", ");
  throw new Error(`the database at DATABASE_URL can lose committed data: switched off there: ${names}`);
}

/**
 * Amounts are `bigint` columns and numbers here. One beyond 2^53 is refused, because a rounded amount is a wrong one.
 * The setting is pg's own, for the whole process: drizzle reads parsers from there and nowhere else.
 */
function parseBigintAsNumber(): void {
  pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53`);
    return value;
  });
}
