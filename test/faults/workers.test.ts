/** WORKERS: several processes that serve on one port, killed at random, replaced one by one (G34), and ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { builtProgram } from "../processes.ts";
import { openClient } from "./http-client.ts";
import { lies, replayAll, rudeFailures, startWork } from "./persistent-clients.ts";
import { openShop, type Shop } from "./shop.ts";
import { patience, sized, whenLong } from "./sizes.ts";

const options = { timeout: patience };
const workers = 3;
let database: TestDatabase;
let leader: ChildProcess;
let printed = "";
let url: string;
let shop: Shop;
let evaluations = 0;

beforeAll(async () => {
  database = await freshDatabase();
  leader = spawn(process.execPath, [builtProgram("src/main.ts")], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: "test",
      DATABASE_URL: database.connectionString,
      DATABASE_POOL_SIZE: "6",
      OUTAGE_MINUTES: "0",
      WORKERS: String(workers),
      PORT: "0",
      LOG_LEVEL: "error",
      DEMO: "off",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [leader.stdout!, leader.stderr!])
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  url = await vi.waitFor(
    () => {
      if (leader.exitCode !== null) throw new Error(printed);
      return /ready at (http:\S+)/.exec(printed)![1]!;
    },
    { timeout: patience, interval: 100 },
  );
  shop = await openShop(url, database);
}, patience);
afterAll(async () => {
  shop.close();
  leader.kill("SIGKILL");
  await expectBooksToBalance(database);
  await database.close();
}, patience);

/** Ids of the processes that serve. */
function serving(): number[] {
  const { pid } = leader;
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

/** Resolves once all processes price by the new promotion. */
async function ruleFor(code: string): Promise<string> {
  const rule = await shop.promotion(code.toLowerCase(), { trigger: { type: "code", code } });
  const cart = {
    currency: "CNY",
    lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }],
    codes: [code],
  };
  // Each by a connection of its own, which are dealt out in turn.
  const ask = async () => {
    const client = openClient(shop.project.keys.checkout);
    const { text } = await client.call("POST", `${url}/v1/evaluations`, cart);
    evaluations += 1;
    client.close();
    return (JSON.parse(text) as { codes: { status: string }[] }).codes[0]?.status;
  };
  await vi.waitFor(
    async () => {
      const answers = await Promise.all(Array.from({ length: 2 * workers }, ask));
      expect(new Set(answers)).toEqual(new Set(["applied"]));
    },
    { timeout: patience },
  );
  return rule;
}

test("any of them tells Prometheus the figures of all", options, async () => {
  await ruleFor("FIGURES");
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => /_count\{.*route="\/v1\/evaluations"/.test(line));
  expect(lines.map((line) => Number(line.split(" ").at(-1)))).toEqual([evaluations]);
  expect(text).toContain(`\ndealwright_rulebooks ${workers}\n`);
});

test("what is counted does not fall while one of them is held up", options, async () => {
  const counted = await vi.waitFor(quotesCounted, { timeout: patience });
  expect(counted).toBeGreaterThan(0);
  for (const id of serving()) {
    process.kill(id, "SIGSTOP");
    try {
      const meanwhile = await vi.waitFor(quotesCounted, { timeout: patience });
      expect(meanwhile).toBeGreaterThanOrEqual(counted);
    } finally {
      process.kill(id, "SIGCONT");
    }
  }
});

/** By all of them, those that have ended as well. */
async function quotesCounted(): Promise<number> {
  // A connection handed to one that is just killed is never answered.
  const signal = AbortSignal.timeout(5_000);
  const text = await (await fetch(`${url}/metrics`, { signal })).text();
  return [...text.matchAll(/^dealwright_quotes_total\S* (\d+)$/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

test(
  "killed at random under load they are replaced, and what was acknowledged is there once",
  options,
  async () => {
    const rule = await ruleFor("RANDOM");
    const work = startWork(shop, 12, "RANDOM", () => url);
    for (let round = 0; round < sized(3, 60); round++) {
      await work.acknowledged(20);
      const alive = serving();
      const counted = await vi.waitFor(quotesCounted, { timeout: patience });
      process.kill(alive[Math.floor(Math.random() * alive.length)]!, "SIGKILL");
      // Once in the time in which it is told, and again later.
      await expect.poll(quotesCounted, { timeout: patience }).toBeGreaterThanOrEqual(counted);
    }
    await work.acknowledged(40);
    await work.stop();
    await vi.waitFor(() => expect(serving()).toHaveLength(workers), { timeout: patience });
    await replayAll(work, shop, url);
    expect(rudeFailures(work, true)).toEqual([]);
    expect(work.history.refused().filter(({ status }) => status === null).length).toBeGreaterThan(0);
    expect(await lies(work, shop, rule, database)).toEqual([]);
  },
);

test("replaced one by one under load, no request fails", options, async () => {
  // Of its own: what the other test left would be counted, and its keys be met again.
  shop.close();
  shop = await openShop(url, database);
  const rule = await ruleFor("ROLLING");
  const work = startWork(shop, 12, "ROLLING", () => url);
  await work.acknowledged(20);
  for (let round = 0; round < whenLong([20], [1])[0]!; round++) {
    const before = new Set(serving());
    // To all, as a service manager sends it: the leader alone heeds it.
    for (const id of [...before, leader.pid!]) process.kill(id, "SIGHUP");
    await vi.waitFor(
      () => {
        const now = serving();
        expect(now).toHaveLength(workers);
        expect(now.filter((id) => before.has(id))).toEqual([]);
      },
      { timeout: patience, interval: 200 },
    );
    await work.acknowledged(20);
  }
  await work.stop();
  await replayAll(work, shop, url);
  expect(rudeFailures(work)).toEqual([]);
  expect(await lies(work, shop, rule, database)).toEqual([]);
});

test("told to end, all of them finish and end", options, async () => {
  const alive = serving();
  const ended = new Promise<number | null>((settle) => leader.once("exit", settle));
  // To all, as a terminal does it; the leader passes it on to those that have it already.
  for (const id of [...alive, leader.pid!]) process.kill(id, "SIGTERM");
  expect(await ended).toBe(0);
  const left = alive.filter((id) => {
    try {
      return process.kill(id, 0);
    } catch {
      return false;
    }
  });
  expect(left).toEqual([]);
});
