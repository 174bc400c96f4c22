import { afterAll, beforeAll, expect, test } from "vitest";
import { roles } from "../../src/platform/auth.ts";
import { operationsApp } from "./operations-app.ts";

let app: Awaited<ReturnType<typeof operationsApp>>;
beforeAll(async () => {
  app = await operationsApp();
});
afterAll(() => app.close());

test.each([
  ["none", undefined],
  ["an unknown key", "Bearer unknown"],
  ["another scheme", "Basic admin"],
  ["a scheme without a key", "Bearer "],
  ["two keys", "Bearer admin admin"],
  ["a key over the limit", `Bearer ${"a".repeat(513)}`],
])("authorization with %s is a 401 that says how to do it", async (_case, authorization) => {
  const answer = await app.inject({ url: "/v1/items", headers: { ...(authorization && { authorization }) } });
  expect([answer.statusCode, answer.json().code]).toEqual([401, "unauthenticated"]);
  expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
});

test.each(["Bearer viewer", "bearer viewer", "BEARER  viewer", "Bearer late"])(
  "%s is accepted",
  async (authorization) => {
    expect((await app.inject({ url: "/v1/items", headers: { authorization } })).statusCode).toBe(200);
  },
);

test("who has no key does not get a body parsed", async () => {
  const answer = await app.inject({
    method: "POST",
    url: "/v1/carts/price",
    headers: { "content-type": "application/json" },
    payload: "{broken",
  });
  expect(answer.statusCode).toBe(401);
});

test.each([
  ["POST", "/v1/none", "application/json", 404],
  ["POST", "/v1/none", "text/plain", 404],
  ["PUT", "/v1/carts/price", "application/json", 405],
] as const)("%s %s has no route, and its body (%s) is not parsed", async (method, url, type, status) => {
  const headers = { "content-type": type };
  const answer = await app.inject({ method, url, headers, payload: "{broken" });
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([status, "application/problem+json"]);
});

test.each(roles)("%s may do what names it, and admin everything", async (role) => {
  const answers = await Promise.all([
    app.inject({ url: "/v1/items", headers: { authorization: `Bearer ${role}` } }),
    app.inject({ method: "DELETE", url: "/v1/items/1", headers: { authorization: `Bearer ${role}` } }),
  ]);
  const mayRemove = role === "marketing" || role === "admin";
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, mayRemove ? 204 : 403]);
});

test("an operation for anyone needs no key over REST", async () => {
  expect((await app.inject({ url: "/v1/motto" })).statusCode).toBe(200);
});
