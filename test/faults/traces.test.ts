/** Traces arrive at a collector: each request under its caller's, with what it waited for, and nothing of anybody in them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { builtProgram } from "../processes.ts";
import { callAll, leaks } from "./canaries.ts";
import { openShop, orderOf, type Shop } from "./shop.ts";
import { patience } from "./sizes.ts";

interface Sent {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: SentSpan[] }[];
  }[];
}
interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number };
}
interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: Attribute[];
}

const callers = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const traceparent = `00-${callers.traceId}-${callers.spanId}-01`;

let database: TestDatabase;
let collector: Server;
let service: ChildProcess;
let printed = "";
let shop: Shop;
const received: Sent[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  collector = createServer((request, response) => {
    void json(request).then((body) => {
      received.push(body as Sent);
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  const { port } = collector.address() as AddressInfo;
  service = spawn(process.execPath, [builtProgram("src/main.ts")], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: "test",
      DATABASE_URL: database.connectionString,
      DATABASE_POOL_SIZE: "6",
      OUTAGE_MINUTES: "0",
      PORT: "0",
      LOG_LEVEL: "info",
      DEMO: "off",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=tests",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [service.stdout!, service.stderr!])
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  const url = await vi.waitFor(
    () => {
      if (service.exitCode !== null) throw new Error(printed);
      return /ready at (http:\S+)/.exec(printed)![1]!;
    },
    { timeout: patience, interval: 100 },
  );
  shop = await openShop(url, database);
  await shop.promotion("all", { trigger: { type: "automatic" } });
  const answer = await fetch(`${url}/v1/redemptions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${shop.project.keys.checkout}`,
      traceparent,
    },
    body: JSON.stringify({ ...orderOf({ codes: [] }), orderRef: "traced-1" }),
  });
  expect(answer.status).toBe(201);
  await fetch(`${url}/readyz`);
  await callAll(shop, url, 0, 120);
  service.kill("SIGTERM");
  await once(service, "exit");
}, patience);
afterAll(async () => {
  shop.close();
  service.kill("SIGKILL");
  collector.close();
  await database.close();
}, patience);

const spans = () =>
  received.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );

test("a request is told under its caller's span, and below it what it waited for; its log line names the same trace", () => {
  const request = spans().find(({ parentSpanId }) => parentSpanId === callers.spanId)!;
  expect(request).toMatchObject({ traceId: callers.traceId, name: "POST /v1/redemptions" });
  expect(Object.fromEntries(request.attributes.map(({ key, value }) => [key, value]))).toMatchObject({
    "http.route": { stringValue: "/v1/redemptions" },
    "http.response.status_code": { intValue: 201 },
    "dealwright.project": { stringValue: shop.project.id },
  });
  const below = spans().filter(({ parentSpanId }) => parentSpanId === request.spanId);
  expect(below.map(({ name }) => name)).toContain("ledger commit");
  expect(below.some(({ attributes }) => attributes.some(({ key }) => key === "db.operation.name"))).toBe(
    true,
  );
  const line = printed.split("\n").find((text) => text.includes(callers.traceId));
  expect(JSON.parse(line!)).toMatchObject({
    route: "/v1/redemptions",
    status: 201,
    traceId: callers.traceId,
  });
});

test("requests without a caller's trace begin their own, and probes none", () => {
  const own = spans().filter(({ name, traceId }) => / \/v1\//.test(name) && traceId !== callers.traceId);
  expect(own.length).toBeGreaterThan(50);
  expect(own.every(({ parentSpanId }) => !parentSpanId)).toBe(true);
  expect(spans().filter(({ name }) => name.includes("readyz"))).toEqual([]);
});

test("they say which service they are of, and nothing of anybody's", () => {
  const attributes = received[0]!.resourceSpans[0]!.resource.attributes;
  expect(Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))).toMatchObject({
    "service.name": "dealwright",
    "deployment.environment.name": "tests",
  });
  expect(leaks(JSON.stringify(received), shop)).toEqual([]);
});
