/**
 * Any input is answered: bodies, parameters and headers made from the OpenAPI document, GraphQL requests made from the
 * schema, and both damaged. `npm run fuzz` sends 10,000 to every route that writes; FUZZ_SEED repeats a run.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { declaredFaces } from "../../scripts/generate.ts";
import { graphqlSchema } from "../../src/platform/graphql-schema.ts";
import type { JsonSchema } from "../../src/platform/json-schema.ts";
import { openApiDocument } from "../../src/platform/openapi.ts";
import type { Operation } from "../../src/platform/operation.ts";
import type { StreamOperation } from "../../src/platform/stream-operation.ts";
import { type World, worldOf } from "../contract/world.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience, sized } from "../faults/sizes.ts";
import { type Api, startApi } from "../features/api.ts";
import { operations as declaredForTests, operationsApp } from "../platform/operations-app.ts";
import { fuzz } from "./fuzz.ts";
import { graphqlArbitrary } from "./graphql-arbitrary.ts";
import { type Definitions, damaged, jsonArbitrary, mutated, oddity } from "./json-arbitrary.ts";

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const { operations, streams } = await declaredFaces();
const written = operations.filter(({ method }) => method !== "GET");
const read = operations.filter(({ method }) => method === "GET");
const streamed = streams.filter(({ consumes }) => consumes !== undefined);
const document = JSON.parse(readFileSync("openapi/openapi.json", "utf8"));
const definitions = document.components.schemas as Definitions;
const bodyRuns = sized(Math.ceil(500 / written.length), 10_000);
const readRuns = sized(3, 1_000);
const graphqlRuns = sized(500, 10_000);

let database: TestDatabase;
let api: Api;
let world: World;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  world = await worldOf(api, database);
}, patience);
afterAll(async () => {
  await api.close();
  await database.close();
});

interface Sent {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

function documented({ method, path }: Pick<Operation, "method" | "path">) {
  return document.paths[path][method.toLowerCase()] as {
    parameters?: { name: string; in: string; schema: JsonSchema }[];
    requestBody?: { content: { "application/json": { schema: JsonSchema } } };
  };
}

function bodiesOf(operation: Operation): fc.Arbitrary<unknown> {
  const schema = documented(operation).requestBody?.content["application/json"].schema;
  const right = schema === undefined ? fc.constant(undefined) : jsonArbitrary(schema, definitions);
  const example = fc.constant(operation.example ?? {});
  return fc.oneof(right, example, mutated(example), mutated(mutated(example)), mutated(right)).map(tamed);
}

/** What is right but would keep the machine busy for minutes: codes by the million. */
function tamed(body: unknown): unknown {
  const { count } = (body ?? {}) as { count?: unknown };
  return typeof count === "number" && count > 50 && count <= 10_000_000
    ? { ...(body as object), count: 5 }
    : body;
}

/** Most requests are odd in one place: whatever refuses them there would hide what is behind it. */
function seldom<Right, Odd>(right: Right, odd: fc.Arbitrary<Odd>): fc.Arbitrary<Right | Odd> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(right) as fc.Arbitrary<Right | Odd> },
    { weight: 1, arbitrary: odd },
  );
}

function requestsTo(operation: Operation): fc.Arbitrary<Sent> {
  const real = world.paramsOf(operation);
  const query = (documented(operation).parameters ?? []).filter((parameter) => parameter.in === "query");
  return fc.record({
    params: fc.oneof(
      { weight: 4, arbitrary: fc.constant(real) },
      {
        weight: 1,
        arbitrary: fc.record(Object.fromEntries(Object.keys(real).map((name) => [name, oddity]))),
      },
    ),
    query: seldom(
      {},
      fc.record(
        Object.fromEntries(
          query.map(({ name, schema }) => [name, fc.oneof(jsonArbitrary(schema, definitions), oddity)]),
        ),
        { requiredKeys: [] },
      ),
    ),
    body:
      operation.method === "GET"
        ? fc.constant(undefined)
        : fc.oneof(
            { weight: 9, arbitrary: bodiesOf(operation) },
            { weight: 1, arbitrary: damaged(bodiesOf(operation).map((body) => JSON.stringify(body) ?? "")) },
          ),
    headers: seldom(
      operation.requiresIfMatch ? { "if-match": "*" } : {},
      fc.record(
        {
          "if-match": fc.constantFrom("*", '"1"', '"2"', 'W/"1"', '"', "1, 2", '"9007199254740993"'),
          "idempotency-key": fc.constantFrom("k1", "k2", "k3", "a b", '"q"', "x".repeat(201)),
          "x-request-id": fc.constantFrom("r1", "\\u0000", "a b"),
        },
        { requiredKeys: operation.requiresIfMatch ? ["if-match"] : [] },
      ),
    ),
  });
}

async function sendTo(
  { method, path }: Pick<Operation, "method" | "path">,
  { params, query, body, headers }: Sent,
) {
  const segment = (name: string) =>
    encodeURIComponent(Buffer.from(String(params[name]).slice(0, 400) || "x").toString());
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value).slice(0, 500)]),
  );
  const url = `${path.replaceAll(/\{(\w+)\}/g, (_, name) => segment(name))}?${search}`;
  return api.rest(method, url, {
    key: world.project.keys.admin,
    ...(body !== undefined && {
      body: typeof headers["content-type"] === "string" ? body : JSON.stringify(body),
    }),
    headers,
  });
}

test.each(written.map((operation) => [operation.id, operation] as const))(
  "%s answers any input",
  async (_id, operation) => {
    // Who sends that much spends what their key may, guesses codes, stops the project and erases customers: then all is refused.
    if (bodyRuns >= 100) world = await worldOf(api, database);
    const { statuses, faults } = await fuzz(requestsTo(operation), bodyRuns, seed, (request) =>
      sendTo(operation, request),
    );
    expect(faults, `FUZZ_SEED=${seed}`).toEqual([]);
    expect(Object.keys(statuses).length).toBeGreaterThan(0);
    expect(statuses[429] ?? 0).toBeLessThan(bodyRuns / 2);
    if (bodyRuns >= 100) console.info(operation.id, statuses);
  },
  patience,
);

test.each(read.map((operation) => [operation.id, operation] as const))(
  "%s answers any question",
  async (_id, operation) => {
    const { statuses, faults } = await fuzz(requestsTo(operation), readRuns, seed, (request) =>
      sendTo(operation, request),
    );
    expect(faults, `FUZZ_SEED=${seed}`).toEqual([]);
    expect(Object.keys(statuses).length).toBeGreaterThan(0);
  },
  patience,
);

/** A right line of each stream that is read. */
const lines: Readonly<Record<string, object>> = {
  putOrders: { externalId: "S-1", ...(operations.find(({ id }) => id === "putOrder")!.example as object) },
  putCustomers: { id: "s-1", groups: ["vip"], tags: ["new"], birthday: "--11-11" },
  putSegmentMembers: { customer: "s-1", member: true },
  putStocks: { sku: "TEA", quantity: 7, asOf: "2026-11-10T12:00:00Z" },
  putListPrices: { sku: "TEA", breaks: [{ from: 1, unitPrice: 900 }] },
  importCoupons: { code: "STREAMED-0001" },
};

/** Lines as a schema has them and as it has not, with damage here and there, also as a table. */
function streamsTo({ id, path, consumes = [] }: StreamOperation): fc.Arbitrary<Sent> {
  const right = fc.constant(lines[id]);
  const line = fc.oneof(right, mutated(right), mutated(mutated(right)));
  const text = (type: string) =>
    fc
      .array(line, { maxLength: 5 })
      .map((all) => (type === "text/csv" ? tableOf(all) : all.map((one) => JSON.stringify(one)).join("\n")));
  return fc.constantFrom(...consumes).chain((type) =>
    fc.record({
      params: fc.constant(world.paramsOf({ id, path })),
      query: fc.constant({}),
      body: fc.oneof(text(type), damaged(text(type)), damaged(damaged(text(type)))),
      headers: seldom(
        { "content-type": type as string },
        fc.constant({ "content-type": "text/csv; charset=latin1" }),
      ),
    }),
  );
}

function tableOf(all: readonly unknown[]): string {
  const rows = all.map((one) => (typeof one === "object" && one !== null ? one : { code: one }));
  const names = Object.keys(rows[0] ?? {});
  const cell = (value: unknown) => `"${String(JSON.stringify(value) ?? "").replaceAll('"', '""')}"`;
  return [names.join(","), ...rows.map((row) => Object.values(row).map(cell).join(","))].join("\r\n");
}

test.each(streamed.map((operation) => [operation.id, operation] as const))(
  "%s answers any stream",
  async (id, operation) => {
    expect(lines).toHaveProperty(id);
    if (bodyRuns >= 100) world = await worldOf(api, database);
    const { statuses, faults } = await fuzz(
      streamsTo(operation),
      Math.max(bodyRuns, 20),
      seed,
      async (request) => {
        const { status, text } = await sendTo(operation, request);
        // A line that failed is told in an answer that did not.
        return { status: /"(internal-error|unavailable)"/.test(text) ? 500 : status, text };
      },
    );
    expect(faults, `FUZZ_SEED=${seed}`).toEqual([]);
    expect(statuses[200] ?? 0).toBeGreaterThan(0);
    if (bodyRuns >= 100) console.info(id, statuses);
  },
  patience,
);

const schema = graphqlSchema(operations, () => null);
const argumentsOf =
  (all: readonly Operation[], bodyOf: (operation: Operation) => fc.Arbitrary<unknown>) => (field: string) => {
    const operation = all.find(({ id, jsonField }) => id === field || jsonField === field)!;
    const real = world.paramsOf(operation);
    return fc.record(
      {
        ...Object.fromEntries(
          Object.entries(real).map(([name, value]) => [name, fc.oneof(fc.constant(value), oddity)]),
        ),
        ...(operation.query && {
          first: fc.oneof(fc.nat(300), oddity),
          after: fc.oneof(fc.string(), oddity),
        }),
        ...(operation.body && { input: bodyOf(operation) }),
        ifMatch: fc.constantFrom("*", "1", '"1"', "\u0000"),
        idempotencyKey: fc.constantFrom("g1", "g2", "a b", ""),
      },
      { requiredKeys: Object.keys(real) as never[] },
    );
  };

test(
  "GraphQL answers any request",
  async () => {
    world = await worldOf(api, database);
    const requests = graphqlArbitrary(schema, argumentsOf(operations, bodiesOf));
    const { statuses, faults } = await fuzz(requests, graphqlRuns, seed, async ({ query, variables }) => {
      const { status, text, body } = await api.graphql(query, variables as object, {
        key: world.project.keys.admin,
      });
      // Before there is a document the refusal is plain HTTP, and its errors are places in the request.
      const ofFields = (body.errors ?? []).map(
        (error: { extensions?: { status: number } }) => error.extensions?.status ?? status,
      );
      return { status: Math.max(status, ...ofFields), text };
    });
    expect(faults, `FUZZ_SEED=${seed}`).toEqual([]);
    expect(statuses[200]).toBeGreaterThan(graphqlRuns / 20);
  },
  patience,
);

test("a handler that trips over what its schema allows is found", async () => {
  const priceCart = declaredForTests.find(({ id }) => id === "priceCart")!;
  const brittle: Operation = {
    ...priceCart,
    handler: (input) => {
      const { lines } = input.body as { lines: { note?: string }[] };
      // A note may be null.
      for (const { note } of lines) if (note !== undefined) note.trim();
      return priceCart.handler(input);
    },
  };
  const { paths, components } = openApiDocument([brittle], { title: "", version: "", description: "" });
  const { requestBody } = paths["/v1/carts/price"]!.post as {
    requestBody: { content: { "application/json": { schema: JsonSchema } } };
  };
  const carts = jsonArbitrary(
    requestBody.content["application/json"].schema,
    (components as { schemas: Definitions }).schemas,
  );
  const app = await operationsApp({ operations: [brittle] });
  const { faults } = await fuzz(carts, 500, 1, async (payload) => {
    const answer = await app.inject({
      method: "POST",
      url: "/v1/carts/price",
      headers: { authorization: "Bearer admin", "content-type": "application/json" },
      payload: JSON.stringify(payload),
    });
    return { status: answer.statusCode, text: answer.body };
  });
  await app.close();
  expect(faults[0]).toMatch(/^500 /);
});
