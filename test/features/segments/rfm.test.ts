import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";
import { faultOf, putOrder } from "../orders-fixture.ts";
import { activePromotion } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const put = (body: object) => api.rest("PUT", "/v1/rfm", { role: "marketing", body });
const rfm = async () => (await api.rest("GET", "/v1/rfm", { role: "viewer" })).body;
const daysAgo = (days: number) => new Date(api.clock.now() - days * 86_400_000).toISOString();

async function membersOf(key: string): Promise<string[]> {
  const { body } = await api.rest("GET", `/v1/segments/${key}/members?limit=200`);
  return body.items.map(({ customer }: { customer: string }) => customer);
}

const isCurrent = (key: string) =>
  expect
    .poll(async () => (await api.rest("GET", `/v1/segments/${key}`)).body.isCurrent, { timeout: patience })
    .toBe(true);

/** What is kept of everybody, added up event by event; and the same added up at once. */
async function activity(): Promise<{ kept: unknown; anew: unknown }> {
  const of = (rows: string) =>
    `select json_agg(json_build_array(customer_id, orders, last, spent) order by customer_id collate "C") as all from (${rows}) as a`;
  const kept = await database.pool.query(
    of(`select customer_id, completed_orders as orders, extract(epoch from last_order_at) as last, spent
          from customer_activity where project_id = '${api.project.id}'`),
  );
  const anew = await database.pool.query(
    of(`select customer_id, sum(n)::bigint as orders, extract(epoch from max(last)) as last, jsonb_object_agg(currency, spent) as spent
          from (select customer_id, currency, count(*) as n, max(at) as last, sum(total)::bigint as spent
                  from order_history where project_id = '${api.project.id}' group by 1, 2) as c group by customer_id`),
  );
  return { kept: kept.rows[0].all, anew: anew.rows[0].all };
}

test("quintiles follow from what customers bought; the usual segments are there with one call", async () => {
  expect((await api.rest("GET", "/v1/rfm")).body.code).toBe("rfm-not-configured");
  const order = (n: number, fields: object) => putOrder(api, `Q-${n}`, { customer: `q-${n}`, ...fields });
  // Ten customers: the n-th bought n × 10 days ago, for n × 100.
  for (let n = 1; n <= 10; n += 1)
    expect((await order(n, { placedAt: daysAgo(n * 10), total: n * 100 })).status).toBe(200);
  await putOrder(api, "Q-10-b", { customer: "q-10", placedAt: daysAgo(120), total: 50, currency: "USD" });
  await putOrder(api, "Q-gone", { customer: "q-gone", total: 9_999, status: "cancelled" });

  const needed = await api.rest("POST", "/v1/segments/presets", { role: "marketing", body: {} });
  expect(faultOf(needed)).toBe("400 invalid-request /currency currency_required");
  const presets = await api.rest("POST", "/v1/segments/presets", {
    role: "marketing",
    body: { currency: "CNY" },
  });
  expect(presets.body.items.map(({ key }: { key: string }) => key)).toEqual([
    "high-value-active",
    "at-risk",
    "dormant",
    "new",
  ]);
  const { items: trail } = (await api.rest("GET", "/v1/audit?resource=rfm")).body;
  expect(trail).toMatchObject([{ operation: "createPresetSegments", after: { currency: "CNY" } }]);
  await isCurrent("new");
  await expect.poll(rfm, { timeout: patience }).toMatchObject({
    method: "quintiles",
    borders: { recency: [20, 40, 60, 80], frequency: [1, 1, 1, 1], amount: [200, 400, 600, 800] },
  });
  // More than 90 days: 90 itself is not.
  expect(await membersOf("dormant")).toEqual(["q-10"]);
  expect(await membersOf("new")).toEqual(["q-1", "q-2", "q-3"]);
  const again = await api.rest("POST", "/v1/segments/presets", {
    role: "marketing",
    body: { presets: ["new"] },
  });
  expect(again.body.items).toMatchObject([{ key: "new", size: 3, version: 1 }]);
});

test("scores follow every order, in segments and in evaluations, and what is kept is what adding up anew gives", async () => {
  const borders = {
    recency: [10, 20, 30, 40],
    frequency: [1, 2, 3, 4],
    amount: [1_000, 2_000, 3_000, 4_000],
  };
  expect((await put({ currency: "CNY", method: "fixed", borders })).body).toMatchObject({
    version: 2,
    borders,
  });
  await api.rest("POST", "/v1/segments", {
    body: { key: "best", conditions: { kind: "rfm", recency: { atLeast: 5 }, amount: { atLeast: 5 } } },
  });
  await isCurrent("best");
  await putOrder(api, "F-1", { customer: "f-1", placedAt: daysAgo(1), total: 4_001 });
  await putOrder(api, "F-2", { customer: "f-2", placedAt: daysAgo(1), total: 4_000 });
  await putOrder(api, "F-3", { customer: "f-3", placedAt: daysAgo(11), total: 9_000 });
  await expect.poll(() => membersOf("best"), { timeout: patience }).toEqual(["f-1"]);

  await activePromotion(api, "for-the-best", {
    visibility: "private",
    conditions: { kind: "rfm", amount: { atLeast: 5 } },
  });
  const discount = async (id: string) =>
    (
      await api.rest("POST", "/v1/evaluations", {
        role: "checkout",
        body: {
          currency: "CNY",
          customer: { id },
          lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 10_000 }],
        },
      })
    ).body.discount;
  expect([await discount("f-1"), await discount("f-2"), await discount("f-unknown")]).toEqual([1_000, 0, 0]);

  // Many changes at once: more orders, cancelled ones, returned goods.
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      putOrder(api, `M-${n % 20}`, {
        customer: `f-${n % 7}`,
        version: n + 1,
        total: 500 + n,
        placedAt: daysAgo(n % 50),
        status: n % 6 === 0 ? "cancelled" : "paid",
        lines: [{ id: "1", sku: "TEA", quantity: 5, unitPrice: 100 }],
        shipping: 0,
      }),
    ),
  );
  const returned = await api.rest("POST", "/v1/orders/F-1/returns", {
    role: "erp",
    body: { lines: [{ id: "1", quantity: 3 }] },
  });
  expect(returned.status, returned.text).toBe(200);
  await expect
    .poll(
      async () => {
        const { kept, anew } = await activity();
        return JSON.stringify(kept) === JSON.stringify(anew);
      },
      { timeout: patience },
    )
    .toBe(true);
  const preview = await api.rest("POST", "/v1/segments/preview", {
    body: { conditions: { kind: "rfm", recency: { atLeast: 5 }, amount: { atLeast: 5 } }, sample: 100 },
  });
  expect(await membersOf("best")).toEqual(preview.body.sample);

  // Other borders are those of existing segments, too, and nobody has to wait for the next day.
  await putOrder(api, "F-4", { customer: "f-late", placedAt: daysAgo(1), total: 500 });
  await expect
    .poll(async () => (await api.rest("GET", "/v1/customers/f-late")).status, { timeout: patience })
    .toBe(200);
  expect(await membersOf("best")).not.toContain("f-late");
  await put({ currency: "CNY", method: "fixed", borders: { ...borders, amount: [1, 2, 3, 400] } });
  await expect.poll(() => membersOf("best"), { timeout: patience }).toContain("f-late");
  // Those of amounts in one currency say nothing of amounts in another.
  expect((await put({ currency: "USD" })).body).toMatchObject({ method: "quintiles", borders: null });
  await expect
    .poll(rfm, { timeout: patience })
    .toMatchObject({ currency: "USD", borders: { amount: [0, 0, 0, 0] } });
});

test("quintiles are worked out anew once a day, also where no segment asks for them", async () => {
  const own = await freshDatabase();
  const shop = await startApi(own);
  try {
    const amounts = async () =>
      (await shop.rest("GET", "/v1/rfm", { role: "viewer" })).body.borders?.amount ?? null;
    await putOrder(shop, "D-1", { customer: "d-1", total: 100 });
    await shop.rest("PUT", "/v1/rfm", { role: "marketing", body: { currency: "CNY" } });
    await expect.poll(amounts, { timeout: patience }).toEqual([100, 100, 100, 100]);
    await putOrder(shop, "D-1", { customer: "d-1", total: 300, version: 2 });
    // What was followed a moment after the day began would count the day after.
    const spent = () => own.pool.query("select spent from customer_activity").then(({ rows }) => rows);
    await expect.poll(spent, { timeout: patience }).toEqual([{ spent: { CNY: 300 } }]);
    shop.clock.advance(86_400_000);
    await expect.poll(amounts, { timeout: patience }).toEqual([300, 300, 300, 300]);
  } finally {
    await shop.close();
    await own.close();
  }
});

test("borders that do not rise, or that nobody needs, are refused with their place", async () => {
  const rising = { recency: [1, 2, 3, 4], frequency: [1, 2, 3, 4], amount: [1, 2, 3, 4] };
  const refused: [object, string][] = [
    [{ currency: "CNY", method: "fixed" }, "/borders borders_missing"],
    [{ currency: "CNY", borders: rising }, "/borders bounds_contradict"],
    [
      { currency: "CNY", method: "fixed", borders: { ...rising, amount: [1, 2, 2, 3] } },
      "/borders/amount not_ascending",
    ],
  ];
  for (const [body, fault] of refused) expect(faultOf(await put(body))).toBe(`400 invalid-request ${fault}`);
});
