/** A project in which every documented example has something to work on, also when the others were sent before it. */
import { expect, vi } from "vitest";
import type { Operation } from "../../src/platform/operation.ts";
import type { TestDatabase } from "../database.ts";
import type { Answer, Api, CallOptions } from "../features/api.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";
import { storedSimulation } from "../features/simulation-fixture.ts";

export interface World {
  readonly project: ProjectWithKeys;
  /** The parameters of an operation's path, of things that are there and in the state it asks for. */
  paramsOf(operation: Pick<Operation, "id" | "path">): Record<string, string>;
}

/** Queries that have to be told something. */
export const queries: Readonly<Record<string, Record<string, unknown>>> = {
  // Nobody who is erased meanwhile.
  coupons: { customer: "c-9" },
  customerKpis: { currency: "CNY", from: "2026-11-01T00:00:00Z", to: "2026-12-01T00:00:00Z" },
  campaignAttribution: { currency: "CNY" },
  campaignMeasurement: { currency: "CNY" },
  experimentMeasurement: { currency: "CNY" },
  campaignBreakdown: { by: "sku", currency: "CNY" },
  customerValueReport: { year: 2026, currency: "CNY" },
  market: { from: "2026-11-01T00:00:00Z", to: "2026-12-01T00:00:00Z", currency: "CNY" },
  rewards: { state: "lapsed" },
  rebateStandings: { agreement: "year-2025", period: "2025-Q1" },
  rebateEntries: { agreement: "year-2025", period: "2025-Q1", dealer: "d-8" },
};

const order = {
  currency: "CNY",
  channel: "mini-program",
  customer: { id: "c-7" },
  lines: [{ id: "1", sku: "TEA", quantity: 2, unitPrice: 12_000 }],
};
const tenOff = [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }];

export async function worldOf(api: Api, database: TestDatabase): Promise<World> {
  const project = await projectWithKeys(database, api.clock.now());
  const key = project.keys.admin;
  const ask = async (
    method: "GET" | "POST" | "PUT",
    url: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<Answer["body"]> => {
    const answer = await api.rest(method, url, { key, ...(body !== undefined && { body }), ...options });
    expect([answer.status, answer.text.slice(0, 500)], `${method} ${url}`).toEqual([
      expect.toSatisfy((status: number) => status < 300),
      expect.any(String),
    ]);
    return answer.body;
  };
  /** The id of the first in a list. The list may be a replica's, which has it a moment later. */
  const firstIn = (url: string): Promise<string> =>
    vi.waitFor(
      async () => {
        const [first] = (await ask("GET", url)).items;
        if (first === undefined) throw new Error(`nothing in ${url}`);
        return first.id;
      },
      { timeout: 30_000, interval: 50 },
    );
  const promotion = async (document: object, state?: "activate" | "archive"): Promise<string> => {
    const { id } = await ask("POST", "/v1/promotions", {
      trigger: { type: "automatic" },
      benefits: tenOff,
      ...document,
    });
    if (state !== undefined) await ask("POST", `/v1/promotions/${id}/${state}`);
    return id;
  };

  const active = await promotion({ key: "spring-save-30" }, "activate");
  const paused = await promotion({ key: "summer-save-30" }, "activate");
  const ended = await promotion({ key: "easter-save-30" }, "activate");
  const reverted = await promotion({ key: "may-save-30" }, "activate");
  const killed = await promotion({ key: "july-save-30" }, "activate");
  const changing = await promotion({ key: "june-save-30" }, "activate");
  const change = await ask("POST", `/v1/promotions/${changing}/scheduled-changes`, {
    at: "2099-01-01T00:00:00Z",
    action: "pause",
  });
  const draft = await promotion({ key: "winter-save-30" });
  const archived = await promotion({ key: "january-save-30" });
  await promotion({ key: "welcome", trigger: { type: "code", code: "WELCOME20" } }, "activate");
  await ask("POST", "/v1/coupon-pools", { key: "spring", prefix: "SPRING-" });
  await ask(
    "POST",
    "/v1/coupon-pools/spring/import",
    "code,customer\nSPRING-0001,c-7\nSPRING-0002,\nSPRING-0003,\nSPRING-0004,c-9\nSPRING-0005,c-9\n",
    {
      headers: { "content-type": "text/csv" },
    },
  );
  const job = await ask("POST", "/v1/coupon-pools/spring/codes", { count: 1 });
  const evaluation = await ask("POST", "/v1/evaluations", { ...order, save: true });
  const reserved = await ask("POST", "/v1/redemptions", { ...order, orderRef: "4998", mode: "reserve" });
  const cancelled = await ask("POST", "/v1/redemptions", { ...order, orderRef: "4997", mode: "reserve" });
  const committed = await ask("POST", "/v1/redemptions", { ...order, orderRef: "4999", mode: "commit" });
  const returned = await ask("POST", "/v1/redemptions", { ...order, orderRef: "4996", mode: "commit" });
  await ask("POST", `/v1/redemptions/${returned.id}/returns`, {
    lines: [{ id: order.lines[0]!.id, quantity: 1 }],
  });
  await ask("PUT", "/v1/orders/5001", {
    version: 1,
    status: "placed",
    currency: "CNY",
    placedAt: "2026-11-11T00:00:00Z",
    customer: "c-7",
    lines: [{ id: "1", sku: "TEA", quantity: 2, unitPrice: 12_000 }],
    total: 24_000,
  });
  for (const key of ["lakeside", "to-forget"])
    await ask("PUT", `/v1/competitor-offers/${key}`, {
      competitor: "Lakeside",
      form: "half price",
      startsAt: "2026-11-01T00:00:00Z",
      endsAt: "2026-11-12T00:00:00Z",
    });
  await ask("PUT", "/v1/dealers/d-9", { level: "gold", territory: { regions: ["CN-SH"] } });
  await ask("PUT", "/v1/orders/5002", {
    version: 1,
    status: "paid",
    currency: "CNY",
    placedAt: "2026-11-11T00:00:00Z",
    dealer: "d-9",
    shipTo: { region: "CN-GD" },
    lines: [{ id: "1", sku: "TEA", quantity: 2, unitPrice: 12_000 }],
    total: 24_000,
  });
  await vi.waitFor(async () => expect((await ask("GET", "/v1/territory-flags")).items).toHaveLength(1), {
    timeout: 30_000,
    interval: 50,
  });
  for (const contract of ["ct-1", "ct-2", "ct-3"])
    await ask("PUT", `/v1/contracts/${contract}`, {
      // Nobody who is erased meanwhile.
      customer: "c-9",
      kind: "maintenance",
      value: 1_200_000,
      currency: "CNY",
      startsOn: "2026-01-01",
      endsOn: "2099-12-31",
    });
  await ask("PUT", "/v1/dealers/d-8", {});
  const quote = await ask("POST", "/v1/quotes", {
    currency: "CNY",
    lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 12_000 }],
  });
  await ask("PUT", "/v1/price-lists/wholesale", { currency: "CNY", audience: { groups: ["wholesale"] } });
  for (const sku of ["SET-580", "TO-DELETE"])
    await ask("PUT", `/v1/price-lists/wholesale/prices/${sku}`, { breaks: [{ from: 1, unitPrice: 900 }] });
  const rebate = { currency: "CNY", basis: "amount", target: { value: 1_000, bonus: { amount: 7 } } };
  const year = (every: string) => ({ startsOn: "2025-01-01", endsOn: "2025-12-31", every, timezone: "UTC" });
  for (const [key, every] of [
    ["year-2025", "quarter"],
    ["months-2025", "month"],
  ] as const)
    await ask("PUT", `/v1/rebate-agreements/${key}`, { ...rebate, schedule: year(every) });
  for (const dealer of ["d-8", "d-9"])
    await ask("PUT", `/v1/orders/of-${dealer}`, {
      version: 1,
      status: "paid",
      currency: "CNY",
      placedAt: "2025-01-11T00:00:00Z",
      dealer,
      lines: [{ id: "1", sku: "TEA", quantity: 2, unitPrice: 12_000 }],
      total: 24_000,
    });
  await vi.waitFor(
    async () =>
      expect(
        (await ask("GET", "/v1/rebate-standings?agreement=year-2025&period=2025-Q1")).items,
      ).toHaveLength(2),
    { timeout: 30_000, interval: 50 },
  );
  // Refused while orders are still being counted.
  await vi.waitFor(() => ask("POST", "/v1/rebate-agreements/year-2025/periods/2025-Q1/close"), {
    timeout: 30_000,
    interval: 50,
  });
  const statementOf = (dealer: string) => firstIn(`/v1/rebate-statements?dealer=${dealer}`);
  const [toApprove, toPay] = [await statementOf("d-8"), await statementOf("d-9")];
  await ask("POST", `/v1/rebate-statements/${toPay}/approve`);
  const price = [{ kind: "fixed_price", select: { skus: ["TEA"] }, price: { CNY: 9_000 } }];
  await promotion({ key: "tea-for-two", group: { size: 2, hours: 24 }, benefits: price }, "activate");
  const together = await ask("POST", "/v1/group-buys", {
    promotion: "tea-for-two",
    order: {
      currency: "CNY",
      customer: { id: "c-7" },
      lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 12_000 }],
      orderRef: "6000",
    },
  });
  await ask("PUT", "/v1/customers/c-7", { groups: ["vip"], attributes: { level: 2 } });
  await ask("POST", "/v1/segments", {
    key: "sleepers",
    conditions: { kind: "days_since_order", atLeast: 60 },
  });
  const simulation = await storedSimulation(database, project.id, "A test");
  const oldSimulation = await storedSimulation(database, project.id, "An old test");
  const automation = async (key: string, ...steps: string[]): Promise<string> => {
    const { id } = await ask("POST", "/v1/automations", {
      key,
      trigger: { kind: "event", type: "share" },
      actions: [{ kind: "add_tag", tag: "sharer" }],
    });
    for (const step of steps) await ask("POST", `/v1/automations/${id}/${step}`);
    return id;
  };
  for (const campaign of ["launch", "last-years"])
    await ask("POST", "/v1/campaigns", {
      key: campaign,
      name: "Launch",
      startsAt: "2026-11-01T00:00:00Z",
      endsAt: "2026-12-01T00:00:00Z",
      budget: { currency: "CNY", amount: 1_000_000 },
    });
  await ask(
    "PUT",
    "/v1/campaigns/launch/policies/stop-loss",
    { when: { metric: "roi", below: 0.5 }, act: { kind: "alert" } },
    { headers: { "if-match": "*" } },
  );
  await database.pool.query(
    `insert into policy_actions (project_id, id, campaign, policy, at, evidence, act, changes)
     values ($1, 'pla_1', 'launch', 'stop-loss', '2026-11-10T00:00:00Z',
             '{"metric": "roi", "actual": 0.4, "bound": 0.5, "sample": 100}', '{"kind": "alert"}', '[]')`,
    [project.id],
  );
  await ask("POST", `/v1/promotions/${active}/approve`, { version: 2 }, { key: project.keys.marketing });
  // What else comes about only by much that is not shown here.
  await database.pool.query(
    `with twice as (select $1 as project_id, n from generate_series(1, 2) n),
     granted as (insert into reward_grants (project_id, redemption_id, position, promotion, kind, state, pool)
       select project_id, 'red_1', n, 'spring-save-30', 'issue_coupon', 'lapsed', 'spring' from twice),
     promoted as (insert into promotion_days (project_id, year, sku, days, last_day)
       select project_id, 2026, 'TEA-' || n, 1, '2026-11-11' from twice)
     insert into fund_entries (project_id, redemption_id, number, dealer, period, promotion, funder, currency, amount, booked_at)
       select project_id, 'red_1', n, 'd-9', '2026-11', 'spring-save-30', 'brand', 'CNY', 100, '2026-11-11' from twice`,
    [project.id],
  );
  const toActivate = await automation("to-activate");
  const toPause = await automation("to-pause", "activate");
  const toArchive = await automation("to-archive");
  const toReplace = await automation("thanks-for-buying");
  await database.pool.query(
    `insert into automation_runs (project_id, id, automation_id, epoch, holder, customer_id, occurrence, trigger, state, created_at)
       select $1, 'aru_' || n, $2, 1, 'c-9', 'c-9', 'once-' || n, '{}', 'done', '2026-11-11' from generate_series(1, 2) n`,
    [project.id, toReplace],
  );
  await ask("PUT", "/v1/rfm", {
    currency: "CNY",
    method: "fixed",
    borders: { recency: [7, 14, 30, 60], frequency: [1, 2, 3, 4], amount: [100, 200, 300, 400] },
  });
  await ask("PUT", "/v1/tier-programme", {
    measure: "orders",
    tiers: [
      { key: "silver", count: 1 },
      { key: "gold", count: 100 },
    ],
  });
  for (const key of ["by-hand", "no-more"]) await ask("POST", "/v1/segments", { key });
  await ask("POST", "/v1/segments/by-hand/members", { add: ["c-9"] });
  const spare = await ask("POST", "/v1/api-keys", { name: "Spare", role: "viewer", environment: "live" });
  // What comes later is later: answers in the order of time then have one order.
  api.clock.advance(1_000);
  const voucher = await ask("POST", "/v1/offline/vouchers", { promotion: "welcome", currency: "CNY" });
  // More off than it promises: flagged.
  await ask("POST", "/v1/redemptions/offline", {
    redemptions: [
      {
        voucher: voucher.token,
        orderRef: "till-1",
        at: new Date(api.clock.now()).toISOString(),
        currency: "CNY",
        discount: 5_000,
      },
    ],
  });
  const webhook = await ask("POST", "/v1/webhooks", { url: "https://hooks.shop.example/" });
  const dropped = await ask("POST", "/v1/webhooks", { url: "https://hooks.shop.example/old" });
  const flag = await firstIn("/v1/offline/flags");

  await ask("POST", "/v1/customers/c-7/points/adjustments", { points: 1_000, reason: "A start." });
  const spent = async (mode: string) =>
    (await ask("POST", "/v1/customers/c-7/points/spends", { points: 20, mode })).id as string;
  await ask(
    "PUT",
    "/v1/referral-programmes/launch",
    { link: "https://shop.example/?ref={code}" },
    { headers: { "if-match": "*" } },
  );
  await ask(
    "PUT",
    "/v1/check-in-programmes/daily",
    { rewards: [{ day: 1, prize: { kind: "gift", sku: "TEA" } }] },
    { headers: { "if-match": "*" } },
  );
  await ask(
    "PUT",
    "/v1/challenges/sharing",
    {
      startsAt: "2026-11-01T00:00:00Z",
      endsAt: "2026-12-01T00:00:00Z",
      goal: { kind: "events", type: "share" },
      times: 3,
      prize: { kind: "gift", sku: "TEA" },
    },
    { headers: { "if-match": "*" } },
  );
  await ask("POST", "/v1/draws", {
    key: "daily-wheel",
    startsAt: new Date(api.clock.now()).toISOString(),
    endsAt: "2098-12-01T00:00:00Z",
    total: 1,
    prizes: [{ key: "tea", odds: 1, prize: { kind: "gift", sku: "TEA" } }],
    consolation: "tea",
  });
  await ask("POST", "/v1/referral-programmes/launch/members", { customer: "c-7" });
  // Drawn like any other; here it is the one that the examples name.
  await database.pool.query("update referral_members set code = '0123456789' where project_id = $1", [
    project.id,
  ]);
  const [held, freed, paid] = [await spent("reserve"), await spent("reserve"), await spent("commit")];

  const byOperation: Readonly<Record<string, Record<string, string>>> = {
    activatePromotion: { id: draft },
    pausePromotion: { id: paused },
    endPromotion: { id: ended },
    revertPromotion: { id: reverted },
    archivePromotion: { id: archived },
    killPromotion: { id: killed },
    cancelScheduledPromotionChange: { id: changing, changeId: change.id },
    cancelRedemption: { id: cancelled.id },
    returnRedemption: { id: committed.id },
    closeRebatePeriod: { key: "months-2025", period: "2025-01" },
    rebatePeriodStatements: { key: "year-2025", period: "2025-Q1" },
    putRebateAgreement: { key: "gold-2026" },
    payRebateStatement: { id: toPay },
    redemptionLedger: { id: committed.id },
    redemptionReturns: { id: returned.id },
    // Nothing was sent yet: what is asked for is not there.
    replayWebhookDelivery: { id: webhook.id, deliveryId: "wdl_none" },
    deleteWebhook: { id: dropped.id },
    activateAutomation: { id: toActivate },
    pauseAutomation: { id: toPause },
    archiveAutomation: { id: toArchive },
    archiveCampaign: { key: "last-years" },
    renewContract: { id: "ct-2" },
    cancelContract: { id: "ct-3" },
    deleteSimulation: { id: oldSimulation },
    policies: { campaign: "launch" },
    policy: { campaign: "launch", key: "stop-loss" },
    putPolicy: { campaign: "launch", key: "stop-loss" },
    policyActions: { campaign: "launch" },
    undoPolicyAction: { campaign: "launch", id: "pla_1" },
    deleteSegment: { key: "no-more" },
    segmentMembers: { key: "by-hand" },
    changeSegmentMembers: { key: "by-hand" },
    putSegmentMembers: { key: "by-hand" },
    commitPointsSpend: { id: held },
    cancelPointsSpend: { id: freed },
    refundPoints: { id: paid },
    checkInStreak: { key: "daily", customer: "c-9" },
    challengeProgress: { key: "sharing", customer: "c-9" },
    dealerFunding: { id: "d-9", period: "2026-11" },
    dealerFundEntries: { id: "d-9", period: "2026-11" },
    settleDealerFunding: { id: "d-9", period: "2026-10" },
    deleteCompetitorOffer: { key: "to-forget" },
    putListPrice: { key: "wholesale", sku: "SET-580" },
    deleteListPrice: { key: "wholesale", sku: "TO-DELETE" },
    voidCoupon: { code: "SPRING-0002" },
  };
  const byPath: Readonly<Record<string, Record<string, string>>> = {
    "/v1/promotions/by-key/": { key: "spring-save-30" },
    "/v1/promotions/": { id: active },
    "/v1/evaluations/": { id: evaluation.id },
    "/v1/redemptions/": { id: reserved.id },
    "/v1/offline/flags/": { id: flag },
    "/v1/orders/": { externalId: "5001" },
    "/v1/coupon-pools/": { key: "spring" },
    "/v1/coupons/": { code: "SPRING-0001" },
    "/v1/customers/": { id: "c-7" },
    "/v1/group-buys/": { id: together.group.id },
    "/v1/competitor-offers/": { key: "lakeside" },
    "/v1/dealers/": { id: "d-9" },
    "/v1/contracts/": { id: "ct-1" },
    "/v1/price-lists/": { key: "wholesale" },
    "/v1/quotes/": { id: quote.id },
    "/v1/rebate-agreements/": { key: "year-2025" },
    "/v1/rebate-statements/": { id: toApprove },
    "/v1/territory-flags/": { order: "5002" },
    "/v1/stock/": { sku: "SET-580" },
    "/v1/automations/": { id: toReplace },
    "/v1/campaigns/": { key: "launch" },
    "/v1/experiments/": { name: "depth" },
    "/v1/simulations/": { id: simulation },
    "/v1/segments/": { key: "sleepers" },
    "/v1/webhooks/": { id: webhook.id },
    "/v1/points-programmes/": { key: "points" },
    "/v1/points-spends/": { id: paid },
    "/v1/check-in-programmes/": { key: "daily" },
    "/v1/draws/": { key: "daily-wheel" },
    "/v1/challenges/": { key: "sharing" },
    "/v1/referral-programmes/": { key: "launch" },
    "/v1/jobs/": { id: job.id },
    "/v1/api-keys/": { id: spare.id },
  };
  return {
    project,
    paramsOf({ id, path }) {
      if (!path.includes("{")) return {};
      const known = byOperation[id] ?? byPath[path.slice(0, path.indexOf("{"))];
      if (known === undefined) throw new Error(`say in ${import.meta.url} what ${path} of ${id} may name`);
      return known;
    },
  };
}
