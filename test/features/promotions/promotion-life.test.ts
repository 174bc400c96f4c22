import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { documentOf, promotionFields } from "./promotion-fixture.ts";

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

async function created(
  document: object = documentOf(),
): Promise<{ id: string; key: string; version: number }> {
  const answer = await api.rest("POST", "/v1/promotions", { body: document });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.body;
}

const move = (id: string, to: string): Promise<Answer> => api.rest("POST", `/v1/promotions/${id}/${to}`);

test("a new promotion is a draft with its defaults filled in, and both faces answer the same", async () => {
  const document = documentOf({ texts: { "zh-CN": { label: "九折" } } });
  const { status, body, headers } = await api.rest("POST", "/v1/promotions", {
    body: document,
    role: "marketing",
  });
  expect(status).toBe(201);
  expect(headers.etag).toBe('"1"');
  expect(body).toMatchObject({
    ...document,
    status: "draft",
    version: 1,
    priority: 0,
    tags: [],
    visibility: "public",
    returns: "prorate",
    stacking: { exclusive: false },
  });
  expect(body.id).toMatch(/^prm_[0-9a-hjkmnp-tv-z]{26}$/);
  const read = await api.rest("GET", `/v1/promotions/${body.id}`, { role: "viewer" });
  expect(read.body).toEqual(body);
  const byKey = await api.rest("GET", `/v1/promotions/by-key/${document.key}`);
  expect(byKey.text).toBe(read.text);
  const query = `query ($id: ID!) { promotion(id: $id) { ${promotionFields} } }`;
  const graphql = (await api.graphql(query, { id: body.id })).body.data.promotion;
  expect(withoutNulls(graphql)).toEqual(withoutNulls(body));
});

test("a promotion is created through GraphQL with the rules as scalars", async () => {
  const input = documentOf();
  const mutation = `mutation ($input: PromotionDocumentInput!) { createPromotion(input: $input) { ${promotionFields} } }`;
  const answer = await api.graphql(mutation, { input });
  expect(answer.body.errors).toBeUndefined();
  const { id } = answer.body.data.createPromotion;
  const read = await api.rest("GET", `/v1/promotions/${id}`);
  expect(withoutNulls(answer.body.data.createPromotion)).toEqual(withoutNulls(read.body));
});

test("a key belongs to one promotion of a project", async () => {
  const { key } = await created();
  const again = await api.rest("POST", "/v1/promotions", { body: documentOf({ key }) });
  expect([again.status, again.body.code, again.body.errors[0].path]).toEqual([
    409,
    "promotion-key-taken",
    "/key",
  ]);
  const statuses = await Promise.all(
    Array.from(
      { length: 8 },
      async () => (await api.rest("POST", "/v1/promotions", { body: documentOf({ key: "raced" }) })).status,
    ),
  );
  expect(statuses.sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
});

describe("transitions", () => {
  const day = 86_400_000;
  const inDays = (days: number) => new Date(api.clock.now() + days * day).toISOString();
  /** How to bring a new promotion into a state. */
  const ways: Record<string, { schedule?: () => object; moves: string[]; later?: number }> = {
    draft: { moves: [] },
    scheduled: { schedule: () => ({ startsAt: inDays(1) }), moves: ["activate"] },
    active: { moves: ["activate"] },
    paused: { moves: ["activate", "pause"] },
    ended: { moves: ["activate", "end"] },
    "ended by its schedule": { schedule: () => ({ endsAt: inDays(1) }), moves: ["activate"], later: 2 },
    archived: { moves: ["archive"] },
  };
  const allowed: Record<string, Record<string, string>> = {
    draft: { activate: "active", archive: "archived" },
    scheduled: { pause: "paused", end: "ended" },
    active: { pause: "paused", end: "ended" },
    paused: { activate: "active", end: "ended", archive: "archived" },
    ended: { archive: "archived" },
    "ended by its schedule": { archive: "archived" },
    archived: {},
  };
  for (const [state, { schedule, moves, later = 0 }] of Object.entries(ways)) {
    for (const to of ["activate", "pause", "end", "archive"]) {
      const expected = allowed[state]?.[to];
      test(`${to} of one that is ${state}: ${expected ?? "refused"}`, async () => {
        const { id } = await created(documentOf(schedule === undefined ? {} : { schedule: schedule() }));
        for (const step of moves) expect((await move(id, step)).status).toBe(200);
        api.clock.advance(later * day);
        const before = await api.rest("GET", `/v1/promotions/${id}`);
        expect(before.body.status).toBe(state.split(" ")[0]);
        const answer = await move(id, to);
        if (expected === undefined) {
          expect([answer.status, answer.body.code]).toEqual([409, "promotion-state-conflict"]);
          expect((await api.rest("GET", `/v1/promotions/${id}`)).text).toBe(before.text);
        } else {
          expect([answer.status, answer.body.status]).toEqual([200, expected]);
          expect(answer.body.version).toBe(before.body.version + 1);
        }
      });
    }
  }

  test("a promotion whose schedule is over cannot be activated, until it is given a later end", async () => {
    const { id } = await created(documentOf({ schedule: { endsAt: inDays(-1) } }));
    expect((await move(id, "activate")).body.code).toBe("promotion-state-conflict");
    const { key } = (await api.rest("GET", `/v1/promotions/${id}`)).body;
    const body = documentOf({ key, schedule: { endsAt: inDays(1) } });
    expect(
      (await api.rest("PUT", `/v1/promotions/${id}`, { body, headers: { "if-match": '"1"' } })).status,
    ).toBe(200);
    expect((await move(id, "activate")).body.status).toBe("active");
  });

  test("what was ended or archived can no longer be edited", async () => {
    for (const steps of [["activate", "end"], ["archive"]]) {
      const { id, key } = await created();
      for (const step of steps) await move(id, step);
      const body = documentOf({ key, name: "changed" });
      const put = await api.rest("PUT", `/v1/promotions/${id}`, { body, headers: { "if-match": "*" } });
      const putByKey = await api.rest("PUT", `/v1/promotions/by-key/${key}`, { body });
      const revert = await api.rest("POST", `/v1/promotions/${id}/revert`, { body: { version: 1 } });
      expect([put, putByKey, revert].map((answer) => answer.body.code)).toEqual(
        Array(3).fill("promotion-state-conflict"),
      );
    }
  });
});

describe("changes", () => {
  test("of a hundred changes made on one ETag one is kept", async () => {
    const { id, key } = await created();
    await move(id, "activate");
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        api.rest("PUT", `/v1/promotions/${id}`, {
          body: documentOf({ key, name: `change ${n}` }),
          headers: { "if-match": '"2"' },
        }),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array(99).fill(412)]);
    const winner = answers.find(({ status }) => status === 200);
    const read = await api.rest("GET", `/v1/promotions/${id}`);
    expect(read.text).toBe(winner?.text);
    expect([read.body.version, read.headers.etag]).toEqual([3, '"3"']);
  });

  test("without an ETag, or with one of long ago, nothing changes", async () => {
    const { id, key } = await created();
    const put = (headers: Record<string, string>) =>
      api.rest("PUT", `/v1/promotions/${id}`, { body: documentOf({ key, name: "x" }), headers });
    expect((await put({})).body.code).toBe("precondition-required");
    expect((await put({ "if-match": '"7"' })).body.code).toBe("precondition-failed");
    expect((await put({ "if-match": '"1"' })).status).toBe(200);
    expect((await put({ "if-match": '"1"' })).status).toBe(412);
    const mutation = `mutation ($id: ID!, $input: PromotionUpdateInput!) {
      updatePromotion(id: $id, input: $input, ifMatch: "1") { version }
    }`;
    const refused = await api.graphql(mutation, { id, input: documentOf({ key }) });
    expect(refused.body.errors[0].extensions.code).toBe("precondition-failed");
  });

  test("what was read may be changed in place and sent back", async () => {
    const { id } = await created();
    const read = await api.rest("GET", `/v1/promotions/${id}`);
    const put = await api.rest("PUT", `/v1/promotions/${id}`, {
      body: { ...read.body, name: "in place" },
      headers: { "if-match": String(read.headers.etag) },
    });
    expect([put.status, put.body]).toMatchObject([
      200,
      { ...read.body, name: "in place", version: 2, updatedAt: expect.any(String) },
    ]);
    expect(put.body.id).toBe(id);
  });

  test("a key never changes", async () => {
    const { id, key } = await created();
    const put = await api.rest("PUT", `/v1/promotions/${id}`, {
      body: documentOf(),
      headers: { "if-match": "*" },
    });
    expect([put.status, put.body.errors[0]]).toMatchObject([400, { path: "/key", code: "key_immutable" }]);
    const byKey = await api.rest("PUT", `/v1/promotions/by-key/${key}`, { body: documentOf() });
    expect([byKey.status, byKey.body.errors[0].code]).toEqual([400, "key_mismatch"]);
  });

  test("an upsert by key says the same twice with one version", async () => {
    const document = documentOf({ tags: ["sale"] });
    const put = (body: object) => api.rest("PUT", `/v1/promotions/by-key/${document.key}`, { body });
    const first = await put(document);
    const second = await put(document);
    expect([first.status, second.text]).toEqual([200, first.text]);
    await move(first.body.id, "activate");
    const third = await put({ ...document, tags: ["sale", "new"] });
    expect(third.body).toMatchObject({
      id: first.body.id,
      status: "active",
      version: 3,
      tags: ["sale", "new"],
    });
    const racers = await Promise.all(
      Array.from({ length: 6 }, () =>
        api.rest("PUT", "/v1/promotions/by-key/upsert-race", { body: documentOf({ key: "upsert-race" }) }),
      ),
    );
    expect(new Set(racers.map(({ text }) => text)).size).toBe(1);
  });

  test("every change is a version that says who made it, and an old document can be brought back", async () => {
    const { id, key } = await created(documentOf({ name: "one" }));
    await api.rest("PUT", `/v1/promotions/${id}`, {
      body: documentOf({ key, name: "two" }),
      headers: { "if-match": '"1"' },
    });
    await move(id, "activate");
    await move(id, "pause");
    const reverted = await api.rest("POST", `/v1/promotions/${id}/revert`, { body: { version: 1 } });
    expect(reverted.body).toMatchObject({ version: 5, name: "one", status: "paused" });
    const page = await api.rest("GET", `/v1/promotions/${id}/versions?limit=3`);
    const rest = await api.rest("GET", `/v1/promotions/${id}/versions?limit=3&after=${page.body.nextCursor}`);
    const versions = [...page.body.items, ...rest.body.items];
    expect(rest.body.nextCursor).toBeNull();
    expect(
      versions.map(({ version, change, status, document }) => [version, change, status, document.name]),
    ).toEqual([
      [5, "reverted", "paused", "one"],
      [4, "paused", "paused", "two"],
      [3, "activated", "active", "two"],
      [2, "updated", "draft", "two"],
      [1, "created", "draft", "one"],
    ]);
    expect(versions.every(({ changedBy }) => changedBy.startsWith("key_"))).toBe(true);
    const unknown = await api.rest("POST", `/v1/promotions/${id}/revert`, { body: { version: 9 } });
    expect([unknown.status, unknown.body.errors[0]]).toMatchObject([
      400,
      { path: "/version", code: "version_unknown" },
    ]);
  });

  test("history cannot be rewritten, not even by SQL", async () => {
    await created();
    const wrong = database.pool.query("update promotion_versions set document = document");
    await expect(wrong).rejects.toMatchObject({ code: "23001" });
    await expect(database.pool.query("delete from promotion_versions")).rejects.toMatchObject({
      code: "23001",
    });
  });
});

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}
