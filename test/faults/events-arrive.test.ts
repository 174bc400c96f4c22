/** G16: every committed change emits its event, no rollback does, and all of them arrive although those who deliver are killed. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventService } from "../../src/features/events/event-service.ts";
import { webhookService } from "../../src/features/webhooks/webhook-service.ts";
import { systemClock } from "../../src/platform/clock.ts";
import type { OperationContext } from "../../src/platform/operation.ts";
import { openOutbound } from "../../src/platform/outbound-http.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { projectWithKeys } from "../features/project-fixture.ts";
import { type Receiver, startReceiver } from "../features/webhooks/receiver.ts";
import { builtProgram } from "../processes.ts";
import type { DispatcherOptions } from "./dispatcher-process.ts";
import type { DispatcherBug } from "./event-bugs.ts";
import { nothingWrong, prepareThings, type Seen, writeEvents, wrongsOf } from "./event-history.ts";
import { patience, sized } from "./sizes.ts";

const options = { timeout: patience };
const writers = 16;
let database: TestDatabase;
let receiver: Receiver;
beforeAll(async () => {
  database = await freshDatabase({ ownerPoolSize: writers + 4 });
  await prepareThings(database);
}, patience);
afterAll(() => database.close());

/** A project with one webhook that leads to the receiver, and a project of its own for each test. */
async function openProject(): Promise<string> {
  receiver = await startReceiver();
  const { id: projectId } = await projectWithKeys(database, Date.now());
  await database.pool.query("update things set changes = 0");
  const outbound = openOutbound({ allowsEverything: true });
  const webhooks = webhookService({ database, clock: systemClock, outbound, wake: () => {} });
  await webhooks.create(contextOf(projectId), { url: receiver.url, types: [], enabled: true });
  await outbound.close();
  return projectId;
}

function contextOf(projectId: string): OperationContext {
  const change = { operation: "test", resource: "webhook", network: null, isTold: false };
  return { projectId, environment: "live", apiKeyId: "key_test", role: "admin", requestId: "test", change };
}

const received = (): Seen[] =>
  receiver.received.map(({ event: { id, subject, data } }) => ({ id, subject, place: Number(data.webhook) }));

async function startDispatcher(seededBug?: DispatcherBug): Promise<ChildProcess> {
  const { connectionString } = database;
  const told: DispatcherOptions = { connectionString, ...(seededBug !== undefined && { seededBug }) };
  const child = fork(builtProgram("test/faults/dispatcher-process.ts"), [JSON.stringify(told)], {
    execArgv: [],
  });
  await once(child, "message");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function pendingOf(projectId: string): Promise<number> {
  const { rows } = await database.pool.query<{ left: number }>(
    `select (select count(*) from outbox_events where project_id = $1 and position is null)
          + (select count(*) from webhook_deliveries where project_id = $1 and status = 'pending') as left`,
    [projectId],
  );
  return rows[0]!.left;
}

/** Reads the stream from its beginning while it is written, until `isOver` and nothing comes any more. */
async function follow(
  projectId: string,
  isOver: () => boolean,
): Promise<{ got: Seen[]; positions: number[] }> {
  const service = eventService({ database });
  const got: Seen[] = [];
  const positions: number[] = [];
  let after: number | null = null;
  for (;;) {
    const wasOver = isOver();
    const batch = await service.read(projectId, { after, limit: 500 });
    for (const { id, subject, data, position } of batch.events) {
      got.push({ id, subject, place: Number(data.webhook) });
      positions.push(position);
    }
    after = batch.position;
    if (wasOver && batch.events.length === 0) return { got, positions };
    if (!batch.hasMore) await delay(20);
  }
}

test(
  "events of sixteen writers arrive, none lost, none that never was, each subject's in order",
  options,
  async () => {
    const projectId = await openProject();
    const events = sized(1_500, 100_000);
    const kills = sized(3, 20);
    let dispatchers = await Promise.all([startDispatcher(), startDispatcher()]);
    let isDone = false;
    const following = follow(projectId, () => isDone);
    const writing = writeEvents({ database, projectId, writers, events });
    for (let i = 1; i <= kills; i++) {
      await expect
        .poll(() => receiver.received.length, { timeout: patience, interval: 20 })
        .toBeGreaterThan((i * events) / (kills + 2));
      const [oldest, other] = dispatchers;
      await kill(oldest!);
      dispatchers = [other!, await startDispatcher()];
    }
    const committed = await writing;
    await expect.poll(() => pendingOf(projectId), { timeout: patience, interval: 500 }).toBe(0);
    isDone = true;
    const { got, positions } = await following;
    await Promise.all(dispatchers.map(kill));
    expect(wrongsOf(committed, received())).toEqual(nothingWrong);
    expect(wrongsOf(committed, got)).toEqual(nothingWrong);
    expect(positions).toEqual(positions.map((_, i) => i + 1));
    expect(committed.length).toBeGreaterThanOrEqual(events);
    await receiver.close();
  },
);

describe("the checker notices", () => {
  const events = 600;

  async function delivered(projectId: string, bug?: DispatcherBug, tellsWhatNeverWas = false) {
    const dispatcher = await startDispatcher(bug);
    const committed = await writeEvents({ database, projectId, writers, events, tellsWhatNeverWas });
    const left = async () =>
      (
        await database.pool.query(
          `select 1 from outbox_events where project_id = $1 and position is null
         union all select 1 from webhook_deliveries where project_id = $1 and status = 'pending' and attempts = 0 limit 1`,
          [projectId],
        )
      ).rowCount;
    await expect.poll(left, { timeout: patience, interval: 500 }).toBe(0);
    // Those that failed once come again after ten seconds.
    await expect.poll(() => pendingOf(projectId), { timeout: patience, interval: 500 }).toBe(0);
    await kill(dispatcher);
    await receiver.close();
    return wrongsOf(committed, received());
  }

  test("an event that is noted and was not sent", options, async () => {
    const wrong = await delivered(await openProject(), "noted-unsent");
    expect(wrong).toMatchObject({ phantom: 0, outOfOrder: 0 });
    expect(wrong.lost).toBeGreaterThan(events / 40);
  });

  test("an event that does not wait for an earlier one of its subject", options, async () => {
    const wrong = await delivered(await openProject(), "any-order");
    expect(wrong).toMatchObject({ lost: 0, phantom: 0 });
    expect(wrong.outOfOrder).toBeGreaterThan(0);
  });

  test("an event of a change that was rolled back", options, async () => {
    const wrong = await delivered(await openProject(), undefined, true);
    expect(wrong.lost).toBe(0);
    expect(wrong.phantom).toBeGreaterThan(0);
  });

  test("a reader that goes on after the last number seen, without a sequencer", options, async () => {
    const projectId = await openProject();
    const got: Seen[] = [];
    let isDone = false;
    const polling = (async () => {
      let last = 0;
      for (;;) {
        const wasDone = isDone;
        const { rows } = await database.pool.query<{
          id: string;
          subject: string;
          seq: number;
          data: { webhook: string };
        }>(
          "select id, subject, seq, data from outbox_events where project_id = $1 and seq > $2 order by seq",
          [projectId, last],
        );
        for (const { id, subject, data } of rows) got.push({ id, subject, place: Number(data.webhook) });
        last = rows.at(-1)?.seq ?? last;
        if (wasDone && rows.length === 0) return;
        await delay(5);
      }
    })();
    const committed = await writeEvents({ database, projectId, writers, events });
    isDone = true;
    await polling;
    await receiver.close();
    expect(wrongsOf(committed, got).lost).toBeGreaterThan(0);
  });
});
