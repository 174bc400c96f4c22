import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../src/platform/log.ts";
import { servicesOf } from "../../src/services.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";
import { insertRedemption, newOrderId, orderOf, storedOrder } from "./orders-fixture.ts";
import { projectWithKeys } from "./project-fixture.ts";

const isLong = process.env.LONG === "1";
const longestMilliseconds = isLong ? 1_200_000 : 120_000;
let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

interface Result {
  line: number;
  externalId: string | null;
  status: string;
  problem?: { code: string; status: number; errors: { path: string; code: string }[] };
}

/** Objects as their JSON, texts as they are, a line each. */
async function sent(lines: readonly (object | string)[], key = api.project.keys.erp): Promise<Result[]> {
  const { statusCode, headers, body } = await api.app.inject({
    method: "POST",
    url: "/v1/orders/bulk",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/x-ndjson" },
    payload: lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  });
  expect(statusCode, body).toBe(200);
  expect(headers["content-type"]).toBe("application/x-ndjson");
  return body
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
}

const told = ({ externalId, status, problem }: Result) =>
  [externalId, status, ...(problem === undefined ? [] : [problem.code, problem.errors[0]?.path])].join(" ");
const bulk = (externalId: string, fields: object = {}) => ({ externalId, ...orderOf(fields) });
const versionOf = async (id: string) => (await api.rest("GET", `/v1/orders/${id}`)).body.version;

test("every order is answered on a line of its own, in the order they came", async () => {
  const known = await storedOrder(api, { version: 5 });
  const [a, b] = [newOrderId(), newOrderId()];
  const results = await sent([
    bulk(a),
    "",
    bulk(known, { version: 4 }),
    bulk(known, { version: 5 }),
    bulk(known, { version: 5, total: 1 }),
    bulk(b),
  ]);
  expect(results.map(told)).toEqual([
    `${a} stored`,
    `${known} stale stale_version /version`,
    `${known} replayed`,
    `${known} refused order-version-conflict /version`,
    `${b} stored`,
  ]);
  expect(results.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6]);
  const whole = await api.rest("GET", `/v1/orders/${a}`, { role: "erp" });
  expect(whole.body).toMatchObject(bulk(a));
});

test("one order several times in a stream comes out as if they had come one by one", async () => {
  const id = newOrderId();
  const results = await sent([
    bulk(id, { version: 2 }),
    bulk(id, { version: 1 }),
    bulk(id, { version: 2 }),
    bulk(id, { version: 9 }),
    bulk(id, { version: 2, total: 5 }),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["stored", "stale", "replayed", "stored", "stale"]);
  expect(await versionOf(id)).toBe(9);
});

test("a line that is wrong is refused and touches no other", async () => {
  const [first, last] = [newOrderId(), newOrderId()];
  const results = await sent([
    bulk(first),
    "{",
    "[]",
    JSON.stringify(orderOf()),
    bulk("bad", { total: -1 }),
    bulk("bad", { lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1, discount: 2 }] }),
    bulk("bad", { redemption: "rdm_nobody" }),
    '{"externalId": "bad", "externalId": "worse"}',
    `{"externalId": "\\u0000"}`,
    `{"pad": "${"x".repeat(1_100_000)}"}`,
    bulk(last),
  ]);
  expect(results.map(told)).toEqual([
    `${first} stored`,
    " refused invalid-request ",
    " refused invalid-request ",
    " refused invalid-request /externalId",
    "bad refused invalid-request /total",
    "bad refused invalid-request /lines/0/discount",
    "bad refused invalid-request /redemption",
    " refused invalid-request ",
    " refused invalid-request ",
    " refused invalid-request ",
    `${last} stored`,
  ]);
  expect(results.map(({ problem }) => problem?.errors[0]?.code).filter(Boolean)).toEqual([
    "malformed_json",
    "invalid_type",
    "required",
    "too_small",
    "discount_too_large",
    "redemption_unknown",
    "duplicate_key",
    "invalid_text",
    "line_too_long",
  ]);
});

test("orders that claim one redemption do not take the rest of their batch with them", async () => {
  const redemption = await insertRedemption(database, api.project.id);
  const ids = Array.from({ length: 5 }, newOrderId);
  const results = await sent(
    ids.map((id, index) => bulk(id, index === 1 || index === 3 ? { redemption } : {})),
  );
  expect(results.map(({ status }) => status)).toEqual(["stored", "stored", "stored", "refused", "stored"]);
  expect(results[3]?.problem).toMatchObject({
    code: "order-redemption-mismatch",
    errors: [{ path: "/redemption", code: "redemption_taken" }],
  });
});

test("streams that push shuffled versions of the same orders at once leave the highest of each", async () => {
  const ids = Array.from({ length: 40 }, newOrderId);
  const streams = Array.from({ length: 8 }, (_, stream) =>
    ids
      .flatMap((id, at) => [1, 2, 3].map((version) => ({ id, version: version * 8 - ((stream + at) % 8) })))
      .sort((a, b) => ((a.version * 31 + stream) % 17) - ((b.version * 31 + stream) % 17)),
  );
  const results = await Promise.all(
    streams.map((orders) => sent(orders.map(({ id, version }) => bulk(id, { version })))),
  );
  expect(new Set(results.flat().map(({ status }) => status))).toEqual(new Set(["stored", "stale"]));
  for (const id of ids) expect(await versionOf(id)).toBe(24);
});

test("projects are walls, and only the ERP may", async () => {
  const id = await storedOrder(api, { version: 5 });
  const other = await projectWithKeys(database, api.clock.now());
  expect((await sent([bulk(id)], other.keys.erp)).map(({ status }) => status)).toEqual(["stored"]);
  expect(await versionOf(id)).toBe(5);
  for (const role of ["pos", "checkout", "marketing", "viewer"] as const) {
    const answer = await api.app.inject({
      method: "POST",
      url: "/v1/orders/bulk",
      headers: {
        authorization: `Bearer ${api.project.keys[role]}`,
        "content-type": "application/x-ndjson",
      },
      payload: JSON.stringify(bulk(id, { version: 6 })),
    });
    expect(answer.statusCode).toBe(403);
  }
});

test("no more is read than one batch while nobody takes the answers", async () => {
  let made = 0;
  const body = Readable.from(
    (function* () {
      for (; made < 5_000; made += 1) yield Buffer.from(`${JSON.stringify(bulk(`P-${made}`))}\n`);
    })(),
    { highWaterMark: 1 },
  );
  const { orderBulk } = servicesOf({ database, clock: api.clock, log: silentLog });
  const context = {
    projectId: api.project.id,
    environment: "live",
    apiKeyId: "key_1",
    role: "erp",
    requestId: "r",
  } as const;
  const pieces = orderBulk.write(context, body);
  const { value } = await pieces.next();
  expect(value?.trim().split("\n")).toHaveLength(500);
  expect(made).toBeLessThan(510);
  await pieces.return(undefined);
});

test(
  "memory does not follow the number of orders",
  async () => {
    const total = Number(process.env.ORDERS ?? (isLong ? 200_000 : 20_000));
    await api.app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = api.app.server.address() as AddressInfo;
    // Some two kilobytes an order: forty megabytes in all, far more than what may stay.
    const note = "n".repeat(1_700);
    function* lines() {
      for (let at = 0; at < total; at += 1)
        yield `${JSON.stringify(bulk(`M-${at % (total / 2)}`, { version: 1 + Math.floor(at / (total / 2)), attributes: { note } }))}\n`;
    }
    const upload = request({
      port,
      method: "POST",
      path: "/v1/orders/bulk",
      headers: {
        authorization: `Bearer ${api.project.keys.erp}`,
        "content-type": "application/x-ndjson",
      },
    });
    const answered = once(upload, "response");
    Readable.from(lines(), { highWaterMark: 16 }).pipe(upload);
    const [response] = await answered;
    let read = 0;
    const heaps: number[] = [];
    for await (const line of createInterface({ input: response })) {
      const result = JSON.parse(line) as Result;
      read += 1;
      if (result.line !== read || result.status !== "stored")
        expect(result).toEqual({ line: read, status: "stored" });
      if (read % (total / 10) === 0) heaps.push(heapAfterCollection());
    }
    expect(read).toBe(total);
    const [first = 0] = heaps;
    expect(Math.max(...heaps) - first).toBeLessThan(16 * 1_048_576);
    const { rows } = await database.pool.query(
      "select count(*)::int as orders, min(version)::int as version from orders where external_id like 'M-%'",
    );
    expect(rows).toEqual([{ orders: total / 2, version: 2 }]);
  },
  longestMilliseconds,
);

function heapAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}
