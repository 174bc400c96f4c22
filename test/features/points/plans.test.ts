/** However much there is in a project, an account's points, a pool's rewards and who changes tier are found by an index. */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasFreeCoupon, takeFreeCoupons } from "../../../src/features/coupons/coupon-store.ts";
import { pickCodes, poolsRunningLow } from "../../../src/features/ledger/committer-load-store.ts";
import { saveBalances } from "../../../src/features/points/points-earning-store.ts";
import * as points from "../../../src/features/points/points-store.ts";
import { holdFates } from "../../../src/features/redemptions/redemption-store.ts";
import * as rewards from "../../../src/features/rewards/reward-store.ts";
import { tierProgrammeDocument } from "../../../src/features/tiers/tier-schemas.ts";
import * as tiers from "../../../src/features/tiers/tier-store.ts";
import type { Connection } from "../../../src/platform/database.ts";
import { enterProject } from "../../../src/platform/walls.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
let client: pg.PoolClient;
beforeAll(async () => {
  database = await freshDatabase();
  client = await database.connect();
  await client.query(`begin; ${enterProject("prj_1")}`);
});
afterAll(async () => {
  client.release(true);
  await database.close();
});

/** The plans of what `work` asks, made without its parameters, as the service has them. */
async function plansOf(work: (connection: Connection) => Promise<unknown>): Promise<string[]> {
  const asked: string[] = [];
  await work(drizzle(client, { logger: { logQuery: (text) => asked.push(text) } }));
  return explained(asked);
}

async function explained(asked: readonly string[]): Promise<string[]> {
  const plans: string[] = [];
  for (const text of asked) {
    await client.query(`prepare asked as ${text}`);
    const values = Array.from(new Set(text.match(/\$\d+/g)), () => "null").join(", ");
    const execute = `execute asked ${values === "" ? "" : `(${values})`}`;
    const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain ${execute}`);
    await client.query("deallocate asked");
    plans.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
  }
  return plans;
}

const projectId = "prj_1";
const account = { projectId, holder: "h", programme: "points" };
const lot = {
  id: "l",
  remaining: 1,
  reversed: 0,
  lapsed: 0,
  isPending: false,
  isReminded: false,
};
const ofAccount = /Index Cond: .*project_id = .*holder = .*programme = /;
const ofPool = /Index Cond: .*project_id = .*pool = /;
const asks: Record<string, [RegExp, (connection: Connection) => Promise<unknown>]> = {
  "an account's lots": [ofAccount, (connection) => points.loadLots(connection, account, [])],
  "lots for a statement": [ofAccount, (connection) => points.listLots(connection, account, 200)],
  "reservations that are over": [
    ofAccount,
    (connection) => points.lapsedSpends(connection, account, new Date()),
  ],
  entries: [
    ofAccount,
    (connection) => points.listPointsEntries(connection, account, { before: null, limit: 10 }),
  ],
  "what waits for a pool": [
    ofPool,
    (connection) => rewards.listOwed(connection, { projectId, pool: "p" }, 10),
  ],
  "lots that are written": [
    /Index Cond: .*project_id = .* \(id = ANY/,
    (connection) => points.updateLots(connection, projectId, [lot]),
  ],
  "tiers that end": [
    /Index Cond: .*project_id = .*next_at <= /,
    (connection) => tiers.dueTiers(connection, projectId, 0, 10),
  ],
  "tiers of customers": [
    /Index Cond: .*project_id = .*customer_id = ANY/,
    (connection) => tiers.findTiers(connection, projectId, ["c"]),
  ],
  "what orders have earned": [
    /Index Cond: .*project_id = .*holder = .*programme = /,
    (connection) =>
      tiers.findAchievements(
        connection,
        projectId,
        new Map([["c", "h"]]),
        tierProgrammeDocument.parse({ measure: "points", tiers: [] }),
      ),
  ],
  "a free code": [
    /Index Cond: .*project_id = .*pool_id = .*customer_id IS NULL/,
    (connection) => hasFreeCoupon(connection, { projectId, poolId: "p" }, new Date()),
  ],
  "a free code that is taken": [
    /Index Cond: .*project_id = .*pool_id = .*customer_id IS NULL[\s\S]*Index Cond: .*project_id = .*code = /,
    (connection) =>
      takeFreeCoupons(
        connection,
        { projectId, poolId: "p" },
        { customerIds: ["c"], at: new Date(), expiresAt: null },
      ),
  ],
  "rewards that are due, to be settled together": [
    /Index Cond: .*project_id = .*redemption_id = ANY/,
    (connection) =>
      rewards.lockRewards(connection, projectId, [{ projectId, redemptionId: "r", position: 0 }], "due"),
  ],
  "rewards that are settled together": [
    /Index Cond: .*project_id = .*redemption_id = ANY/,
    (connection) =>
      rewards.saveRewards(
        connection,
        projectId,
        [{ redemptionId: "r", position: 0, state: "granted", code: "c", reason: null }],
        new Date(),
      ),
  ],
  "orders whose rewards are settled together": [
    /Index Cond: .*project_id = .*id = ANY/,
    (connection) => holdFates(connection, projectId, ["r"]),
  ],
  "accounts that are saved together": [
    /Index Cond: .*project_id = .*holder = (ANY|u\.holder)/,
    (connection) =>
      saveBalances(connection, projectId, [
        {
          ...{ projectId, holder: "h", programme: "p", customerId: "c" },
          ...{ pending: 0, available: 0, reserved: 0, debt: 0, retryAt: null },
        },
      ]),
  ],
  "rewards of a pool in a state": [
    /Index Cond: .*project_id = .*pool = .*state = /,
    (connection) =>
      rewards.listRewards(connection, projectId, { state: "owed", pool: "p" }, { after: null, limit: 10 }),
  ],
  "rewards in a state": [
    /Index Cond: .*project_id = .*state = /,
    (connection) => rewards.listRewards(connection, projectId, { state: "owed" }, { after: null, limit: 10 }),
  ],
};

test.each(Object.entries(asks))("%s: found by an index, whatever else there is", async (_, [index, work]) => {
  const plans = await plansOf(work);
  expect(plans).toHaveLength(1);
  expect(plans[0]).toMatch(index);
});

test("free codes are claimed, and counted, by the index of pools", async () => {
  const asked: string[] = [];
  const noting = {
    query: async (query: string | { text: string }) => {
      if (typeof query !== "string") asked.push(query.text);
      return { rows: [] };
    },
  } as unknown as pg.ClientBase;
  await pickCodes(noting, projectId, new Map([["p", 1]]), []);
  await poolsRunningLow(noting, projectId, ["p"]);
  const plans = await explained(asked);
  expect(plans).toHaveLength(2);
  for (const plan of plans)
    expect(plan).toMatch(/coupons_pool.*\n.*Index Cond: .*pool_id = .*customer_id IS NULL/);
});

test("the pools that are waited for are found one after the other, however many wait for each", async () => {
  const { rows } = await database.pool.query<{ prosrc: string }>(
    "select prosrc from pg_proc where proname = 'owed_rewards'",
  );
  const [plan] = await plansOf((connection) => connection.execute(sql.raw(rows[0]!.prosrc)));
  expect(plan?.match(/Index (Only )?Scan using reward_grants_owed/g)).toHaveLength(2);
  expect(plan).not.toMatch(/Sort|Seq Scan/);
});
