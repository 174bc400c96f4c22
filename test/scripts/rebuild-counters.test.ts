import { execFileSync } from "node:child_process";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Difference, findDifferences, rebuildCounters } from "../../scripts/rebuild-counters.ts";
import { expectBooksToBalance, violationsIn } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { addCoupon, holdOf, type Ledger, ledgerOn } from "../ledger-fixture.ts";

let database: TestDatabase;
let ledger: Ledger;
/** Every test has a project, so that none sees what another did. */
let project: string;
let projects = 0;

beforeAll(async () => {
  database = await freshDatabase();
  ledger = ledgerOn(database);
});
beforeEach(async () => {
  projects += 1;
  project = `prj_${projects}`;
  await database.pool.query(
    "insert into projects (id, key, name, settings, created_at) values ($1, replace($1, '_', '-'), 'Test', '{}', now())",
    [project],
  );
  await addCoupon(database, project, "ABC");
  await ledger.redeem(project, [
    holdOf("p", "uses"),
    holdOf("p", "uses", 1, { holder: "customer:Ü 1", period: "2026-11-11" }),
    holdOf("p", "amount:CNY", 300, { limit: 500 }),
    holdOf("pol_1", "coupon", 1, { holder: "code:ABC" }),
  ]);
  await ledger.redeem(
    project,
    [holdOf("p", "uses"), holdOf("p", "amount:CNY", 120, { limit: 500 })],
    "reserve",
  );
});
afterEach(() => expectBooksToBalance(database));
afterAll(async () => {
  await ledger.committer.close();
  await database.close();
});

async function inOneSession<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await database.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}
const differences = () => inOneSession((client) => findDifferences(client, project));
const rebuild = () => inOneSession((client) => rebuildCounters(client, project));
const change = (statement: string) => database.pool.query(statement, [project]);

const inShort = (found: readonly Difference[]) =>
  found.map(({ measure, holder, used, reserved, usedByLedger, reservedByLedger }) =>
    [measure, holder, used, reserved, usedByLedger, reservedByLedger].join(" "),
  );

describe("counters that agree with the ledger", () => {
  test("are left as they are", async () => {
    expect(await differences()).toEqual([]);
    expect(await rebuild()).toEqual([]);
  });
});

describe("what does not agree is found by the invariants, named and mended", () => {
  test.each([
    [
      "a counter that says too much",
      "update counters set used = used + 7 where project_id = $1 and measure = 'uses' and holder = ''",
      ["uses  8 1 1 1"],
    ],
    [
      "a counter that says too little",
      "update counters set reserved = 0 where project_id = $1 and measure = 'amount:CNY'",
      ["amount:CNY  300 0 300 120"],
    ],
    [
      "a counter that is gone",
      "delete from counters where project_id = $1 and period <> ''",
      ["uses customer:Ü 1   1 0"],
    ],
    [
      "a counter of which no entry tells",
      "insert into counters (project_id, rule_id, measure, holder, period, used) values ($1, 'q', 'uses', '', '', 5)",
      ["uses  5 0 0 0"],
    ],
    [
      "a counter whose limit would keep the truth out",
      "update counters set used = 0, reserved = 0, lim = 1 where project_id = $1 and measure = 'amount:CNY'",
      ["amount:CNY  0 0 300 120"],
    ],
    [
      "the uses of a coupon",
      "update coupons set used = 0, reserved = 2 where project_id = $1",
      ["coupon code:ABC 0 2 1 0"],
    ],
  ])("%s", async (_title, corruption, expected) => {
    await change(corruption);
    expect(await violationsIn(database)).toHaveLength(1);
    expect(inShort(await differences())).toEqual(expected);
    expect(inShort(await rebuild())).toEqual(expected);
    expect(await differences()).toEqual([]);
  });

  test("all of it at once", async () => {
    await change("delete from counters where project_id = $1");
    expect(await rebuild()).toHaveLength(3);
  });

  test("while redemptions go on", async () => {
    await change("update counters set used = used + 100 where project_id = $1 and measure = 'uses'");
    const redemptions = Promise.all(
      Array.from({ length: 60 }, () =>
        ledger.redeem(project, [holdOf("p", "uses"), holdOf("p", "amount:CNY", 1)]),
      ),
    );
    await Promise.all([redemptions, rebuild(), rebuild()]);
    expect(await differences()).toEqual([]);
  });

  test("nothing, where one thing cannot be: a coupon that the ledger says was used too often", async () => {
    await change(
      "update counters set used = used + 1 where project_id = $1 and measure = 'uses' and holder = ''",
    );
    await change("update coupons set used = 0, max_uses = 0 where project_id = $1");
    await expect(rebuild()).rejects.toMatchObject({ code: "23514" });
    expect(await differences()).toHaveLength(2);
    await change("update coupons set max_uses = 3 where project_id = $1");
    expect(await rebuild()).toHaveLength(2);
  });
});

describe("on the command line", () => {
  const run = (...options: string[]) => {
    try {
      const command = ["--import", "tsx", "scripts/rebuild-counters.ts", ...options];
      const env = { ...process.env, DATABASE_URL: database.connectionString };
      return { status: 0, text: execFileSync(process.execPath, command, { env, encoding: "utf8" }) };
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return { status, text: stdout };
    }
  };

  test("--check tells what differs and changes nothing; without it the difference is gone", async () => {
    await change("update counters set used = 9 where project_id = $1 and measure = 'uses' and holder = ''");
    const difference = `${project}: uses of p: 9 used, 1 reserved; by the ledger 1 used, 1 reserved`;
    expect(run("--check")).toEqual({ status: 1, text: expect.stringContaining(difference) });
    expect(run("--check").status).toBe(1);
    expect(run()).toEqual({ status: 0, text: expect.stringContaining(difference) });
    expect(run("--check")).toEqual({ status: 0, text: expect.stringContaining("0 of the counters differ") });
  });
});
