import { afterAll, beforeAll, expect, test } from "vitest";
import { loggedError } from "../../src/platform/redaction.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { bird, callAll, leaks, phone } from "./canaries.ts";
import { type RunningServer, startServer } from "./running-servers.ts";
import { openShop, type Shop } from "./shop.ts";
import { patience, sized } from "./sizes.ts";

const requests = sized(500, 5_000);

let database: TestDatabase;
let server: RunningServer;
let shop: Shop;

beforeAll(async () => {
  database = await freshDatabase();
  server = await startServer({ connectionString: database.connectionString, logLevel: "trace" });
  shop = await openShop(server.url, database);
});
afterAll(async () => {
  shop.close();
  await server.kill();
  await database.close();
});

/** Of the process and of its requests alike. */
const lineForm = /^\{"level":"[a-z]+","time":"\d{4}-\d\d-\d\dT[\d:.]+Z",.*"msg":".*\}$/;

test(
  `${requests} requests over both faces, at the most talkative level, leave nothing of anybody in the log`,
  async () => {
    await shop.promotion("all", { trigger: { type: "automatic" } });
    const statuses = await callAll(shop, server.url, 0, requests);
    expect(statuses.filter((status) => status === 200 || status === 201).length).toBeGreaterThan(
      requests / 4,
    );
    expect(statuses.filter((status) => status >= 400).length).toBeGreaterThan(requests / 4);
    const lines = server.printed().trim().split("\n");
    expect(lines.length).toBeGreaterThan(requests);
    const odd = lines.filter((line) => !lineForm.test(line));
    expect(odd).toEqual([]);
    expect(leaks(server.printed(), shop)).toEqual([]);
  },
  patience,
);

test(
  "failures of the database are logged without what they failed with",
  async () => {
    for (const table of ["coupons", "redemptions", "evaluations", "orders"])
      await database.pool.query(`alter table ${table} rename to ${table}_away`);
    const statuses = await callAll(shop, server.url, requests, 160);
    for (const table of ["coupons", "redemptions", "evaluations", "orders"])
      await database.pool.query(`alter table ${table}_away rename to ${table}`);
    expect(statuses.filter((status) => status >= 500).length).toBeGreaterThan(20);
    expect(server.printed()).toContain('"level":"error"');
    expect(server.printed()).toContain("42P01");
    expect(leaks(server.printed(), shop)).toEqual([]);
  },
  patience,
);

test("what libraries quote is left out of an error, whatever it is wrapped in", () => {
  const causes = [
    parseError(`{"name":${bird}}`),
    new Error(`Failed query: insert into customers values ($1)\nparams: ${bird},${phone}`),
    Object.assign(new Error(`invalid input syntax for type json: ${bird}`), {
      severity: "ERROR",
      code: "22P02",
      detail: `Token ${bird} is invalid`,
    }),
    new TypeError(`cannot read '${bird}' of ${phone.replaceAll(" ", "")}`),
  ];
  const printed = JSON.stringify(causes.map((cause) => loggedError(new Error("wrapped", { cause }))));
  expect(printed).toContain("Failed query: insert into customers");
  expect(printed).toContain("22P02");
  expect(printed).not.toContain(bird);
  expect(printed.replaceAll(" ", "")).not.toContain(phone.replaceAll(" ", ""));
});

function parseError(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}
