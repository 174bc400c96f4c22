/** What many orders have earned, given in one transaction: the same as one by one, and nobody's trouble is anybody else's. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, couponsOf } from "../redemptions/redemption-fixture.ts";
import { bought, giveBack, rewardsOf } from "./reward-fixture.ts";

let database: TestDatabase;
/** The only process: it looks for what is due in one place, and a transaction at a time. */
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  for (const pool of ["full", "short", "none"])
    await activePromotion(api, pool, {
      conditions: { kind: "channel", in: [pool] },
      benefits: [{ kind: "issue_coupon", pool, validFor: pool === "full" ? "P7D" : undefined }],
    });
  await couponsOf(database, api.project.id, "full", codesOf("FULL", 200));
  await couponsOf(database, api.project.id, "short", codesOf("SHORT", 5));
}, patience);
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

const codesOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, "0")}`);

const figure = async (text: string, values: unknown[] = []): Promise<number> =>
  Number((await database.pool.query<{ n: string }>(`select ${text} as n`, values)).rows[0]!.n);

let round = 0;
beforeEach(() => {
  round += 1;
});

const order = (channel: string, name: string, overrides: object = {}) =>
  bought(api, { channel, customer: { id: `${round}-${name}` }, ...overrides });

/** What is bought meanwhile is due when it ends, and is looked at in one go. */
async function withRewardsHeldUp(work: () => Promise<void>): Promise<void> {
  const blocker = await database.pool.connect();
  await blocker.query("begin; lock table coupon_pools in access exclusive mode");
  const plug = await order("full", "plug");
  const isStuck = "(select count(*) from pg_locks where not granted and relation = 'coupon_pools'::regclass)";
  await expect.poll(() => figure(isStuck), { timeout: patience }).toBe(1);
  await work();
  const notDue = "(select count(*) from reward_grants where state = 'promised' and due_at is null)";
  await expect.poll(() => figure(notDue), { timeout: patience }).toBe(0);
  await blocker.query("commit");
  blocker.release();
  await rewardsOf(api, plug, ["granted"]);
}

const transactionsThatWrote = (redemptions: readonly string[]) =>
  figure("(select count(distinct xmin::text) from reward_grants where redemption_id = any ($1))", [
    redemptions,
  ]);

test(
  "of one transaction each order has a code of its own, until its own date, and is told once",
  async () => {
    const orders: string[] = [];
    await withRewardsHeldUp(async () => {
      for (let n = 0; n < 30; n += 1) orders.push(await order("full", `${n % 20}`));
    });
    const codes = new Set<string | null>();
    for (const id of orders) {
      const [reward] = await rewardsOf(api, id, ["granted"]);
      expect(reward).toMatchObject({ couponStatus: "usable", reason: null });
      codes.add(reward!.code);
    }
    expect(codes.size).toBe(30);
    expect(await transactionsThatWrote(orders)).toBe(1);
    for (const [customer, count] of [
      [`${round}-0`, 2],
      [`${round}-19`, 1],
    ] as const) {
      const { body } = await api.rest("GET", `/v1/coupons?customer=${customer}`);
      expect(body.items).toHaveLength(count);
      for (const { expiresAt, claimedAt } of body.items)
        expect(Date.parse(expiresAt) - Date.parse(claimedAt)).toBe(7 * 86_400_000);
    }
    const told =
      "(select count(*) from outbox_events where type = 'dealwright.reward.granted' and subject = any ($1))";
    expect(await figure(told, [orders])).toBe(30);
  },
  patience,
);

test(
  "a pool that is short or missing, a guest and a cancelled order keep no other from its coupon",
  async () => {
    const full: string[] = [];
    const short: string[] = [];
    const none: string[] = [];
    let guest = "";
    let cancelled = "";
    await withRewardsHeldUp(async () => {
      for (let n = 0; n < 8; n += 1) {
        short.push(await order("short", `${n}`));
        full.push(await order("full", `${n}`));
        none.push(await order("none", `${n}`));
      }
      guest = await bought(api, { channel: "full" });
      cancelled = await order("full", "cancelled");
      expect((await api.rest("POST", `/v1/redemptions/${cancelled}/cancel`)).status).toBe(200);
    });
    for (const id of full) await rewardsOf(api, id, ["granted"]);
    for (const id of none)
      expect(await rewardsOf(api, id, ["owed"])).toMatchObject([{ reason: "pool_unknown" }]);
    expect(await rewardsOf(api, guest, ["refused"])).toMatchObject([{ reason: "customer_required" }]);
    await rewardsOf(api, cancelled, ["lapsed"]);
    // Who came first has the codes.
    for (const id of short.slice(0, 5)) await rewardsOf(api, id, ["granted"]);
    for (const id of short.slice(5))
      expect(await rewardsOf(api, id, ["owed"])).toMatchObject([{ reason: "pool_empty" }]);
    expect(await transactionsThatWrote([...full, ...short, ...none, guest, cancelled])).toBe(1);
    const told =
      "(select count(*) from outbox_events where type = 'dealwright.reward.owed' and subject = any ($1))";
    expect(await figure(told, [[...short, ...none]])).toBe(11);

    // And what is owed is given together, too.
    await couponsOf(database, api.project.id, "none", codesOf("NONE", 8));
    for (const id of none) await rewardsOf(api, id, ["granted"]);
    expect(await transactionsThatWrote(none)).toBe(1);
  },
  patience,
);

test(
  "points of many orders are booked together, but for who owes some and whose account somebody has",
  async () => {
    await database.pool.query(
      "insert into points_programmes (project_id, key, version, document, updated_at) values ($1, 'points', 1, $2, now())",
      [api.project.id, { pendingDays: 0 }],
    );
    await activePromotion(api, "points", {
      conditions: { kind: "channel", in: ["points"] },
      benefits: [
        { kind: "points", fixed: 10 },
        { kind: "issue_coupon", pool: "full" },
      ],
    });
    const pointsOf = async (name: string) =>
      (await api.rest("GET", `/v1/customers/${round}-${name}/points`, { role: "erp" })).body;
    const both = ["granted", "granted"];
    const known = await order("points", "owes");
    await rewardsOf(api, known, both);
    const spends = `/v1/customers/${round}-owes/points/spends`;
    expect((await api.rest("POST", spends, { body: { points: 10 }, role: "checkout" })).status).toBe(201);
    await giveBack(api, known, 1);
    await rewardsOf(api, known, ["recovered", "recovered"]);
    await rewardsOf(api, await order("points", "busy"), both);

    const orders: string[] = [];
    let owes = "";
    let busy = "";
    const other = await database.pool.connect();
    await withRewardsHeldUp(async () => {
      for (let n = 0; n < 12; n += 1) orders.push(await order("points", `${n % 10}`));
      owes = await order("points", "owes");
      busy = await order("points", "busy");
      await other.query("begin");
      await other.query("select from points_accounts where customer_id = $1 for update", [`${round}-busy`]);
    });
    for (const id of orders) await rewardsOf(api, id, both);
    expect(await transactionsThatWrote(orders)).toBe(1);
    await rewardsOf(api, owes, both);
    await rewardsOf(api, busy, ["promised", "granted"]);
    await other.query("commit");
    other.release();
    await rewardsOf(api, busy, both);

    expect(await pointsOf("0")).toMatchObject({ pending: 0, available: 20, debt: 0 });
    expect(await pointsOf("9")).toMatchObject({ available: 10 });
    expect(await pointsOf("owes")).toMatchObject({ available: 0, debt: 0 });
    expect(await pointsOf("busy")).toMatchObject({ available: 20 });
    const told =
      "(select count(*) from outbox_events where type = 'dealwright.points.earned' and data->>'redemption' = any ($1))";
    expect(await figure(told, [orders])).toBe(12);

    // What was booked together is taken back like any other.
    await giveBack(api, orders[0]!, 1);
    await rewardsOf(api, orders[0]!, ["recovered", "recovered"]);
    expect(await pointsOf("0")).toMatchObject({ available: 10 });
  },
  patience,
);

test(
  "an order that somebody is changing is waited for by nobody else, and has its coupon afterwards",
  async () => {
    const others: string[] = [];
    let changed = "";
    const changer = await database.pool.connect();
    await withRewardsHeldUp(async () => {
      changed = await order("full", "changed");
      for (let n = 0; n < 5; n += 1) others.push(await order("full", `${n}`));
      await changer.query("begin");
      await changer.query("select from redemptions where id = $1 for update", [changed]);
    });
    for (const id of others) await rewardsOf(api, id, ["granted"]);
    expect(await rewardsOf(api, changed, ["promised"])).toMatchObject([{ code: null }]);
    await changer.query("commit");
    changer.release();
    await rewardsOf(api, changed, ["granted"]);
  },
  patience,
);

test(
  "where one cannot be given, the others are, one by one",
  async () => {
    const sound: string[] = [];
    let spoilt = "";
    await database.pool.query(`
      create function spoil() returns trigger language plpgsql as $$ begin raise exception 'spoilt'; end $$;
      create trigger spoilt before update on coupons for each row when (new.customer_id like '%-spoilt') execute function spoil()`);
    await withRewardsHeldUp(async () => {
      for (let n = 0; n < 3; n += 1) sound.push(await order("full", `a${n}`));
      spoilt = await order("full", "spoilt");
      for (let n = 0; n < 3; n += 1) sound.push(await order("full", `b${n}`));
    });
    for (const id of sound) await rewardsOf(api, id, ["granted"]);
    expect(await transactionsThatWrote(sound)).toBe(6);
    expect(await rewardsOf(api, spoilt, ["promised"])).toMatchObject([{ code: null }]);
    await database.pool.query("drop trigger spoilt on coupons");
    await database.pool.query("update reward_grants set due_at = now() where redemption_id = $1", [spoilt]);
    await rewardsOf(api, spoilt, ["granted"]);
  },
  patience,
);
