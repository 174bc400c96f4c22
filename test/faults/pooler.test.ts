/** The service behind PgBouncer in transaction mode, where that is installed; LONG=1 only, and it says where it was not run. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { declaredFaces } from "../../scripts/generate.ts";
import { openDatabase } from "../../src/platform/database.ts";
import { openListener } from "../../src/platform/listen.ts";
import { silentLog } from "../../src/platform/log.ts";
import { assertWalled } from "../../src/platform/walls.ts";
import { expectBooksToBalance } from "../books-balance.ts";
import { overRest } from "../contract/faces.ts";
import { queries, worldOf } from "../contract/world.ts";
import { openAsOwner, type TestDatabase } from "../database.ts";
import { startApi } from "../features/api.ts";
import { lies, replayAll, rudeFailures, startWork } from "./persistent-clients.ts";
import { type Pgbouncer, pgbouncerHere, startPgbouncer } from "./pgbouncer.ts";
import { type PrivatePostgres, startPrivatePostgres } from "./private-postgres.ts";
import { startServers } from "./running-servers.ts";
import { openShop, untilKnown } from "./shop.ts";
import { patience, whenLong } from "./sizes.ts";

const options = { timeout: patience };
const program = pgbouncerHere();
const programs = program === null ? [] : whenLong([program], []);

test("it is told where this was not run", () => {
  if (programs.length === 0)
    console.warn(
      program === null
        ? "NOT RUN: the service behind PgBouncer, which is not installed (apt-get install pgbouncer)"
        : "not run: the service behind PgBouncer, which LONG=1 runs",
    );
});

describe.each(programs)("behind %s in transaction mode", (path) => {
  let postgres: PrivatePostgres;
  let pooler: Pgbouncer;

  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    // As the guide has it: the user owns nothing, and brings the settings that sessions cannot.
    await postgres.run("create role pooled login password 'pooled' in role dealwright_app");
    await postgres.run("alter role pooled set statement_timeout = '10s'");
    for (const setting of ["jit = off", "enable_seqscan = off", "plan_cache_mode = force_generic_plan"])
      await postgres.run(`alter role pooled set ${setting}`);
    const url = new URL(postgres.connectionString());
    url.username = "pooled";
    url.password = "pooled";
    pooler = await startPgbouncer(path, url.href);
  }, patience);
  afterAll(async () => {
    await pooler.close();
    await postgres.close();
  }, patience);

  const pooled = (poolSize = 12) =>
    openDatabase({
      connectionString: pooler.connectionString,
      log: silentLog,
      poolSize,
      usesNamedStatements: false,
    });

  test("nobody passes the walls, and no project stays behind on a connection", options, async () => {
    const database = pooled();
    await assertWalled(database.pool);
    const seen = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        index % 2 === 0
          ? database
              .of(`prj_${index}`)
              .$client.query("select current_setting('app.project', true) as project")
          : database.pool.query("select current_setting('app.project', true) as project"),
      ),
    );
    expect(seen.map(({ rows }) => rows[0].project ?? "")).toEqual(
      seen.map((_, index) => (index % 2 === 0 ? `prj_${index}` : "")),
    );
    await database.close();
  });

  test("every operation is answered as it is without it", options, async () => {
    const { operations } = await declaredFaces();
    const served = pooled();
    const owner = openAsOwner(postgres.connectionString());
    const database: TestDatabase = {
      ...served,
      pool: owner.pool,
      orm: owner.orm,
      appPool: served.pool,
      connectionString: pooler.connectionString,
    };
    const api = await startApi(database);
    const world = await worldOf(api, database);
    const failed: unknown[] = [];
    for (const operation of operations) {
      const query = queries[operation.id];
      const { problem } = await overRest(api, operation, {
        params: world.paramsOf(operation),
        ...(operation.query && query && { query }),
        ...(operation.example !== undefined && { body: operation.example }),
        ...(operation.requiresIfMatch && { ifMatch: "*" }),
        key: world.project.keys.admin,
      });
      if (problem !== null && problem.status >= 500) failed.push([operation.id, problem]);
    }
    expect(failed).toEqual([]);
    await api.close();
    await expectBooksToBalance(database);
    await owner.close();
    await served.close();
  });

  test("two processes redeem, and what they say is so", options, async () => {
    const servers = await startServers(2, {
      connectionString: pooler.connectionString,
      directUrl: postgres.connectionString(),
      usesNamedStatements: false,
    });
    const urls = servers.map(({ url }) => url);
    const owner = openAsOwner(postgres.connectionString());
    const shop = await openShop(urls[0]!, owner);
    const rule = await shop.promotion("pooled", { trigger: { type: "code", code: "POOLED" } });
    await untilKnown(urls, shop, { codes: ["POOLED"] });
    let next = 0;
    const work = startWork(shop, 32, "POOLED", () => urls[next++ % 2]!);
    await work.acknowledged(500);
    await work.stop();
    await replayAll(work, shop, urls[0]!);
    expect(rudeFailures(work)).toEqual([]);
    expect(await lies(work, shop, rule, owner)).toEqual([]);
    await expectBooksToBalance(owner);
    shop.close();
    await owner.close();
    await Promise.all(servers.map((server) => server.kill()));
  });

  test(
    "through it nobody is notified, past it everybody: LISTEN needs DIRECT_DATABASE_URL",
    options,
    async () => {
      const heard: string[] = [];
      const listeners = [pooler.connectionString, postgres.connectionString()].map((url) =>
        openListener(url, silentLog),
      );
      await Promise.all(
        listeners.map((listener, index) =>
          listener.subscribe(
            "told",
            (payload) => heard.push(`${payload} ${index}`),
            () => {},
          ),
        ),
      );
      await postgres.run("select pg_notify('told', 'news')");
      await expect.poll(() => heard, options).toContain("news 1");
      expect(heard).toEqual(["news 1"]);
      for (const listener of listeners) await listener.close();
    },
  );
});
