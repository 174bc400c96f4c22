import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Authenticator, Role } from "../../src/platform/auth.ts";
import { followRequests } from "../../src/platform/open-requests.ts";
import { openApiDocument } from "../../src/platform/openapi.ts";
import { problem } from "../../src/platform/problem.ts";
import { mountRest } from "../../src/platform/rest.ts";
import { createServer } from "../../src/platform/server.ts";
import { acceptedOf, defineStreamOperation, mountStreams } from "../../src/platform/stream-operation.ts";
import { longestRecordBytes, readCsv, readNdjson } from "../../src/platform/stream-records.ts";

/** What the endless export below has done so far. */
const endless = { pieces: 0 };
let overOf: () => void = () => {};
const isOver = new Promise<void>((settle) => {
  overOf = settle;
});

const operations = [
  defineStreamOperation({
    id: "echoRecords",
    method: "POST",
    path: "/v1/echo/{name}",
    summary: "One line out for every record in.",
    tag: "test",
    roles: ["erp"],
    params: z.strictObject({ name: z.string().max(5) }),
    query: z.strictObject({ fail: z.enum(["early", "late"]).optional() }),
    consumes: ["application/x-ndjson", "text/csv"],
    produces: ["application/x-ndjson", "text/csv"],
    problems: ["promotion-not-found"],
    handler: ({ body, contentType, query, accept }) => ({
      contentType: accept,
      headers: { "x-face": "stream" },
      body: (async function* () {
        if (query.fail === "early") throw problem("promotion-not-found");
        const records = contentType === "text/csv" ? readCsv(body!) : readNdjson(body!);
        for await (const record of records) {
          yield `${JSON.stringify(record)}\n`;
          if (query.fail === "late") throw problem("promotion-not-found");
        }
      })(),
    }),
  }),
  defineStreamOperation({
    id: "endless",
    method: "GET",
    path: "/v1/endless",
    summary: "Never ends by itself.",
    tag: "test",
    roles: [],
    deprecated: { since: "2026-01-31T00:00:00Z", sunset: "2027-01-31T00:00:00Z", instead: "Use `echo`." },
    produces: ["application/octet-stream"],
    problems: [],
    handler: () => ({
      contentType: "application/octet-stream",
      body: (async function* () {
        try {
          for (;;) {
            endless.pieces += 1;
            yield Buffer.alloc(65_536);
          }
        } finally {
          overOf();
        }
      })(),
    }),
  }),
];

const revoked = new Set(["unknown"]);
const authenticator: Authenticator = {
  callerOf: (key) =>
    revoked.has(key) ? null : { projectId: "p", environment: "live", apiKeyId: "k", role: key as Role },
};

let app: FastifyInstance;
let port: number;
beforeAll(async () => {
  app = createServer({ logLevel: "silent", bodyLimitBytes: 1_000 });
  mountRest(app, [], new Map(), authenticator, operations);
  mountStreams(app, operations, authenticator);
  await app.listen({ port: 0, host: "127.0.0.1" });
  port = (app.server.address() as AddressInfo).port;
});
afterAll(() => app.close());

async function send(
  payload: string | Buffer,
  options: { url?: string; headers?: object; key?: string } = {},
) {
  const response = await app.inject({
    method: "POST",
    url: options.url ?? "/v1/echo/a",
    headers: {
      authorization: `Bearer ${options.key ?? "erp"}`,
      "content-type": "application/x-ndjson",
      ...options.headers,
    },
    payload,
  });
  const isProblem = String(response.headers["content-type"]).includes("problem+json");
  return {
    status: response.statusCode,
    headers: response.headers,
    code: isProblem ? response.json().code : null,
    lines: isProblem
      ? []
      : response.body
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line)),
  };
}

test("records are read one by one and answered one by one, whatever their number", async () => {
  const many = Array.from({ length: 5_000 }, (_, n) => JSON.stringify({ n, pad: "x".repeat(50) })).join("\n");
  const { status, headers, lines } = await send(many);
  expect([status, headers["content-type"], headers["x-face"]]).toEqual([
    200,
    "application/x-ndjson",
    "stream",
  ]);
  expect(lines).toHaveLength(5_000);
  expect(lines[4_999]).toMatchObject({ line: 5_000, value: { n: 4_999 }, fault: null });
});

test("a line that cannot be read is refused on its own, and the ones after it are read", async () => {
  const long = JSON.stringify("x".repeat(longestRecordBytes - 1));
  const justFits = JSON.stringify("x".repeat(longestRecordBytes - 2));
  const parts = [
    '\ufeff{"a":1}',
    "",
    "{broken",
    '{"a":1,"a":2}',
    '{"a":"\\u0000"}',
    long,
    justFits,
    '{"z":1}\r',
  ];
  const bytes = Buffer.concat([Buffer.from(`${parts.join("\n")}\n`), Buffer.from([0xff, 10, 0x37])]);
  const { lines } = await send(bytes);
  expect(lines.map(({ line, fault }) => [line, fault?.code ?? null])).toEqual([
    [1, null],
    [3, "malformed_json"],
    [4, "duplicate_key"],
    [5, "invalid_text"],
    [6, "line_too_long"],
    [7, null],
    [8, null],
    [9, "not_utf8"],
    [10, null],
  ]);
  expect([lines[0].value, lines[6].value, lines[8].value]).toEqual([{ a: 1 }, { z: 1 }, 7]);
});

const asCsv = { headers: { "content-type": "text/csv; charset=UTF-8" } };

test("CSV is read by its header, with quotes, and up to where they do not match", async () => {
  const csv = 'Code, Expires\n"A ""1""",x\nB\n\nC,"two\nlines"\n"D"x,y\nE,z\nF,"open';
  const { lines } = await send(csv, asCsv);
  expect(lines.map(({ value, fault }) => value ?? fault.code)).toEqual([
    { code: 'A "1"', expires: "x" },
    { code: "B" },
    { code: "C", expires: "two\nlines" },
    "csv_broken",
  ]);
});

test("a CSV record that is too long ends the reading, and is told", async () => {
  const { lines } = await send(`code\nA\n"${"x\n".repeat(longestRecordBytes)}"\nB\n`, asCsv);
  expect(lines.map(({ value, fault }) => value ?? fault.code)).toEqual([{ code: "A" }, "line_too_long"]);
});

test.each([
  ["no key", { headers: { authorization: "" } }, 401, "unauthenticated"],
  ["another role", { key: "viewer" }, 403, "forbidden-role"],
  ["a wrong parameter", { url: "/v1/echo/toolong" }, 400, "invalid-request"],
  ["a wrong query", { url: "/v1/echo/a?fail=never" }, 400, "invalid-request"],
  ["JSON", { headers: { "content-type": "application/json" } }, 415, "unsupported-media-type"],
  [
    "another charset",
    { headers: { "content-type": "text/csv; charset=gbk" } },
    415,
    "unsupported-media-type",
  ],
  ["an answer nobody makes", { headers: { accept: "image/png" } }, 406, "not-acceptable"],
  ["a failure before the first piece", { url: "/v1/echo/a?fail=early" }, 404, "promotion-not-found"],
])("%s is refused as a problem", async (_case, options, status, code) => {
  const answer = await send('{"a":1}\n', options);
  expect([answer.status, answer.code]).toEqual([status, code]);
});

test("a wrong method on a stream's path is told apart from no path", async () => {
  const headers = { authorization: "Bearer erp" };
  const answer = await app.inject({ method: "GET", url: "/v1/echo/a", headers });
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, "POST"]);
});

test("a failure after the first piece breaks the connection instead of passing for the end", async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/echo/a?fail=late`, {
    method: "POST",
    headers: { authorization: "Bearer erp", "content-type": "application/x-ndjson" },
    body: "1\n2\n",
  });
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow();
});

test("an upload may take longer than a request may, while an ordinary request may not", async () => {
  const accepted: Socket[] = [];
  app.server.on("connection", (socket: Socket) => accepted.push(socket));
  const kept = new Agent({ keepAlive: true });
  const upload = (path: string, agent: Agent | false) =>
    httpRequest({
      port,
      path,
      method: "POST",
      agent,
      headers: { authorization: "Bearer erp", "content-type": "application/x-ndjson" },
    });
  const slow = upload("/v1/echo/a", kept);
  slow.write("1\n");
  const [answer] = (await once(slow, "response")) as [IncomingMessage];
  // What Node does after `requestTimeout`.
  const timeOut = (socket: Socket | undefined) =>
    app.server.emit("clientError", Object.assign(new Error(), { code: "ERR_HTTP_REQUEST_TIMEOUT" }), socket);
  timeOut(accepted[0]);
  slow.end("2\n");
  let text = "";
  for await (const chunk of answer) text += chunk;
  expect(text.trim().split("\n")).toHaveLength(2);
  // Only that request: the next one over its connection is in time or refused.
  expect(accepted[0]?.writableEnded).toBe(false);
  timeOut(accepted[0]);
  expect(accepted[0]?.writableEnded).toBe(true);
  kept.destroy();

  const stuck = upload("/v1/none", false);
  stuck.write("1");
  const [refusal] = (await once(stuck, "response")) as [IncomingMessage];
  expect(refusal.statusCode).toBe(404);
  timeOut(accepted[1]);
  expect(accepted[1]?.writableEnded).toBe(true);
  stuck.destroy();
});

test("what an upload brought may take longer to be worked off than a request may", async () => {
  let finish = (): void => {};
  const worked = new Promise<void>((settle) => {
    finish = settle;
  });
  const late = createServer({ logLevel: "silent" });
  followRequests(late, { deadlineMilliseconds: 100 });
  const slowly = defineStreamOperation({
    ...operations[0]!,
    handler: ({ body }) => ({
      contentType: "application/x-ndjson",
      body: (async function* () {
        for await (const _piece of body!);
        await worked;
        yield "1\n";
      })(),
    }),
  });
  mountStreams(late, [slowly], authenticator);
  late.get("/never", () => new Promise(() => {}));
  await late.listen({ port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${(late.server.address() as AddressInfo).port}`;
  const upload = fetch(`${url}/v1/echo/a`, {
    method: "POST",
    headers: { authorization: "Bearer erp", "content-type": "application/x-ndjson" },
    body: "1\n",
  });
  // Two that begin after one another, so that the upload's time is over as well.
  for (let i = 0; i < 2; i++) expect((await fetch(`${url}/never`)).status).toBe(503);
  finish();
  expect((await upload).status).toBe(200);
  await late.close();
});

test("an upload that brings next to nothing is ended, and one that gets on is not", async () => {
  const patient = createServer({ logLevel: "silent" });
  mountStreams(patient, operations, authenticator, { stallMilliseconds: 500, leastUploadBytes: 400 });
  await patient.listen({ port: 0, host: "127.0.0.1" });
  const upload = (piece: string) => {
    const request = httpRequest({
      port: (patient.server.address() as AddressInfo).port,
      path: "/v1/echo/a",
      method: "POST",
      agent: false,
      headers: { authorization: "Bearer erp", "content-type": "application/x-ndjson" },
    });
    request.write(piece);
    const dripping = setInterval(() => request.write(piece), 20);
    const answer = once(request, "response").then(([response]) => response as IncomingMessage);
    return { request, answer, stop: () => clearInterval(dripping) };
  };
  const slow = upload("1");
  const steady = upload(`${"1".repeat(99)}\n`);
  expect((await slow.answer).statusCode).toBe(408);
  slow.stop();
  await once(slow.request, "close");
  steady.stop();
  steady.request.end();
  const answer = await steady.answer;
  answer.resume();
  await once(answer, "end");
  expect([answer.statusCode, answer.complete]).toEqual([200, true]);
  await patient.close();
});

test("a client that does not read stops the producer, and one that goes away ends it", async () => {
  const request = httpRequest({
    port,
    path: "/v1/endless",
    headers: { authorization: "Bearer viewer" },
  }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.pause();
  let seen = -1;
  // Until the buffers in between are full, which they are when nothing was asked for in a while.
  for (let still = 0; still < 20; still = seen === endless.pieces ? still + 1 : 0) {
    seen = endless.pieces;
    await new Promise((turn) => setImmediate(turn));
    await fetch(`http://127.0.0.1:${port}/v1/none`);
  }
  expect(endless.pieces).toBeLessThan(1_000);
  response.destroy();
  await isOver;
});

test("an answer that is read slowly is broken off once its key opens nothing any more, and not taken for complete", async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/endless`, {
    headers: { authorization: "Bearer passing" },
  });
  const reader = answer.body!.getReader();
  await reader.read();
  revoked.add("passing");
  const toTheEnd = async () => {
    for (;;) if ((await reader.read()).done) return "complete";
  };
  await expect(toTheEnd()).rejects.toThrow();
});

test.each([
  [undefined, "a/x"],
  ["", "a/x"],
  ["*/*", "a/x"],
  ["b/y", "b/y"],
  ["a/x;q=0.5, b/*", "b/y"],
  ["*/*, a/x;q=0", "b/y"],
  ["B/Y; charset=utf-8", "b/y"],
])("Accept %s is given %s", (accept, expected) => {
  expect(acceptedOf(["a/x", "b/y"], accept)).toBe(expected);
});

test("OpenAPI says what a stream takes and gives, and all it can refuse", () => {
  const document = openApiDocument([], { title: "t", version: "1", description: "d" }, operations);
  const { post } = document.paths["/v1/echo/{name}"] as Record<
    string,
    { requestBody: { content: object }; responses: Record<string, { content: object }>; parameters: object[] }
  >;
  expect(Object.keys(post?.requestBody.content ?? {})).toEqual(["application/x-ndjson", "text/csv"]);
  expect(Object.keys(post?.responses["200"]?.content ?? {})).toEqual(["application/x-ndjson", "text/csv"]);
  expect(Object.keys(post?.responses ?? {})).toEqual([
    "200",
    "400",
    "401",
    "403",
    "404",
    "406",
    "408",
    "415",
    "429",
    "500",
    "503",
  ]);
  expect(post?.parameters).toHaveLength(2);
});

test("a stream that will go says so, there and with each answer", async () => {
  const document = openApiDocument([], { title: "t", version: "1", description: "d" }, operations);
  expect(document.paths["/v1/endless"]?.get).toMatchObject({
    deprecated: true,
    description: expect.stringContaining("gone after 2027-01-31"),
    responses: { 200: { headers: { Deprecation: {}, Sunset: {} } } },
  });
  const answer = await app.inject({
    url: "/v1/endless",
    headers: { authorization: "Bearer erp", accept: "text/plain" },
  });
  const { deprecation, sunset } = answer.headers;
  expect([answer.statusCode, deprecation, sunset]).toEqual([
    406,
    "@1769817600",
    "Sun, 31 Jan 2027 00:00:00 GMT",
  ]);
});
