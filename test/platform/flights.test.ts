import { afterAll, beforeAll, expect, test } from "vitest";
import { inOneFlight } from "../../src/platform/flights.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase({ role: null });
  await database.pool.query("create table notes (text text primary key)");
});
afterAll(() => database.close());

const notes = async () =>
  (await database.pool.query("select text from notes order by text")).rows.map(({ text }) => text);

test("statements sent together are carried out in their order, each with its own answer", async () => {
  const client = await database.connect();
  const [, first, second, end] = await inOneFlight(client, () => [
    client.query("begin"),
    client.query({ name: "note", text: "insert into notes values ($1) returning text", values: ["a"] }),
    client.query({ name: "note", text: "insert into notes values ($1) returning text", values: ["b"] }),
    client.query("commit"),
  ]);
  client.release();
  expect([first.rows, second.rows, end.command]).toEqual([[{ text: "a" }], [{ text: "b" }], "COMMIT"]);
  expect(await notes()).toEqual(["a", "b"]);
});

test("a commit sent right behind a statement that fails commits nothing, and the connection goes on", async () => {
  const client = await database.connect();
  await client.query("begin");
  await client.query("insert into notes values ('c')");
  const flight = inOneFlight(client, () => [
    client.query("insert into notes values ('a')"),
    client.query("commit"),
  ]);
  await expect(flight).rejects.toMatchObject({ code: "23505" });
  expect(await notes()).toEqual(["a", "b"]);
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  client.release();
});

test("a connection that dies under a flight fails all of it", async () => {
  const client = await database.connect();
  client.on("error", () => {});
  const flight = inOneFlight(client, () => [
    client.query("select pg_terminate_backend(pg_backend_pid())"),
    client.query("insert into notes values ('d')"),
  ]);
  await expect(flight).rejects.toMatchObject({ code: "57P01" });
  client.release(true);
  expect(await notes()).toEqual(["a", "b"]);
});
