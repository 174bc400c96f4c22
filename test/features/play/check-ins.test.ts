import { afterAll, beforeAll, expect, test } from "vitest";
import { millisecondsPerDay } from "../../../src/engine/zone.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { faultOf } from "../orders-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  const settings = await api.rest("PATCH", "/v1/project/settings", {
    body: { timezone: "Asia/Shanghai" },
    headers: { "if-match": "*" },
  });
  expect(settings.status, settings.text).toBe(200);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

async function put(path: string, body: object): Promise<void> {
  const answer = await api.rest("PUT", path, { role: "marketing", headers: { "if-match": "*" }, body });
  expect(answer.status, answer.text).toBe(200);
}

function checkIn(key: string, customer: string, at?: string): Promise<Answer> {
  const body = { customer, ...(at !== undefined && { at }) };
  return api.rest("POST", `/v1/check-in-programmes/${key}/check-ins`, { role: "checkout", body });
}

const points = (amount: number) => ({ kind: "points", points: amount });
const pointsOf = async (customer: string) =>
  (await api.rest("GET", `/v1/customers/${customer}/points`)).body.available;

/** Day of the streak and what it was worth. */
function worthOf({ status, text, body }: Answer): [string, number, number] {
  expect(status, text).toBe(200);
  const prizes = body.prizes as { prize: { points: number } }[];
  return [body.day, body.streak, prizes.reduce((sum, { prize }) => sum + prize.points, 0)];
}

test("a day counts once however many check in at once, by the clock on the wall of the project's zone", async () => {
  await put("/v1/check-in-programmes/daily", {
    rewards: [
      { day: 1, prize: points(5) },
      { day: 3, prize: points(50) },
    ],
    repeats: true,
  });
  // 23:59 in Shanghai, then midnight.
  const days = ["2026-11-10T15:59:59Z", "2026-11-10T16:00:00Z", "2026-11-11T00:00:00Z"];
  const seen = [];
  for (const day of days) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => checkIn("daily", "anna", day)));
    expect(answers.filter(({ body }) => !body.isRepeat)).toHaveLength(seen.length < 2 ? 1 : 0);
    expect(new Set(answers.map((answer) => JSON.stringify(worthOf(answer)))).size).toBe(1);
    seen.push(worthOf(answers[0]!));
  }
  expect(seen).toEqual([
    ["2026-11-10", 1, 5],
    ["2026-11-11", 2, 0],
    ["2026-11-11", 2, 0],
  ]);
  for (const worth of [50, 5, 0]) {
    api.clock.advance(millisecondsPerDay);
    expect(worthOf(await checkIn("daily", "anna"))[2]).toBe(worth);
  }
  // A day is missed.
  api.clock.advance(2 * millisecondsPerDay);
  const streak = () => api.rest("GET", "/v1/check-in-programmes/daily/streaks/anna", { role: "pos" });
  expect((await streak()).body).toMatchObject({ streak: 0, best: 5, total: 5 });
  expect(worthOf(await checkIn("daily", "anna")).slice(1)).toEqual([1, 5]);
  expect((await streak()).body).toMatchObject({ streak: 1, best: 5, total: 6 });
  expect(await pointsOf("anna")).toBe(65);
});

test("a till whose clock is minutes fast before midnight means today", async () => {
  await put("/v1/check-in-programmes/fast", {});
  // Midnight in Shanghai is 16:00 UTC.
  const midnight = Date.parse(`${new Date(api.clock.now()).toISOString().slice(0, 10)}T16:00:00Z`);
  const wait = (until: number) => api.clock.advance(until - api.clock.now());
  wait(midnight + millisecondsPerDay - 60_000);
  expect(worthOf(await checkIn("fast", "fay"))[1]).toBe(1);
  wait(midnight + 2 * millisecondsPerDay - 60_000);
  const ahead = new Date(api.clock.now() + 120_000).toISOString();
  expect(worthOf(await checkIn("fast", "fay", ahead))[1]).toBe(2);
  wait(midnight + 3 * millisecondsPerDay - 60_000);
  expect(worthOf(await checkIn("fast", "fay"))[1]).toBe(3);
});

test("what is told late counts on its own day, unless a later day is known or it is too late", async () => {
  await put("/v1/check-in-programmes/late", { lateHours: 48, endsAt: "2026-12-01T00:00:00Z" });
  const ago = (hours: number) => new Date(api.clock.now() - hours * 3_600_000).toISOString();
  expect(worthOf(await checkIn("late", "bob", ago(48)))[1]).toBe(1);
  expect(worthOf(await checkIn("late", "bob", ago(24)))[1]).toBe(2);
  expect(worthOf(await checkIn("late", "bob"))[1]).toBe(3);
  expect((await checkIn("late", "bob", ago(48))).body).toMatchObject({ isRepeat: true, streak: 1, total: 3 });
  await checkIn("late", "cleo");
  expect(faultOf(await checkIn("late", "cleo", ago(24)))).toBe("409 check-in-refused /at out_of_order");
  expect(faultOf(await checkIn("late", "dora", ago(49)))).toBe("409 check-in-refused /at too_late");
  expect(faultOf(await checkIn("late", "dora", ago(-1)))).toBe("409 check-in-refused /at in_future");
  expect(faultOf(await checkIn("none", "dora"))).toBe("404 check-in-programme-not-found");
  api.clock.advance(30 * millisecondsPerDay);
  expect(faultOf(await checkIn("late", "bob"))).toBe("409 check-in-refused /at not_open");
});

const window = () => ({
  startsAt: new Date(api.clock.now()).toISOString(),
  endsAt: new Date(api.clock.now() + 10 * millisecondsPerDay).toISOString(),
});

const met = (key: string, customer: string, done: number) =>
  expect
    .poll(
      async () => {
        const { body } = await api.rest("GET", `/v1/challenges/${key}/progress/${customer}`, { role: "pos" });
        return [body.done, body.completedAt !== null];
      },
      { timeout: 20_000, interval: 20 },
    )
    .toEqual([done, true]);

test("a challenge by events is met once, whatever is told again, and counts what happened in its time", async () => {
  const time = window();
  const goal = { kind: "events", type: "share", campaign: "spring" };
  await put("/v1/challenges/shares", { ...time, goal, times: 3, prize: points(100) });
  const event = (id: string, customer: string, more: object = {}, at = time.startsAt) => ({
    specversion: "1.0",
    id,
    source: "/app",
    type: "share",
    time: at,
    data: { customer, campaign: "spring", ...more },
  });
  const tell = async (events: object[]) => {
    const answer = await api.rest("POST", "/v1/events/batch", { role: "checkout", body: { events } });
    expect(answer.status, answer.text).toBe(200);
  };
  const early = new Date(Date.parse(time.startsAt) - 1).toISOString();
  await tell([event("e-0", "s-anna", {}, early), event("e-c", "s-anna", { campaign: "autumn" })]);
  const three = ["e-1", "e-2", "e-3"].map((id) => event(id, "s-anna"));
  const two = ["e-4", "e-5"].map((id) => event(id, "s-bob"));
  await Promise.all(Array.from({ length: 6 }, () => tell([...three, ...two])));
  await met("shares", "s-anna", 3);
  // Told after the end, but done before.
  api.clock.advance(20 * millisecondsPerDay);
  await tell([event("e-6", "s-bob")]);
  await met("shares", "s-bob", 3);
  await tell([event("e-7", "s-anna")]);
  expect([await pointsOf("s-anna"), await pointsOf("s-bob")]).toEqual([100, 100]);
  const results = await api.rest("GET", "/v1/challenges/shares/results", { role: "viewer" });
  expect(results.body).toEqual({ participants: 2, completed: 2 });
});

test("orders count when they are paid and kept, check-ins as they come", async () => {
  const time = window();
  await put("/v1/challenges/buys", {
    ...time,
    goal: { kind: "orders", minAmount: { CNY: 5_000 } },
    times: 2,
    prize: points(40),
  });
  await put("/v1/check-in-programmes/week", {});
  const goal = { kind: "check_ins", programme: "week" };
  await put("/v1/challenges/comes", { ...time, goal, times: 2, prize: points(7) });
  const order = async (id: string, version: number, status: string, total: number) => {
    const answer = await api.rest("PUT", `/v1/orders/${id}`, {
      role: "erp",
      body: {
        version,
        status,
        currency: "CNY",
        placedAt: time.startsAt,
        customer: "b-anna",
        lines: [],
        total,
      },
    });
    expect(answer.status, answer.text).toBeLessThan(300);
  };
  await order("b-1", 1, "paid", 5_000);
  await order("b-2", 1, "paid", 4_999);
  await order("b-3", 1, "placed", 9_000);
  await order("b-3", 2, "cancelled", 9_000);
  await order("b-4", 1, "placed", 6_000);
  for (let day = 0; day < 2; day += 1) {
    expect((await checkIn("week", "b-anna")).status).toBe(200);
    api.clock.advance(millisecondsPerDay);
  }
  await met("comes", "b-anna", 2);
  expect(await pointsOf("b-anna")).toBeLessThanOrEqual(47);
  await order("b-4", 2, "paid", 6_000);
  await met("buys", "b-anna", 2);
  // Whoever has met it has met it.
  await order("b-4", 3, "returned", 6_000);
  expect(await pointsOf("b-anna")).toBe(47);
});

test("a redemption that is cancelled counts no longer, without anything else being bought", async () => {
  const goal = { kind: "orders", minAmount: { CNY: 1 } };
  // Redemptions are dated by the database's clock, not by that of the test.
  const time = { startsAt: "2026-01-01T00:00:00Z", endsAt: "2099-01-01T00:00:00Z" };
  await put("/v1/challenges/redeems", { ...time, goal, times: 3, prize: points(1) });
  const done = () =>
    api
      .rest("GET", "/v1/challenges/redeems/progress/r-anna", { role: "pos" })
      .then(({ body }) => body.done as number);
  const lines = [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 5_000 }];
  const order = { currency: "CNY", customer: { id: "r-anna" }, lines, orderRef: "R-1", mode: "commit" };
  const redeemed = await api.rest("POST", "/v1/redemptions", { role: "checkout", body: order });
  expect(redeemed.status, redeemed.text).toBe(201);
  await expect.poll(done, { timeout: 20_000, interval: 20 }).toBe(1);
  const id = redeemed.body.id as string;
  expect((await api.rest("POST", `/v1/redemptions/${id}/cancel`, { role: "checkout" })).status).toBe(200);
  await expect.poll(done, { timeout: 20_000, interval: 20 }).toBe(0);
});

test("no date of a challenge is one that PostgreSQL refuses, and events go on being numbered", async () => {
  const body = { goal: { kind: "orders" }, times: 1, prize: points(3) };
  const options = { role: "marketing" as const, headers: { "if-match": "*" } };
  const challenge = (startsAt: string, endsAt: string) =>
    api.rest("PUT", "/v1/challenges/odd", { ...options, body: { ...body, startsAt, endsAt } });
  const { startsAt, endsAt } = window();
  for (const outside of ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01"])
    expect(faultOf(await challenge(outside, endsAt))).toBe("400 invalid-request /startsAt out_of_range");
  expect(faultOf(await challenge(startsAt, "9999-12-31T23:59:59-00:01"))).toBe(
    "400 invalid-request /endsAt out_of_range",
  );
  const far = await challenge("2000-01-01T00:00:00.123456789+23:00", "9999-12-31T00:00:00-16:00");
  expect([far.status, far.body.startsAt, far.body.endsAt]).toEqual([
    200,
    "1999-12-31T01:00:00.123Z",
    "9999-12-31T16:00:00.000Z",
  ]);
  const order = { version: 1, status: "paid", currency: "CNY", placedAt: startsAt, lines: [], total: 1 };
  const told = await api.rest("PUT", "/v1/orders/odd-1", {
    role: "erp",
    body: { ...order, customer: "odd" },
  });
  expect(told.status, told.text).toBeLessThan(300);
  await met("odd", "odd", 1);
  const programme = await api.rest("PUT", "/v1/check-in-programmes/odd", {
    ...options,
    body: { startsAt: "0000-01-01T00:00:00Z" },
  });
  expect(faultOf(programme)).toBe("400 invalid-request /startsAt out_of_range");
});

test("programmes say what is wrong with them", async () => {
  const rewards = [1, 1].map((day) => ({ day, prize: points(1) }));
  const options = { role: "marketing" as const, headers: { "if-match": "*" } };
  const double = await api.rest("PUT", "/v1/check-in-programmes/x", { ...options, body: { rewards } });
  expect(faultOf(double)).toBe("400 invalid-request /rewards/1/day duplicate");
  const { startsAt } = window();
  const body = { startsAt, endsAt: startsAt, goal: { kind: "orders" }, times: 1, prize: points(1) };
  const empty = await api.rest("PUT", "/v1/challenges/x", { ...options, body });
  expect(faultOf(empty)).toBe("400 invalid-request /endsAt period_empty");
  const unknown = { ...body, prize: { kind: "car" } };
  expect((await api.rest("PUT", "/v1/challenges/x", { ...options, body: unknown })).status).toBe(400);
});
