/** G20: what one project can learn of another, or do to it, through every route and field there is: nothing. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { roles } from "../../src/platform/auth.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "../features/api.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";
import {
  type DocumentedOperation,
  documentedOperations,
  graphqlFields,
  overGraphql,
  overRest,
} from "./faces.ts";
import { type Row, rows } from "./matrix-rows.ts";
import { canary, type Neighbour, neighbourOf } from "./neighbour.ts";

let database: TestDatabase;
let api: Api;
let neighbour: Neighbour;
let before: string[];
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { webhookTargets: "any" });
  neighbour = await neighbourOf(api, database);
  before = await belongings();
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const operations = documentedOperations();
const faces = [
  ["REST", overRest, operations],
  ["GraphQL", overGraphql, operations.filter(({ field }) => field !== null)],
  [
    "GraphQL in JSON",
    overGraphql,
    operations.filter(({ jsonField }) => jsonField !== null).map((one) => ({ ...one, field: one.jsonField })),
  ],
] as const;
const rowOf = ({ name }: DocumentedOperation): Row => rows[name] ?? {};

/** Every row of the neighbour, in every table; but not how far its audit trail is sealed, nor when something is looked at next: that goes on by itself. */
async function belongings(): Promise<string[]> {
  const { rows: tables } = await database.pool.query<{ name: string; column: string }>(`
    select table_name::text as name, column_name::text as column from information_schema.columns
     where table_schema = 'public' and table_name <> 'audit_heads' and (column_name = 'project_id' or (table_name = 'projects' and column_name = 'id')) order by 1`);
  const contents: string[] = [];
  for (const { name, column } of tables) {
    const { rows: found } = await database.pool.query<{ row: string }>(
      `select (to_jsonb(t) - '{last_used_at,sequence,hash,due_at}'::text[])::text as row from ${name} t where ${column} in ($1, $1 || ':test') order by 1`,
      [neighbour.project.id],
    );
    contents.push(...found.map(({ row }) => `${name} ${row}`));
  }
  return contents;
}

/** What is the neighbour's alone: others may well call a pool or an order the same. */
const names: readonly string[] = ["promotionKey", "customer", "pool", "order", "orderRef", "sku"];

/** What an answer says that only the neighbour may know; what was sent may be said back. */
function foreignBytes(answer: Answer, sent: string): string[] {
  const ids = Object.entries(neighbour.ids).flatMap(([name, id]) => (names.includes(name) ? [] : [id]));
  return [canary, ...ids].filter((word) => !sent.includes(word) && answer.text.includes(word));
}

function sentBy(row: Row): string {
  const { ids } = neighbour;
  return JSON.stringify([row.path?.(ids), row.query?.(ids), row.body?.(ids), row.tellsOfOwn && ids.customer]);
}

describe("the matrix has a row", () => {
  test("for every operation of OpenAPI, and none for what is no more (test/walls/matrix-rows.ts)", () => {
    expect(Object.keys(rows).sort()).toEqual(operations.map(({ name }) => name).sort());
  });

  test("for every field of the SDL, by its operation", () => {
    const ofOperations = operations.flatMap(({ id, field, jsonField }) => [
      ...(field === null ? [] : [id]),
      ...(jsonField === null ? [] : [`${id}Json`]),
    ]);
    expect([...graphqlFields().keys()].sort()).toEqual(ofOperations.sort());
  });

  test("that names something of the neighbour wherever a path names anything", () => {
    const nameless = operations.filter((operation) => {
      const values = rowOf(operation).path?.(neighbour.ids) ?? {};
      return [...operation.path.matchAll(/\{(\w+)\}/g)].some(([, name]) => !values[name!]);
    });
    expect(nameless.map(({ name }) => name)).toEqual([]);
  });
});

describe.each(faces)("over %s", (_face, ask, asked) => {
  let stranger: ProjectWithKeys;
  beforeAll(async () => {
    stranger = await projectWithKeys(database, api.clock.now());
    // An event of its own: what a stream has to show a stranger.
    const made = await api.rest("POST", "/v1/promotions", {
      key: stranger.keys.admin,
      body: rows["POST /v1/promotions/validate"]?.body?.({}),
    });
    expect(made.status, made.text).toBe(201);
  });

  test.each(asked.map((operation) => [operation.name, operation] as const))(
    "%s: a stranger gets 404 or goes without, whoever has no key 401, the wrong role 403, and nobody a byte",
    async (_name, operation) => {
      const row = rowOf(operation);
      const { ids } = neighbour;
      const isNamed = operation.path.includes("{");
      const answer = await ask(api, operation, row, { key: stranger.keys.admin, ids });
      expect(foreignBytes(answer, sentBy(row))).toEqual([]);
      if (row.expected !== undefined) expect(row.expected, answer.text).toContain(answer.status);
      else if (isNamed) expect([answer.status, answer.text]).toEqual([404, answer.text]);
      else expect(answer.status, answer.text).toBeLessThan(300);

      if (operation.needsKey) {
        const keyless = await ask(api, operation, row, { key: null, ids });
        expect([keyless.status, foreignBytes(keyless, "")]).toEqual([401, []]);
      }
      const wrong = roles.filter((role) => !(operation.roles ?? roles).includes(role) && role !== "admin");
      for (const role of wrong) {
        const refused = await ask(api, operation, row, { key: neighbour.project.keys[role], ids });
        expect([role, refused.status, foreignBytes(refused, "")]).toEqual([role, 403, []]);
      }
    },
  );
});

test("after all of that the neighbour's rows are what they were", async () => {
  expect(before.length).toBeGreaterThan(40);
  expect(await belongings()).toEqual(before);
});

test("every row names what is there: its owner gets it", async () => {
  const missed: string[] = [];
  let told = 0;
  // What changes nothing first, and what leaves nothing behind last: an ended promotion cannot be looked at while it is active.
  const placeOf = ({ method, name }: DocumentedOperation) =>
    method === "GET" ? 0 : name.endsWith("/erase") || method === "DELETE" ? 2 : 1;
  const inOrder = [...operations].sort((a, b) => placeOf(a) - placeOf(b));
  for (const operation of inOrder) {
    const row = rowOf(operation);
    const answer = await overRest(api, operation, row, {
      key: neighbour.project.keys.admin,
      ids: neighbour.ids,
    });
    if (foreignBytes(answer, sentBy(row)).length > 0) told += 1;
    const isThere = row.owner === undefined ? answer.status < 300 : row.owner.includes(answer.status);
    if (!isThere) missed.push(`${operation.name} ${answer.status} ${answer.text.slice(0, 300)}`);
  }
  expect(missed).toEqual([]);
  // The words that were looked for are there to be found.
  expect(told).toBeGreaterThan(20);
});
