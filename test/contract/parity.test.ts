/**
 * Every operation, found in the list of operations: its documented example answers as documented, REST and GraphQL
 * answer the same, and both refuse the same.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type GraphQLSchema, isObjectType } from "graphql";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { declaredFaces } from "../../scripts/generate.ts";
import { roles } from "../../src/platform/auth.ts";
import { graphqlSchema } from "../../src/platform/graphql-schema.ts";
import type { Operation } from "../../src/platform/operation.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";
import { askGraphql, type Call, type Outcome, overGraphql, overRest } from "./faces.ts";
import { queries, type World, worldOf } from "./world.ts";

const { operations } = await declaredFaces();
const schema: GraphQLSchema = graphqlSchema(operations, () => null);

let database: TestDatabase;
let api: Api;
/** Two projects alike: what is done to the one over REST is done to the other over GraphQL. */
let shared: World;
let twin: World;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  shared = await worldOf(api, database);
  twin = await worldOf(api, database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const named = operations.map((operation) => [operation.id, operation] as const);

function exampleOf(operation: Operation, world: World): Call {
  const query = queries[operation.id];
  return {
    params: world.paramsOf(operation),
    ...(operation.query && query && { query }),
    ...(operation.example !== undefined && { body: operation.example }),
    ...(operation.requiresIfMatch && { ifMatch: "*" }),
    key: world.project.keys.admin,
  };
}

describe.each(named)("%s", (_id, operation) => {
  test("its example answers as documented, and the same over both faces", async () => {
    // Of one world, so that even ids are the same.
    const [here, there] = operation.graphql === "query" ? [shared, shared] : [shared, twin];
    const compare = async () => {
      const rest = await settled(() => overRest(api, operation, exampleOf(operation, here)));
      // Of these the answer is a refusal: they ask for a second person, or for something sent to the outside.
      if (!["approvePromotion", "rejectPromotion", "replayWebhookDelivery"].includes(operation.id))
        expect(rest.problem).toBeNull();
      const graphql = await settled(() => overGraphql(api, schema, operation, exampleOf(operation, there)));
      expect(told(graphql)).toEqual(told(rest));
    };
    // What follows from earlier writes in the background may come between the two; a question can be asked again.
    if (operation.graphql === "query") await vi.waitFor(compare, { timeout: 60_000, interval: 200 });
    else await compare();
  }, 120_000);

  test("both faces refuse the same in the same words", async () => {
    const example = exampleOf(operation, shared);
    const { params, query, body, roles: allowed } = operation;
    const outsider =
      allowed === null ? undefined : roles.find((role) => role !== "admin" && !allowed.includes(role));
    const calls: Record<string, Call> = {
      ...(allowed !== null && { "without a key": { ...example, key: null } }),
      ...(allowed !== null && { "with a wrong key": { ...example, key: "dw_live_nobody" } }),
      ...(outsider !== undefined &&
        allowed!.length > 0 && { "without the role": { ...example, key: shared.project.keys[outsider] } }),
      ...(params && {
        "of what is not there": { ...example, params: mapped(example.params, () => "nothing-like-it") },
        "of what cannot be": { ...example, params: mapped(example.params, () => "x".repeat(255)) },
      }),
      ...(query &&
        "after" in query.shape && {
          "after a cursor of another list": { ...example, query: { ...example.query, after: "bm90aGluZw" } },
          "with too large a page": { ...example, query: { ...example.query, limit: 100_000 } },
        }),
      ...(operation.requiresIfMatch && { "with an old ETag": { ...example, ifMatch: '"0"' } }),
      ...(operation.takesIdempotencyKey && {
        "with an impossible key": { ...example, idempotencyKey: "a b" },
      }),
      ...(body && { "with a body of another kind": { ...example, body: { noSuchField: 1 } } }),
    };
    for (const [name, call] of Object.entries(calls)) {
      // It may create what is not there: that is no refusal.
      if (
        operation.method === "PUT" &&
        !operation.problems.some((code) => code.endsWith("not-found")) &&
        name.startsWith("of")
      )
        continue;
      const rest = await overRest(api, operation, call);
      const graphql = await overGraphql(api, schema, operation, call);
      expect([name, refusal(graphql)]).toEqual([name, refusal(rest)]);
    }
  });
});

const inJson = operations.filter(({ jsonField }) => jsonField !== undefined);

test.each(inJson.map((operation) => [operation.jsonField!, operation] as const))(
  "%s answers, member for member, and refuses as REST does",
  async (field, operation) => {
    const example = exampleOf(operation, shared);
    const [rest, json] = [
      await overRest(api, operation, example),
      await overGraphql(api, schema, { ...operation, id: field }, example),
    ];
    expect(rest.problem).toBeNull();
    // Also where REST leaves a member out: a JSON value has no type that would fill it with null.
    expect(json.data).toStrictEqual({ ...(rest.data as object), id: expect.stringMatching(/^evl_/) });
    for (const call of [
      { ...example, key: shared.project.keys.viewer },
      { ...example, body: { noSuchField: 1 } },
      { ...example, body: [] },
    ]) {
      const [refused, elsewhere] = [
        await overRest(api, operation, call),
        await overGraphql(api, schema, { ...operation, id: field }, call),
      ];
      expect(refused.problem).not.toBeNull();
      expect(refusal(elsewhere)).toEqual(refusal(refused));
    }
  },
);

test("an operation that has a body shows one, as it is sent here", () => {
  const mute = operations.filter(({ body, example }) => body !== undefined && example === undefined);
  expect(mute.map(({ id }) => id)).toEqual([]);
});

test("only the fields at the root ask for anything: below them no field fans out into statements", () => {
  const { Query, Mutation, ...types } = schema.getTypeMap();
  const resolving = Object.values(types).flatMap((type) =>
    isObjectType(type) && !type.name.startsWith("__")
      ? Object.values(type.getFields()).flatMap(({ name, resolve }) =>
          resolve === undefined ? [] : [`${type.name}.${name}`],
        )
      : [],
  );
  // Of these it only puts the page that was read into the form of a connection.
  const isOfConnection = (field: string) => /^(PageInfo|\w+Connection|\w+Edge)\./.test(field);
  expect(resolving.filter((field) => !isOfConnection(field))).toEqual([]);
  // It sees resolvers where there are some.
  expect(resolving).toContain("PromotionEdge.cursor");
  expect([Query, Mutation].every(isObjectType)).toBe(true);
});

const lists = operations.filter(({ query }) => query !== undefined && "after" in query.shape);

test.each(lists.map((operation) => [operation.id, operation] as const))(
  "%s: a page of many rows takes no more statements than a page of one, or of none",
  async (_id, operation) => {
    const pageOf = async (query: Readonly<Record<string, unknown>>) => {
      const example = exampleOf(operation, shared);
      const call = { ...example, query: { ...example.query, ...query } };
      const page = () => askGraphql(api, schema, operation, call);
      const { edges } = (await page()).body.data[operation.id] as { edges: { cursor: string }[] };
      return { edges, statements: await statementsOf(page) };
    };
    const many = await pageOf({ limit: 50 });
    expect(many.edges, "there is something to see").not.toEqual([]);
    const one = await pageOf({ limit: 1 });
    expect(many.statements).toBe(one.statements);
    expect(many.statements).toBeLessThanOrEqual(4);
    if (many.edges.length > 1) return;
    // One row shows as much, unless what is read for a whole page is left out where that is empty.
    const none = await pageOf({ after: many.edges[0]!.cursor });
    expect([none.edges, none.statements]).toEqual([[], many.statements]);
  },
);

test("statements are counted: a list that asks once for each row is found", async () => {
  const perRow = async () => {
    for (let row = 0; row < 7; row += 1) await database.pool.query("select $1::int", [row]);
  };
  expect(await statementsOf(perRow)).toBe(7);
});

const asking = new AsyncLocalStorage<{ statements: number }>();

/**
 * Its own, not those of what works in the background. The median of some rounds: now and then a key's use is noted, and a
 * statement that had to wait for a connection is asked in the name of whoever gave the connection back.
 */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  const { query } = pg.Client.prototype;
  const counted = vi.spyOn(pg.Client.prototype, "query").mockImplementation(function (
    this: pg.Client,
    ...given: unknown[]
  ) {
    const asked = asking.getStore();
    if (asked !== undefined) asked.statements += 1;
    return Reflect.apply(query, this, given);
  } as never);
  const counts: number[] = [];
  try {
    for (let round = 0; round < 5; round += 1) {
      const count = { statements: 0 };
      await asking.run(count, work);
      counts.push(count.statements);
    }
  } finally {
    counted.mockRestore();
  }
  counts.sort((one, other) => one - other);
  return counts[2]!;
}

let third: World | undefined;
const withKey = operations.filter(({ takesIdempotencyKey }) => takesIdempotencyKey);

test.each(withKey.map((operation) => [operation.id, operation] as const))(
  "%s: a repetition is marked, another request under the key refused, over both faces",
  async (_id, operation) => {
    third ??= await worldOf(api, database);
    const call = { ...exampleOf(operation, third), idempotencyKey: `once-${operation.id}` };
    const first = await overRest(api, operation, call);
    const graphql = await overGraphql(api, schema, operation, call);
    const rest = await overRest(api, operation, call);
    expect([first.problem, first.isReplay, graphql.isReplay, rest.isReplay]).toEqual([
      null,
      false,
      true,
      true,
    ]);
    expect([told(graphql), told(rest)]).toEqual([
      { ...told(first), isReplay: true },
      { ...told(first), isReplay: true },
    ]);
    const other = { ...call, params: mapped(call.params, () => "nothing-like-it"), ...otherBody(operation) };
    const refused = refusal(await overRest(api, operation, other));
    expect(refusal(await overGraphql(api, schema, operation, other))).toEqual(refused);
    expect(refused).toMatchObject({ status: expect.toSatisfy((status) => [404, 422].includes(status)) });
  },
);

function otherBody({ example }: Operation): { body?: unknown } {
  return example === undefined
    ? {}
    : {
        body: JSON.parse(
          JSON.stringify(example).replaceAll("c-42", "c-99").replace('"count":100', '"count":99'),
        ),
      };
}

function mapped(params: Call["params"] = {}, value: () => string): Record<string, string> {
  return Object.fromEntries(Object.keys(params).map((name) => [name, value()]));
}

/** Asked again while what earlier calls left to the background keeps it from being done. */
function settled(ask: () => Promise<Outcome>): Promise<Outcome> {
  return vi.waitFor(
    async () => {
      const outcome = await ask();
      expect(outcome.problem?.faults ?? []).not.toContain("/period orders_waiting");
      return outcome;
    },
    { timeout: 60_000, interval: 200 },
  );
}

/** What GraphQL's own type system refuses it refuses in its own words. */
function refusal({ problem }: Outcome) {
  if (problem === null) return "done";
  const isOfTypes = problem.code === "invalid-graphql" || problem.code === "invalid-request";
  return isOfTypes ? { status: problem.status } : problem;
}

const drawn = /^(secret|pseudonym|hint|token|keyId|kid|x|commitment|declaration|code|rulebook)$/;

/** Without what is different of every project: ids, secrets, drawn codes, the database's time; and without nulls, which REST may leave out. */
function told({ data, ...outcome }: Outcome) {
  const plain = (value: unknown, name = ""): unknown => {
    if (value === null || value === undefined) return undefined;
    if (Array.isArray(value)) return value.map((item) => plain(item, name));
    // What was measured is another time something else, and so is what follows from it.
    if (typeof value === "object" && "name" in value && String(value.name).endsWith("_latency"))
      return "<measured>";
    if (typeof value === "object")
      return Object.fromEntries(
        Object.entries(value).flatMap(([key, inner]) => {
          const kept = plain(inner, key);
          return kept === undefined ? [] : [[key, kept]];
        }),
      );
    if (name === "durationMilliseconds") return "<duration>";
    if (typeof value !== "string") return value;
    // A job may have been taken up by the time it is told of.
    if (name === "state" && (value === "queued" || value === "running")) return "<under way>";
    if (drawn.test(name) && !value.startsWith("WELCOME")) return `<${name}>`;
    if (/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/.test(value)) return "<time>";
    return value.replaceAll(/\b([a-z]{3})[_-][0-9a-z]{16,}/g, "<$1>");
  };
  return { ...outcome, data: plain(data) };
}
