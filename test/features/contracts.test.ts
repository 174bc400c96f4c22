/** Contracts: their terms, how they end or renew themselves, and what an erasure leaves. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { dayOfDate } from "../../src/engine/calendar.ts";
import { endsLookedFor } from "../../src/features/automations/automation-clock.ts";
import { silentLog } from "../../src/platform/log.ts";
import { servicesOf } from "../../src/services.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";
import { faultOf } from "./orders-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Two processes that settle contracts when they are told to. */
let rounds: ReturnType<typeof servicesOf>["contracts"]["rounds"][];
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  rounds = [1, 2].map(() => servicesOf({ database, clock: api.clock, log: silentLog }).contracts.rounds);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const document = {
  customer: "c-1",
  kind: "maintenance",
  name: "Maintenance of the plant",
  value: 500_000,
  currency: "CNY",
  startsOn: "2025-12-01",
  endsOn: "2026-11-30",
};
const erp = (method: "GET" | "POST" | "PUT", path: string, body?: object, headers = {}) =>
  api.rest(method, path, { role: "erp", body, headers });
const put = (id: string, more: object = {}, headers = {}) =>
  erp("PUT", `/v1/contracts/${id}`, { ...document, ...more }, headers);
const get = async (id: string) => (await erp("GET", `/v1/contracts/${id}`)).body;
const settle = () => Promise.all(rounds.map((round) => round.settleDue()));
const day = 86_400_000;

test("a contract says what it was told last, and nobody changes what they have not seen", async () => {
  expect((await put("a")).body).toMatchObject({ ...document, autoRenew: false, state: "active", version: 1 });
  expect((await put("a", { value: 1 }, { "if-match": '"2"' })).status).toBe(412);
  expect((await put("a", { value: 1 }, { "if-match": '"1"' })).body).toMatchObject({ value: 1, version: 2 });
  expect(faultOf(await put("a", { endsOn: "2025-11-30" }))).toBe(
    "400 invalid-request /endsOn ends_before_start",
  );
  expect((await put("a", { endsOn: "2026-02-30" })).status).toBe(400);
  expect((await erp("GET", "/v1/contracts/none")).body.code).toBe("contract-not-found");
  expect((await erp("GET", "/v1/contracts?kind=maintenance&endsTo=2026-11-30")).body.items).toHaveLength(1);
  expect((await erp("GET", "/v1/contracts?endsTo=2026-11-29")).body.items).toEqual([]);
});

test("the next term is as long as the last, in months where that was so, and is bought by one order", async () => {
  // In the future: contracts that are over are ended in the background.
  await put("months", { startsOn: "2027-03-01", endsOn: "2027-05-31" });
  await put("days", { startsOn: "2027-03-01", endsOn: "2027-03-10" });
  const renew = (of: string, id: string, more: object = {}) =>
    erp("POST", `/v1/contracts/${of}/renew`, { id, ...more });
  expect((await renew("months", "months-2")).body).toMatchObject({
    startsOn: "2027-06-01",
    endsOn: "2027-08-31",
  });
  await erp("PUT", "/v1/orders/o-1", {
    version: 1,
    status: "paid",
    currency: "CNY",
    placedAt: "2026-11-10T00:00:00Z",
    customer: "c-1",
    lines: [],
    total: 500_000,
  });
  expect(faultOf(await renew("days", "a", { order: "o-1" }))).toBe("400 invalid-request /id contract_exists");
  const both = await Promise.all([
    renew("days", "days-2", { order: "o-1" }),
    renew("a", "a-2", { order: "o-1" }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
  expect(both.map((said) => faultOf(said))).toContain("400 invalid-request /order order_used");
  const { rows } = await database.pool.query(
    "select count(*)::int as terms from contracts where renewal = 'o-1'",
  );
  expect(rows).toEqual([{ terms: 1 }]);
  // An order and the redemption that it stands for are one purchase.
  const redeemed = await api.rest("POST", "/v1/redemptions", {
    role: "checkout",
    body: {
      currency: "CNY",
      orderRef: "o-2",
      customer: { id: "c-1" },
      lines: [{ id: "1", sku: "SERVICE", quantity: 1, unitPrice: 1_000 }],
    },
  });
  expect(redeemed.status, redeemed.text).toBe(201);
  await erp("PUT", "/v1/orders/o-2", {
    version: 1,
    status: "paid",
    currency: "CNY",
    placedAt: "2026-11-10T00:00:00Z",
    customer: "c-1",
    lines: [],
    total: 1_000,
  });
  await put("one", { startsOn: "2027-03-01", endsOn: "2027-05-31" });
  await put("other", { startsOn: "2027-03-01", endsOn: "2027-05-31" });
  expect((await renew("one", "one-2", { order: "o-2" })).status).toBe(200);
  expect((await renew("one", "one-2", { order: redeemed.body.id })).status).toBe(200);
  expect(faultOf(await renew("other", "other-2", { order: redeemed.body.id }))).toBe(
    "400 invalid-request /order order_used",
  );
  expect(faultOf(await renew("months-2", "late", { order: "no-such" }))).toBe(
    "400 invalid-request /order unknown_order",
  );
  expect(faultOf(await renew("months-2", "late", { endsOn: "2027-08-31" }))).toBe(
    "400 invalid-request /endsOn ends_before_start",
  );
});

test("once its last day is over a contract ends, or renews itself, once, whoever looks", async () => {
  await put("ends", { customer: "c-2" });
  await put("goes-on", { customer: "c-2", autoRenew: true });
  // The last instant of 30 November, and the first after it.
  api.clock.advance(Date.parse("2026-11-30T23:59:59.999Z") - api.clock.now());
  await settle();
  expect([(await get("ends")).state, (await get("goes-on")).state]).toEqual(["active", "active"]);
  api.clock.advance(1);
  await settle();
  expect((await get("ends")).state).toBe("ended");
  const { state, renewedBy } = await get("goes-on");
  expect(state).toBe("renewed");
  expect(await get(renewedBy)).toMatchObject({
    startsOn: "2026-12-01",
    endsOn: "2027-11-30",
    autoRenew: true,
    value: 500_000,
    renews: "goes-on",
  });
  expect((await put("ends")).body.code).toBe("contract-closed");
  expect((await erp("POST", "/v1/contracts/ends/cancel")).body.code).toBe("contract-closed");
  const { cohorts } = (
    await erp("GET", "/v1/contract-renewals?by=quarter&endsFrom=2026-11-30&endsTo=2026-11-30")
  ).body;
  expect(cohorts).toMatchObject([{ cohort: "2026-Q4", renewed: expect.any(Number), open: 0 }]);
  // Nobody looked for three years: all the terms in between have been.
  api.clock.advance(3 * 366 * day);
  await settle();
  await settle();
  const chain = (await erp("GET", "/v1/contracts?customer=c-2&limit=200")).body.items;
  expect(chain.map(({ endsOn }: { endsOn: string }) => endsOn).sort()).toEqual([
    "2026-11-30",
    "2026-11-30",
    "2027-11-30",
    "2028-11-30",
    "2029-11-30",
    "2030-11-30",
  ]);
});

test("the days on which contracts end are looked for so many months before, and each but once", () => {
  const looked = (date: string, monthsBefore: number, before: string | null = null) =>
    endsLookedFor(
      { kind: "contract_end", monthsBefore },
      { today: dayOfDate(date)!, lookedDay: before === null ? null : dayOfDate(before)! },
    );
  expect(looked("2026-06-15", 6)).toEqual(["2026-12-15"]);
  expect(looked("2026-02-28", 1)).toEqual(["2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31"]);
  expect(looked("2026-02-27", 1)).toEqual(["2026-03-27"]);
  expect(looked("2026-04-30", 1)).toEqual(["2026-05-30", "2026-05-31"]);
  expect(looked("2026-06-15", 0)).toEqual(["2026-06-15"]);
  expect(looked("2026-06-15", 3, "2026-06-13")).toEqual(["2026-09-14", "2026-09-15"]);
  const year = Array.from({ length: 365 }, (_, index) =>
    looked(new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10), 1),
  ).flat();
  expect(new Set(year).size).toBe(year.length);
  expect(year).toHaveLength(365);
});

test("an export has a customer's contracts, and an erasure leaves their terms without them", async () => {
  await put("personal", { customer: "c-gone", startsOn: "2030-01-01", endsOn: "2031-01-01" });
  const exported = await api.rest("GET", "/v1/customers/c-gone/export", { role: "admin" });
  expect(JSON.stringify(exported.body)).toContain("Maintenance of the plant");
  const erased = await api.rest("POST", "/v1/customers/c-gone/erase", { role: "admin" });
  expect(erased.body.erased.contracts).toBe(1);
  const left = await get("personal");
  expect(left).toMatchObject({ value: 500_000, customer: expect.stringMatching(/^erased:/) });
  expect(left.name).toBeUndefined();
});
