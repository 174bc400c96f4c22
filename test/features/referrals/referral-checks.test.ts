import { afterAll, beforeAll, expect, test } from "vitest";
import { millisecondsPerDay } from "../../../src/engine/zone.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { faultOf } from "../orders-fixture.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { couponsOf } from "../redemptions/redemption-fixture.ts";
import { coupon, points, referralSteps } from "./referral-steps.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  const codes = Array.from({ length: 40 }, (_, index) => `WELCOME${String(index).padStart(4, "0")}`);
  await couponsOf(database, api.project.id, "welcome", codes);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

const { programme, codeOf, refer, pays, friendsOf, settled, prizesOf, pointsOf, hold, signUp } =
  referralSteps(() => api);

test("a gift is whoever's qualified for it, also where the programme gives another or none when the hold is over", async () => {
  const key = "kept-gift";
  await programme(key, { gift: { sku: "TOTE", stock: 1, to: "friend" } });
  const code = await codeOf(key, "kept-anna");
  await refer(key, code, "kept-bob");
  await pays("kept-bob");
  await settled(key, { "kept-bob": "qualified" });
  const body = { friend: coupon, referrer: points };
  const changed = await api.rest("PUT", `/v1/referral-programmes/${key}`, {
    body,
    headers: { "if-match": '"1"' },
  });
  expect(changed.status, changed.text).toBe(200);
  hold();
  await settled(key, { "kept-bob": "rewarded" });
  expect(await prizesOf("kept-bob")).toEqual(["friend granted usable", "gift granted"]);
  const given = await api.rest("GET", "/v1/prizes?customer=kept-bob&source=referral", { role: "checkout" });
  expect(given.body.items).toContainEqual(
    expect.objectContaining({ prize: { kind: "gift", sku: "TOTE", quantity: 1 } }),
  );
  // Whoever serves a customer sees that one's codes, not everybody's.
  const roles = ["checkout", "pos", "erp", "marketing", "viewer", "admin"] as const;
  const seen = await Promise.all(roles.map((role) => api.rest("GET", "/v1/prizes", { role })));
  const refused = "403 forbidden-role /customer required";
  expect(seen.map(faultOf).slice(0, 3)).toEqual([refused, refused, refused]);
  expect(seen.slice(3).map(({ status }) => status)).toEqual([200, 200, 200]);
});

test("a guest who turns out to be the member was no friend: neither side is rewarded when the hold is over", async () => {
  await programme("own", {});
  const code = await codeOf("own", "own-anna");
  await refer("own", code, "own-browser");
  await pays("own-browser");
  await settled("own", { "own-browser": "qualified" });
  const merged = await api.rest("POST", "/v1/customers/own-anna/merge", {
    role: "erp",
    body: { guest: "own-browser" },
  });
  expect(merged.status, merged.text).toBe(200);
  hold();
  await settled("own", { "own-anna": "reversed self_referral" });
  expect(await prizesOf("own-anna")).toEqual([]);
});

test("a device or phone that is told after the sign-up counts as if it had been told with it", async () => {
  await programme("later", { holdDays: 0 });
  const code = await codeOf("later", "later-anna", { device: "later-d", phone: "0171 1" });
  const friends = ["later-twin", "later-one", "later-two"];
  for (const customer of friends) await signUp(customer, { customer, referrer: code });
  const outcome = async (friend: string, identifiers: object) => {
    const { body } = await refer("later", code, friend, { identifiers });
    return [body.state, body.reason].join(" ").trim();
  };
  expect(await outcome("later-twin", { device: "later-d", phone: "0171 1" })).toBe("refused self_referral");
  // The same again is the same device, not one more friend.
  expect(await outcome("later-one", { device: "later-farm" })).toBe("attributed");
  expect(await outcome("later-one", { device: "later-farm" })).toBe("attributed");
  expect(await outcome("later-two", { device: "later-farm" })).toBe("refused ring");
  // Nor does it help the member to be silent until then.
  const silent = await codeOf("later", "later-bob");
  await refer("later", silent, "later-self", { identifiers: { phone: "0172 2" } });
  expect(await codeOf("later", "later-bob", { phone: "0172 2" })).toBe(silent);
  await pays("later-self");
  await settled("later", {
    "later-twin": "refused self_referral",
    "later-one": "attributed",
    "later-two": "refused ring",
    "later-self": "refused self_referral",
  });
  expect(await pointsOf("later-bob")).toBe(0);
});

test("a friend came when the event says so, after the code was given, and stays one when the programme is over", async () => {
  const endsAt = new Date(api.clock.now() + 2 * millisecondsPerDay).toISOString();
  await programme("late", { endsAt });
  const code = await codeOf("late", "late-anna");
  const came = api.clock.now() + millisecondsPerDay;
  api.clock.advance(millisecondsPerDay + 4 * 3_600_000);
  await pays("late-bob");
  await pays("late-old");
  api.clock.advance(2 * millisecondsPerDay);
  await signUp("late-bob", { customer: "late-bob", referrer: code }, came);
  await signUp("late-cleo", { customer: "late-cleo", referrer: code });
  await settled("late", { "late-bob": "qualified" });
  expect((await refer("late", code, "late-bob")).body).toMatchObject({
    state: "qualified",
    attributedAt: new Date(came).toISOString(),
  });
  expect(faultOf(await refer("late", code, "late-old"))).toBe("409 referral-programme-closed");
  // Nobody came by a code that there was not.
  const joinedAt = api.clock.now();
  await programme("late-2", {});
  await signUp("late-emil", { customer: "late-emil", referrer: await codeOf("late-2", "late-dora") }, came);
  const { body } = await api.rest("GET", "/v1/referral-programmes/late-2/referrals");
  expect(body.items).toMatchObject([{ attributedAt: new Date(joinedAt).toISOString() }]);
});

test("a code that is shown again is written nowhere, and brings nobody once its member is erased", async () => {
  await programme("shown", {});
  const identifiers = { device: "shown-d" };
  const code = await codeOf("shown", "shown-anna", identifiers);
  const version = async () => {
    const { rows } = await database.pool.query("select xmin from referral_members where code = $1", [code]);
    return rows[0].xmin;
  };
  const before = await version();
  expect(await codeOf("shown", "shown-anna", identifiers)).toBe(code);
  expect(await codeOf("shown", "shown-anna")).toBe(code);
  expect(await version()).toBe(before);
  expect((await api.rest("POST", "/v1/customers/shown-anna/erase", { role: "erp" })).status).toBe(200);
  expect(faultOf(await refer("shown", code, "shown-bob"))).toBe("404 referral-code-not-found");
  await signUp("shown-bob", { customer: "shown-bob", referrer: code });
  expect(await friendsOf("shown")).toEqual({});
  expect(await codeOf("shown", "shown-anna")).toBe(code);
  expect((await refer("shown", code, "shown-bob")).body.state).toBe("attributed");
});

test("each project has its share of what is looked at, however long another's referrals wait", async () => {
  await programme("share", {});
  const code = await codeOf("share", "share-anna");
  for (const friend of ["share-1", "share-2", "share-3"]) await refer("share", code, friend);
  const neighbour = await projectWithKeys(database, api.clock.now());
  const connection = await database.pool.connect();
  try {
    await connection.query("begin");
    for (const table of ["referral_members", "referrals"])
      await connection.query(
        `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object('project_id', $2::text))).*
           from ${table} t where project_id = $1 and programme = 'share'`,
        [api.project.id, neighbour.id],
      );
    const now = new Date(api.clock.now());
    await connection.query("update referrals set due_at = 'epoch' where project_id = $1", [api.project.id]);
    await connection.query("update referrals set due_at = $2 where project_id = $1", [neighbour.id, now]);
    const { rows } = await connection.query<{ id: string; count: number }>(
      "select project_id as id, count(*)::int as count from due_referrals($1, 2) group by project_id",
      [now],
    );
    expect(Object.fromEntries(rows.map(({ id, count }) => [id, count]))).toEqual({
      [api.project.id]: 2,
      [neighbour.id]: 2,
    });
  } finally {
    await connection.query("rollback");
    connection.release();
  }
});

test("an erasure waits for whoever numbers events before it locks anything that numbering marks", async () => {
  await programme("order", {});
  await refer("order", await codeOf("order", "order-anna"), "order-bob");
  const countOf = async (query: string) => (await database.pool.query(query)).rowCount;
  await expect
    .poll(() => countOf("select from outbox_events where position is null"), { timeout: 20_000 })
    .toBe(0);
  const connection = await database.pool.connect();
  try {
    await connection.query("begin");
    await connection.query("select pg_advisory_xact_lock(730511820, hashtext($1))", [api.project.id]);
    const erased = api.rest("POST", "/v1/customers/order-bob/erase", { role: "erp" });
    const waiting = `select from pg_locks where not granted and locktype = 'advisory' and classid = 730511820
      and database = (select oid from pg_database where datname = current_database())`;
    await expect.poll(() => countOf(waiting), { timeout: 20_000 }).toBeGreaterThan(0);
    await connection.query("update referrals set due_at = due_at where customer_id = 'order-bob'");
    await connection.query("commit");
    expect((await erased).status).toBe(200);
  } finally {
    await connection.query("rollback");
    connection.release();
  }
});
