/** G12: PostgreSQL is stopped immediately under load, and started again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { type OwnersDatabase, openAsOwner } from "../database.ts";
import { lies, replayAll, rudeFailures, startWork } from "./persistent-clients.ts";
import { type PrivatePostgres, startPrivatePostgres } from "./private-postgres.ts";
import { type RunningServer, startServers } from "./running-servers.ts";
import { openShop, type Shop, untilKnown } from "./shop.ts";
import { patience, sized } from "./sizes.ts";
import { startProxy, type TcpProxy } from "./tcp-proxy.ts";

const options = { timeout: patience };
let postgres: PrivatePostgres;
let proxy: TcpProxy;
let servers: RunningServer[];
const urls = () => servers.map(({ url }) => url);

beforeAll(async () => {
  postgres = await startPrivatePostgres();
  proxy = await startProxy(postgres.connectionString());
  servers = await startServers(2, { connectionString: proxy.connectionString });
}, patience);
afterAll(async () => {
  await directly((database) => expectBooksToBalance(database));
  await Promise.all(servers.map((server) => server.kill()));
  await proxy.close();
  await postgres.close();
}, patience);

/** Past the proxy, with a connection of its own. */
async function directly<T>(work: (database: OwnersDatabase) => Promise<T>): Promise<T> {
  const database = openAsOwner(postgres.connectionString());
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

async function shopWith(code: string): Promise<{ shop: Shop; rule: string }> {
  const shop = await directly((database) => openShop(urls()[0]!, database));
  const rule = await shop.promotion(code.toLowerCase(), { trigger: { type: "code", code } });
  await untilKnown(urls(), shop, { codes: [code] });
  return { shop, rule };
}

test(
  "what was acknowledged is there, failures say when to come again, and work goes on by itself",
  options,
  async () => {
    const { shop, rule } = await shopWith("PLUG");
    let next = 0;
    const work = startWork(shop, 16, "PLUG", () => urls()[next++ % urls().length]!);
    for (let round = 0; round < sized(2, 20); round++) {
      await work.acknowledged(20);
      postgres.pullPlug();
      await postgres.restart();
      proxy.retarget(postgres.connectionString());
    }
    await work.acknowledged(20);
    await work.stop();
    await replayAll(work, shop, urls()[0]!);
    expect(servers.map((server) => [server.isRunning(), server.printed()])).toEqual(
      servers.map(() => [true, ""]),
    );
    expect(rudeFailures(work)).toEqual([]);
    expect(await directly((database) => lies(work, shop, rule, database))).toEqual([]);
    shop.close();
  },
);

test(
  "a transaction whose number is given out again after the crash is not taken for committed",
  options,
  async () => {
    const { shop, rule } = await shopWith("AGAIN");
    const work = startWork(shop, 1, "AGAIN", () => urls()[0]!);
    await work.acknowledged(5);
    await new Promise<void>((settle) => {
      proxy.onCommit = () => {
        proxy.onCommit = () => "pass";
        postgres.pullPlug();
        settle();
        return "lose the request";
      };
    });
    await postgres.restart();
    // Other work gets the numbers of what was lost, and commits, before the server may ask.
    await directly(async ({ pool }) => {
      for (let i = 0; i < 50; i++) await pool.query("select pg_current_xact_id()");
    });
    proxy.retarget(postgres.connectionString());
    await work.acknowledged(5);
    await work.stop();
    await replayAll(work, shop, urls()[0]!);
    expect(await directly((database) => lies(work, shop, rule, database))).toEqual([]);
    shop.close();
  },
);
