import { createHmac } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashIdentifier, type Identifier } from "../../../src/features/ledger/promotion-counters.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi, type TestClock, testClock } from "../api.ts";
import { activePromotion, orderOf, redeem } from "./redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
let clock: TestClock;

beforeAll(async () => {
  database = await freshDatabase();
  clock = testClock(Date.parse("2026-11-11T15:59:59Z"));
  api = await startApi(database, { clock });
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

const coded = (code: string, limits: object, more: object = {}) =>
  activePromotion(api, code.toLowerCase(), { trigger: { type: "code", code }, limits, ...more });

test.each([
  ["perPhone", "phone", ["+86 138 0013 8000", "+8613800138000", "+86-138-0013-8000", "0086 (138) 0013.8000"]],
  ["perIp", "ip", ["1.2.3.4", "::ffff:1.2.3.4", "::FFFF:102:304"]],
  ["perIp", "ip", ["2001:db8::1", "2001:0DB8:0:0:0:0:0:1"]],
])("a limit %s knows a %s however it is written: %j", async (limit, kind, written) => {
  const code = `WRITTEN${written.join("").length}`;
  await coded(code, { [limit]: 1 });
  const statuses = [];
  for (const value of written)
    statuses.push((await redeem(api, orderOf({ codes: [code], identifiers: { [kind]: value } }))).status);
  expect(statuses).toEqual([201, ...written.slice(1).map(() => 409)]);
});

test("numbers without a country, and what is no number, are others", async () => {
  await coded("OTHERS", { perPhone: 1 });
  for (const phone of ["+8613800138000", "13800138000", "ext. 5", "ext 5"])
    expect((await redeem(api, orderOf({ codes: ["OTHERS"], identifiers: { phone } }))).status).toBe(201);
});

test("identifiers in the usual form are hashed as they always were", () => {
  const key = new Uint8Array(32);
  const plain = (kind: Identifier, value: string) =>
    createHmac("sha256", key).update(`${kind}:${value}`).digest("base64url");
  for (const [kind, value] of [
    ["phone", "+8613800138000"],
    ["phone", "13800138000"],
    ["ip", "203.0.113.7"],
    ["ip", "2001:db8::1"],
    ["device", "d-1"],
  ] as const)
    expect(hashIdentifier(key, kind, value)).toBe(plain(kind, value));
});

describe.each([
  ["perDevice", { device: "d-1" }, { device: " D-1 " }, { device: "d-2" }],
  [
    "perPhone",
    { phone: "+86 138-0000-0001" },
    { phone: "+86 138-0000-0001" },
    { phone: "+86 138-0000-0002" },
  ],
  ["perIp", { ip: "203.0.113.7" }, { ip: "203.0.113.7" }, { ip: "203.0.113.8" }],
])("a limit %s", (limit, identifiers, same, other) => {
  const code = limit.toUpperCase();

  beforeAll(() => coded(code, { [limit]: 1 }));

  test("holds for whoever comes by it, counts everybody else apart, and must be told who that is", async () => {
    expect((await redeem(api, orderOf({ codes: [code], identifiers }))).status).toBe(201);
    const again = await redeem(
      api,
      orderOf({ codes: [code], identifiers: same, customer: { id: "someone-else" } }),
    );
    expect([again.status, again.body.errors]).toMatchObject([
      409,
      [{ path: "/codes/0", code: "limit_reached" }],
    ]);
    expect((await redeem(api, orderOf({ codes: [code], identifiers: other }))).status).toBe(201);
    const unknown = await redeem(api, orderOf({ codes: [code] }));
    expect(unknown.body.errors).toMatchObject([{ code: "identifier_required" }]);
  });

  test("stores no identifier as it was sent", async () => {
    const [raw = ""] = Object.values(identifiers);
    for (const table of [
      "counters",
      "ledger_entries",
      "redemptions",
      "outbox_events",
      "idempotency_records",
    ]) {
      const { rows } = await database.orm.execute<{ found: number }>(
        sql`select count(*)::int as found from ${sql.identifier(table)} t where position(${raw} in t::text) > 0`,
      );
      expect([table, rows[0]!.found]).toEqual([table, 0]);
    }
  });
});

test("a limit per day begins anew at midnight of the promotion's zone, for each customer", async () => {
  await coded(
    "DAILY",
    { perPeriod: { count: 1, period: "day", per: "customer" } },
    { schedule: { timezone: "Asia/Shanghai" } },
  );
  const order = (id: string) => redeem(api, orderOf({ codes: ["DAILY"], customer: { id } }));
  expect((await order("c-1")).status).toBe(201);
  expect((await order("c-1")).body.errors).toMatchObject([{ code: "limit_reached" }]);
  expect((await order("c-2")).status).toBe(201);
  // 16:00 UTC is midnight in Shanghai.
  clock.advance(1_000);
  expect((await order("c-1")).status).toBe(201);
  expect((await order("c-1")).body.errors).toMatchObject([{ code: "limit_reached" }]);
});

test("what a return prices again by a limit per device is priced for that device", async () => {
  await coded("DEVICE-BACK", { perDevice: 1 }, { returns: "reevaluate" });
  const lines = [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 10_000 }];
  const sold = await redeem(api, orderOf({ codes: ["DEVICE-BACK"], lines, identifiers: { device: "d-9" } }));
  expect(sold.body.quote.total).toBe(19_000);
  const back = await api.rest("POST", `/v1/redemptions/${sold.body.id}/returns`, {
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  // One mug kept costs 90.00 by the same rules; 190.00 was paid, and never more comes back than was paid for the unit.
  expect([back.status, back.body.refund]).toEqual([200, 9_500]);
});
