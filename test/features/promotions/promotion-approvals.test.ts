import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Role } from "../../../src/platform/auth.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi, testClock } from "../api.ts";
import { documentOf } from "./promotion-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Another process on the same database: what happens by itself must happen once. */
let other: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { clock: testClock(Date.now()) });
  other = await startApi(database, { clock: testClock(Date.now()) });
});
afterAll(async () => {
  await other.close();
  await api.close();
  await database.close();
});

const budget = (amount: number) => ({ budget: { amount: { CNY: amount } } });

async function created(fields: object = {}): Promise<{ id: string; version: number; key: string }> {
  const answer = await api.rest("POST", "/v1/promotions", { body: documentOf(fields), role: "marketing" });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.body;
}

const activate = (id: string) => api.rest("POST", `/v1/promotions/${id}/activate`, { role: "marketing" });
const decide = (name: "approve" | "reject", id: string, version: number, role: Role = "admin") =>
  api.rest("POST", `/v1/promotions/${id}/${name}`, { body: { version }, role });
const put = (id: string, document: object) =>
  api.rest("PUT", `/v1/promotions/${id}`, {
    body: document,
    headers: { "if-match": "*" },
    role: "marketing",
  });
const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];
/** What events of these names say of the promotion, once they are numbered. */
const told = (id: string, names: string[]) =>
  expect.poll(
    async () => {
      const types = names.map((name) => `types=dealwright.promotion.${name}`).join("&");
      const { items } = (await api.rest("GET", `/v1/events?limit=1000&${types}`)).body;
      return items
        .filter(({ subject }: { subject: string }) => subject === id)
        .map(({ data }: { data: object }) => data);
    },
    { timeout: patience },
  );
const promotion = async (id: string) => (await api.rest("GET", `/v1/promotions/${id}`)).body;

describe("beyond the budget that the project has set", () => {
  beforeAll(async () => {
    const body = { approvalAboveBudget: { CNY: 100_000 } };
    const answer = await api.rest("PATCH", "/v1/project/settings", { body, headers: { "if-match": "*" } });
    expect(answer.status).toBe(200);
  });
  afterAll(async () => {
    const body = { approvalAboveBudget: null };
    await api.rest("PATCH", "/v1/project/settings", { body, headers: { "if-match": "*" } });
  });

  test.each([
    ["at the budget", budget(100_000), 200],
    ["one cent beyond it", budget(100_001), 409],
    ["without a budget", {}, 409],
    ["in a currency that it does not name", { budget: { amount: { CNY: 1, EUR: 1 } } }, 409],
  ])("a promotion %s comes into force by itself: %s → %i", async (_name, fields, status) => {
    const { id } = await created(fields);
    const answer = await activate(id);
    expect(answer.status).toBe(status);
    if (status === 409) expect(answer.body.code).toBe("approval-required");
  });

  test("somebody else's approval puts it into force; one's own does not, nor one of another version", async () => {
    const { id } = await created(budget(500_000));
    expect(codeOf(await decide("approve", id, 1, "marketing"))).toEqual([409, "approval-refused"]);
    expect(codeOf(await decide("approve", id, 2))).toEqual([412, "precondition-failed"]);
    expect((await decide("approve", id, 1)).status).toBe(201);
    expect((await activate(id)).status).toBe(200);
    const { items } = (await api.rest("GET", `/v1/promotions/${id}/approvals`, { role: "viewer" })).body;
    expect(items).toMatchObject([{ version: 1, decision: "approved" }]);
    const [entry] = (await api.rest("GET", `/v1/audit?operation=approvePromotion&id=${id}`)).body.items;
    expect(entry).toMatchObject({
      role: "admin",
      before: { decision: null },
      after: { decision: "approved" },
    });
  });

  test("pausing leaves the approval, changing the document withdraws it", async () => {
    const { id, key } = await created(budget(500_000));
    await decide("approve", id, 1);
    expect((await activate(id)).status).toBe(200);
    expect(codeOf(await put(id, documentOf({ key, ...budget(900_000) })))).toEqual([
      409,
      "approval-required",
    ]);
    expect((await api.rest("POST", `/v1/promotions/${id}/pause`)).status).toBe(200);
    expect((await activate(id)).status).toBe(200);
    expect((await api.rest("POST", `/v1/promotions/${id}/pause`)).status).toBe(200);
    expect((await put(id, documentOf({ key, ...budget(900_000) }))).status).toBe(200);
    expect(codeOf(await activate(id))).toEqual([409, "approval-required"]);
    const revert = { body: { version: 1 }, role: "marketing" as const };
    expect((await api.rest("POST", `/v1/promotions/${id}/revert`, revert)).status).toBe(200);
    expect(codeOf(await activate(id))).toEqual([409, "approval-required"]);
    expect((await decide("approve", id, (await promotion(id)).version)).status).toBe(201);
    expect((await activate(id)).status).toBe(200);
  });

  test("a rejection takes an approval back, and who worked on it after others cannot approve it either", async () => {
    const { id, key } = await created(budget(500_000));
    await decide("approve", id, 1);
    expect((await decide("reject", id, 1)).status).toBe(201);
    expect((await activate(id)).body).toMatchObject({
      code: "approval-required",
      detail: "It was rejected.",
    });
    const change = { body: documentOf({ key, ...budget(600_000) }), headers: { "if-match": "*" } };
    expect((await api.rest("PUT", `/v1/promotions/${id}`, change)).status).toBe(200);
    expect(codeOf(await decide("approve", id, 2))).toEqual([409, "approval-refused"]);
    expect((await decide("approve", id, 2, "marketing")).status).toBe(409);
    // What was refused is not told.
    const decided = (decision: string) => expect.objectContaining({ promotion: key, version: 1, decision });
    await told(id, ["approved", "rejected"]).toEqual([decided("approved"), decided("rejected")]);
  });

  test("a small one in force does not grow beyond it unseen", async () => {
    const { id, key } = await created(budget(1_000));
    expect((await activate(id)).status).toBe(200);
    expect(codeOf(await put(id, documentOf({ key, ...budget(100_001) })))).toEqual([
      409,
      "approval-required",
    ]);
    expect((await put(id, documentOf({ key, ...budget(2_000) }))).status).toBe(200);
  });
});

test("comments stand with the version they were made on", async () => {
  const { id, key } = await created();
  const comment = (text: string) =>
    api.rest("POST", `/v1/promotions/${id}/comments`, { body: { text }, role: "viewer" });
  expect((await comment("Why not more?")).status).toBe(201);
  await put(id, documentOf({ key, priority: 5 }));
  await comment("Better.");
  const { items } = (await api.rest("GET", `/v1/promotions/${id}/comments`)).body;
  expect(items).toMatchObject([
    { version: 2, text: "Better." },
    { version: 1, text: "Why not more?" },
  ]);
  expect(codeOf(await api.rest("POST", "/v1/promotions/prm_x/comments", { body: { text: "?" } }))).toEqual([
    404,
    "promotion-not-found",
  ]);
});

describe("a scheduled change", () => {
  const soon = (milliseconds = 1_500) => new Date(Date.now() + milliseconds).toISOString();
  const plan = (id: string, change: object, key?: string) =>
    api.rest("POST", `/v1/promotions/${id}/scheduled-changes`, {
      body: { at: soon(), ...change },
      ...(key === undefined ? { role: "marketing" } : { key }),
    });
  const changes = async (id: string) =>
    (await api.rest("GET", `/v1/promotions/${id}/scheduled-changes`, { role: "viewer" })).body.items;
  const settled = (id: string, states: string[]) =>
    expect
      .poll(async () => (await changes(id)).map(({ state }: { state: string }) => state), { timeout: 60_000 })
      .toEqual(states);

  test("of the document, by patch and by action is applied at its instant, once, by one of several processes", async () => {
    const { id } = await created({ priority: 1 });
    const planned = await plan(id, { patch: { priority: 7, name: "Later", tags: ["late"] } });
    expect([planned.status, planned.body.state]).toEqual([201, "waiting"]);
    expect((await promotion(id)).priority).toBe(1);
    await settled(id, ["applied"]);
    const [change] = await changes(id);
    expect(Date.parse(change.settledAt)).toBeGreaterThanOrEqual(Date.parse(change.at));
    expect(await promotion(id)).toMatchObject({ priority: 7, name: "Later", tags: ["late"], version: 2 });
    await plan(id, { action: "activate" });
    await settled(id, ["applied", "applied"]);
    expect(await promotion(id)).toMatchObject({ status: "active", version: 3 });
    const trail = (await api.rest("GET", `/v1/audit?id=${id}`)).body.items;
    expect(trail.map(({ operation }: { operation: string }) => operation)).toEqual([
      "applyScheduledChange",
      "schedulePromotionChange",
      "applyScheduledChange",
      "schedulePromotionChange",
      "createPromotion",
    ]);
    expect(trail[0]).toMatchObject({ address: null, role: "marketing", after: { status: "active" } });
  });

  test("fails visibly where the document was changed since, where the state refuses it, and where its key is gone", async () => {
    const { id, key } = await created();
    const till = (
      await api.rest("POST", "/v1/api-keys", {
        body: { name: "Temp", role: "marketing", environment: "live" },
      })
    ).body;
    expect((await plan(id, { patch: { priority: 9 } })).status).toBe(201);
    expect((await plan(id, { action: "pause" })).status).toBe(201);
    expect((await plan(id, { action: "activate" }, till.secret)).status).toBe(201);
    await put(id, documentOf({ key, priority: 3 }));
    await api.rest("DELETE", `/v1/api-keys/${till.id}`);
    await settled(id, ["failed", "failed", "failed"]);
    expect((await changes(id)).map(({ failure }: { failure: string }) => failure)).toEqual([
      "forbidden-role",
      "promotion-state-conflict",
      "precondition-failed",
    ]);
    expect(await promotion(id)).toMatchObject({ status: "draft", priority: 3 });
    const { items } = (await api.rest("GET", "/v1/api-keys?limit=200")).body;
    const marketing = items.find(
      ({ role, name }: Record<string, string>) => role === name && role === "marketing",
    );
    const failed = (failure: string, plannedBy: string) =>
      expect.objectContaining({ promotion: key, promotionId: id, failure, plannedBy });
    await told(id, ["change_failed"]).toEqual([
      failed("precondition-failed", marketing.id),
      failed("promotion-state-conflict", marketing.id),
      failed("forbidden-role", till.id),
    ]);
  });

  test("can be cancelled until it has happened", async () => {
    const { id } = await created();
    const { body } = await plan(id, { at: soon(3_600_000), action: "end" });
    const cancel = () => api.rest("POST", `/v1/promotions/${id}/scheduled-changes/${body.id}/cancel`);
    expect((await cancel()).body.state).toBe("cancelled");
    expect((await cancel()).status).toBe(200);
    const { body: now } = await plan(id, { action: "activate" });
    await settled(id, ["applied", "cancelled"]);
    expect(codeOf(await api.rest("POST", `/v1/promotions/${id}/scheduled-changes/${now.id}/cancel`))).toEqual(
      [409, "scheduled-change-settled"],
    );
    const unknown = `/v1/promotions/${id}/scheduled-changes/sch_x/cancel`;
    expect(codeOf(await api.rest("POST", unknown))).toEqual([404, "scheduled-change-not-found"]);
  });

  test.each([
    ["in the past", { at: "2020-01-01T00:00:00Z", action: "end" }, "/at"],
    ["of two kinds at once", { action: "end", patch: {} }, "/action"],
    ["of no kind", {}, "/action"],
    ["of the key", { patch: { key: "another-key" } }, "/patch/key"],
    ["that makes no promotion", { patch: { benefits: [] } }, "/patch/benefits"],
  ])("%s is refused at once", async (_name, change, path) => {
    const { id } = await created();
    const answer = await plan(id, change);
    expect([answer.status, answer.body.errors?.[0].path]).toEqual([400, path]);
    expect(await changes(id)).toEqual([]);
  });
});
