import { sql } from "drizzle-orm";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isConnectionLost, openDatabase } from "../../src/platform/database.ts";
import { halfOf } from "../../src/platform/database-share.ts";
import { silentLog } from "../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience } from "../faults/sizes.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase({ poolSize: 4 });
}, patience);
afterAll(() => database.close());

const answers = async (client: pg.PoolClient) => (await client.query("select 1 as one")).rows;

test(
  "who comes when all of the half are taken waits for one to come back, and the other half is there meanwhile",
  async () => {
    const half = halfOf(database, patience);
    const first = await half.database.connect();
    const second = await half.database.connect();
    const third = half.database.connect();
    const fourth = half.database.connect();
    expect(half.waiting()).toBe(2);

    const others = [await database.connect(), await database.connect()];
    for (const client of others) expect(await answers(client)).toEqual([{ one: 1 }]);
    for (const client of others) client.release();

    const giveBack = first.release;
    giveBack();
    expect(await answers(await third)).toEqual([{ one: 1 }]);
    expect(half.waiting()).toBe(1);
    // The place is the third's by now: it is not free twice.
    expect(() => giveBack()).toThrow();
    expect(half.waiting()).toBe(1);

    second.release();
    (await third).release();
    (await fourth).release();
    expect(half.waiting()).toBe(0);
  },
  patience,
);

test(
  "who has waited too long is refused as by a database that has no room, and takes no place with them",
  async () => {
    const half = halfOf(database, 50);
    const taken = [await half.database.connect(), await half.database.connect()];
    for (const ask of [() => half.database.connect(), () => half.database.of("prj_1").execute("select 1")]) {
      const refusal = await ask().catch((error: unknown) => error);
      expect(isConnectionLost(refusal)).toBe(true);
      expect(String((refusal as Error).cause ?? refusal)).toMatch(/lists, exports and reports are taken/);
    }
    expect(half.waiting()).toBe(0);
    for (const client of taken) client.release();
    for (const client of [await half.database.connect(), await half.database.connect()]) client.release();
  },
  patience,
);

test(
  "however many statements there are at once, they all have their turn on half of the connections",
  async () => {
    const own = await freshDatabase({ poolSize: 4 });
    const half = halfOf(own, patience);
    const statements = Array.from({ length: 50 }, (_, n) =>
      half.database.of("prj_1").execute<{ n: number }>(sql`select ${n}::int as n, pg_sleep(0.001)`),
    );
    const told = (await Promise.all(statements)).map(({ rows }) => rows[0]!.n);
    expect(told).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(own.appPool.totalCount).toBe(2);
    await own.close();
  },
  patience,
);

test(
  "a connection that cannot be made, or that dies, keeps no place",
  async () => {
    const nowhere = openDatabase({
      connectionString: "postgres://nobody@127.0.0.1:1/none",
      log: silentLog,
      poolSize: 2,
    });
    const ofNowhere = halfOf(nowhere, patience);
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(ofNowhere.database.connect()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await nowhere.close();

    const half = halfOf(database, patience);
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(
        half.database.outside.execute("select pg_terminate_backend(pg_backend_pid())"),
      ).rejects.toThrow();
    expect((await half.database.outside.execute("select 1 as one")).rows).toEqual([{ one: 1 }]);
  },
  patience,
);
