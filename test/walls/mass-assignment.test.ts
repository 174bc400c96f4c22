/** G21: whatever a column is called, a caller who names it in a body writes nothing into it. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";
import { type DocumentedOperation, documentedOperations, overGraphql, overRest } from "./faces.ts";
import { type Row, rows } from "./matrix-rows.ts";
import { type Neighbour, neighbourOf } from "./neighbour.ts";

/** In no document of ours: wherever it turns up, a caller put it there. */
const planted = "PLANTEDBYACALLER";
const plantedNumber = 987_654_321_987;

let database: TestDatabase;
let api: Api;
let own: Neighbour;
let columns: string[];
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { webhookTargets: "any" });
  own = await neighbourOf(api, database);
  columns = await everyColumn();
});
afterAll(async () => {
  await api.close();
  await database.close();
});

/** Of every table, as SQL and as JSON spell it. */
async function everyColumn(): Promise<string[]> {
  const { rows: found } = await database.pool.query<{ name: string }>(
    "select distinct column_name::text as name from information_schema.columns where table_schema = 'public' order by 1",
  );
  const inJson = (name: string) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return [...new Set(found.flatMap(({ name }) => [name, inJson(name)]))];
}

/** Cells that hold what was planted: their table and column. */
async function plantedCells(): Promise<string[]> {
  const { rows: tables } = await database.pool.query<{ name: string }>(
    "select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
  );
  const cells: string[] = [];
  for (const { name } of tables) {
    const { rows: found } = await database.pool.query<{ column: string }>(
      `select distinct cell.key as column from ${name} t, jsonb_each_text(to_jsonb(t)) as cell where cell.value ~ $1 order by 1`,
      [`${planted}|${plantedNumber}`],
    );
    cells.push(...found.map(({ column }) => `${name}.${column}`));
  }
  return cells;
}

interface Schema {
  $ref?: string;
  properties?: Record<string, { description?: string }>;
}
const openapi = JSON.parse(readFileSync("openapi/openapi.json", "utf8"));

/** What the operation's body declares, null where it takes any JSON (to look at, not to store); a field that is there "as it was read" is taken and must be passed over. */
function declaredBy({ path, method }: DocumentedOperation): Set<string> | null {
  const content = openapi.paths[path][method.toLowerCase()].requestBody?.content?.["application/json"];
  let schema: Schema = content?.schema ?? {};
  while (schema.$ref !== undefined) schema = openapi.components.schemas[schema.$ref.split("/").at(-1)!];
  if (schema.properties === undefined) return null;
  const fields = Object.entries(schema.properties);
  return new Set(
    fields.flatMap(([name, { description = "" }]) => (/^As it was read/.test(description) ? [] : [name])),
  );
}

const isJson = (row: Row) => row.body !== undefined && row.contentType === undefined;
const writes = documentedOperations().filter(
  (operation) => operation.method !== "GET" && isJson(rows[operation.name] ?? {}),
);

function withColumns(row: Row, names: readonly string[]): Row {
  return {
    ...row,
    body: (ids) => ({
      ...(row.body!(ids) as object),
      ...Object.fromEntries(
        names.map((name) => [name, /version|^used|total|done/i.test(name) ? plantedNumber : planted]),
      ),
    }),
  };
}

const namesAtOnce = 20;
const asRead = ["id", "status", "version", "createdAt", "updatedAt", "explanation", "killedAt"];

test("every write is tried", () => expect(writes.length).toBeGreaterThan(20));

test.each(writes.map((operation) => [operation.name, operation] as const))(
  "%s refuses every column that a caller names and it does not declare, and stores none, over either face",
  async (_name, operation) => {
    const row = rows[operation.name]!;
    const declared = declaredBy(operation);
    const names = columns.filter((name) => declared?.has(name) !== true);
    expect(names.length).toBeGreaterThan(100);
    const asked = { key: own.project.keys.admin, ids: own.ids };
    const unrefused: string[] = [];
    for (let from = 0; from < names.length; from += namesAtOnce) {
      const some = names.slice(from, from + namesAtOnce);
      const { body } = await overRest(api, operation, withColumns(row, some), asked);
      const refused = new Set((body.errors ?? []).map(({ path }: { path: string }) => path));
      unrefused.push(...some.filter((name) => !refused.has(`/${name}`)));
    }
    // Only what was read may be sent back, to be passed over.
    if (declared !== null) expect(unrefused.filter((name) => !asRead.includes(name))).toEqual([]);
    for (const name of unrefused) await overRest(api, operation, withColumns(row, [name]), asked);
    if (operation.field !== null && declared !== null) {
      const answer = await overGraphql(api, operation, withColumns(row, names), asked);
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    expect(await plantedCells()).toEqual([]);
  },
);

test("a planted word would be found", async () => {
  await database.pool.query("update promotions set document = document || $1::jsonb", [{ name: planted }]);
  expect(await plantedCells()).toContain("promotions.document");
});
