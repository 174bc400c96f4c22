/** What somebody with a key may try: each is refused before any resolver has run. */
import { parse } from "graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { costGuard } from "../../src/platform/graphql-cost.ts";
import { graphqlLimits } from "../../src/platform/graphql-limits.ts";
import type { Operation } from "../../src/platform/operation.ts";
import { operations, operationsApp } from "./operations-app.ts";

let resolved = 0;
let app: Awaited<ReturnType<typeof operationsApp>>;
let production: Awaited<ReturnType<typeof operationsApp>>;

beforeAll(async () => {
  const counted = operations.map((operation) => ({
    ...operation,
    handler: (input: Parameters<Operation["handler"]>[0]) => {
      resolved += 1;
      return operation.handler(input);
    },
  }));
  app = await operationsApp({ operations: counted });
  production = await operationsApp({ operations: counted, showsSchema: false });
});
afterAll(async () => {
  await app.close();
  await production.close();
});

async function refusal(payload: unknown, on = app): Promise<{ status: number; code: string; text: string }> {
  const before = resolved;
  const answer = await on.inject({
    method: "POST",
    url: "/graphql",
    headers: { authorization: "Bearer admin", "content-type": "application/json" },
    payload: typeof payload === "string" ? payload : JSON.stringify(payload),
  });
  const body = answer.json();
  expect(resolved, "resolvers that ran").toBe(before);
  expect(body.data).toBeUndefined();
  return {
    status: answer.statusCode,
    code: body.code ?? body.errors?.[0]?.extensions?.code,
    text: answer.body,
  };
}

const repeat = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(" ");
const doubling = (levels: number) =>
  repeat(levels, (level) => `fragment f${level} on Query { ...f${level + 1} ...f${level + 1} }`);
const large = "items(first: 200) { nodes { id size } }";

const complex = [
  ["many fields at the root", `{ ${repeat(21, (i) => `a${i}: motto { text }`)} }`],
  [
    "as many in fragments",
    `{ ...f ...f } fragment f on Query { ${repeat(11, (i) => `a${i}: motto { text }`)} }`,
  ],
  ["as many in inline fragments", `{ ... { ${repeat(21, (i) => `a${i}: motto { text }`)} } }`],
  ["as many where nothing is included", `{ ${repeat(21, (i) => `a${i}: motto @skip(if: true) { text }`)} }`],
  ["as many guesses of one id", `{ ${repeat(21, (i) => `a${i}: item(id: "i${i}") { id }`)} }`],
  ["many mutations", `mutation { ${repeat(21, (i) => `a${i}: removeItem(id: "1") { id }`)} }`],
  ["many aliases of one leaf", `{ motto { ${repeat(51, (i) => `a${i}: text`)} } }`],
  [
    "aliases over several fields",
    `{ ${repeat(6, (i) => `motto { ${repeat(9, (j) => `a${i}x${j}: text`)} }`)} }`,
  ],
  ["one leaf a thousand times", `{ motto { ${repeat(1001, () => "text")} } }`],
  ["many tokens", `{ ${repeat(4001, () => "motto")} }`],
  [
    "many tokens of a value",
    `{ priceCart(input: { lines: [], rule: [${repeat(4001, () => "1")}] }) { total } }`,
  ],
  ["a long document", `{ motto { text } } #${"x".repeat(50_000)}`],
  ["deep fields", `${"{ __schema { types ".repeat(10)}{ name }${"}".repeat(20)}`],
  ["deeper than the parser's stack", "{a".repeat(20_000)],
  ["deep values", `{ priceCart(input: { lines: [], rule: ${"[".repeat(61)}${"]".repeat(61)} }) { total } }`],
  ["deep types of variables", `query ($a: ${"[".repeat(61)}Int${"]".repeat(61)}) { motto { text } }`],
  [
    "deep introspection",
    `{ __schema { types { fields { type { ${"ofType { ".repeat(14)} name ${"} ".repeat(14)} } } } } }`,
  ],
  ["exponential fragments", `{ ...f0 } ${doubling(40)} fragment f40 on Query { motto { text } }`],
  ["exponential fragments that lead nowhere", `{ ...f0 } ${doubling(40)}`],
  ["exponential fragments in a circle", `{ ...f0 } ${doubling(40)} fragment f40 on Query { ...f0 }`],
  [
    "costly pages",
    `{ ${repeat(20, (i) => `a${i}: items(first: 200) { nodes { ${repeat(10, () => "id")} } }`)} }`,
  ],
  [
    "costly pages by a variable",
    `query ($n: Int = 1) { ${repeat(20, (i) => `a${i}: items(first: $n) { nodes { ${repeat(10, () => "id")} } }`)} }`,
  ],
  ["many dear queries", `{ ${repeat(3, (i) => `a${i}: dearSearch { id }`)} }`],
  [
    "a dear query and large pages",
    `{ dearSearch { id } ${repeat(3, (i) => `a${i}: dearSearch { id } b${i}: ${large}`)} }`,
  ],
  ["money moved twice", "mutation { pay { id } again: pay { id } }"],
  [
    "money moved twice from fragments",
    "mutation { ...f ...g } fragment f on Mutation { pay { id } } fragment g on Mutation { a: pay { id } }",
  ],
  ["money moved in two ways", "mutation { pay { id } payOut { id } }"],
  [
    "money moved twice, perhaps",
    "mutation ($no: Boolean = true) { pay { id } again: pay @skip(if: $no) { id } }",
  ],
  [
    "money moved twice in the operation not asked for",
    "mutation a { pay { id } } mutation b { a: pay { id } b: pay { id } }",
  ],
] as const;

test.each(complex)("%s: too complex", async (_case, query) => {
  expect(await refusal({ query, operationName: query.includes(" b ") ? "a" : undefined })).toMatchObject({
    status: 400,
    code: "graphql-too-complex",
  });
});

test.each([
  ["a fragment in itself", "{ ...f } fragment f on Query { ...f }"],
  ["fragments in a circle", "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }"],
  ["repeated directives", `{ motto ${repeat(100, () => "@include(if: true)")} { text } }`],
  ["an unknown directive", "{ motto @defer { text } }"],
  ["an unknown field", "{ secrets }"],
  ["a field of the type system", "{ motto { __schema { types { name } } } }"],
  ["an unknown argument", '{ item(id: "1", projectId: "2") { id } }'],
  ["a missing argument", "{ item { id } }"],
  ["a mutation as a query", '{ removeItem(id: "1") { id } }'],
  ["a subscription", "subscription { motto { text } }"],
  ["two operations and no name", "query a { motto { text } } query b { motto { text } }"],
  ["one alias for two things", '{ a: item(id: "1") { id } a: item(id: "2") { id } }'],
  ["variables nobody declared", "{ item(id: $id) { id } }"],
  ["broken text", "{ motto"],
  ["a parsed document instead of text", JSON.stringify({ kind: "Document", definitions: [] })],
  ["only a comment", "# nothing"],
  ["a definition of types", "type Query { motto: String }"],
])("%s: no valid document", async (_case, query) => {
  expect(await refusal({ query })).toMatchObject({ status: 400, code: "invalid-graphql" });
});

test.each([
  ["a batch", [{ query: "{ motto { text } }" }]],
  ["a batch in an object", { 0: { query: "{ motto { text } }" } }],
  ["no query", {}],
  ["a query that is no text", { query: { kind: "Document" } }],
  ["variables that are no object", { query: "{ motto { text } }", variables: [1] }],
  ["a name that is no text", { query: "{ motto { text } }", operationName: 7 }],
  ["a polluting variable", '{"query":"{ motto { text } }","variables":{"__proto__":{}}}'],
  ["nothing", ""],
])("%s: no valid request", async (_case, payload) => {
  expect(await refusal(payload)).toMatchObject({ status: 400, code: "invalid-request" });
});

test.each([
  ["the types", "{ __schema { types { name } } }"],
  ["one type", '{ __type(name: "Item") { name } }'],
  ["types behind an alias", "{ a: __schema { b: queryType { name } } }"],
  ["types from a fragment", "{ ...f } fragment f on Query { __schema { types { name } } }"],
])("production tells nobody %s", async (_case, query) => {
  expect(await refusal({ query }, production)).toMatchObject({ status: 400, code: "invalid-graphql" });
});

test.each([
  ["a field", { query: "{ moto { text } }" }],
  ["a field of a type", { query: "{ motto { txet } }" }],
  ["an argument", { query: '{ item(idd: "1") { id } }' }],
  ["a type", { query: "query ($c: CartInputt) { motto { text } }" }],
  ["a fragment's type", { query: "{ ... on Querry { motto { text } } }" }],
  ["a field of an input", { query: "{ priceCart(input: { line: [] }) { total } }" }],
  ["an enum's value", { query: "{ priceCart(input: { lines: [], unit: pice }) { total } }" }],
  [
    "an enum's value in a variable",
    {
      query: "query ($u: CartUnit!) { priceCart(input: { lines: [], unit: $u }) { total } }",
      variables: { u: "pice" },
    },
  ],
  [
    "a field of an input in a variable",
    {
      query: "query ($c: CartInput!) { priceCart(input: $c) { total } }",
      variables: { c: { lines: [], unitt: "box" } },
    },
  ],
])("production does not put right the name of %s", async (_case, payload) => {
  expect((await refusal(payload)).text).toContain("Did you mean");
  expect((await refusal(payload, production)).text).not.toMatch(/did you mean/i);
});

/** By limit, an attack that nothing else refuses as too complex. */
const onlyRefusedBy: Readonly<Record<keyof typeof graphqlLimits, (typeof complex)[number][0]>> = {
  characters: "a long document",
  tokens: "many tokens of a value",
  nesting: "deep values",
  depth: "deep introspection",
  rootFields: "many fields at the root",
  aliases: "many aliases of one leaf",
  fields: "one leaf a thousand times",
  cost: "many dear queries",
  moneyMutations: "money moved twice",
};

test.each(Object.entries(onlyRefusedBy))(
  "were there no limit of %s, the attack with %s would not be refused so: seeded bug",
  async (limit, name) => {
    const query = complex.find(([attack]) => attack === name)?.[1];
    expect(await refusal({ query })).toMatchObject({ code: "graphql-too-complex" });
    const limits = graphqlLimits as Record<string, number>;
    const before = limits[limit]!;
    limits[limit] = Number.MAX_SAFE_INTEGER;
    const unlimited = await operationsApp();
    const answer = await unlimited.inject({
      method: "POST",
      url: "/graphql",
      headers: { authorization: "Bearer admin" },
      payload: { query },
    });
    limits[limit] = before;
    await unlimited.close();
    expect(answer.json().errors?.[0]?.extensions?.code ?? answer.json().code).not.toBe("graphql-too-complex");
  },
);

test("a page counts as large as its own operation may make it", () => {
  const limit = z.int().min(1).max(1_000).default(100);
  const feed = { id: "feed", method: "GET", query: z.strictObject({ limit }) } as const;
  const costs = (page: string, fields: number) => () =>
    costGuard([feed])(parse(`query ($n: Int) { feed${page} { ${repeat(fields, () => "id")} } }`));
  // 29,900 points are allowed, of which the operation itself takes 10.
  for (const [page, most] of [
    ["(first: $n)", 29],
    ["(first: 1000)", 29],
    ["(first: 500)", 59],
    ["", 298],
    ["(first: 0)", 29_890],
    ["(first: -100000)", 29_890],
  ] as const) {
    expect(costs(page, most), `${most} fields${page}`).not.toThrow();
    expect(costs(page, most + 1), `${most + 1} fields${page}`).toThrow(/cost/);
  }
});

test("the JSON form of an operation costs what the operation costs", () => {
  const dear = { id: "price", jsonField: "priceJson", method: "POST", cost: 10_000 } as const;
  const twice = parse("{ a: priceJson b: priceJson }");
  expect(() => costGuard([dear])(twice)).not.toThrow();
  expect(() => costGuard([dear])(parse("{ a: priceJson b: priceJson c: price { id } }"))).toThrow(/cost/);
  expect(() => costGuard([dear])(parse("{ a: priceJson b: priceJson c: priceJson }"))).toThrow(/cost/);
});

test("what is within the limits runs: as many fields, aliases and points as are allowed", async () => {
  const most = [
    `{ ${repeat(graphqlLimits.rootFields, (i) => `a${i}: motto { text }`)} }`,
    `{ motto { ${repeat(graphqlLimits.aliases, (i) => `a${i}: text`)} } }`,
    `{ a: dearSearch { id } b: dearSearch { id } }`,
    "mutation { pay { id } }",
  ];
  for (const query of most) {
    const answer = await app.inject({
      method: "POST",
      url: "/graphql",
      headers: { authorization: "Bearer admin" },
      payload: { query },
    });
    expect([answer.statusCode, answer.json().errors], query).toEqual([200, undefined]);
  }
});
