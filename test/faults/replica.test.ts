/** A real streaming replica: lists, exports and reports are read from it, while it can be; decisions never are. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { declaredFaces } from "../../scripts/generate.ts";
import { openDatabase } from "../../src/platform/database.ts";
import { type Log, silentLog } from "../../src/platform/log.ts";
import { openReplica, type Replica } from "../../src/platform/replica.ts";
import { readsReplica } from "../../src/platform/replica-reads.ts";
import { overRest } from "../contract/faces.ts";
import { queries, type World, worldOf } from "../contract/world.ts";
import { openAsOwner, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";
import { type PrivatePostgres, startPrivatePostgres, untilCaughtUp } from "./private-postgres.ts";
import { patience } from "./sizes.ts";

const { operations, streams } = await declaredFaces();
const mostBehindSeconds = 4;
const waiting = { timeout: patience / 4, interval: 20 };
const options = { timeout: patience };

let primary: PrivatePostgres;
let standby: PrivatePostgres;
let database: TestDatabase;
let replica: Replica;
let api: Api;
/** Over the primary alone. */
let plain: Api;
let world: World;
const said: string[] = [];
const told: Log = {
  ...silentLog,
  info: (_details, message) => void said.push(message),
  warn: (_details, message) => void said.push(message),
};

beforeAll(async () => {
  primary = await startPrivatePostgres();
  standby = await primary.follower("standby");
  const connectionString = primary.connectionString();
  const served = openDatabase({ connectionString, log: silentLog, asksPosition: true });
  const owner = openAsOwner(connectionString);
  database = {
    ...served,
    pool: owner.pool,
    orm: owner.orm,
    appPool: served.pool,
    connectionString,
    close: () => owner.close().then(() => served.close()),
  };
  replica = openReplica({
    connectionString: standby.connectionString(),
    primary: served,
    log: told,
    mostBehindSeconds,
    requiresWalls: true,
  });
  api = await startApi(database, { replica });
  plain = await startApi(database, { clock: api.clock });
  world = await worldOf(api, database);
}, patience);
afterAll(async () => {
  await api.close();
  await plain.close();
  await replica.close();
  await database.close();
  await primary.close();
}, patience);
beforeEach(async () => {
  await vi.waitFor(() => expect(replica.isFit()).toBe(true), waiting);
  await untilCaughtUp(primary, "standby");
});

const of = (role: "admin" | "viewer" = "admin") => ({ key: world.project.keys[role] });
const keysOf = async (): Promise<string[]> =>
  (await api.rest("GET", "/v1/coupon-pools?limit=200", of())).body.items.map(
    ({ key }: { key: string }) => key,
  );

/** What it did since. */
function counted() {
  const before = { ...replica.figures };
  return () => ({
    replica: replica.figures.replica - before.replica,
    primary: replica.figures.primary - before.primary,
    repeated: replica.figures.repeated - before.repeated,
  });
}

const byReplica = { replica: 1, primary: 0, repeated: 0 };
const reading = operations.filter(readsReplica);

test("lists are read from it, and reports that say so; what is decided by never is", () => {
  const ids = new Set(reading.map(({ id }) => id));
  for (const id of ["promotions", "orders", "couponPools", "auditEntries", "customerKpis"])
    expect(ids).toContain(id);
  // Somebody acts on these at once: returns goods, joins a group, agrees to a review, pays a rebate.
  for (const id of ["redemptions", "groupBuys", "campaignReview", "rebateStatement"])
    expect(ids).not.toContain(id);
  for (const id of ["promotion", "redemption", "coupon", "evaluate", "redeem", "customerPoints", "apiKeys"])
    expect(ids).not.toContain(id);
  expect(reading.filter(({ method, audit }) => method !== "GET" || audit !== undefined)).toEqual([]);
  expect(reading.length).toBeGreaterThan(50);
});

test("each of them is answered by the replica, which says what the primary says", options, async () => {
  for (const operation of reading) {
    const query = queries[operation.id];
    const call = {
      params: world.paramsOf(operation),
      ...(operation.query && query && { query }),
      key: world.project.keys.admin,
    };
    // What follows from earlier writes in the background may come between the two answers.
    await vi.waitFor(async () => {
      await untilCaughtUp(primary, "standby");
      const since = counted();
      const answer = await overRest(api, operation, call);
      expect([operation.id, answer.problem, since()]).toEqual([operation.id, null, byReplica]);
      expect(answer.data).toEqual((await overRest(plain, operation, call)).data);
    }, waiting);
  }
});

test.each(streams.filter(({ reads }) => reads === "replica").map(({ id, path }) => [id, path] as const))(
  "the export %s is read from the replica, and is the primary's",
  async (id, path) => {
    const params = world.paramsOf({ id, path });
    const period = id === "exportRedemptions" ? "?from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z" : "";
    const url = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => params[name] ?? `no-${name}`) + period;
    await vi.waitFor(async () => {
      const since = counted();
      const answer = await api.rest("GET", url, of());
      expect([answer.status, since()]).toEqual([200, byReplica]);
      expect(answer.text).toBe((await plain.rest("GET", url, of())).text);
    }, waiting);
  },
  patience,
);

test("there, too, it works as a role that no wall lets pass", async () => {
  const { rows } = await replica.database.pool.query(
    "select current_user::text as role, pg_is_in_recovery() as is_replica, (select count(*)::int from promotions) as seen",
  );
  expect(rows).toEqual([{ role: "dealwright_app", is_replica: true, seen: 0 }]);
});

test(
  "it lags by little unless asked to, also while nothing is written, and is not read once it lags too much",
  options,
  async () => {
    said.length = 0;
    await standby.run("select pg_wal_replay_pause()");
    await api.rest("POST", "/v1/coupon-pools", { ...of(), body: { key: "unseen", prefix: "UNSEEN-" } });
    const since = counted();
    const early = await keysOf();
    // What is not a list shows it at once, and a list of what the replica has never heard of is the primary's to answer.
    expect((await api.rest("GET", "/v1/coupon-pools/unseen", of())).status).toBe(200);
    expect([since(), early.includes("unseen")]).toEqual([byReplica, false]);

    await vi.waitFor(async () => expect(await keysOf()).toContain("unseen"), waiting);
    expect(since()).toMatchObject({ primary: 1, repeated: 0 });
    expect(replica.behindSeconds()).toBeGreaterThan(mostBehindSeconds);
    const { text } = await api.rest("GET", "/metrics", { key: null });
    expect(text).toMatch(/^dealwright_replica_in_use 0$/m);
    expect(text).toMatch(/^dealwright_replica_lag_seconds [4-9]/m);
    expect(text).toMatch(/^dealwright_replica_reads_total\{by="primary"\} [1-9]/m);

    await standby.run("select pg_wal_replay_resume()");
    await vi.waitFor(() => expect(replica.isFit()).toBe(true), waiting);
    expect(replica.behindSeconds()).toBeLessThan(mostBehindSeconds);
    expect((await api.rest("GET", "/metrics", { key: null })).text).toMatch(/^dealwright_replica_in_use 1$/m);
    expect(said).toEqual([
      "the replica cannot be read: the primary answers everything",
      "lists, exports and reports are read from the replica",
    ]);
  },
);

test("a list of something that has not arrived there yet is asked of the primary", options, async () => {
  await standby.run("select pg_wal_replay_pause()");
  const { body } = await api.rest("POST", "/v1/promotions", {
    ...of(),
    body: {
      key: "new-here",
      trigger: { type: "automatic" },
      benefits: [{ kind: "percent_off", percent: 5 }],
    },
  });
  const since = counted();
  const versions = await api.rest("GET", `/v1/promotions/${body.id}/versions`, of());
  await standby.run("select pg_wal_replay_resume()");
  expect([versions.status, versions.body.items.length, since()]).toEqual([
    200,
    1,
    { replica: 0, primary: 0, repeated: 1 },
  ]);
});

test(
  "a query that the replica cancels, and a replica that is killed, are nobody's trouble",
  options,
  async () => {
    const since = counted();
    // Whoever is in the middle of something there is thrown out.
    const asked = Promise.all(Array.from({ length: 20 }, () => keysOf()));
    await standby.run(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dealwright'",
    );
    for (const keys of await asked) expect(keys).toContain("spring");
    await standby.kill();
    for (let i = 0; i < 20; i++) expect(await keysOf()).toContain("spring");
    await vi.waitFor(() => expect(replica.isFit()).toBe(false), waiting);
    expect(await keysOf()).toContain("spring");
    expect(since().primary).toBeGreaterThan(0);
    expect(since().primary + since().replica + since().repeated).toBe(41);
  },
);
