import { sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withTransaction } from "../../src/platform/database.ts";
import { silentLog } from "../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase({ poolSize: 4, role: null });
  await database.pool.query("create table notes (text text primary key)");
});
afterAll(() => database.close());

const count = async (text: string) =>
  (await database.pool.query("select 1 from notes where text = $1", [text])).rowCount;

const everyClientAtOnce = () =>
  Promise.allSettled(
    Array.from({ length: 4 }, () =>
      withTransaction(database, "", (connection) => connection.execute(sql`select 1`)),
    ),
  );

/** Every client is either idle in the pool or gone: none is held by a transaction that ended. */
async function expectNoLeak(): Promise<void> {
  // A client that died while idle may be handed out once more before its socket tells; it is gone after that.
  await everyClientAtOnce();
  expect((await everyClientAtOnce()).map(({ status }) => status)).toEqual(Array(4).fill("fulfilled"));
  expect(database.appPool.totalCount - database.appPool.idleCount).toBe(0);
  expect(database.appPool.waitingCount).toBe(0);
}

test("a transaction that returns is committed", async () => {
  const result = await withTransaction(database, "", async (connection) => {
    await connection.execute(sql`insert into notes values ('kept')`);
    return 42;
  });
  expect(result).toBe(42);
  expect(await count("kept")).toBe(1);
});

test("a transaction that throws leaves nothing behind, and its own error comes through", async () => {
  const reason = new Error("changed my mind");
  const attempt = withTransaction(database, "", async (connection) => {
    await connection.execute(sql`insert into notes values ('dropped')`);
    throw reason;
  });
  await expect(attempt).rejects.toBe(reason);
  expect(await count("dropped")).toBe(0);
  await expectNoLeak();
});

test("a transaction that swallows a failed statement is not reported as committed", async () => {
  const attempt = withTransaction(database, "", async (connection) => {
    await connection.execute(sql`insert into notes values ('lost')`);
    await connection.execute(sql`select 1 / 0`).catch(() => {});
  });
  await expect(attempt).rejects.toThrow();
  expect(await count("lost")).toBe(0);
  await expectNoLeak();
});

test("backends that die at any point of a transaction leak no client and do not end the process", async () => {
  const killer = new pg.Client(database.connectionString);
  await killer.connect();
  const killAll = () =>
    killer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    );
  let failures = 0;
  const expectFailure = async (attempt: Promise<unknown>) => {
    await expect(attempt).rejects.toThrow();
    failures += 1;
  };
  for (let round = 0; round < 10; round += 1) {
    // While a statement runs: the statement fails, then the rollback.
    await expectFailure(
      withTransaction(database, "", (connection) =>
        connection.execute(sql`select pg_terminate_backend(pg_backend_pid())`),
      ),
    );
    // Between two statements.
    await expectFailure(
      withTransaction(database, "", async (connection) => {
        await connection.execute(sql`insert into notes values ('half')`);
        await killAll();
        await connection.execute(sql`insert into notes values ('other half')`);
      }),
    );
    // Before the commit.
    await expectFailure(
      withTransaction(database, "", async (connection) => {
        await connection.execute(sql`insert into notes values ('uncommitted')`);
        await killAll();
      }),
    );
    // While idle in the pool: `begin` may fail, or the pool may have noticed and opened another.
    await expectNoLeak();
    await killAll();
    await withTransaction(database, "", (connection) => connection.execute(sql`select 1`)).catch(() => {});
  }
  expect(failures).toBe(30);
  await expectNoLeak();
  expect((await count("half"))! + (await count("uncommitted"))!).toBe(0);
  await killer.end();
});

test("a backend that dies while its transaction is busy elsewhere is reported, and ends only the transaction", async () => {
  let reportLoss = (): void => {};
  const reported = new Promise<void>((settle) => {
    reportLoss = settle;
  });
  const own = await freshDatabase({ role: null, log: { ...silentLog, warn: () => reportLoss() } });
  const attempt = withTransaction(own, "", async (connection) => {
    const { rows } = await connection.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await database.pool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    // No statement is under way that could receive the error.
    await reported;
  });
  await expect(attempt).rejects.toThrow();
  expect(own.appPool.totalCount).toBe(0);
  await own.close();
});

test("a bigint is a number while it is exact, and refused beyond", async () => {
  const { rows } = await database.pool.query("select 9007199254740991::bigint as most, (-5)::bigint as less");
  expect(rows).toEqual([{ most: 9_007_199_254_740_991, less: -5 }]);
  await expect(database.pool.query("select 9007199254740993::bigint")).rejects.toBeInstanceOf(RangeError);
});

test("a statement that runs too long is cancelled", async () => {
  const impatient = await freshDatabase({ statementTimeoutMilliseconds: 100 });
  await expect(impatient.appPool.query("select pg_sleep(60)")).rejects.toMatchObject({ code: "57014" });
  await impatient.close();
});

test("just-in-time compilation is off, and an abandoned transaction is ended", async () => {
  const { rows } = await database.appPool.query(
    "select current_setting('jit') jit, current_setting('idle_in_transaction_session_timeout') idle",
  );
  expect(rows).toEqual([{ jit: "off", idle: "30s" }]);
});

test.each([
  { usesNamedStatements: true, prepared: 1 },
  { usesNamedStatements: false, prepared: 0 },
])("named statements are prepared: $usesNamedStatements", async ({ usesNamedStatements, prepared }) => {
  const own = await freshDatabase({ usesNamedStatements, poolSize: 1 });
  await own.appPool.query({ name: "plus_one", text: "select $1::int + 1 as sum", values: [1] });
  const builder = own.outside.select({ sum: sql<number>`1 + 1` }).from(sql`(select 1) as one`);
  expect(await builder.prepare("plus_two").execute()).toEqual([{ sum: 2 }]);
  const { rowCount } = await own.appPool.query(
    "select 1 from pg_prepared_statements where name = 'plus_one'",
  );
  expect(rowCount).toBe(prepared);
  await own.close();
});
