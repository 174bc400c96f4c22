/** What nobody waits for any more is not done, unless it was begun. */
import { request as httpRequest } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, orderOf, redeem } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
let port: number;
/** The server's ends of its connections, by the port of the other end. */
const sockets = new Map<number, Socket>();

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  api.app.server.on("connection", (socket: Socket) => sockets.set(socket.remotePort!, socket));
  await api.app.listen({ host: "127.0.0.1", port: 0 });
  port = (api.app.server.address() as AddressInfo).port;
  await activePromotion(api, "entered");
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

const waits = <Value>(value: () => Promise<Value>, expected: Value) =>
  vi.waitFor(async () => expect(await value()).toEqual(expected), { timeout: patience, interval: 20 });

/** Requests under way, the one that asks among them. */
async function requestsOpen(): Promise<string | undefined> {
  const { text } = await api.rest("GET", "/metrics");
  return /^\S*requests_open (\d+)$/m.exec(text)?.[1];
}

async function isBlocked(): Promise<boolean> {
  const { rows } = await database.pool.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows.length > 0;
}

/** An order over a connection of its own: when it is answered, and how to hang up. */
function send(orderRef: string) {
  const sent = httpRequest({
    port,
    host: "127.0.0.1",
    method: "POST",
    path: "/v1/redemptions",
    agent: false,
    headers: {
      authorization: `Bearer ${api.project.keys.checkout}`,
      "content-type": "application/json",
    },
  });
  const answered = new Promise<number | "gone">((resolve) => {
    sent.on("response", (response) => resolve(response.resume().statusCode!));
    sent.on("error", () => resolve("gone"));
  });
  sent.end(JSON.stringify(orderOf({ orderRef })));
  const hangUp = async () => {
    const own = sockets.get(sent.socket!.localPort!)!;
    sent.destroy();
    await waits(async () => own.destroyed, true);
  };
  return { answered, hangUp };
}

test("an order whose caller hung up before its batch began is dropped; one that was begun is done", async () => {
  expect((await redeem(api, orderOf({ orderRef: "before" }))).status).toBe(201);
  const other = await database.pool.connect();
  await other.query("begin; select from counters for update");
  const begun = send("begun");
  await waits(isBlocked, true);
  const [dropped, kept] = [send("dropped"), send("kept")];
  await waits(requestsOpen, "4");
  await begun.hangUp();
  await dropped.hangUp();
  await other.query("rollback");
  other.release();
  expect(await kept.answered).toBe(201);
  const { body } = await api.rest("GET", "/v1/redemptions");
  expect(body.items.map(({ orderRef }: { orderRef: string }) => orderRef).sort()).toEqual([
    "before",
    "begun",
    "kept",
  ]);
  // Whoever comes back with it is served like anybody else.
  expect(await send("dropped").answered).toBe(201);
});
