/** What a till that is alone asks of the database, counted on the line: the guide says how many round trips it is. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../../src/platform/database.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { startProxy, type TcpProxy } from "../../faults/tcp-proxy.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, orderOf, redeem } from "./redemption-fixture.ts";

let direct: TestDatabase;
let proxy: TcpProxy;
let database: ReturnType<typeof openDatabase>;
let api: Api;

beforeAll(async () => {
  direct = await freshDatabase();
  proxy = await startProxy(direct.connectionString);
  database = openDatabase({ connectionString: proxy.connectionString, log: silentLog });
  api = await startApi({ ...direct, ...database } as TestDatabase);
  await activePromotion(api, "counted", { limits: { total: 1_000, perCustomer: 500 } });
});
afterAll(async () => {
  await api.close();
  await database.close();
  await proxy.close();
  await direct.close();
});

test("a redemption takes three: it reads, begins and locks, writes and commits", async () => {
  const counts: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    // Whatever is asked for this order names it; what goes on beside it does not, or does so once in a while.
    const marker = `counted-order-${i}`;
    const trips = proxy.listen();
    const { status, text } = await redeem(api, orderOf({ orderRef: marker, customer: { id: marker } }));
    expect([status, text]).toEqual([201, expect.any(String)]);
    counts.push(trips.filter(({ said }) => said.includes(marker)).length);
  }
  // Of the first ones each connection has yet to be told the statements.
  expect(Math.min(...counts)).toBe(3);
  expect(counts.filter((count) => count === 3).length).toBeGreaterThan(counts.length / 2);
});
