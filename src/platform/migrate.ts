import { fileURLToPath } from "node:url";
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import type { Log } from "./log.ts";

/** Beside `src` and `dist` alike. */
const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));

// Any number will do, as long as every version of Dealwright uses the same.
const advisoryLock = 7_305_118_201;

/**
 * Brings the schema up to date. Any number of processes may start at once: one migrates, the others wait and find
 * nothing left to do. Needs a direct connection; a transaction pooler does not keep the lock.
 */
export async function migrateDatabase(
  connectionString: string,
  log: Log,
  folder: string = migrationsFolder,
): Promise<void> {
  const files = readMigrationFiles({ migrationsFolder: folder });
  assertAscending(files);
  const client = new pg.Client({ connectionString, application_name: "dealwright-migrate" });
  client.on("error", (error) => log.warn({ err: error }, "the connection of the migration was lost"));
  await client.connect();
  try {
    // Whoever holds the lock is migrating, which may take long; the deadline is only against waiting for ever.
    await client.query("set statement_timeout = 0; set lock_timeout = '10min'");
    await client.query("select pg_advisory_lock($1)", [advisoryLock]);
    // From here on a lock not granted soon is held by running traffic, and everybody else queues up behind us.
    await client.query("set lock_timeout = '5s'");
    const applied = await readApplied(client);
    assertUnchanged(files, applied);
    await migrate(drizzle(client), { migrationsFolder: folder });
    const count = files.filter(({ folderMillis }) => !applied.has(folderMillis)).length;
    if (count > 0) log.info({ count }, "the database schema was migrated");
  } catch (error) {
    throw withCause(error);
  } finally {
    await client.end();
  }
}

/** Drizzle applies what is younger than the youngest applied; an entry out of order would be passed over in silence. */
function assertAscending(files: readonly MigrationMeta[]): void {
  files.forEach(({ folderMillis }, index) => {
    const previous = files[index - 1]?.folderMillis ?? 0;
    if (folderMillis <= previous) {
      throw new Error(`migrations/meta/_journal.json: "when" of entry ${index} must be above ${previous}`);
    }
  });
}

function assertUnchanged(files: readonly MigrationMeta[], applied: ReadonlyMap<number, string>): void {
  for (const { folderMillis, hash } of files) {
    const known = applied.get(folderMillis);
    if (known !== undefined && known !== hash) {
      throw new Error(
        `the migration of ${folderMillis} was edited after this database had applied it: add a new one instead`,
      );
    }
  }
}

async function readApplied(client: pg.Client): Promise<ReadonlyMap<number, string>> {
  const { rows: tables } = await client.query(
    "select 1 where to_regclass('drizzle.__drizzle_migrations') is not null",
  );
  if (tables.length === 0) return new Map();
  const { rows } = await client.query<{ created_at: string; hash: string }>(
    "select created_at, hash from drizzle.__drizzle_migrations",
  );
  return new Map(rows.map(({ created_at, hash }) => [Number(created_at), hash]));
}

/** Drizzle's message is the statement; what PostgreSQL said about it hides in the cause. */
function withCause(error: unknown): unknown {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return error;
  return new Error(`a migration failed: ${error.cause.message}`, { cause: error });
}
