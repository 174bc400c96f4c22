import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion } from "../redemptions/redemption-fixture.ts";

const dayMilliseconds = 86_400_000;
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

const tell = (id: string, body: object = {}) => api.rest("PUT", `/v1/customers/${id}`, { role: "erp", body });

let told = 0;
const event = (type: string, customer: string, daysAgo: number, data: object = {}) => {
  told += 1;
  return {
    specversion: "1.0",
    id: `e-${told}`,
    source: "/web",
    type,
    time: new Date(api.clock.now() - daysAgo * dayMilliseconds).toISOString(),
    data: { customer, ...data },
  };
};
async function track(...events: object[]): Promise<void> {
  const { status, text } = await api.rest("POST", "/v1/events/batch", { role: "checkout", body: { events } });
  expect([status, text]).toEqual([200, expect.any(String)]);
}

async function segment(key: string, conditions: object): Promise<void> {
  const { status, text } = await api.rest("POST", "/v1/segments", { body: { key, conditions } });
  expect([status, text]).toEqual([201, expect.any(String)]);
}
async function membersOf(key: string): Promise<string[]> {
  const { body } = await api.rest("GET", `/v1/segments/${key}/members?limit=200`, { role: "viewer" });
  return body.items.map(({ customer }: { customer: string }) => customer);
}
const becomes = (key: string, members: readonly string[]) =>
  expect.poll(() => membersOf(key), { timeout: patience, interval: 100 }).toEqual([...members].sort());
const previewOf = async (conditions: object): Promise<string[]> =>
  (await api.rest("POST", "/v1/segments/preview", { role: "viewer", body: { conditions, sample: 100 } })).body
    .sample;

test("events are counted at their own time, whenever they are told, and a day that is over is forgotten", async () => {
  const conditions = { kind: "event_count", type: "view", campaign: "launch", atLeast: 3, withinDays: 30 };
  const launch = { campaign: "launch" };
  for (const id of ["v-3", "v-2", "v-late", "v-other"]) await tell(id);
  await track(
    ...[29.9, 1, 0].map((days) => event("view", "v-3", days, launch)),
    ...[30, 1, 0].map((days) => event("view", "v-2", days, launch)),
    ...[1, 0].map((days) => event("view", "v-late", days, launch)),
    ...[2, 1, 0].map((days) => event("view", "v-other", days, { campaign: "another" })),
    event("click", "v-2", 1, launch),
    // Nobody told of them, and they never bought.
    ...[2, 1, 0].map((days) => event("view", "v-nobody", days, launch)),
  );
  expect(await previewOf(conditions)).toEqual(["v-3"]);
  await segment("viewers", conditions);
  await becomes("viewers", ["v-3"]);

  // Told late: one counts, the other was too long ago by its own time.
  const late = event("view", "v-late", 5, launch);
  await track(event("view", "v-2", 40, launch), late, late);
  await becomes("viewers", ["v-3", "v-late"]);
  await track({ ...late, time: new Date(api.clock.now()).toISOString() });
  expect(await previewOf(conditions)).toEqual(["v-3", "v-late"]);
  await tell("v-nobody");
  await becomes("viewers", ["v-3", "v-late", "v-nobody"]);

  // The first of their views leaves the window with the next day.
  api.clock.advance(dayMilliseconds);
  await becomes("viewers", ["v-late", "v-nobody"]);
  expect(await previewOf(conditions)).toEqual(["v-late", "v-nobody"]);
});

test("whoever did nothing is found as well, and leaves with what they do", async () => {
  const conditions = {
    all: [
      { kind: "customer_tag", in: ["quiet"] },
      { kind: "event_count", type: "check_in", atMost: 0, withinDays: 7 },
    ],
  };
  for (const id of ["q-1", "q-2"]) await tell(id, { tags: ["quiet"] });
  await segment("quiet", conditions);
  await becomes("quiet", ["q-1", "q-2"]);
  await track(event("check_in", "q-2", 0), event("view", "q-1", 0));
  await becomes("quiet", ["q-1"]);
});

test("nobody is missed who does it while the segment is written, or is merged meanwhile", async () => {
  const customers = Array.from({ length: 24 }, (_, n) => `r-${n}`);
  for (const id of customers) await tell(id);
  await tell("r-guest");
  const conditions = { kind: "event_count", type: "raced", atLeast: 2, withinDays: 3 };
  await Promise.all([
    ...customers.map((id) => track(event("raced", id, 0))),
    segment("raced", conditions),
    ...customers.map((id) => track(event("raced", id, 0))),
  ]);
  await becomes("raced", customers);

  await tell("r-merged");
  await track(event("raced", "r-guest", 0), event("raced", "r-merged", 0));
  expect(
    (await api.rest("POST", "/v1/customers/r-merged/merge", { body: { guest: "r-guest" } })).status,
  ).toBe(200);
  await becomes("raced", [...customers, "r-merged"]);
  expect(await previewOf(conditions)).toEqual([...customers, "r-merged"].sort());
  const left = () => database.pool.query("select from segment_touches").then(({ rowCount }) => rowCount);
  await expect.poll(left, { timeout: patience }).toBe(0);
});

test("only what a segment asks for makes anybody to be looked at", async () => {
  const noted = async () => {
    const { rows } = await database.pool.query<{ last: number }>(
      "select last_value::int as last from segment_touches_id_seq",
    );
    return rows[0]!.last;
  };
  await tell("n-1");
  await segment("noted", { kind: "event_count", type: "noted", atLeast: 1, withinDays: 1 });
  const before = await noted();
  await track(event("unasked", "n-1", 0), event("unasked", "n-1", 0));
  expect(await noted()).toBe(before);
  await track(event("noted", "n-1", 0), event("unasked", "n-1", 0));
  expect(await noted()).toBe(before + 1);
  await becomes("noted", ["n-1"]);
});

test("an automation asks for it like a segment, of whoever is known by events alone as well", async () => {
  await tell("a-2");
  await track(...["a-2", "a-2", "a-1"].map((id) => event("shared", id, 0)));
  const dryRun = await api.rest("POST", "/v1/automations/dry-run", {
    body: {
      key: "sharers",
      trigger: { kind: "schedule", at: "00:00", weekdays: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] },
      conditions: { kind: "event_count", type: "shared", atLeast: 2, withinDays: 1 },
      actions: [{ kind: "add_tag", tag: "sharer" }],
    },
  });
  expect([dryRun.status, dryRun.body.items]).toEqual([200, [{ customer: "a-2", reason: null }]]);
});

test("a promotion is refused that counts events itself, with the place, and takes a segment of them", async () => {
  const conditions = {
    any: [{ kind: "first_order" }, { kind: "event_count", type: "view", atLeast: 1, withinDays: 1 }],
  };
  const promotion = {
    key: "viewers-price",
    trigger: { type: "automatic" },
    benefits: [{ kind: "percent_off", percent: 10 }],
    conditions,
  };
  const { status, body } = await api.rest("POST", "/v1/promotions", { body: promotion });
  expect([status, body.errors]).toEqual([
    400,
    [{ path: "/conditions/any/1/kind", code: "not_at_checkout", message: expect.any(String) }],
  ]);
  const reserved = { kind: "event_count", type: "order", atLeast: 1, withinDays: 1 };
  const refused = await api.rest("POST", "/v1/segments", { body: { key: "orders", conditions: reserved } });
  expect([refused.status, refused.body.errors[0]]).toMatchObject([
    400,
    { path: "/conditions/type", code: "type_reserved" },
  ]);
});

test("a consent counts in promotions and segments alike, until it is taken back", async () => {
  const consent = (granted: boolean) => ({
    consents: { newsletter: { granted, at: "2026-11-01T00:00:00Z", source: "checkout" } },
  });
  const conditions = { kind: "consent", purpose: "newsletter" };
  await tell("k-yes", consent(true));
  await tell("k-no", consent(false));
  await tell("k-unsaid");
  await segment("readers", conditions);
  await becomes("readers", ["k-yes"]);
  expect(await previewOf(conditions)).toEqual(["k-yes"]);

  await activePromotion(api, "for-readers", { conditions });
  const applies = async (customer?: string) => {
    const cart = { currency: "CNY", lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }] };
    const { body } = await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: { ...cart, ...(customer !== undefined && { customer: { id: customer } }) },
    });
    return body.discount;
  };
  await expect.poll(() => applies("k-yes"), { timeout: patience }).toBe(1_000);
  expect(await Promise.all([applies("k-no"), applies("k-unsaid"), applies("k-stranger"), applies()])).toEqual(
    [0, 0, 0, 0],
  );

  await tell("k-yes", consent(false));
  await becomes("readers", []);
  expect(await applies("k-yes")).toBe(0);
});
