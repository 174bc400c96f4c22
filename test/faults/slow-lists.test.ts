/** Lists take what is theirs of the connections and no more, and of that exports their part: however slow they are, shops sell. */
import { expect, test } from "vitest";
import { systemClock } from "../../src/platform/clock.ts";
import { openAppBehindProxy } from "./app-behind-proxy.ts";
import { patience } from "./sizes.ts";

async function openShop() {
  const service = await openAppBehindProxy({ statementTimeoutMilliseconds: patience, clock: systemClock });
  const { app, direct, project, close } = service;
  const ask = async (method: "GET" | "POST", url: string, payload?: object) => {
    const headers = { authorization: `Bearer ${project.keys.admin}` };
    return (await app.inject({ method, url, headers, ...(payload && { payload }) })).statusCode;
  };
  return {
    ask,
    close,
    connections: service.database.pool.options.max,
    async waiting() {
      const { body } = await app.inject("/metrics");
      return Number(/^dealwright_database_connections_for_reading_waited_for (\d+)$/m.exec(body)?.[1]);
    },
    /** Whoever reads the table gets no answer until that is let go. */
    async lock(table: string) {
      const blocker = await direct.pool.connect();
      await blocker.query(`begin; lock table ${table} in access exclusive mode`);
      return async () => {
        await blocker.query("rollback");
        blocker.release();
      };
    },
  };
}

const cart = { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 100 }] };

test(
  "redemptions, carts and health have connections while lists get no answer",
  async () => {
    const { ask, waiting, lock, connections, close } = await openShop();
    const letGo = await lock("offline_flags");
    const lists = Array.from({ length: connections + 1 }, () => ask("GET", "/v1/offline/flags"));
    try {
      await expect.poll(waiting, { timeout: patience }).toBe(connections / 2 + 1);
      const order = { ...cart, source: "shop", orderRef: "o-1", mode: "commit" };
      expect(await ask("POST", "/v1/redemptions", order)).toBe(201);
      expect(await ask("POST", "/v1/evaluations", cart)).toBe(200);
      expect(await ask("GET", "/readyz")).toBe(200);
      // Others of their kind are refused in time.
      await expect.poll(waiting, { timeout: patience }).toBe(0);
    } finally {
      await letGo();
    }
    expect((await Promise.all(lists)).sort()).toEqual([200, 200, 503, 503, 503]);
    expect(await ask("GET", "/v1/offline/flags")).toBe(200);
    await close();
  },
  patience,
);

test(
  "lists have connections while exports get no answer",
  async () => {
    const { ask, waiting, lock, connections, close } = await openShop();
    const letGo = await lock("points_entries");
    const exported = "/v1/customers/c-1/points/entries/export";
    const exports = Array.from({ length: 3 }, () => ask("GET", exported));
    try {
      await expect.poll(waiting, { timeout: patience }).toBe(3 - connections / 4);
      expect(await ask("GET", "/v1/offline/flags")).toBe(200);
      await expect.poll(waiting, { timeout: patience }).toBe(0);
    } finally {
      await letGo();
    }
    expect((await Promise.all(exports)).sort()).toEqual([200, 503, 503]);
    expect(await ask("GET", exported)).toBe(200);
    await close();
  },
  patience,
);
