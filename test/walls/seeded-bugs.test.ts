/** The matrix counts only after it was seen to fail; and one wall alone must hold where the other has fallen. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";
import { documentedOperations, overRest } from "./faces.ts";
import { rows } from "./matrix-rows.ts";
import { canary, type Neighbour, neighbourOf } from "./neighbour.ts";

let database: TestDatabase;
let api: Api;
let neighbour: Neighbour;
let forgets = false;
beforeAll(async () => {
  database = await freshDatabase();
  database.appPool.on("connect", (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((given: unknown, ...rest: unknown[]) =>
      query(forgets && isStatement(given) ? withoutProject(given) : given, ...rest)) as typeof client.query;
  });
  api = await startApi(database, { webhookTargets: "any" });
  neighbour = await neighbourOf(api, database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

interface Statement {
  text: string;
  name?: string;
}
const isStatement = (given: unknown): given is Statement =>
  typeof given === "object" && given !== null && typeof (given as Statement).text === "string";

/** The bug: what a statement is for is forgotten in all its conditions. */
function withoutProject(statement: Statement): Statement {
  const text = statement.text.replaceAll(
    /("\w+"\."project_id"|\bproject_id) = (\$\d+)/g,
    "$2::text is not null",
  );
  return text === statement.text
    ? statement
    : { ...statement, text, ...(statement.name && { name: `${statement.name}!` }) };
}

const reads = [
  "GET /v1/promotions",
  "GET /v1/promotions/{id}",
  "GET /v1/redemptions/{id}",
  "GET /v1/orders/{externalId}",
  "GET /v1/coupon-pools",
  "GET /v1/jobs/{id}",
  "GET /v1/api-keys",
  "GET /v1/events",
  "GET /v1/webhooks",
  "GET /v1/webhooks/{id}",
  "GET /v1/webhooks/{id}/deliveries",
];

/** Reads of which a stranger's answer holds the neighbour's word, or its thing. */
async function leaks(): Promise<string[]> {
  const { ids } = neighbour;
  const found: string[] = [];
  for (const operation of documentedOperations().filter(({ name }) => reads.includes(name))) {
    const answer = await overRest(api, operation, rows[operation.name]!, {
      key: api.project.keys.admin,
      ids,
    });
    if (answer.status >= 500) throw new Error(`${operation.name}: ${answer.text}`);
    if (answer.text.includes(canary) || (answer.status < 300 && operation.path.includes("{")))
      found.push(operation.name);
  }
  return found.sort();
}

const tables = async () =>
  (await database.pool.query<{ name: string }>("select relname as name from pg_class where relrowsecurity"))
    .rows;
async function walls(state: "enable" | "disable"): Promise<void> {
  for (const { name } of await namesOfTables)
    await database.pool.query(`alter table ${name} ${state} row level security`);
}
let namesOfTables: ReturnType<typeof tables>;

describe("of a statement that forgot its project", () => {
  test("nothing shows while PostgreSQL keeps the walls", async () => {
    forgets = true;
    expect(await leaks()).toEqual([]);
  });

  test("nothing shows through without the walls of PostgreSQL either, as long as no statement forgets", async () => {
    namesOfTables = tables();
    await walls("disable");
    forgets = false;
    expect(await leaks()).toEqual([]);
  });

  test("the matrix sees every one as soon as both are gone", async () => {
    forgets = true;
    expect(await leaks()).toEqual([...reads].sort());
    forgets = false;
    await walls("enable");
    expect(await leaks()).toEqual([]);
  });
});
