import { afterAll, beforeAll, expect, test } from "vitest";
import { millisecondsPerDay } from "../../../src/engine/zone.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { faultOf } from "../orders-fixture.ts";
import { couponsOf } from "../redemptions/redemption-fixture.ts";
import { referralSteps } from "./referral-steps.ts";

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

const { programme, codeOf, refer, pays, orderIs, friendsOf, settled, prizesOf, pointsOf, hold } =
  referralSteps(() => api);

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
