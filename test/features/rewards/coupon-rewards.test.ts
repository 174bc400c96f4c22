/** Coupons that orders earn: issued once, whoever repeats what; taken back with the order. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, couponsOf, orderOf, redeem } from "../redemptions/redemption-fixture.ts";
import { bought, giveBack, rewardsOf } from "./reward-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Another process on the same database; it settles rewards as well. */
let other: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database);
  await activePromotion(api, "come-back", {
    conditions: { kind: "channel", in: ["web"] },
    benefits: [{ kind: "issue_coupon", pool: "come-back", validFor: "P30D" }],
  });
  await couponsOf(database, api.project.id, "come-back", codesOf("BACK", 60));
  await activePromotion(api, "ten-off", { trigger: { type: "coupon", pool: "come-back" } });
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await other.close();
  await database.close();
});

const codesOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, "0")}`);
const web = (customer: string, overrides: object = {}) => ({
  channel: "web",
  customer: { id: customer },
  ...overrides,
});

async function eventsOf(redemption: string, type: string): Promise<number> {
  const { rows } = await database.orm.execute<{ count: number }>(
    sql`select count(*) from outbox_events where subject = ${redemption} and type = ${type}`,
  );
  return rows[0]!.count;
}

test("a committed order earns its coupon once, however often and by whomever it is repeated", async () => {
  const order = orderOf(web("c-1"));
  const key = api.project.keys.checkout;
  const send = (via: Api) => via.rest("POST", "/v1/redemptions", { body: order, key });
  const answers = await Promise.all([api, other, api, other].map(send));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  const { id } = answers[0]!.body;
  const [reward] = await rewardsOf(api, id, ["granted"]);
  const { body } = await api.rest("GET", "/v1/coupons?customer=c-1");
  expect(body.items).toMatchObject([{ code: reward!.code, status: "usable", pool: "come-back" }]);
  const validFor = Date.parse(body.items[0].expiresAt) - Date.parse(body.items[0].claimedAt);
  expect(validFor).toBe(30 * 86_400_000);
  expect(await eventsOf(id, "dealwright.reward.granted")).toBe(1);
});

test("an order that is cancelled before its commit earns nothing, one that is committed later does", async () => {
  const cancelled = await bought(api, web("c-2", { mode: "reserve" }));
  expect(await rewardsOf(api, cancelled, ["promised"])).toMatchObject([{ code: null }]);
  await api.rest("POST", `/v1/redemptions/${cancelled}/cancel`);
  await rewardsOf(api, cancelled, ["lapsed"]);
  const kept = await bought(api, web("c-2", { mode: "reserve" }));
  await api.rest("POST", `/v1/redemptions/${kept}/commit`);
  await rewardsOf(api, kept, ["granted"]);
  expect((await api.rest("GET", "/v1/coupons?customer=c-2")).body.items).toHaveLength(1);
});

test("a guest's order earns no coupon, and says so", async () => {
  const guest = await bought(api, { channel: "web" });
  expect(await rewardsOf(api, guest, ["refused"])).toMatchObject([{ reason: "customer_required" }]);
});

test("part of an order keeps the coupon, the rest takes it back", async () => {
  const lines = [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 10_000 }];
  const id = await bought(api, web("c-3", { lines }));
  await rewardsOf(api, id, ["granted"]);
  await giveBack(api, id, 1);
  await giveBack(api, id, 1);
  expect(await rewardsOf(api, id, ["recovered"])).toMatchObject([{ couponStatus: "void" }]);
  expect(await eventsOf(id, "dealwright.reward.recovered")).toBe(1);
  const cancelled = await bought(api, web("c-3"));
  await rewardsOf(api, cancelled, ["granted"]);
  await api.rest("POST", `/v1/redemptions/${cancelled}/cancel`);
  await rewardsOf(api, cancelled, ["recovered"]);
});

test("a coupon that was used before its order came back is kept, and flagged", async () => {
  const id = await bought(api, web("c-4"));
  const [{ code } = { code: "" }] = await rewardsOf(api, id, ["granted"]);
  const next = await redeem(api, orderOf({ customer: { id: "c-4" }, codes: [code] }));
  expect(next.body.quote.total).toBe(9_000);
  await giveBack(api, id, 1);
  expect(await rewardsOf(api, id, ["kept"])).toMatchObject([{ code }]);
  expect(await eventsOf(id, "dealwright.reward.kept")).toBe(1);
  const { body } = await api.rest("GET", "/v1/rewards?state=kept", { role: "marketing" });
  expect(body.items).toMatchObject([{ redemption: id, state: "kept" }]);
});

/** What waits for a later look is looked at now. */
const hurry = () =>
  database.pool.query("update reward_grants set due_at = now() where due_at > now() + interval '5 seconds'");

test("a coupon that another order holds when its own comes back is decided with that order", async () => {
  const holding = async (customer: string) => {
    const id = await bought(api, web(customer));
    const [{ code } = { code: "" }] = await rewardsOf(api, id, ["granted"]);
    const next = await redeem(
      api,
      orderOf({ customer: { id: customer }, codes: [code], mode: "reserve", ttlSeconds: 600 }),
    );
    expect(next.status, next.text).toBe(201);
    await giveBack(api, id, 1);
    await expect
      .poll(async () => (await api.rest("GET", `/v1/coupons/${code}`)).body.status, { timeout: 20_000 })
      .toBe("void");
    expect(await rewardsOf(api, id, ["granted"])).toMatchObject([{ couponStatus: "void" }]);
    return { id, next: next.body.id as string };
  };
  const used = await holding("h-1");
  const freed = await holding("h-2");
  expect((await api.rest("POST", `/v1/redemptions/${used.next}/commit`)).status).toBe(200);
  expect((await api.rest("POST", `/v1/redemptions/${freed.next}/cancel`)).status).toBe(200);
  await hurry();
  await rewardsOf(api, used.id, ["kept"]);
  await rewardsOf(api, freed.id, ["recovered"]);
});

test("a coupon that is valid beyond all dates has no end", async () => {
  await activePromotion(api, "for-ever", {
    conditions: { kind: "channel", in: ["for-ever"] },
    benefits: [{ kind: "issue_coupon", pool: "come-back", validFor: "P9000Y" }],
  });
  const id = await bought(api, { channel: "for-ever", customer: { id: "c-5" } });
  const [reward] = await rewardsOf(api, id, ["granted"]);
  expect(reward).toMatchObject({ couponStatus: "usable", expiresAt: null });
});

test("an order whose rewards are settled while its customer is erased leaves no trace of them", async () => {
  const name = "kolibri@example.org";
  const owner = await database.pool.connect();
  await owner.query("begin; lock table coupon_pools in access exclusive mode");
  const waiting = async (what: string): Promise<number> => {
    const { rows } = await database.orm.execute<{ count: number }>(sql.raw(what));
    return rows[0]!.count;
  };
  const id = await bought(api, web(name));
  const settling = `select count(*)::int from pg_locks where not granted and relation = 'coupon_pools'::regclass
     and pid in (select pid from pg_locks where relation = 'reward_grants'::regclass and mode = 'RowShareLock')`;
  await expect.poll(() => waiting(settling), { timeout: 20_000 }).toBe(1);
  let isErased = false;
  const erasure = api
    .rest("POST", `/v1/customers/${encodeURIComponent(name)}/erase`, { role: "erp" })
    .finally(() => {
      isErased = true;
    });
  const held =
    "select count(*)::int from pg_locks where not granted and locktype in ('transactionid', 'tuple')";
  await expect.poll(async () => isErased || (await waiting(held)) > 0, { timeout: 20_000 }).toBe(true);
  await owner.query("commit");
  owner.release();
  expect((await erasure).status).toBe(200);
  await rewardsOf(api, id, ["granted"]);
  expect((await api.rest("GET", `/v1/coupons?customer=${name}`)).body.items).toEqual([]);
  const { rowCount } = await database.pool.query("select 1 from outbox_events where data::text like $1", [
    `%${name}%`,
  ]);
  expect(rowCount).toBe(0);
});

test("one reward that cannot be granted keeps no other from its coupon", async () => {
  await activePromotion(api, "spoilt", {
    conditions: { kind: "channel", in: ["spoilt"] },
    benefits: [
      { kind: "issue_coupon", pool: "spoilt" },
      { kind: "points", fixed: 5 },
    ],
  });
  const order = (customer: string) => bought(api, { channel: "spoilt", customer: { id: customer } });
  const orders = [await order("spoilt"), await order("sound")];
  for (const id of orders) await rewardsOf(api, id, ["owed", "granted"]);
  await database.pool.query(`
    create function spoil() returns trigger language plpgsql as $$ begin raise exception 'spoilt'; end $$;
    create trigger spoilt before update on coupons for each row when (new.customer_id = 'spoilt') execute function spoil()`);
  await couponsOf(database, api.project.id, "spoilt", codesOf("SPOILT", 3));
  await rewardsOf(api, orders[1]!, ["granted", "granted"]);
  // Not even one of the same order.
  const third = await order("spoilt");
  await rewardsOf(api, third, ["promised", "granted"]);
  await database.pool.query("drop trigger spoilt on coupons");
  await hurry();
  await rewardsOf(api, orders[0]!, ["granted", "granted"]);
  await rewardsOf(api, third, ["granted", "granted"]);
});

test("what an empty pool cannot give is owed, told, and delivered once there are codes", async () => {
  await activePromotion(api, "scarce", {
    conditions: { kind: "channel", in: ["scarce"] },
    benefits: [{ kind: "issue_coupon", pool: "scarce" }],
  });
  const orders = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      bought(api, { channel: "scarce", customer: { id: `s-${index}` } }),
    ),
  );
  for (const id of orders)
    expect(await rewardsOf(api, id, ["owed"])).toMatchObject([{ reason: "pool_unknown" }]);
  const back = orders.pop()!;
  await giveBack(api, back, 1);
  await rewardsOf(api, back, ["lapsed"]);
  await couponsOf(database, api.project.id, "scarce", codesOf("SCARCE", 8));
  const owed = async () =>
    (await api.rest("GET", "/v1/rewards?state=owed&pool=scarce&limit=200")).body.items as {
      redemption: string;
      reason: string;
    }[];
  await expect.poll(async () => (await owed()).length, { timeout: 20_000 }).toBe(3);
  const codes = new Set<string | null>();
  const waiting = new Set((await owed()).map(({ redemption }) => redemption));
  for (const id of orders) if (!waiting.has(id)) codes.add((await rewardsOf(api, id, ["granted"]))[0]!.code);
  expect(codes.size).toBe(8);
  for (const id of waiting) expect(await eventsOf(id, "dealwright.reward.granted")).toBe(0);
  for (const id of orders) expect(await eventsOf(id, "dealwright.reward.owed")).toBe(1);
  expect((await owed()).map(({ reason }) => reason)).toEqual(["pool_empty", "pool_empty", "pool_empty"]);
});

test("of many orders at once each earns its own code, until the pool is empty", async () => {
  await activePromotion(api, "rush", {
    conditions: { kind: "channel", in: ["rush"] },
    benefits: [{ kind: "issue_coupon", pool: "rush" }],
  });
  await couponsOf(database, api.project.id, "rush", codesOf("RUSH", 30));
  const key = api.project.keys.checkout;
  await expect
    .poll(async () => {
      const quote = {
        channel: "rush",
        currency: "CNY",
        lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1 }],
      };
      return (await other.rest("POST", "/v1/evaluations", { body: quote, key })).body.rewards.length;
    })
    .toBe(1);
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? api : other).rest("POST", "/v1/redemptions", {
        body: orderOf({ channel: "rush", customer: { id: `r-${index}` } }),
        key,
      }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  const states = async () => {
    const { rows } = await database.orm.execute<{ state: string; count: number; codes: number }>(sql`
      select state, count(*), count(distinct code) as codes from reward_grants where pool = 'rush' group by state order by state`);
    return rows;
  };
  await expect.poll(states, { timeout: 20_000 }).toEqual([
    { state: "granted", count: 30, codes: 30 },
    { state: "owed", count: 10, codes: 0 },
  ]);
});
