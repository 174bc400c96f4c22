/** Points of orders and by hand: earned, spent, lapsed, returned; never twice, never below zero, never lost. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { activePromotion, couponsOf, orderOf, redeem } from "../redemptions/redemption-fixture.ts";
import { bought, giveBack, rewardsOf } from "../rewards/reward-fixture.ts";

const day = 86_400_000;
let database: TestDatabase;
let api: Api;
/** Another process on the same database, at the same time. */
let other: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database, { clock: api.clock });
  const settings = await api.rest("PATCH", "/v1/project/settings", {
    body: { timezone: "Asia/Shanghai" },
    headers: { "if-match": "*" },
  });
  expect(settings.status, settings.text).toBe(200);
  const rules = await api.rest("PUT", "/v1/points-programmes/points", {
    body: {
      validMonths: 1,
      remindDays: 7,
      worth: { CNY: 10 },
      coupons: [{ pool: "for-points", points: 30, validFor: "P30D" }],
    },
    headers: { "if-match": '"0"' },
  });
  expect(rules.status, rules.text).toBe(200);
  await activePromotion(api, "a-point-a-yuan", {
    conditions: { kind: "channel", in: ["web"] },
    benefits: [{ kind: "points", perAmount: { CNY: 100 } }],
  });
  await couponsOf(database, api.project.id, "for-points", ["P0001", "P0002"]);
  await activePromotion(api, "for-points", { trigger: { type: "coupon", pool: "for-points" } });
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await other.close();
  await database.close();
});

const line = (quantity: number, unitPrice: number) => [{ id: "1", sku: "MUG", quantity, unitPrice }];
const earned = async (customer: string, quantity: number, unitPrice: number) => {
  const id = await bought(api, {
    channel: "web",
    customer: { id: customer },
    lines: line(quantity, unitPrice),
  });
  await rewardsOf(api, id, ["granted"]);
  return id;
};
const give = async (customer: string, points: number, key?: string) =>
  api.rest("POST", `/v1/customers/${customer}/points/adjustments`, {
    role: "marketing",
    body: { points, reason: "a test" },
    ...(key !== undefined && { headers: { "idempotency-key": key } }),
  });
const spend = (customer: string, body: object, key?: string, via = api) =>
  via.rest("POST", `/v1/customers/${customer}/points/spends`, {
    key: api.project.keys.checkout,
    body,
    ...(key !== undefined && { headers: { "idempotency-key": key } }),
  });
const on = (id: string, step: string, body?: object) =>
  api.rest("POST", `/v1/points-spends/${id}/${step}`, {
    role: "checkout",
    ...(body !== undefined && { body }),
  });
const statement = async (customer: string): Promise<Answer["body"]> =>
  (await api.rest("GET", `/v1/customers/${customer}/points`)).body;
/** Background rounds have a second or so. */
const becomes = (customer: string, balances: object) =>
  expect.poll(() => statement(customer), { timeout: 30_000, interval: 50 }).toMatchObject(balances);
const told = async (customer: string, type: string): Promise<number[]> => {
  const { rows } = await database.orm.execute<{ points: number }>(
    sql`select (data ->> 'points')::int as points from outbox_events
         where type = ${`dealwright.points.${type}`} and data ->> 'customer' = ${customer} order by seq`,
  );
  return rows.map(({ points }) => points);
};

test("an order's points are pending while it may come back, can then be spent, and lapse at the end of their last day", async () => {
  await earned("c-1", 1, 10_050);
  await becomes("c-1", { pending: 100, available: 0 });
  expect((await spend("c-1", { points: 1 })).body.errors[0].code).toBe("not_enough_points");
  api.clock.advance(14 * day);
  await becomes("c-1", { pending: 0, available: 100 });
  const paid = await spend("c-1", { points: 40, currency: "CNY" });
  expect(paid.body).toMatchObject({ state: "committed", points: 40, value: 400 });
  const { lots, expiringNext } = await statement("c-1");
  expect(lots).toMatchObject([{ points: 100, remaining: 60, isPending: false }]);
  // A month after their day in Shanghai, with that day to its end.
  const start = new Date(lots[0].earnedAt);
  const last = new Date(expiringNext.at);
  expect(last.toISOString().slice(11)).toBe("16:00:00.000Z");
  expect(last.getTime() - start.getTime()).toBeGreaterThan(30 * day);
  expect(last.getTime() - start.getTime()).toBeLessThan(32 * day);
  api.clock.advance(last.getTime() - 6 * day - api.clock.now());
  await expect.poll(() => told("c-1", "expiring"), { timeout: 30_000 }).toEqual([60]);
  api.clock.advance(last.getTime() - 1 - api.clock.now());
  expect((await spend("c-1", { points: 10 })).status).toBe(201);
  api.clock.advance(1);
  expect((await spend("c-1", { points: 10 })).body.errors[0].code).toBe("not_enough_points");
  await becomes("c-1", { pending: 0, available: 0, lots: [] });
  await expect.poll(() => told("c-1", "expired"), { timeout: 30_000 }).toEqual([50]);
  const { body } = await api.rest("GET", "/v1/customers/c-1/points/entries");
  expect(body.items.map(({ cause, points }: { cause: string; points: number }) => [cause, points])).toEqual([
    ["expire", 50],
    ["spend", 10],
    ["spend", 40],
    ["mature", 100],
    ["earn", 100],
  ]);
  const csv = await api.rest("GET", "/v1/customers/c-1/points/entries/export?format=csv");
  expect(csv.text.split("\n")).toHaveLength(7);
});

test("returns take points back in proportion, all of them in the end, and what was spent is owed", async () => {
  // 3 × 33.40: 100 points, of which a third is 33.
  const id = await earned("c-2", 3, 3_340);
  await giveBack(api, id, 1);
  await becomes("c-2", { pending: 67 });
  api.clock.advance(14 * day);
  await becomes("c-2", { available: 67 });
  await spend("c-2", { points: 60 });
  await giveBack(api, id, 1);
  await becomes("c-2", { available: 0, debt: 26 });
  await giveBack(api, id, 1);
  await becomes("c-2", { available: 0, debt: 60 });
  await rewardsOf(api, id, ["recovered"]);
  expect((await give("c-2", 50)).body).toMatchObject({ available: 0, debt: 10 });
  expect((await give("c-2", 50)).body).toMatchObject({ available: 40, debt: 0 });
  expect((await told("c-2", "reversed")).reduce((sum, points) => sum + points, 0)).toBe(100);
});

test("a multiplier gives what is missing to so many times the other points", async () => {
  await activePromotion(api, "double", {
    conditions: { kind: "channel", in: ["double"] },
    benefits: [{ kind: "points", multiplier: 2.5 }],
  });
  await activePromotion(api, "seven", {
    conditions: { kind: "channel", in: ["double"] },
    benefits: [{ kind: "points", fixed: 7 }],
  });
  await bought(api, { channel: "double", customer: { id: "c-3" } });
  await becomes("c-3", { pending: 17 });
});

test("of a hundred who spend at once no more succeed than there are points for, in two processes", async () => {
  await give("c-4", 1_000);
  // Whoever is told to come back does, with the same key.
  const insist = async (index: number): Promise<Answer> => {
    const answer = await spend("c-4", { points: 30 }, `crowd-${index}`, index % 2 === 0 ? api : other);
    return answer.status === 503 ? insist(index) : answer;
  };
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => insist(index)));
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  expect([count(201), count(409)]).toEqual([33, 67]);
  expect(await statement("c-4")).toMatchObject({ available: 10, debt: 0 });
});

test("what is reserved is spent, given back or let go, once each", async () => {
  await give("c-5", 100);
  const reserve = async (points: number): Promise<string> =>
    (await spend("c-5", { points, mode: "reserve", ttlSeconds: 60 })).body.id;
  const [kept, freed, forgotten] = [await reserve(10), await reserve(20), await reserve(30)];
  expect(await statement("c-5")).toMatchObject({ available: 40, reserved: 60 });
  for (const step of ["commit", "commit"]) expect((await on(kept, step)).body.state).toBe("committed");
  for (const step of ["cancel", "cancel"]) expect((await on(freed, step)).body.state).toBe("cancelled");
  expect((await on(freed, "commit")).body.code).toBe("points-spend-state-conflict");
  expect(await statement("c-5")).toMatchObject({ available: 60, reserved: 30 });
  api.clock.advance(60_000);
  await becomes("c-5", { available: 90, reserved: 0 });
  expect((await on(forgotten, "commit")).status).toBe(409);
  expect((await on(kept, "refunds", { points: 4 })).body).toMatchObject({ refunded: 4 });
  expect((await on(kept, "refunds", { points: 7 })).body.errors[0].code).toBe("not_enough_points");
  expect((await on(kept, "cancel")).body).toMatchObject({ state: "cancelled", refunded: 10 });
  expect(await statement("c-5")).toMatchObject({ available: 100, reserved: 0 });
});

test("points buy what the programme sells at its price, and get it back if it was not used", async () => {
  await give("c-6", 100);
  expect((await spend("c-6", { coupon: "elsewhere" })).body.errors[0].code).toBe("not_for_sale");
  const first = await spend("c-6", { coupon: "for-points" });
  expect(first.body).toMatchObject({ points: 30, state: "committed", coupon: expect.any(String) });
  await spend("c-6", { coupon: "for-points" });
  expect((await spend("c-6", { coupon: "for-points" })).body.errors[0].code).toBe("pool_empty");
  expect(await statement("c-6")).toMatchObject({ available: 40 });
  const { body } = await api.rest("GET", "/v1/coupons?customer=c-6");
  expect(body.items).toHaveLength(2);
  const holding = await redeem(
    api,
    orderOf({ customer: { id: "c-6" }, codes: [first.body.coupon], mode: "reserve" }),
  );
  expect(holding.status, holding.text).toBe(201);
  expect((await on(first.body.id, "cancel")).body.errors[0].code).toBe("coupon_reserved");
  expect((await api.rest("GET", `/v1/coupons/${first.body.coupon}`)).body.status).toBe("used");
  await api.rest("POST", `/v1/redemptions/${holding.body.id}/cancel`);
  expect((await on(first.body.id, "cancel")).body.state).toBe("cancelled");
  expect(await statement("c-6")).toMatchObject({ available: 70 });
  const coupon = await api.rest("GET", `/v1/coupons/${first.body.coupon}`);
  expect(coupon.body.status).toBe("void");
});

test("the same request moves points once, and what is not there is not taken", async () => {
  const first = await give("c-7", 50, "give-50");
  const again = await give("c-7", 50, "give-50");
  expect([again.body, again.headers["idempotent-replayed"]]).toEqual([first.body, "true"]);
  const paid = await spend("c-7", { points: 20 }, "spend-20");
  expect((await spend("c-7", { points: 20 }, "spend-20")).body.id).toBe(paid.body.id);
  expect((await give("c-7", -31)).body.errors[0].code).toBe("not_enough_points");
  expect((await give("c-7", -30)).body).toMatchObject({ available: 0 });
  const before = (await api.rest("GET", "/v1/points-programmes/points/books")).body;
  expect(before.liability).toBe(before.available + before.pending + before.reserved - before.debt);
});

test("an erased customer's points stay, under the pseudonym", async () => {
  await give("c-8", 25);
  const { body } = await api.rest("POST", "/v1/customers/c-8/erase", { role: "erp" });
  expect(body.erased.points).toBe(1);
  const { rows } = await database.orm.execute<{ customer_id: string; available: number }>(
    sql`select customer_id, available from points_accounts where customer_id = ${body.pseudonym}`,
  );
  expect(rows).toEqual([{ customer_id: body.pseudonym, available: 25 }]);
});

test("points that cannot be booked keep no others waiting, and are booked once they can be", async () => {
  const reserve = async (customer: string, programme: string) => {
    const given = await api.rest("POST", `/v1/customers/${customer}/points/adjustments`, {
      role: "marketing",
      body: { points: 10, programme, reason: "a test" },
    });
    expect(given.status, given.text).toBe(201);
    const held = await spend(customer, { points: 10, programme, mode: "reserve", ttlSeconds: 60 });
    expect(held.status, held.text).toBe(201);
  };
  const available = async (customer: string, programme: string) =>
    (await api.rest("GET", `/v1/customers/${customer}/points?programme=${programme}`)).body.available;
  await reserve("c-10", "broken");
  await reserve("c-11", "points");
  await database.pool.query(
    `insert into points_programmes (project_id, key, version, document, updated_at)
     values ($1, 'broken', 1, '{"validMonths": "some"}', now())`,
    [api.project.id],
  );
  api.clock.advance(60_000);
  const postponed = () =>
    database.pool.query("select customer_id from points_accounts where retry_at is not null");
  await expect
    .poll(async () => (await postponed()).rows, { timeout: 30_000, interval: 50 })
    .toEqual([{ customer_id: "c-10" }]);
  await expect.poll(() => available("c-11", "points"), { timeout: 30_000, interval: 50 }).toBe(10);
  await database.pool.query("delete from points_programmes where key = 'broken'");
  expect(await available("c-10", "broken")).toBe(0);
  api.clock.advance(60_000);
  await expect.poll(() => available("c-10", "broken"), { timeout: 30_000, interval: 50 }).toBe(10);
});
