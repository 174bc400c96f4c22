import { afterAll, beforeAll, expect, test } from "vitest";
import { automationRetentionService } from "../../../src/features/automations/automation-retention-service.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { automationsOf } from "./automation-fixture.ts";

let database: TestDatabase;
let api: Api;
let own: ReturnType<typeof automationsOf>;
const day = 86_400_000;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  own = automationsOf(api, database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const forget = () => automationRetentionService({ database, clock: api.clock, log: silentLog }).forget();

test("runs go after 400 days and stay counted; what caps and once-only go by stays", async () => {
  const plain = await own.active({});
  const once = await own.active({ caps: { perCustomer: [{ count: 1, per: "ever" }] } });
  const capped = await own.active({ caps: { perCustomer: [], runs: 1 } });
  await own.track("share", "c-1", {}, "told-once");
  await own.becomes(plain, ["c-1 done"]);
  await own.becomes(once, ["c-1 done"]);
  await own.becomes(capped, ["c-1 done"]);
  const toldAt = new Date(api.clock.now()).toISOString();
  api.clock.advance(399 * day);
  expect(await forget()).toBe(0);
  api.clock.advance(2 * day);
  expect(await forget()).toBe(2);
  expect(await forget()).toBe(0);
  expect(await own.outcomes(plain)).toEqual([]);
  expect(await own.outcomes(once)).toEqual(["c-1 done"]);
  const results = async (id: string) => (await own.succeed("GET", `/v1/automations/${id}/results`)) as object;
  expect(await results(plain)).toMatchObject({ entered: 1, done: 1, waiting: 0 });

  // The same event told again sets nothing off, and caps go on counting.
  await own.succeed("POST", "/v1/events", {
    specversion: "1.0",
    id: "told-once",
    source: "/test",
    type: "share",
    time: toldAt,
    data: { customer: "c-1" },
  });
  await own.succeed("POST", `/v1/automations/${capped}/pause`);
  await own.succeed("POST", `/v1/automations/${capped}/activate`);
  await own.track("share", "c-2");
  await own.becomes(plain, ["c-2 done"]);
  await own.becomes(capped, ["c-2 skipped cap_runs"]);
  await own.track("share", "c-1");
  await own.becomes(once, ["c-1 done", "c-1 skipped cap_customer", "c-2 done"]);

  await own.succeed("POST", `/v1/automations/${once}/archive`);
  api.clock.advance(500 * day);
  await forget();
  expect(await own.outcomes(once)).toEqual([]);
  expect(await results(once)).toMatchObject({ entered: 3, done: 2 });
});

test("results tell what was awarded and what it is worth, also of runs that are forgotten", async () => {
  await own.succeed("PUT", "/v1/points-programmes/points", { worth: { CNY: 2 } }, { "if-match": "*" });
  const id = await own.active({
    trigger: { kind: "event", type: "award" },
    actions: [
      { kind: "award_points", points: 30 },
      { kind: "award_points", points: 5 },
      { kind: "award_points", points: 7, programme: "stars" },
    ],
  });
  const points = async () => (await own.succeed("GET", `/v1/automations/${id}/results`)).points as object;
  expect(await points()).toEqual([]);
  await own.track("award", "a-1");
  await own.track("award", "a-2");
  await own.becomes(id, ["a-1 done", "a-2 done"]);
  const awarded = (times: number) => [
    { programme: "points", awarded: 35 * times, value: { CNY: 70 * times } },
    { programme: "stars", awarded: 7 * times, value: null },
  ];
  expect(await points()).toEqual(awarded(2));
  api.clock.advance(401 * day);
  await forget();
  await own.track("award", "a-3");
  await own.becomes(id, ["a-3 done"]);
  expect(await points()).toEqual(awarded(3));
  api.clock.advance(401 * day);
  await forget();
  expect(await points()).toEqual(awarded(3));
});
