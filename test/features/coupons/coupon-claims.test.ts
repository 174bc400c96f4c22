import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { exported, makePool, someCodes } from "./coupon-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Another process on the same database, with the same project. */
let other: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await other.close();
  await database.close();
});

const claim = (key: string, body: object, options: { idempotencyKey?: string; via?: Api } = {}) =>
  (options.via ?? api).rest("POST", `/v1/coupon-pools/${key}/claim`, {
    key: api.project.keys.checkout,
    body,
    ...(options.idempotencyKey !== undefined && { headers: { "idempotency-key": options.idempotencyKey } }),
  });

const count = (answers: readonly Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length;

test("a customer gets a free code, which is then theirs alone", async () => {
  const { key, codes } = await someCodes(api, 2);
  const { status, body } = await claim(key, { customer: "c-1" });
  expect(status).toBe(201);
  expect(body).toMatchObject({ pool: key, customer: "c-1", expiresAt: null });
  expect(codes).toContain(body.code);
  const mine = await api.rest("GET", "/v1/coupons?customer=c-1");
  expect(mine.body.items).toMatchObject([{ code: body.code, claimedAt: body.claimedAt, status: "usable" }]);
  const asked = await api.rest("POST", "/v1/coupons/validate", {
    body: { codes: [body.code], customer: "c-2" },
  });
  expect(asked.body.codes[0].reason).toBe("code_of_another_customer");
});

test("however many claim at once, in however many processes, nobody gets another's code and the last one is given out", async () => {
  const { key } = await someCodes(api, 40);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      claim(key, { customer: `crowd-${index}` }, { via: index % 2 === 0 ? api : other }),
    ),
  );
  expect([count(answers, 201), count(answers, 409)]).toEqual([40, 60]);
  const given = answers.filter(({ status }) => status === 201).map(({ body }) => body.code);
  expect(new Set(given).size).toBe(40);
  for (const { status, body } of answers)
    if (status === 409) expect([body.code, body.errors[0].code]).toEqual(["claim-refused", "pool_empty"]);
  expect((await exported(api, key, "?claimed=true")).length).toBe(40);
});

const identifiers = { device: "d-1", phone: "+86 138 0000 0000", ip: "192.0.2.7" };

test.each([
  ["perCustomer", "/customer", (_: number) => ({ customer: "same", identifiers })],
  [
    "perDevice",
    "/identifiers/device",
    (n: number) => ({ customer: `c-${n}`, identifiers: { device: "d-1" } }),
  ],
  ["perPhone", "/identifiers/phone", (n: number) => ({ customer: `c-${n}`, identifiers })],
  ["perIp", "/identifiers/ip", (n: number) => ({ customer: `c-${n}`, identifiers })],
  ["total", "", (n: number) => ({ customer: `c-${n}` })],
])("%s of 3 gives 3 of 24 at once", async (limit, path, request) => {
  const { key } = await someCodes(api, 30, { claim: { [limit]: 3 } });
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      claim(key, request(index), { via: index % 2 === 0 ? api : other }),
    ),
  );
  expect([count(answers, 201), count(answers, 409)]).toEqual([3, 21]);
  for (const { status, body } of answers)
    if (status === 409)
      expect(body).toMatchObject({ code: "claim-refused", errors: [{ path, code: "limit_reached" }] });
  expect((await exported(api, key, "?claimed=true")).length).toBe(3);
});

test("a limit by something that was not sent refuses, and counts nobody together", async () => {
  const { key } = await someCodes(api, 5, { claim: { perPhone: 1 } });
  const refused = await claim(key, { customer: "c-1", identifiers: { device: "d" } });
  expect(refused.body).toMatchObject({
    code: "claim-refused",
    errors: [{ path: "/identifiers/phone", code: "identifier_required" }],
  });
  expect((await claim(key, { customer: "c-1", identifiers: { phone: "1" } })).status).toBe(201);
  expect((await claim(key, { customer: "c-2", identifiers: { phone: "2" } })).status).toBe(201);
});

test("a limit that is set later knows of the claims before it", async () => {
  const { key } = await someCodes(api, 5);
  expect((await claim(key, { customer: "c-1", identifiers })).status).toBe(201);
  await api.rest("PUT", `/v1/coupon-pools/${key}`, {
    body: { key, claim: { perDevice: 1 } },
    headers: { "if-match": "*" },
  });
  expect((await claim(key, { customer: "c-2", identifiers })).body.code).toBe("claim-refused");
});

test("a claim that is repeated with its Idempotency-Key gets the same code, and takes no other", async () => {
  const { key } = await someCodes(api, 10, { claim: { perCustomer: 1 } });
  const first = await claim(key, { customer: "c-1" }, { idempotencyKey: "till-7" });
  const again = await claim(key, { customer: "c-1" }, { idempotencyKey: "till-7", via: other });
  expect(again.body).toEqual(first.body);
  expect(again.headers["idempotent-replayed"]).toBe("true");
  expect((await claim(key, { customer: "c-2" }, { idempotencyKey: "till-7" })).status).toBe(422);
  expect((await exported(api, key, "?claimed=true")).length).toBe(1);
});

test("validity counts from the claim where the pool says so", async () => {
  const { key } = await someCodes(api, 1, { validFor: "PT36H", validSince: "claim" });
  const { body } = await claim(key, { customer: "c-1" });
  expect(Date.parse(body.expiresAt) - Date.parse(body.claimedAt)).toBe(36 * 3_600_000);
  expect((await api.rest("GET", `/v1/coupons/${body.code}`)).body.expiresAt).toBe(body.expiresAt);
});

test("void, expired, used and transferred codes are not given out", async () => {
  const { key, codes } = await someCodes(api, 5);
  await api.rest("POST", `/v1/coupons/${codes[0]}/void`);
  await api.rest("POST", `/v1/coupons/${codes[1]}/transfer`, { body: { customer: "c-9" } });
  await database.pool.query("update coupons set used = 1 where code = $1", [codes[2]]);
  await database.pool.query("update coupons set expires_at = now() where code = $1", [codes[3]]);
  expect((await claim(key, { customer: "c-1" })).body.code).toBe(codes[4]);
  expect((await claim(key, { customer: "c-1" })).body.errors[0].code).toBe("pool_empty");
});

test("devices, phones and addresses are counted, but stored nowhere", async () => {
  const { key } = await someCodes(api, 3, { claim: { perDevice: 1, perPhone: 1, perIp: 1 } });
  const secrets = { device: "canary-device", phone: "canary-phone", ip: "canary-ip" };
  expect((await claim(key, { customer: "c-1", identifiers: secrets }, { idempotencyKey: "k" })).status).toBe(
    201,
  );
  const { rows } = await database.pool.query<{ tablename: string }>(
    "select tablename from pg_tables where schemaname = 'public'",
  );
  for (const { tablename } of rows) {
    const found = await database.pool.query(
      `select 1 from ${tablename} as row where row::text like '%canary%'`,
    );
    expect([tablename, found.rowCount]).toEqual([tablename, 0]);
  }
});

test("the ledger has an entry of every claim, and the counters are its sums", async () => {
  const { rows } = await database.pool.query(
    `select 1 from counters c
      full join (select project_id, rule_id, measure, holder, period, sum(used) as used from ledger_postings
                  where measure = 'claims' group by 1, 2, 3, 4, 5) e using (project_id, rule_id, measure, holder, period)
     where coalesce(c.measure, 'claims') = 'claims' and coalesce(c.used, 0) <> coalesce(e.used, 0)`,
  );
  expect(rows).toEqual([]);
});

test("a claim needs a customer, a pool that is there, and a till's or a shop's key", async () => {
  const key = await makePool(api);
  expect((await claim(key, {})).status).toBe(400);
  expect((await claim("nothing", { customer: "c" })).body.code).toBe("coupon-pool-not-found");
  const by = (role: "viewer" | "erp") =>
    api.rest("POST", `/v1/coupon-pools/${key}/claim`, { role, body: { customer: "c" } });
  expect([(await by("viewer")).status, (await by("erp")).status]).toEqual([403, 403]);
});
