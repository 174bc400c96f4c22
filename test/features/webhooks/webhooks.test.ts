/** Webhooks as their owners see them, over REST and GraphQL, up to a delivery by the app itself. */
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mostWebhooks } from "../../../src/features/webhooks/webhook-schemas.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi, testClock } from "../api.ts";
import { activePromotion, orderOf, redeem } from "../redemptions/redemption-fixture.ts";
import { type Receiver, startReceiver, status } from "./receiver.ts";

let database: TestDatabase;
let api: Api;
let receiver: Receiver;
beforeAll(async () => {
  database = await freshDatabase();
  receiver = await startReceiver();
  // Receivers refuse signatures of another time than theirs.
  api = await startApi(database, { webhookTargets: "any", clock: testClock(Date.now()) });
});
afterAll(async () => {
  await api.close();
  await receiver.close();
  await database.close();
});

const erp = { role: "erp" } as const;
const create = (body: object = {}) =>
  api.rest("POST", "/v1/webhooks", { ...erp, body: { url: receiver.url, ...body } });

test("a webhook is created, read, listed, changed, rotated and deleted; its secret is shown when it is new and never again", async () => {
  const created = await create({ types: ["dealwright.job.finished"], description: "jobs" });
  expect(created.status).toBe(201);
  const { id, secret } = created.body;
  expect(created.body).toMatchObject({
    url: receiver.url,
    types: ["dealwright.job.finished"],
    enabled: true,
    disabledReason: null,
    secrets: [{ hint: secret.slice(0, 10), expiresAt: null }],
  });
  const one = await api.rest("GET", `/v1/webhooks/${id}`, erp);
  const list = await api.rest("GET", "/v1/webhooks", erp);
  expect(list.body.items).toEqual([one.body]);
  const changed = await api.rest("PATCH", `/v1/webhooks/${id}`, {
    ...erp,
    body: { description: null, enabled: false },
  });
  expect(changed.body).toMatchObject({ description: null, enabled: false, disabledReason: "by_hand" });
  for (let i = 0; i < 2; i++) await api.rest("POST", `/v1/webhooks/${id}/rotate`, { ...erp, body: {} });
  const rotated = await api.rest("GET", `/v1/webhooks/${id}`, erp);
  expect(rotated.body.secrets).toHaveLength(2);
  for (const { text } of [one, list, changed, rotated]) expect(text).not.toContain(secret);
  expect((await api.rest("DELETE", `/v1/webhooks/${id}`, erp)).status).toBe(200);
  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["POST", "/test"],
    ["POST", "/replay"],
    ["GET", "/deliveries"],
    ["POST", "/deliveries/evt_1/replay"],
  ] as const)
    expect((await api.rest(method, `/v1/webhooks/${id}${path}`, erp)).body.code).toBe("webhook-not-found");
  const { rows } = await database.pool.query("select after from audit_entries where resource = 'webhook'");
  expect(rows).toHaveLength(5);
  expect(JSON.stringify(rows)).not.toContain("whsec_");
});

test("what happens is sent to those who asked for it, signed, and the log says so", async () => {
  const all = (await create()).body;
  const none = (await create({ types: ["dealwright.job.finished"] })).body;
  receiver.received.length = 0;
  await activePromotion(api, "hooked");
  const { body: redemption } = await redeem(api, orderOf({ customer: { id: "c-1" } }));
  await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(3);
  const events = receiver.received.map(({ event }) => event);
  expect(events.map(({ type }) => type).sort()).toEqual([
    "dealwright.promotion.activated",
    "dealwright.promotion.created",
    "dealwright.redemption.committed",
  ]);
  expect(events.find(({ subject }) => subject === redemption.id)?.data).toMatchObject({ customer: "c-1" });
  for (const { body, headers } of receiver.received) new Webhook(all.secret).verify(body, headers);
  const log = () => api.rest("GET", `/v1/webhooks/${all.id}/deliveries?status=delivered&limit=2`, erp);
  await expect.poll(async () => (await log()).body.items.length, { timeout: 30_000 }).toBe(2);
  await expect.poll(async () => (await log()).body.nextCursor, { timeout: 30_000 }).not.toBeNull();
  const first = await log();
  const second = await api.rest(
    "GET",
    `/v1/webhooks/${all.id}/deliveries?limit=2&after=${first.body.nextCursor}`,
    erp,
  );
  const shown = [...first.body.items, ...second.body.items];
  expect(shown.map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort());
  expect(shown[0]).toMatchObject({
    status: "delivered",
    attempts: 1,
    responseStatus: 204,
    dueAt: null,
    failure: null,
  });
  expect((await api.rest("GET", `/v1/webhooks/${none.id}/deliveries`, erp)).body.items).toEqual([]);
  receiver.received.length = 0;
  const again = await api.rest("POST", `/v1/webhooks/${all.id}/deliveries/${shown[0].id}/replay`, erp);
  expect([again.status, again.body.status]).toEqual([202, "pending"]);
  await expect
    .poll(() => receiver.received.map(({ event }) => event.id), { timeout: 30_000 })
    .toEqual([shown[0].id]);
  const unknown = await api.rest("POST", `/v1/webhooks/${all.id}/deliveries/evt_0/replay`, erp);
  expect(unknown.body.code).toBe("webhook-delivery-not-found");
  const replayed = await api.graphql(
    "mutation ($id: ID!) { replayWebhook(id: $id) { replayed } }",
    { id: all.id },
    erp,
  );
  expect(replayed.body.data).toEqual({ replayWebhook: { replayed: 0 } });
});

test("a test is sent at once, and its answer is told", async () => {
  const { id } = (await create({ types: ["dealwright.job.finished"] })).body;
  receiver.answer(status(500, {}, "out of order"));
  const refused = await api.rest("POST", `/v1/webhooks/${id}/test`, erp);
  expect(refused.body).toMatchObject({
    delivered: false,
    responseStatus: 500,
    response: "out of order",
    failure: null,
  });
  receiver.answer(status(200, {}, "fine"));
  const taken = await api.rest("POST", `/v1/webhooks/${id}/test`, erp);
  expect(taken.body).toMatchObject({ delivered: true, responseStatus: 200, response: "fine" });
  expect(receiver.received.at(-1)?.event).toMatchObject({ type: "dealwright.webhook.test", subject: id });
});

test("webhooks are for integrators, of their own project, and not without end", async () => {
  for (const role of ["checkout", "pos", "marketing", "viewer"] as const)
    expect((await api.rest("GET", "/v1/webhooks", { role })).status).toBe(403);
  const other = await startApi(database);
  const { id } = (await create()).body;
  expect((await other.rest("GET", `/v1/webhooks/${id}`, erp)).body.code).toBe("webhook-not-found");
  // By the ordinary rules, without the exception that this file makes.
  for (const [url, code] of [
    ["http://example.com/", "url_not_https"],
    ["https://127.0.0.1/", "url_not_public"],
    ["https://a:b@example.com/", "url_has_credentials"],
    ["nowhere", "url_invalid"],
  ]) {
    const answer = await other.rest("POST", "/v1/webhooks", { ...erp, body: { url } });
    expect([answer.status, answer.body.errors[0].code]).toEqual([400, code]);
  }
  const { body } = await other.rest("POST", "/v1/webhooks", { ...erp, body: { url: "https://8.8.8.8/" } });
  const moved = await other.rest("PATCH", `/v1/webhooks/${body.id}`, {
    ...erp,
    body: { url: "https://10.0.0.1/" },
  });
  expect(moved.body.errors[0].code).toBe("url_not_public");
  const more = { ...erp, body: { url: "https://8.8.8.8/" } };
  for (let i = 1; i < mostWebhooks - 1; i++) await other.rest("POST", "/v1/webhooks", more);
  // Of those that come together no more get in than there is room for.
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => other.rest("POST", "/v1/webhooks", more)),
  );
  const refused = Array.from({ length: 5 }, () => "too-many-webhooks");
  expect(answers.map(({ status, body }) => body.code ?? status).sort()).toEqual([201, ...refused]);
  expect(
    (await api.rest("POST", "/v1/webhooks", { ...erp, body: { url: receiver.url, types: ["sale"] } })).status,
  ).toBe(400);
  await other.close();
});
