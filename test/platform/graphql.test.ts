import { getIntrospectionQuery, printSchema } from "graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { graphqlSchema } from "../../src/platform/graphql-schema.ts";
import { openApiDocument } from "../../src/platform/openapi.ts";
import { operations, operationsApp, turns } from "./operations-app.ts";

let app: Awaited<ReturnType<typeof operationsApp>>;
beforeAll(async () => {
  app = await operationsApp();
});
afterAll(async () => {
  await app.close();
});

async function post(payload: unknown, on = app, key = "admin", headers: Record<string, string> = {}) {
  const answer = await on.inject({
    method: "POST",
    url: "/graphql",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    payload: typeof payload === "string" ? payload : JSON.stringify(payload),
  });
  return { status: answer.statusCode, body: answer.json(), text: answer.body };
}
const codeOf = (body: { code?: string; errors?: { extensions?: { code: string } }[] }) =>
  body.code ?? body.errors?.[0]?.extensions?.code;

test.each([
  ["a variable of the wrong type", { id: [1] }],
  ["a variable left out", {}],
  ["a null variable", { id: null }],
])("%s is refused", async (_case, variables) => {
  // The third and later times the document is compiled.
  for (let time = 0; time < 4; time++) {
    const { status, body } = await post({ query: "query ($id: ID!) { item(id: $id) { id } }", variables });
    expect([status, codeOf(body), "data" in body]).toEqual([400, "invalid-graphql", false]);
  }
});

test("each caller runs the operation they name, however often another one of the document was run", async () => {
  const query = `
    query Look { motto { text } }
    mutation Pay { pay { id } }
    query Search { items(first: 1) { nodes { id } } }`;
  const run = async (operationName: string, key: string) => {
    const { body } = await post({ query, operationName }, app, key);
    return Object.keys(body.data ?? {});
  };
  for (let time = 0; time < 6; time++) expect(await run("Pay", "checkout")).toEqual(["pay"]);
  for (let time = 0; time < 6; time++) {
    expect(await run("Look", "admin")).toEqual(["motto"]);
    expect(await run("Search", "admin")).toEqual(["items"]);
  }
  expect(codeOf((await post({ query })).body)).toBe("invalid-graphql");
});

test("a polluting key in a literal is refused", async () => {
  const rule = '{ all: [], __proto__: { kind: "channel" } }';
  const { body } = await post({ query: `{ priceCart(input: { lines: [], rule: ${rule} }) { total } }` });
  expect(codeOf(body)).toBe("invalid-graphql");
});

test("GET, and any request without a key, reach no document", async () => {
  const get = await app.inject({
    url: "/graphql?query={motto{text}}",
    headers: { authorization: "Bearer admin" },
  });
  expect(get.statusCode).toBe(404);
  const anonymous = await app.inject({
    method: "POST",
    url: "/graphql",
    payload: { query: "{ motto { text } }" },
  });
  expect([anonymous.statusCode, anonymous.json().code]).toEqual([401, "unauthenticated"]);
});

test("a field the role does not allow fails alone", async () => {
  const query = "{ motto { text } priceCart(input: { lines: [] }) { total } }";
  const { body } = await post({ query }, app, "erp");
  expect(body.errors).toHaveLength(1);
  expect(body.errors[0]).toMatchObject({
    path: ["priceCart"],
    extensions: { code: "forbidden-role", status: 403 },
  });
});

test("the usual introspection query fits in the limits of development", async () => {
  const { status, body } = await post({ query: getIntrospectionQuery() });
  expect([status, body.errors]).toEqual([200, undefined]);
});

test("what one document computes is computed in turns, as what many requests ask", async () => {
  let isOver = false;
  const count = () => {
    turns.passed += 1;
    if (!isOver) setImmediate(count);
  };
  count();
  const names = ["a", "b", "c", "d", "e"];
  const { body } = await post({ query: `{ ${names.map((name) => `${name}: ponder { turn }`).join(" ")} }` });
  isOver = true;
  expect(new Set(names.map((name) => body.data[name].turn)).size).toBe(names.length);
});

test("a repetition is marked beside the data, a busy key with the seconds to wait", async () => {
  const query = "mutation ($key: String) { mine: pay(idempotencyKey: $key) { id } }";
  const data = { mine: { id: "pay" } };
  expect((await post({ query, variables: { key: "first" } })).body).toEqual({ data });
  expect((await post({ query, variables: { key: "again" } })).body).toEqual({
    data,
    extensions: { idempotentReplayed: ["mine"] },
  });
  expect((await post({ query, variables: { key: "busy" } })).body.errors).toMatchObject([
    { extensions: { code: "idempotency-key-in-use", status: 409, retryAfterSeconds: 7 } },
  ]);
});

test("an Idempotency-Key in the header is that of the one field that takes one", async () => {
  const query = "mutation ($key: String) { motto: __typename mine: pay(idempotencyKey: $key) { id } }";
  const sent = (header: string, key?: string) =>
    post({ query, variables: { key } }, app, "checkout", { "idempotency-key": header });
  // The third and later times the document is compiled.
  for (let time = 0; time < 4; time++) {
    const replayed = { extensions: { idempotentReplayed: ["mine"] } };
    expect((await sent("again")).body).toMatchObject(replayed);
    expect((await sent("again", "again")).body).toMatchObject(replayed);
    expect((await sent("first")).body).not.toMatchObject(replayed);
    for (const [header, key, code] of [
      ["again", "first", "two_keys"],
      ["no key", undefined, "invalid_format"],
    ] as const) {
      const { errors } = (await sent(header, key)).body;
      expect(errors).toMatchObject([
        { extensions: { status: 400, errors: [{ path: "/idempotencyKey", code }] } },
      ]);
    }
  }
  const look = { query: "{ motto { text } }" };
  expect((await post(look, app, "admin", { "idempotency-key": "any" })).body.errors).toBeUndefined();
});

test("an operation that will go says so over REST, in GraphQL and in OpenAPI", async () => {
  const { headers } = await app.inject({ url: "/v1/dear", headers: { authorization: "Bearer admin" } });
  expect([headers.deprecation, headers.sunset]).toEqual(["@1769817600", "Sun, 31 Jan 2027 00:00:00 GMT"]);
  expect(printSchema(graphqlSchema(operations, () => null))).toMatch(
    /dearSearch: Item! @deprecated\(reason: "Use `items`\./,
  );
  const { paths } = openApiDocument(operations, { title: "", version: "", description: "" });
  expect(paths["/v1/dear"]?.get).toMatchObject({
    deprecated: true,
    description: expect.stringContaining("gone after 2027-01-31"),
    responses: { 200: { headers: { Deprecation: {}, Sunset: {} } } },
  });
});

test("the schema has the types the declarations name", () => {
  const sdl = printSchema(graphqlSchema(operations, () => null));
  for (const part of [
    "priceCart(input: CartInput!): Receipt!",
    "first: Int = 50",
    "ifMatch: String!",
    "scalar MinorUnits",
    "scalar Rule",
    "rule: Rule\n",
    "attributes: JSON!",
    "lines: [LineInput!]!",
    "unit: CartUnit",
    "enum CartUnit",
    "size: SafeInt!",
    "nodes: [Item!]!",
    "edges: [ItemEdge!]!",
    "pageInfo: PageInfo!",
  ]) {
    expect(sdl).toContain(part);
  }
});
