/** Campaigns as they are planned, and the costs entered for them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";

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

const plan = (key: string, changes: object = {}) => ({
  key,
  name: "11.11",
  startsAt: "2026-11-01T00:00:00+08:00",
  endsAt: "2026-11-12T00:00:00+08:00",
  ...changes,
});
const create = (body: object) => api.rest("POST", "/v1/campaigns", { role: "marketing", body });
const faultsOf = ({ status, body }: Awaited<ReturnType<typeof create>>) => [
  status,
  ...(body.errors ?? []).map(({ path, code }: { path: string; code: string }) => `${path} ${code}`),
];

const budget = {
  currency: "CNY",
  amount: 60_000_000,
  elements: [
    { name: "discounts", amount: 25_000_000 },
    { name: "advertising", amount: 20_000_000 },
    { name: "service", amount: 5_000_000 },
  ],
  hiddenCosts: [{ name: "reserve", amount: 5_000_000 }],
  stages: [
    { name: "new", amount: 24_000_000 },
    { name: "repeat", amount: 18_000_000 },
  ],
};

test("the worked case's budget of 600,000 leaves 50,000 that no element has", async () => {
  const answer = await create(
    plan("double-11", {
      goals: [
        { metric: "gmv", target: 300_000_000 },
        { metric: "newCustomers", target: 5_000 },
        { metric: "roi", target: 3 },
      ],
      budget,
    }),
  );
  expect(answer.status).toBe(201);
  expect(answer.body).toMatchObject({
    status: "running",
    version: 1,
    startsAt: "2026-10-31T16:00:00.000Z",
    unallocated: { byElement: 5_000_000, byStage: 18_000_000 },
  });
  expect(answer.headers.etag).toBe('"1"');
});

test("a plan that cannot be kept is refused with a code for each fault", async () => {
  const refused = async (changes: object) => faultsOf(await create(plan("refused", changes)));
  const goal = (changes: object) => refused({ goals: [{ metric: "orders", target: 10, ...changes }] });
  expect(await goal({ target: undefined })).toEqual([400, "/goals/0/target goal_without_number"]);
  expect(await goal({ target: 0 })).toEqual([400, "/goals/0/target goal_without_number"]);
  expect(await goal({ target: 1.5 })).toEqual([400, "/goals/0/target target_not_whole"]);
  expect(await goal({ metric: "conversion", target: 3 })).toEqual([400, "/goals/0/target out_of_range"]);
  expect(await goal({ metric: "gmv" })).toEqual([400, "/goals/0/currency currency_missing"]);
  expect(await goal({ currency: "CNY" })).toEqual([400, "/goals/0/currency currency_unexpected"]);
  expect(await goal({ by: "2026-10-31T16:00:00Z" })).toEqual([400, "/goals/0/by out_of_range"]);
  const twice = { metric: "units", target: 1 };
  expect(await refused({ goals: [twice, { ...twice, by: plan("").endsAt }] })).toEqual([
    400,
    "/goals/1 duplicate_goal",
  ]);
  expect(await refused({ timezone: "Asia/Nowhere" })).toEqual([400, "/timezone timezone_unknown"]);
  expect(await refused({ endsAt: plan("").startsAt })).toEqual([400, "/endsAt period_empty"]);
  const over = { ...budget, elements: [{ name: "all", amount: 55_000_001 }] };
  expect(await refused({ budget: over })).toEqual([400, "/budget/elements budget_exceeded"]);
  const stages = [
    { name: "new", amount: 60_000_000 },
    { name: "new", amount: 1 },
  ];
  expect(await refused({ budget: { ...budget, stages } })).toEqual([
    400,
    "/budget/stages/1/name duplicate_name",
    "/budget/stages budget_exceeded",
  ]);
});

test("a change needs the version it was read at, is told once, and leaves its mark in the audit trail", async () => {
  await create(plan("changing"));
  const put = (ifMatch: string, name: string, key = "changing") =>
    api.rest("PUT", "/v1/campaigns/changing", {
      body: plan(key, { name }),
      headers: { "if-match": ifMatch },
    });
  expect((await put('"1"', "Second")).body).toMatchObject({ name: "Second", version: 2 });
  expect((await put('"1"', "Third")).body.code).toBe("precondition-failed");
  expect(faultsOf(await put("*", "Third", "other"))).toEqual([400, "/key key_immutable"]);
  const archived = await api.rest("POST", "/v1/campaigns/changing/archive");
  expect(archived.body).toMatchObject({ status: "archived", version: 3 });
  expect((await put("*", "Fourth")).body.code).toBe("campaign-state-conflict");
  expect((await create(plan("changing"))).body.code).toBe("campaign-key-taken");
  const { rows } = await database.pool.query(
    "select type, data->'version' as version from outbox_events where subject = 'changing' order by seq",
  );
  expect(rows).toEqual([
    { type: "dealwright.campaign.created", version: 1 },
    { type: "dealwright.campaign.updated", version: 2 },
    { type: "dealwright.campaign.archived", version: 3 },
  ]);
  const trail = await api.rest("GET", "/v1/audit?resource=campaign");
  const versions = trail.body.items.flatMap((entry: { resourceId: string; after: { version: number } }) =>
    entry.resourceId === "changing" ? [entry.after.version] : [],
  );
  expect(versions).toEqual([3, 2, 1]);
});

test("lists are pages that lose nothing, and their filters agree with what each campaign says of itself", async () => {
  await create(
    plan("next", { startsAt: "2026-12-01T00:00:00Z", endsAt: "2027-01-01T00:00:00Z", channels: ["web"] }),
  );
  await create(plan("last", { startsAt: "2026-01-01T00:00:00Z", endsAt: "2026-02-01T00:00:00Z" }));
  const keys = async (query: string) => {
    const found: string[] = [];
    for (let after = ""; ; ) {
      const { body } = await api.rest("GET", `/v1/campaigns?limit=1${query}${after}`);
      found.push(...body.items.map(({ key }: { key: string }) => key));
      if (body.nextCursor === null) return found;
      after = `&after=${body.nextCursor}`;
    }
  };
  expect(await keys("")).toEqual(["next", "double-11", "changing", "last"]);
  expect(await keys("&status=planned")).toEqual(["next"]);
  expect(await keys("&status=running")).toEqual(["double-11"]);
  expect(await keys("&status=over")).toEqual(["last"]);
  expect(await keys("&status=archived")).toEqual(["changing"]);
  expect(await keys("&channel=web")).toEqual(["next"]);
  expect(await keys("&q=DOUBLE")).toEqual(["double-11"]);
});

test("a cost counts once however often it is sent, and is corrected by another entry", async () => {
  const add = (body: object) => api.rest("POST", "/v1/campaigns/double-11/costs", { body });
  const feed = {
    id: "invoice-1",
    element: "advertising",
    amount: 5_000_000,
    currency: "CNY",
    at: "2026-11-05T12:00:00+08:00",
    channel: "web",
  };
  const all = await Promise.all(Array.from({ length: 8 }, () => add(feed)));
  expect(all.map(({ status }) => status)).toEqual(Array(8).fill(201));
  expect(all.filter(({ headers }) => headers["idempotent-replayed"] === "true")).toHaveLength(7);
  expect((await add({ ...feed, amount: 1 })).body.code).toBe("campaign-cost-conflict");
  await add({ ...feed, id: "correction", amount: -1_000_000, note: "Credit note" });
  const { body } = await api.rest("GET", "/v1/campaigns/double-11/costs?element=advertising");
  expect(body.items.map(({ id, amount }: { id: string; amount: number }) => [id, amount])).toEqual([
    ["invoice-1", 5_000_000],
    ["correction", -1_000_000],
  ]);
  expect((await api.rest("GET", "/v1/campaigns/nobody/costs")).body.code).toBe("campaign-not-found");
});
