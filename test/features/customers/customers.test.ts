import { afterAll, beforeAll, expect, test } from "vitest";
import { type Role, roles } from "../../../src/platform/auth.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { faultOf } from "../orders-fixture.ts";
import { activePromotion, orderOf } from "../redemptions/redemption-fixture.ts";

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

const put = (id: string, body: object, headers: Record<string, string> = {}, role: Role = "erp") =>
  api.rest("PUT", `/v1/customers/${encodeURIComponent(id)}`, { role, body, headers });
const get = (id: string) => api.rest("GET", `/v1/customers/${encodeURIComponent(id)}`, { role: "viewer" });

async function bulk(lines: readonly unknown[]): Promise<{ line: number; id: string; status: string }[]> {
  const body = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
  const answer = await api.rest("POST", "/v1/customers/bulk", {
    role: "marketing",
    body: `${body}\n`,
    headers: { "content-type": "application/x-ndjson" },
  });
  expect(answer.status).toBe(200);
  return answer.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("what is left out stays as it is, null takes it away, and saying it again changes nothing", async () => {
  const first = await put("c-1", { groups: ["vip", "vip"], tags: ["a"], birthday: "--02-29" });
  expect([first.status, first.headers.etag]).toEqual([200, '"1"']);
  expect(first.body).toMatchObject({ id: "c-1", groups: ["vip"], tags: ["a"], attributes: {}, locale: null });

  const second = await put("c-1", { tags: ["b"], birthday: null, locale: "zh-CN" }, {}, "marketing");
  expect(second.body).toMatchObject({
    groups: ["vip"],
    tags: ["b"],
    birthday: null,
    locale: "zh-CN",
    version: 2,
  });
  const again = await put("c-1", { tags: ["b"], birthday: null });
  expect(again.body).toEqual(second.body);
  expect((await get("c-1")).body).toEqual(second.body);
  expect((await get("c-nobody")).body.code).toBe("customer-not-found");
});

test("two writers of different fields lose nothing, and of twenty with one ETag one writes", async () => {
  await put("c-2", { locale: "en" });
  const attempts = Array.from({ length: 40 }, (_, n) =>
    put("c-2", n % 2 === 0 ? { tags: [`t-${n}`] } : { groups: [`g-${n}`] }),
  );
  for (const { status } of await Promise.all(attempts)) expect(status).toBe(200);
  const { body } = await get("c-2");
  expect(body).toMatchObject({
    version: 41,
    locale: "en",
    tags: [expect.stringMatching(/^t-/)],
    groups: [expect.stringMatching(/^g-/)],
  });

  const rivals = await Promise.all(
    Array.from({ length: 20 }, (_, n) => put("c-2", { tags: [`r-${n}`] }, { "if-match": '"41"' })),
  );
  expect(rivals.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(rivals.filter(({ status }) => status === 412)).toHaveLength(19);
  expect((await put("c-unheard-of", {}, { "if-match": "*" })).status).toBe(412);
});

test("what cannot be is refused with its place", async () => {
  const faults: [object, string][] = [
    [{ birthday: "--02-30" }, "400 invalid-request /birthday time_invalid"],
    [{ birthday: "2023-02-29" }, "400 invalid-request /birthday time_invalid"],
    [{ birthday: "29.02." }, "400 invalid-request /birthday invalid_format"],
    [
      { attributes: { text: "x".repeat(2_000), list: Array(99).fill("y".repeat(200)) } },
      "400 invalid-request /attributes attributes_too_large",
    ],
    [
      { attributes: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [n, n])) },
      "400 invalid-request /attributes too_many_attributes",
    ],
    [{ createdAt: "2026-02-30T00:00:00Z" }, "400 invalid-request /createdAt invalid_format"],
    [{ name: "Anna" }, "400 invalid-request /name unrecognized_key"],
  ];
  for (const [body, fault] of faults) expect(faultOf(await put("c-3", body))).toBe(fault);
  expect(faultOf(await put("erased:me", {}))).toBe("400 invalid-request /id id_reserved");
  expect((await get("c-3")).status).toBe(404);
  const largest = { attributes: { list: Array(80).fill("y".repeat(200)) }, birthday: "2024-02-29" };
  expect((await put("c-3", largest)).status).toBe(200);
});

test("only erp, marketing and admin say anything of customers", async () => {
  for (const role of roles) {
    const expected = ["erp", "marketing", "admin"].includes(role) ? 200 : 403;
    expect([role, (await put("c-4", { tags: [role] }, {}, role)).status]).toEqual([role, expected]);
  }
});

test("a walk meets each customer once, also through its filters", async () => {
  await bulk(
    Array.from({ length: 25 }, (_, n) => ({ id: `w-${n}`, groups: [n % 5 === 0 ? "fifth" : "other"] })),
  );
  const walked = async (query: string) => {
    const ids: string[] = [];
    for (let after = ""; ; ) {
      const { body }: Answer = await api.rest("GET", `/v1/customers?limit=7&${query}${after}`);
      ids.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.nextCursor === null) return ids;
      after = `&after=${body.nextCursor}`;
    }
  };
  const everybody = await walked("");
  expect(new Set(everybody).size).toBe(everybody.length);
  expect(everybody.filter((id) => id.startsWith("w-"))).toHaveLength(25);
  expect((await walked("group=fifth")).sort()).toEqual(["w-0", "w-10", "w-15", "w-20", "w-5"]);
  expect(await walked("tag=fifth")).toEqual([]);
  api.clock.advance(1_000);
  await put("w-3", { tags: ["late"] });
  expect(await walked(`updatedSince=${new Date(api.clock.now()).toISOString()}`)).toEqual(["w-3"]);
});

test("a stream of customers is answered line by line; what is refused touches no other line", async () => {
  const lines = [
    { id: "b-1", tags: ["one"] },
    "{ broken",
    { id: "b-2", birthday: "--13-01" },
    { id: "b-1", groups: ["two"] },
    { id: "b-1", groups: ["two"] },
    { tags: [] },
    ...Array.from({ length: 1_200 }, (_, n) => ({ id: `b-many-${n}`, attributes: { n } })),
  ];
  const results = await bulk(lines);
  expect(results.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1));
  expect(results.slice(0, 6).map(({ id, status }) => `${id} ${status}`)).toEqual([
    "b-1 stored",
    "null refused",
    "b-2 refused",
    "b-1 stored",
    "b-1 unchanged",
    "null refused",
  ]);
  expect(results.slice(6).every(({ status }) => status === "stored")).toBe(true);
  expect((await get("b-1")).body).toMatchObject({ tags: ["one"], groups: ["two"], version: 2 });
  expect((await get("b-many-1199")).body.attributes).toEqual({ n: 1_199 });
});

test("what is stored of a customer counts in evaluations and redemptions, and the cart adds to it", async () => {
  await activePromotion(api, "both", {
    visibility: "private",
    conditions: {
      all: [
        { kind: "customer_group", in: ["vip"] },
        { kind: "customer_tag", in: ["at-the-till"] },
        { kind: "attribute", of: "customer", name: "level", atLeast: 3 },
      ],
    },
  });
  await put("p-1", { groups: ["vip"], tags: ["stored"], attributes: { level: 3 } });
  const priced = (customer: object, more: object = {}) =>
    api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: {
        currency: "CNY",
        lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 10_000 }],
        customer,
        ...more,
      },
    });
  const tags = ["at-the-till"];
  expect((await priced({ id: "p-1", tags })).body.discount).toBe(1_000);
  // Nobody else, and not without what only the cart says.
  for (const other of [{ id: "p-1" }, { id: "p-2", tags }, { tags }]) {
    const { body, text } = await priced(other);
    expect([body.discount, text.includes("both")]).toEqual([0, false]);
  }
  // Of an attribute the cart's own value holds.
  expect((await priced({ id: "p-1", tags, attributes: { level: 1 } })).body.discount).toBe(0);

  const redeemed = await api.rest("POST", "/v1/redemptions", {
    role: "checkout",
    body: orderOf({ customer: { id: "p-1", tags }, mode: "commit" }),
  });
  expect([redeemed.status, redeemed.body.quote.discount]).toEqual([201, 1_000]);

  // A replay goes by what was known then.
  const saved = await priced({ id: "p-1", tags }, { save: true });
  await put("p-1", { groups: [] });
  expect((await priced({ id: "p-1", tags })).body.discount).toBe(0);
  const replayed = await api.rest("POST", `/v1/evaluations/${saved.body.id}/replay`);
  expect(replayed.body).toEqual(saved.body);
});

test("an evaluation that names a customer reads all that is known of them in one statement", async () => {
  const { appPool: pool } = database;
  const statements: string[] = [];
  const { query } = pool;
  // Watched, not replaced: every statement still runs.
  pool.query = ((...args: [{ name?: string; text?: string }, ...unknown[]]) => {
    if (JSON.stringify(args[0]).includes("read-facts")) statements.push("read-facts");
    return Reflect.apply(query, pool, args);
  }) as typeof pool.query;
  try {
    await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: {
        currency: "CNY",
        lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 10_000 }],
        customer: { id: "p-1" },
        codes: ["ANY"],
      },
    });
  } finally {
    pool.query = query;
  }
  expect(statements).toEqual(["read-facts"]);
});

test("a birthday that the shop told of is met on its day, in the evaluation's one round trip", async () => {
  await activePromotion(api, "many-happy-returns", { conditions: { kind: "birthday", withinDays: 1 } });
  const today = new Date(api.clock.now()).toISOString().slice(5, 10);
  await put("h-1", { birthday: `--${today}` });
  await put("h-2", { birthday: "1990-01-01" });
  const discount = async (id: string) =>
    (
      await api.rest("POST", "/v1/evaluations", {
        role: "checkout",
        body: {
          currency: "CNY",
          lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 10_000 }],
          customer: { id },
        },
      })
    ).body.discount;
  expect([await discount("h-1"), await discount("h-2"), await discount("h-3")]).toEqual([1_000, 0, 0]);
});

test("every change of a customer is one event, told under their pseudonym", async () => {
  await put("e-1", { tags: ["x"] });
  await put("e-1", { tags: ["x"] });
  await put("e-1", { tags: ["y"] });
  const { rows } = await database.pool.query(
    "select subject, data from outbox_events where type = 'dealwright.customer.changed' and customer_id = 'e-1' order by seq",
  );
  expect(rows.map(({ data }) => data)).toEqual([
    { customer: "e-1", version: 1 },
    { customer: "e-1", version: 2 },
  ]);
  expect(new Set(rows.map(({ subject }) => subject)).size).toBe(1);
  expect(rows[0].subject).not.toContain("e-1");
});
