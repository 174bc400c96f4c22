/**
 * The primary is killed under load, its synchronous follower is promoted, and the service goes on by an address that leads to
 * whichever takes writes. A proxy stands for what does this outside (HAProxy, a floating address): it first leads to the
 * follower while that is still read-only, as such things do for a moment.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { openAsOwner } from "../database.ts";
import { lies, replayAll, rudeFailures, startWork } from "./persistent-clients.ts";
import { type PrivatePostgres, startPrivatePostgres } from "./private-postgres.ts";
import { type RunningServer, startServers } from "./running-servers.ts";
import { openShop, untilKnown } from "./shop.ts";
import { patience, whenLong } from "./sizes.ts";
import { startProxy, type TcpProxy } from "./tcp-proxy.ts";

let first: PrivatePostgres;
let proxy: TcpProxy;
let servers: RunningServer[];
const urls = () => servers.map(({ url }) => url);

beforeAll(async () => {
  first = await startPrivatePostgres();
  proxy = await startProxy(first.connectionString());
  servers = await startServers(2, { connectionString: proxy.connectionString });
}, patience);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  await proxy.close();
  await first.close();
}, patience);

/** Whoever is told that something was committed is told so when the follower has it, too. */
async function followSynchronously(primary: PrivatePostgres, name: string): Promise<PrivatePostgres> {
  const follower = await primary.follower(name);
  await primary.run(`alter system set synchronous_standby_names = '${name}'`);
  await primary.run("select pg_reload_conf()");
  await expect
    .poll(async () => (await primary.run("select sync_state from pg_stat_replication"))[0], {
      timeout: patience,
    })
    .toEqual({ sync_state: "sync" });
  return follower;
}

test("a killed primary takes nothing along that was acknowledged, and nothing is redeemed twice on its follower", {
  timeout: patience,
}, async () => {
  let primary = first;
  const owner = openAsOwner(proxy.connectionString);
  const shop = await openShop(urls()[0]!, owner);
  await owner.close();
  const rule = await shop.promotion("failover", { trigger: { type: "code", code: "FAILOVER" } });
  await untilKnown(urls(), shop, { codes: ["FAILOVER"] });
  let next = 0;
  const work = startWork(shop, 16, "FAILOVER", () => urls()[next++ % urls().length]!);
  for (const round of whenLong([1, 2, 3, 4, 5], [1])) {
    const follower = await followSynchronously(primary, `follower${round}`);
    await work.acknowledged(50);
    await primary.kill();
    proxy.retarget(follower.connectionString());
    await untilReadOnly(urls()[0]!);
    await follower.run("select pg_promote()");
    primary = follower;
    await work.acknowledged(50);
  }
  await work.stop();
  await replayAll(work, shop, urls()[0]!);
  expect(servers.map((server) => [server.isRunning(), server.printed()])).toEqual(
    servers.map(() => [true, ""]),
  );
  expect(rudeFailures(work)).toEqual([]);
  const database = openAsOwner(primary.connectionString());
  expect(await lies(work, shop, rule, database)).toEqual([]);
  await expectBooksToBalance(database);
  await database.close();
  shop.close();
});

/** A follower that is asked to write says no; the service calls that a database that is away, and says so where it is asked. */
async function untilReadOnly(server: string): Promise<void> {
  await expect
    .poll(async () => (await fetch(`${server}/readyz`)).json(), { timeout: patience })
    .toMatchObject({ status: "degraded" });
}
