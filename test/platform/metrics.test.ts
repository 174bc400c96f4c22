import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createMetrics, serveMetrics } from "../../src/platform/metrics.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience } from "../faults/sizes.ts";
import { type Api, startApi } from "../features/api.ts";

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

const cart = { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1000 }] };

test("requests are counted by method, route and status, and their URLs are in no metric", async () => {
  await api.rest("POST", "/v1/evaluations", { body: cart });
  await api.rest("GET", "/v1/coupons/SECRET-CODE-1");
  await api.rest("GET", "/nowhere/SECRET-CODE-2");

  const { status, headers, text } = await api.rest("GET", "/metrics", { key: null });
  expect(status).toBe(200);
  expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
  const counted = (labels: string) => `dealwright_http_request_duration_seconds_count{${labels}} 1`;
  expect(text).toContain(counted('method="POST",route="/v1/evaluations",status="200"'));
  expect(text).toContain(counted('method="GET",route="/v1/coupons/:code",status="404"'));
  expect(text).toContain(counted('method="GET",route="unknown",status="404"'));
  expect(text).not.toContain("SECRET");
});

test("operations over GraphQL have times of their own, quotes their strategy, and an error its status", async () => {
  const lines = `lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1000 }]`;
  const ask = (query: string) => api.rest("POST", "/graphql", { body: { query } });
  await ask(`{ evaluate(input: { currency: "CNY", strategy: priority, ${lines} }) { total } }`);
  await ask(`{ coupon(code: "SECRET-CODE-3") { code } }`);
  const { text } = await api.rest("GET", "/metrics", { key: null });
  const counted = (operation: string, outcome: string) =>
    `dealwright_graphql_operation_duration_seconds_count{operation="${operation}",outcome="${outcome}"} 1`;
  expect(text).toContain(counted("evaluate", "answered"));
  expect(text).toContain(counted("coupon", "failed"));
  expect(text).toContain('dealwright_quotes_total{strategy="priority"} 1');
  expect(text).toMatch(/^dealwright_refusals_total\{problem="coupon-not-found",status="404",/m);
  expect(text).not.toContain("SECRET");
});

test("the pool, the committer and the rulebooks are told", async () => {
  const { text } = await api.rest("GET", "/metrics", { key: null });
  for (const name of [
    "database_connections",
    "database_connections_in_use",
    "database_connections_waited_for",
    "database_connections_for_reading_waited_for",
    "committer_waiting",
    "rulebooks",
    "rulebook_age_seconds",
    "planner_disagreements_total",
  ])
    expect(text).toMatch(new RegExp(`^dealwright_${name} [\\d.]+$`, "m"));
});

test("who waits for a lock is told, and for how long", async () => {
  const figure = async (name: string) => {
    const { text } = await api.rest("GET", "/metrics", { key: null });
    return Number(new RegExp(`^dealwright_${name} (\\S+)$`, "m").exec(text)?.[1]);
  };
  expect(await figure("database_lock_waits")).toBe(0);
  const [blocker, waiter] = [await database.pool.connect(), await database.pool.connect()];
  // Of nobody else's: the service itself must be able to answer.
  const lock = "begin; select pg_advisory_xact_lock(4711)";
  await blocker.query(lock);
  const waiting = waiter.query(lock);
  try {
    await vi.waitFor(async () => expect(await figure("database_lock_waits")).toBe(1), { timeout: patience });
    await vi.waitFor(async () => expect(await figure("database_lock_wait_seconds")).toBeGreaterThan(0), {
      timeout: patience,
    });
  } finally {
    await blocker.query("rollback");
    await waiting;
    await waiter.query("rollback");
    blocker.release();
    waiter.release();
  }
});

test("a port of its own answers /metrics with the figures of the process, and nothing else", async () => {
  const { port, close } = await serveMetrics(() => createMetrics({ ofProcess: true }).registry.metrics(), {
    host: "127.0.0.1",
    port: 0,
  });
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    for (const name of ["process_cpu_seconds_total", "nodejs_eventloop_lag_p99_seconds"])
      expect(text).toContain(name);
    expect((await fetch(`http://127.0.0.1:${port}/v1/project`)).status).toBe(404);
  } finally {
    await close();
  }
});
