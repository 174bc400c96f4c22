/** G08: an evaluation is a function of its cart and the rules. It writes nothing, and nothing else has a say in it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type RunningServer, startServers } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { Chance, seedOf } from "../simulation/random.ts";
import { contentsOf, demoProject, quotesFor } from "./quotes.ts";
import { randomCarts } from "./random-carts.ts";

const seed = seedOf(process.env);
let database: TestDatabase;
let servers: RunningServer[];

beforeAll(async () => {
  database = await freshDatabase();
  servers = await startServers(2, { connectionString: database.connectionString });
}, patience);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

test(`carts are priced alike by any process, whatever order rules were stored in, and nothing is written (seed ${seed})`, {
  timeout: patience,
}, async () => {
  const chance = new Chance(seed);
  const keys = [
    await demoProject(database, (index) => index),
    await demoProject(database, () => chance.next()),
  ];
  const carts = randomCarts(seed, sized(500, 10_000));
  const before = await contentsOf(database);
  const [here, there] = await Promise.all(
    servers.map(({ url }, process) => quotesFor(url, keys[process]!, carts)),
  );
  expect(there).toEqual(here);
  // Not alike because nothing applied.
  expect(here!.filter((text) => !text.includes('"promotions":[]')).length).toBeGreaterThan(carts.length / 2);
  expect(await contentsOf(database)).toEqual(before);
});
