import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { generate, makePool } from "./coupon-fixture.ts";

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

const create = (body: object, role: "marketing" | "checkout" | "viewer" = "marketing") =>
  api.rest("POST", "/v1/coupon-pools", { body, role });

test("a pool needs only its key, and its codes then have 60 bits and a check character", async () => {
  const { status, headers, body } = await create({ key: "plain" });
  expect([status, headers.etag]).toEqual([201, '"1"']);
  expect(body).toMatchObject({
    key: "plain",
    usesPerCode: 1,
    checkCharacter: true,
    codes: 0,
    mostCodes: 2 ** 28,
    foldsLookAlikes: true,
  });
  expect(body.example).toMatch(/^0123456789AB[0-9A-Z]$/);
  expect((await api.rest("GET", "/v1/coupon-pools/plain", { role: "viewer" })).body).toEqual(body);
});

test("a pattern prints its text and dashes, and its last place is the check character", async () => {
  const { body } = await create({ key: "pattern", pattern: "Welcome-####-####-####" });
  expect(body.example).toMatch(/^Welcome-0123-4567-89A[0-9A-Z]$/);
  expect(body.mostCodes).toBe(2 ** (55 - 32));
});

test("look-alikes are folded unless the alphabet tells them apart", async () => {
  const folds = async (alphabet: string) =>
    (await create({ key: `alphabet-${alphabet}`, alphabet, length: 20 })).body.foldsLookAlikes;
  expect(await folds("ABCDEFGHIJKMNOPQ")).toBe(true);
  expect(await folds("0123456789ABCDEFO")).toBe(false);
  expect(await folds("ABCDEFGHIJKLMN")).toBe(false);
});

test.each([
  ["an alphabet with a character twice", { alphabet: "ABCA" }, "/alphabet", "duplicate_character"],
  ["small letters", { alphabet: "abcdefghijkl" }, "/alphabet", "invalid_format"],
  ["length and pattern", { length: 12, pattern: "############" }, "/pattern", "bounds_contradict"],
  ["a pattern without a place", { pattern: "HELLO" }, "/pattern", "nothing_drawn"],
  ["two ends", { expiresAt: "2027-01-01T00:00:00Z", validFor: "P1D" }, "/validFor", "bounds_contradict"],
  ["a beginning without a duration", { validSince: "claim" }, "/validSince", "bounds_contradict"],
  ["an end that is over", { expiresAt: "2026-11-11T00:00:00Z" }, "/expiresAt", "in_the_past"],
  ["no duration", { validFor: "30 days" }, "/validFor", "invalid_format"],
  ["no time at all", { validFor: "P0DT0S" }, "/validFor", "invalid_format"],
  ["a misspelt field", { usesPercode: 3 }, "/usesPercode", "unrecognized_key"],
])("%s is refused", async (_case, document, path, code) => {
  const { status, body } = await create({ key: "refused", ...document });
  expect([status, body.code]).toEqual([400, "invalid-request"]);
  expect(body.errors).toContainEqual({ path, code, message: expect.any(String) });
});

test.each([
  ["6 characters of 32", { length: 6 }, "/length"],
  ["7 places, one of them the check character", { pattern: "###-####" }, "/pattern"],
  ["31 characters of two", { alphabet: "01", length: 31 }, "/length"],
])("a form that could be guessed is refused: %s", async (_case, document, path) => {
  const { status, body } = await create({ key: "guessable", ...document });
  expect([status, body.code, body.errors[0].path]).toEqual([400, "guessable-codes", path]);
});

test("one more character, and it may have as many codes as keep a guess below 2^-32", async () => {
  expect((await create({ key: "seven", length: 7 })).body.mostCodes).toBe(8);
  expect((await create({ key: "thirty-two", alphabet: "01", length: 32 })).body.mostCodes).toBe(1);
  const order = (count: number) => api.rest("POST", "/v1/coupon-pools/seven/codes", { body: { count } });
  expect((await order(9)).body.code).toBe("guessable-codes");
  expect((await generate(api, "seven", 5)).state).toBe("succeeded");
  expect((await order(4)).body).toMatchObject({ code: "guessable-codes", errors: [{ path: "/count" }] });
  expect((await generate(api, "seven", 3)).state).toBe("succeeded");
  expect((await order(1)).body.code).toBe("guessable-codes");
});

test("of two orders at once that together would be too many, one is refused", async () => {
  const key = await makePool(api, { length: 7, prefix: "TWO-" });
  const order = () => api.rest("POST", `/v1/coupon-pools/${key}/codes`, { body: { count: 5 } });
  const statuses = (await Promise.all([order(), order(), order()])).map(({ status }) => status);
  expect(statuses.sort()).toEqual([202, 400, 400]);
});

test("a key is taken once in a project", async () => {
  await create({ key: "once" });
  expect((await create({ key: "once" })).body).toMatchObject({ status: 409, code: "coupon-pool-key-taken" });
  const other = await startApi(database);
  expect((await other.rest("POST", "/v1/coupon-pools", { body: { key: "once" } })).status).toBe(201);
  await other.close();
});

test("an update needs the version it was made from, and the form of codes that exist stays", async () => {
  const key = await makePool(api);
  const url = `/v1/coupon-pools/${key}`;
  const put = (body: object, ifMatch: string | null) =>
    api.rest("PUT", url, { body: { key, ...body }, ...(ifMatch && { headers: { "if-match": ifMatch } }) });
  expect((await put({ name: "A" }, null)).status).toBe(428);
  expect((await put({ name: "A" }, '"2"')).status).toBe(412);
  expect((await put({ name: "A", length: 14 }, '"1"')).body).toMatchObject({
    name: "A",
    version: 2,
    length: 14,
  });
  await generate(api, key, 10);
  expect((await put({ name: "B", length: 14, usesPerCode: 3 }, '"2"')).body.version).toBe(3);
  expect((await put({ name: "B", length: 15 }, '"3"')).body.errors[0]).toMatchObject({
    path: "/length",
    code: "form_fixed",
  });
  expect((await put({ key: "other", length: 14 }, '"3"')).body.errors[0].code).toBe("key_immutable");
});

test("lists go page by page and find a part of the name", async () => {
  for (const name of ["Spring_1", "Spring_2", "Springs"]) await makePool(api, { name });
  const first = await api.rest("GET", "/v1/coupon-pools?q=spring_&limit=1");
  const second = await api.rest("GET", `/v1/coupon-pools?q=spring_&limit=1&after=${first.body.nextCursor}`);
  expect([first, second].map(({ body }) => body.items[0].name)).toEqual(["Spring_2", "Spring_1"]);
  expect(second.body.nextCursor).toBeNull();
});

test("pools are marketing's; a viewer reads, a till does neither", async () => {
  expect((await create({ key: "no" }, "viewer")).status).toBe(403);
  expect((await create({ key: "no" }, "checkout")).status).toBe(403);
  expect((await api.rest("GET", "/v1/coupon-pools", { role: "checkout" })).status).toBe(403);
  expect((await api.rest("GET", "/v1/coupon-pools", { role: "viewer" })).status).toBe(200);
  expect((await api.rest("GET", "/v1/coupon-pools/nothing")).body.code).toBe("coupon-pool-not-found");
});

test("GraphQL makes pools and orders codes as REST does", async () => {
  const { body } = await api.graphql(
    `mutation { createCouponPool(input: { key: "by-graphql" }) { key version mostCodes }
      generateCoupons(key: "by-graphql", input: { count: 3 }) { kind state total } }`,
  );
  expect(body.errors).toBeUndefined();
  expect(body.data).toEqual({
    createCouponPool: { key: "by-graphql", version: 1, mostCodes: 2 ** 28 },
    generateCoupons: { kind: "generate_codes", state: "queued", total: 3 },
  });
});
