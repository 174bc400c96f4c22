import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { isPlausible, newSecret } from "../../../src/features/api-keys/api-key-secret.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi, testClock } from "../api.ts";
import { projectWithKeys } from "../project-fixture.ts";

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

const createMutation = `mutation ($input: ApiKeyCreationInput!) {
  createApiKey(input: $input) {
    id name role environment secret secrets { hint createdAt expiresAt } createdAt expiresAt revokedAt lastUsedAt requestsPerMinute
  }
}`;

async function created(body: object = { name: "till", role: "pos", environment: "live" }) {
  const answer = await api.rest("POST", "/v1/api-keys", { body });
  expect(answer.status).toBe(201);
  return answer.body as { id: string; secret: string; secrets: { hint: string }[] };
}

async function statusWith(key: string): Promise<number> {
  return (await api.rest("GET", "/v1/project", { key })).status;
}

test("a created key works at once, and only its hash is in the database", async () => {
  const { secret, secrets } = await created();
  expect(secret).toMatch(/^dw_live_[0-9a-z]{8}_[0-9a-z]{32}_[0-9a-z]{6}$/);
  expect(secret.startsWith(secrets[0]?.hint ?? "?")).toBe(true);
  expect(await statusWith(secret)).toBe(200);
  const { rows } = await database.pool.query(
    "select k::text || s::text || encode(s.hash, 'escape') as row from api_keys k, api_key_secrets s",
  );
  expect(JSON.stringify(rows)).not.toContain(secret.split("_")[3]);
});

test("both faces create keys of the same shape", async () => {
  const input = { name: "both", role: "erp", environment: "test", expiresAt: "2030-01-01T00:00:00+08:00" };
  const rest = await api.rest("POST", "/v1/api-keys", { body: input });
  const graphql = await api.graphql(createMutation, { input });
  const one = graphql.body.data.createApiKey;
  expect(Object.keys(one).sort()).toEqual(Object.keys(rest.body).sort());
  expect({ ...one, id: 0, secret: 0, secrets: 0 }).toEqual({ ...rest.body, id: 0, secret: 0, secrets: 0 });
  expect(rest.body).toMatchObject({ environment: "test", expiresAt: "2029-12-31T16:00:00.000Z" });
  expect(rest.body.secret).toMatch(/^dw_test_/);
});

test("a revoked key is refused at once here, and within five seconds by every other process", async () => {
  const other = await startApi(database, { clock: api.clock });
  const { id, secret } = await created();
  expect((await other.rest("GET", "/v1/project", { key: secret })).status).toBe(200);
  const revoked = await api.rest("DELETE", `/v1/api-keys/${id}`);
  expect(revoked.status).toBe(200);
  expect(revoked.body).toMatchObject({ id, secrets: [], revokedAt: new Date(api.clock.now()).toISOString() });
  expect(await statusWith(secret)).toBe(401);
  api.clock.advance(5_000);
  expect((await other.rest("GET", "/v1/project", { key: secret })).status).toBe(401);
  const again = await api.rest("DELETE", `/v1/api-keys/${id}`);
  // When it was last used may have been noted in between.
  expect({ ...again.body, lastUsedAt: null }).toEqual({ ...revoked.body, lastUsedAt: null });
  await other.close();
});

test("also by one whose clock was ahead when it saw the key, and was then set right", async () => {
  const other = await startApi(database, { clock: testClock(api.clock.now() + 600_000) });
  const { id, secret } = await created();
  expect((await other.rest("GET", "/v1/project", { key: secret })).status).toBe(200);
  expect((await api.rest("DELETE", `/v1/api-keys/${id}`)).status).toBe(200);
  other.clock.advance(-600_000);
  expect((await other.rest("GET", "/v1/project", { key: secret })).status).toBe(401);
  await other.close();
});

test("while a key is rotated both secrets work, then only the new one", async () => {
  const first = await created();
  const rotated = await api.rest("POST", `/v1/api-keys/${first.id}/rotate`, { body: { graceSeconds: 60 } });
  expect(rotated.status).toBe(200);
  expect(rotated.body.id).toBe(first.id);
  expect(rotated.body.secrets).toHaveLength(2);
  expect([await statusWith(first.secret), await statusWith(rotated.body.secret)]).toEqual([200, 200]);
  api.clock.advance(60_000);
  expect([await statusWith(first.secret), await statusWith(rotated.body.secret)]).toEqual([401, 200]);
});

test("a second rotation ends the grace of the first", async () => {
  const first = await created();
  const rotate = `mutation ($id: ID!, $input: ApiKeyRotationInput) { rotateApiKey(id: $id, input: $input) { secret } }`;
  const second = (await api.graphql(rotate, { id: first.id })).body.data.rotateApiKey;
  const third = (await api.rest("POST", `/v1/api-keys/${first.id}/rotate`)).body;
  const secrets = [first.secret, second.secret, third.secret];
  expect(await Promise.all(secrets.map(statusWith))).toEqual([401, 200, 200]);
  expect(
    (await api.graphql(rotate, { id: first.id, input: { graceSeconds: 0 } })).body.errors,
  ).toBeUndefined();
  expect(await Promise.all(secrets.map(statusWith))).toEqual([401, 401, 401]);
});

test("a revoked key cannot be rotated back to life", async () => {
  const { id } = await created();
  await api.rest("DELETE", `/v1/api-keys/${id}`);
  const answer = await api.rest("POST", `/v1/api-keys/${id}/rotate`, { body: {} });
  expect([answer.status, answer.body.code]).toEqual([409, "api-key-revoked"]);
});

test("a key with an end is refused from that instant on", async () => {
  const expiresAt = new Date(api.clock.now() + 10_000).toISOString();
  const { secret } = await created({ name: "short", role: "viewer", environment: "live", expiresAt });
  expect(await statusWith(secret)).toBe(200);
  api.clock.advance(9_999);
  expect(await statusWith(secret)).toBe(200);
  api.clock.advance(1);
  expect(await statusWith(secret)).toBe(401);
  const past = { name: "x", role: "viewer", environment: "live", expiresAt };
  const refused = await api.rest("POST", "/v1/api-keys", { body: past });
  expect(refused.body.errors[0]).toMatchObject({ path: "/expiresAt", code: "in_the_past" });
});

test("the use of a key is noted", async () => {
  const { id, secret } = await created();
  expect(await statusWith(secret)).toBe(200);
  // It is written off the request path, so only soon.
  await vi.waitFor(async () => {
    const { body } = await api.rest("GET", "/v1/api-keys");
    const { lastUsedAt } = body.items.find((key: { id: string }) => key.id === id);
    expect(lastUsedAt).toBe(new Date(api.clock.now()).toISOString());
  });
});

test("keys known here are still accepted while the database is away", async () => {
  const own = await freshDatabase();
  const alone = await startApi(own);
  expect((await alone.graphql("{ __typename }")).status).toBe(200);
  await own.close();
  alone.clock.advance(60_000);
  expect((await alone.graphql("{ __typename }")).body.data).toEqual({ __typename: "Query" });
  expect((await alone.rest("GET", "/readyz")).status).toBe(503);
  expect((await alone.rest("GET", "/livez")).status).toBe(200);
  alone.clock.advance(15 * 60_000);
  expect((await alone.graphql("{ __typename }")).status).toBeGreaterThanOrEqual(500);
  await alone.close();
});

test("keys that nobody has keep one connection busy, however many are tried at once", async () => {
  expect((await api.rest("GET", "/v1/project")).status).toBe(200);
  const blocker = await database.pool.connect();
  await blocker.query("begin; lock table api_key_secrets in access exclusive mode");
  const tries = Array.from({ length: 40 }, () => statusWith(newSecret("live").secret));
  const isWaiting = async () => {
    const { rows } = await blocker.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  };
  await vi.waitFor(async () => expect(await isWaiting()).toBe(true));
  // The pool has fewer connections than keys are tried.
  expect((await api.rest("GET", "/v1/project")).status).toBe(200);
  await blocker.query("rollback");
  blocker.release();
  expect(new Set(await Promise.all(tries))).toEqual(new Set([401]));
});

test("the list is complete, without repetition, newest first, in pages of any size", async () => {
  const own = await startApi(database);
  const { body: all } = await own.rest("GET", "/v1/api-keys");
  const ids = all.items.map(({ id }: { id: string }) => id);
  expect(ids).toEqual([...ids].sort().reverse());
  expect(all.nextCursor).toBeNull();
  const read: string[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const page = await own.rest("GET", `/v1/api-keys?limit=4${after && `&after=${after}`}`);
    read.push(...page.body.items.map(({ id }: { id: string }) => id));
    after = page.body.nextCursor;
  }
  expect(read).toEqual(ids);
  const query =
    "query ($after: String) { apiKeys(first: 4, after: $after) { nodes { id } pageInfo { endCursor } } }";
  const first = (await own.graphql(query)).body.data.apiKeys;
  const second = (await own.graphql(query, { after: first.pageInfo.endCursor })).body.data.apiKeys;
  expect([...first.nodes, ...second.nodes].map(({ id }: { id: string }) => id)).toEqual(ids);
  await own.close();
});

test("no project sees, rotates or revokes the keys of another", async () => {
  const { id, secret } = await created();
  const stranger = (await projectWithKeys(database, api.clock.now())).keys.admin;
  const asStranger = { key: stranger };
  const { body } = await api.rest("GET", "/v1/api-keys", asStranger);
  expect(body.items.map((key: { id: string }) => key.id)).not.toContain(id);
  const answers = [
    await api.rest("POST", `/v1/api-keys/${id}/rotate`, { ...asStranger, body: {} }),
    await api.rest("DELETE", `/v1/api-keys/${id}`, asStranger),
    await api.rest("DELETE", "/v1/api-keys/key_nothing", asStranger),
  ];
  expect(answers.map(({ body: { code } }) => code)).toEqual(Array(3).fill("api-key-not-found"));
  const graphql = await api.graphql(`mutation { revokeApiKey(id: "${id}") { id } }`, {}, asStranger);
  expect(graphql.body.errors[0].extensions).toMatchObject({ code: "api-key-not-found", status: 404 });
  expect(await statusWith(secret)).toBe(200);
});

test.each(["checkout", "pos", "erp", "marketing", "viewer"] as const)(
  "%s may not touch API keys",
  async (role) => {
    const input = { name: "x", role: "admin", environment: "live" };
    const rest = [
      await api.rest("GET", "/v1/api-keys", { role }),
      await api.rest("POST", "/v1/api-keys", { role, body: input }),
      await api.rest("POST", "/v1/api-keys/key_x/rotate", { role, body: {} }),
      await api.rest("DELETE", "/v1/api-keys/key_x", { role }),
    ];
    expect(rest.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    const graphql = await api.graphql(createMutation, { input }, { role });
    expect(graphql.body.errors[0].extensions).toMatchObject({ code: "forbidden-role", status: 403 });
    expect(graphql.body.data).toBeNull();
  },
);

test.each([
  ["nothing", null],
  ["an unknown key", newSecret("live").secret],
  ["a mistyped key", `${newSecret("live").secret.slice(0, -1)}!`],
  ["a short one", "dw"],
  ["an unknown key of foreign form", "any-string-of-24-characters"],
])("%s is no key, for either face", async (_case, key) => {
  const answers = [
    await api.rest("GET", "/v1/project", { key }),
    await api.graphql("{ project { id } }", {}, { key }),
  ];
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
    Array(2).fill([401, "unauthenticated"]),
  );
});

test("a typo in one of our keys is told without asking the database", () => {
  const { secret } = newSecret("live");
  expect(isPlausible(secret)).toBe(true);
  for (let at = 0; at < secret.length; at += 1) {
    const typo = secret.slice(0, at) + (secret[at] === "x" ? "y" : "x") + secret.slice(at + 1);
    // Whoever mistypes the very prefix has a string of unknown form, which only the database can refuse.
    expect(isPlausible(typo)).toBe(at < 3);
  }
});
