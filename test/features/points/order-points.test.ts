/** What orders of the ERP earn by a programme's rates: exactly once, whatever comes how often and in which order. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { faultOf, orderOf, putOrder } from "../orders-fixture.ts";
import { activePromotion, redeem, orderOf as redemptionOf } from "../redemptions/redemption-fixture.ts";

const day = 86_400_000;
let database: TestDatabase;
let api: Api;
/** Another process on the same database, at the same time. */
let other: Api;

const programme = (earn: object[], version: number) =>
  api.rest("PUT", "/v1/points-programmes/points", {
    body: { pendingDays: 14, earn },
    headers: { "if-match": `"${version}"` },
  });
const base = { key: "base", per: { CNY: 100 }, from: "2026-01-01T00:00:00Z" };

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database, { clock: api.clock });
  const rules = await programme(
    [
      { ...base, tiers: { gold: 150 } },
      {
        key: "tea-online",
        points: 2,
        per: { CNY: 1_000 },
        products: { skus: ["TEA"] },
        channels: ["app"],
        from: "2026-01-01T00:00:00Z",
      },
    ],
    0,
  );
  expect([rules.status, rules.text]).toEqual([200, expect.any(String)]);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await other.close();
  await api.close();
  await database.close();
});

/** A paid order of three mugs for 100.00 each and two teas for 49.99, 12.00 of shipping and 9.98 off all of it. */
const paid = (customer: string, fields: object = {}) => ({
  status: "paid",
  customer,
  channel: "web",
  lines: [
    { id: "1", sku: "MUG", quantity: 3, unitPrice: 10_000 },
    { id: "2", sku: "TEA", quantity: 2, unitPrice: 4_999 },
  ],
  shipping: 1_200,
  total: 40_200,
  ...fields,
});
const tell = (id: string, fields: object, via = api) =>
  via.rest("PUT", `/v1/orders/${id}`, { key: api.project.keys.erp, body: orderOf(fields) });
const statement = async (customer: string): Promise<Answer["body"]> =>
  (await api.rest("GET", `/v1/customers/${customer}/points`)).body;

/** All that was told by now is numbered and booked. */
async function isBooked(): Promise<void> {
  const waiting = async () => {
    const { rows } = await database.pool.query<{ waits: number }>(
      "select ((select count(*) from outbox_events where position is null) + (select count(*) from points_due))::int as waits",
    );
    return rows[0]!.waits;
  };
  await expect.poll(waiting, { timeout: patience, interval: 50 }).toBe(0);
}
const pendingOf = async (customer: string): Promise<number> => {
  await isBooked();
  const { pending, available, debt } = await statement(customer);
  return pending + available - debt;
};
const giveBack = (id: string, lines: object[]) =>
  api.rest("POST", `/v1/orders/${id}/returns`, { role: "erp", body: { lines } });

test("a paid order earns by its goods as they were paid for, pending while they may come back, and says which order it was", async () => {
  await tell("E-1", paid("e-1", { status: "placed" }));
  expect(await pendingOf("e-1")).toBe(0);
  await tell("E-1", paid("e-1", { version: 2 }));
  // 390.00 of goods: the ten yuan that no line mentions are shared out.
  expect(await pendingOf("e-1")).toBe(390);
  expect(await statement("e-1")).toMatchObject({
    pending: 390,
    available: 0,
    lots: [{ points: 390, order: "E-1", redemption: null, isPending: true }],
  });
  await tell("E-1", paid("e-1", { version: 3, status: "fulfilled" }));
  expect(await pendingOf("e-1")).toBe(390);
  const { body } = await api.rest("GET", "/v1/customers/e-1/points/entries");
  expect(body.items).toMatchObject([{ cause: "earn", points: 390, reason: "order E-1" }]);
  api.clock.advance(14 * day);
  await expect
    .poll(() => statement("e-1"), { timeout: patience })
    .toMatchObject({ pending: 0, available: 390 });
});

test("rates add up, each of its channel and goods, and members of a tier get their percent", async () => {
  // Of the app as well two points for each ten yuan of tea: 9 × 2.
  await tell("E-2", paid("e-2", { channel: "app" }));
  const tea = Math.floor(((39_000 * 9_998) / 39_998 / 1_000) * 2);
  expect(await pendingOf("e-2")).toBe(390 + tea);
  await database.pool.query(
    "insert into customer_tiers (project_id, customer_id, tier, since, is_manual) values ($1, 'e-gold', 'gold', now(), false)",
    [api.project.id],
  );
  await tell("E-3", paid("e-gold"));
  expect(await pendingOf("e-gold")).toBe(585);
  // The tier is gone; what came of the order stays as it was promised.
  await database.pool.query("delete from customer_tiers where customer_id = 'e-gold'");
  await tell("E-3", paid("e-gold", { version: 2, status: "fulfilled" }));
  expect(await pendingOf("e-gold")).toBe(585);
});

test("returns take back in proportion whatever the split, a cancelled order everything", async () => {
  await tell("E-4", paid("e-4"));
  expect(await pendingOf("e-4")).toBe(390);
  await giveBack("E-4", [{ id: "1", quantity: 1 }]);
  const left = await pendingOf("e-4");
  expect([292, 293]).toContain(left);
  await giveBack("E-4", [
    { id: "1", quantity: 2 },
    { id: "2", quantity: 1 },
  ]);
  expect(await pendingOf("e-4")).toBeLessThan(50);
  await giveBack("E-4", [{ id: "2", quantity: 1 }]);
  expect(await pendingOf("e-4")).toBe(0);

  await tell("E-5", paid("e-5"));
  expect(await pendingOf("e-5")).toBe(390);
  await tell("E-5", paid("e-5", { version: 2, status: "cancelled" }));
  expect(await pendingOf("e-5")).toBe(0);
  // A mistake of the ERP: it is paid after all, and somewhat dearer.
  await tell("E-5", paid("e-5", { version: 3, total: 41_200 }));
  expect(await pendingOf("e-5")).toBe(400);
  await tell("E-5", paid("e-5", { version: 4, total: 31_200 }));
  expect(await pendingOf("e-5")).toBe(300);
});

test("points that were spent before their goods came back are owed", async () => {
  await tell("E-6", paid("e-6"));
  await isBooked();
  api.clock.advance(14 * day);
  const spent = await api.rest("POST", "/v1/customers/e-6/points/spends", {
    role: "checkout",
    body: { points: 390 },
  });
  expect(spent.status).toBe(201);
  await tell("E-6", paid("e-6", { version: 2, status: "returned" }));
  await isBooked();
  expect(await statement("e-6")).toMatchObject({ available: 0, debt: 390 });
});

test("two processes book each order once, in whatever order and however often its versions come", async () => {
  const versions = [
    paid("e-many", { version: 1, status: "placed" }),
    paid("e-many", { version: 2 }),
    paid("e-many", { version: 3, total: 51_200 }),
    paid("e-many", { version: 4, status: "fulfilled", total: 51_200 }),
  ];
  const orders = Array.from({ length: 10 }, (_, n) => `M-${n}`);
  await Promise.all(
    orders.flatMap((id, n) =>
      [...versions, ...versions].map((_, i) =>
        tell(id, versions[(i * 3 + n) % versions.length]!, i % 2 === 0 ? api : other),
      ),
    ),
  );
  expect(await pendingOf("e-many")).toBe(10 * 500);
  const { rows } = await database.pool.query<{ earned: number }>(
    `select sum(e.amount * ((e.cause = 'earn')::int - (e.cause = 'reverse')::int))::int as earned
       from points_entries e join points_lots l on l.project_id = e.project_id and l.id = e.lot_id where l.external_id like 'M-%'`,
  );
  expect(rows[0]!.earned).toBe(5_000);
});

test("a guest who is merged keeps what their orders earned, and an order of another customer earns for them", async () => {
  await tell("E-7", paid("e-guest"));
  expect(await pendingOf("e-guest")).toBe(390);
  await api.rest("PUT", "/v1/customers/e-guest", { role: "erp", body: {} });
  await api.rest("PUT", "/v1/customers/e-member", { role: "erp", body: {} });
  const merge = await api.rest("POST", "/v1/customers/e-member/merge", { body: { guest: "e-guest" } });
  expect([merge.status, merge.text]).toEqual([200, expect.any(String)]);
  expect(await pendingOf("e-member")).toBe(390);
  // The ERP goes on calling them as before.
  await tell("E-7", paid("e-guest", { version: 2, status: "fulfilled" }));
  expect(await pendingOf("e-member")).toBe(390);
  await tell("E-7", paid("e-right", { version: 3, status: "fulfilled" }));
  expect([await pendingOf("e-member"), await pendingOf("e-right")]).toEqual([0, 390]);
  await giveBack("E-7", [{ id: "1", quantity: 3 }]);
  expect(await pendingOf("e-right")).toBeLessThan(100);
});

test("an order whose redemption earned points by a promotion earns no more by a rate, unless the rate says so", async () => {
  await activePromotion(api, "a-point-a-yuan", {
    conditions: { kind: "channel", in: ["till"] },
    benefits: [{ kind: "points", perAmount: { CNY: 100 } }],
  });
  const bought = async (customer: string, channel: string) => {
    const request = redemptionOf({ customer: { id: customer }, channel, mode: "commit" });
    const answer = await redeem(api, request);
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
    return answer.body.id as string;
  };
  const lines = [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }];
  const order = (customer: string, redemption: string) =>
    paid(customer, { lines, shipping: 0, total: 10_000, redemption });
  const promised = await bought("e-till", "till");
  await tell("R-1", order("e-till", promised));
  await expect.poll(() => pendingOf("e-till"), { timeout: patience }).toBe(100);
  expect((await statement("e-till")).lots).toMatchObject([{ redemption: promised, order: null }]);
  const plain = await bought("e-plain", "web");
  await tell("R-2", order("e-plain", plain));
  expect(await pendingOf("e-plain")).toBe(100);
  await api.rest("POST", `/v1/redemptions/${plain}/returns`, {
    role: "pos",
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  expect(await pendingOf("e-plain")).toBe(0);

  expect((await programme([{ ...base, withPromotions: true }], 1)).status).toBe(200);
  await tell("R-3", order("e-both", await bought("e-both", "till")));
  await expect.poll(() => pendingOf("e-both"), { timeout: patience }).toBe(200);
});

test("an order whose redemption came to nothing earns by the rate, whatever a promotion had promised", async () => {
  const { body } = await api.rest("GET", "/v1/points-programmes/points");
  expect((await programme([base], body.version)).status).toBe(200);
  const request = redemptionOf({ customer: { id: "e-over" }, channel: "till", mode: "reserve" });
  const redemption = (await redeem(api, request)).body.id as string;
  const lines = [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }];
  await tell("R-4", paid("e-over", { lines, shipping: 0, total: 10_000, redemption }));
  expect(await pendingOf("e-over")).toBe(0);
  const cancelled = await api.rest("POST", `/v1/redemptions/${redemption}/cancel`, { role: "pos" });
  expect(cancelled.status).toBe(200);
  expect(await pendingOf("e-over")).toBe(100);
  // As if the order was looked at before the reward was.
  const stateIs = async (state: string) => {
    const { rowCount } = await database.pool.query(
      "update reward_grants set state = $2, due_at = null where redemption_id = $1 and kind = 'points'",
      [redemption, state],
    );
    expect(rowCount).toBe(1);
  };
  await stateIs("promised");
  await database.pool.query(
    "insert into points_due (project_id, external_id, due_at) values ($1, 'R-4', '2026-01-01')",
    [api.project.id],
  );
  expect(await pendingOf("e-over")).toBe(100);
  await stateIs("lapsed");
});

test("orders of one project keep no other's waiting", async () => {
  const client = await database.pool.connect();
  try {
    await client.query("begin");
    await client.query(
      `insert into points_due (project_id, external_id, due_at)
       select 'prj_many', 'M-' || n, timestamptz '2026-01-01' from generate_series(1, 100) n
       union all select 'prj_one', 'O-1', timestamptz '2026-01-02'`,
    );
    const { rows } = await client.query<{ project_id: string }>(
      "select project_id from due_points_of_orders('2026-02-01', 10)",
    );
    expect([rows.length, rows.map((row) => row.project_id)]).toEqual([
      10,
      expect.arrayContaining(["prj_one"]),
    ]);
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("a rate holds from when it was first written, and says what is wrong with it", async () => {
  const { body } = await api.rest("GET", "/v1/points-programmes/points");
  const written = await programme([{ key: "new", per: { CNY: 100 } }], body.version);
  const from = new Date(api.clock.now()).toISOString();
  expect(written.body.earn).toEqual([
    { key: "new", points: 1, per: { CNY: 100 }, withPromotions: false, from },
  ]);
  api.clock.advance(1_000);
  const again = await programme([{ key: "new", points: 2, per: { CNY: 100 } }], body.version + 1);
  expect(again.body.earn).toMatchObject([{ points: 2, from }]);
  await tell("F-1", paid("e-before", { placedAt: new Date(Date.parse(from) - 1).toISOString() }));
  await tell("F-2", paid("e-after", { placedAt: from }));
  await tell("F-3", paid("e-other", { placedAt: from, currency: "USD" }));
  expect([await pendingOf("e-before"), await pendingOf("e-after"), await pendingOf("e-other")]).toEqual([
    0, 780, 0,
  ]);
  const refusals = await Promise.all(
    [
      [{ key: "a", per: {} }],
      [{ key: "a", per: { CNY: 0 } }],
      [
        { key: "a", per: { CNY: 1 } },
        { key: "a", per: { CNY: 1 } },
      ],
    ].map(async (earn) => faultOf(await programme(earn, body.version + 2))),
  );
  expect(refusals).toEqual([
    "400 invalid-request /earn/0/per amount_missing",
    "400 invalid-request /earn/0/per/CNY every_zero",
    "400 invalid-request /earn/1/key duplicate",
  ]);
  expect((await putOrder(api, "F-9", { status: "paid", customer: undefined })).status).toBe(200);
  await isBooked();
});
