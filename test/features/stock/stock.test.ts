/** What the ERP says is on the shelves, and what promotions leave alone because of it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectService } from "../../../src/features/projects/project-service.ts";
import { stockAlarmService } from "../../../src/features/stock/stock-alarm-service.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, orderOf, redeem } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
let other: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database, { clock: api.clock });
});
afterAll(async () => {
  await other.close();
  await api.close();
  await database.close();
});

const minute = (n: number) => `2026-11-10T23:${String(n).padStart(2, "0")}:00Z`;
const put = (sku: string, quantity: number, at: number, store?: string) =>
  api.rest("PUT", `/v1/stock/${sku}`, { role: "erp", body: { quantity, asOf: minute(at), store } });
const levelOf = async (sku: string) =>
  (await api.rest("GET", `/v1/stock?sku=${sku}`, { role: "viewer" })).body.items.map(
    ({ store, quantity }: { store: string | null; quantity: number }) => [store, quantity],
  );

describe("the latest count stands", () => {
  test("an earlier one is refused as stale, the same one is answered again, another of the same instant is refused", async () => {
    expect((await put("L", 10, 2)).status).toBe(200);
    const early = await put("L", 99, 1);
    expect([early.status, early.body.code, early.body.errors[0].path]).toEqual([409, "stale", "/asOf"]);
    expect((await put("L", 10, 2)).status).toBe(200);
    expect((await put("L", 11, 2)).status).toBe(409);
    expect((await put("L", 4, 3)).body).toMatchObject({ sku: "L", store: null, quantity: 4 });
    expect((await put("L", 7, 1, "s1")).status).toBe(200);
    expect(await levelOf("L")).toEqual([
      [null, 4],
      ["s1", 7],
    ]);
  });

  test.each([
    ["time_in_future", "2026-11-11T00:05:01Z"],
    // Beyond what PostgreSQL is told in four digits.
    ["out_of_range", "9999-12-31T23:59:59-12:00"],
  ])("one from the future is refused, for it would be the latest for long: %s", async (code, asOf) => {
    const body = { quantity: 1, asOf };
    const { status, body: refusal } = await api.rest("PUT", "/v1/stock/F", { role: "erp", body });
    expect([status, refusal.errors]).toMatchObject([400, [{ path: "/asOf", code }]]);
  });

  test("of a stream each line is answered, and a refused one touches no other", async () => {
    const lines = [
      { sku: "B1", quantity: 1, asOf: minute(2) },
      { sku: "B1", quantity: 2, asOf: minute(1) },
      { sku: "B2", quantity: -1, asOf: minute(1) },
      { sku: "B1", quantity: 3, asOf: minute(3) },
      { sku: "B1", quantity: 3, asOf: minute(3) },
      { sku: "B3", store: "s1", quantity: 3, asOf: minute(3) },
    ];
    const { body, text } = await api.rest("POST", "/v1/stock/bulk", {
      role: "erp",
      headers: { "content-type": "application/x-ndjson" },
      body: lines.map((line) => JSON.stringify(line)).join("\n"),
    });
    expect(body).toBeUndefined();
    const statuses = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).status);
    expect(statuses).toEqual(["stored", "stale", "refused", "stored", "unchanged", "stored"]);
    expect(await levelOf("B1")).toEqual([[null, 3]]);
  });

  test("whoever writes at once, in whatever order it arrives", async () => {
    const counts = Array.from({ length: 20 }, (_, i) => i);
    const answers = await Promise.all(counts.map((i) => put("R", i, i)));
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
    expect(await levelOf("R")).toEqual([[null, 19]]);
  });
});

describe("a safety stock", () => {
  const half = (sku: string) => [{ kind: "percent_off", select: { skus: [sku] }, percent: 50 }];
  const quoted = async (sku: string, quantity: number, more: object = {}, asked = api) => {
    const body = {
      currency: "CNY",
      explain: "all",
      lines: [{ id: "1", sku, quantity, unitPrice: 1_000 }],
      ...more,
    };
    const answer = await asked.rest("POST", "/v1/evaluations", { key: api.project.keys.checkout, body });
    return answer.body;
  };

  test("pauses the promotion for a SKU of which there is less, in every process, and lets it go on", async () => {
    await activePromotion(api, "safe", {
      benefits: half("S"),
      safetyStock: { units: 5, skus: [{ sku: "S", store: "s2", units: 2 }] },
    });
    expect((await quoted("S", 2)).discount).toBe(1_000);
    await put("S", 5, 1);
    expect((await quoted("S", 2)).discount).toBe(1_000);
    await put("S", 4, 2);
    const paused = await quoted("S", 2);
    expect([paused.discount, paused.notApplied[0]]).toMatchObject([
      0,
      { promotion: "safe", reason: "stock_below_safety", required: 5, actual: 4 },
    ]);
    await expect.poll(async () => (await quoted("S", 2, {}, other)).discount, { timeout: 10_000 }).toBe(0);
    await put("S", 3, 1, "s2");
    expect((await quoted("S", 2, { store: "s2" })).discount).toBe(1_000);
    expect((await quoted("S", 2, { store: "s3" })).discount).toBe(0);
    await put("S", 40, 3);
    await expect
      .poll(async () => (await quoted("S", 2, {}, other)).discount, { timeout: 10_000 })
      .toBe(1_000);
  });

  test("or caps what an order gets, also of one that is redeemed; a saved evaluation replays with what was known", async () => {
    await activePromotion(api, "capped", {
      benefits: half("C"),
      safetyStock: { units: 5, whenBelow: "cap" },
    });
    await put("C", 7, 1);
    const { body: order } = await redeem(
      api,
      orderOf({ lines: [{ id: "1", sku: "C", quantity: 3, unitPrice: 1_000 }] }),
    );
    expect(order.quote.promotions[0].stock).toEqual([
      { sku: "C", units: 2, missing: 1, reason: "stock_below_safety" },
    ]);
    const saved = await quoted("C", 3, { save: true });
    await put("C", 0, 2);
    expect((await quoted("C", 3)).discount).toBe(0);
    const replayed = await api.rest("POST", `/v1/evaluations/${saved.id}/replay`);
    expect(replayed.body.discount).toBe(1_000);
  });
});

test("a feed that falls silent is told of once, until something is told again", async () => {
  await api.rest("PATCH", "/v1/project/settings", {
    headers: { "if-match": "*" },
    body: { stockMaxAgeSeconds: 600 },
  });
  await put("Q", 1, 30);
  const alarm = stockAlarmService({
    database,
    clock: api.clock,
    log: silentLog,
    projects: projectService(database),
  });
  const told = async () => {
    await alarm.look();
    const { rows } = await database.pool.query(
      "select data from outbox_events where project_id = $1 and type = 'dealwright.stock.stale'",
      [api.project.id],
    );
    return rows.length;
  };
  const isStale = async () => (await api.rest("GET", "/v1/stock?sku=Q")).body.items[0].isStale;
  api.clock.advance(600_000);
  expect([await told(), await isStale()]).toEqual([1, false]);
  api.clock.advance(1);
  expect([await told(), await isStale()]).toEqual([1, true]);
  await put("Q", 1, 30);
  expect([await told(), await isStale()]).toEqual([1, false]);
  api.clock.advance(601_000);
  expect(await told()).toBe(2);
});
