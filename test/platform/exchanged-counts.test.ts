import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SharedCounts, sharedCounts } from "../../src/platform/exchanged-counts.ts";
import { type Listener, openListener } from "../../src/platform/listen.ts";
import { silentLog } from "../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { testClock } from "../features/api.ts";
import { usedBytes } from "../used-memory.ts";

let database: TestDatabase;
const listeners: Listener[] = [];
const started: SharedCounts[] = [];
const clock = testClock();

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  await Promise.all([...started, ...listeners].map((each) => each.close()));
  await database.close();
});

/** Counts as a process of its own has them. */
async function oneProcess(): Promise<SharedCounts> {
  const listener = openListener(database.connectionString, silentLog);
  listeners.push(listener);
  const counts = sharedCounts({ database, clock, log: silentLog, exchangeMilliseconds: 20 });
  await counts.start(listener);
  started.push(counts);
  return counts;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5);
}

test("what one process counts the others know, each its own exactly and at once", async () => {
  const [one, two, three] = await Promise.all([oneProcess(), oneProcess(), oneProcess()]);
  expect(one.add("calls", 60, 5)).toBe(5);
  two.add("calls", 60, 7);
  await until(() => [one, two, three].every((each) => each.known("calls", 60) === 12));
  three.add("calls", 60, 1);
  one.add("calls", 60, 1);
  await until(() => [one, two, three].every((each) => each.known("calls", 60) === 14));
  expect(one.known("other", 60)).toBe(0);
});

test("a process that begins later learns what was counted before", async () => {
  const early = await oneProcess();
  early.add("before", 600, 3);
  await until(() => early.known("before", 600) === 3);
  const late = await oneProcess();
  await until(() => late.known("before", 600) === 3);
});

test("the next window begins with nothing, and what is told of the last one is not counted in it", async () => {
  const [one, two] = await Promise.all([oneProcess(), oneProcess()]);
  one.add("windowed", 60, 9);
  await until(() => two.known("windowed", 60) === 9);
  clock.advance(60_000);
  expect([one.known("windowed", 60), two.known("windowed", 60)]).toEqual([0, 0]);
  expect(two.add("windowed", 60, 1)).toBe(1);
  await until(() => one.known("windowed", 60) === 1);
});

test("a process that nobody listens to forgets what is past", async () => {
  const counts = sharedCounts({ database, clock, log: silentLog, exchangeMilliseconds: 1 });
  await counts.start(undefined);
  started.push(counts);
  const before = usedBytes();
  for (let window = 0; window < 20; window++) {
    for (let i = 0; i < 10_000; i++) counts.add(`wrong-codes prj_1 customer:${window}-${i}`, 60, 1);
    clock.advance(60_000);
  }
  // As many take 40 MB and more.
  await until(() => usedBytes() < before + 10_000_000);
});

test("more counts than one notification holds arrive all the same", async () => {
  const [one, two] = await Promise.all([oneProcess(), oneProcess()]);
  const names = Array.from({ length: 1_000 }, (_, i) => `${"long-name-".repeat(4)}${i}`);
  for (const name of names) one.add(name, 600, 2);
  await until(() => names.every((name) => two.known(name, 600) === 2));
});
