import { afterAll, beforeAll, expect, test } from "vitest";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { defaultSettings } from "../../src/engine/settings.ts";
import { campaignRules, conflictEvidence } from "../../src/features/launch-checks/campaign-rules.ts";
import {
  judgeBudget,
  judgeChannelPrices,
  judgeConflicts,
  judgeFloors,
  judgeGoals,
  judgeLatency,
  judgePools,
  judgePromotions,
  judgeStock,
  judgeTracking,
  judgeWebhooks,
} from "../../src/features/launch-checks/launch-check-lines.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "./api.ts";
import { until } from "./limits-fixture.ts";
import { faultOf, putOrder } from "./orders-fixture.ts";
import { startReceiver } from "./webhooks/receiver.ts";

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { webhookTargets: "any" });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const outcomes = (lines: { name: string; outcome: string }[], without: string[] = []) =>
  Object.fromEntries(lines.flatMap(({ name, outcome }) => (without.includes(name) ? [] : [[name, outcome]])));
/** How long the machine takes is not for a test to say. */
const measured = ["database_latency", "evaluation_latency"];

test("each line is red on one side of its border and green on the other", () => {
  const conflicts = {
    compared: 2,
    undecided: [],
    sharedCodes: [],
    others: [],
    elsewhere: [],
    elsewhereWithOthers: [],
    isComplete: true,
    isCompleteAcross: true,
  };
  const floors = { marginFloor: null, skus: 2, below: [], belowAtBest: [], untried: [] };
  const stock = { promised: [{ sku: "A", units: 5, onHand: 5 }], ageSeconds: 60, maxAgeSeconds: 60 };
  const budget = { budget: { currency: "CNY", amount: 1 }, isCapped: true, unbounded: ["a"] };
  const promotions = { keys: ["a"], unsound: [], outside: [], cutAt: null };
  const latency = { samples: 20, medianMilliseconds: 1 };
  const judged = [
    [judgePromotions(promotions), "passed"],
    [judgePromotions({ ...promotions, keys: [] }), "failed"],
    [judgePromotions({ ...promotions, unsound: ["a"] }), "failed"],
    [judgePromotions({ ...promotions, outside: ["a"] }), "failed"],
    [judgePromotions({ ...promotions, cutAt: 1 }), "failed"],
    [judgeConflicts(conflicts), "passed"],
    [judgeConflicts({ ...conflicts, others: ["a and b"] }), "warning"],
    [judgeConflicts({ ...conflicts, undecided: ["a and b"] }), "failed"],
    [judgeConflicts({ ...conflicts, sharedCodes: ["a and b"] }), "failed"],
    [judgeChannelPrices(conflicts, false), "passed"],
    [judgeChannelPrices({ ...conflicts, elsewhere: ["a and b"] }, false), "failed"],
    [judgeChannelPrices({ ...conflicts, elsewhere: ["a and b"] }, true), "warning"],
    [judgeChannelPrices({ ...conflicts, elsewhereWithOthers: ["a and b"] }, false), "warning"],
    [judgeChannelPrices({ ...conflicts, isCompleteAcross: false }, false), "warning"],
    [judgeFloors(floors), "passed"],
    [judgeFloors({ ...floors, skus: 0 }), "warning"],
    [judgeFloors({ ...floors, below: ["A"] }), "failed"],
    [judgeFloors({ ...floors, below: ["A"], marginFloor: 20 }), "warning"],
    [judgeFloors({ ...floors, belowAtBest: ["A"] }), "warning"],
    [judgeFloors({ ...floors, belowAtBest: ["A"], marginFloor: 20 }), "warning"],
    [judgeFloors({ ...floors, untried: ["a"] }), "warning"],
    [judgePools({ pools: [], goal: 5 }), "passed"],
    [judgePools({ pools: [{ key: "p", usesLeft: 5 }], goal: 5 }), "passed"],
    [judgePools({ pools: [{ key: "p", usesLeft: 4 }], goal: 5 }), "failed"],
    [judgePools({ pools: [{ key: "p", usesLeft: 0 }], goal: null }), "failed"],
    [judgePools({ pools: [{ key: "p", usesLeft: null }], goal: null }), "failed"],
    [judgeStock(stock), "passed"],
    [judgeStock({ ...stock, promised: [] }), "passed"],
    [judgeStock({ ...stock, ageSeconds: 61 }), "failed"],
    [judgeStock({ ...stock, ageSeconds: null }), "failed"],
    [judgeStock({ ...stock, promised: [{ sku: "A", units: 5, onHand: 4 }] }), "failed"],
    [judgeBudget(budget), "passed"],
    [judgeBudget({ ...budget, isCapped: false }), "warning"],
    [judgeBudget({ ...budget, isCapped: false, unbounded: [] }), "passed"],
    [judgeBudget({ ...budget, budget: null }), "failed"],
    [judgeGoals([{ metric: "orders", target: 5 }]), "passed"],
    [judgeGoals([]), "failed"],
    [judgeTracking({ events: 1, days: 30 }), "passed"],
    [judgeTracking({ events: 0, days: 30 }), "failed"],
    [judgeWebhooks([{ url: "https://a", delivered: true, said: "200" }]), "passed"],
    [judgeWebhooks([{ url: "https://a", delivered: false, said: "500" }]), "failed"],
    [judgeWebhooks([]), "warning"],
    [judgeLatency("database_latency", { ...latency, slowMilliseconds: 20 }), "passed"],
    [judgeLatency("database_latency", { ...latency, slowMilliseconds: 21 }), "warning"],
    [judgeLatency("database_latency", { ...latency, slowMilliseconds: 101 }), "failed"],
    [judgeLatency("evaluation_latency", { ...latency, slowMilliseconds: 50 }), "warning"],
    [judgeLatency("evaluation_latency", { ...latency, slowMilliseconds: 51 }), "failed"],
  ] as const;
  for (const [{ name, outcome, evidence, advice }, expected] of judged) {
    expect([name, outcome, evidence]).toEqual([name, expected, expect.any(String)]);
    expect(advice === null).toBe(expected === "passed");
  }
});

async function campaign(key: string, fields: object = {}): Promise<void> {
  const dates = { startsAt: "2026-11-20T00:00:00Z", endsAt: "2026-11-30T00:00:00Z" };
  const { status, text } = await api.rest("POST", "/v1/campaigns", {
    body: { key, name: key, ...dates, ...fields },
  });
  expect(status, text).toBe(201);
}

async function promotion(key: string, document: object): Promise<string> {
  const benefits = [{ kind: "percent_off", target: "item", select: { skus: ["TEA"] }, percent: 90 }];
  const body = { key, trigger: { type: "automatic" }, benefits, ...document };
  const answer = await api.rest("POST", "/v1/promotions", { body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.id;
}

async function check(key: string): Promise<Answer> {
  const answer = await api.rest("POST", `/v1/campaigns/${key}/launch-check`, { role: "marketing" });
  if (key !== "nobody") expect(answer.status, answer.text).toBe(201);
  return answer;
}

test("a campaign that nothing is ready for is red in every line", async () => {
  await putOrder(api, "sold", { placedAt: "2026-11-10T00:00:00Z" });
  const hook = await api.rest("POST", "/v1/webhooks", { body: { url: "http://127.0.0.1:1/" } });
  await campaign("unready");
  expect(outcomes((await check("unready")).body.lines, measured)).toMatchObject({ promotions: "failed" });
  await promotion("one", { campaign: "unready" });
  await promotion("two", { campaign: "unready", limits: { stock: [{ sku: "TEA", units: 5 }] } });
  await promotion("three", { campaign: "unready", trigger: { type: "coupon", pool: "none" } });
  await promotion("late", {
    campaign: "unready",
    schedule: { startsAt: "2026-12-01T00:00:00Z", endsAt: "2026-12-02T00:00:00Z" },
  });
  const { status, body } = await check("unready");
  expect([status, body.passed, body.promotions]).toEqual([201, false, ["late", "one", "three", "two"]]);
  expect(outcomes(body.lines, measured)).toEqual({
    promotions: "failed",
    rule_conflicts: "failed",
    channel_prices: "passed",
    price_floors: "failed",
    coupon_pools: "failed",
    stock: "failed",
    budget: "failed",
    goals: "failed",
    tracking: "failed",
    webhooks: "failed",
  });
  const evidence = Object.fromEntries(
    body.lines.map((line: { name: string; evidence: string }) => [line.name, line.evidence]),
  );
  expect(evidence.promotions).toContain("1 of 4");
  expect(evidence.rule_conflicts).toContain("one and two");
  // 33.33 less 90 % is below its cost of 10.00.
  expect(evidence.price_floors).toContain("1 of 1 SKUs would be sold below cost: TEA");
  expect(evidence.coupon_pools).toContain("none: there is no such pool");
  expect(outcomes(body.lines)).toEqual(
    expect.objectContaining(Object.fromEntries(measured.map((name) => [name, expect.any(String)]))),
  );
  const { items } = (await api.rest("GET", "/v1/campaigns/unready/launch-checks", { role: "viewer" })).body;
  expect(items).toHaveLength(2);
  expect(items[0]).toEqual(body);
  expect(faultOf(await check("nobody"))).toBe("404 campaign-not-found");
  expect((await api.rest("DELETE", `/v1/webhooks/${hook.body.id}`)).status).toBe(200);
});

test("no price escapes the floors by a condition, a coupon, a quantity or other goods", async () => {
  await putOrder(api, "mug", {
    placedAt: "2026-11-10T00:00:00Z",
    lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 5000, unitCost: 1000 }],
    total: 6200,
  });
  const floors = async (key: string, document: object) => {
    await campaign(key);
    await promotion(key, { campaign: key, ...document });
    const { lines } = (await check(key)).body;
    return lines.find(({ name }: { name: string }) => name === "price_floors");
  };
  const warning = { outcome: "warning", evidence: expect.stringContaining("1 of 2 SKUs below cost: TEA") };
  expect(await floors("told", { conditions: { kind: "channel", in: ["app"] } })).toMatchObject(warning);
  expect(await floors("pooled", { trigger: { type: "coupon", pool: "none" } })).toMatchObject(warning);
  const pot = [{ kind: "percent_off", target: "item", select: { skus: ["POT"] }, percent: 90 }];
  expect(await floors("unsold", { benefits: pot })).toMatchObject({
    outcome: "warning",
    evidence: expect.stringContaining("unsold"),
  });
});

test("the same goods at other prices online and in stores fail the check, unless the campaign says that it is wanted", async () => {
  await campaign("places");
  for (const [channel, percent] of [
    ["app", 10],
    ["store", 20],
  ] as const)
    await promotion(`places-${channel}`, {
      campaign: "places",
      conditions: { kind: "channel", in: [channel] },
      benefits: [{ kind: "percent_off", target: "item", select: { skus: ["TEA"] }, percent }],
    });
  const line = async () =>
    (await check("places")).body.lines.find(({ name }: { name: string }) => name === "channel_prices");
  expect(await line()).toMatchObject({
    outcome: "failed",
    evidence: expect.stringContaining("places-app and places-store"),
  });
  const changed = await api.rest("PUT", "/v1/campaigns/places", {
    body: {
      key: "places",
      name: "places",
      startsAt: "2026-11-20T00:00:00Z",
      endsAt: "2026-11-30T00:00:00Z",
      allowChannelPrices: true,
    },
    headers: { "if-match": "*" },
  });
  expect(changed.status, changed.text).toBe(200);
  expect((await line()).outcome).toBe("warning");
});

test("pairs that meet nowhere hide no conflict, and what another campaign does in stores fails none on the web", async () => {
  const compiled = (key: string, channel: string, percent: number) => ({
    id: key,
    key,
    document: {
      key,
      trigger: { type: "automatic" },
      conditions: { kind: "channel", in: [channel] },
      benefits: [{ kind: "percent_off", target: "item", select: { skus: ["TEA"] }, percent }],
    },
  });
  const settings = defaultSettings;
  const none = buildRulebook("none", []);
  // 120 × 119 ÷ 2 pairs are more than 20 × 200.
  const elsewhere = Array.from({ length: 120 }, (_, i) => compiled(`a-${i}`, `c-${i}`, 20 + i / 2));
  const late = [compiled("z-1", "web", 10), compiled("z-2", "web", 15)];
  const beside = campaignRules(elsewhere, none, settings).rulebook;
  const evidence = await conflictEvidence(campaignRules(late, beside, settings), 0, async () => {});
  expect(evidence).toMatchObject({ undecided: ["z-1 and z-2"], isComplete: true, isCompleteAcross: false });
  const few = campaignRules(elsewhere.slice(0, 2), none, settings).rulebook;
  const outside = await conflictEvidence(campaignRules(late.slice(0, 1), few, settings), 0, async () => {});
  expect(outside).toMatchObject({ elsewhere: [], elsewhereWithOthers: ["a-0 and z-1", "a-1 and z-1"] });
});

test("a campaign that is ready is green, and only what was checked, and lately, comes into force", async () => {
  const receiver = await startReceiver();
  try {
    await api.rest("POST", "/v1/webhooks", { body: { url: receiver.url } });
    await campaign("ready", {
      goals: [{ metric: "orders", target: 2 }],
      budget: { currency: "CNY", amount: 10_000 },
      guards: { discounts: { amount: { CNY: 5_000 } } },
      launchCheck: { withinHours: 2 },
    });
    await api.rest("POST", "/v1/coupon-pools", { body: { key: "autumn" } });
    await api.rest("POST", "/v1/coupon-pools/autumn/import", {
      body: "code\nAUTUMN-1\nAUTUMN-2\n",
      headers: { "content-type": "text/csv" },
    });
    const asOf = new Date(api.clock.now()).toISOString();
    await api.rest("PUT", "/v1/stock/TEA", { body: { quantity: 5, asOf } });
    await api.rest("POST", "/v1/events", {
      body: {
        specversion: "1.0",
        id: "1",
        source: "/web",
        type: "view",
        time: asOf,
        data: { visitor: "v", campaign: "ready" },
      },
    });
    const off = [{ kind: "percent_off", target: "item", select: { skus: ["TEA"] }, percent: 10 }];
    const tea = await promotion("ready-tea", {
      campaign: "ready",
      trigger: { type: "coupon", pool: "autumn" },
      benefits: off,
      limits: { stock: [{ sku: "TEA", units: 5 }] },
    });
    const mug = await promotion("ready-mug", {
      campaign: "ready",
      benefits: [{ kind: "percent_off", target: "item", select: { skus: ["MUG"] }, percent: 10 }],
    });
    const extra = await promotion("ready-extra", {
      campaign: "ready",
      benefits: [{ kind: "gift", sku: "BAG" }],
    });
    const activate = (id: string): Promise<Answer> => api.rest("POST", `/v1/promotions/${id}/activate`);
    expect(faultOf(await activate(tea))).toBe("409 launch-check-required");

    let last: Answer["body"];
    // A machine that is busy with something else may be too slow for a while.
    await until(async () => {
      last = (await check("ready")).body;
      return last.passed;
    });
    const all = [
      "promotions",
      "rule_conflicts",
      "channel_prices",
      "price_floors",
      "coupon_pools",
      "stock",
      "budget",
      "goals",
    ];
    expect(outcomes(last.lines, measured)).toEqual(
      Object.fromEntries([...all, "tracking", "webhooks"].map((name) => [name, "passed"])),
    );
    expect((await activate(tea)).status).toBe(200);

    // Another document was not looked at.
    const changed = { key: "ready-mug", campaign: "ready", trigger: { type: "automatic" }, benefits: off };
    const put = await api.rest("PUT", `/v1/promotions/${mug}`, {
      body: changed,
      headers: { "if-match": "*" },
    });
    expect(put.status, put.text).toBe(200);
    expect(faultOf(await activate(mug))).toBe("409 launch-check-required");
    api.clock.advance(2 * 3_600_000 + 1);
    // It is the launch that is gated: what was in force is resumed as it was, and no longer as it was not.
    await api.rest("POST", `/v1/promotions/${tea}/pause`);
    expect((await activate(tea)).status).toBe(200);
    // By now the word of stock is too old for a launch.
    expect((await check("ready")).body.passed).toBe(false);
    await api.rest("POST", `/v1/promotions/${tea}/pause`);
    expect((await activate(tea)).status).toBe(200);
    // An extra that was prepared and checked with the launch is put into force.
    expect((await activate(extra)).status).toBe(200);
    const late = await promotion("ready-late", { campaign: "ready" });
    expect(faultOf(await activate(late))).toBe("409 launch-check-required");
    // No way round it: what is in force elsewhere does not slip in.
    const outside = await promotion("elsewhere", {});
    expect((await activate(outside)).status).toBe(200);
    const moved = { ...changed, key: "elsewhere" };
    const slipped = await api.rest("PUT", `/v1/promotions/${outside}`, {
      body: moved,
      headers: { "if-match": "*" },
    });
    expect(faultOf(slipped)).toBe("409 launch-check-required");
  } finally {
    await receiver.close();
  }
});
