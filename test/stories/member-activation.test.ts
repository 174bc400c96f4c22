/** S3: members are scored, and what they do or no longer do is answered, each once; two servers work on it, and one is killed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Client, openClient } from "../faults/http-client.ts";
import { type RunningServer, startServer } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { projectWithKeys } from "../features/project-fixture.ts";
import { poolOfCodes } from "./shop-floor.ts";

const perGroup = sized(3, 200);
const groups = ["dormant", "at-risk", "birthday", "points"] as const;
const customersOf = (group: string) => Array.from({ length: perGroup }, (_, n) => `${group}-${n}`);

let database: TestDatabase;
let servers: RunningServer[];
let shop: Client;
let projectId: string;

beforeAll(async () => {
  database = await freshDatabase();
  const start = () => startServer({ connectionString: database.connectionString });
  servers = await Promise.all([start(), start()]);
  const project = await projectWithKeys(database, Date.now());
  projectId = project.id;
  shop = openClient(project.keys.admin);
}, patience);
afterAll(async () => {
  shop.close();
  await expectBooksToBalance(database);
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
async function ask(method: string, path: string, body?: unknown, headers = {}): Promise<any> {
  const { text, status } = await shop.call(method, `${servers[0]!.url}${path}`, body, headers);
  expect([status, text], path).toEqual([expect.toSatisfy((code: number) => code < 300), expect.any(String)]);
  return JSON.parse(text);
}

/** A zone in which it is about noon, and the month and day there: no day ends while the story is told. */
function noon(): { timezone: string; today: string } {
  const hours = 12 - new Date().getUTCHours();
  const today = new Date(Date.now() + hours * 3_600_000).toISOString().slice(5, 10);
  // Its sign is the other way round.
  return { timezone: `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`, today };
}

async function automation(key: string, document: object): Promise<string> {
  const { id } = await ask("POST", "/v1/automations", {
    key,
    caps: { perCustomer: [{ count: 1, per: "year" }] },
    ...document,
  });
  await ask("POST", `/v1/automations/${id}/activate`);
  return id;
}

async function couponFor(key: string, benefit: object): Promise<void> {
  await poolOfCodes(ask, key, 3 * perGroup);
  const { id } = await ask("POST", "/v1/promotions", {
    key,
    trigger: { type: "coupon", pool: key },
    benefits: [benefit],
  });
  await ask("POST", `/v1/promotions/${id}/activate`);
}

async function bought(customer: string, number: number, daysAgo: number): Promise<void> {
  await ask("PUT", `/v1/orders/${customer}-${number}`, {
    version: 1,
    status: "paid",
    currency: "CNY",
    placedAt: new Date(Date.now() - daysAgo * 86_400_000).toISOString(),
    customer,
    lines: [{ id: "1", sku: "CREAM", quantity: 1, unitPrice: 20_000 }],
    total: 20_000,
  });
}

test("dormant, at-risk, birthday and lapsing points are each answered once, and seen as issued, redeemed and revenue to the cent", {
  timeout: patience,
}, async () => {
  const { timezone, today } = noon();
  await ask("PATCH", "/v1/project/settings", { timezone }, { "if-match": "*" });
  await couponFor("win-back", { kind: "amount_off", target: "order", amount: { CNY: 3_000 } });
  await couponFor("larger", { kind: "amount_off", target: "order", amount: { CNY: 5_000 } });
  await couponFor("gift", { kind: "percent_off", percent: 15 });
  await ask("PUT", "/v1/points-programmes/points", { validMonths: 1, remindDays: 60 }, { "if-match": "*" });

  // Who the members are, by what they bought and what is known of them.
  for (const customer of customersOf("dormant")) await bought(customer, 1, 120);
  for (const customer of customersOf("at-risk"))
    for (const [number, daysAgo] of [180, 150, 110, 70].entries()) await bought(customer, number, daysAgo);
  for (const customer of customersOf("birthday"))
    await ask("PUT", `/v1/customers/${customer}`, { birthday: `--${today}`, tags: ["member"] });
  const borders = { recency: [14, 30, 60, 80], frequency: [1, 2, 4, 9], amount: [1, 2, 3, 4] };
  await ask("PUT", "/v1/rfm", { currency: "CNY", method: "fixed", borders });

  // Lists stand in for the segments until the automations listen; then everybody is scored.
  const segmentsOf = [
    ["dormant", { kind: "days_since_order", atLeast: 91 }],
    [
      "at-risk",
      {
        all: [
          { kind: "rfm", recency: { atMost: 2 }, frequency: { atLeast: 3 } },
          { kind: "days_since_order", atMost: 90 },
        ],
      },
    ],
  ] as const;
  const never = { kind: "customer_tag", in: ["nobody-has-this"] };
  for (const [key] of segmentsOf) await ask("POST", "/v1/segments", { key, conditions: never });
  const coupon = (pool: string) => [{ kind: "issue_coupon", pool, validFor: "P14D" }];
  const gift = { trigger: { kind: "birthday", at: "00:00" }, actions: coupon("gift") };
  const dry = await ask("POST", "/v1/automations/dry-run?sample=200", { key: "gift", ...gift });
  expect([dry.reached, dry.items.length]).toEqual([perGroup, perGroup]);
  const ids = {
    dormant: await automation("win-back", {
      trigger: { kind: "segment_entered", segment: "dormant" },
      actions: coupon("win-back"),
    }),
    "at-risk": await automation("hold-on", {
      trigger: { kind: "segment_entered", segment: "at-risk" },
      actions: coupon("larger"),
    }),
    birthday: await automation("gift", { ...gift, conditions: { kind: "customer_tag", in: ["member"] } }),
    points: await automation("lapsing", {
      trigger: { kind: "points_expiring" },
      actions: [
        { kind: "notify", template: "points-lapse", texts: { en: "Your points are about to lapse." } },
      ],
    }),
  };
  for (const [key, conditions] of segmentsOf)
    await ask("PUT", `/v1/segments/${key}`, { key, conditions }, { "if-match": "*" });
  for (const customer of customersOf("points"))
    await ask("POST", `/v1/customers/${customer}/points/adjustments`, { points: 50, reason: "A start." });

  // One of the two is killed in the midst of it, and another takes its place.
  const states = async (): Promise<Record<string, number>> => {
    const { rows } = await database.pool.query<{ what: string; count: number }>(
      `select concat_ws(' ', a.key, r.state, r.reason) as what, count(*)::int as count
         from automation_runs r join automations a on a.project_id = r.project_id and a.id = r.automation_id
        where r.project_id = $1 group by what`,
      [projectId],
    );
    return Object.fromEntries(rows.map(({ what, count }) => [what, count]));
  };
  const areUnderWay = async () => Object.keys(await states()).some((what) => what.endsWith("done"));
  await expect.poll(areUnderWay, { timeout: 60_000, interval: 20 }).toBe(true);
  await servers[1]!.kill();
  const next = startServer({ connectionString: database.connectionString });
  await expect.poll(states, { timeout: 60_000, interval: 250 }).toEqual({
    "win-back done": perGroup,
    "hold-on done": perGroup,
    "gift done": perGroup,
    "lapsing done": perGroup,
  });
  servers[1] = await next;

  const runsOf = async (group: (typeof groups)[number]) =>
    (await ask("GET", `/v1/automations/${ids[group]}/runs?limit=200`)).items;
  for (const group of groups) {
    const runs = await runsOf(group);
    if (perGroup <= 200)
      expect(runs.map(({ customer }: { customer: string }) => customer).sort()).toEqual(
        customersOf(group).sort(),
      );
  }
  const { rows } = await database.pool.query<Record<string, number>>(
    `select (select count(*)::int from coupons where project_id = $1 and customer_id is not null) as owned,
            (select count(distinct customer_id)::int from coupons where project_id = $1 and customer_id is not null) as owners,
            (select count(distinct data ->> 'customer')::int from outbox_events where project_id = $1 and type = 'dealwright.automation.notified') as notified,
            (select count(*)::int from outbox_events where project_id = $1 and type = 'dealwright.automation.notified') as told`,
    [projectId],
  );
  const three = 3 * perGroup;
  expect(rows[0]).toEqual({ owned: three, owners: three, notified: perGroup, told: perGroup });

  // Some of them buy with what they got: goods of 100.01. One sends all of it back, one order half of it.
  const redeem = async (group: (typeof groups)[number], customer: string, quantity = 1) => {
    const [run] = (await ask("GET", `/v1/automations/${ids[group]}/runs?customer=${customer}`)).items;
    return ask("POST", "/v1/redemptions", {
      mode: "commit",
      orderRef: `with-${customer}`,
      currency: "CNY",
      customer: { id: customer },
      codes: run.coupons,
      lines: [{ id: "1", sku: "CREAM", quantity, unitPrice: 10_001 }],
    });
  };
  for (const n of [0, 1, 2]) await redeem("dormant", `dormant-${n}`);
  const back = await redeem("at-risk", "at-risk-0");
  await ask("POST", `/v1/redemptions/${back.id}/returns`, { lines: [{ id: "1", quantity: 1 }] });
  await redeem("at-risk", "at-risk-1");
  const half = await redeem("birthday", "birthday-0", 2);
  expect(half.quote?.total ?? half.total).toBe(17_002);
  await ask("POST", `/v1/redemptions/${half.id}/returns`, { lines: [{ id: "1", quantity: 1 }] });

  const resultsOf = async (group: (typeof groups)[number]) => {
    const { issued, redeemed, amounts, entered, done } = await ask(
      "GET",
      `/v1/automations/${ids[group]}/results`,
    );
    expect([entered, done]).toEqual([perGroup, perGroup]);
    return { issued, redeemed, amounts };
  };
  const becomes = (group: (typeof groups)[number], results: object) =>
    expect
      .poll(() => resultsOf(group), { timeout: patience, interval: 100 })
      .toEqual({ issued: perGroup, ...results });
  const amounts = (orders: number, revenue: number, discount: number) => [
    { currency: "CNY", orders, revenue, discount },
  ];
  await becomes("dormant", { redeemed: 3, amounts: amounts(3, 21_003, 9_000) });
  await becomes("at-risk", { redeemed: 1, amounts: amounts(1, 5_001, 5_000) });
  await becomes("birthday", { redeemed: 1, amounts: amounts(1, 8_501, 3_000) });
  expect(await resultsOf("points")).toEqual({ issued: 0, redeemed: 0, amounts: [] });
});
