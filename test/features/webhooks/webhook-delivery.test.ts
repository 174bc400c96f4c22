/** G17: webhooks arrive. The clock stands still until it is moved; the receiver is a real one. */
import type { ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { eventCustomerData } from "../../../src/features/events/event-customer-service.ts";
import { recordEvents } from "../../../src/features/events/event-service.ts";
import { newEvent } from "../../../src/features/events/event-types.ts";
import {
  mostJitter,
  nextAttemptAt,
  retryAfterOf,
  retryDelaysSeconds,
} from "../../../src/features/webhooks/webhook-schedule.ts";
import { signedHeaders } from "../../../src/features/webhooks/webhook-signature.ts";
import { withTransaction } from "../../../src/platform/database.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Receiver, startReceiver, status } from "./receiver.ts";
import { startWires, type Wires } from "./webhook-fixture.ts";

const hour = 3_600_000;
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
  // The next test has receivers and a clock of its own.
  await database.pool.query("delete from webhook_deliveries");
});

const register = (rest: object = {}) =>
  wires.webhooks.create(wires.context, { url: receiver.url, types: [], enabled: true, ...rest });
const logOf = async (id: string) =>
  (await wires.webhooks.deliveries(wires.projectId, id, { limit: 200 })).items;
const deliverIn = async (milliseconds: number) => {
  wires.clock.advance(milliseconds);
  await wires.dispatch.deliverDue();
};
const subjects = () => receiver.received.map(({ event }) => event.subject);

test("signatures are those of the Standard Webhooks vectors, and what is sent verifies", async () => {
  const vector = signedHeaders(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    now: 1_614_265_330_000,
    body: '{"test": 2432232314}',
  });
  expect(vector).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
  const now = Date.now();
  wires.clock.advance(now - wires.clock.now());
  const { secret } = await register();
  await wires.tell("a");
  await wires.dispatch.deliverDue();
  const [got] = receiver.received;
  expect(got?.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
  const verify = (body: string, key = secret) => new Webhook(key).verify(body, got!.headers);
  expect(verify(got!.body)).toMatchObject({
    specversion: "1.0",
    subject: "a",
    id: got?.headers["webhook-id"],
  });
  expect(() => verify(`${got!.body} `)).toThrow();
  expect(() => verify(got!.body, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).toThrow();
});

test("while secrets are rotated both verify, and afterwards only the new one", async () => {
  wires.clock.advance(Date.now() - wires.clock.now());
  const { id, secret: old } = await register();
  const { secret: fresh, secrets } = await wires.webhooks.rotate(wires.context, id, 60);
  expect(secrets.map(({ expiresAt }) => expiresAt === null)).toEqual([true, false]);
  await wires.tell("a");
  await wires.dispatch.deliverDue();
  for (const key of [old, fresh])
    new Webhook(key).verify(receiver.received[0]!.body, receiver.received[0]!.headers);
  wires.clock.advance(60_000);
  await wires.tell("b");
  await wires.dispatch.deliverDue();
  new Webhook(fresh).verify(receiver.received[1]!.body, receiver.received[1]!.headers);
  expect(() => new Webhook(old).verify(receiver.received[1]!.body, receiver.received[1]!.headers)).toThrow();
});

test("a receiver that is down for 70 hours gets everything in the end, at the scheduled instants and in order", async () => {
  const { id } = await register();
  receiver.answer(status(503));
  await wires.tell("a", "b");
  await wires.tell("a");
  await wires.dispatch.deliverDue();
  // The failure of one says that the receiver is not well: the other waits for five seconds.
  await deliverIn(5_000);
  const from = Date.parse((await logOf(id)).at(-1)!.createdAt);
  const attemptedAt: number[] = [];
  for (;;) {
    const oldest = (await logOf(id)).filter(({ subject }) => subject === "a").at(-1)!;
    attemptedAt.push(Date.parse(oldest.attemptedAt!) - from);
    const next = Date.parse(oldest.dueAt!);
    if (next - from >= 70 * hour) break;
    await deliverIn(next - wires.clock.now());
    await deliverIn(5_000);
  }
  let due = 0;
  const scheduled = [0, ...retryDelaysSeconds.map((seconds) => (due += seconds * 1_000))];
  // Some rest after another's failure may come on top.
  for (const [index, at] of attemptedAt.entries())
    expect(at - scheduled[index]!).toBeLessThanOrEqual(10_000 * (index + 1));
  expect(attemptedAt.length).toBeGreaterThan(10);
  // The last one is not sent before the first of its subject is there.
  expect(receiver.received.every(({ event }) => event.sequence !== "0000000000000003")).toBe(true);
  receiver.received.length = 0;
  receiver.answer(status(204));
  await deliverIn(9 * hour);
  await deliverIn(9 * hour);
  expect((await logOf(id)).map((delivery) => delivery.status)).toEqual([
    "delivered",
    "delivered",
    "delivered",
  ]);
  const ofA = receiver.received
    .filter(({ event }) => event.subject === "a")
    .map(({ event }) => event.sequence);
  expect(ofA).toEqual([...ofA].sort());
  expect(new Set(receiver.received.map(({ event }) => event.sequence)).size).toBe(3);
  expect(await wires.webhooks.webhook(wires.projectId, id)).toMatchObject({
    enabled: true,
    failingSince: null,
  });
});

test("one that takes nothing for three days is not served any more, which is an event; what was queued waits", async () => {
  const watcher = await startReceiver();
  await register({ url: watcher.url });
  const { id } = await register();
  receiver.answer(status(500));
  await wires.tell("a");
  await wires.tell("a");
  for (let i = 0; i < 20; i++) await deliverIn(9 * hour);
  expect(receiver.received).toHaveLength(9);
  expect(await wires.webhooks.webhook(wires.projectId, id)).toMatchObject({
    enabled: false,
    disabledReason: "failing",
  });
  await wires.number();
  await wires.dispatch.deliverDue();
  expect(watcher.received.at(-1)?.event).toMatchObject({
    type: "dealwright.webhook.disabled",
    subject: id,
    data: { webhook: id, reason: "failing" },
  });
  // Nothing is queued for it now, but what was is sent once it is switched on.
  await wires.tell("later");
  receiver.received.length = 0;
  receiver.answer(status(200));
  await wires.webhooks.change(wires.context, id, { enabled: true });
  await wires.dispatch.deliverDue();
  expect(subjects()).toEqual(["a", "a"]);
  await watcher.close();
});

test("after its last attempt an event is dead, what follows of its subject goes on, and it can be replayed", async () => {
  const { id } = await register();
  // Another subject is taken, so that the receiver itself does not fail for three days.
  receiver.answer((response, { event }) =>
    response.writeHead(event.subject === "bad" ? 400 : 200).end("no\0 \u{1f600}"),
  );
  await wires.tell("bad", "good");
  await wires.tell("bad");
  await wires.dispatch.deliverDue();
  for (let i = 0; i < retryDelaysSeconds.length; i++) {
    await wires.tell("good");
    await deliverIn(9 * hour);
  }
  const log = await logOf(id);
  const ofBad = log.filter(({ subject }) => subject === "bad");
  expect(ofBad.map((delivery) => [delivery.status, delivery.dueAt === null])).toEqual([
    ["pending", false],
    ["dead", true],
  ]);
  expect(ofBad[1]).toMatchObject({
    attempts: 15,
    responseStatus: 400,
    response: "no\ufffd \u{1f600}",
    failure: null,
  });
  expect(
    log.filter(({ subject }) => subject === "good").every((delivery) => delivery.status === "delivered"),
  ).toBe(true);
  expect(wires.dispatch.died()).toBe(1);
  receiver.answer(status(200));
  receiver.received.length = 0;
  expect(await wires.webhooks.replayDead(wires.projectId, id)).toEqual({ replayed: 1 });
  await deliverIn(9 * hour);
  expect(receiver.received.map(({ event }) => event.sequence)).toEqual(
    ofBad
      .map(({ id: eventId }) => receiver.received.find(({ event }) => event.id === eventId)!.event.sequence)
      .reverse(),
  );
  await wires.webhooks.replay(wires.projectId, id, ofBad[0]!.id);
  await wires.dispatch.deliverDue();
  expect(receiver.received).toHaveLength(3);
});

test("what comes for a subject that waits for its next attempt waits as long, and nobody is busy with it meanwhile", async () => {
  const { id } = await register();
  receiver.answer((response, { event }) => response.writeHead(event.subject === "a" ? 400 : 200).end());
  await wires.tell("a");
  await wires.dispatch.deliverDue();
  await wires.tell("a", "b");
  await wires.tell("a");
  await wires.dispatch.deliverDue();
  expect(subjects()).toEqual(["a", "b"]);
  const [head, ...rest] = (await logOf(id)).filter(({ subject }) => subject === "a").reverse();
  expect(rest.map(({ dueAt }) => dueAt)).toEqual([head!.dueAt, head!.dueAt]);
  receiver.answer(status(200));
  await deliverIn(10_000);
  expect(subjects()).toEqual(["a", "b", "a", "a", "a"]);
});

test("what a webhook is still to get is told, and how long it has been failing", async () => {
  wires.clock.advance(Date.now() - wires.clock.now() - hour);
  await register();
  receiver.answer(status(503));
  await wires.tell("a", "b");
  await wires.dispatch.deliverDue();
  const behind = await wires.dispatch.backlog();
  expect(behind.undelivered).toBe(2);
  // By the clock of the database, for which all this was an hour ago.
  expect(behind.failingSeconds).toBeGreaterThan(3_500);
  expect(behind.overdueSeconds).toBeGreaterThan(3_000);
  receiver.answer(status(200));
  await deliverIn(5_000);
  await deliverIn(5_000);
  expect(await wires.dispatch.backlog()).toMatchObject({ undelivered: 0, overdueSeconds: 0 });
});

test("410 ends it at once", async () => {
  const { id } = await register();
  receiver.answer(status(410));
  await wires.tell("a", "b");
  await wires.dispatch.deliverDue();
  await deliverIn(100 * hour);
  expect(await wires.webhooks.webhook(wires.projectId, id)).toMatchObject({
    enabled: false,
    disabledReason: "gone",
  });
  expect(receiver.received.length).toBeLessThanOrEqual(2);
});

test("a redirect is a failure and never followed", async () => {
  const other = await startReceiver();
  const { id } = await register();
  for (const code of [301, 302, 307, 308]) {
    receiver.answer(status(code, { location: `${other.url}/elsewhere` }));
    await wires.tell(`r${code}`);
    await deliverIn(10_000);
  }
  // After each the receiver is left alone for five seconds.
  for (let i = 0; i < 10; i++) await deliverIn(5_000);
  expect(other.received).toEqual([]);
  expect((await logOf(id)).every((delivery) => delivery.status === "pending" && delivery.attempts > 0)).toBe(
    true,
  );
  await other.close();
});

test("429 with Retry-After leaves the receiver alone for so long, whatever else is due", async () => {
  const { id } = await register();
  receiver.answer(status(429, { "retry-after": "3600" }));
  await wires.tell("a");
  await wires.dispatch.deliverDue();
  await wires.tell("b");
  receiver.answer(status(200));
  await deliverIn(3_599_000);
  expect(receiver.received).toHaveLength(1);
  await deliverIn(1_000);
  expect(subjects()).toEqual(["a", "a", "b"]);
  expect((await logOf(id)).map((delivery) => delivery.status)).toEqual(["delivered", "delivered"]);
});

test("the longest rest that a receiver asks for is kept, whatever is answered beside it", async () => {
  const { id } = await register();
  const isResting = async () =>
    (await database.pool.query("select 1 from webhooks where id = $1 and not_before is not null", [id]))
      .rowCount;
  receiver.answer((response, { event: { subject } }) => {
    if (subject === "asks") response.writeHead(429, { "retry-after": "3600" }).end();
    // Sent beside it, and answered when it is noted already.
    else
      void expect
        .poll(isResting, { timeout: 30_000 })
        .toBe(1)
        .finally(() => response.writeHead(subject === "well" ? 200 : 503).end());
  });
  await wires.tell("asks", "well", "unwell");
  await wires.dispatch.deliverDue();
  receiver.answer(status(200));
  await wires.tell("more");
  await deliverIn(3_599_000);
  expect(subjects().sort()).toEqual(["asks", "unwell", "well"]);
  await deliverIn(1_000);
  expect(subjects().slice(3).sort()).toEqual(["asks", "more", "unwell"]);
});

test("once a webhook was moved, rotated or switched off nothing more is sent the old way", async () => {
  const other = await startReceiver();
  const { id } = await register();
  const changes = async () => {
    await wires.webhooks.change(wires.context, id, { url: other.url });
    return (await wires.webhooks.rotate(wires.context, id, 0)).secret;
  };
  wires.clock.advance(Date.now() - wires.clock.now());
  let changed: Promise<string> | undefined;
  const answerOnce = (work: () => Promise<unknown>) => (response: ServerResponse) =>
    void work().finally(() => response.writeHead(200).end());
  receiver.answer(answerOnce(() => (changed ??= changes())));
  let stopped: Promise<unknown> | undefined;
  const stop = () => wires.webhooks.change(wires.context, id, { enabled: false });
  other.answer((response) => {
    if (other.received.length > 10) answerOnce(() => (stopped ??= stop()))(response);
    else status(200)(response);
  });
  await wires.tell(...Array.from({ length: 60 }, (_, i) => `m-${i}`));
  await wires.dispatch.deliverDue();
  // Eight are sent side by side.
  expect(receiver.received).toHaveLength(8);
  const key = new Webhook(await changed!);
  for (const { body, headers } of other.received) key.verify(body, headers);
  expect(other.received.length).toBeGreaterThan(10);
  expect(other.received.length).toBeLessThanOrEqual(18);
  const log = await logOf(id);
  expect(log.filter((delivery) => delivery.status === "delivered")).toHaveLength(8 + other.received.length);
  expect(new Set([...receiver.received, ...other.received].map(({ event }) => event.id)).size).toBe(
    8 + other.received.length,
  );
  await other.close();
});

test("what the old address answers after the move counts for nothing", async () => {
  const other = await startReceiver();
  const { id } = await register();
  receiver.answer(
    (response) =>
      void wires.webhooks
        .change(wires.context, id, { url: other.url })
        .finally(() => response.writeHead(410).end()),
  );
  await wires.tell("a");
  await wires.dispatch.deliverDue();
  expect(other.received.map(({ event }) => event.subject)).toEqual(["a"]);
  expect(await wires.webhooks.webhook(wires.projectId, id)).toMatchObject({
    enabled: true,
    failingSince: null,
  });
  await other.close();
});

test("one that does not answer fails, and so does one that is not there; one that answers endlessly is cut off", async () => {
  const impatient = await startWires(database, { timeoutMilliseconds: 300 });
  const silent = await impatient.webhooks.create(impatient.context, {
    url: receiver.url,
    types: [],
    enabled: true,
  });
  receiver.answer(() => {});
  await impatient.tell("slow");
  await impatient.dispatch.deliverDue();
  const [slow] = (await impatient.webhooks.deliveries(impatient.projectId, silent.id, { limit: 1 })).items;
  expect(slow).toMatchObject({ status: "pending", attempts: 1, responseStatus: null, failure: "timed_out" });
  await impatient.webhooks.remove(impatient.context, silent.id);
  await impatient.close();

  const { id } = await register();
  receiver.answer((response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(10_000)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  });
  await wires.tell("endless");
  await wires.dispatch.deliverDue();
  expect((await logOf(id))[0]).toMatchObject({ status: "delivered", response: "x".repeat(1_000) });
  await receiver.close();
  await wires.tell("nobody");
  await wires.dispatch.deliverDue();
  expect((await logOf(id))[0]).toMatchObject({ responseStatus: null, failure: "connection_failed" });
  receiver = await startReceiver();
});

test("a slow receiver holds up nobody but itself", async () => {
  const slow = await startReceiver();
  const held: (() => void)[] = [];
  slow.answer((response) => held.push(() => response.writeHead(200).end()));
  await register({ url: slow.url });
  await register();
  await wires.tell(...Array.from({ length: 100 }, (_, i) => `s-${i}`));
  wires.dispatch.start();
  wires.dispatch.wake();
  await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(100);
  expect(slow.received.length).toBeLessThanOrEqual(8);
  for (const let_ of held) let_();
  slow.answer(status(200));
  await wires.dispatch.close();
  await slow.close();
});

test("two processes share the webhooks, and each event of a webhook is sent by one of them", async () => {
  const { id } = await register();
  const second = await startWires(database);
  await wires.tell(...Array.from({ length: 200 }, (_, i) => `p-${i % 40}`));
  await Promise.all([wires.dispatch.deliverDue(), second.dispatch.deliverDue()]);
  await wires.dispatch.deliverDue();
  expect((await logOf(id)).filter((delivery) => delivery.status !== "delivered")).toEqual([]);
  expect(receiver.received).toHaveLength(200);
  await second.close();
});

test("jitter only ever adds, at most a tenth, and the last attempt comes after three days", () => {
  const total = (random: number) => {
    let at: number | null = 0;
    let last = 0;
    for (let attempts = 1; at !== null; attempts++) {
      last = at;
      at = nextAttemptAt(attempts, at, random);
    }
    return last / hour;
  };
  expect(total(0)).toBeGreaterThanOrEqual(72);
  expect(total(0.999)).toBeLessThanOrEqual(72.1 * (1 + mostJitter));
});

test("Retry-After is read as seconds or a date, and at most a day is waited", () => {
  const now = Date.parse("2026-11-11T00:00:00Z");
  expect(retryAfterOf("120", now)).toBe(now + 120_000);
  expect(retryAfterOf("Wed, 11 Nov 2026 00:01:00 GMT", now)).toBe(now + 60_000);
  expect(retryAfterOf("999999999", now)).toBe(now + 24 * hour);
  for (const text of [null, "", "soon", "-1", "0", "Tue, 10 Nov 2026 00:00:00 GMT"])
    expect(retryAfterOf(text, now)).toBeNull();
});

test("events that are deleted take their deliveries along", async () => {
  const { id } = await register({ enabled: false });
  await wires.webhooks.change(wires.context, id, { enabled: true });
  await wires.tell("old");
  expect(await logOf(id)).toHaveLength(1);
  wires.clock.advance(Date.now() - wires.clock.now() + 31 * 24 * hour);
  await wires.cleanUp();
  expect(await logOf(id)).toEqual([]);
});

test("an event that is erased while it is numbered keeps its place, and is told under the pseudonym", async () => {
  await register();
  const { projectId } = wires;
  const placed = newEvent("dealwright.order.placed", "o-1", {
    order: "o-1",
    version: 1,
    status: "placed",
    customer: "anna",
    currency: "CNY",
    total: 1,
    redemption: null,
  });
  await withTransaction(database, projectId, (connection) => recordEvents(connection, projectId, [placed]));
  const waiting =
    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  let numbering: Promise<number> | undefined;
  await withTransaction(database, projectId, async (connection) => {
    await eventCustomerData.erase(connection, { projectId, id: "anna", pseudonym: "erased:1" });
    numbering = wires.number();
    await expect.poll(async () => (await database.pool.query(waiting)).rowCount).toBe(1);
  });
  expect(await numbering).toBe(1);
  await wires.tell("after");
  await wires.dispatch.deliverDue();
  const told = receiver.received.map(({ event }) => [
    Number(event.sequence),
    event.subject,
    event.data.customer,
  ]);
  expect(told.sort()).toEqual([
    [1, "o-1", "erased:1"],
    [2, "after", undefined],
  ]);
});
