/**
 * `WORKERS=n`: one process that starts the others, and starts another where one ends. It prepares the database and serves
 * nothing itself. SIGTERM lets all of them finish; SIGHUP puts a new one in the place of each, one after the other, so that
 * there are never fewer than n.
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "./platform/log.ts";
import { aggregated, grownFigures } from "./platform/metrics.ts";
import type { DatabaseUrls } from "./prepare.ts";

/** What a worker is told at its start. */
export interface WorkerOrders {
  readonly urls: DatabaseUrls;
  /** The same for all of them. */
  readonly port: number;
  readonly isPrepared: boolean;
}

/** What a worker says, … */
export type WorkerMessage =
  | { type: "ready"; address: string }
  | { type: "metrics wanted"; question: number }
  | { type: "metrics"; question: number; metrics: object[] };
/** … and what it is told. */
export type PrimaryMessage =
  | { type: "metrics wanted"; question: number }
  | { type: "metrics of all"; question: number; text: string };

const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 10_000;
/** A worker that has lived so long did not end because it cannot start. */
const soundAfterMilliseconds = 10_000;
/** So long a worker may take to tell its figures. */
const metricsPatienceMilliseconds = 2_000;
/** Longer than a worker takes to drain. */
const drainMilliseconds = 20_000;

export interface Workers {
  readonly address: string;
  metrics(): Promise<string>;
  restartAll(): Promise<void>;
  close(): Promise<void>;
}

/** Resolves once all of them serve; rejects if one cannot. */
export async function startWorkers(count: number, orders: WorkerOrders, log: Log): Promise<Workers> {
  cluster.setupPrimary({ args: [JSON.stringify(orders)] });
  const ready = new Set<Worker>();
  const questions = new Map<number, { from: Set<Worker>; answers: object[][]; settle: () => void }>();
  let asked = 0;
  let isClosing = false;
  /** How many have ended in a row before they had lived long enough. */
  let shortLives = 0;
  /** What those counted that have ended. */
  let ended: object[] = [];
  const lastTold = new WeakMap<Worker, readonly object[]>();
  let restarting: Promise<void> = Promise.resolve();

  /** Resolves with its address when it serves, rejects when it ends before. */
  function launch(): { worker: Worker; serving: Promise<string> } {
    const worker = cluster.fork();
    const began = performance.now();
    const serving = new Promise<string>((resolve, reject) => {
      worker.on("message", (message: WorkerMessage) => {
        if (message.type === "ready") {
          ready.add(worker);
          resolve(message.address);
        } else if (message.type === "metrics wanted") {
          gather()
            .then((text) => tell(worker, { type: "metrics of all", question: message.question, text }))
            .catch((error: unknown) =>
              log.warn({ err: error }, "the figures of the workers could not be told"),
            );
        } else if (message.type === "metrics") {
          const question = questions.get(message.question);
          lastTold.set(worker, message.metrics);
          if (question?.from.delete(worker)) question.answers.push(message.metrics);
          if (question?.from.size === 0) question.settle();
        }
      });
      worker.once("exit", (code, signal) => {
        reject(new Error(`a worker ended with ${signal ?? code} before it served`));
        for (const { from, settle } of questions.values())
          if (from.delete(worker) && from.size === 0) settle();
        keepCounts(worker).catch((error: unknown) =>
          log.warn({ err: error }, "what an ended worker counted is lost"),
        );
        if (!ready.delete(worker) || leaving.has(worker)) return;
        log.error(
          { worker: worker.process.pid, code, signal },
          "a worker has ended; another takes its place",
        );
        shortLives = performance.now() - began > soundAfterMilliseconds ? 0 : shortLives + 1;
        replace(
          shortLives === 0
            ? 0
            : Math.min(firstPauseMilliseconds * 2 ** (shortLives - 1), longestPauseMilliseconds),
        );
      });
    });
    serving.catch(() => {});
    return { worker, serving };
  }

  /** Whose place somebody else has, or is about to have. */
  const leaving = new WeakSet<Worker>();

  /** Another in the place of one that has ended; again, ever later, until it serves. */
  function replace(pauseMilliseconds: number): void {
    if (isClosing) return;
    let worker: Worker | undefined;
    delay(pauseMilliseconds)
      .then(() => {
        if (isClosing) return;
        const launched = launch();
        worker = launched.worker;
        return launched.serving;
      })
      .catch((error: unknown) => {
        if (worker !== undefined && leaving.has(worker)) return;
        log.error({ err: error }, "a worker could not be started");
        replace(Math.min(Math.max(2 * pauseMilliseconds, firstPauseMilliseconds), longestPauseMilliseconds));
      });
  }

  /** Lets it finish what it has begun, and ends it if it does not. */
  async function dismiss(worker: Worker): Promise<void> {
    leaving.add(worker);
    if (worker.isDead()) return;
    const gone = once(worker, "exit");
    worker.process.kill("SIGTERM");
    const lateness = setTimeout(() => worker.process.kill("SIGKILL"), drainMilliseconds);
    await gone;
    clearTimeout(lateness);
  }

  async function rollOver(): Promise<void> {
    // Those that have yet to serve, too: they were begun before as well.
    for (const old of Object.values(cluster.workers ?? {})) {
      if (isClosing) return;
      // One that has ended has got another in its place, which is new.
      if (old === undefined || old.isDead()) continue;
      leaving.add(old);
      try {
        await launch().serving;
      } catch (error) {
        leaving.delete(old);
        if (old.isDead()) replace(firstPauseMilliseconds);
        throw error;
      }
      ready.delete(old);
      await dismiss(old);
    }
    log.info({ workers: ready.size }, "all workers were replaced");
  }

  /** Counters that fell would look like counters that began anew: whoever watches would count everything twice. */
  async function keepCounts(worker: Worker): Promise<void> {
    const told = lastTold.get(worker);
    if (told !== undefined) ended = await grownFigures([ended, told]);
  }

  async function gather(): Promise<string> {
    asked += 1;
    const question = asked;
    const answers: object[][] = [];
    await new Promise<void>((settle) => {
      questions.set(question, { from: new Set(ready), answers, settle });
      for (const worker of ready) tell(worker, { type: "metrics wanted", question });
      setTimeout(settle, metricsPatienceMilliseconds).unref();
    });
    const silent = questions.get(question)?.from ?? [];
    questions.delete(question);
    // One that is held up has counted at least what it told before, for the same reason.
    const before = [...silent].map((worker) => lastTold.get(worker) ?? []);
    return aggregated([ended, ...answers, ...(before.length > 0 ? [await grownFigures(before)] : [])]);
  }

  const launched = Array.from({ length: count }, launch);
  try {
    const [address = ""] = await Promise.all(launched.map(({ serving }) => serving));
    return {
      address,
      metrics: gather,
      restartAll() {
        restarting = restarting.then(rollOver).catch((error: unknown) => {
          log.error({ err: error }, "the workers could not be replaced; those that serve go on");
        });
        return restarting;
      },
      async close() {
        isClosing = true;
        await Promise.all(
          Object.values(cluster.workers ?? {}).flatMap((worker) => (worker ? dismiss(worker) : [])),
        );
      },
    };
  } catch (error) {
    isClosing = true;
    for (const { worker } of launched) worker.process.kill("SIGKILL");
    throw error;
  }
}

function tell(worker: Worker, message: PrimaryMessage): void {
  // One that is about to end hears nothing any more, and need not.
  if (worker.isConnected()) worker.send(message, () => {});
}
