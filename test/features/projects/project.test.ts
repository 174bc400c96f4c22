import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootstrap } from "../../../src/features/projects/project-bootstrap.ts";
import { bumpRevision } from "../../../src/features/projects/project-service.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { withTransaction } from "../../../src/platform/database.ts";
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

const update = `mutation ($ifMatch: String!, $input: ProjectSettingsChangeInput!) {
  updateProjectSettings(ifMatch: $ifMatch, input: $input) { settingsVersion settings { strategy marginFloor timezone } }
}`;

async function revision(): Promise<number> {
  const { rows } = await database.pool.query("select revision from projects where id = $1", [api.project.id]);
  return rows[0].revision;
}

test("any key reads its own project, the same over both faces", async () => {
  const rest = await api.rest("GET", "/v1/project", { role: "viewer" });
  const graphql = await api.graphql(
    "{ project { id key name environment settings { strategy rounding marginFloor timezone locale auditRetentionDays approvalAboveBudget stockMaxAgeSeconds promotionDaysPerYear } settingsVersion createdAt } }",
    {},
    { role: "viewer" },
  );
  expect(rest.status).toBe(200);
  expect(rest.headers.etag).toBe('"1"');
  expect(rest.body.id).toBe(api.project.id);
  expect(rest.body.settings).toEqual({
    strategy: "best",
    rounding: "half_up",
    marginFloor: null,
    timezone: "UTC",
    locale: "en",
    auditRetentionDays: null,
    approvalAboveBudget: null,
    stockMaxAgeSeconds: null,
    promotionDaysPerYear: null,
  });
  expect(graphql.body.data.project).toEqual(rest.body);
});

test("a change of settings keeps what it does not name, moves the ETag and the revision", async () => {
  const before = await revision();
  const { headers } = await api.rest("GET", "/v1/project");
  const changed = await api.rest("PATCH", "/v1/project/settings", {
    role: "marketing",
    body: { marginFloor: 12.5, timezone: "Asia/Shanghai" },
    headers: { "if-match": String(headers.etag) },
  });
  expect(changed.status).toBe(200);
  expect(changed.body.settings).toMatchObject({
    strategy: "best",
    marginFloor: 12.5,
    timezone: "Asia/Shanghai",
  });
  expect(changed.headers.etag).not.toBe(headers.etag);
  expect(await revision()).toBe(before + 1);

  const version = String(changed.body.settingsVersion);
  const again = await api.graphql(update, { ifMatch: version, input: { marginFloor: null } });
  expect(again.body.data.updateProjectSettings).toEqual({
    settingsVersion: changed.body.settingsVersion + 1,
    settings: { strategy: "best", marginFloor: null, timezone: "Asia/Shanghai" },
  });
});

test("what is as it was asked for stays so: no ETag moves, no rulebook is built anew, nothing is in the audit trail", async () => {
  const state = async () => {
    const { rows } = await database.pool.query(
      `select settings_version, revision, (select count(*) from audit_entries where project_id = id) as entries
         from projects where id = $1`,
      [api.project.id],
    );
    return rows;
  };
  const { settings } = (await api.rest("GET", "/v1/project")).body;
  const set = (ifMatch: string) =>
    api.rest("PATCH", "/v1/project/settings", {
      body: { marginFloor: settings.marginFloor, timezone: settings.timezone },
      headers: { "if-match": ifMatch },
    });
  const settled = await set("*");
  const before = await state();
  const again = await set("*");
  expect([again.status, again.body]).toEqual([200, settled.body]);
  expect((await set('"999"')).status).toBe(412);
  expect(await state()).toEqual(before);
});

test("settings that an older version stored without one of them are as they are read", async () => {
  await database.pool.query(
    "update projects set settings = settings - 'promotionDaysPerYear' where id = $1",
    [api.project.id],
  );
  const { body } = await api.rest("GET", "/v1/project");
  const same = await api.rest("PATCH", "/v1/project/settings", {
    body: { promotionDaysPerYear: body.settings.promotionDaysPerYear },
    headers: { "if-match": "*" },
  });
  expect(same.body).toEqual(body);
});

test("settings changed by somebody else meanwhile are not overwritten, over either face", async () => {
  const before = await api.rest("GET", "/v1/project");
  const stale = String(before.body.settingsVersion - 1);
  const rest = await api.rest("PATCH", "/v1/project/settings", {
    body: { strategy: "priority" },
    headers: { "if-match": `"${stale}"` },
  });
  const graphql = await api.graphql(update, { ifMatch: stale, input: { strategy: "priority" } });
  expect([rest.status, rest.body.code]).toEqual([412, "precondition-failed"]);
  expect(graphql.body.errors[0].extensions).toMatchObject({ status: 412, code: "precondition-failed" });
  expect((await api.rest("GET", "/v1/project")).body).toEqual(before.body);
});

test("of two changes based on the same ETag, one wins", async () => {
  const { headers } = await api.rest("GET", "/v1/project");
  const change = (locale: string) =>
    api.rest("PATCH", "/v1/project/settings", {
      body: { locale },
      headers: { "if-match": String(headers.etag) },
    });
  const answers = await Promise.all(["ja", "zh-CN", "de", "fr"].map(change));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
});

test.each([
  ["no If-Match", { body: {}, headers: {} }, 428, "precondition-required"],
  ["several ETags", { body: {}, headers: { "if-match": '"1", "2"' } }, 400, "invalid-request"],
  [
    "an unknown zone",
    { body: { timezone: "Mars/Base" }, headers: { "if-match": "*" } },
    400,
    "invalid-request",
  ],
  ["a column name", { body: { revision: 7 }, headers: { "if-match": "*" } }, 400, "invalid-request"],
  ["a viewer", { role: "viewer" as const, body: {}, headers: { "if-match": "*" } }, 403, "forbidden-role"],
])("a change of settings is refused with %s", async (_case, call, status, code) => {
  const answer = await api.rest("PATCH", "/v1/project/settings", call);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

test.each([
  [{ approvalAboveBudget: null }, "approvalAboveBudget"],
  [{ auditRetentionDays: null }, "auditRetentionDays"],
  [
    { locale: "en", approvalAboveBudget: {}, auditRetentionDays: 30 },
    "approvalAboveBudget and auditRetentionDays",
  ],
])("what watches over marketing is not marketing's to set: %j", async (change, named) => {
  const refusal = {
    code: "forbidden-role",
    detail: `To change ${named} needs the role admin; the key has marketing.`,
  };
  const before = (await api.rest("GET", "/v1/project")).body;
  const call = { body: change, headers: { "if-match": "*" } };
  const rest = await api.rest("PATCH", "/v1/project/settings", { ...call, role: "marketing" });
  expect([rest.status, rest.body]).toMatchObject([403, refusal]);
  const graphql = await api.graphql(update, { ifMatch: "*", input: change }, { role: "marketing" });
  expect(graphql.body.errors[0]).toMatchObject({
    message: expect.stringContaining(refusal.detail),
    extensions: { status: 403, code: refusal.code },
  });
  expect((await api.rest("GET", "/v1/project")).body).toEqual(before);
  expect((await api.rest("PATCH", "/v1/project/settings", call)).status).toBe(200);
});

test("nor are limits on wrong codes and alarms, which it may read", async () => {
  const call = { body: { wrongCodes: { perCustomer: 1_000_000 } } };
  const refused = await api.rest("PATCH", "/v1/project/safeguards", { ...call, role: "marketing" });
  expect([refused.status, refused.body.code]).toEqual([403, "forbidden-role"]);
  const field = "mutation { updateProjectSafeguards(input: { alarms: {} }) { stop { at } } }";
  const graphql = await api.graphql(field, {}, { role: "marketing" });
  expect(graphql.body.errors[0].extensions).toMatchObject({ status: 403, code: "forbidden-role" });
  expect(
    (await api.rest("GET", "/v1/project/safeguards", { role: "marketing" })).body.wrongCodes.perCustomer,
  ).toBe(30);
  expect((await api.rest("PATCH", "/v1/project/safeguards", { body: { alarms: {} } })).status).toBe(200);
});

test("the audit trail is kept for thirty days at least, also where less was set before", async () => {
  const set = (auditRetentionDays: number) =>
    api.rest("PATCH", "/v1/project/settings", { body: { auditRetentionDays }, headers: { "if-match": "*" } });
  const refused = await set(29);
  expect([refused.status, refused.body.errors[0].path]).toEqual([400, "/auditRetentionDays"]);
  expect((await set(30)).body.settings.auditRetentionDays).toBe(30);
  const days = async () => (await api.rest("GET", "/v1/project")).body.settings.auditRetentionDays;
  const store = (value: number) =>
    database.pool.query(
      `update projects set settings = settings || '{"auditRetentionDays": ${value}}' where id = '${api.project.id}'`,
    );
  await store(7);
  expect(await days()).toBe(7);
  const floor = readFileSync(
    new URL("../../../migrations/0060_audit_retention_floor.sql", import.meta.url),
    "utf8",
  );
  await database.pool.query(floor);
  expect(await days()).toBe(30);
  await store(31);
  await database.pool.query(floor);
  expect(await days()).toBe(31);
});

test("a new revision is announced when its transaction commits, and not when it fails", async () => {
  const listener = new pg.Client(database.connectionString);
  await listener.connect();
  const heard: string[] = [];
  listener.on("notification", ({ payload = "" }) => heard.push(payload));
  await listener.query("listen dealwright_rulebook");
  const failed = withTransaction(database, api.project.id, async (connection) => {
    await bumpRevision(connection, api.project.id);
    throw new RangeError("changed our mind");
  });
  await expect(failed).rejects.toThrow(RangeError);
  const before = await revision();
  const after = await withTransaction(database, api.project.id, (connection) =>
    bumpRevision(connection, api.project.id),
  );
  expect(after).toBe(before + 1);
  // Notifications come before the answer to a statement sent after them.
  await listener.query("select 1");
  expect(heard).toEqual([api.project.id]);
  await listener.end();
});

test("of several processes starting on an empty database one makes the project, and its key works", async () => {
  const empty = await freshDatabase();
  try {
    const made = await Promise.all(Array.from({ length: 6 }, () => bootstrap(empty, systemClock, undefined)));
    const created = made.filter((one) => one !== null);
    expect(created).toHaveLength(1);
    const other = await startApi(empty);
    const answer = await other.rest("GET", "/v1/project", { key: created[0]?.adminKey ?? "" });
    expect(answer.body).toMatchObject({ id: created[0]?.projectId, key: "demo" });
    await other.close();
  } finally {
    await empty.close();
  }
});

test("the operator's own first key works, whatever its form, and only its hash is stored", async () => {
  const empty = await freshDatabase();
  try {
    const chosen = "correct horse battery staple".replaceAll(" ", "-");
    await bootstrap(empty, systemClock, chosen);
    expect(await bootstrap(empty, systemClock, "another-key-of-24-letters")).toBeNull();
    const other = await startApi(empty);
    expect((await other.rest("GET", "/v1/api-keys", { key: chosen })).status).toBe(200);
    expect((await other.rest("GET", "/v1/project", { key: "another-key-of-24-letters" })).status).toBe(401);
    const { rows } = await empty.pool.query(
      "select s::text || k::text as row from api_key_secrets s, api_keys k",
    );
    expect(JSON.stringify(rows)).not.toContain(chosen);
    await other.close();
  } finally {
    await empty.close();
  }
});
