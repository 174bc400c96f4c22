/** Policies: what is done by itself when a campaign's figures pass a bound, once, on record, and how it is taken back. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../../src/platform/log.ts";
import { servicesOf } from "../../../src/services.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { until } from "../limits-fixture.ts";
import { faultOf } from "../orders-fixture.ts";
import { activePromotion, orderOf, redeem } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Two more processes, which look at policies when they are told to. */
let others: ReturnType<typeof servicesOf>["policies"][];
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  const { clock } = api;
  others = [1, 2].map(() => servicesOf({ database, clock, log: silentLog }).policies);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const call = (method: "GET" | "POST" | "PUT", path: string, body?: object) =>
  api.rest(method, path, { role: "marketing", body, headers: { "if-match": "*" } });
const look = () => Promise.all(others.map((policies) => policies.look()));

async function campaign(key: string, fields: object = {}) {
  const window = { startsAt: "2026-11-01T00:00:00Z", endsAt: "2026-12-01T00:00:00Z" };
  const created = await call("POST", "/v1/campaigns", { key, name: key, ...window, ...fields });
  expect(created.status, created.text).toBe(201);
}
const put = (of: string, key: string, document: object) =>
  call("PUT", `/v1/campaigns/${of}/policies/${key}`, document);
const actionsOf = async (of: string) => (await call("GET", `/v1/campaigns/${of}/policy-actions`)).body.items;
const statusOf = async (key: string) =>
  (await call("GET", `/v1/promotions?campaign=${key}`)).body.items.map(
    ({ status }: { status: string }) => status,
  );

/** Each 100.00 of goods, of which 60.00 are left: 40.00 given away for 60.00 paid. */
async function sell(of: string, orders: number, channel = "web") {
  const before = (await call("GET", `/v1/campaigns/${of}/live`)).body.figures.orders;
  for (let i = 0; i < orders; i++) {
    const { status } = await redeem(api, orderOf({ channel, mode: "commit", codes: [of.toUpperCase()] }));
    expect(status).toBe(201);
  }
  await until(
    async () => (await call("GET", `/v1/campaigns/${of}/live`)).body.figures.orders === before + orders,
  );
}
const forty = (of: string, key: string) =>
  activePromotion(api, key, {
    campaign: of,
    trigger: { type: "code", code: of.toUpperCase() },
    benefits: [{ kind: "percent_off", percent: 40 }],
  });

test("the stop-loss pauses all promotions of the campaign once, and undone they are active again", async () => {
  await campaign("loss");
  await forty("loss", "loss-40");
  // (60 − 40) ÷ 40 = 0.5.
  await put("loss", "stop-loss", {
    when: { metric: "roi", below: 0.51, minSample: 3 },
    act: { kind: "pause_promotions" },
  });
  await sell("loss", 2);
  await look();
  expect(await actionsOf("loss")).toEqual([]);
  await sell("loss", 1);
  api.clock.advance(31_000);
  await look();
  await until(async () => (await actionsOf("loss")).length > 0);
  const [action, ...more] = await actionsOf("loss");
  expect(more).toEqual([]);
  expect(action).toMatchObject({
    policy: "stop-loss",
    channel: null,
    evidence: { metric: "roi", actual: 0.5, bound: 0.51, sample: 3 },
    changes: [{ what: "promotion loss-40", before: "active", after: "paused" }],
    failure: null,
    undoneAt: null,
  });
  expect(await statusOf("loss")).toEqual(["paused"]);
  const undo = () => call("POST", `/v1/campaigns/loss/policy-actions/${action.id}/undo`);
  expect((await undo()).body.undoneAt).toEqual(expect.any(String));
  expect(await statusOf("loss")).toEqual(["active"]);
  expect((await undo()).status).toBe(200);
  // It may act once in all, and has.
  api.clock.advance(3_700_000);
  await look();
  expect(await statusOf("loss")).toEqual(["active"]);
});

test("a weak channel is paused by itself, a cap is raised to 120 % and no further, an extra is put into force", async () => {
  await campaign("live", {
    budget: { currency: "CNY", amount: 1_000_000 },
    guards: { discounts: { amount: { CNY: 1_000_000 } } },
  });
  await forty("live", "live-40");
  await call("POST", "/v1/promotions", {
    key: "live-extra",
    campaign: "live",
    trigger: { type: "code", code: "EXTRA" },
    benefits: [{ kind: "gift", sku: "BAG", stock: 100 }],
  });
  await put("live", "channels", {
    when: { metric: "orders", per: "channel", below: 3, minSample: 1 },
    act: { kind: "pause_channel" },
  });
  await put("live", "cap", {
    when: { metric: "gmv", above: 1, minSample: 1 },
    act: { kind: "raise_discount_cap", byPercent: 15 },
    most: 3,
    pauseMinutes: 1,
  });
  await put("live", "extra", {
    when: { metric: "orders", above: 3, minSample: 1 },
    act: { kind: "activate_promotion", promotion: "live-extra" },
  });
  await sell("live", 3, "web");
  await sell("live", 1, "app");
  const did = async (policy: string) =>
    (await call("GET", `/v1/campaigns/live/policy-actions?policy=${policy}`)).body.items.length;
  for (let times = 1; times <= 3; times++) {
    api.clock.advance(61_000);
    await until(async () => {
      await look();
      // The service looks by itself as well, on a busy machine before we do.
      return (await did("cap")) >= times;
    });
  }
  const guards = async () => (await call("GET", "/v1/campaigns/live")).body.guards;
  await until(async () => (await actionsOf("live")).length >= 5);
  expect(await guards()).toMatchObject({ pausedChannels: ["app"], discounts: { percent: 120 } });
  expect((await statusOf("live")).sort()).toEqual(["active", "active"]);
  const actions = await actionsOf("live");
  const changed = actions.map(({ policy, changes }: { policy: string; changes: object[] }) => [
    policy,
    changes,
  ]);
  expect(changed.filter(([policy]: [string]) => policy === "cap")).toEqual([
    ["cap", []],
    ["cap", [{ what: "discountCap", before: "115", after: "120" }]],
    ["cap", [{ what: "discountCap", before: "100", after: "115" }]],
  ]);
  for (const { id } of actions) await call("POST", `/v1/campaigns/live/policy-actions/${id}/undo`);
  expect(await guards()).toMatchObject({ pausedChannels: [], discounts: { percent: 100 } });
  expect((await statusOf("live")).sort()).toEqual(["active", "paused"]);
});

test("two weak channels are paused together, and a stop-loss takes what is planned with it and lets alone what is killed", async () => {
  await campaign("weak", {
    budget: { currency: "CNY", amount: 1_000_000 },
    guards: { discounts: { amount: { CNY: 1_000_000 } } },
  });
  await forty("weak", "weak-40");
  await activePromotion(api, "weak-planned", {
    campaign: "weak",
    schedule: { startsAt: "2026-11-25T00:00:00Z", endsAt: "2026-11-26T00:00:00Z" },
  });
  const killed = await activePromotion(api, "weak-killed", {
    campaign: "weak",
    trigger: { type: "code", code: "NEVER" },
  });
  const kill = await api.rest("POST", `/v1/promotions/${killed}/kill`, { body: { reason: "wrong" } });
  expect(kill.status, kill.text).toBe(200);
  await put("weak", "channels", {
    when: { metric: "orders", per: "channel", below: 3, minSample: 1 },
    act: { kind: "pause_channel" },
    most: 2,
    pauseMinutes: 1,
  });
  await sell("weak", 3, "web");
  await sell("weak", 1, "app");
  await sell("weak", 2, "store");
  const paused = async () => (await call("GET", "/v1/campaigns/weak")).body.guards.pausedChannels ?? [];
  await until(async () => {
    api.clock.advance(61_000);
    await look();
    return (await paused()).length === 2;
  });
  expect((await paused()).sort()).toEqual(["app", "store"]);
  await put("weak", "stop-loss", {
    when: { metric: "roi", below: 0.51, minSample: 3 },
    act: { kind: "pause_promotions" },
  });
  await until(async () => {
    api.clock.advance(31_000);
    await look();
    return (await actionsOf("weak")).some(({ policy }: { policy: string }) => policy === "stop-loss");
  });
  const [stop] = (await actionsOf("weak")).filter(({ policy }: { policy: string }) => policy === "stop-loss");
  const changes = (before: string, after: string) => [
    { what: "promotion weak-40", before, after },
    { what: "promotion weak-planned", before, after },
  ];
  expect(stop.changes).toEqual(changes("active", "paused"));
  // Undone where a launch check is asked for: what ran before needs none.
  const asked = await call("PUT", "/v1/campaigns/weak", {
    key: "weak",
    name: "weak",
    startsAt: "2026-11-01T00:00:00Z",
    endsAt: "2026-12-01T00:00:00Z",
    launchCheck: { withinHours: 1 },
  });
  expect(asked.status, asked.text).toBe(200);
  const undone = await call("POST", `/v1/campaigns/weak/policy-actions/${stop.id}/undo`);
  expect(undone.status, undone.text).toBe(200);
  const { items } = (await call("GET", "/v1/promotions?campaign=weak")).body;
  const statuses = Object.fromEntries(items.map(({ key, status }: Record<string, string>) => [key, status]));
  expect(statuses).toEqual({ "weak-40": "active", "weak-planned": "scheduled", "weak-killed": "paused" });
});

test("what cannot be done is noted once, with the reason", async () => {
  await campaign("broken");
  await forty("broken", "broken-40");
  await put("broken", "extra", {
    when: { metric: "orders", above: 0, minSample: 1 },
    act: { kind: "activate_promotion", promotion: "nobody" },
  });
  await sell("broken", 1);
  for (let i = 0; i < 2; i++) {
    api.clock.advance(31_000);
    await look();
  }
  await until(async () => (await actionsOf("broken")).length > 0);
  expect(await actionsOf("broken")).toMatchObject([{ failure: "promotion-not-found", changes: [] }]);
});

test("a policy that makes no sense is refused", async () => {
  const when = { metric: "roi", below: 1 };
  const act = { kind: "pause_channel" };
  expect(faultOf(await put("nowhere", "p", { when, act: { kind: "alert" } }))).toBe("404 campaign-not-found");
  expect(faultOf(await put("loss", "p", { when, act }))).toBe(
    "400 invalid-request /when/per channel_required",
  );
  expect(faultOf(await put("loss", "p", { when: { metric: "roi" }, act: { kind: "alert" } }))).toBe(
    "400 invalid-request /when/below bounds_contradict",
  );
  const raise = { kind: "raise_discount_cap", byPercent: 21 };
  expect((await put("loss", "p", { when, act: raise })).status).toBe(400);
});
