/** A checker counts only after it was seen to fail. Each bug of seeded-bugs.ts is run in a small form and has to be noticed. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violationsIn } from "../books-balance.ts";
import { spend, violationsOf as violationsOfBudget } from "../concurrency/budgets.ts";
import { rushFor, violationsOf } from "../concurrency/limits.ts";
import { contentsOf, demoProject, quotesFor } from "../concurrency/quotes.ts";
import { randomCarts } from "../concurrency/random-carts.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { couponsOf } from "../features/redemptions/redemption-fixture.ts";
import { rowsWith } from "../rows-with.ts";
import { interleave } from "../walls/interleaving.ts";
import { bird, callAll, leaks } from "./canaries.ts";
import { dawdle } from "./dawdle.ts";
import { History } from "./history.ts";
import { type Client, inParallel, openClient } from "./http-client.ts";
import { lies, replayAll, rudeFailures, startWork } from "./persistent-clients.ts";
import { type RunningServer, startServers } from "./running-servers.ts";
import { numberOf, seededBugs } from "./seeded-bugs.ts";
import { openShop, orderOf, type Shop, untilKnown } from "./shop.ts";
import { patience } from "./sizes.ts";
import { startProxy, type TcpProxy } from "./tcp-proxy.ts";

const options = { timeout: patience };
let database: TestDatabase;
let proxy: TcpProxy;
/** One pair for all, since to start one takes longer than to break it. */
let servers: RunningServer[];

beforeAll(async () => {
  database = await freshDatabase();
  await database.pool.query(
    "do $$ begin execute format('alter database %I set deadlock_timeout = %L', current_database(), '20ms'); end $$",
  );
  proxy = await startProxy(database.connectionString);
  servers = await startServers(2, { connectionString: proxy.connectionString });
}, patience);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  await proxy.close();
  await database.close();
}, patience);

const noticed = new Set<string>();

/** Runs the test with servers that have the bug. */
function bugIsNoticed(name: string, notice: (url: string, all: string[]) => Promise<void>): void {
  test(name, options, async () => {
    const urls = servers.map(({ url }) => url);
    // The bug before may have kept the database from them.
    for (const url of urls) await expect.poll(() => readinessOf(url), { timeout: patience }).toBe("ok");
    for (const server of servers) await server.breakBy(numberOf(name));
    await notice(urls[0]!, urls);
    for (const server of servers) expect(server.printed()).not.toContain("out of date");
    noticed.add(name);
  });
}

async function readinessOf(url: string): Promise<unknown> {
  const { status } = (await (await fetch(`${url}/readyz`)).json()) as { status: unknown };
  return status;
}

const violationsOfProject = async ({ project }: Shop) =>
  (await violationsIn(database)).flatMap(({ violation, project_id }) =>
    project_id === project.id ? [violation] : [],
  );

async function shopWith(url: string, code: string, document = {}): Promise<{ shop: Shop; rule: string }> {
  const shop = await openShop(url, database);
  const rule = await shop.promotion(code.toLowerCase(), { trigger: { type: "code", code }, ...document });
  await untilKnown([url], shop, { codes: [code] });
  return { shop, rule };
}

const limitBugs = [
  ["counters are read as they were a moment ago", "refuse"],
  ["a limit gives one less than it has", "partial"],
] as const;
for (const [name, atEdge] of limitBugs)
  bugIsNoticed(name, async (_url, urls) => {
    const rush = await rushFor("promotion limit", {
      ...{ database, servers: urls, face: "REST", attempts: 300, limit: 60 },
    });
    expect(await violationsOf("promotion limit", 60, rush, database)).not.toEqual([]);
    rush.shop.close();
    const budget = 50_001;
    const spending = await spend(atEdge, { database, servers: urls, budget, attempts: 300 });
    expect(await violationsOfBudget(atEdge, budget, spending, database)).toContainEqual(
      expect.stringMatching(/^spent \d+ of 50001$/),
    );
    spending.shop.close();
  });

bugIsNoticed("a batch in ten is answered and rolled back", async (url) => {
  const { shop, rule } = await shopWith(url, "BACK");
  const work = startWork(shop, 4, "BACK", () => url);
  await work.acknowledged(80);
  await work.stop();
  expect(await lies(work, shop, rule, database)).toContainEqual(expect.stringContaining("are not there"));
  shop.close();
});

bugIsNoticed("the record of an answer is not written with it", async (url) => {
  const { shop, rule } = await shopWith(url, "RECORD");
  const work = startWork(shop, 4, "RECORD", () => url);
  await work.acknowledged(8);
  await work.stop();
  await replayAll(work, shop, url);
  expect(await lies(work, shop, rule, database)).toContainEqual(expect.stringContaining("orders have"));
  shop.close();
});

bugIsNoticed("a commit whose answer was lost is taken to have happened", async (url) => {
  const { shop, rule } = await shopWith(url, "GUESS");
  const work = startWork(shop, 4, "GUESS", () => url);
  let commits = 0;
  proxy.onCommit = () => (++commits % 3 === 0 ? "lose the request" : "pass");
  await work.acknowledged(20);
  proxy.onCommit = () => "pass";
  await work.stop();
  expect(await lies(work, shop, rule, database)).toContainEqual(expect.stringContaining("are not there"));
  shop.close();
});

bugIsNoticed("the ledger is written and the counter is not", async (url) => {
  const { shop } = await shopWith(url, "BOOKS");
  expect((await shop.client.redeem(url, "REST", orderOf({ codes: ["BOOKS"] }))).status).toBe(201);
  expect(await violationsOfProject(shop)).toContain("counter-is-not-the-sum-of-its-entries");
  shop.close();
});

bugIsNoticed("a quote tells its promotions in the order in which they were stored", async (url) => {
  const carts = randomCarts(1, 100);
  const here = await quotesFor(url, await demoProject(database, (index) => index), carts);
  const there = await quotesFor(url, await demoProject(database, (index) => -index), carts);
  expect(there).not.toEqual(here);
});

bugIsNoticed("a quote is written down", async (url) => {
  const key = await demoProject(database, (index) => index);
  const before = await contentsOf(database);
  await quotesFor(url, key, randomCarts(1, 2));
  expect(await contentsOf(database)).not.toEqual(before);
});

bugIsNoticed("coupons are locked in any order", async (url, urls) => {
  const codes = Array.from({ length: 8 }, (_, i) => `LOCK${String(i).padStart(4, "0")}`);
  const shop = await openShop(url, database);
  for (const [i, code] of codes.entries()) {
    await couponsOf(database, shop.project.id, `pool-${i}`, [code], { maxUses: 100_000 });
    await shop.promotion(`lock-${i}`, {
      trigger: { type: "coupon", pool: `pool-${i}` },
      stacking: { group: `lock-${i}` },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
    });
  }
  await untilKnown(urls, shop, { codes: [codes.at(-1)!] });
  const deadlocks = async () => {
    await inParallel(40, 16, (index) =>
      shop.client.redeem(urls[index % 2]!, "REST", orderOf({ codes, explain: "none" })),
    );
    const { rows } = await database.pool.query<{ deadlocks: number }>(
      "select deadlocks from pg_stat_database where datname = current_database()",
    );
    return rows[0]!.deadlocks;
  };
  await expect.poll(deadlocks, { timeout: 120_000 }).toBeGreaterThan(0);
  shop.close();
});

bugIsNoticed("a reservation that ends keeps what it held", async (url) => {
  const { shop } = await shopWith(url, "KEEP", { limits: { total: 5 } });
  const reservation = orderOf({ codes: ["KEEP"], mode: "reserve", ttlSeconds: 1 });
  expect((await shop.client.redeem(url, "REST", reservation)).status).toBe(201);
  await expect
    .poll(() => violationsOfProject(shop), { timeout: 30_000 })
    .toContain("counter-is-not-the-sum-of-its-entries");
  shop.close();
});

bugIsNoticed("a request is logged with its URL", async (url) => {
  const shop = await openShop(url, database);
  const server = servers.find((each) => each.url === url)!;
  await callAll(shop, url, 0, 16);
  await expect.poll(() => leaks(server.printed(), shop)).toEqual([bird]);
  shop.close();
});

bugIsNoticed("changes of a promotion do not wait for each other", async (url) => {
  const shop = await openShop(url, database);
  const id = await shop.promotion("edited", { trigger: { type: "automatic" } });
  const admin = openClient(shop.project.keys.admin);
  const benefits = [{ kind: "amount_off", target: "order", amount: { CNY: 500 } }];
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      admin
        .call(
          "PUT",
          `${url}/v1/promotions/${id}`,
          { key: "edited", name: `change ${index}`, trigger: { type: "automatic" }, benefits },
          { "if-match": '"2"' },
        )
        // The contract may be what notices it.
        .then(({ status }) => status, String),
    ),
  );
  expect(answers.sort()).not.toEqual([200, ...Array(19).fill(412)]);
  expect(answers).toContain(200);
  admin.close();
  shop.close();
});

bugIsNoticed("a connection stays in the project that it entered first", async (url) => {
  const clients = new Map<string, Client>();
  const clientOf = (key: string) => {
    const client = clients.get(key) ?? openClient(key);
    clients.set(key, client);
    return client;
  };
  const { leaks, failures } = await interleave(
    (method, path, key, body) =>
      clientOf(key)
        .call(method, `${url}${path}`, body)
        // The contract may be what notices it.
        .catch((error) => ({ status: 599, text: String(error) })),
    database,
    { projectCount: 4, requestCount: 40, now: Date.now() },
  );
  expect([...leaks, ...failures]).not.toEqual([]);
  for (const client of clients.values()) client.close();
});

bugIsNoticed("an erasure leaves saved evaluations", async (url) => {
  const shop = await openShop(url, database);
  const admin = openClient(shop.project.keys.admin);
  const customer = `somebody.${randomUUID()}`;
  const body = { ...orderOf(), orderRef: undefined, customer: { id: customer }, save: true };
  expect((await admin.call("POST", `${url}/v1/evaluations`, body)).status).toBe(200);
  const erased = await admin.call("POST", `${url}/v1/customers/${customer}/erase`);
  expect([erased.status, erased.text]).toEqual([200, expect.any(String)]);
  expect(await rowsWith(database, customer)).toContain("evaluations");
  admin.close();
  shop.close();
});

bugIsNoticed("whoever sends slowly is waited for", async (url) => {
  const shop = await openShop(url, database);
  const head = `POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${shop.project.keys.admin}\r\n`;
  const body = 'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"currency":';
  const never = delay(14_000, "nothing in 14 seconds");
  expect(await Promise.race([dawdle(Number(new URL(url).port), head + body), never])).not.toMatch(/ 408 /);
  shop.close();
});

bugIsNoticed("a database that is gone is called an error of ours", async (url) => {
  const { shop } = await shopWith(url, "GONE");
  proxy.setDown(true);
  const work = { history: new History() };
  await shop.client.redeem(url, "REST", orderOf({ codes: ["GONE"] }), work);
  proxy.setDown(false);
  // The contract is what notices it first: the answer is not one that a 500 may have.
  expect(rudeFailures(work)).toEqual([expect.stringMatching(/500|breaks the contract/)]);
  shop.close();
});

const terminateAll = () =>
  database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name = 'dealwright'`,
  );

bugIsNoticed("a client that failed is never given back", async (url) => {
  const { shop } = await shopWith(url, "LEAK");
  const busy = async () => {
    const orders = Array.from({ length: 8 }, () => orderOf({ codes: ["LEAK"] }));
    await Promise.all([...orders.map((order) => shop.client.redeem(url, "REST", order)), terminateAll()]);
    const { total, idle } = await servers[0]!.pool();
    return total - idle;
  };
  await expect.poll(busy, { timeout: 60_000 }).toBeGreaterThan(0);
  shop.close();
});

// The last one, since it ends the server.
bugIsNoticed("nobody listens to what a dying connection says", async (url) => {
  const { shop } = await shopWith(url, "DEAF");
  await terminateAll();
  await expect.poll(() => servers[0]!.isRunning(), { timeout: 30_000 }).toBe(false);
  shop.close();
});

test("every seeded bug was run", () => {
  expect([...noticed].sort()).toEqual(seededBugs.map(({ name }) => name).sort());
});

test("the README lists them by their numbers", () => {
  const rows = readFileSync("test/faults/README.md", "utf8").matchAll(/^\| (\d+) \| ([^|]+) \|/gm);
  expect([...rows].map(([, number, name]) => [Number(number), name])).toEqual(
    seededBugs.map(({ name }, index) => [index + 1, name]),
  );
});
