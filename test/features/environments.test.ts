/** Test keys work beside the live data of their project, never in it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";

let database: TestDatabase;
let api: Api;
const testKeys: Record<string, string> = {};
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  for (const role of ["admin", "marketing", "checkout", "erp"]) {
    const body = { name: `test ${role}`, role, environment: "test" };
    testKeys[role] = (await api.rest("POST", "/v1/api-keys", { body })).body.secret;
  }
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

const inTest = (role = "admin") => ({ key: testKeys[role]! });
const promotionOf = (key: string, fields: object = {}) => ({
  key,
  trigger: { type: "code", code: key },
  benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
  ...fields,
});
const orderOf = (orderRef: string, code: string) => ({
  orderRef,
  mode: "commit",
  currency: "CNY",
  codes: [code],
  lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1000 }],
});

async function activate(body: object, call: { key?: string } = {}): Promise<string> {
  const { body: created } = await api.rest("POST", "/v1/promotions", { ...call, body });
  expect((await api.rest("POST", `/v1/promotions/${created.id}/activate`, call)).status).toBe(200);
  return created.id;
}

test("a test key never spends a live use, and its uses do not count in live limits", async () => {
  const only = promotionOf("only-once", { limits: { total: 1 } });
  await activate(only);
  const redeem = (ref: string, call: object) =>
    api.rest("POST", "/v1/redemptions", { ...call, body: orderOf(ref, "only-once") });
  // What is not in test cannot be spent there …
  expect((await redeem("1", inTest("checkout"))).body).toMatchObject({ code: "code-not-applied" });
  // … and what is there is another promotion.
  await activate(only, inTest());
  expect((await redeem("1", inTest("checkout"))).status).toBe(201);
  expect((await redeem("2", inTest("checkout"))).status).toBe(409);
  expect((await redeem("1", {})).status).toBe(201);
  expect((await redeem("2", {})).status).toBe(409);
  const { rows } = await database.pool.query(
    "select right(project_id, 5) = ':test' as test, used from counters where measure = 'uses' and holder = '' order by 1",
  );
  expect(rows).toEqual([
    { test: false, used: 1 },
    { test: true, used: 1 },
  ]);
});

test("orders and redemptions of the one are not found by the other", async () => {
  const order = {
    version: 1,
    status: "placed",
    currency: "CNY",
    placedAt: "2026-11-11T00:00:00Z",
    lines: [],
    total: 0,
  };
  expect((await api.rest("PUT", "/v1/orders/T-1", { ...inTest("erp"), body: order })).status).toBe(200);
  expect((await api.rest("GET", "/v1/orders/T-1")).status).toBe(404);
  const { body } = await api.rest("GET", "/v1/redemptions", inTest());
  expect(body.items).toHaveLength(1);
  expect((await api.rest("GET", `/v1/redemptions/${body.items[0].id}`)).status).toBe(404);
});

test("the project tells its environment, and each has settings of its own", async () => {
  const live = await api.rest("GET", "/v1/project");
  const change = { body: { strategy: "priority" }, headers: { "if-match": "*" } };
  expect((await api.rest("PATCH", "/v1/project/settings", { ...inTest(), ...change })).body).toMatchObject({
    id: live.body.id,
    environment: "test",
    settings: { strategy: "priority" },
  });
  expect((await api.rest("GET", "/v1/project")).body).toEqual(live.body);
  expect(live.body).toMatchObject({ environment: "live", settings: { strategy: "best" } });
});

test("a test key makes, sees and changes test keys only; a live key all of them", async () => {
  const create = (environment: string, call: object) =>
    api.rest("POST", "/v1/api-keys", { ...call, body: { name: "x", role: "viewer", environment } });
  const refused = await create("live", inTest());
  expect([refused.status, refused.body.code]).toEqual([403, "live-key-required"]);
  const made = await create("test", inTest());
  expect((await api.rest("GET", "/v1/project", { key: made.body.secret })).body.environment).toBe("test");
  const live = await create("live", {});
  for (const [method, path] of [
    ["POST", `/v1/api-keys/${live.body.id}/rotate`],
    ["DELETE", `/v1/api-keys/${live.body.id}`],
  ] as const)
    expect((await api.rest(method, path, inTest())).body.code).toBe("api-key-not-found");
  const seen = async (call: object) => {
    const { body } = await api.rest("GET", "/v1/api-keys?limit=200", call);
    return new Set(body.items.map(({ environment }: { environment: string }) => environment));
  };
  expect(await seen(inTest())).toEqual(new Set(["test"]));
  expect(await seen({})).toEqual(new Set(["live", "test"]));
  expect((await api.rest("DELETE", `/v1/api-keys/${made.body.id}`)).status).toBe(200);
});

test("promotions are copied between environments as drafts, and what is not copied is told with its reason", async () => {
  const pooled = promotionOf("pooled", { trigger: { type: "coupon", pool: "spring" } });
  for (const document of [promotionOf("tried"), promotionOf("tried-too"), pooled])
    await activate(document, inTest());
  const ended = await activate(promotionOf("over"), inTest());
  await api.rest("POST", `/v1/promotions/${ended}/end`, inTest());
  await activate(promotionOf("tried-too"));
  const copy = (body: object, call: object = { role: "marketing" }) =>
    api.rest("POST", "/v1/promotions/copy", { ...call, body });

  const keys = ["tried", "tried-too", "pooled", "over", "nobody", "tried"];
  const { status, body } = await copy({ from: "test", promotions: keys });
  expect([status, body]).toMatchObject([
    200,
    {
      copied: [
        { key: "tried", pools: [] },
        { key: "pooled", pools: ["spring"] },
      ],
      skipped: [
        { key: "tried-too", reason: "key_taken" },
        { key: "over", reason: "ended" },
        { key: "nobody", reason: "not_found" },
      ],
    },
  ]);
  const arrived = await api.rest("GET", `/v1/promotions/${body.copied[0].id}`);
  expect(arrived.body).toMatchObject({
    key: "tried",
    status: "draft",
    version: 1,
    trigger: { code: "tried" },
  });

  // All of them, the other way round: only what test has not.
  await activate(promotionOf("live-only"));
  const back = await copy({ from: "live" });
  expect(back.body.copied.map(({ key }: { key: string }) => key)).toEqual(["live-only"]);
  const refused = await copy({ from: "live" }, inTest("marketing"));
  expect([refused.status, refused.body.code]).toEqual([403, "live-key-required"]);
});
