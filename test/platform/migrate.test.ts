import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
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

test("a migration that fails leaves nothing of it or its companions", async () => {
  const database = await freshDatabase({ isEmpty: true });
  const folder = migrations([{ sql: "create table kept (id int)" }, { sql: "create table kept (id int)" }]);
  await expect(migrateDatabase(database.connectionString, silentLog, folder)).rejects.toMatchObject({
    cause: { cause: { code: "42P07" } },
  });
  const { rowCount } = await database.pool.query("select 1 where to_regclass('kept') is not null");
  expect(rowCount).toBe(0);
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

test("a migration waits only briefly for a lock held by traffic", async () => {
  const database = await freshDatabase({ isEmpty: true });
  await migrateDatabase(
    database.connectionString,
    silentLog,
    migrations([{ sql: "create table busy (id int)" }]),
  );
  const client = await database.pool.connect();
  await client.query("begin; select * from busy");
  const folder = migrations([
    { sql: "create table busy (id int)" },
    { sql: "alter table busy add column name text" },
  ]);
  await expect(migrateDatabase(database.connectionString, silentLog, folder)).rejects.toMatchObject({
    cause: { cause: { code: "55P03" } },
  });
  await client.query("rollback");
  client.release();
  await database.close();
});

test("every numbered file is in the journal, in order, and the other way round", () => {
  const files = readdirSync("migrations").filter((name) => /^\d{4}_.*\.sql$/.test(name));
  const journal = JSON.parse(readFileSync("migrations/meta/_journal.json", "utf8"));
  const tags: string[] = journal.entries.map(({ tag }: { tag: string }) => `${tag}.sql`);
  expect(tags).toEqual(files.sort());
});
