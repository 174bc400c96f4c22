import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectService } from "../../../src/features/projects/project-service.ts";
import { seedPromotions } from "../../../src/features/promotions/promotion-seed.ts";
import { rulebookService } from "../../../src/features/promotions/rulebook-service.ts";
import { type Listener, openListener } from "../../../src/platform/listen.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { documentOf } from "./promotion-fixture.ts";

const never = 3_600_000;

let database: TestDatabase;
let listener: Listener;
let writer: Api;
let listening: Api;
let polling: Api;

beforeAll(async () => {
  database = await freshDatabase();
  listener = openListener(database.connectionString, silentLog);
  writer = await startApi(database, { rulebookPollMilliseconds: never });
  listening = await startApi(database, { listener, rulebookPollMilliseconds: never });
  polling = await startApi(database, { rulebookPollMilliseconds: 50 });
});
afterAll(async () => {
  await Promise.all([writer.close(), listening.close(), polling.close()]);
  await listener.close();
  await database.close();
});

const body = { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1000 }] };

async function totalAt(api: Api, key: string): Promise<number> {
  return (await api.rest("POST", "/v1/evaluations", { key, body })).body.total;
}

/** Asks until the answer is there: how long that takes is the machine's affair. */
async function until(expected: number, ask: () => Promise<number>): Promise<void> {
  for (let actual = await ask(); actual !== expected; actual = await ask()) await delay(5);
}

async function live(key: string, document: object): Promise<string> {
  const { body } = await writer.rest("POST", "/v1/promotions", { key, body: document });
  expect((await writer.rest("POST", `/v1/promotions/${body.id}/activate`, { key })).status).toBe(200);
  return body.id;
}

test("a change is priced at once where it was made, and soon by processes that are told or ask", async () => {
  const key = (await projectWithKeys(database, writer.clock.now())).keys.admin;
  const others = [listening, polling];
  for (const api of [writer, ...others]) expect(await totalAt(api, key)).toBe(1000);

  const id = await live(key, documentOf());
  expect(await totalAt(writer, key)).toBe(900);
  for (const api of others) await until(900, () => totalAt(api, key));

  const { body: promotion } = await writer.rest("GET", `/v1/promotions/${id}`, { key });
  const changed = documentOf({ key: promotion.key, benefits: [{ kind: "percent_off", percent: 25 }] });
  await writer.rest("PUT", `/v1/promotions/${id}`, { key, body: changed, headers: { "if-match": "*" } });
  expect(await totalAt(writer, key)).toBe(750);
  for (const api of others) await until(750, () => totalAt(api, key));

  await writer.rest("POST", `/v1/promotions/${id}/pause`, { key });
  expect(await totalAt(writer, key)).toBe(1000);
  for (const api of others) await until(1000, () => totalAt(api, key));
});

test("the settings of the project are followed like its promotions", async () => {
  const key = (await projectWithKeys(database, writer.clock.now())).keys.admin;
  await live(
    key,
    documentOf({
      benefits: [{ kind: "percent_off", percent: 10 }],
      schedule: { recurring: [{ from: "08:00", to: "09:00" }] },
    }),
  );
  expect(await totalAt(polling, key)).toBe(1000);
  await writer.rest("PATCH", "/v1/project/settings", {
    key,
    body: { timezone: "Asia/Shanghai" },
    headers: { "if-match": "*" },
  });
  await until(900, () => totalAt(polling, key));
});

test("what is only drafted changes no version of the rules", async () => {
  const key = (await projectWithKeys(database, writer.clock.now())).keys.admin;
  const rulebook = async () => (await writer.rest("POST", "/v1/evaluations", { key, body })).body.rulebook;
  const before = await rulebook();
  const draft = await writer.rest("POST", "/v1/promotions", { key, body: documentOf() });
  await writer.rest("POST", `/v1/promotions/${draft.body.id}/archive`, { key });
  expect(await rulebook()).toBe(before);
  await live(key, documentOf());
  expect(await rulebook()).not.toBe(before);
});

test("schedules start and end by themselves", async () => {
  const key = (await projectWithKeys(database, writer.clock.now())).keys.admin;
  const at = (seconds: number) => new Date(writer.clock.now() + seconds * 1000).toISOString();
  await live(key, documentOf({ schedule: { startsAt: at(10), endsAt: at(20) } }));
  const totals = [];
  for (const milliseconds of [9_999, 1, 9_999, 1]) {
    writer.clock.advance(milliseconds);
    totals.push(await totalAt(writer, key));
  }
  expect(totals).toEqual([1000, 900, 900, 1000]);
});

test("rules of one project never price another's carts", async () => {
  const one = (await projectWithKeys(database, writer.clock.now())).keys.admin;
  const other = (await projectWithKeys(database, writer.clock.now())).keys.admin;
  await live(one, documentOf({ trigger: { type: "code", code: "SECRET" } }));
  const codes = async (key: string) =>
    (await writer.rest("POST", "/v1/evaluations", { key, body: { ...body, codes: ["SECRET"] } })).body
      .codes[0];
  expect(await codes(one)).toMatchObject({ status: "applied" });
  expect(await codes(other)).toEqual({
    code: "SECRET",
    status: "rejected",
    promotion: null,
    reason: "code_unknown",
  });
});

test("of many rules only those that changed are compiled again", async () => {
  const { id: projectId, keys } = await projectWithKeys(database, writer.clock.now());
  const documents = Array.from({ length: 500 }, (_, n) =>
    documentOf({ benefits: [{ kind: "percent_off", percent: 1, select: { skus: [`S-${n}`] } }] }),
  );
  await seedPromotions(database.orm, { projectId, documents, now: writer.clock.now() });
  const rulebooks = rulebookService({
    database,
    projects: projectService(database),
    log: silentLog,
    pollMilliseconds: never,
  });
  const [first, same] = await Promise.all([rulebooks.rulesOf(projectId), rulebooks.rulesOf(projectId)]);
  expect(same).toBe(first);
  expect(first.rulebook.promotions).toHaveLength(500);

  await live(keys.admin, documentOf({ key: "one-more" }));
  await rulebooks.reach(projectId, first.revision + 1);
  const second = await rulebooks.rulesOf(projectId);
  const known = new Set(first.rulebook.promotions);
  expect(
    second.rulebook.promotions.filter((promotion) => !known.has(promotion)).map(({ key }) => key),
  ).toEqual(["one-more"]);
  // The old value is whoever's still holds it, unchanged.
  expect(first.rulebook.promotions).toHaveLength(500);
  await rulebooks.close();
});

test("a stored rule that no longer compiles is left out, and the others go on", async () => {
  const { id: projectId, keys } = await projectWithKeys(database, writer.clock.now());
  const id = await live(keys.admin, documentOf({ key: "broken" }));
  await live(keys.admin, documentOf({ key: "sound", benefits: [{ kind: "percent_off", percent: 20 }] }));
  await database.pool.query(
    `update promotions set document = jsonb_set(document, '{benefits,0,percent}', '900') where project_id = $1 and id = $2`,
    [projectId, id],
  );
  expect(await totalAt(listening, keys.admin)).toBe(800);
  expect((await writer.rest("POST", `/v1/promotions/${id}/end`, { key: keys.admin })).status).toBe(200);
});
