import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashCustomer } from "../../../src/features/ledger/promotion-counters.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience, sized } from "../../faults/sizes.ts";
import { rowsWith } from "../../rows-with.ts";
import { type Api, startApi } from "../api.ts";
import { type Receiver, startReceiver } from "../webhooks/receiver.ts";

/** G30 has 1,000. */
const customers = sized(20, 1_000);
const bird = "Kanarienvogel";

let database: TestDatabase;
let api: Api;
let receiver: Receiver;
let referralCode: string;
const goal = { kind: "events", type: "view" };
const prize = { kind: "gift", sku: "SEEDS" };

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { webhookTargets: "any" });
  receiver = await startReceiver();
  // It says what it was told, and the log of deliveries keeps that.
  receiver.answer((response, { body }) => response.writeHead(200).end(body));
  await created("/v1/webhooks", { url: receiver.url });
  await activated({
    key: "ten",
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }],
    limits: { perCustomer: 1 },
    returns: "reevaluate",
  });
  await activated({
    key: "off",
    trigger: { type: "code", code: "OFF" },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 500 } }],
  });
  const tiers = {
    measure: "orders",
    tiers: [
      { key: "guest", count: 1 },
      { key: "friend", count: 100 },
    ],
  };
  expect((await api.rest("PUT", "/v1/tier-programme", { body: tiers })).status).toBe(200);
  await created("/v1/segments", { key: "birds", conditions: { kind: "order_count", atLeast: 1 } });
  const { id: greets } = await created("/v1/automations", {
    key: "greets-birds",
    trigger: { kind: "segment_entered", segment: "birds" },
    actions: [{ kind: "notify", template: "welcome" }],
  });
  await api.rest("POST", `/v1/automations/${greets}/activate`);
  await created("/v1/coupon-pools", { key: "gifts" });
  await activated({
    key: "gift",
    trigger: { type: "coupon", pool: "gifts" },
    benefits: [{ kind: "percent_off", percent: 10 }],
  });
  const referring = await api.rest("PUT", "/v1/referral-programmes/birds", {
    body: { friend: { kind: "gift", sku: "SEEDS" }, friendsPerDevice: null, friendsPerIp: null, holdDays: 0 },
    headers: { "if-match": "*" },
  });
  expect(referring.status).toBe(200);
  for (const [path, body] of [
    ["check-in-programmes", {}],
    [
      "challenges",
      { startsAt: "2026-11-01T00:00:00Z", endsAt: "2026-12-01T00:00:00Z", goal, times: 1_000, prize },
    ],
  ] as const) {
    const answer = await api.rest("PUT", `/v1/${path}/birds`, { body, headers: { "if-match": "*" } });
    expect(answer.status, answer.text).toBe(200);
  }
  await created("/v1/draws", {
    key: "birds",
    startsAt: "2026-11-11T00:00:00Z",
    endsAt: "2026-12-01T00:00:00Z",
    total: 1,
    prizes: [{ key: "nothing", odds: 1 }],
    consolation: "nothing",
  });
  referralCode = await joined("somebody");
  const codes = Array.from({ length: customers }, (_, index) => `GIFT-${index}`).join("\n");
  await api.rest("POST", "/v1/coupon-pools/gifts/import", {
    body: `code\n${codes}\n`,
    headers: { "content-type": "text/csv" },
  });
}, 120_000);
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await receiver.close();
  await database.close();
});

async function created(path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await api.rest("POST", path, { body, headers });
  expect([answer.status, answer.text]).toEqual([answer.status === 200 ? 200 : 201, expect.any(String)]);
  return answer.body;
}

async function joined(customer: string): Promise<string> {
  const identifiers = { device: `of ${customer}` };
  return (await created("/v1/referral-programmes/birds/members", { customer, identifiers })).code;
}

async function activated(document: { key: string } & Record<string, unknown>): Promise<void> {
  const { id } = await created("/v1/promotions", { trigger: { type: "automatic" }, ...document });
  expect((await api.rest("POST", `/v1/promotions/${id}/activate`)).status).toBe(200);
}

/** What there is of each customer. */
const each = {
  exposures: 0,
  aliases: 0,
  contracts: 0,
  priceLists: 0,
  quotes: 0,
  automationRuns: 1,
  // In one of them; and what they bought, added up.
  segments: 2,
  // Their tier, and that it was set by hand.
  tiers: 2,
  profiles: 1,
  redemptions: 1,
  orders: 1,
  coupons: 1,
  points: 1,
  evaluations: 1,
  vouchers: 1,
  // One from before anybody knew them, their own, one of a friend they brought, and one about them.
  trackedEvents: 4,
  // What their order was worth to the friend who brought them.
  prizes: 1,
  // Their streak, how far they are in a challenge, and a ticket.
  play: 3,
  // That they may bring friends, and that they were brought.
  referrals: 2,
  // Of the redemption, of the order, of what the shop said of them, that they came into a segment and a tier and were greeted, of their points, and that
  // a friend brought them, and of the prize.
  events: 11,
  webhookResponses: 11,
};
/** Of the books of points the owner is erased; they know nobody else. */
const books = { pointsEntries: 1, pointsLots: 1, pointsSpends: 0 };
const unowned = { pointsEntries: 0, pointsLots: 0, pointsSpends: 0 };
const nothing = { ...unowned, ...Object.fromEntries(Object.keys(each).map((kind) => [kind, 0])) };

const nameOf = (index: number) => `anna.${bird}.${index}@example.org`;

/** What the shop says of a customer, in every field that may. */
function cartOf(index: number) {
  const name = nameOf(index);
  return {
    currency: "CNY",
    customer: { id: name, groups: [bird], tags: [bird], attributes: { name, street: `${bird} 1` } },
    identifiers: { device: bird, phone: `0170${index}`, ip: "203.0.113.7" },
    attributes: { note: `for ${bird}` },
    lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 10_000, attributes: { engraving: bird } }],
  };
}

async function live(index: number): Promise<void> {
  const cart = cartOf(index);
  const customer = nameOf(index);
  const said = await api.rest("PUT", `/v1/customers/${encodeURIComponent(customer)}`, {
    body: { groups: [bird], tags: [bird], attributes: { name: bird }, birthday: "--02-29" },
  });
  expect(said.status).toBe(200);
  const friend = { tier: "friend", until: "2099-01-01T00:00:00Z", reason: "A match." };
  const set = await api.rest("PUT", `/v1/customers/${encodeURIComponent(customer)}/tier`, { body: friend });
  expect([set.status, set.body.tier]).toEqual([200, "friend"]);
  const points = { points: 5, reason: "a start" };
  await created(`/v1/customers/${encodeURIComponent(customer)}/points/adjustments`, points);
  await joined(customer);
  await created("/v1/check-in-programmes/birds/check-ins", { customer });
  await created("/v1/draws/birds/tickets", { ticket: `t-${index}`, customer });
  const { identifiers } = cart;
  await created("/v1/referral-programmes/birds/referrals", { code: referralCode, customer, identifiers });
  await created("/v1/evaluations", { ...cart, save: true });
  const { id } = await created(
    "/v1/redemptions",
    { ...cart, mode: "commit", orderRef: `o-${index}` },
    { "idempotency-key": `r-${index}` },
  );
  const order = await api.rest("PUT", `/v1/orders/o-${index}`, {
    body: {
      version: 1,
      status: "paid",
      currency: "CNY",
      placedAt: "2026-11-11T00:00:00Z",
      customer,
      lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 10_000, attributes: { engraving: bird } }],
      total: 19_000,
      redemption: id,
      attributes: { note: bird },
    },
  });
  expect([order.status, order.text]).toEqual([order.status < 300 ? order.status : 200, expect.any(String)]);
  await created(
    "/v1/coupon-pools/gifts/claim",
    { customer, identifiers: cart.identifiers },
    { "idempotency-key": `c-${index}` },
  );
  const happened = { specversion: "1.0", source: "/web", type: "view", time: "2026-11-10T00:00:00Z" };
  await created("/v1/events/batch", {
    events: [
      { ...happened, id: `before-${index}`, data: { visitor: `${bird}-${index}`, attributes: { bird } } },
      { ...happened, id: `known-${index}`, subject: bird, data: { visitor: `${bird}-${index}`, customer } },
      { ...happened, id: `friend-${index}`, data: { customer: "friend", referrer: customer } },
      { ...happened, id: `about-${index}`, subject: customer, data: { visitor: "nobody" } },
    ],
  });
  await created(
    "/v1/offline/vouchers",
    { promotion: "off", code: "OFF", currency: "CNY", customer },
    { "idempotency-key": `v-${index}` },
  );
}

const undelivered = async () =>
  (
    await database.pool.query(
      "select 1 from outbox_events where position is null union all select 1 from webhook_deliveries where status = 'pending' limit 1",
    )
  ).rowCount;

const booksText = async () =>
  (
    await database.pool.query(
      `select (select json_agg(c order by rule_id, measure, holder collate "C", period)::text from counters c) as counters,
              (select json_agg(l order by redemption_id, step)::text from ledger_entries l) as entries,
              (select json_agg(json_build_array(id, state, total, discount, refunded, steps, holds) order by id)::text from redemptions) as sums,
              (select json_agg(json_build_array(external_id, total, refunded) order by external_id)::text from orders) as orders`,
    )
  ).rows[0];

test(
  `of ${customers} erased customers nothing is left in any table, and the books are as they were`,
  async () => {
    for (let index = 0; index < customers; index += 1) await live(index);
    const inSegment = async () => (await api.rest("GET", "/v1/segments/birds")).body.size;
    await expect.poll(inSegment, { timeout: patience, interval: 200 }).toBe(customers);
    const rewarded = async () => (await api.rest("GET", "/v1/prizes?limit=200")).body.items.length;
    await expect.poll(rewarded, { timeout: patience, interval: 200 }).toBe(Math.min(customers, 200));
    const greeted = "select from outbox_events where type = 'dealwright.automation.notified'";
    const areGreeted = async () => (await database.pool.query(greeted)).rowCount;
    await expect.poll(areGreeted, { timeout: patience, interval: 200 }).toBe(customers);
    await expect.poll(undelivered, { timeout: patience, interval: 200 }).toBe(0);
    const before = await rowsWith(database, bird);
    expect(before).toEqual(
      expect.arrayContaining([
        "automation_runs",
        "coupons",
        "customer_activity",
        "customer_tiers",
        "customers",
        "evaluations",
        "idempotency_records",
        "offline_vouchers",
        "orders",
        "outbox_events",
        "redemptions",
        "segment_members",
        "tier_settings",
        "webhook_deliveries",
      ]),
    );
    // Books never knew anybody.
    expect(before).not.toContain("counters");
    expect(before).not.toContain("ledger_entries");

    const known = await api.rest("GET", `/v1/customers/${encodeURIComponent(nameOf(0))}/export`, {
      role: "erp",
    });
    expect(known.status).toBe(200);
    expect(known.body.isComplete).toBe(true);
    const found = Object.entries<unknown[]>(known.body.records).map(([kind, { length }]) => [kind, length]);
    expect(Object.fromEntries(found)).toEqual({ ...each, ...books });

    const untouched = await booksText();
    for (let index = 0; index < customers; index += 1) {
      const answer = await api.rest("POST", `/v1/customers/${encodeURIComponent(nameOf(index))}/erase`, {
        role: "erp",
      });
      expect(answer.body.erased).toEqual({ ...each, ...unowned });
    }
    expect(await rowsWith(database, bird)).toEqual([]);
    expect(await booksText()).toEqual(untouched);
  },
  patience,
);

test("who was erased is erased: the next time there is nothing, whatever receivers said meanwhile", async () => {
  await expect.poll(undelivered, { timeout: patience, interval: 200 }).toBe(0);
  const { body } = await api.rest("POST", `/v1/customers/${encodeURIComponent(nameOf(0))}/erase`);
  expect(body.erased).toEqual(nothing);
});

test("limits go on counting, coupons stay with their owner, and goods come back for what was paid", async () => {
  const again = { ...cartOf(0), mode: "commit", orderRef: "again", expectedTotal: 19_000 };
  const refused = await api.rest("POST", "/v1/redemptions", { body: again });
  expect([refused.status, refused.body.quote?.total]).toEqual([409, 20_000]);

  const { rows } = await database.pool.query<{ code: string; customer_id: string }>(
    "select code, customer_id from coupons where customer_id is not null order by claimed_at limit 1",
  );
  const [coupon] = rows;
  const key = (
    await database.pool.query("select identifier_key from projects where id = $1", [api.project.id])
  ).rows[0].identifier_key;
  const owner = Array.from({ length: customers }, (_, index) => index).find(
    (index) => coupon?.customer_id === `erased:${hashCustomer(key, nameOf(index))}`,
  );
  expect(owner).toBeDefined();
  const quoteOf = async (index: number) =>
    (await created("/v1/evaluations", { ...cartOf(index), codes: [coupon!.code] })).codes[0];
  expect(await quoteOf(owner!)).toMatchObject({ status: "applied" });
  expect(await quoteOf(owner! + 1)).toMatchObject({ status: "rejected", reason: "code_of_another_customer" });

  const [redemption] = (await api.rest("GET", "/v1/redemptions?orderRef=o-0")).body.items;
  const back = await api.rest("POST", `/v1/redemptions/${redemption.id}/returns`, {
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  expect([back.status, back.body.refund]).toEqual([200, 9_500]);
  const rest = await api.rest("POST", `/v1/redemptions/${redemption.id}/returns`, {
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  expect([rest.body.refund, rest.body.state]).toEqual([9_500, "returned"]);
});

test("an ERP may say again what it said, and only admins and ERPs erase", async () => {
  const erase = (role: "marketing" | "erp" | "checkout") =>
    api.rest("POST", "/v1/customers/nobody/erase", { role });
  expect([(await erase("marketing")).status, (await erase("checkout")).status]).toEqual([403, 403]);
  const answer = await erase("erp");
  expect([answer.status, answer.body.erased]).toEqual([200, nothing]);
  const [entry] = (await api.rest("GET", "/v1/audit?operation=eraseCustomer")).body.items;
  expect(entry).toMatchObject({ resource: "customer", resourceId: answer.body.pseudonym, before: null });
});

test("whatever has a column with the customer's id finds it by an index, behind the walls as well", async () => {
  const { rows: tables } = await database.pool.query<{ name: string }>(
    "select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'customer_id' order by 1",
  );
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "coupons",
      "evaluations",
      "offline_vouchers",
      "orders",
      "outbox_events",
      "redemptions",
    ]),
  );
  const connection = database.of(api.project.id);
  for (const { name } of tables) {
    const { rows } = await connection.execute<{ "QUERY PLAN": string }>(
      sql.raw(`explain select 1 from ${name} where project_id = '${api.project.id}' and customer_id = 'c-1'`),
    );
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan, name).toMatch(/Index Cond: .*customer_id = 'c-1'/);
  }
});
