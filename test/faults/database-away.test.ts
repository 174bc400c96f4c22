/** G32: the database is away. Carts are priced by what was last known, and say so; what needs a guarantee is refused. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openAsOwner } from "../database.ts";
import type { Answer } from "./http-client.ts";
import { type PrivatePostgres, startPrivatePostgres } from "./private-postgres.ts";
import { type RunningServer, startServer } from "./running-servers.ts";
import { openShop, orderOf, type Shop } from "./shop.ts";
import { patience } from "./sizes.ts";
import { startProxy, type TcpProxy } from "./tcp-proxy.ts";

const options = { timeout: patience };
const tenYuan = [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }];
const oneYuan = [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }];
const mug = { id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 };
const cart = (fields: object = {}) => ({ currency: "CNY", lines: [mug], ...fields });

let postgres: PrivatePostgres;
let proxy: TcpProxy;
let keptIn: string;
let server: RunningServer;
let shop: Shop;

beforeAll(async () => {
  keptIn = mkdtempSync(join(tmpdir(), "dealwright-kept-"));
  postgres = await startPrivatePostgres();
  proxy = await startProxy(postgres.connectionString());
  server = await startServer({ connectionString: proxy.connectionString, keptIn });
  const database = openAsOwner(postgres.connectionString());
  shop = await openShop(server.url, database);
  await database.close();
  const automatic = { trigger: { type: "automatic" } };
  const group = (name: string) => ({ ...automatic, stacking: { group: name } });
  await shop.promotion("for-all", { benefits: oneYuan, ...group("a") });
  await shop.promotion("with-code", {
    ...group("b"),
    trigger: { type: "code", code: "PLAIN" },
    benefits: oneYuan,
  });
  await shop.promotion("counted-code", {
    trigger: { type: "code", code: "ONCE" },
    limits: { perCustomer: 1 },
  });
  await shop.promotion("secret-code", {
    visibility: "private",
    trigger: { type: "code", code: "SECRET" },
    conditions: { kind: "customer_group", in: ["friends"] },
  });
  await shop.promotion("once-each", { benefits: tenYuan, limits: { perCustomer: 1 }, ...group("c") });
  await shop.promotion("with-budget", { budget: { amount: { CNY: 5_000 } }, ...group("d") });
  await shop.promotion("first-order", { conditions: { kind: "first_order" }, ...group("e") });
  await shop.promotion("for-friends", {
    visibility: "private",
    conditions: { kind: "customer_group", in: ["friends"] },
    limits: { total: 5 },
    benefits: [{ kind: "gift", sku: "BAG", value: { CNY: 100 }, stock: 5 }],
    ...group("f"),
  });
  await vi.waitFor(async () => expect((await priced()).total).toBe(6_900), { timeout: 60_000 });
  await vi.waitFor(
    () =>
      expect([existsSync(join(keptIn, "keys.jsonl")), kept().includes("for-friends")]).toEqual([true, true]),
    { timeout: 60_000 },
  );
}, patience);
afterAll(async () => {
  shop.close();
  await server.kill();
  await proxy.close();
  await postgres.close();
  rmSync(keptIn, { recursive: true, force: true });
}, patience);

const kept = () =>
  readdirSync(keptIn, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => readFileSync(join(keptIn, name), "utf8"))
    .join("");

const post = (path: string, body: unknown) => shop.client.call("POST", `${server.url}${path}`, body);
const get = (path: string) => shop.client.call("GET", `${server.url}${path}`);
const bodyOf = ({ text }: Answer) => JSON.parse(text);
const customer = { id: "c-1", groups: ["regulars"] };

async function priced(fields: object = { customer }) {
  const answer = await post("/v1/evaluations", cart(fields));
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return bodyOf(answer);
}

const isDegraded = async () => (await priced({})).degraded;
const untilAway = () => expect.poll(isDegraded, { timeout: 60_000 }).toBe(true);
const untilBack = () => expect.poll(isDegraded, { timeout: 60_000 }).toBe(false);

function refusal(answer: Answer): unknown[] {
  return [answer.status, bodyOf(answer).code, answer.headers["retry-after"]];
}

const notNow = [503, "unavailable", "1"];
const notGuaranteed = [503, "guarantee-unavailable", "1"];

async function expectToBeHonest(): Promise<void> {
  const before = Date.now();
  const quote = await priced();
  expect(quote).toMatchObject({
    degraded: true,
    total: 9_900,
    missing: ["limits", "budgets", "order_history", "customer_record"],
  });
  expect(Date.parse(quote.asOf)).toBeLessThanOrEqual(before);
  expect(quote.promotions.map(({ promotion }: { promotion: string }) => promotion)).toEqual(["for-all"]);
  const leftOut = quote.notApplied.map(({ promotion, reason }: never) => [promotion, reason]);
  expect(leftOut.sort()).toEqual([
    ["first-order", "not_guaranteed"],
    ["once-each", "not_guaranteed"],
    ["with-budget", "not_guaranteed"],
  ]);
  // Of a private promotion only its audience is told, and so of what it alone would need.
  expect(JSON.stringify(quote)).not.toContain("friends");
  const friend = await priced({ customer: { id: "c-2", groups: ["friends"] } });
  expect(friend).toMatchObject({ rewards: [], missing: quote.missing });
  // Whom no record could be about misses none.
  expect((await priced({})).missing).toEqual(["limits", "budgets"]);
  expect((await priced({ codes: ["plain"] })).total).toBe(9_800);

  // That there is a private one is told to nobody: its code is as one that there is not.
  for (const code of ["ONCE", "SOMEBODYS-COUPON", "SECRET"]) {
    const refused = await post("/v1/evaluations", cart({ codes: ["PLAIN", code] }));
    expect(refusal(refused)).toEqual(notGuaranteed);
    expect(bodyOf(refused).errors).toMatchObject([{ path: "/codes/1", code: "not_guaranteed" }]);
  }
  const deposits = [{ redemption: "rdm_1" }];
  expect(refusal(await post("/v1/evaluations", cart({ deposits })))).toEqual(notGuaranteed);
  const batch = await post("/v1/evaluations/batch", { evaluations: [cart(), cart({ codes: ["ONCE"] })] });
  expect(bodyOf(batch).items).toMatchObject([
    { quote: { total: 9_900, degraded: true } },
    { problem: { code: "guarantee-unavailable" } },
  ]);
  const { id: _, quantity: __, ...item } = mug;
  const catalog = await post("/v1/catalog-prices", { currency: "CNY", items: [item] });
  expect(bodyOf(catalog)).toMatchObject({ degraded: true, asOf: quote.asOf, items: [{ price: 9_900 }] });
  const query =
    "query ($input: EvaluationRequestInput!) { evaluate(input: $input) { total degraded asOf missing } }";
  const graphql = await post("/graphql", { query, variables: { input: cart() } });
  expect(bodyOf(graphql).data.evaluate).toMatchObject({ total: 9_900, degraded: true, asOf: quote.asOf });

  expect(refusal(await post("/v1/evaluations", cart({ save: true })))).toEqual(notNow);
  expect(refusal(await get("/v1/redemptions/rdm_1"))).toEqual(notNow);
  // Were one of them to wait for a connection, they would not be done before the test is given up.
  for (let i = 0; i < 100; i++) expect(refusal(await post("/v1/redemptions", orderOf()))).toEqual(notNow);
  const { orderRef: __ref, ...nameless } = orderOf();
  expect(refusal(await post("/v1/redemptions", nameless))).toEqual(notNow);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: "degraded" }]);
}

async function expectToBeBack(): Promise<void> {
  await untilBack();
  const quote = await priced();
  expect(quote).toMatchObject({ degraded: false, total: 6_900 });
  expect([quote.asOf, quote.missing]).toEqual([undefined, undefined]);
  expect((await post("/v1/redemptions", orderOf({ customer }))).status).toBe(201);
  expect(await (await fetch(`${server.url}/readyz`)).json()).toEqual({ status: "ok" });
}

test(
  "killed: carts are priced without what nobody can vouch for, the rest is refused at once, and it comes back by itself",
  options,
  async () => {
    postgres.pullPlug();
    await untilAway();
    await expectToBeHonest();
    await postgres.restart();
    proxy.retarget(postgres.connectionString());
    await untilBack();
    // What was redeemed now counts in the next test.
    const { total } = await priced({ customer: { id: "c-3" } });
    expect(total).toBe(6_900);
  },
);

test("silent: the same, and nobody waits for it", options, async () => {
  proxy.setHung(true);
  await untilAway();
  await expectToBeHonest();
  proxy.setHung(false);
  await untilBack();
});

test(
  "refused at the door: the same, for a login may be locked or a certificate expire",
  options,
  async () => {
    const owner = new URL(postgres.connectionString());
    await postgres.run("create role locksmith superuser login password 'locksmith'");
    const rescue = new URL(owner);
    [rescue.username, rescue.password] = ["locksmith", "locksmith"];
    const locksmith = new pg.Client({ connectionString: rescue.href });
    await locksmith.connect();
    await locksmith.query(`alter role "${owner.username}" nologin`);
    await locksmith.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", [
      owner.username,
    ]);
    await untilAway();
    await expectToBeHonest();
    await server.kill();
    server = await startServer({ connectionString: proxy.connectionString, keptIn });
    await expectToBeHonest();
    await locksmith.query(`alter role "${owner.username}" login`);
    await locksmith.end();
    await untilBack();
  },
);

test("a process that begins while the database says nothing does so as well", options, async () => {
  await server.kill();
  proxy.setHung(true);
  server = await startServer({ connectionString: proxy.connectionString, keptIn });
  await expectToBeHonest();
  proxy.setHung(false);
  await untilBack();
});

test(
  "a process that begins meanwhile goes by what the one before it kept, of which nothing is secret",
  options,
  async () => {
    const secrets = Object.values(shop.project.keys).map((key) => key.slice(-20));
    expect(secrets.filter((secret) => kept().includes(secret))).toEqual([]);
    await server.kill();
    proxy.setDown(true);
    server = await startServer({ connectionString: proxy.connectionString, keptIn });
    await expectToBeHonest();
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^dealwright_rulebooks 1$/m);
    expect(Number(/^dealwright_rulebook_age_seconds (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    const stranger = await fetch(`${server.url}/v1/evaluations`, {
      method: "POST",
      headers: { authorization: `Bearer dw_live_${"x".repeat(32)}`, "content-type": "application/json" },
      body: JSON.stringify(cart()),
    });
    expect([401, 503]).toContain(stranger.status);
    proxy.setDown(false);
    await expectToBeBack();
  },
);

test("what was kept and then damaged is not believed", options, async () => {
  await server.kill();
  const [file = ""] = readdirSync(join(keptIn, "rules"));
  const path = join(keptIn, "rules", file);
  writeFileSync(path, readFileSync(path, "utf8").replace('"CNY":100}', '"CNY":900}'));
  proxy.setDown(true);
  server = await startServer({ connectionString: proxy.connectionString, keptIn });
  expect(refusal(await post("/v1/evaluations", cart()))).toEqual(notNow);
  proxy.setDown(false);
  await untilBack();
});
