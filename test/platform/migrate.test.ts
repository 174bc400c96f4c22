import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";
import { freshDatabase } from "../database.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A migrations folder of its own; `when` counts 1, 2, 3 unless told. */
function migrations(files: readonly { sql: string; when?: number }[]): string {
  const folder = mkdtempSync(join(tmpdir(), "dealwright-migrations-"));
  folders.push(folder);
  mkdirSync(join(folder, "meta"));
  const entries = files.map(({ sql, when }, idx) => {
    const tag = `000${idx + 1}_step`;
    writeFileSync(join(folder, `${tag}.sql`), sql);
    return { idx, version: "7", when: when ?? idx + 1, tag, breakpoints: true };
  });
  const journal = { version: "7", dialect: "postgresql", entries };
  writeFileSync(join(folder, "meta/_journal.json"), JSON.stringify(journal));
  return folder;
}

test("four processes that start at once migrate an empty database once, and all succeed", async () => {
  const database = await freshDatabase({ isEmpty: true });
  const folder = migrations([
    { sql: "create table first (id int); insert into first values (1);" },
    { sql: "insert into first values (2); select pg_sleep(0.2);" },
  ]);
  const start = () => migrateDatabase(database.connectionString, silentLog, folder);
  await Promise.all([start(), start(), start(), start()]);
  const { rows } = await database.pool.query("select id from first order by id");
  expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
  await database.close();
});

test("Dealwright's own migrations pass from nothing, four at once, and again", async () => {
  const database = await freshDatabase({ isEmpty: true });
  const start = () => migrateDatabase(database.connectionString, silentLog);
  await Promise.all([start(), start(), start(), start()]);
  await start();
  await database.close();
});

test("a migration that fails leaves nothing of it, and those before it stay", async () => {
  const database = await freshDatabase({ isEmpty: true });
  const first = "create table kept (id int)";
  const broken = migrations([
    { sql: first },
    { sql: "create table half (id int); create table kept (id int)" },
  ]);
  await expect(migrateDatabase(database.connectionString, silentLog, broken)).rejects.toMatchObject({
    cause: { code: "42P07" },
  });
  const { rows } = await database.pool.query(
    "select to_regclass('kept') as kept, to_regclass('half') as half",
  );
  expect(rows).toEqual([{ kept: "kept", half: null }]);
  const mended = migrations([{ sql: first }, { sql: "create table half (id int)" }]);
  await migrateDatabase(database.connectionString, silentLog, mended);
  await database.close();
});

test("an index is made concurrently by one of several that start at once, outside a transaction", async () => {
  const database = await freshDatabase({ isEmpty: true });
  const folder = migrations([
    { sql: "create table large (id int)" },
    {
      sql: "-- outside a transaction\ndrop index concurrently if exists large_id;\n--> statement-breakpoint\ncreate index concurrently large_id on large (id);",
    },
  ]);
  const start = () => migrateDatabase(database.connectionString, silentLog, folder);
  await Promise.all([start(), start(), start()]);
  const { rows } = await database.pool.query(
    "select indisvalid from pg_index where indexrelid = 'large_id'::regclass",
  );
  expect(rows).toEqual([{ indisvalid: true }]);
  await database.close();
});

test("such an index waits for older transactions for longer than for a lock", async () => {
  const database = await freshDatabase({ isEmpty: true });
  const table = { sql: "create table large (id int)" };
  await migrateDatabase(database.connectionString, silentLog, migrations([table]));
  const older = await database.pool.connect();
  await older.query("begin; insert into large values (1)");
  const folder = migrations([
    table,
    { sql: "-- outside a transaction\ncreate index concurrently large_id on large (id);" },
  ]);
  const once = { lockMilliseconds: 50, retryMilliseconds: 0 };
  const migrated = migrateDatabase(database.connectionString, silentLog, folder, once);
  migrated.catch(() => {});
  // It has waited for longer than for any other lock.
  await vi.waitFor(async () => {
    const { rows } = await database.pool.query(
      `select 1 from pg_stat_activity where application_name = 'dealwright-migrate' and datname = current_database()
          and wait_event_type = 'Lock' and clock_timestamp() - query_start > interval '500 ms'`,
    );
    expect(rows).toHaveLength(1);
  }, 30_000);
  await older.query("commit");
  older.release();
  await migrated;
  await database.close();
});

test("an edited migration is refused by a database that has applied it", async () => {
  const database = await freshDatabase({ isEmpty: true });
  const before = migrations([{ sql: "create table notes (id int)" }]);
  const edited = migrations([{ sql: "create table notes (id bigint)" }]);
  await migrateDatabase(database.connectionString, silentLog, before);
  await expect(migrateDatabase(database.connectionString, silentLog, edited)).rejects.toThrow();
  await database.close();
});

test("a journal whose instants do not grow is refused, for drizzle would pass over the entry", async () => {
  const database = await freshDatabase({ isEmpty: true });
  const folder = migrations([
    { sql: "select 1", when: 2 },
    { sql: "select 2", when: 2 },
  ]);
  await expect(migrateDatabase(database.connectionString, silentLog, folder)).rejects.toThrow();
  await database.close();
});

test("a migration waits only briefly for a lock held by traffic, again and again, and not for ever", async () => {
  const database = await freshDatabase({ isEmpty: true });
  const files = [{ sql: "create table busy (id int)" }];
  await migrateDatabase(database.connectionString, silentLog, migrations(files));
  const client = await database.pool.connect();
  await client.query("begin; select * from busy");
  const folder = migrations([...files, { sql: "alter table busy add column name text" }]);
  const once = { lockMilliseconds: 50, retryMilliseconds: 0 };
  await expect(migrateDatabase(database.connectionString, silentLog, folder, once)).rejects.toMatchObject({
    cause: { code: "55P03" },
  });
  let refusals = 0;
  const log = {
    ...silentLog,
    // The second time it was refused the other lets go.
    warn: () => {
      refusals += 1;
      if (refusals === 2) void client.query("rollback");
    },
  };
  await migrateDatabase(database.connectionString, log, folder, { lockMilliseconds: 50 });
  expect(refusals).toBeGreaterThanOrEqual(2);
  client.release();
  await database.close();
});

/** What a file would do to tables that are in use: why it must not, by statement. */
function harmsOf(sql: string): string[] {
  const isOutside = sql.trimStart().startsWith("-- outside a transaction");
  const made = new Set([...sql.matchAll(/create table (?:if not exists )?(\w+)/gi)].map(([, name]) => name));
  const statements = sql.replace(/--.*$/gm, "").split(";");
  return statements.flatMap((statement) => {
    const index = /create (?:unique )?index (concurrently )?.*?\bon (?:only )?(\w+)/is.exec(statement);
    if (index !== null && index[1] === undefined && !made.has(index[2])) return [`index on ${index[2]}`];
    if (/\bconcurrently\b/i.test(statement) && !isOutside) return ["concurrently in a transaction"];
    const constraint = /alter table (?:only )?(\w+)\s.*?add constraint (\w+)\s+(?:check|foreign key)/is.exec(
      statement,
    );
    if (constraint !== null && !made.has(constraint[1]) && !/not valid/i.test(statement))
      return [`constraint ${constraint[2]}`];
    return /validate constraint/i.test(statement) && !isOutside ? ["validated in a transaction"] : [];
  });
}

test("no file after 0048 holds a table that is in use while it reads all of it", () => {
  const files = readdirSync("migrations").filter((name) => /^\d{4}_.*\.sql$/.test(name) && name > "0049");
  const harms = files.flatMap((name) =>
    harmsOf(readFileSync(`migrations/${name}`, "utf8")).map((harm) => `${name}: ${harm}`),
  );
  expect(harms).toEqual([]);
  // The checker notices.
  expect(harmsOf("create index large_id on large (id)")).toEqual(["index on large"]);
  expect(harmsOf("create table small (id int); create unique index small_id on small (id)")).toEqual([]);
  expect(harmsOf("create index concurrently large_id on large (id)")).toEqual([
    "concurrently in a transaction",
  ]);
  const check = "alter table large add constraint positive check (id > 0)";
  expect(harmsOf(check)).toEqual(["constraint positive"]);
  expect(harmsOf(`${check} not valid; alter table large validate constraint positive`)).toEqual([
    "validated in a transaction",
  ]);
  expect(harmsOf("-- outside a transaction\nalter table large validate constraint positive")).toEqual([]);
});

test("every numbered file is in the journal, in order, and the other way round", () => {
  const files = readdirSync("migrations").filter((name) => /^\d{4}_.*\.sql$/.test(name));
  const journal = JSON.parse(readFileSync("migrations/meta/_journal.json", "utf8"));
  const tags: string[] = journal.entries.map(({ tag }: { tag: string }) => `${tag}.sql`);
  expect(tags).toEqual(files.sort());
});
