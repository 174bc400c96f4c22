/** What a shop or a till says about a guest while they are merged, and says again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { issue, issued, report, reportOf, somePromotion } from "../offline/offline-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

async function merged(customer: string, guest: string): Promise<void> {
  const { status, text } = await api.rest("POST", `/v1/customers/${customer}/merge`, { body: { guest } });
  expect(status, text).toBe(200);
}

const cart = { currency: "CNY", lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 5_000 }] };
const points = async (customer: string) =>
  (await api.rest("GET", `/v1/customers/${customer}/points`)).body.available;

test("points spent and given under a key are spent and given once, though the guest was merged in between", async () => {
  const post = (path: string, body: object, key: string) =>
    api.rest("POST", `/v1/customers/g-pts/points/${path}`, { body, headers: { "idempotency-key": key } });
  const give = () => post("adjustments", { points: 100, reason: "a test" }, "give");
  const spend = () => post("spends", { points: 30 }, "spend");
  const given = await give();
  const spent = await spend();
  expect([given.status, spent.status], spent.text).toEqual([201, 201]);
  await merged("c-pts", "g-pts");
  const [givenAgain, spentAgain] = [await give(), await spend()];
  expect([givenAgain.status, givenAgain.body], givenAgain.text).toEqual([201, given.body]);
  expect([spentAgain.status, spentAgain.body], spentAgain.text).toEqual([201, spent.body]);
  expect(await points("c-pts")).toBe(70);
  const later = await post("spends", { points: 10 }, "later");
  expect(later.status, later.text).toBe(201);
  expect(await points("c-pts")).toBe(60);
});

test("a voucher issued under a key is issued once, though the guest was merged in between", async () => {
  const { key } = await somePromotion(api, { limits: { perCustomer: 1 } });
  const again = (name: string) =>
    issue(api, { promotion: key, customer: "g-key" }, { headers: { "idempotency-key": name } });
  const first = await again("voucher");
  expect(first.status, first.text).toBe(201);
  await merged("c-key", "g-key");
  const second = await again("voucher");
  expect([second.status, second.body], second.text).toEqual([201, first.body]);
  const other = await again("another");
  expect([other.status, other.body.errors?.[0]?.code]).toEqual([409, "limit_reached"]);
});

test.each([
  ["nobody", undefined],
  ["somebody else", "c-else"],
])("a use that a till accepted for %s is the merged customer's", async (_, customer) => {
  const of = (prefix: string) => `${prefix}-${customer ?? "nobody"}`;
  const { key, code } = await somePromotion(api, { limits: { perCustomer: 1 } });
  const { token } = await issued(api, { promotion: key, customer: of("g") });
  const [told] = await report(api, reportOf(api, token, { customer }));
  expect(told).toMatchObject({ status: "accepted", flags: ["wrong_customer"] });
  await merged(of("c"), of("g"));
  const { body } = await api.rest("POST", "/v1/evaluations", {
    body: { ...cart, customer: { id: of("c") }, codes: [code] },
  });
  expect([body.discount, body.codes?.[0]?.status]).toEqual([0, "rejected"]);
  const { rows } = await database.pool.query("select customer_id from redemptions where id = $1", [
    told!.redemption,
  ]);
  expect(rows).toEqual([{ customer_id: customer ?? null }]);
});

test("a till may name the guest, or the customer, of a voucher that was the guest's", async () => {
  const { key } = await somePromotion(api, { limits: { perCustomer: 2 } });
  const request = { promotion: key, customer: "g-till" };
  const [asGuest, asCustomer] = [await issued(api, request), await issued(api, request)];
  await merged("c-till", "g-till");
  const sold = [
    reportOf(api, asGuest.token, { customer: "g-till" }),
    reportOf(api, asCustomer.token, { customer: "c-till" }),
  ];
  const results = await report(api, ...sold);
  expect(results).toMatchObject([
    { status: "accepted", flags: [] },
    { status: "accepted", flags: [] },
  ]);
  expect(await report(api, ...sold)).toMatchObject([
    { status: "duplicate", flags: [] },
    { status: "duplicate", flags: [] },
  ]);
  const { rows } = await database.pool.query("select customer_id from redemptions where id = any ($1)", [
    results.map(({ redemption }) => redemption),
  ]);
  expect(rows).toEqual([{ customer_id: "c-till" }, { customer_id: "c-till" }]);
});

test("what a till said before the merge and says again after it is the same", async () => {
  const { key } = await somePromotion(api);
  const { token } = await issued(api, { promotion: key, customer: "g-twice" });
  const sold = reportOf(api, token, { customer: "g-twice" });
  expect(await report(api, sold)).toMatchObject([{ status: "accepted", flags: [] }]);
  await merged("c-twice", "g-twice");
  expect(await report(api, sold)).toMatchObject([{ status: "duplicate", flags: [] }]);
});
