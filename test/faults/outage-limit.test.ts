/** G12: what was last known is used for so long and no longer. The clock stands unless the test moves it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppBehindProxy, openAppBehindProxy } from "./app-behind-proxy.ts";
import { patience } from "./sizes.ts";

const outageMilliseconds = 2_000;
let now = Date.parse("2026-11-11T02:00:00Z");

let service: AppBehindProxy;
beforeAll(async () => {
  service = await openAppBehindProxy({
    statementTimeoutMilliseconds: 120_000,
    clock: { now: () => now },
    outage: { milliseconds: outageMilliseconds, directory: null, keepMilliseconds: 3_600_000 },
  });
}, patience);
afterAll(() => service.close(), patience);

const ask = async (method: "GET" | "POST", url: string, payload?: object) => {
  const headers = { authorization: `Bearer ${service.project.keys.checkout}` };
  const answer = await service.app.inject({
    method,
    url,
    headers,
    ...(payload !== undefined && { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
};
const lines = [{ id: "1", sku: "A", quantity: 1, unitPrice: 100 }];
const cart = () => ask("POST", "/v1/evaluations", { currency: "CNY", lines });
const isDegraded = async () => (await cart()).body.degraded;
/** Asks for nothing but a valid key. */
const key = () => ask("POST", "/graphql", { query: "{ __typename }" });
const ready = () => ask("GET", "/readyz");
const unavailable = { status: 503, body: { code: "unavailable" } };

test(
  "a key that nobody has used for longer than that is good all the same when an outage begins",
  async () => {
    const options = { timeout: patience };
    await expect.poll(isDegraded, options).toBe(false);
    const said = service.proxy.listen();
    now += 60_000;
    // It is asked for in the background: nobody else asks anything.
    await expect
      .poll(() => said.some(({ said }) => said.includes("(key).requests_per_minute")), options)
      .toBe(true);
    await expect.poll(() => service.app.inject("/readyz").then(({ statusCode }) => statusCode)).toBe(200);
    service.proxy.setDown(true);
    await expect.poll(ready, options).toMatchObject(unavailable);
    expect((await key()).status).toBe(200);
    service.proxy.setDown(false);
    await expect.poll(isDegraded, options).toBe(false);
  },
  patience,
);

test(
  "after the longest outage carts are refused, then keys, and the process is not ready, until the database is back",
  async () => {
    const options = { timeout: patience };
    await expect.poll(isDegraded, options).toBe(false);
    service.proxy.setDown(true);
    await expect.poll(isDegraded, options).toBe(true);
    await expect.poll(ready, options).toMatchObject(unavailable);

    now += outageMilliseconds;
    expect(await cart()).toMatchObject({ status: 200, body: { degraded: true } });
    now += 1;
    expect(await cart()).toMatchObject(unavailable);
    // A key is trusted for some seconds after it was verified, so the cart was refused for its rules.
    expect((await key()).status).toBe(200);
    now += 10_000;
    expect(await key()).toMatchObject(unavailable);

    service.proxy.setDown(false);
    await expect.poll(isDegraded, options).toBe(false);
    expect((await key()).status).toBe(200);
    expect(await ready()).toEqual({ status: 200, body: { status: "ok" } });
  },
  patience,
);
