import type { FastifyInstance, InjectOptions } from "fastify";
import { buildApp } from "../../src/app.ts";
import type { Config } from "../../src/config.ts";
import type { Role } from "../../src/platform/auth.ts";
import type { Clock } from "../../src/platform/clock.ts";
import type { Listener } from "../../src/platform/listen.ts";
import type { Replica } from "../../src/platform/replica.ts";
import { watchContract } from "../contract/contract-check.ts";
import type { TestDatabase } from "../database.ts";
import { type ProjectWithKeys, projectWithKeys } from "./project-fixture.ts";

/** A clock that stands still until it is moved. */
export interface TestClock extends Clock {
  advance(milliseconds: number): void;
}

export function testClock(start = Date.parse("2026-11-11T00:00:00Z")): TestClock {
  let now = start;
  return {
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}

export interface Api {
  app: FastifyInstance;
  clock: TestClock;
  project: ProjectWithKeys;
  rest(method: InjectOptions["method"], url: string, options?: CallOptions): Promise<Answer>;
  graphql(query: string, variables?: object, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface CallOptions {
  role?: Role;
  key?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  body: any;
}

/** The app over a test database, with one project that has a key for every role. Its answers are held against OpenAPI. */
export async function startApi(
  database: TestDatabase,
  options: {
    environment?: Config["environment"];
    clock?: TestClock;
    listener?: Listener;
    rulebookPollMilliseconds?: number;
    jobPollMilliseconds?: number;
    countsExchangeMilliseconds?: number;
    webhookTargets?: Config["webhookTargets"];
    trustedProxies?: Config["trustedProxies"];
    simulationThreads?: number;
    trackedEventMonths?: number;
    replica?: Replica;
  } = {},
): Promise<Api> {
  const clock = options.clock ?? testClock();
  const app = await buildApp({
    config: {
      environment: options.environment ?? "test",
      logLevel: "silent",
      // A busy machine is no slow receiver.
      deliveryTimeoutMilliseconds: 60_000,
      trustedProxies: options.trustedProxies ?? [],
      // From source a thread takes seconds to start: most tests need none.
      simulationThreads: options.simulationThreads ?? 1,
      trackedEventMonths: options.trackedEventMonths ?? null,
      ...(options.webhookTargets !== undefined && { webhookTargets: options.webhookTargets }),
    },
    database,
    clock,
    ...(options.replica !== undefined && { replica: options.replica }),
    ...(options.listener !== undefined && { listener: options.listener }),
    ...(options.rulebookPollMilliseconds !== undefined && {
      rulebookPollMilliseconds: options.rulebookPollMilliseconds,
    }),
    ...(options.countsExchangeMilliseconds !== undefined && {
      countsExchangeMilliseconds: options.countsExchangeMilliseconds,
    }),
    ...(options.jobPollMilliseconds !== undefined && { jobPollMilliseconds: options.jobPollMilliseconds }),
  });
  watchContract(app);
  const project = await projectWithKeys(database, clock.now());

  async function send(
    request: InjectOptions,
    { role = "admin", key, headers = {} }: CallOptions,
  ): Promise<Answer> {
    const secret = key === undefined ? project.keys[role] : key;
    const response = await app.inject({
      ...request,
      headers: { ...(secret !== null && { authorization: `Bearer ${secret}` }), ...headers },
    });
    const isJson = /[/+]json/.test(String(response.headers["content-type"]));
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: isJson ? response.json() : undefined,
    };
  }

  return {
    app,
    clock,
    project,
    rest: (method, url, call = {}) =>
      send(
        { method: method ?? "GET", url, ...(call.body !== undefined && { payload: call.body as object }) },
        call.body === undefined || typeof call.body !== "string"
          ? call
          : { ...call, headers: { "content-type": "application/json", ...call.headers } },
      ),
    graphql: (query, variables = {}, call = {}) =>
      send({ method: "POST", url: "/graphql", payload: { query, variables } }, call),
    close: () => app.close(),
  };
}
