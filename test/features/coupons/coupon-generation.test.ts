import { afterAll, beforeAll, expect, test } from "vitest";
import { type CodeForm, codeForm } from "../../../src/features/coupons/code-form.ts";
import {
  couponGenerationService,
  generateInto,
} from "../../../src/features/coupons/coupon-generation-service.ts";
import { jobService } from "../../../src/features/jobs/job-service.ts";
import { projectService } from "../../../src/features/projects/project-service.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { ended, exported, generate, makePool } from "./coupon-fixture.ts";

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

async function counted(key: string) {
  const { rows } = await database.pool.query<{ rows: number; distinct: number }>(
    `select count(*)::int as rows, count(distinct code)::int as distinct from coupons
      where pool_id = (select id from coupon_pools where project_id = $1 and key = $2)`,
    [api.project.id, key],
  );
  const pool = await api.rest("GET", `/v1/coupon-pools/${key}`);
  return { ...rows[0], told: pool.body.codes };
}

test("a job makes exactly as many codes as were ordered, all different, and tells how far it is", async () => {
  const key = await makePool(api);
  const { body: job } = await api.rest("POST", `/v1/coupon-pools/${key}/codes`, { body: { count: 100_000 } });
  expect(job).toMatchObject({
    kind: "generate_codes",
    state: "queued",
    done: 0,
    total: 100_000,
    result: null,
  });
  expect(await ended(api, job)).toMatchObject({
    state: "succeeded",
    done: 100_000,
    result: { pool: key, codes: 100_000 },
    failure: null,
  });
  expect(await counted(key)).toEqual({ rows: 100_000, distinct: 100_000, told: 100_000 });
});

test("pools whose codes look the same have room for as many as one, also at once; a prefix makes its own", async () => {
  const short = { length: 8, alphabet: "0123456789ABCDEFGHJKMNPQRSTVWXYZ" };
  const pools = [
    await makePool(api, short),
    await makePool(api, { ...short, alphabet: [...short.alphabet].reverse().join("") }),
    await makePool(api, { alphabet: short.alphabet, pattern: "####-#####" }),
  ];
  const order = (key: string, count: number) =>
    api.rest("POST", `/v1/coupon-pools/${key}/codes`, { body: { count } });
  const answers = await Promise.all(pools.map((key) => order(key, 200)));
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 400, 400]);
  const { body } = answers.find(({ status }) => status === 400)!;
  expect([body.code, body.errors[0]]).toMatchObject(["guessable-codes", { path: "/count", code: "too_big" }]);
  expect((await order(pools[2]!, 57)).status).toBe(400);
  expect((await order(pools[2]!, 56)).status).toBe(202);
  expect((await order(await makePool(api, { ...short, prefix: "OWN-" }), 256)).status).toBe(202);
});

test("two jobs into one pool make the codes of both", async () => {
  const key = await makePool(api);
  const jobs = await Promise.all([generate(api, key, 60_000), generate(api, key, 55_000)]);
  expect(jobs.map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
  expect(await counted(key)).toEqual({ rows: 115_000, distinct: 115_000, told: 115_000 });
});

test("codes are of the pool's form: prefix, alphabet, dashes, uses, expiry and a right check character", async () => {
  const key = await makePool(api, {
    alphabet: "ZYXABCDEFGHIJKMNOPQRSTUVW",
    pattern: "Mai-####-####-####",
    prefix: "x",
    usesPerCode: 3,
    expiresAt: "2027-01-01T00:00:00+08:00",
  });
  await generate(api, key, 200);
  const coupons = await exported(api, key);
  expect(coupons).toHaveLength(200);
  for (const coupon of coupons) {
    expect(coupon.code).toMatch(/^xMai-[A-KM-Z]{4}-[A-KM-Z]{4}-[A-KM-Z]{4}$/);
    expect(coupon).toMatchObject({
      pool: key,
      status: "usable",
      uses: 3,
      usesLeft: 3,
      expiresAt: "2026-12-31T16:00:00.000Z",
      customer: null,
    });
  }
});

test("a duration counts from the order of the codes, in the project's time zone", async () => {
  await api.rest("PATCH", "/v1/project/settings", { body: { timezone: "America/New_York" } });
  const key = await makePool(api, { validFor: "P1M" });
  await generate(api, key, 1);
  const afterClaim = await makePool(api, { validFor: "P1M", validSince: "claim" });
  await generate(api, afterClaim, 1);
  expect((await exported(api, key))[0].expiresAt).toBe("2026-12-11T00:00:00.000Z");
  expect((await exported(api, afterClaim))[0].expiresAt).toBeNull();
});

test("when the process of a job dies, another makes exactly the codes that were left", async () => {
  const key = await makePool(api);
  const job = await generate(api, key, 10);
  await database.pool.query(
    `update jobs set state = 'running', total = 60030, runner = 'run_dead', finished_at = null,
            heartbeat_at = now() - interval '31 seconds' where id = $1`,
    [job.id],
  );
  const { clock } = api;
  const jobs = jobService({ database, clock, log: silentLog, pollMilliseconds: 20 });
  couponGenerationService({ database, clock, projects: projectService(database), jobs });
  await jobs.start();
  expect(await ended(api, job)).toMatchObject({ state: "succeeded", done: 60_030 });
  expect(await counted(key)).toEqual({ rows: 60_030, distinct: 60_030, told: 60_030 });
  await jobs.close();
});

test("a process that is asked nothing finishes the job of one that died", async () => {
  const key = await makePool(api);
  const job = await generate(api, key, 10);
  await database.pool.query(
    `update jobs set state = 'running', total = 70, runner = 'run_dead', finished_at = null,
            heartbeat_at = now() - interval '31 seconds' where id = $1`,
    [job.id],
  );
  const idle = await startApi(database, { jobPollMilliseconds: 20 });
  expect(await ended(api, job)).toMatchObject({ state: "succeeded", done: 70 });
  expect(await counted(key)).toEqual({ rows: 70, distinct: 70, told: 70 });
  await idle.close();
});

test("a process that ends gives its jobs back at once", async () => {
  const ending = await startApi(database);
  const key = await makePool(ending);
  const { body: job } = await ending.rest("POST", `/v1/coupon-pools/${key}/codes`, {
    body: { count: 2_000_000 },
  });
  const runnerOf = async () => {
    const { rows } = await database.pool.query<{ runner: string | null }>(
      "select runner from jobs where id = $1",
      [job.id],
    );
    return rows[0]!.runner;
  };
  let runner = await runnerOf();
  while (runner === null) runner = await runnerOf();
  await ending.close();
  expect(await runnerOf()).not.toBe(runner);
  await database.pool.query("update jobs set state = 'cancelling' where id = $1", [job.id]);
});

test("an Idempotency-Key orders once", async () => {
  const key = await makePool(api);
  const order = (count: number) =>
    api.rest("POST", `/v1/coupon-pools/${key}/codes`, {
      body: { count },
      headers: { "idempotency-key": "order-1" },
    });
  const first = await order(10);
  const again = await order(10);
  expect(again.body.id).toBe(first.body.id);
  expect((await order(11)).status).toBe(422);
  await ended(api, first.body);
  expect((await counted(key)).rows).toBe(10);
});

test.each([0, 10_000_001, 1.5, "7"])("%s codes cannot be ordered", async (count) => {
  const key = await makePool(api);
  expect((await api.rest("POST", `/v1/coupon-pools/${key}/codes`, { body: { count } })).status).toBe(400);
});

// ------------------------------------------- without the rule that keeps forms large enough for collisions never to happen

/** A job that writes nothing but codes. */
const looseJob = (total: number) => ({
  done: 0,
  total,
  signal: new AbortController().signal,
  advance: async () => {},
});

async function generateLoosely(form: CodeForm, key: string, count: number) {
  const { rows } = await database.pool.query<{ id: string }>(
    "select id from coupon_pools where project_id = $1 and key = $2",
    [api.project.id, key],
  );
  await generateInto(database, looseJob(count), form, {
    projectId: api.project.id,
    poolId: rows[0]!.id,
    maxUses: 1,
    expiresAt: null,
    createdAt: new Date(api.clock.now()),
  });
}

test("drawn twice or there already, a code is replaced: as many as were ordered are added", async () => {
  const key = await makePool(api);
  const form = codeForm({ alphabet: "0123456789", length: 3, prefix: "SMALL", checkCharacter: true });
  await generateLoosely(form, key, 600);
  await generateLoosely(form, key, 250);
  expect(await counted(key)).toEqual({ rows: 850, distinct: 850, told: 850 });
});

test("codes are there in another project as well as here, and neither sees the other's", async () => {
  const key = await makePool(api);
  await generate(api, key, 3);
  const other = await startApi(database);
  expect((await other.rest("GET", `/v1/coupon-pools/${key}/codes`)).body).toMatchObject({
    code: "coupon-pool-not-found",
  });
  const [{ code }] = await exported(api, key);
  expect((await other.rest("GET", `/v1/coupons/${code}`)).status).toBe(404);
  await other.close();
});
