import { afterAll, beforeAll, expect, test } from "vitest";
import { openApiDocument } from "../../src/platform/openapi.ts";
import { operations, operationsApp } from "./operations-app.ts";

let app: Awaited<ReturnType<typeof operationsApp>>;
beforeAll(async () => {
  app = await operationsApp();
});
afterAll(() => app.close());

const cart = {
  lines: [
    { sku: "MUG", quantity: 2, price: 3_000_000_000 },
    { sku: "TEA", quantity: 1, price: 0, note: "冷" },
  ],
  rule: { all: [{ kind: "channel", in: ["web"] }] },
  attributes: { level: 3, vip: true, name: "a\\u0041" },
  at: "2026-11-11T10:00:00+08:00",
};
const receipt = {
  total: 6_000_000_000,
  unit: "piece",
  lines: [
    { sku: "MUG", total: 6_000_000_000, note: null },
    { sku: "TEA", total: 0, note: "冷" },
  ],
  rule: { all: [{ kind: "channel", in: ["web"] }] },
  attributes: { level: 3, vip: true, name: "a\\u0041" },
  role: "checkout",
};
const fields = "total unit lines { sku total note } rule attributes role";

async function rest(method: "GET" | "POST" | "PUT" | "DELETE", url: string, options: object = {}) {
  const answer = await app.inject({ method, url, headers: { authorization: "Bearer admin" }, ...options });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body ? answer.json() : undefined,
  };
}

async function graphql(query: string, variables: object = {}, key = "admin") {
  const answer = await app.inject({
    method: "POST",
    url: "/graphql",
    headers: { authorization: `Bearer ${key}` },
    payload: { query, variables },
  });
  return { status: answer.statusCode, body: answer.json() };
}

test("REST and both ways of passing GraphQL arguments give one answer", async () => {
  const headers = { authorization: "Bearer checkout" };
  const { status, body } = await rest("POST", "/v1/carts/price", { payload: cart, headers });
  expect(status).toBe(200);
  expect(body).toEqual(receipt);
  const byVariable = await graphql(
    `query ($c: CartInput!) { priceCart(input: $c) { ${fields} } }`,
    { c: cart },
    "checkout",
  );
  expect(byVariable.body).toEqual({ data: { priceCart: receipt } });
  const literal = `{ priceCart(input: {
    lines: [{ sku: "MUG", quantity: 2, price: 3000000000 }, { sku: "TEA", quantity: 1, price: 0, note: "冷" }],
    rule: { all: [{ kind: "channel", in: ["web"] }] },
    attributes: { level: 3, vip: true, name: "a\\\\u0041" }, at: "2026-11-11T10:00:00+08:00" }) { ${fields} } }`;
  expect((await graphql(literal, {}, "checkout")).body).toEqual({ data: { priceCart: receipt } });
});

const line = { sku: "A", quantity: 1, price: 1 };
test.each([
  ["a missing field", {}, "/lines", "required"],
  ["a wrong type", { lines: {} }, "/lines", "invalid_type"],
  ["a number as text", { lines: [{ ...line, quantity: "1" }] }, "/lines/0/quantity", "invalid_type"],
  ["a broken number", { lines: [{ ...line, quantity: 1.5 }] }, "/lines/0/quantity", "invalid_type"],
  ["too little", { lines: [line, { ...line, quantity: 0 }] }, "/lines/1/quantity", "too_small"],
  ["too much", { lines: [{ ...line, quantity: 1001 }] }, "/lines/0/quantity", "too_big"],
  ["an amount beyond 2^53", { lines: [{ ...line, price: 2 ** 53 }] }, "/lines/0/price", "too_big"],
  ["null for what may only be left out", { lines: [], unit: null }, "/unit", "invalid_value"],
  ["an unknown value", { lines: [], unit: "crate" }, "/unit", "invalid_value"],
  ["a misspelt field", { lines: [{ ...line, "no/te": "x" }] }, "/lines/0/no~1te", "unrecognized_key"],
  ["a column name", { lines: [], projectId: "prj_2" }, "/projectId", "unrecognized_key"],
  ["an impossible date", { lines: [], at: "2026-02-30T00:00:00Z" }, "/at", "invalid_format"],
  [
    "a wrong leaf deep in a rule",
    { lines: [], rule: { all: [{ all: [{ kind: "channel", in: [7] }] }] } },
    "/rule/all/0/all/0/in/0",
    "invalid_type",
  ],
  ["a rule of unknown kind", { lines: [], rule: { kind: "moon" } }, "/rule/kind", "invalid_value"],
  ["a NUL", { lines: [{ ...line, sku: "A\0" }] }, "/lines/0/sku", "invalid_text"],
  ["half a surrogate pair", { lines: [{ ...line, note: "\ud83d" }] }, "/lines/0/note", "invalid_text"],
  ["an array for the object", [], "", "invalid_type"],
  ["a text for the object", '"cart"', "", "invalid_type"],
  ["no body", undefined, "/lines", "required"],
])("%s is a 400 with its path", async (_case, payload, path, code) => {
  const { status, headers, body } = await rest("POST", "/v1/carts/price", {
    headers: { authorization: "Bearer admin", "content-type": "application/json" },
    payload,
  });
  expect([status, body.code]).toEqual([400, "invalid-request"]);
  expect(headers["content-type"]).toContain("application/problem+json");
  expect(body.errors).toContainEqual({ path, code, message: expect.any(String) });
});

test("what GraphQL's types let through meets the same checks as over REST", async () => {
  const input = { lines: [{ ...line, quantity: 0 }], rule: { kind: "moon" }, at: "yesterday" };
  const asRest = await rest("POST", "/v1/carts/price", { payload: input });
  const query = "query ($c: CartInput!) { priceCart(input: $c) { total } }";
  const { status, body } = await graphql(query, { c: input });
  expect(status).toBe(200);
  expect(body.data).toBeNull();
  expect(body.errors[0].extensions).toMatchObject({
    code: "invalid-request",
    status: 400,
    errors: asRest.body.errors,
  });
  const nul = await graphql(
    '{ priceCart(input: { lines: [{ sku: "a\\u0000", quantity: 1, price: 1 }] }) { total } }',
  );
  expect(nul.body.errors[0].extensions.errors[0]).toMatchObject({ code: "invalid_text" });
});

test.each([
  ["/v1/items?limit=2&isLarge=true", 200, ["i0", "i1"]],
  ["/v1/items?atLeast=34359738368", 200, ["i4", "i5", "i6"]],
  ["/v1/items?limit=0", 400, "/limit"],
  ["/v1/items?limit=201", 400, "/limit"],
  ["/v1/items?limit=many", 400, "/limit"],
  ["/v1/items?limt=3", 400, "/limt"],
  ["/v1/items?limit=1&limit=2", 400, "/limit"],
  ["/v1/items?isLarge=maybe", 400, "/isLarge"],
  ["/v1/items?after=%00", 400, "/after"],
  ["/v1/items/%00", 400, "/id"],
  [`/v1/items/${"i".repeat(41)}`, 400, "/id"],
])("%s is answered %i", async (url, status, expected) => {
  const answer = await rest("GET", url);
  expect(answer.status).toBe(status);
  expect(
    status === 200 ? answer.body.items.map(({ id }: { id: string }) => id) : answer.body.errors[0].path,
  ).toEqual(expected);
});

test("an answer carries its ETag and the caller's request id", async () => {
  const { headers } = await rest("GET", "/v1/items/i3", {
    headers: { authorization: "Bearer admin", "x-request-id": "checkout-7" },
  });
  expect(headers).toMatchObject({ etag: `"s${3 * 2 ** 33}"`, "x-request-id": "checkout-7" });
  const hostile = await rest("GET", "/v1/items/nothing", {
    headers: { authorization: "Bearer admin", "x-request-id": "a b<script>" },
  });
  expect(hostile.headers["x-request-id"]).toMatch(/^req_\w+$/);
  expect(hostile.body.requestId).toBe(hostile.headers["x-request-id"]);
});

test.each([
  [undefined, 428, "precondition-required"],
  ["7", 400, "invalid-request"],
  ['"7"', 201, "7"],
  ['W/"7"', 201, "7"],
  ["*", 201, "*"],
])("If-Match %s is answered %i", async (ifMatch, status, expected) => {
  const headers = { authorization: "Bearer admin", ...(ifMatch && { "if-match": ifMatch }) };
  const answer = await rest("PUT", "/v1/items/i1", { headers });
  expect([answer.status, answer.body.ifMatch ?? answer.body.code]).toEqual([status, expected]);
});

test("over GraphQL a tag may be given bare or as the header has it", async () => {
  const { body } = await graphql(
    'mutation { a: replaceItem(id: "1", ifMatch: "7") { ifMatch } b: replaceItem(id: "1", ifMatch: "\\"7\\"") { ifMatch } }',
  );
  expect(body.data).toEqual({ a: { ifMatch: "7" }, b: { ifMatch: "7" } });
});

test("an operation without content says nothing over REST and its result over GraphQL", async () => {
  expect(await rest("DELETE", "/v1/items/i1")).toMatchObject({ status: 204, body: undefined });
  expect((await graphql('mutation { removeItem(id: "i1") { id } }')).body).toEqual({
    data: { removeItem: { id: "i1" } },
  });
});

test("the OpenAPI document names every operation with all it can refuse", () => {
  const document = openApiDocument(operations, { title: "t", version: "1", description: "d" });
  const declared = Object.values(document.paths).flatMap((methods) => Object.values(methods)) as {
    operationId: string;
    responses: object;
    security: object[];
  }[];
  expect(declared.map(({ operationId }) => operationId).sort()).toEqual(
    operations.map(({ id }) => id).sort(),
  );
  const price = declared.find(({ operationId }) => operationId === "priceCart");
  expect(Object.keys(price?.responses ?? {})).toEqual([
    "200",
    "400",
    "401",
    "403",
    "408",
    "413",
    "415",
    "429",
    "500",
    "503",
  ]);
  expect(declared.find(({ operationId }) => operationId === "motto")?.security).toEqual([]);
  const text = JSON.stringify(document);
  for (const [, id] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    expect(document).toHaveProperty(["components", "schemas", id ?? ""]);
  }
  expect(text).not.toContain("#/definitions/");
});
