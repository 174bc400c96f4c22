/** G20: twenty projects at once over four connections, each told its own and nothing else. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { sized } from "../faults/sizes.ts";
import { type Api, startApi } from "../features/api.ts";
import { interleave } from "./interleaving.ts";

const projectCount = 20;
const requestCount = sized(800, 10_000);

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase({ poolSize: 4 });
  api = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

test(`of ${requestCount} requests of ${projectCount} projects over 4 connections none is told another's word`, async () => {
  const { leaks, failures, own } = await interleave(
    (method, path, key, body) => api.rest(method, path, { key, body }),
    database,
    { projectCount, requestCount, now: api.clock.now() },
  );
  expect(failures).toEqual([]);
  expect(leaks).toEqual([]);
  expect(own).toBeGreaterThan(requestCount / 2);
  expect(database.appPool.totalCount).toBeLessThanOrEqual(4);
}, 600_000);
