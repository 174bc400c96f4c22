/** Lists take what is theirs of the connections and no more: however slow they are, shops sell. */
import { expect, test } from "vitest";
import { systemClock } from "../../src/platform/clock.ts";
import { openAppBehindProxy } from "./app-behind-proxy.ts";
import { patience } from "./sizes.ts";

test(
  "redemptions, carts and health have connections while lists get no answer",
  async () => {
    const service = await openAppBehindProxy({ statementTimeoutMilliseconds: patience, clock: systemClock });
    const { app, database, direct, project } = service;
    const ask = async (method: "GET" | "POST", url: string, payload?: object) => {
      const headers = { authorization: `Bearer ${project.keys.admin}` };
      return (await app.inject({ method, url, headers, ...(payload && { payload }) })).statusCode;
    };
    const cart = { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 100 }] };
    const order = { ...cart, source: "shop", orderRef: "o-1", mode: "commit" };
    const waiting = async () => {
      const { body } = await app.inject("/metrics");
      return Number(/^dealwright_database_connections_for_reading_waited_for (\d+)$/m.exec(body)?.[1]);
    };

    const blocker = await direct.pool.connect();
    await blocker.query("begin; lock table offline_flags in access exclusive mode");
    const connections = database.pool.options.max;
    const lists = Array.from({ length: connections + 1 }, () => ask("GET", "/v1/offline/flags"));
    try {
      await expect.poll(waiting, { timeout: patience }).toBe(connections / 2 + 1);
      expect(await ask("POST", "/v1/redemptions", order)).toBe(201);
      expect(await ask("POST", "/v1/evaluations", cart)).toBe(200);
      expect(await ask("GET", "/readyz")).toBe(200);
      // Others of their kind are refused in time.
      await expect.poll(waiting, { timeout: patience }).toBe(0);
    } finally {
      await blocker.query("rollback");
      blocker.release();
    }
    expect((await Promise.all(lists)).sort()).toEqual([200, 200, 503, 503, 503]);
    expect(await ask("GET", "/v1/offline/flags")).toBe(200);
    await service.close();
  },
  patience,
);
