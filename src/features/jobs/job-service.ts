import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Listener } from "../../platform/listen.ts";
import type { Log } from "../../platform/log.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { Problem, problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { Job, JobQuery } from "./job-schemas.ts";
import {
  advanceJob,
  beatJob,
  cancelJob,
  findJob,
  finishJob,
  insertJob,
  isWornOut,
  type JobBacklog,
  jobBacklog,
  listJobs,
  liveJobs,
  lockJob,
  releaseJob,
  takeJob,
  waitingJobs,
} from "./job-store.ts";
import type { JobRow } from "./job-tables.ts";

// For the features whose operations answer with a job.
export { type Job, job } from "./job-schemas.ts";

/** Where new and cancelled jobs are announced; the payload of the latter is the id. */
export const jobChannel = "dealwright_jobs";

const beatMilliseconds = 5_000;
const jobsLookedAt = 20;

/** A job in the hands of this process. */
export interface RunningJob {
  readonly projectId: string;
  readonly id: string;
  readonly input: unknown;
  /** How far it had got when this process took it. */
  readonly done: number;
  readonly total: number | null;
  /** Aborted when the work should stop at the next good moment: cancelled, taken over, or the process ends. */
  readonly signal: AbortSignal;
  /**
   * Says in the transaction of a piece of work that it is done. Throws, and so undoes the piece, if the job is no longer
   * this process's: whatever was done is then counted exactly once.
   */
  advance(connection: Connection, done: number): Promise<void>;
}

/** Does the work and returns its result. It may be begun again, from `done`, by this or another process. */
export type JobRunner = (job: RunningJob) => Promise<Record<string, unknown>>;

export interface NewJob {
  readonly kind: string;
  readonly input: unknown;
  readonly total: number | null;
}

export interface JobService {
  /** To be called before `start`. */
  define(kind: string, run: JobRunner): void;
  /** In the caller's transaction; follow it with `wake` once that is committed. */
  enqueue(
    connection: Connection,
    author: { readonly projectId: string; readonly apiKeyId: string },
    job: NewJob,
  ): Promise<Job>;
  wake(): void;
  /** What is still to be done of a kind. */
  live(connection: Connection, projectId: string, kind: string): Promise<readonly LiveJob[]>;
  job(projectId: string, id: string): Promise<Job>;
  list(projectId: string, query: JobQuery): Promise<Page<Job>>;
  cancel(context: OperationContext, id: string): Promise<Job>;
  /** What waits for a process of any kind, in all projects. */
  backlog(): Promise<JobBacklog[]>;
  /** By kind and by how they ended, those that this process had in its hands. */
  ended(): Iterable<readonly [labels: { kind: string; outcome: string }, count: number]>;
  /** How long this process had them in its hands. */
  seconds(): Iterable<readonly [labels: { kind: string }, seconds: number]>;
  start(): Promise<void>;
  /** Lets the pieces at work finish and gives the jobs back to the other processes. */
  close(): Promise<void>;
}

export interface LiveJob {
  readonly input: unknown;
  readonly remaining: number;
}

export interface JobServiceOptions {
  database: Database;
  clock: Clock;
  log: Log;
  /** Left out: jobs of other processes are found by asking alone. */
  listener?: Listener | undefined;
  pollMilliseconds?: number | undefined;
}

const cursor = cursorOf("jobs", z.string());
/** Thrown through the work when the job is to stop. */
class JobStopped extends Error {}

export function jobService(options: JobServiceOptions): JobService {
  const { database, clock, log, listener, pollMilliseconds = 5_000 } = options;
  const runners = new Map<string, JobRunner>();
  const running = new Map<string, { kind: string; controller: AbortController; end: Promise<void> }>();
  const closing = new AbortController();
  const endings = new Map<string, { kind: string; outcome: string; count: number }>();
  const spent = new Map<string, number>();
  let looking: Promise<void> | null = null;
  let isToLookAgain = false;

  /** One job of a kind at a time: two back-tests would share their threads, and nothing else would get on. */
  function freeKinds(): string[] {
    const busy = new Set([...running.values()].map(({ kind }) => kind));
    return [...runners.keys()].filter((kind) => !busy.has(kind));
  }

  /** Takes jobs until there is none left or the hands are full. One look at a time; a wake meanwhile makes it look again. */
  function wake(): void {
    if (closing.signal.aborted || runners.size === 0) return;
    isToLookAgain = true;
    looking ??= look().finally(() => {
      looking = null;
      if (isToLookAgain && freeKinds().length > 0) wake();
    });
  }

  async function look(): Promise<void> {
    try {
      while (isToLookAgain && freeKinds().length > 0 && !closing.signal.aborted) {
        isToLookAgain = false;
        const runner = newId("run");
        const row = await takeAny(runner);
        if (row === undefined) continue;
        isToLookAgain = true;
        begin(row, runner);
      }
    } catch (error) {
      log.warn({ err: error }, "could not look for jobs");
    }
  }

  /** More than one is looked at, because other processes are after the oldest as well. */
  async function takeAny(runner: string): Promise<JobRow | undefined> {
    const now = new Date(clock.now());
    for (const waiting of await waitingJobs(database.outside, freeKinds(), jobsLookedAt)) {
      const row = await takeJob(database.of(waiting.projectId), waiting, { runner, now });
      if (row !== undefined) return row;
    }
    return undefined;
  }

  function noteEnd(kind: string, outcome: (typeof outcomes)[number]): void {
    const name = `${kind} ${outcome}`;
    const count = (endings.get(name)?.count ?? 0) + 1;
    endings.set(name, { kind, outcome, count });
  }

  function begin(row: JobRow, runner: string): void {
    const controller = new AbortController();
    const began = performance.now();
    const end = work(row, runner, controller)
      .catch((error: unknown) => log.warn({ err: error, jobId: row.id }, "a job could not be put down"))
      .finally(() => {
        spent.set(row.kind, (spent.get(row.kind) ?? 0) + (performance.now() - began) / 1_000);
        running.delete(row.id);
        wake();
      });
    running.set(row.id, { kind: row.kind, controller, end });
  }

  async function work(row: JobRow, runner: string, controller: AbortController): Promise<void> {
    const finish = async (state: FinalState, rest: Partial<JobRow> = {}) => {
      const isOurs = await withTransaction(database, row.projectId, async (connection) => {
        const finishedAt = new Date(clock.now());
        const end = { state, result: null, failure: null, finishedAt, ...rest };
        if (!(await finishJob(connection, row, runner, end))) return false;
        await tellFinished(connection, row, state);
        return true;
      });
      if (isOurs) noteEnd(row.kind, state);
    };
    const run = runners.get(row.kind)!;
    if (row.state === "cancelling") return finish("cancelled");
    if (isWornOut(row))
      return finish("failed", { failure: "It was begun again and again without getting on." });
    const beating = beat(row, runner, controller);
    try {
      const result = await run({
        projectId: row.projectId,
        id: row.id,
        input: row.input,
        done: row.done,
        total: row.total,
        signal: controller.signal,
        async advance(connection, done) {
          if (!(await advanceJob(connection, row, runner, done))) throw new JobStopped();
        },
      });
      if (controller.signal.aborted) throw new JobStopped();
      await finish("succeeded", { result });
    } catch (error) {
      await putDown(row, runner, error, finish);
    } finally {
      controller.abort();
      await beating;
    }
  }

  async function putDown(
    row: JobRow,
    runner: string,
    error: unknown,
    finish: (state: "failed" | "cancelled", rest?: Partial<JobRow>) => Promise<void>,
  ): Promise<void> {
    const { projectId, id } = row;
    if (error instanceof Problem) return finish("failed", { failure: error.message });
    const now = await findJob(database.of(projectId), projectId, id);
    if (now?.runner !== runner) return;
    if (now.state === "cancelling") return finish("cancelled");
    const isOurDoing = !(error instanceof JobStopped) && !closing.signal.aborted;
    if (isOurDoing) {
      log.error({ err: error, jobId: id }, "a job broke off");
      noteEnd(row.kind, "broken off");
    }
    // Nobody knows whether the next attempt fares better: it is made by whoever is next.
    await releaseJob(database.of(projectId), row, runner, { isToCount: isOurDoing, channel: jobChannel });
  }

  async function beat(row: JobRow, runner: string, controller: AbortController): Promise<void> {
    while (!controller.signal.aborted) {
      await delay(beatMilliseconds, undefined, { ref: false, signal: controller.signal }).catch(() => {});
      if (controller.signal.aborted) return;
      const isOurs = await beatJob(database.of(row.projectId), row, runner).catch(() => true);
      if (!isOurs) controller.abort();
    }
  }

  async function poll(): Promise<void> {
    while (!closing.signal.aborted) {
      wake();
      const pause = pollMilliseconds * (0.8 + 0.2 * Math.random());
      await delay(pause, undefined, { ref: false, signal: closing.signal }).catch(() => {});
    }
  }

  return {
    define(kind, run) {
      runners.set(kind, run);
      // From the start: a count that begins with its first one never seems to rise.
      for (const outcome of outcomes) endings.set(`${kind} ${outcome}`, { kind, outcome, count: 0 });
    },

    async enqueue(connection, { projectId, apiKeyId }, { kind, input, total }) {
      const row: JobRow = {
        projectId,
        id: newId("job", clock.now()),
        kind,
        state: "queued",
        input,
        total,
        done: 0,
        result: null,
        failure: null,
        runner: null,
        attempts: 0,
        createdBy: apiKeyId,
        createdAt: new Date(clock.now()),
        startedAt: null,
        heartbeatAt: null,
        finishedAt: null,
      };
      await insertJob(connection, row, jobChannel);
      return shown(row);
    },

    wake,

    async live(connection, projectId, kind) {
      const rows = await liveJobs(connection, projectId, kind);
      return rows.map(({ input, total, done }) => ({ input, remaining: (total ?? done) - done }));
    },

    async job(projectId, id) {
      const row = await findJob(database.of(projectId), projectId, id);
      if (row === undefined) throw problem("job-not-found");
      return shown(row);
    },

    async list(projectId, { limit, after, ...filters }) {
      const beforeId = cursor.decode(after);
      const rows = await listJobs(database.of(projectId), projectId, filters, { beforeId, limit: limit + 1 });
      return cursor.page(rows, limit, ({ id }) => id, shown);
    },

    async cancel(context, id) {
      const { projectId } = context;
      const now = new Date(clock.now());
      const row = await withTransaction(database, projectId, async (connection) => {
        const before = await lockJob(connection, projectId, id);
        if (before === undefined) throw problem("job-not-found");
        const after = await cancelJob(connection, before, { now, channel: jobChannel });
        const audited = ({ kind, state, done, total }: JobRow) => ({ kind, state, done, total });
        if (after.state === before.state) nothingChanged(context);
        else await recordChange(connection, context, { id, before: audited(before), after: audited(after) });
        if (after.state === "cancelled") await tellFinished(connection, after, "cancelled");
        return after;
      });
      running.get(id)?.controller.abort();
      return shown(row);
    },

    backlog: () => jobBacklog(database.outside),
    ended: () => [...endings.values()].map(({ kind, outcome, count }) => [{ kind, outcome }, count] as const),
    seconds: () => [...spent].map(([kind, seconds]) => [{ kind }, seconds] as const),

    async start() {
      poll();
      const onMessage = (id: string) => {
        running.get(id)?.controller.abort();
        wake();
      };
      await listener?.subscribe(jobChannel, onMessage, wake);
    },

    async close() {
      closing.abort();
      await looking;
      for (const { controller } of running.values()) controller.abort();
      await Promise.all([...running.values()].map(({ end }) => end));
    },
  };
}

/** `broken off`: through a fault of ours; it is begun again. */
const outcomes = ["succeeded", "failed", "cancelled", "broken off"] as const;

type FinalState = "succeeded" | "failed" | "cancelled";

/** Once, however often it is said: a job ends once, and the event's id is made of the job's. */
function tellFinished(connection: Connection, row: JobRow, state: FinalState): Promise<void> {
  const { projectId, id, kind } = row;
  const event = newEvent(
    "dealwright.job.finished",
    id,
    { job: id, kind, state },
    id.replace(/^job_/, "evt_"),
  );
  return recordEvents(connection, projectId, [event]);
}

function shown(row: JobRow): Job {
  const { id, kind, state, done, total, result, failure, createdBy, createdAt, startedAt, finishedAt } = row;
  return {
    id,
    kind,
    state,
    done,
    total,
    result,
    failure,
    createdBy,
    createdAt: createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}
