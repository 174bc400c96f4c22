import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { checkOut } from "../../scripts/examples/checkout.ts";
import { sellAndTakeBack } from "../../scripts/examples/till.ts";
import { type Client, DealwrightProblem, dealwright, Unreachable } from "../../src/client/client.ts";
import { seedDemo } from "../../src/features/demo/demo-seed.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";

let database: TestDatabase;
let api: Api;
let baseUrl: string;
let proxy: Server | undefined;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  await seedDemo(database.orm, api.project.id, "production", api.clock);
  baseUrl = await api.app.listen({ port: 0 });
});
afterEach(() => proxy?.close());
afterAll(async () => {
  await api.close();
  await database.close();
});

const clientOf = (role: keyof Api["project"]["keys"], options: object = {}): Client =>
  dealwright({ baseUrl, apiKey: api.project.keys[role], ...options });

/** A network between client and service that does to each request what the list says. */
async function network(
  ...fates: (
    | "pass"
    | "lose the answer"
    | "refuse for 1 s"
    | "refuse for 60 s"
    | "too many tries"
    | "cut the request short"
    | "sign-in page"
    | "break"
    | "stall"
  )[]
) {
  const keys: (string | undefined)[] = [];
  proxy = createServer((request, response) => {
    const fate = fates.shift() ?? "pass";
    const { "idempotency-key": key, authorization = "", "content-type": type } = request.headers;
    keys.push(key?.toString());
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", async () => {
      if (fate === "break") return request.socket.destroy();
      if (fate === "stall") return;
      if (fate === "refuse for 1 s" || fate === "refuse for 60 s") {
        response.writeHead(503, { "retry-after": fate.split(" ")[2], "content-type": "text/html" });
        return response.end("<h1>busy</h1>");
      }
      if (fate === "too many tries") {
        response.writeHead(429, { "retry-after": "1", "content-type": "application/problem+json" });
        return response.end(JSON.stringify({ status: 429, code: "too-many-attempts" }));
      }
      if (fate === "cut the request short") {
        response.writeHead(408, { "content-type": "application/problem+json" });
        return response.end(JSON.stringify({ status: 408, code: "request-timeout" }));
      }
      if (fate === "sign-in page") {
        response.writeHead(200, { "content-type": "text/html" });
        return response.end("<h1>Welcome to our Wi-Fi</h1>");
      }
      const answer = await fetch(`${baseUrl}${request.url}`, {
        method: request.method ?? "GET",
        headers: {
          authorization,
          ...(type && { "content-type": type }),
          ...(key && { "idempotency-key": String(key) }),
        },
        ...(parts.length > 0 && { body: Buffer.concat(parts) }),
      });
      const text = await answer.text();
      if (fate === "lose the answer") return request.socket.destroy();
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      return response.end(text);
    });
  });
  await new Promise<void>((done) => proxy?.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, keys };
}

const order = (orderRef: string) => ({
  orderRef,
  mode: "commit" as const,
  currency: "CNY",
  lines: [{ id: "1", sku: "LAMP", quantity: 1, unitPrice: 8_000 }],
});

test("an order whose answers are lost on the way is redeemed once, under one key", async () => {
  const { url, keys } = await network("lose the answer", "break", "refuse for 1 s", "pass");
  const shop = clientOf("checkout", { baseUrl: url, mostWaitMilliseconds: 1_000 });
  const { data, isReplay } = await shop.createRedemption({ body: order("lossy-1") });
  expect([data.state, isReplay]).toEqual(["committed", true]);
  expect([keys.length, new Set(keys).size]).toEqual([4, 1]);
  const { data: page } = await clientOf("viewer").redemptions({ query: { orderRef: "lossy-1" } });
  expect(page.items.map(({ id }) => id)).toEqual([data.id]);
});

test("what may have been done and carries no key is not asked again", async () => {
  const { url, keys } = await network("lose the answer");
  const benefits = [{ kind: "percent_off", percent: 10 }];
  const body = { key: "asked-once", trigger: { type: "automatic" as const }, benefits } as never;
  const marketing = clientOf("marketing", { baseUrl: url, mostWaitMilliseconds: 1 });
  await expect(marketing.createPromotion({ body })).rejects.toThrow(Unreachable);
  expect(keys).toHaveLength(1);
});

test("a service that does not answer in time is asked again, and given up after the last attempt", async () => {
  const { url, keys } = await network("stall", "stall", "stall");
  const shop = clientOf("checkout", {
    baseUrl: url,
    timeoutMilliseconds: 50,
    mostAttempts: 3,
    mostWaitMilliseconds: 1,
  });
  await expect(shop.project()).rejects.toThrow(Unreachable);
  expect(keys).toHaveLength(3);
});

test("a request that did not arrive whole is sent again, also where it carries no key", async () => {
  const { url, keys } = await network("cut the request short", "pass");
  const viewer = clientOf("marketing", { baseUrl: url, mostWaitMilliseconds: 1 });
  const { data } = await viewer.validatePromotion({ body: { benefits: [] } as never });
  expect([data.valid, keys.length]).toEqual([false, 2]);
});

test("what a network says in the service's place is no answer", async () => {
  const { url, keys } = await network("sign-in page", "sign-in page", "pass");
  const shop = clientOf("checkout", { baseUrl: url, mostWaitMilliseconds: 1 });
  const { data } = await shop.createRedemption({ body: order("behind-a-page") });
  expect([data.state, keys.length, new Set(keys).size]).toEqual(["committed", 3, 1]);
  const signedOut = await network("sign-in page");
  const once = clientOf("checkout", { baseUrl: signedOut.url, mostAttempts: 1 });
  await expect(once.project()).rejects.toThrow(Unreachable);
});

test("a caller who gives up is not kept waiting, nor is the service asked again", async () => {
  const { url, keys } = await network("refuse for 1 s");
  const shop = clientOf("checkout", { baseUrl: url, mostWaitMilliseconds: 3_600_000 });
  const gaveUp = new AbortController();
  const asked = shop.project({}, { signal: gaveUp.signal });
  await expect.poll(() => keys.length).toBe(1);
  gaveUp.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
  expect(keys).toHaveLength(1);
});

test("whoever is asked to wait longer than the client would is told so at once", async () => {
  const { url, keys } = await network("refuse for 60 s");
  const refused = clientOf("checkout", { baseUrl: url }).project();
  await expect(refused).rejects.toMatchObject({ status: 503, retryAfterSeconds: 60 });
  expect(keys).toHaveLength(1);
});

test("whoever has tried too many codes does not try on", async () => {
  const { url, keys } = await network("too many tries");
  const refused = clientOf("checkout", { baseUrl: url }).coupon({ params: { code: "GUESS" } });
  await expect(refused).rejects.toMatchObject({ code: "too-many-attempts", retryAfterSeconds: 1 });
  expect(keys).toHaveLength(1);
});

test("a refusal is thrown with its code, its places and what it has besides, and not repeated", async () => {
  const shop = clientOf("checkout");
  const refused = await shop
    .createRedemption({ body: { ...order("dearer"), expectedTotal: 1 } })
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DealwrightProblem);
  expect(refused).toMatchObject({ status: 409, code: "price_changed", body: { quote: { currency: "CNY" } } });
  expect(await shop.createApiKey({ body: {} as never }).catch((error: unknown) => error)).toMatchObject({
    status: 403,
    code: "forbidden-role",
  });
});

test("an ETag that was read guards the change that is sent", async () => {
  const marketing = clientOf("marketing");
  const { etag } = await marketing.project();
  const change = { body: { locale: "fr" }, ifMatch: etag ?? "" };
  expect((await marketing.updateProjectSettings(change)).etag).not.toBe(etag);
  await expect(marketing.updateProjectSettings(change)).rejects.toMatchObject({
    code: "precondition-failed",
  });
});

test("the example of a checkout shows, holds and commits what is paid, and lets go of what is not", async () => {
  const said: string[] = [];
  const shop = clientOf("checkout");
  expect(
    await checkOut(
      shop,
      "web-1",
      async () => true,
      (line) => said.push(line),
    ),
  ).toBe("committed");
  expect(
    await checkOut(
      shop,
      "web-2",
      async () => false,
      (line) => said.push(line),
    ),
  ).toBe("cancelled");
  expect(said).toContain("paid: committed");
});

test("the example of a till sells once whatever is repeated, and gives back what one of two cost", async () => {
  const till = clientOf("pos");
  const said: string[] = [];
  const first = await sellAndTakeBack(till, "r-1", "NO-SUCH-CODE", (line) => said.push(line));
  const again = await sellAndTakeBack(till, "r-1", "NO-SUCH-CODE", (line) => said.push(line));
  expect(again).toEqual(first);
  expect(first.refund * 2).toBe(first.total);
  expect(said).toContain(`already sold for ${first.total}`);
});
