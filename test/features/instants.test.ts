/** Instants that a valid text names and nobody can keep: an offset moves them out of the years 0001 to 9999 of UTC. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Role } from "../../src/platform/auth.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";
import { faultOf, orderOf } from "./orders-fixture.ts";

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

const tooLate = "9999-12-31T23:59:59-12:00";
const tooEarly = "0001-01-01T00:00:00+01:00";
const benefits = [{ kind: "percent_off", percent: 10 }];
const promotion = (schedule: object) => ({
  key: "window",
  trigger: { type: "automatic" },
  schedule,
  benefits,
});
const cart = { currency: "CNY", lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 100 }] };

type Case = [string, string, Role, (instant: string) => object | undefined, string];
test.each<Case>([
  ["PUT", "/v1/orders/SO-1", "erp", (placedAt) => orderOf({ placedAt }), "/placedAt"],
  ["POST", "/v1/promotions", "marketing", (endsAt) => promotion({ endsAt }), "/schedule/endsAt"],
  ["POST", "/v1/coupon-pools", "marketing", (expiresAt) => ({ key: "p", expiresAt }), "/expiresAt"],
  ["POST", "/v1/evaluations", "marketing", (at) => ({ ...cart, at }), "/at"],
  [
    "PUT",
    "/v1/customers/c-1",
    "erp",
    (at) => ({ consents: { email: { granted: true, source: "till", at } } }),
    "/consents/email/at",
  ],
])("%s %s refuses them", async (method, path, role, bodyWith, at) => {
  for (const instant of [tooLate, tooEarly, "0000-06-01T00:00:00Z"])
    expect(faultOf(await api.rest(method, path, { role, body: bodyWith(instant) }))).toBe(
      `400 invalid-request ${at} out_of_range`,
    );
});

test.each([
  ["/v1/customers", "updatedSince"],
  ["/v1/orders", "from"],
])("GET %s?%s refuses them", async (path, name) => {
  const answer = await api.rest("GET", `${path}?${name}=${encodeURIComponent(tooLate)}`, { role: "admin" });
  expect(faultOf(answer)).toBe(`400 invalid-request /${name} out_of_range`);
});

test("a promotion's last day may not end after the year 9999, and its last but one may", async () => {
  const create = (endsAt: string) =>
    api.rest("POST", "/v1/promotions", { role: "marketing", body: promotion({ endsAt }) });
  expect(faultOf(await create("9999-12-31"))).toBe("400 invalid-promotion /schedule/endsAt out_of_range");
  expect((await create("9999-12-30")).status).toBe(201);
});

test.each([
  ["/v1/orders/bulk", { externalId: "SO-2", ...orderOf({ placedAt: tooLate }) }, "/placedAt"],
  ["/v1/customers/bulk", { id: "c-2", createdAt: tooLate }, "/createdAt"],
])("%s refuses their lines", async (url, line, path) => {
  const { body } = await api.app.inject({
    method: "POST",
    url,
    headers: {
      authorization: `Bearer ${api.project.keys.erp}`,
      "content-type": "application/x-ndjson",
    },
    payload: `${JSON.stringify(line)}\n`,
  });
  expect(JSON.parse(body.split("\n")[0]!)).toMatchObject({
    problem: { status: 400, errors: [{ path, code: "out_of_range" }] },
  });
});
