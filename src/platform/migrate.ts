import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";
import pg from "pg";
import { connected } from "./database.ts";
import type { Log } from "./log.ts";

/** Beside `src` and `dist` alike. */
const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));

// Any number will do, as long as every version of Dealwright uses the same.
const advisoryLock = 7_305_118_201;

/** How long a file may wait for a lock that traffic holds, and for how long it is tried again. */
export interface MigrationPatience {
  /** Everybody else queues up behind who waits for a lock, so not for long. */
  lockMilliseconds?: number;
  /** What holds it may be a long report; after this the start fails. */
  retryMilliseconds?: number;
}

/** So much longer than a lock is waited for, traffic has for itself. */
const pauseMilliseconds = 1_000;
const advisoryMilliseconds = 600_000;

/**
 * Brings the schema up to date, each file in a transaction of its own. Any number of processes may start at once: one
 * migrates, the others wait and find nothing left to do. Needs a direct connection; a transaction pooler does not keep the lock.
 */
export async function migrateDatabase(
  connectionString: string,
  log: Log,
  folder: string = migrationsFolder,
  { lockMilliseconds = 1_000, retryMilliseconds = 120_000 }: MigrationPatience = {},
): Promise<void> {
  const files = readMigrationFiles({ migrationsFolder: folder });
  assertAscending(files);
  const client = new pg.Client({
    connectionString,
    application_name: "dealwright-migrate",
    connectionTimeoutMillis: 5_000,
  });
  client.on("error", (error) => log.warn({ err: error }, "the connection of the migration was lost"));
  await connected(client);
  try {
    await client.query("set statement_timeout = 0");
    await waitToBeAlone(client);
    await client.query(`set lock_timeout = ${lockMilliseconds}`);
    await client.query(bookkeeping);
    const applied = await readApplied(client);
    assertUnchanged(files, applied);
    const youngest = Math.max(0, ...applied.keys());
    const due = files.filter(({ folderMillis }) => folderMillis > youngest);
    for (const file of due) await applyPatiently(client, file, log, { lockMilliseconds, retryMilliseconds });
    if (due.length > 0) log.info({ count: due.length }, "the database schema was migrated");
  } finally {
    await client.end();
  }
}

/**
 * Asked again and again, never waited for: a statement that waits has a snapshot, for the end of which an index that is made
 * concurrently would wait in its turn.
 */
async function waitToBeAlone(client: pg.Client): Promise<void> {
  const until = performance.now() + advisoryMilliseconds;
  for (;;) {
    const { rows } = await client.query<{ isMine: boolean }>('select pg_try_advisory_lock($1) as "isMine"', [
      advisoryLock,
    ]);
    if (rows[0]!.isMine) return;
    if (performance.now() > until) throw new Error("another process has been migrating for ten minutes");
    await setTimeout(100);
  }
}

async function applyPatiently(
  client: pg.Client,
  file: MigrationMeta,
  log: Log,
  { lockMilliseconds, retryMilliseconds }: Required<MigrationPatience>,
): Promise<void> {
  const until = performance.now() + retryMilliseconds;
  for (;;) {
    try {
      await apply(client, file, lockMilliseconds);
      return;
    } catch (error) {
      const { code = "", message } = error as { code?: string; message: string };
      if (!lockCodes.has(code) || performance.now() + pauseMilliseconds > until)
        throw new Error(`a migration failed: ${message}`, { cause: error });
      log.warn({ migration: file.folderMillis, err: error }, "a migration waits for a lock; tried again");
      await setTimeout(pauseMilliseconds);
    }
  }
}

/** Not granted in time; a deadlock. */
const lockCodes = new Set(["55P03", "40P01"]);

/** In its first line. Such a file is begun again where it failed half way, so it must bear that. */
const outsideMarker = "-- outside a transaction";

async function apply(
  client: pg.Client,
  { sql, hash, folderMillis }: MigrationMeta,
  lockMilliseconds: number,
): Promise<void> {
  const note = () =>
    client.query("insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)", [
      hash,
      folderMillis,
    ]);
  if (sql[0]?.trimStart().startsWith(outsideMarker)) {
    // One by one: PostgreSQL takes several in one text for a transaction.
    for (const statement of sql) {
      // It waits for all older transactions, which is a wait for a lock, too, but has nobody wait behind.
      const isConcurrent = /\bindex\s+concurrently\b/i.test(statement);
      await client.query(`set lock_timeout = ${isConcurrent ? 0 : lockMilliseconds}`);
      await client.query(statement);
    }
    await client.query(`set lock_timeout = ${lockMilliseconds}`);
    await note();
    return;
  }
  await client.query("begin");
  try {
    for (const statement of sql) await client.query(statement);
    await note();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** As drizzle makes it, which kept this table before. */
const bookkeeping = `
  create schema if not exists drizzle;
  create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;

/** What is younger than the youngest applied is applied; an entry out of order would be passed over in silence. */
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
  const { rows } = await client.query<{ created_at: string; hash: string }>(
    "select created_at, hash from drizzle.__drizzle_migrations",
  );
  return new Map(rows.map(({ created_at, hash }) => [Number(created_at), hash]));
}
