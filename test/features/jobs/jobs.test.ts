import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type JobService, jobService, type RunningJob } from "../../../src/features/jobs/job-service.ts";
import { withTransaction } from "../../../src/platform/database.ts";
import { openListener } from "../../../src/platform/listen.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  // The app itself knows none of the kinds here, so it leaves these jobs alone.
  api = await startApi(database);
  await database.pool.query(
    "create table work (job text, piece integer); grant all on work to dealwright_app",
  );
});
afterAll(async () => {
  await api.close();
  await database.close();
});

interface Gate {
  opened: Promise<void>;
  open: () => void;
}

function gate(): Gate {
  let open = () => {};
  const opened = new Promise<void>((settle) => {
    open = settle;
  });
  return { opened, open };
}

/** Does its total piece by piece; `pause` is waited for before each. */
const worker =
  (pause: (job: RunningJob, piece: number) => Promise<void> = async () => {}) =>
  async (job: RunningJob) => {
    for (let piece = job.done; piece < (job.total ?? 0) && !job.signal.aborted; piece += 1) {
      await pause(job, piece);
      await withTransaction(database, job.projectId, async (connection) => {
        await database.pool.query("select 1");
        await connection.execute(`insert into work values ('${job.id}', ${piece})`);
        await job.advance(connection, piece + 1);
      });
    }
    return { pieces: job.total };
  };

const processes: JobService[] = [];
/** A process of its own, as far as jobs are concerned. */
async function startProcess(
  kind: string,
  run: (job: RunningJob) => Promise<Record<string, unknown>>,
  options: { pollMilliseconds?: number; listens?: boolean } = {},
): Promise<JobService> {
  const listener = options.listens ? openListener(database.connectionString, silentLog) : undefined;
  const service = jobService({
    database,
    clock: api.clock,
    log: silentLog,
    listener,
    pollMilliseconds: options.pollMilliseconds ?? 20,
  });
  service.define(kind, run);
  await service.start();
  const close = service.close;
  service.close = async () => {
    await close();
    await listener?.close();
  };
  processes.push(service);
  return service;
}
afterAll(() => Promise.all(processes.map((service) => service.close())));

const author = () => ({ projectId: api.project.id, apiKeyId: "key_test" });

async function enqueue(service: JobService, kind: string, total: number): Promise<string> {
  const { id } = await withTransaction(database, api.project.id, (connection) =>
    service.enqueue(connection, author(), { kind, input: {}, total }),
  );
  service.wake();
  return id;
}

async function reached(id: string, ...states: string[]) {
  for (;;) {
    const { body } = await api.rest("GET", `/v1/jobs/${id}`);
    if (states.includes(body.state)) return body;
  }
}

async function piecesOf(id: string): Promise<number[]> {
  const { rows } = await database.pool.query<{ piece: number }>(
    "select piece from work where job = $1 order by piece",
    [id],
  );
  return rows.map(({ piece }) => piece);
}

const kill = (id: string) =>
  database.pool.query("update jobs set heartbeat_at = now() - interval '31 seconds' where id = $1", [id]);

test("a job is done once, however many processes look for work", async () => {
  const first = await startProcess("once", worker());
  await startProcess("once", worker());
  await startProcess("once", worker());
  const ids = await Promise.all(Array.from({ length: 12 }, () => enqueue(first, "once", 5)));
  for (const id of ids) {
    expect(await reached(id, "succeeded", "failed")).toMatchObject({ done: 5, result: { pieces: 5 } });
    expect(await piecesOf(id)).toEqual([0, 1, 2, 3, 4]);
  }
});

test("a notification wakes another process long before its poll", async () => {
  const other = await startProcess("woken", worker(), { pollMilliseconds: 3_600_000, listens: true });
  const idle = jobService({ database, clock: api.clock, log: silentLog });
  expect(await reached(await enqueue(idle, "woken", 1), "succeeded")).toMatchObject({ done: 1 });
  await other.close();
});

test("when a process dies another goes on where it was, and nothing is done twice or left out", async () => {
  const stuck = gate();
  const isAtThree = gate();
  // The one that will seem dead: it waits for ever before its fourth piece, without a heartbeat.
  const seemedDead = await startProcess(
    "taken-over",
    worker(async (job, piece) => {
      if (piece !== 3 || job.done > 0) return;
      isAtThree.open();
      await stuck.opened;
    }),
    // Or it would take its own job over.
    { pollMilliseconds: 3_600_000 },
  );
  const id = await enqueue(seemedDead, "taken-over", 6);
  await isAtThree.opened;
  expect((await api.rest("GET", `/v1/jobs/${id}`)).body).toMatchObject({ state: "running", done: 3 });
  await kill(id);
  const isAtFive = gate();
  const mayEnd = gate();
  await startProcess(
    "taken-over",
    worker(async (_job, piece) => {
      if (piece !== 5) return;
      isAtFive.open();
      await mayEnd.opened;
    }),
  );
  await isAtFive.opened;
  // It was not dead after all, and comes back to a job that is another's by now: its piece is undone.
  stuck.open();
  await seemedDead.close();
  expect(await piecesOf(id)).toEqual([0, 1, 2, 3, 4]);
  mayEnd.open();
  expect(await reached(id, "succeeded", "failed")).toMatchObject({ state: "succeeded", done: 6 });
  expect(await piecesOf(id)).toEqual([0, 1, 2, 3, 4, 5]);
});

test("a process that closes gives its job back at once", async () => {
  const isBegun = gate();
  const leaving = await startProcess(
    "given-back",
    worker(async (job, piece) => {
      if (piece < 2) return;
      isBegun.open();
      await new Promise<void>((settle) => job.signal.addEventListener("abort", () => settle()));
    }),
  );
  const id = await enqueue(leaving, "given-back", 4);
  await isBegun.opened;
  await leaving.close();
  expect((await api.rest("GET", `/v1/jobs/${id}`)).body.state).toBe("queued");
  await startProcess("given-back", worker());
  expect(await reached(id, "succeeded")).toMatchObject({ done: 4 });
  expect(await piecesOf(id)).toEqual([0, 1, 2, 3]);
});

test("a job that waits is cancelled at once, one that runs stops with what it has done", async () => {
  const idle = jobService({ database, clock: api.clock, log: silentLog });
  const waiting = await enqueue(idle, "nobody-does-this", 1);
  expect((await api.rest("POST", `/v1/jobs/${waiting}/cancel`)).body).toMatchObject({
    state: "cancelled",
    finishedAt: "2026-11-11T00:00:00.000Z",
  });
  const isBegun = gate();
  const mayGoOn = gate();
  const service = await startProcess(
    "cancelled",
    worker(async (_job, piece) => {
      if (piece < 2) return;
      isBegun.open();
      await mayGoOn.opened;
    }),
  );
  const running = await enqueue(service, "cancelled", 9);
  await isBegun.opened;
  expect((await api.rest("POST", `/v1/jobs/${running}/cancel`)).body.state).toBe("cancelling");
  mayGoOn.open();
  expect(await reached(running, "cancelled")).toMatchObject({ done: 2, result: null });
  expect(await piecesOf(running)).toEqual([0, 1]);
  expect((await api.rest("POST", `/v1/jobs/${running}/cancel`)).body.state).toBe("cancelled");
});

test("a job whose process dies while it is being cancelled is cancelled by another", async () => {
  const idle = jobService({ database, clock: api.clock, log: silentLog });
  const id = await enqueue(idle, "dead-cancel", 3);
  await database.pool.query("update jobs set state = 'cancelling', runner = 'run_dead' where id = $1", [id]);
  await kill(id);
  await startProcess("dead-cancel", worker());
  expect(await reached(id, "cancelled")).toMatchObject({ done: 0 });
  expect(await piecesOf(id)).toEqual([]);
});

test("an error is tried again from where it was, and a job that never gets on fails in words", async () => {
  let faults = 3;
  const service = await startProcess(
    "shaky",
    worker(async (_job, piece) => {
      if (piece === 2 && faults > 0) {
        faults -= 1;
        throw new Error("password=hunter2");
      }
    }),
  );
  const id = await enqueue(service, "shaky", 4);
  expect(await reached(id, "succeeded", "failed")).toMatchObject({ state: "succeeded", done: 4 });
  faults = Number.POSITIVE_INFINITY;
  const hopeless = await reached(await enqueue(service, "shaky", 4), "succeeded", "failed");
  expect(hopeless).toMatchObject({ state: "failed", done: 2 });
  expect(hopeless.failure).not.toContain("hunter2");
});

test("jobs of one kind wait for each other, and not those of another kind for them", async () => {
  const long = gate();
  const service = await startProcess(
    "back-test",
    worker(() => long.opened),
  );
  service.define("codes", worker());
  const [first, second] = [await enqueue(service, "back-test", 1), await enqueue(service, "back-test", 1)];
  await reached(first, "running");
  const codes = await enqueue(service, "codes", 1);
  await reached(codes, "succeeded");
  expect((await service.job(api.project.id, second)).state).toBe("queued");
  long.open();
  await reached(second, "succeeded");
});

test("jobs are listed newest first, by state and kind, and only to the project they belong to", async () => {
  const { body } = await api.rest("GET", "/v1/jobs?kind=cancelled&state=cancelled", { role: "viewer" });
  expect(body.items).toHaveLength(1);
  const first = await api.rest("GET", "/v1/jobs?limit=2");
  const second = await api.rest("GET", `/v1/jobs?limit=2&after=${first.body.nextCursor}`);
  const ids = [...first.body.items, ...second.body.items].map(({ id }: { id: string }) => id);
  expect(ids).toEqual(ids.toSorted().toReversed());
  const other = await startApi(database);
  expect((await other.rest("GET", "/v1/jobs")).body.items).toEqual([]);
  expect((await other.rest("GET", `/v1/jobs/${ids[0]}`)).body.code).toBe("job-not-found");
  expect((await other.rest("POST", `/v1/jobs/${ids[0]}/cancel`)).body.code).toBe("job-not-found");
  await other.close();
  expect((await api.rest("GET", "/v1/jobs", { role: "checkout" })).status).toBe(403);
  expect((await api.rest("POST", `/v1/jobs/${ids[0]}/cancel`, { role: "viewer" })).status).toBe(403);
});

test("what waits is told by kind, and what was done by how it ended", async () => {
  const id = await enqueue(await startProcess("counted", worker()), "counted", 1);
  await reached(id, "succeeded");
  const [service] = processes.slice(-1);
  const outcomes = () =>
    Object.fromEntries([...service!.ended()].map(([{ outcome }, count]) => [outcome, count]));
  await vi.waitFor(() =>
    expect(outcomes()).toEqual({ succeeded: 1, failed: 0, cancelled: 0, "broken off": 0 }),
  );
  await vi.waitFor(() =>
    expect([...service!.seconds()]).toEqual([[{ kind: "counted" }, expect.any(Number)]]),
  );

  const backlog = async () => (await service!.backlog()).filter(({ kind }) => kind === "nobody's");
  expect(await backlog()).toEqual([]);
  await enqueue(service!, "nobody's", 1);
  await enqueue(service!, "nobody's", 1);
  expect(await backlog()).toEqual([{ kind: "nobody's", waiting: 2, oldestSeconds: expect.any(Number) }]);
});

test("one that breaks off through a fault of ours is counted each time", async () => {
  let times = 0;
  const service = await startProcess("breaking", async () => {
    times += 1;
    if (times === 1) throw new Error("a fault of ours");
    return {};
  });
  await reached(await enqueue(service, "breaking", 1), "succeeded");
  const broken = [...service.ended()].find(([{ outcome }]) => outcome === "broken off");
  expect(broken?.[1]).toBe(1);
});
