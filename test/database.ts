import { randomBytes } from "node:crypto";
import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { inject } from "vitest";
import {
  type Connection,
  type Database,
  type DatabaseOptions,
  openDatabase,
} from "../src/platform/database.ts";
import { type Log, silentLog } from "../src/platform/log.ts";

export interface TestDatabase extends Database {
  /** Of the owner, who sees over the walls: for looking at what is there. The service has `appPool`. */
  readonly pool: pg.Pool;
  readonly orm: Connection;
  readonly appPool: pg.Pool;
  /** For what connects by itself: LISTEN, migrations, a second process. */
  readonly connectionString: string;
}

/** A database as its owner sees it: over all walls. */
export type OwnersDatabase = Pick<TestDatabase, "pool" | "orm" | "close">;

export function openAsOwner(
  connectionString: string,
  options: Partial<DatabaseOptions> = {},
): OwnersDatabase {
  const { pool, close } = openDatabase({
    log: silentLog,
    // Whoever looks at everything may take their time.
    statementTimeoutMilliseconds: 600_000,
    ...options,
    connectionString,
    role: null,
  });
  return { pool, orm: drizzle(pool), close };
}

export interface TestDatabaseOptions extends Partial<Omit<DatabaseOptions, "connectionString">> {
  log?: Log;
  /** Connections past the walls. */
  ownerPoolSize?: number;
  /** True: without the schema, for tests of the migrations themselves. */
  isEmpty?: boolean;
}

/**
 * A migrated database for one test file:
 *
 *     let database: TestDatabase;
 *     beforeAll(async () => { database = await freshDatabase(); });
 *     afterAll(() => database.close());
 */
export async function freshDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { isEmpty = false, log = silentLog, ownerPoolSize = 8, ...rest } = options;
  const name = `dealwright_test_${randomBytes(6).toString("hex")}`;
  const template = isEmpty ? "template0" : inject("templateName");
  await runOnServer(`create database ${name} template ${template} strategy = file_copy`);
  const url = new URL(inject("serverUrl"));
  url.pathname = `/${name}`;
  const database = openDatabase({ connectionString: url.href, log, poolSize: 8, ...rest });
  const owner = openAsOwner(url.href, { log, poolSize: ownerPoolSize });
  return {
    ...database,
    pool: owner.pool,
    orm: owner.orm,
    appPool: database.pool,
    connectionString: url.href,
    close: async () => {
      await owner.close();
      await database.close();
      await runOnServer(`drop database if exists ${name} with (force)`);
    },
  };
}

async function runOnServer(statement: string): Promise<void> {
  const client = new pg.Client(inject("serverUrl"));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
