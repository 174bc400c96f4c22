import { afterAll, beforeAll, expect, test } from "vitest";
import { openListener } from "../../src/platform/listen.ts";
import { silentLog } from "../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

/** Collects what arrives, and lets a test wait for the next of it. */
function inbox() {
  const received: string[] = [];
  const waiting: ((message: string) => void)[] = [];
  return {
    put: (message: string) => {
      const next = waiting.shift();
      if (next === undefined) received.push(message);
      else next(message);
    },
    take: () =>
      new Promise<string>((settle) => {
        const message = received.shift();
        if (message === undefined) waiting.push(settle);
        else settle(message);
      }),
  };
}

const notify = (channel: string, payload: string) =>
  database.pool.query("select pg_notify($1, $2)", [channel, payload]);

test("a subscriber receives what is sent on its channel, and nothing of another", async () => {
  const listener = openListener(database.connectionString, silentLog);
  const apples = inbox();
  const pears = inbox();
  await listener.subscribe("apples", apples.put, () => {});
  await listener.subscribe("Pears & more", pears.put, () => {});
  await notify("Pears & more", "one pear");
  await notify("apples", "one apple");
  expect(await apples.take()).toBe("one apple");
  expect(await pears.take()).toBe("one pear");
  await listener.close();
});

test("a subscriber whose backend dies is told to read again, and then hears on", async () => {
  const listener = openListener(database.connectionString, silentLog);
  const messages = inbox();
  const reconnections = inbox();
  await listener.subscribe("versions", messages.put, () => reconnections.put("reconnected"));
  for (const payload of ["first", "second", "third"]) {
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'dealwright-listen' and datname = current_database()`,
    );
    expect(await reconnections.take()).toBe("reconnected");
    await notify("versions", payload);
    expect(await messages.take()).toBe(payload);
  }
  await listener.close();
});

test("a subscriber that throws does not silence the others", async () => {
  const listener = openListener(database.connectionString, silentLog);
  const messages = inbox();
  await listener.subscribe(
    "shared",
    () => {
      throw new Error("a careless subscriber");
    },
    () => {},
  );
  await listener.subscribe("shared", messages.put, () => {});
  await notify("shared", "still here");
  expect(await messages.take()).toBe("still here");
  await listener.close();
});
