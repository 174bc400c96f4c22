/** However much there is in a project, what is looked for every second, and what is asked of a member or a customer, is found by an index. */
import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { paidOrders } from "../../src/features/orders/paid-order-store.ts";
import * as challenges from "../../src/features/play/challenge-store.ts";
import * as draws from "../../src/features/play/draw-store.ts";
import * as prizes from "../../src/features/prizes/prize-store.ts";
import * as members from "../../src/features/referrals/referral-member-store.ts";
import * as referrals from "../../src/features/referrals/referral-store.ts";
import type { ReferralRow } from "../../src/features/referrals/referral-tables.ts";
import type { Connection } from "../../src/platform/database.ts";
import { enterProject } from "../../src/platform/walls.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";

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

/** The plan of what `work` asks last, made without its parameters, as the service has it. */
async function planOf(work: (connection: Connection) => Promise<unknown>): Promise<string> {
  let asked = "";
  const logQuery = (text: string) => {
    asked = text;
  };
  await work(drizzle(client, { logger: { logQuery } }));
  await client.query(`prepare asked as ${asked}`);
  const values = Array.from(new Set(asked.match(/\$\d+/g)), () => "null").join(", ");
  const { rows } = await client.query<{ "QUERY PLAN": string }>(
    `explain execute asked ${values === "" ? "" : `(${values})`}`,
  );
  await client.query("deallocate asked");
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}

const projectId = "prj_1";
const programme = { projectId, programme: "p" };
const now = new Date();
const row = { ...programme, friend: "f", referrer: "r" } as ReferralRow;
const asks: Record<string, [RegExp, (connection: Connection) => Promise<unknown>]> = {
  "the chain of friends": [
    /WorkTable Scan[\s\S]*referrals_friend|referrals_friend[\s\S]*WorkTable Scan/,
    (connection) => referrals.cameBy(connection, row),
  ],
  "whom a member is rewarded for": [
    /using referrals_counted/,
    (connection) => referrals.countRewarded(connection, row, now),
  ],
  "whom orders may decide": [
    /using referrals_customer/,
    (connection) =>
      referrals.markReferralsDue(connection, projectId, { orders: ["o"], redemptions: [], at: now }),
  ],
  "a referral that is due": [
    /using referrals_pkey/,
    (connection) => referrals.lockDueReferral(connection, { projectId, id: "r" }, now),
  ],
  "the referral of a friend": [
    /using referrals_friend/,
    (connection) => referrals.findReferralOf(connection, row),
  ],
  "a member": [
    /using referral_members_pkey/,
    (connection) => members.findMember(connection, { ...programme, holder: "h" }),
  ],
  "a member by their code": [
    /Index Cond: .*code = /,
    (connection) => members.findMemberByCode(connection, projectId, "c"),
  ],
  "prizes that wait for a pool": [
    /using prizes_owed/,
    (connection) => prizes.listOwedPrizes(connection, { projectId, pool: "p" }, now, 10),
  ],
  "prizes of a thing": [
    /Index Cond: .*source = .*programme = .*reference = /,
    (connection) => prizes.findPrizes(connection, { ...programme, source: "draw" }, ["t"]),
  ],
  "a customer's tickets": [
    /using draw_tickets_holder/,
    (connection) => draws.countTickets(connection, { projectId, key: "d" }, "h", "2026-11-11"),
  ],
  "a ticket by its name": [
    /Index Cond: .*draw = .*ticket = /,
    (connection) => draws.findTicket(connection, { projectId, key: "d" }, "t"),
  ],
  "a customer's paid orders": [
    /Index Cond: .*customer_id = /,
    (connection) => paidOrders(connection, projectId, "c", { most: 1 }),
  ],
  "progress that is counted": [
    /using challenge_progress_pkey/,
    (connection) => challenges.lockDueProgress(connection, { projectId, challenge: "c", holder: "h" }, now),
  ],
};

test.each(Object.entries(asks))("%s: found by an index, whatever else there is", async (_, [index, work]) => {
  const plan = await planOf(work);
  expect(plan).toMatch(index);
  expect(plan).not.toMatch(/Seq Scan/);
});

test.each([
  ["due_referrals", "referrals_due"],
  ["due_challenges", "challenge_progress_due"],
  ["owed_prizes", "prizes_owed"],
])("%s looks where something is due, and nowhere else", async (name, index) => {
  const { rows } = await database.pool.query<{ prosrc: string }>(
    "select prosrc from pg_proc where proname = $1",
    [name],
  );
  const text = rows[0]!.prosrc.replaceAll("<= at", "<= now()").replace("limit most", "limit 10");
  // As who asks over the walls: no project is named.
  const owner = await database.pool.connect();
  await owner.query("set enable_seqscan = off");
  const { rows: lines } = await owner.query<{ "QUERY PLAN": string }>(`explain ${text}`);
  owner.release(true);
  const plan = lines.map((line) => line["QUERY PLAN"]).join("\n");
  expect(plan).toMatch(new RegExp(`Index (Only )?Scan using ${index}`));
  expect(plan).not.toMatch(/Sort|Seq Scan/);
});
