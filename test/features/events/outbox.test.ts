/** What is told of the outbox to whoever watches it. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  type EventSequencerOptions,
  eventSequencerService,
} from "../../../src/features/events/event-sequencer-service.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type ProjectWithKeys, projectWithKeys } from "../project-fixture.ts";

let database: TestDatabase;
let project: ProjectWithKeys;

beforeAll(async () => {
  database = await freshDatabase();
  project = await projectWithKeys(database, Date.now());
});
afterAll(async () => {
  await database.close();
});

const sequencer = (more: Partial<EventSequencerOptions> = {}) =>
  eventSequencerService({
    database,
    clock: systemClock,
    log: silentLog,
    retentionDays: 30,
    fanOut: async () => {},
    onDeleted: async () => {},
    ...more,
  });

let events = 0;
function writeEvent(secondsAgo: number) {
  events += 1;
  return database.pool.query(
    "insert into outbox_events (project_id, id, type, subject, data, created_at) values ($1, $2, 't', 's', '{}', now() - $3 * interval '1 second')",
    [project.id, `e${events}`, secondsAgo],
  );
}

test("the lag is that of the last round, and gone with the next that finds nothing", async () => {
  const { sequence, outbox } = sequencer();
  await writeEvent(100);
  expect(await sequence()).toBe(1);
  expect(outbox.lagSeconds()).toBeGreaterThanOrEqual(100);
  expect(await sequence()).toBe(0);
  expect(outbox.lagSeconds()).toBe(0);
});

test("a round that could not number the events of some project has not come to its end", async () => {
  let isBroken = true;
  const warn = vi.fn();
  const { start, close, outbox } = sequencer({
    log: { ...silentLog, warn },
    fanOut: async () => {
      if (isBroken) throw new Error("the receiver's table is broken");
    },
  });
  await writeEvent(0);
  const began = performance.now();
  await start();
  await expect.poll(() => warn.mock.calls.length, { timeout: 60_000 }).toBeGreaterThan(1);
  expect(outbox.roundAgeSeconds() * 1_000).toBeGreaterThan(performance.now() - began);
  isBroken = false;
  await expect
    .poll(() => outbox.roundAgeSeconds() * 1_000 < performance.now() - began, { timeout: 60_000 })
    .toBe(true);
  await close();
});
