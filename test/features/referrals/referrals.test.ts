import { afterAll, beforeAll, expect, test } from "vitest";
import { millisecondsPerDay } from "../../../src/engine/zone.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { faultOf } from "../orders-fixture.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { couponsOf } from "../redemptions/redemption-fixture.ts";

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

const points = { kind: "points", points: 300 };
const coupon = { kind: "coupon", pool: "welcome" };

async function programme(key: string, document: object): Promise<void> {
  const answer = await api.rest("PUT", `/v1/referral-programmes/${key}`, {
    role: "marketing",
    headers: { "if-match": "*" },
    body: { friend: coupon, referrer: points, ...document },
  });
  expect(answer.status, answer.text).toBe(200);
}

async function codeOf(key: string, customer: string, identifiers?: object): Promise<string> {
  const body = { customer, ...(identifiers !== undefined && { identifiers }) };
  const answer = await api.rest("POST", `/v1/referral-programmes/${key}/members`, { role: "checkout", body });
  expect(answer.status, answer.text).toBe(200);
  return answer.body.code;
}

function refer(key: string, code: string, customer: string, more: object = {}): Promise<Answer> {
  const body = { code, customer, ...more };
  return api.rest("POST", `/v1/referral-programmes/${key}/referrals`, { role: "checkout", body });
}

let orders = 0;
async function pays(customer: string, more: object = {}): Promise<string> {
  orders += 1;
  const id = `paid-${orders}`;
  await orderIs(id, customer, more);
  return id;
}

async function orderIs(id: string, customer: string, more: object = {}): Promise<void> {
  const answer = await api.rest("PUT", `/v1/orders/${id}`, {
    role: "erp",
    body: {
      version: 1,
      status: "paid",
      currency: "CNY",
      placedAt: new Date(api.clock.now()).toISOString(),
      customer,
      lines: [{ id: "1", sku: "SET", quantity: 1, unitPrice: 20_000 }],
      total: 20_000,
      ...more,
    },
  });
  expect(answer.status, answer.text).toBeLessThan(300);
}

/** State and reason of each friend. */
async function friendsOf(key: string): Promise<Record<string, string>> {
  const { status, text, body } = await api.rest("GET", `/v1/referral-programmes/${key}/referrals?limit=200`, {
    role: "viewer",
  });
  expect(status, text).toBe(200);
  const items = body.items as { customer: string; state: string; reason: string | null; isCapped: boolean }[];
  return Object.fromEntries(
    items.map(({ customer, state, reason, isCapped }) => [
      customer,
      [state, reason, isCapped ? "capped" : null].filter((word) => word !== null).join(" "),
    ]),
  );
}

const settled = (key: string, friends: Record<string, string>) =>
  expect.poll(() => friendsOf(key), { timeout: 20_000, interval: 20 }).toEqual(friends);

/** By reference, without the referral's id. */
async function prizesOf(customer: string): Promise<string[]> {
  const { body } = await api.rest("GET", `/v1/prizes?customer=${customer}&source=referral`);
  const items = body.items as {
    reference: string;
    state: string;
    couponStatus: string | null;
    reason: string | null;
  }[];
  return items
    .map(({ reference, ...prize }) =>
      [reference.split("/")[1], prize.state, prize.couponStatus ?? prize.reason ?? ""].join(" ").trim(),
    )
    .sort();
}

async function pointsOf(customer: string): Promise<number> {
  return (await api.rest("GET", `/v1/customers/${customer}/points`)).body.available;
}

const hold = () => api.clock.advance(15 * millisecondsPerDay);

test("a member has one code however many ask at once, and its QR image leads to the shop", async () => {
  await programme("posters", { link: "https://shop.example/?ref={code}" });
  const codes = await Promise.all(Array.from({ length: 12 }, () => codeOf("posters", "anna")));
  expect(new Set(codes).size).toBe(1);
  const image = await api.rest("GET", `/v1/referral-codes/${codes[0]?.toLowerCase()}/qr`, { role: "pos" });
  expect([image.status, image.text.slice(0, 4)]).toEqual([200, "<svg"]);
  expect(faultOf(await api.rest("GET", "/v1/referral-codes/NONESUCH00/qr"))).toBe(
    "404 referral-code-not-found",
  );
  expect(faultOf(await refer("posters", "NONESUCH00", "bob"))).toBe("404 referral-code-not-found");
});

test("both sides are rewarded once, when the hold on the first paid order is over", async () => {
  await programme("both", { minAmount: { CNY: 20_000 } });
  const code = await codeOf("both", "both-anna");
  await Promise.all(Array.from({ length: 6 }, () => refer("both", code, "both-bob", { channel: "wechat" })));
  await refer("both", code, "both-cheap");
  expect(await friendsOf("both")).toEqual({ "both-bob": "attributed", "both-cheap": "attributed" });
  const order = await pays("both-bob", { status: "placed" });
  await pays("both-cheap", { total: 19_999 });
  await settled("both", { "both-bob": "attributed", "both-cheap": "refused amount_too_low" });
  await orderIs(order, "both-bob", { version: 2 });
  await settled("both", { "both-bob": "qualified", "both-cheap": "refused amount_too_low" });
  expect([await prizesOf("both-bob"), await prizesOf("both-anna")]).toEqual([[], []]);
  hold();
  await settled("both", { "both-bob": "rewarded", "both-cheap": "refused amount_too_low" });
  // What comes later changes nothing any more.
  await orderIs(order, "both-bob", { version: 3, status: "returned" });
  await pays("both-bob");
  expect(await prizesOf("both-bob")).toEqual(["friend granted usable"]);
  expect(await prizesOf("both-anna")).toEqual(["referrer granted"]);
  expect(await pointsOf("both-anna")).toBe(300);
  const { rows } = await database.pool.query<{ type: string; count: number }>(
    `select type, count(*)::int as count from outbox_events where project_id = $1 and data ->> 'programme' = 'both'
      group by type order by type`,
    [api.project.id],
  );
  expect(Object.fromEntries(rows.map(({ type, count }) => [type, count]))).toEqual({
    "dealwright.prize.granted": 2,
    "dealwright.referral.attributed": 2,
    "dealwright.referral.qualified": 1,
    "dealwright.referral.refused": 1,
    "dealwright.referral.rewarded": 1,
  });
  const results = await api.rest("GET", "/v1/referral-programmes/both/results", { role: "marketing" });
  expect(results.body).toEqual({
    members: 1,
    referrals: [
      { state: "refused", reason: "amount_too_low", channel: null, count: 1 },
      { state: "rewarded", reason: null, channel: "wechat", count: 1 },
    ],
    giftsLeft: null,
  });
});

test("what was given at once is taken back when the order comes back within the hold", async () => {
  await programme("at-once", { given: "paid", gift: { sku: "TOTE", stock: 1, to: "friend" } });
  const code = await codeOf("at-once", "once-anna");
  await refer("at-once", code, "once-bob");
  const order = await pays("once-bob");
  await settled("at-once", { "once-bob": "qualified" });
  expect(await prizesOf("once-bob")).toEqual(["friend granted usable", "gift granted"]);
  expect(await pointsOf("once-anna")).toBe(300);
  await orderIs(order, "once-bob", { version: 2, status: "returned" });
  await settled("at-once", { "once-bob": "reversed order_returned" });
  expect(await prizesOf("once-bob")).toEqual(["friend recovered void", "gift recovered"]);
  expect(await pointsOf("once-anna")).toBe(0);
  const results = await api.rest("GET", "/v1/referral-programmes/at-once/results");
  expect(results.body.giftsLeft).toBe(1);
});

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

test("gifts are as many as there are, and a member is rewarded up to the cap, whoever pays at the same time", async () => {
  await programme("caps", {
    gift: { sku: "TOTE", stock: 5, to: "friend" },
    mostRewards: 9,
    mostRewardsPer: { period: "day", count: 7 },
    holdDays: 0,
  });
  const code = await codeOf("caps", "caps-anna");
  const friends = Array.from({ length: 12 }, (_, index) => `caps-${index}`);
  await Promise.all(friends.map((friend) => refer("caps", code, friend)));
  await Promise.all(friends.map((friend) => pays(friend)));
  const states = async () => Object.values(await friendsOf("caps")).sort();
  await expect
    .poll(states, { timeout: 20_000, interval: 20 })
    .toEqual([...Array(7).fill("rewarded"), ...Array(5).fill("rewarded capped")]);
  const given = (await Promise.all(friends.map(prizesOf))).flat();
  expect(given.filter((prize) => prize === "friend granted usable")).toHaveLength(12);
  expect(given.filter((prize) => prize === "gift granted")).toHaveLength(5);
  const ofAnna = await prizesOf("caps-anna");
  expect(ofAnna.filter((prize) => prize === "referrer granted")).toHaveLength(7);
  expect(ofAnna.filter((prize) => prize === "referrer refused cap_reached")).toHaveLength(5);
  expect(await pointsOf("caps-anna")).toBe(2_100);
  // On another day there is room for two more, in all nine.
  api.clock.advance(millisecondsPerDay);
  for (const friend of ["caps-a", "caps-b", "caps-c"]) {
    await refer("caps", code, friend);
    await pays(friend);
  }
  await expect
    .poll(states, { timeout: 20_000, interval: 20 })
    .toEqual([...Array(9).fill("rewarded"), ...Array(6).fill("rewarded capped")]);
});

test("nobody brings themselves, their own device or each other, and a refusal says why", async () => {
  await programme("fair", { friendsPerIp: 2 });
  await pays("fair-old");
  api.clock.advance(millisecondsPerDay);
  const anna = await codeOf("fair", "fair-anna", { device: "d-anna", phone: "0170 1" });
  const bob = await codeOf("fair", "fair-bob");
  const outcome = async (code: string, friend: string, identifiers: object = {}) => {
    const { body } = await refer("fair", code, friend, { identifiers });
    return [body.state, body.reason].join(" ").trim();
  };
  expect(await outcome(anna, "fair-anna")).toBe("refused self_referral");
  expect(await outcome(anna, "fair-twin", { phone: "0170 1" })).toBe("refused self_referral");
  expect(await outcome(anna, "fair-old")).toBe("refused not_new");
  expect(await outcome(anna, "fair-bob")).toBe("attributed");
  // Anna was brought by nobody yet, but bringing her back would close a ring.
  expect(await outcome(await codeOf("fair", "fair-cleo"), "fair-dora")).toBe("attributed");
  expect(await outcome(await codeOf("fair", "fair-dora"), "fair-emil")).toBe("attributed");
  expect(await outcome(await codeOf("fair", "fair-emil"), "fair-cleo")).toBe("refused ring");
  // One device is one friend, one address at most two.
  const farm = Array.from({ length: 6 }, (_, index) =>
    outcome(bob, `fair-farm-${index}`, { device: "d-farm", ip: "203.0.113.7" }),
  );
  expect((await Promise.all(farm)).sort()).toEqual(["attributed", ...Array(5).fill("refused ring")]);
  const network = Array.from({ length: 4 }, (_, index) =>
    outcome(bob, `fair-net-${index}`, { ip: "203.0.113.7" }),
  );
  expect((await Promise.all(network)).sort()).toEqual(["attributed", ...Array(3).fill("refused ring")]);
  // The first answer stands.
  expect(await outcome(bob, "fair-twin")).toBe("refused self_referral");
  const rings = await api.rest("GET", "/v1/referral-programmes/fair/referrals?reason=ring");
  expect(rings.body.items).toHaveLength(9);
  const dump = await database.pool.query(
    "select t::text from referrals t union all select t::text from referral_members t",
  );
  expect(JSON.stringify(dump.rows)).not.toMatch(/d-farm|d-anna|0170|203\.0\.113/);
});

test("a sign-up that brings a code is a referral, however often it is told", async () => {
  await programme("signs", {});
  const code = await codeOf("signs", "signs-anna");
  const event = (id: string, data: object) => ({
    specversion: "1.0",
    id,
    source: "/app",
    type: "sign_up",
    time: new Date(api.clock.now()).toISOString(),
    data: { channel: "moments", ...data },
  });
  const events = [
    event("s-1", { customer: "signs-bob", referrer: code.toLowerCase() }),
    event("s-2", { customer: "signs-cleo", referrer: "somebody" }),
    event("s-3", { visitor: "v-1", referrer: code }),
  ];
  for (const body of [{ events }, { events }]) {
    const answer = await api.rest("POST", "/v1/events/batch", { role: "checkout", body });
    expect(answer.status, answer.text).toBe(200);
  }
  expect(await friendsOf("signs")).toEqual({ "signs-bob": "attributed" });
});

const signUp = (id: string, data: object, time = api.clock.now()) =>
  api.rest("POST", "/v1/events", {
    role: "checkout",
    body: {
      specversion: "1.0",
      id,
      source: "/app",
      type: "sign_up",
      time: new Date(time).toISOString(),
      data,
    },
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

test("a programme is changed by whoever has seen it, counts friends in its time, and says what is wrong with it", async () => {
  const put = (body: object, ifMatch: string) =>
    api.rest("PUT", "/v1/referral-programmes/short", { body, headers: { "if-match": `"${ifMatch}"` } });
  expect((await put({}, "7")).status).toBe(412);
  const window = { startsAt: "2026-11-11T00:00:00Z", endsAt: "2026-11-11T00:00:00Z" };
  expect(faultOf(await put(window, "0"))).toBe("400 invalid-request /endsAt period_empty");
  expect((await put({ link: "https://shop.example/" }, "0")).status).toBe(400);
  expect((await put({ endsAt: "2026-11-01T00:00:00Z" }, "0")).body.version).toBe(1);
  expect([(await put({}, "0")).status, (await put({}, "1")).body.version]).toEqual([412, 2]);
  expect((await put({ endsAt: "2026-11-01T00:00:00Z" }, "2")).body.version).toBe(3);
  const code = await codeOf("short", "short-anna");
  expect(faultOf(await refer("short", code, "short-bob"))).toBe("409 referral-programme-closed");
  expect(faultOf(await refer("none", code, "short-bob"))).toBe("404 referral-programme-not-found");
  const keys = (await api.rest("GET", "/v1/referral-programmes")).body.items as { key: string }[];
  expect(keys.map(({ key }) => key)).toContain("short");
});
