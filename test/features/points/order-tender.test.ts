/** Points as payment of an order: spent once, with it, and back with its goods. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadLots } from "../../../src/features/points/points-store.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { faultOf, orderOf } from "../orders-fixture.ts";
import { redeem, orderOf as redemptionOf } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Another process on the same database, at the same time. */
let other: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database, { clock: api.clock });
  const rules = await api.rest("PUT", "/v1/points-programmes/points", {
    body: { worth: { CNY: 10 } },
    headers: { "if-match": '"0"' },
  });
  expect(rules.status).toBe(200);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await other.close();
  await api.close();
  await database.close();
});

const give = (customer: string, points = 1_000) =>
  api.rest("POST", `/v1/customers/${customer}/points/adjustments`, { body: { points, reason: "a test" } });
const spend = (customer: string, body: object, via = api) =>
  via.rest("POST", `/v1/customers/${customer}/points/spends`, {
    key: api.project.keys.checkout,
    body: { points: 100, currency: "CNY", ...body },
  });
const available = async (customer: string): Promise<number> =>
  (await api.rest("GET", `/v1/customers/${customer}/points`)).body.available;
const spentOf = async (id: string): Promise<Answer["body"]> =>
  (await api.rest("GET", `/v1/points-spends/${id}`)).body;
const becomes = (id: string, fields: object) =>
  expect.poll(() => spentOf(id), { timeout: patience, interval: 50 }).toMatchObject(fields);

const isSettled = () =>
  expect
    .poll(
      async () =>
        (
          await database.pool.query<{ waits: number }>(
            "select ((select count(*) from outbox_events where position is null) + (select count(*) from points_due))::int as waits",
          )
        ).rows[0]!.waits,
      { timeout: patience, interval: 50 },
    )
    .toBe(0);

const lines = [
  { id: "1", sku: "MUG", quantity: 2, unitPrice: 3_000 },
  { id: "2", sku: "TEA", quantity: 1, unitPrice: 4_000 },
];
async function redeemed(customer: string, mode: "reserve" | "commit"): Promise<string> {
  const answer = await redeem(api, redemptionOf({ customer: { id: customer }, lines, mode }));
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.body.id;
}
const step = (id: string, name: string, body?: object) =>
  api.rest("POST", `/v1/redemptions/${id}/${name}`, { role: "pos", ...(body !== undefined && { body }) });
const tell = (id: string, fields: object) =>
  api.rest("PUT", `/v1/orders/${id}`, {
    role: "erp",
    body: orderOf({ shipping: 0, lines, total: 10_000, ...fields }),
  });

test("points held for a redemption are spent with its commit, back in proportion with its returns, and all with the last unit", async () => {
  await give("t-1");
  const redemption = await redeemed("t-1", "reserve");
  const held = await spend("t-1", { redemption, mode: "reserve" });
  expect([held.status, held.body]).toMatchObject([
    201,
    { state: "reserved", redemption, order: null, value: 1_000 },
  ]);
  expect((await step(redemption, "commit")).status).toBe(200);
  await becomes(held.body.id, { state: "committed", refunded: 0, expiresAt: null });
  expect(await available("t-1")).toBe(900);
  await step(redemption, "returns", { lines: [{ id: "1", quantity: 1 }] });
  await becomes(held.body.id, { state: "committed", refunded: 30 });
  expect(
    faultOf(
      await api.rest("POST", `/v1/points-spends/${held.body.id}/refunds`, {
        role: "pos",
        body: { points: 1 },
      }),
    ),
  ).toMatch(/ points-refused .*follows_order$/);
  await step(redemption, "returns", {
    lines: [
      { id: "1", quantity: 1 },
      { id: "2", quantity: 1 },
    ],
  });
  await becomes(held.body.id, { state: "committed", refunded: 100 });
  expect(await available("t-1")).toBe(1_000);
});

test("one sale is paid with points once, whichever of its names is used", async () => {
  await give("t-twice");
  for (const [first, second] of [
    ["redemption", "order"],
    ["order", "redemption"],
  ] as const) {
    const redemption = await redeemed("t-twice", "reserve");
    const order = `TWICE-${first}`;
    expect((await tell(order, { status: "placed", customer: "t-twice", redemption })).status).toBeLessThan(
      300,
    );
    const names = { redemption, order };
    expect((await spend("t-twice", { [first]: names[first], mode: "reserve" })).status).toBe(201);
    expect(faultOf(await spend("t-twice", { [second]: names[second], mode: "reserve" }))).toMatch(
      / points-refused .*paid_otherwise$/,
    );
  }
});

test("what is cancelled gives all points back, held or spent", async () => {
  await give("t-2");
  const reserved = await redeemed("t-2", "reserve");
  const held = await spend("t-2", { redemption: reserved, mode: "reserve" });
  expect(await available("t-2")).toBe(900);
  expect((await step(reserved, "cancel")).status).toBe(200);
  await becomes(held.body.id, { state: "cancelled", refunded: 100 });
  expect(await available("t-2")).toBe(1_000);

  const later = await redeemed("t-2", "reserve");
  const spent = await spend("t-2", { redemption: later });
  expect(spent.body).toMatchObject({ state: "committed", redemption: later });
  await step(later, "cancel");
  await becomes(spent.body.id, { state: "cancelled", refunded: 100 });
  expect(faultOf(await spend("t-2", { redemption: later }))).toMatch(/ \/redemption order_over$/);
});

test("shipping alone gives no points back", async () => {
  await give("t-10");
  const answer = await redeem(
    api,
    redemptionOf({
      customer: { id: "t-10" },
      lines: [],
      shipping: [{ id: "s", amount: 1_000 }],
      mode: "reserve",
    }),
  );
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  const held = await spend("t-10", { redemption: answer.body.id, mode: "reserve" });
  await step(answer.body.id, "commit");
  await becomes(held.body.id, { state: "committed" });
  await isSettled();
  expect([await available("t-10"), (await spentOf(held.body.id)).refunded]).toEqual([900, 0]);
});

test("a till that holds points and then commits has spent them, with the same request but for the mode", async () => {
  await give("t-11");
  const redemption = await redeemed("t-11", "reserve");
  const held = await spend("t-11", { redemption, mode: "reserve" });
  const spent = await spend("t-11", { redemption, mode: "commit" });
  expect(spent.body).toMatchObject({ id: held.body.id, state: "committed", expiresAt: null });
  expect((await spend("t-11", { redemption, mode: "reserve" })).body.state).toBe("committed");
  expect(await available("t-11")).toBe(900);
  const { body } = await api.rest("GET", "/v1/customers/t-11/export");
  expect(body.records.pointsSpends).toMatchObject([{ id: held.body.id, redemption, order: null }]);
});

test("points held for an order of the ERP wait for its payment, once it was told of", async () => {
  const customer = "t-12";
  await give(customer);
  const hold = async (order: string) => (await spend(customer, { order, mode: "reserve" })).body;
  const before = await hold("T-20");
  await tell("T-20", { customer, status: "placed" });
  await tell("T-21", { customer, status: "placed" });
  const after = await hold("T-21");
  const never = await hold("T-22");
  const month = 30 * 86_400_000;
  expect(Date.parse(after.expiresAt)).toBe(api.clock.now() + month);
  await becomes(before.id, { expiresAt: after.expiresAt });
  // Told of as paid a moment before the time is up, and looked at after that.
  const late = await hold("T-23");
  const client = await database.pool.connect();
  try {
    await client.query("begin; lock points_due");
    await tell("T-23", { customer, status: "paid" });
    api.clock.advance(901_000);
    await becomes(never.id, { state: "expired" });
    expect(await spentOf(late.id)).toMatchObject({ state: "reserved" });
  } finally {
    await client.query("rollback");
    client.release();
  }
  await becomes(late.id, { state: "committed" });
  api.clock.advance(86_400_000);
  await tell("T-20", { customer, status: "paid", version: 2 });
  await tell("T-21", { customer, status: "paid", version: 2 });
  await becomes(before.id, { state: "committed", refunded: 0 });
  await becomes(after.id, { state: "committed", refunded: 0 });
  expect(await available(customer)).toBe(700);
});

test("a till that asks again, at once or from two processes, pays once", async () => {
  await give("t-3");
  const redemption = await redeemed("t-3", "commit");
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => spend("t-3", { redemption }, n % 2 === 0 ? api : other)),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(await available("t-3")).toBe(900);
  expect(faultOf(await spend("t-3", { redemption, points: 50 }))).toMatch(/ \/redemption paid_otherwise$/);
  // Whoever takes it back may pay otherwise.
  const { id } = answers[0]!.body;
  expect((await api.rest("POST", `/v1/points-spends/${id}/cancel`, { role: "pos" })).body.state).toBe(
    "cancelled",
  );
  const again = await spend("t-3", { redemption, points: 50 });
  expect([again.status, again.body.id === id]).toEqual([201, false]);
  expect(await available("t-3")).toBe(950);
});

test("an order of the ERP is followed by its number, whether it was told of before or comes later", async () => {
  await give("t-4");
  const spent = await spend("t-4", { order: "T-4" });
  const held = await spend("t-4", { order: "T-5", mode: "reserve", ttlSeconds: 600 });
  expect([spent.body.order, held.body.state]).toEqual(["T-4", "reserved"]);
  await tell("T-4", { customer: "t-4", status: "paid" });
  await tell("T-5", { customer: "t-4", status: "paid" });
  await becomes(held.body.id, { state: "committed" });
  const back = (id: string, goods: object[]) =>
    api.rest("POST", `/v1/orders/${id}/returns`, { role: "erp", body: { lines: goods } });
  await back("T-4", [{ id: "2", quantity: 1 }]);
  await becomes(spent.body.id, { refunded: 40 });
  await back("T-4", [{ id: "1", quantity: 2 }]);
  await becomes(spent.body.id, { refunded: 100 });
  await tell("T-5", { customer: "t-4", version: 2, status: "cancelled" });
  await becomes(held.body.id, { state: "cancelled", refunded: 100 });
  expect(await available("t-4")).toBe(1_000);
  // Told of before, and partly back by then.
  await tell("T-6", { customer: "t-4", status: "paid" });
  await back("T-6", [{ id: "1", quantity: 1 }]);
  const late = await spend("t-4", { order: "T-6" });
  await becomes(late.body.id, { refunded: 30 });
});

test("a till that gets in the way of a merge pays all the same", async () => {
  await give("t-13");
  const redemption = await redeemed("t-13", "commit");
  const client = await database.pool.connect();
  try {
    await client.query("begin");
    await client.query("select from points_accounts where customer_id = 't-13' for update");
    const paying = spend("t-13", { redemption });
    const waiting = async () =>
      (await database.pool.query("select from pg_locks where not granted")).rowCount;
    await expect.poll(waiting, { timeout: patience, interval: 20 }).toBeGreaterThan(0);
    // Of the two the database ends whichever looks first.
    await client
      .query("select from redemptions where id = $1 for update", [redemption])
      .catch((error) => expect(error.code).toBe("40P01"));
    await client.query("rollback");
    const { status, text } = await paying;
    expect([status, text]).toEqual([201, expect.any(String)]);
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("points of a lot are looked for with its holder only", async () => {
  await give("t-14");
  const { rows } = await database.pool.query<{ id: string }>(
    "select id from points_lots l join points_accounts using (project_id, holder, programme) where customer_id = 't-14'",
  );
  const name = { projectId: api.project.id, holder: "a guest who was merged", programme: "points" };
  await expect(loadLots(database.orm, name, [rows[0]!.id])).rejects.toMatchObject({ code: "unavailable" });
});

test("what is not theirs, not there or over is refused, and a coupon pays for nothing", async () => {
  await give("t-7");
  const redemption = await redeemed("t-8", "commit");
  await tell("T-8", { customer: "t-8", status: "paid" });
  await tell("T-9", { customer: "t-7", status: "cancelled" });
  const faults = await Promise.all(
    [
      { redemption },
      { redemption: "rdm_nobody" },
      { order: "T-8" },
      { order: "T-9" },
      { order: "T-8", redemption },
    ].map(async (body) => faultOf(await spend("t-7", body)).replace(/^\d+ \S+ /, "")),
  );
  expect(faults).toEqual([
    "/redemption customer_mismatch",
    "/redemption redemption_unknown",
    "/order customer_mismatch",
    "/order order_over",
    "/order bounds_contradict",
  ]);
  expect(await available("t-7")).toBe(1_000);
});
