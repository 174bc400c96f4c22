/** What waits for locks is told when it is most wanted: while every connection of the pool waits for one. */
import { expect, test } from "vitest";
import { systemClock } from "../../src/platform/clock.ts";
import { openAppBehindProxy } from "./app-behind-proxy.ts";
import { patience } from "./sizes.ts";

test(
  "waiting for locks is told while nobody gets a connection of the pool",
  async () => {
    const service = await openAppBehindProxy({ statementTimeoutMilliseconds: patience, clock: systemClock });
    const { app, database, direct, project } = service;
    const blocker = await direct.pool.connect();
    await blocker.query("begin; lock table redemptions in access exclusive mode");
    const headers = { authorization: `Bearer ${project.keys.admin}` };
    const lists = Array.from({ length: 8 }, () =>
      app.inject({ method: "GET", url: "/v1/redemptions/rdm_1", headers }),
    );
    try {
      const locks = "select count(*)::int as n from pg_locks where not granted";
      const waiting = async () => (await direct.pool.query<{ n: number }>(locks)).rows[0]!.n;
      await expect.poll(waiting, { timeout: patience }).toBe(database.pool.options.max);
      const { body } = await app.inject("/metrics");
      expect(body).toMatch(new RegExp(`^dealwright_database_lock_waits ${database.pool.options.max}$`, "m"));
    } finally {
      await blocker.query("rollback");
      blocker.release();
      await Promise.all(lists);
      await service.close();
    }
  },
  patience,
);
