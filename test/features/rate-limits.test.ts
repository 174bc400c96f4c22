/** How many requests a key may make, in one process and in two. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listener, openListener } from "../../src/platform/listen.ts";
import { silentLog } from "../../src/platform/log.ts";
import { requestsPerMinute } from "../../src/platform/rate-limit.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi, testClock } from "./api.ts";
import { until } from "./limits-fixture.ts";

let database: TestDatabase;
let one: Api;
let two: Api;
const listeners: Listener[] = [];
/** One for both: processes agree about the time. */
const clock = testClock();

beforeAll(async () => {
  database = await freshDatabase();
  const process = () => {
    const listener = openListener(database.connectionString, silentLog);
    listeners.push(listener);
    return startApi(database, { clock, listener, countsExchangeMilliseconds: 20 });
  };
  one = await process();
  two = await process();
});
afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
  await Promise.all(listeners.map((listener) => listener.close()));
  await database.close();
});

const cart = { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1_000 }] };

/** A key of its own that may make so many requests a minute. */
async function keyWith(limit: number): Promise<string> {
  const { status, body } = await one.rest("POST", "/v1/api-keys", {
    body: { name: "limited", role: "checkout", environment: "live", requestsPerMinute: limit },
  });
  expect(status).toBe(201);
  return body.secret;
}

const evaluate = (api: Api, key: string) => api.rest("POST", "/v1/evaluations", { key, body: cart });
const batch = (api: Api, key: string, carts: number) =>
  api.rest("POST", "/v1/evaluations/batch", {
    key,
    body: { evaluations: Array.from({ length: carts }, () => cart) },
  });

test("every answer to a key tells what is left, and a key without a limit of its own has its role's", async () => {
  const { headers } = await one.rest("GET", "/v1/project", { role: "viewer" });
  expect(headers["ratelimit-policy"]).toBe(`"key";q=${requestsPerMinute.viewer};w=60`);
  expect(headers.ratelimit).toMatch(new RegExp(`^"key";r=${requestsPerMinute.viewer - 1};t=\\d+$`));
  expect((await one.rest("GET", "/livez", { key: null })).headers.ratelimit).toBeUndefined();
});

test("a key gets as many answers as its limit and then 429, over both faces, until the minute is over", async () => {
  const key = await keyWith(3);
  for (const left of [2, 1, 0]) {
    const { status, headers } = await evaluate(one, key);
    expect([status, headers.ratelimit]).toEqual([200, `"key";r=${left};t=60`]);
  }
  const refused = await evaluate(one, key);
  expect(refused.status).toBe(429);
  expect(refused.headers).toMatchObject({ "retry-after": "60", ratelimit: '"key";r=0;t=60' });
  expect(refused.body).toMatchObject({ code: "too-many-requests", retryAfterSeconds: 60 });
  expect((await one.graphql("{ project { id } }", {}, { key })).status).toBe(429);
  // Nobody else's requests are in it.
  expect((await one.rest("GET", "/v1/project")).status).toBe(200);

  one.clock.advance(60_000);
  expect((await evaluate(one, key)).status).toBe(200);
});

test("a batch counts its carts, a catalog request its pages, a document its fields", async () => {
  const key = await keyWith(100);
  const left = async () => Number(/r=(\d+)/.exec(String((await evaluate(one, key)).headers.ratelimit))?.[1]);
  expect(await left()).toBe(99);
  expect((await batch(one, key, 10)).status).toBe(200);
  expect(await left()).toBe(88);
  await one.rest("POST", "/v1/catalog-prices", {
    key,
    body: {
      currency: "CNY",
      items: Array.from({ length: 50 }, (_, i) => ({ sku: `S-${i}`, unitPrice: 100 })),
    },
  });
  expect(await left()).toBe(84);
  await one.graphql("{ a: project { id } b: project { id } c: project { id } }", {}, { key });
  expect(await left()).toBe(79);
});

test("a batch goes through while anything is left; once nothing is, neither it nor any alias does", async () => {
  const key = await keyWith(30);
  expect((await batch(one, key, 100)).status).toBe(200);
  expect((await batch(one, key, 2)).status).toBe(429);

  const other = await keyWith(3);
  const { body } = await one.graphql(
    "{ a: project { id } b: project { id } c: project { id } d: project { id } }",
    {},
    { key: other },
  );
  expect(body.data).toBeNull();
  expect(body.errors[0].extensions).toMatchObject({
    code: "too-many-requests",
    status: 429,
    retryAfterSeconds: 60,
  });
});

test("two processes share a limit: what one has let in is gone at the other", async () => {
  const key = await keyWith(50);
  expect((await batch(one, key, 49)).status).toBe(200);
  await until(async () => {
    const { headers } = await one.rest("GET", "/v1/project", { key, role: "checkout" });
    return String(headers.ratelimit).includes("r=0");
  });
  await until(async () => (await evaluate(two, key)).status === 429);
});

test("a limit that is changed is followed by every process", async () => {
  const created = await one.rest("POST", "/v1/api-keys", {
    body: { name: "till", role: "pos", environment: "live" },
  });
  const { id, secret: key } = created.body;
  expect(created.body.requestsPerMinute).toBeNull();
  expect((await evaluate(two, key)).status).toBe(200);
  const changed = await one.rest("PATCH", `/v1/api-keys/${id}`, { body: { requestsPerMinute: 7 } });
  expect(changed.body).toMatchObject({ requestsPerMinute: 7, name: "till" });
  two.clock.advance(5_000);
  expect((await evaluate(two, key)).headers["ratelimit-policy"]).toBe('"key";q=7;w=60');
  const back = await one.graphql(
    `mutation ($id: ID!) { updateApiKey(id: $id, input: { requestsPerMinute: null }) { requestsPerMinute } }`,
    { id },
  );
  expect(back.body.data.updateApiKey.requestsPerMinute).toBeNull();
});
