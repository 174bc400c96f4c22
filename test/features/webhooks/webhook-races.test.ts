/** What is noted of an attempt, against what its owner does at the same instant. */
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { withTransaction } from "../../../src/platform/database.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Receiver, startReceiver, status } from "./receiver.ts";
import { startWires, type Wires } from "./webhook-fixture.ts";

let database: TestDatabase;
let receiver: Receiver;
let wires: Wires;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  receiver = await startReceiver();
  wires = await startWires(database);
});
afterEach(async () => {
  await wires.close();
  await receiver.close();
});

const register = () => wires.webhooks.create(wires.context, { url: receiver.url, types: [], enabled: true });
const logOf = async (id: string) =>
  (await wires.webhooks.deliveries(wires.projectId, id, { limit: 200 })).items;
/** Until so many statements wait for a lock. */
const untilWaiting = (many: number) =>
  expect
    .poll(
      async () =>
        (
          await database.pool.query(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          )
        ).rowCount,
      { timeout: 30_000 },
    )
    .toBe(many);

/** An attempt is answered while its owner is in the midst of `change`, which has locked the webhook and reads its secrets. */
async function answerDuring<T>(
  code: number,
  change: () => Promise<T>,
  whileBothWait: () => Promise<void> = async () => {},
): Promise<T> {
  let changed: Promise<T> | undefined;
  const midst = await database.pool.connect();
  await midst.query("begin");
  receiver.answer(async (response) => {
    receiver.answer(status(204));
    await midst.query("lock table webhook_secrets in access exclusive mode");
    changed = change();
    await untilWaiting(1);
    response.writeHead(code).end();
  });
  const delivered = wires.dispatch.deliverDue();
  try {
    await untilWaiting(2);
    await whileBothWait();
  } finally {
    await midst.query("commit");
    midst.release();
  }
  await delivered;
  return changed!;
}

/** Its first attempt has failed, and the second is due. */
async function failOnce(id: string): Promise<void> {
  receiver.answer(status(400));
  await wires.tell("a");
  await wires.tell("a");
  await wires.dispatch.deliverDue();
  expect(await logOf(id)).toMatchObject([{ attempts: 0 }, { attempts: 1, responseStatus: 400 }]);
  wires.clock.advance(10_000);
}

test("a failure that comes while the webhook is moved is not noted at all: the new address is asked at once", async () => {
  const { id } = await register();
  await failOnce(id);
  await answerDuring(500, () =>
    wires.webhooks.change(wires.context, id, { url: `${receiver.url}/elsewhere` }),
  );
  expect(receiver.received.map(({ path }) => path)).toEqual(["/", "/", "/elsewhere", "/elsewhere"]);
  expect(await logOf(id)).toMatchObject([
    { status: "delivered", attempts: 1 },
    { status: "delivered", attempts: 2, responseStatus: 204 },
  ]);
});

test.each([500, 204])(
  "whoever notes %d holds nothing that the deletion of the webhook waits for",
  async (code) => {
    const { id } = await register();
    await failOnce(id);
    const free = "select 1 from webhook_deliveries where webhook_id = $1 for update skip locked";
    const removed = answerDuring(
      code,
      () => wires.webhooks.remove(wires.context, id),
      async () => expect((await database.pool.query(free, [id])).rowCount).toBe(2),
    );
    expect(await removed).toMatchObject({ id });
    const left = "select 1 from webhook_deliveries where webhook_id = $1";
    expect((await database.pool.query(left, [id])).rowCount).toBe(0);
  },
);

test("a success that comes while the webhook is switched on again is noted, and what follows goes on", async () => {
  const { id } = await register();
  await failOnce(id);
  wires.clock.advance(-10_000);
  const [, head] = await logOf(id);
  await wires.webhooks.replay(wires.projectId, id, head!.id);
  await answerDuring(204, () => wires.webhooks.change(wires.context, id, { enabled: true }));
  expect(await logOf(id)).toMatchObject([
    { status: "delivered", attempts: 1 },
    { status: "delivered", attempts: 1 },
  ]);
  expect(receiver.received).toHaveLength(3);
});

test.each([400, 204])("%d is noted once whoever holds what follows of its subject lets go", async (code) => {
  const { id } = await register();
  await failOnce(id);
  const [follower, head] = await logOf(id);
  wires.clock.advance(-9_000);
  await wires.webhooks.replay(wires.projectId, id, head!.id);
  await withTransaction(database, wires.projectId, async (connection) => {
    receiver.answer(async (response) => {
      receiver.answer(status(204));
      const hold = sql`update webhook_deliveries set response = '' where event_id = ${follower!.id}`;
      await connection.execute(hold);
      response.writeHead(code).end();
    });
    void wires.dispatch.deliverDue();
    await untilWaiting(1);
  });
  await wires.dispatch.deliverDue();
  const log = await logOf(id);
  expect(log).toMatchObject([{ attempts: code === 204 ? 1 : 0 }, { attempts: 1, responseStatus: code }]);
  expect(log[0]!.dueAt).toBe(log[1]!.dueAt);
});
