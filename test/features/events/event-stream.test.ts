/** Server-Sent Events over real sockets. */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventService, recordEvents } from "../../../src/features/events/event-service.ts";
import { eventStreamService } from "../../../src/features/events/event-stream-service.ts";
import { newEvent } from "../../../src/features/events/event-types.ts";
import type { Caller } from "../../../src/platform/auth.ts";
import { withTransaction } from "../../../src/platform/database.ts";
import { type Listener, openListener } from "../../../src/platform/listen.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { newStreamPlaces } from "../../../src/platform/stream-places.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";

let database: TestDatabase;
let listener: Listener;
let api: Api;
/** Another process on the same database. */
let elsewhere: Api;
let url: string;
beforeAll(async () => {
  database = await freshDatabase();
  listener = openListener(database.connectionString, silentLog);
  api = await startApi(database, { listener });
  elsewhere = await startApi(database, { clock: api.clock });
  url = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await elsewhere.close();
  await api.close();
  await listener.close();
  await database.close();
});

interface Stream {
  readonly response: IncomingMessage;
  /** Once so many events have come: their ids and subjects. */
  taken(count: number): Promise<{ id: string; subject: string }[]>;
  readonly ended: Promise<unknown>;
}

async function open(path = "/v1/events/stream", headers: Record<string, string> = {}): Promise<Stream> {
  const request = get(`${url}${path}`, {
    headers: { authorization: `Bearer ${api.project.keys.viewer}`, ...headers },
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  let text = "";
  const events: { id: string; subject: string }[] = [];
  response.on("data", (piece: string) => {
    const pieces = `${text}${piece}`.split("\n\n");
    text = pieces.pop() ?? "";
    for (const whole of pieces) {
      const [, id, data] = /^id: (\S+)\nevent: \S+\ndata: (.*)$/.exec(whole) ?? [];
      if (id === undefined || data === undefined) isOpen ||= whole.startsWith("retry:");
      else events.push({ id, subject: (JSON.parse(data) as { subject: string }).subject });
    }
  });
  // A connection that the test itself breaks off is no fault.
  response.on("error", () => {});
  let isOpen = false;
  const ended = new Promise((settle) => response.once("end", settle));
  // Until the first piece is there, so that whatever is told next is new to it.
  await expect.poll(() => isOpen, { timeout: 30_000 }).toBe(true);
  return {
    response,
    ended,
    async taken(count) {
      await expect.poll(() => events.length, { timeout: 50_000 }).toBeGreaterThanOrEqual(count);
      return events;
    },
  };
}

function tell(...subjects: string[]): Promise<void> {
  return withTransaction(database, api.project.id, (connection) =>
    recordEvents(
      connection,
      api.project.id,
      subjects.map((webhook) => newEvent("dealwright.webhook.test", webhook, { webhook })),
    ),
  );
}

test("a stream tells what comes from now on, and goes on where its client left off", async () => {
  await tell("before");
  await expect
    .poll(async () => (await api.rest("GET", "/v1/events")).body.items.length, { timeout: 30_000 })
    .toBe(1);
  const stream = await open();
  expect(stream.response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  await tell("a", "b", "c");
  const events = await stream.taken(3);
  expect(events.map(({ subject }) => subject)).toEqual(["a", "b", "c"]);
  stream.response.destroy();
  const again = await open("/v1/events/stream", { "last-event-id": events[0]!.id });
  expect((await again.taken(2)).map(({ subject }) => subject)).toEqual(["b", "c"]);
  const filtered = await open(`/v1/events/stream?after=${events[0]!.id}&types=dealwright.job.finished`);
  await tell("d");
  await again.taken(3);
  expect(await filtered.taken(0)).toEqual([]);
  again.response.destroy();
  filtered.response.destroy();
});

test("what cannot be streamed is refused before the stream begins", async () => {
  const { body } = await api.rest("GET", "/v1/events/stream", { headers: { "last-event-id": "x" } });
  expect(body.code).toBe("invalid-cursor");
  expect((await api.rest("GET", "/v1/events/stream", { role: "pos" })).status).toBe(403);
});

test("a client that takes nothing holds nothing up, and reads all of it in the end", async () => {
  const stream = await open();
  stream.response.pause();
  const subjects = Array.from({ length: 500 }, (_, i) => `${i} ${"x".repeat(4_000)}`);
  await tell(...subjects);
  const other = await open("/v1/events/stream");
  await tell("last");
  await expect.poll(async () => (await other.taken(0)).at(-1)?.subject, { timeout: 30_000 }).toBe("last");
  stream.response.resume();
  expect((await stream.taken(501)).map(({ subject }) => subject)).toEqual([...subjects, "last"]);
  stream.response.destroy();
  other.response.destroy();
});

test("when the server closes, streams end as if they were complete, and are not broken off", async () => {
  const own = await startApi(database, { listener });
  const before = url;
  url = await own.app.listen({ host: "127.0.0.1", port: 0 });
  const keys = api.project.keys;
  Object.assign(api.project, { keys: own.project.keys });
  const stream = await open();
  Object.assign(api.project, { keys });
  url = before;
  await own.close();
  await stream.ended;
  expect(stream.response.complete).toBe(true);
});

const watcher = (apiKeyId = "key_1", projectId = api.project.id): Caller => ({
  projectId,
  apiKeyId,
  environment: "live",
  role: "viewer",
});

describe.each(["/v1/events/stream", "/v1/campaigns/watched/live/stream"])(
  "with a key of its own, %s",
  (path) => {
    beforeAll(async () => {
      const startsAt = new Date(api.clock.now()).toISOString();
      const body = { key: "watched", name: "Watched", startsAt, endsAt: "2027-01-01T00:00:00Z" };
      await api.rest("POST", "/v1/campaigns", { body });
    });
    const keyed = async (fields: object = {}): Promise<{ id: string; secret: string }> =>
      (
        await api.rest("POST", "/v1/api-keys", {
          body: { name: "Watcher", role: "viewer", environment: "live", ...fields },
        })
      ).body;
    const openWith = (secret: string) => open(path, { authorization: `Bearer ${secret}` });
    const endsQuietly = async ({ ended, response }: Stream) => {
      await ended;
      expect(response.complete).toBe(true);
    };

    test("a stream ends within five seconds after its key was revoked in another process", async () => {
      const { id, secret } = await keyed();
      const [stream, other] = [await openWith(secret), await open(path)];
      expect(
        (await elsewhere.rest("DELETE", `/v1/api-keys/${id}`, { key: api.project.keys.admin })).status,
      ).toBe(200);
      api.clock.advance(4_900);
      await endsQuietly(stream);
      expect(other.response.complete).toBe(false);
      other.response.destroy();
    });

    test("a stream ends when its key expires", async () => {
      const expiresAt = new Date(api.clock.now() + 60_000).toISOString();
      const stream = await openWith((await keyed({ expiresAt })).secret);
      api.clock.advance(60_000);
      await endsQuietly(stream);
    });

    test("a stream with the old secret ends when the rotation does, one with the new secret goes on", async () => {
      const { id, secret } = await keyed();
      const old = await openWith(secret);
      const rotated = await api.rest("POST", `/v1/api-keys/${id}/rotate`, { body: { graceSeconds: 60 } });
      const fresh = await openWith(rotated.body.secret);
      api.clock.advance(60_000);
      await endsQuietly(old);
      expect(fresh.response.complete).toBe(false);
      fresh.response.destroy();
    });

    test("twenty streams are open at once and no more, and others have theirs", async () => {
      const { secret } = await keyed();
      const streams = await Promise.all(Array.from({ length: 20 }, () => openWith(secret)));
      const refused = await api.rest("GET", path, { key: secret });
      expect([refused.status, refused.body]).toMatchObject([
        429,
        { code: "too-many-requests", detail: "The key has 20 of these streams open, as many as it may." },
      ]);
      expect(refused.headers["retry-after"]).toBe("5");
      const other = await open(path);
      streams[0]!.response.destroy();
      let again: number | undefined;
      await expect
        .poll(
          async () => {
            const request = get(`${url}${path}`, { headers: { authorization: `Bearer ${secret}` } });
            const [response] = (await once(request, "response")) as [IncomingMessage];
            again = response.statusCode;
            response.on("error", () => {}).destroy();
            return again;
          },
          { timeout: patience },
        )
        .toBe(200);
      for (const { response } of [...streams, other]) response.destroy();
    });
  },
);

test("a project has fifty places for its streams, its test environment among them, and leaves the others theirs", async () => {
  const places = newStreamPlaces();
  async function* endless() {
    for (;;) yield "piece";
  }
  const opened = async (key: string, project: string) => {
    const stream = places.hold(watcher(key, project), endless());
    await stream.next();
    return stream;
  };
  const refusal = (key: string, project: string) =>
    opened(key, project).then(
      () => null,
      ({ code, detail }: { code: string; detail: string }) => `${code}: ${detail}`,
    );
  const first = await opened("key_0", "prj_1");
  for (let i = 1; i < 50; i++) await opened(`key_${i % 5}`, i % 2 === 0 ? "prj_1" : "prj_1:test");
  expect(await refusal("key_9", "prj_1:test")).toBe(
    "too-many-requests: The project has 50 of these streams open, as many as it may.",
  );
  await first.return(undefined);
  expect(await refusal("key_9", "prj_1:test")).toBeNull();
  for (let i = 0; i < 150; i++) await opened(`key_x${i % 10}`, `prj_x${i % 5}`);
  expect(await refusal("key_z", "prj_z")).toMatch(/^unavailable/);
});

/** A stream that never looks by itself, read piece by piece; `reading` comes after each, before its result. */
function streamOf(reading: (place: number) => Promise<void>) {
  const service = eventService({ database });
  let count = 0;
  const streams = eventStreamService({
    pollMilliseconds: 3_600_000,
    events: {
      ...service,
      async read(...query) {
        const place = ++count;
        const batch = await service.read(...query);
        await reading(place);
        return batch;
      },
    },
  });
  const pieces = streams
    .stream(watcher(), { after: undefined }, new AbortController().signal)
    [Symbol.asyncIterator]();
  return { streams, pieces, count: () => count };
}

const turn = () => new Promise((settle) => setImmediate(settle));

test("what is told while a stream reads wakes it from the sleep that follows", async () => {
  const { streams, pieces } = streamOf(async (place) => {
    if (place > 1) return;
    await tell("between");
    await expect
      .poll(async () => (await api.rest("GET", "/v1/events?limit=1000")).text, { timeout: 30_000 })
      .toContain("between");
    streams.wake(api.project.id);
  });
  expect((await pieces.next()).value).toContain("retry");
  expect((await pieces.next()).value).toContain('"subject":"between"');
  await pieces.return?.();
});

test("a stream is not woken by the events of another project", async () => {
  const { streams, pieces, count } = streamOf(async () => {});
  await pieces.next();
  const next = pieces.next();
  await turn();
  streams.wake("prj_other");
  await turn();
  const readings = count();
  streams.wake(api.project.id);
  await expect.poll(count).toBe(2);
  expect(readings).toBe(1);
  streams.close();
  expect((await next).done).toBe(true);
});
