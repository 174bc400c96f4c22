/** The server is killed while it issues and books what orders have earned, and while that is spent. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { couponsOf } from "../features/redemptions/redemption-fixture.ts";
import { type RunningServer, startServer } from "./running-servers.ts";
import { openShop, orderOf, type Shop } from "./shop.ts";
import { patience, sized } from "./sizes.ts";

let database: TestDatabase;
let server: Promise<RunningServer>;
const start = () => startServer({ connectionString: database.connectionString });

beforeAll(async () => {
  database = await freshDatabase();
  server = start();
  await server;
}, patience);
afterAll(async () => {
  await expectBooksToBalance(database);
  await (await server).kill();
  await database.close();
}, patience);

/** Asks until it is answered. */
async function buy(shop: Shop, customer: string): Promise<string> {
  const order = orderOf({ customer: { id: customer } });
  for (;;) {
    const { url } = await server;
    const answer = await shop.client.call("POST", `${url}/v1/redemptions`, order).catch(() => null);
    if (answer?.status === 201) return (JSON.parse(answer.text) as { id: string }).id;
    await delay(25);
  }
}

/** Spends of what the order has earned, as soon as that is there. */
async function spend(shop: Shop, customer: string): Promise<void> {
  for (;;) {
    const { url } = await server;
    const headers = { "idempotency-key": `spend-${customer}` };
    const answer = await shop.client
      .call("POST", `${url}/v1/customers/${customer}/points/spends`, { points: 3 }, headers)
      .catch(() => null);
    if (answer?.status === 201) return;
    await delay(25);
  }
}

test("each order of a killed server earns one coupon, and no coupon goes astray", {
  timeout: patience,
}, async () => {
  const shop = await openShop((await server).url, database);
  const { id } = shop.project;
  await couponsOf(
    database,
    id,
    "killed",
    Array.from({ length: 5_000 }, (_, index) => `K${String(index).padStart(6, "0")}`),
  );
  await shop.promotion("killed", {
    trigger: { type: "automatic" },
    benefits: [
      { kind: "issue_coupon", pool: "killed" },
      { kind: "points", fixed: 10 },
    ],
  });
  await database.pool.query(
    "insert into points_programmes (project_id, key, version, document, updated_at) values ($1, 'points', 1, $2, now())",
    [id, { pendingDays: 0 }],
  );
  // The server learns of the promotion a moment later.
  await expect
    .poll(
      async () => {
        const quote = orderOf({ customer: { id: "nobody" }, orderRef: undefined });
        const { text } = await shop.client.call("POST", `${(await server).url}/v1/evaluations`, quote);
        return (JSON.parse(text) as { rewards: unknown[] }).rewards.length;
      },
      { timeout: 30_000 },
    )
    .toBe(2);
  const redemptions: string[] = [];
  let isStopping = false;
  const clients = Array.from({ length: 8 }, async (_, client) => {
    for (let number = 0; !isStopping; number++) {
      const customer = `customer-${client}-${number}`;
      redemptions.push(await buy(shop, customer));
      await spend(shop, customer);
    }
  });
  for (let round = 0; round < sized(2, 20); round++) {
    const target = redemptions.length + 15 + 7 * round;
    await expect.poll(() => redemptions.length >= target, { timeout: patience, interval: 5 }).toBe(true);
    const victim = await server;
    server = victim.kill().then(start);
    await server;
  }
  isStopping = true;
  await Promise.all(clients);
  const figures = async () => {
    const { rows } = await database.pool.query<Record<string, number>>(
      `select (select count(*) from redemptions where project_id = $1) as orders,
              (select count(*) from reward_grants where project_id = $1 and kind = 'issue_coupon') as promises,
              (select count(*) from reward_grants where project_id = $1 and kind = 'points' and state = 'granted') as booked,
              (select coalesce(sum(available), 0)::bigint from points_accounts where project_id = $1) as points,
              (select count(distinct code) from reward_grants where project_id = $1 and state = 'granted') as granted,
              (select count(*) from coupons where project_id = $1 and customer_id is not null) as owned,
              (select count(distinct customer_id) from coupons where project_id = $1) as owners,
              (select count(*) from outbox_events where project_id = $1 and type = 'dealwright.reward.granted') as told,
              (select count(*) from points_spends where project_id = $1) as spends`,
      [id],
    );
    return rows[0]!;
  };
  await expect
    .poll(
      async () => {
        const { promises = 0, granted, booked } = await figures();
        return promises > 0 && granted === promises && booked === promises;
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  const { orders, promises = 0, owned, owners, told, points, spends } = await figures();
  expect([orders, promises]).toEqual([new Set(redemptions).size, orders]);
  expect([owned, owners, told]).toEqual([promises, promises, 2 * promises]);
  expect([spends, points]).toEqual([promises, 7 * promises]);
  shop.close();
});
