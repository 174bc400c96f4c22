import { getIntrospectionQuery, printSchema } from "graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { graphqlSchema } from "../../src/platform/graphql-schema.ts";
import { operations, operationsApp } from "./operations-app.ts";

let app: Awaited<ReturnType<typeof operationsApp>>;
let closed: Awaited<ReturnType<typeof operationsApp>>;
beforeAll(async () => {
  app = await operationsApp();
  closed = await operationsApp({ showsSchema: false });
});
afterAll(async () => {
  await app.close();
  await closed.close();
});

async function post(payload: unknown, on = app, key = "admin") {
  const answer = await on.inject({
    method: "POST",
    url: "/graphql",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    payload: typeof payload === "string" ? payload : JSON.stringify(payload),
  });
  return { status: answer.statusCode, body: answer.json(), text: answer.body };
}
const codeOf = (body: { code?: string; errors?: { extensions?: { code: string } }[] }) =>
  body.code ?? body.errors?.[0]?.extensions?.code;

const spreadTwice = (levels: number) =>
  Array.from(
    { length: levels },
    (_, level) => `fragment f${level} on Query { ...f${level + 1} ...f${level + 1} }`,
  ).join(" ");
const repeat = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(" ");

test.each([
  ["many aliases", `{ ${repeat(21, (index) => `a${index}: motto { text }`)} }`, "graphql-too-complex"],
  [
    "many aliases in fragments",
    `{ ...f ...f } fragment f on Query { ${repeat(11, (i) => `a${i}: motto { text }`)} }`,
    "graphql-too-complex",
  ],
  [
    "many aliases in inline fragments",
    `{ ... { ${repeat(21, (i) => `a${i}: motto { text }`)} } }`,
    "graphql-too-complex",
  ],
  [
    "many mutations",
    `mutation { ${repeat(21, (i) => `a${i}: removeItem(id: "1") { id }`)} }`,
    "graphql-too-complex",
  ],
  ["one field a thousand times", `{ motto { ${repeat(1001, () => "text")} } }`, "graphql-too-complex"],
  ["many tokens", `{ ${repeat(4001, () => "motto")} }`, "graphql-too-complex"],
  ["a long document", `{ motto { text } } #${"x".repeat(50_000)}`, "graphql-too-complex"],
  ["deep nesting", `${"{ __schema { types ".repeat(10)}{ name }${"}".repeat(20)}`, "graphql-too-complex"],
  ["deeper than the parser's stack", "{a".repeat(20_000), "graphql-too-complex"],
  [
    "deep values",
    `{ priceCart(input: { lines: [], rule: ${"[".repeat(61)}${"]".repeat(61)} }) { total } }`,
    "graphql-too-complex",
  ],
  [
    "deep introspection",
    `{ __schema { types { fields { type { ${"ofType { ".repeat(14)} name ${"} ".repeat(14)} } } } } }`,
    "graphql-too-complex",
  ],
  [
    "exponential fragments",
    `{ ...f0 } ${spreadTwice(40)} fragment f40 on Query { motto { text } }`,
    "graphql-too-complex",
  ],
  ["a fragment in itself", "{ ...f } fragment f on Query { ...f }", "invalid-graphql"],
  [
    "fragments in a circle",
    "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }",
    "invalid-graphql",
  ],
  ["repeated directives", `{ motto ${repeat(100, () => "@include(if: true)")} { text } }`, "invalid-graphql"],
  ["an unknown field", "{ secrets }", "invalid-graphql"],
  ["an unknown argument", '{ item(id: "1", projectId: "2") { id } }', "invalid-graphql"],
  ["a missing argument", "{ item { id } }", "invalid-graphql"],
  ["a subscription", "subscription { motto { text } }", "invalid-graphql"],
  ["two operations and no name", "query a { motto { text } } query b { motto { text } }", "invalid-graphql"],
  ["broken text", "{ motto", "invalid-graphql"],
  [
    "a parsed document instead of text",
    JSON.stringify({ kind: "Document", definitions: [] }),
    "invalid-graphql",
  ],
  ["only a comment", "# nothing", "invalid-graphql"],
])("%s is refused before any resolver", async (_case, query, code) => {
  const { status, body } = await post({ query });
  expect([status, codeOf(body)]).toEqual([400, code]);
  expect(body.data).toBeUndefined();
});

test.each([
  ["a batch", [{ query: "{ motto { text } }" }]],
  ["no query", {}],
  ["a query that is no text", { query: { kind: "Document" } }],
  ["variables that are no object", { query: "{ motto { text } }", variables: [1] }],
  ["a name that is no text", { query: "{ motto { text } }", operationName: 7 }],
  ["a polluting variable", '{"query":"{ motto { text } }","variables":{"__proto__":{}}}'],
  ["nothing", ""],
])("%s is an invalid request", async (_case, payload) => {
  const { status, body } = await post(payload);
  expect([status, codeOf(body)]).toEqual([400, "invalid-request"]);
});

test.each([
  ["a variable of the wrong type", { id: [1] }],
  ["a variable left out", {}],
  ["a null variable", { id: null }],
])("%s is refused", async (_case, variables) => {
  const { status, body } = await post({ query: "query ($id: ID!) { item(id: $id) { id } }", variables });
  expect([status, codeOf(body)]).toEqual([400, "invalid-graphql"]);
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

test.each(["{ __schema { types { name } } }", '{ __type(name: "Item") { name } }'])(
  "production answers no introspection: %s",
  async (query) => {
    expect((await post({ query }, closed)).status).toBe(400);
  },
);

test("production does not tell what exists by suggesting it", async () => {
  const misspelt = { query: "{ moto { text } }" };
  expect((await post(misspelt)).text).toContain("Did you mean");
  expect((await post(misspelt, closed)).text).not.toContain("mean");
  expect((await post({ query: "{ motto { text } }" }, closed)).body.data).toBeDefined();
});

test("the schema has the types the declarations name", () => {
  const sdl = printSchema(graphqlSchema(operations, () => null));
  for (const part of [
    "priceCart(input: CartInput!): Receipt!",
    "limit: Int = 50",
    "ifMatch: String!",
    "scalar MinorUnits",
    "scalar Rule",
    "rule: Rule\n",
    "attributes: JSON!",
    "lines: [LineInput!]!",
    "unit: CartUnit",
    "enum CartUnit",
    "size: SafeInt!",
    "nextCursor: String\n",
  ]) {
    expect(sdl).toContain(part);
  }
});
