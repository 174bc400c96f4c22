/** Server-Sent Events over real sockets. */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventService, recordEvents } from "../../../src/features/events/event-service.ts";
import { eventStreamService } from "../../../src/features/events/event-stream-service.ts";
import { newEvent } from "../../../src/features/events/event-types.ts";
import { withTransaction } from "../../../src/platform/database.ts";
import { type Listener, openListener } from "../../../src/platform/listen.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";

let database: TestDatabase;
let listener: Listener;
let api: Api;
let url: string;
beforeAll(async () => {
  database = await freshDatabase();
  listener = openListener(database.connectionString, silentLog);
  api = await startApi(database, { listener });
  url = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
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
  url = await own.app.listen({ host: "127.0.0.1", port: 0 });
  const keys = api.project.keys;
  Object.assign(api.project, { keys: own.project.keys });
  const stream = await open();
  Object.assign(api.project, { keys });
  await own.close();
  await stream.ended;
  expect(stream.response.complete).toBe(true);
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
  const pieces = streams.stream(api.project.id, { after: undefined })[Symbol.asyncIterator]();
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
