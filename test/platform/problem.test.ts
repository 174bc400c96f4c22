import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { problems, problemsDocument } from "../../src/platform/problem.ts";
import { problemOf } from "../../src/platform/server.ts";
import { operationsApp } from "./operations-app.ts";

let app: Awaited<ReturnType<typeof operationsApp>>;
beforeAll(async () => {
  app = await operationsApp();
});
afterAll(() => app.close());

const admin = { authorization: "Bearer admin" };
const json = { ...admin, "content-type": "application/json" };
const deep = "[".repeat(50_000);

test("whoever a deadlock of the database ended may come again", () => {
  const ended = new Error("a statement failed", {
    cause: Object.assign(new Error("deadlock detected"), { code: "40P01" }),
  });
  expect(problemOf(ended)).toMatchObject({
    status: 503,
    code: "unavailable",
    headers: { "retry-after": "1" },
  });
});

test.each([
  ["broken JSON", { payload: '{"lines":' }, 400, "malformed-json"],
  ["trailing text", { payload: '{"lines":[]} x' }, 400, "malformed-json"],
  ["deep broken JSON", { payload: deep }, 400, "malformed-json"],
  ["deep JSON", { payload: `${"[".repeat(40_000)}${"]".repeat(40_000)}` }, 400, "invalid-request"],
  ["a duplicate key", { payload: '{"lines":[],"lines":[]}' }, 400, "invalid-request"],
  [
    "a duplicate key in disguise",
    { payload: '{"lines" :[{"sku":"a","\\u0073ku":"b"}]}' },
    400,
    "invalid-request",
  ],
  ["a polluting key", { payload: '{"__proto__":{"lines":[]}}' }, 400, "invalid-request"],
  [
    "a nested polluting key",
    { payload: '{"lines":[],"attributes":{"__proto__":1}}' },
    400,
    "invalid-request",
  ],
  [
    "an infinite number",
    { payload: '{"lines":[{"sku":"a","quantity":1e999,"price":1}]}' },
    400,
    "invalid-request",
  ],
  [
    "text that is not UTF-8, whose names would all be the same",
    { payload: Buffer.from('{"lines":[],"attributes":{"\xb6\xa9":1}}', "latin1") },
    400,
    "malformed-json",
  ],
  ["a body over the limit", { payload: `{"lines":[],"x":"${"x".repeat(100_000)}"}` }, 413, "body-too-large"],
  [
    "XML",
    { headers: { ...admin, "content-type": "text/xml" }, payload: "<a/>" },
    415,
    "unsupported-media-type",
  ],
  [
    "plain text",
    { headers: { ...admin, "content-type": "text/plain" }, payload: "{}" },
    415,
    "unsupported-media-type",
  ],
  [
    "a form",
    { headers: { ...admin, "content-type": "application/x-www-form-urlencoded" }, payload: "a=b" },
    415,
    "unsupported-media-type",
  ],
])("%s is a problem, not a failure", async (_case, request, status, code) => {
  const answer = await app.inject({ method: "POST", url: "/v1/carts/price", headers: json, ...request });
  expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  expect(answer.headers["content-type"]).toContain("application/problem+json");
});

test("what an operation does not take is refused, not left unheeded", async () => {
  const ask = async (method: "GET" | "POST", url: string, payload?: unknown) => {
    const answer = await app.inject({
      method,
      url,
      headers: payload === undefined ? admin : json,
      ...(payload !== undefined && { payload: JSON.stringify(payload) }),
    });
    const [error] = answer.json().errors ?? [];
    return error === undefined ? answer.statusCode : `${answer.statusCode} ${error.path} ${error.code}`;
  };
  expect(await ask("GET", "/v1/motto?dryRun=true")).toBe("400 /dryRun unrecognized_key");
  expect(await ask("POST", "/v1/payments", { expectedTotal: 1 })).toBe("400 /expectedTotal unrecognized_key");
  expect(await ask("POST", "/v1/payments", [1])).toBe("400  invalid_type");
  for (const nothing of [undefined, null, {}])
    expect([nothing, await ask("POST", "/v1/payments", nothing)]).toEqual([nothing, 201]);
  expect(await ask("GET", "/v1/motto")).toBe(200);
});

test("colons, quotes and backslashes in values are not taken for duplicate keys", async () => {
  const attributes = { 'a":"a': 'x": "y', "b\\": '\\":', ":": ':"', "": "::" };
  const answer = await app.inject({
    method: "POST",
    url: "/v1/carts/price",
    headers: json,
    payload: { lines: [], attributes },
  });
  expect(answer.json().attributes).toEqual(attributes);
});

test.each([
  ["GET", "/nothing", 404, "route-not-found", undefined],
  ["GET", "/v1/items/", 404, "promotion-not-found", undefined],
  ["GET", "/v1/items/%E0%A4%A", 400, "invalid-request", undefined],
  ["DELETE", "/v1/items", 405, "method-not-allowed", "GET, HEAD"],
  ["PATCH", "/v1/items/i1", 405, "method-not-allowed", "GET, PUT, DELETE, HEAD"],
] as const)("%s %s is %i %s", async (method, url, status, code, allow) => {
  const answer = await app.inject({ method, url, headers: admin });
  expect([answer.statusCode, answer.json().code, answer.headers.allow]).toEqual([status, code, allow]);
});

test("whoever asks for / is told where to look, and for nothing else", async () => {
  const detailOf = async (url: string) => (await app.inject({ url })).json().detail;
  expect(await detailOf("/?from=browser")).toContain("/docs");
  expect(await detailOf("/nothing")).toBeUndefined();
});

test("a problem is rendered by RFC 9457 over REST, and with the same members over GraphQL", async () => {
  const rest = await app.inject({ url: "/v1/items/x", headers: { ...admin, "x-request-id": "r-1" } });
  expect(rest.json()).toEqual({
    type: "https://dealwright.dev/problems/promotion-not-found",
    title: problems["promotion-not-found"].title,
    status: 404,
    code: "promotion-not-found",
    detail: "There is no x.",
    requestId: "r-1",
  });
  const graphql = await app.inject({
    method: "POST",
    url: "/graphql",
    headers: { ...admin, "x-request-id": "r-2" },
    payload: { query: '{ good: item(id: "i1") { id } bad: item(id: "x") { id } }' },
  });
  expect(graphql.json().errors).toEqual([
    {
      message: "There is no x.",
      locations: [{ line: 1, column: 31 }],
      path: ["bad"],
      extensions: { code: "promotion-not-found", status: 404, requestId: "r-2" },
    },
  ]);
});

test.each([
  ["broken", 500, "internal-error"],
  ["away", 503, "unavailable"],
])("an item that is %s reveals nothing over either face", async (id, status, code) => {
  const rest = await app.inject({ url: `/v1/items/${id}`, headers: admin });
  const graphql = await app.inject({
    method: "POST",
    url: "/graphql",
    headers: admin,
    payload: { query: `{ item(id: "${id}") { id } }` },
  });
  expect([rest.statusCode, rest.json().code]).toEqual([status, code]);
  expect(graphql.json().errors[0].extensions).toMatchObject({ status, code });
  for (const text of [rest.body, graphql.body]) {
    expect(text).not.toMatch(/hunter2|10\.0\.0\.7|ECONN|stack|\.ts/);
  }
});

test.each([
  ["not HTTP at all", "HELLO\r\n\r\n", "400", "invalid-request"],
  [
    "headers without end",
    `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`,
    "431",
    "headers-too-large",
  ],
])("%s is answered with a problem", async (_case, bytes, status, code) => {
  await app.listen({ host: "127.0.0.1", port: 0 }).catch(() => {});
  const { port } = app.server.address() as { port: number };
  const answer = await new Promise<string>((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("end", () => resolve(text)).on("error", reject);
  });
  expect(answer).toContain(`HTTP/1.1 ${status} `);
  expect(answer).toContain(`"code":"${code}"`);
});

test("the document lists every problem once", () => {
  const rows = problemsDocument().match(/^\| `[a-z_-]+` \|/gm) ?? [];
  expect(rows.map((row) => row.slice(3, -3))).toEqual(Object.keys(problems));
});
