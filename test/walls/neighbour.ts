/** Another project with one of everything in it, whose data bears a word that nobody else may ever read. */
import { expect, vi } from "vitest";
import type { TestDatabase } from "../database.ts";
import type { Answer, Api, CallOptions } from "../features/api.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";
import { storedSimulation } from "../features/simulation-fixture.ts";
import { startReceiver } from "../features/webhooks/receiver.ts";

/** Stands in what the neighbour stored, and in no request but its own. */
export const canary = "NEIGHBOURSWORD";

export interface Neighbour {
  readonly project: ProjectWithKeys;
  /** By the name that the rows of the matrix use. */
  readonly ids: Readonly<Record<string, string>>;
}

/** The app must take webhooks to any target: the neighbour's receiver is on this machine. */
export async function neighbourOf(api: Api, database: TestDatabase): Promise<Neighbour> {
  const project = await projectWithKeys(database, api.clock.now());
  await database.pool.query("update projects set name = $2 where id = $1", [project.id, canary]);
  const key = project.keys.admin;
  const send = async (method: "POST" | "PUT", url: string, body: unknown, headers = {}): Promise<Answer> => {
    const answer = await api.rest(method, url, { key, body, headers } as CallOptions);
    expect(answer.status, `${url} ${answer.text}`).toBeLessThan(300);
    return answer;
  };
  const receiver = await startReceiver();
  const url = `${receiver.url}/${canary}`;
  const { id: webhook, secret: webhookSecret } = (
    await send("POST", "/v1/webhooks", { url, description: canary })
  ).body;
  const lines = [{ id: "1", sku: canary, quantity: 2, unitPrice: 1000 }];
  const customer = { id: canary };

  await send("PUT", `/v1/customers/${canary}`, { tags: [canary], attributes: { word: canary } });

  await send("POST", `/v1/customers/${canary}/merge`, { guest: `${canary}-guest` });

  for (const dealer of [canary, "neighbours-dealer", "neighbours-other"])
    await send("PUT", `/v1/dealers/${dealer}`, { name: canary, territory: { regions: [canary] } });

  for (const contract of ["neighbours-contract", "neighbours-other-contract"])
    await send("PUT", `/v1/contracts/${contract}`, {
      customer: "neighbours-contractor",
      kind: canary,
      name: canary,
      value: 1_000,
      currency: "CNY",
      startsOn: "2026-01-01",
      endsOn: "2099-12-31",
    });

  await send("PUT", "/v1/price-lists/neighbours-list", {
    name: canary,
    currency: "CNY",
    audience: { groups: [canary], customers: [canary], dealers: [canary], levels: [canary] },
  });
  await send("PUT", `/v1/price-lists/neighbours-list/prices/${canary}`, {
    breaks: [{ from: 1, unitPrice: 990 }],
  });

  const { id: quote } = (
    await send("POST", "/v1/quotes", { currency: "CNY", customer: { id: canary }, lines })
  ).body;

  await send("PUT", "/v1/competitor-offers/neighbours-offer", {
    competitor: canary,
    form: canary,
    startsAt: "2026-11-01T00:00:00Z",
    endsAt: "2026-12-01T00:00:00Z",
  });

  await send("PUT", "/v1/stock/neighbours-sku", { store: canary, quantity: 3, asOf: "2026-11-10T00:00:00Z" });

  const forGroups = await send("POST", "/v1/promotions", {
    key: "neighbours-group",
    name: canary,
    trigger: { type: "automatic" },
    group: { size: 2, hours: 24 },
    benefits: [{ kind: "percent_off", percent: 5 }],
  });
  await send("POST", `/v1/promotions/${forGroups.body.id}/activate`, undefined);
  const group = (
    await send("POST", "/v1/group-buys", {
      promotion: "neighbours-group",
      order: { currency: "CNY", customer, lines, orderRef: "G-1" },
    })
  ).body.group.id;

  await send("PUT", "/v1/rfm", { currency: "CNY" });
  await send("PUT", "/v1/tier-programme", {
    measure: "orders",
    tiers: [{ key: "neighbours-tier", name: canary, count: 1 }],
  });
  await send("PUT", `/v1/customers/${canary}/tier`, {
    tier: "neighbours-tier",
    until: "2099-01-01T00:00:00Z",
    reason: canary,
  });
  for (const key of ["neighbours-list", "neighbours-spare"])
    await send("POST", "/v1/segments", { key, name: canary });
  await send("POST", "/v1/segments/neighbours-list/members", { add: [canary] });

  await send("POST", "/v1/campaigns", {
    key: "neighbours-campaign",
    name: canary,
    startsAt: "2026-11-01T00:00:00Z",
    endsAt: "2026-12-01T00:00:00Z",
    budget: { currency: "CNY", amount: 1_000 },
  });
  await database.pool.query(
    `insert into exposures (project_id, kind, name, customer_id, arm, at, channel)
     values ($1, 'experiment', 'neighbours-experiment', $2, $2, '2026-11-05', $2),
            ($1, 'campaign', 'neighbours-campaign', $2, 'treatment', '2026-11-05', $2)`,
    [project.id, canary],
  );
  await send("POST", "/v1/campaigns/neighbours-campaign/costs", {
    id: canary,
    element: canary,
    amount: 100,
    currency: "CNY",
    at: "2026-11-05T00:00:00Z",
    note: canary,
  });
  const simulation = await storedSimulation(database, project.id, canary);
  const spareSimulation = await storedSimulation(database, project.id, canary);

  await send(
    "PUT",
    "/v1/campaigns/neighbours-campaign/review",
    {
      knowledge: { type: canary, audience: canary, strategy: canary },
    },
    { "if-match": "*" },
  );
  await send(
    "PUT",
    "/v1/campaigns/neighbours-campaign/policies/neighbours-policy",
    { name: canary, when: { metric: "roi", below: 0 }, act: { kind: "alert" } },
    { "if-match": "*" },
  );
  await database.pool.query(
    `insert into policy_actions (project_id, id, campaign, policy, channel, at, evidence, act, changes)
     values ($1, 'pla_1', 'neighbours-campaign', 'neighbours-policy', $2, '2026-11-10T00:00:00Z',
             '{"metric": "roi", "actual": 0.4, "bound": 0.5, "sample": 100}', '{"kind": "alert"}', '[]')`,
    [project.id, canary],
  );
  const automation = (
    await send("POST", "/v1/automations", {
      key: "neighbours-automation",
      name: canary,
      trigger: { kind: "event", type: "view" },
      actions: [{ kind: "add_tag", tag: canary }],
    })
  ).body.id;
  await send("POST", `/v1/automations/${automation}/activate`, undefined);

  const promotion = (
    await send("POST", "/v1/promotions", {
      key: "neighbours",
      name: canary,
      trigger: { type: "code", code: "NEXTDOOR" },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
      texts: { en: { label: canary } },
    })
  ).body.id;
  await send("POST", `/v1/promotions/${promotion}/activate`, undefined);
  const rewarding = await send("POST", "/v1/promotions", {
    key: `rewards-${canary}`,
    trigger: { type: "automatic" },
    benefits: [{ kind: "issue_coupon", pool: "neighbours-gone" }],
  });
  await send("POST", `/v1/promotions/${rewarding.body.id}/activate`, undefined);
  await send("POST", "/v1/coupon-pools", { key: "neighbours-pool", name: canary, usesPerCode: 3 });
  const job = (await send("POST", "/v1/coupon-pools/neighbours-pool/codes", { count: 3 })).body.id;
  await until(async () => (await api.rest("GET", `/v1/jobs/${job}`, { key })).body.state === "succeeded");
  const coupon = (await send("POST", "/v1/coupon-pools/neighbours-pool/claim", { customer: canary })).body
    .code;
  const cart = { currency: "CNY", customer, lines, codes: ["NEXTDOOR"] };
  const evaluation = (await send("POST", "/v1/evaluations", { ...cart, save: true })).body.id;
  await send("POST", `/v1/customers/${canary}/points/adjustments`, { points: 50, reason: canary });
  const programme = { name: canary, referrer: { kind: "gift", sku: canary } };
  await send("PUT", "/v1/referral-programmes/neighbours-play", programme, { "if-match": "*" });
  const member = await send("POST", "/v1/referral-programmes/neighbours-play/members", { customer: canary });
  const gift = { kind: "gift", sku: canary };
  const rewards = [{ day: 1, prize: gift }];
  await send("PUT", "/v1/check-in-programmes/neighbours-play", { rewards }, { "if-match": "*" });
  await send("POST", "/v1/check-in-programmes/neighbours-play/check-ins", { customer: canary });
  const challenge = {
    name: canary,
    startsAt: "2026-11-01T00:00:00Z",
    endsAt: "2026-12-01T00:00:00Z",
    goal: { kind: "events", type: "view" },
    times: 1,
    prize: gift,
  };
  await send("PUT", "/v1/challenges/neighbours-play", challenge, { "if-match": "*" });
  await send("POST", "/v1/draws", {
    key: "neighbours-play",
    name: canary,
    startsAt: new Date(api.clock.now()).toISOString(),
    endsAt: "2099-01-01T00:00:00Z",
    total: 1,
    prizes: [{ key: "gift", odds: 1, prize: gift }],
    consolation: "gift",
  });
  await send("POST", "/v1/draws/neighbours-play/tickets", { ticket: canary, customer: canary });
  const referralCode = member.body.code;
  await send("POST", "/v1/referral-programmes/neighbours-play/referrals", {
    code: referralCode,
    customer: `friend-${canary}`,
    channel: canary,
  });
  const spend = (
    await send("POST", `/v1/customers/${canary}/points/spends`, {
      points: 20,
      orderRef: canary,
      mode: "reserve",
      ttlSeconds: 600_000,
    })
  ).body.id;
  const redeemed = async (orderRef: string, mode: string) =>
    (await send("POST", "/v1/redemptions", { ...cart, orderRef, mode })).body.id;
  const redemption = await redeemed("N-1", "commit");
  const reservation = await redeemed("N-2", "reserve");
  const returned = await redeemed("N-6", "commit");
  await send("POST", `/v1/redemptions/${returned}/returns`, { lines: [{ id: "1", quantity: 1 }] });
  await send("PUT", "/v1/orders/N-3", {
    version: 1,
    status: "placed",
    currency: "CNY",
    placedAt: "2026-11-10T10:00:00+08:00",
    customer: canary,
    dealer: canary,
    shipTo: { region: "elsewhere" },
    lines: [{ id: "1", sku: canary, quantity: 1, unitPrice: 1000 }],
    total: 1000,
  });
  await send("PUT", "/v1/orders/N-9", {
    version: 1,
    status: "paid",
    currency: "CNY",
    placedAt: "2025-01-10T10:00:00+08:00",
    dealer: "neighbours-other",
    lines: [{ id: "1", sku: canary, quantity: 1, unitPrice: 1000 }],
    total: 1000,
  });
  const agreement = "neighbours-agreement";
  await send("PUT", `/v1/rebate-agreements/${agreement}`, {
    name: canary,
    currency: "CNY",
    basis: "amount",
    target: { value: 1, bonus: { amount: 7 } },
    schedule: { startsOn: "2025-01-01", endsOn: "2025-12-31", every: "month", timezone: "UTC" },
  });
  const read = async (path: string) => (await api.rest("GET", path, { key })).body.items;
  await until(
    async () => (await read(`/v1/rebate-standings?agreement=${agreement}&period=2025-01`)).length > 0,
  );
  // Not before all orders are counted.
  const close = `/v1/rebate-agreements/${agreement}/periods/2025-01/close`;
  await until(async () => (await api.rest("POST", close, { key })).status < 300);
  const [{ id: statement }] = await read("/v1/rebate-statements");
  await send("POST", "/v1/events", {
    specversion: "1.0",
    id: "theirs",
    source: "/web",
    type: "view",
    time: "2026-11-10T00:00:00Z",
    data: { customer: canary, channel: canary },
  });
  const later = { at: "2099-01-01T00:00:00Z", action: "end" };
  const change = (await send("POST", `/v1/promotions/${promotion}/scheduled-changes`, later)).body.id;
  await send("POST", `/v1/promotions/${promotion}/comments`, { text: canary });
  const apiKey = (await send("POST", "/v1/api-keys", { name: canary, role: "viewer", environment: "live" }))
    .body.id;
  const voucher = (
    await send("POST", "/v1/offline/vouchers", { code: "NEXTDOOR", currency: "CNY", customer: canary })
  ).body;
  // Reported twice under two numbers: that raises a flag.
  const report = (orderRef: string) => ({
    voucher: voucher.token,
    orderRef,
    at: new Date(api.clock.now()).toISOString(),
    currency: "CNY",
    discount: 100,
  });
  await send("POST", "/v1/redemptions/offline", { redemptions: [report("N-4"), report("N-5")] });
  const flags = await api.rest("GET", "/v1/offline/flags", { key });
  await until(() => isToldEverything(database, project.id));
  await receiver.close();
  const deliveries = await api.rest("GET", `/v1/webhooks/${webhook}/deliveries`, { key });
  return {
    project,
    ids: {
      promotion,
      scheduledChange: change,
      customer: canary,
      promotionKey: "neighbours",
      pool: "neighbours-pool",
      job,
      coupon,
      programme: "neighbours-play",
      referralCode,
      automation,
      campaign: "neighbours-campaign",
      simulation,
      spareSimulation,
      segment: "neighbours-list",
      spareSegment: "neighbours-spare",
      evaluation,
      redemption,
      reservation,
      returned,
      spend,
      order: "N-3",
      sku: "neighbours-sku",
      offer: "neighbours-offer",
      dealer: "neighbours-dealer",
      otherDealer: "neighbours-other",
      contract: "neighbours-contract",
      otherContract: "neighbours-other-contract",
      contractor: "neighbours-contractor",
      agreement,
      priceList: "neighbours-list",
      quote,
      statement,
      group,
      apiKey,
      voucher: voucher.token,
      flag: flags.body.items[0]?.id ?? "",
      orderRef: "N-1",
      webhook,
      webhookSecret,
      delivery: deliveries.body.items[0]?.id ?? "",
    },
  };
}

/** Outside of tests, where `expect.poll` may not be called. */
const until = (holds: () => Promise<boolean>) =>
  vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 60_000, interval: 50 });

/** Its events are numbered and delivered, so that nothing of its changes by itself any more. */
async function isToldEverything({ pool }: TestDatabase, projectId: string): Promise<boolean> {
  const { rows } = await pool.query<{ holds: boolean }>(
    `select exists (select from webhook_deliveries where project_id = $1)
        and not exists (select from webhook_deliveries where project_id = $1 and status <> 'delivered')
        and not exists (select from webhooks where project_id = $1 and runner is not null)
        and not exists (select from automation_runs where project_id = $1 and due_at is not null)
        and not exists (select from automation_rounds r join event_streams e on e.project_id = r.project_id
                         where r.project_id = $1 and r.position < e.last_position)
        and not exists (select from outbox_events where project_id = $1 and position is null) as holds`,
    [projectId],
  );
  return rows[0]?.holds === true;
}
