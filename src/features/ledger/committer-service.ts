/**
 * Concurrent commands of a project, gathered and committed together. While one batch is in the database the next one
 * gathers; a lone command goes at once, there is no timer. A commit costs one flush whoever shares it, and a hot counter
 * is locked once a batch instead of once a redemption.
 *
 * Exactness rests on row locks and constraints alone: any number of processes may each run a committer.
 */
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { type Books, type CounterName, counterKey } from "../../ledger/books.ts";
import { type Database, isConnectionLost } from "../../platform/database.ts";
import { inOneFlight } from "../../platform/flights.ts";
import type { Log } from "../../platform/log.ts";
import { Problem, problem } from "../../platform/problem.ts";
import { inSpan } from "../../platform/tracing.ts";
import { recordEvents } from "../events/event-service.ts";
import { type Decided, decide, type Writes } from "./committer-batch.ts";
import { booksOf, type Loaded, type Needs, needsOf, type Picks, withLoaded } from "./committer-books.ts";
import { beginLocked, pickCodes, poolsRunningLow } from "./committer-load-store.ts";
import { type CommitterTurns, committerTurns } from "./committer-turns.ts";
import { fateOf, writeBatch } from "./committer-write-store.ts";
import type { Result, Submission } from "./ledger-commands.ts";
import { runningLowEvent } from "./ledger-events.ts";

const mostPerBatch = 64;
const mostWaiting = 4_096;
const deadlineMilliseconds = 10_000;
const mostAttempts = 5;
/** Counters that are known to have a row; beyond, all are forgotten and asked for again. */
const mostKnownCounters = 200_000;

export interface CommitterService {
  /** Resolves once the outcome is durable. Rejects with `unavailable` when nobody can say whether it is. */
  submit(projectId: string, submission: Submission): Promise<Result>;
  /** Told of the counters after every batch: how the counters in memory keep up. */
  onPosted(listener: (projectId: string, books: Books, names: readonly CounterName[]) => void): void;
  /** When to read what commands of the project to come need; undefined: at once. See `committer-turns.ts`. */
  turn(projectId: string): Promise<void> | undefined;
  /** Commands whose batch has not begun. */
  waiting(): number;
  /** Of all batches so far. */
  readonly figures: {
    readonly batches: number;
    readonly commands: number;
    readonly seconds: number;
    /** Until their rows were read and locked: what they waited for others. */
    readonly lockSeconds: number;
  };
  /** Waits for what is under way; what comes later is refused. */
  close(): Promise<void>;
}

interface Waiting {
  readonly submission: Submission;
  readonly since: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Queue {
  readonly waiting: Waiting[];
  running: Promise<void> | null;
  readonly turns: CommitterTurns;
}

export function committerService({ database, log }: { database: Database; log: Log }): CommitterService {
  const queues = new Map<string, Queue>();
  const known = new Set<string>();
  const listeners: Parameters<CommitterService["onPosted"]>[0][] = [];
  const figures = { batches: 0, commands: 0, seconds: 0, lockSeconds: 0 };
  let isClosing = false;

  // Nobody waits for a batch that cannot begin. Of one that has begun the fate is asked as soon as there is somebody to ask.
  database.watch.onAway(() => {
    for (const { waiting, turns } of queues.values()) {
      for (const { reject } of waiting.splice(0)) reject(unavailable());
      turns.end();
    }
  });

  async function run(projectId: string, queue: Queue): Promise<void> {
    // What arrives in this turn of the event loop still comes along: half as many batches again, where many are at it.
    await nextTurn();
    while (queue.waiting.length > 0) {
      const batch = queue.waiting.splice(0, mostPerBatch).filter(isAwaited);
      queue.turns.batchBegins();
      if (batch.length > 0) await commitAll(projectId, batch);
      queue.turns.letGo();
    }
    queue.running = null;
    queues.delete(projectId);
    queue.turns.end();
  }

  /** Its caller neither gave up nor hung up. */
  function isAwaited({ submission, since, reject }: Waiting): boolean {
    const isInTime = performance.now() - since < deadlineMilliseconds;
    if (isInTime && submission.isAbandoned?.() !== true) return true;
    reject(unavailable());
    return false;
  }

  /** Never throws: every caller gets its result or its error. */
  async function commitAll(projectId: string, batch: readonly Waiting[]): Promise<void> {
    let halves: (readonly Waiting[])[] = [batch];
    for (let attempt = 1; halves.length > 0; attempt++) {
      const failed: (readonly Waiting[])[] = [];
      for (const part of halves) {
        try {
          const results = await commitOnce(
            projectId,
            part.map(({ submission }) => submission),
          );
          for (const [index, { resolve }] of part.entries()) resolve(results[index]!);
        } catch (error) {
          if (attempt < mostAttempts && isWorthRepeating(error)) failed.push(part);
          else if (part.length > 1 && isFaultOfOne(error)) failed.push(...split(part));
          else {
            const isOurs = isFaultOfOne(error);
            // What came alongside may refuse what it cannot take, as a twin was quicker: that is an answer.
            if (!(error instanceof Problem))
              log[isOurs ? "error" : "warn"]({ err: error, projectId }, "commands could not be committed");
            for (const { reject } of part) reject(isOurs ? error : unavailable());
          }
        }
      }
      halves = failed;
    }
  }

  async function commitOnce(projectId: string, batch: readonly Submission[]): Promise<Result[]> {
    const began = performance.now();
    const client = await database.connect();
    let isReusable = false;
    let isReleased = false;
    /** From when on it may have been committed. */
    let sent: { loaded: Loaded; decided: Decided } | null = null;
    try {
      const { decided, books, needs, loaded } = await decideLocked(client, projectId, batch);
      figures.lockSeconds += (performance.now() - began) / 1_000;
      const { results, writes } = decided;
      if (decided.isEmpty) {
        await client.query("rollback");
        isReusable = true;
        tell(projectId, books, needs.counters);
        return results;
      }
      sent = { loaded, decided };
      queues.get(projectId)?.turns.letGo();
      const write = () => writeBatch(client, projectId, writes, loaded);
      const commit = () => client.query("commit");
      let committed: pg.QueryResult;
      if (isWrittenByOneStatement(batch, decided))
        [, committed] = await inOneFlight(client, () => [write(), commit()]);
      else {
        await write();
        await writeTheRest(client, projectId, batch, decided);
        committed = await commit();
      }
      if (committed.command !== "COMMIT") throw new Error("a batch was rolled back at its commit");
      isReusable = true;
      remember(projectId, needs.counters);
      tell(
        projectId,
        books,
        [...writes.counters.values()].map(({ name }) => name),
      );
      return results;
    } catch (error) {
      if (!isConnectionLost(error)) {
        isReusable = await rolledBack(client);
        throw error;
      }
      client.release(true);
      isReleased = true;
      // The commit may have taken effect although its answer was lost: the results are then those that were decided.
      if (sent !== null && (await tookEffect(projectId, sent.loaded.transactionId, sent.decided.writes)))
        return sent.decided.results;
      throw error;
    } finally {
      if (!isReleased) client.release(!isReusable);
      figures.batches += 1;
      figures.commands += batch.length;
      figures.seconds += (performance.now() - began) / 1_000;
    }
  }

  async function decideLocked(client: pg.PoolClient, projectId: string, batch: readonly Submission[]) {
    const needs = needsOf(batch);
    const unknown = needs.counters.filter((name) => !known.has(knownKey(projectId, name)));
    const loaded = await beginLocked(client, projectId, needs, unknown);
    requireAll(projectId, needs, loaded);
    const picks = await picksFor(client, projectId, batch, loaded);
    const books = booksOf(loaded);
    return { decided: decide(batch, loaded, books, picks), books, needs, loaded };
  }

  /** A counter thought to be there that is not (a database restored from a backup): forget it, and the repetition inserts it. */
  function requireAll(projectId: string, { counters }: Needs, loaded: Loaded): void {
    const present = new Set(loaded.counters.map(({ name }) => counterKey(name)));
    const missing = counters.filter((name) => !present.has(counterKey(name)));
    if (missing.length === 0) return;
    for (const name of missing) known.delete(knownKey(projectId, name));
    throw new MissingCounters();
  }

  function remember(projectId: string, names: readonly CounterName[]): void {
    if (known.size > mostKnownCounters) known.clear();
    for (const name of names) known.add(knownKey(projectId, name));
  }

  function tell(projectId: string, books: Books, names: readonly CounterName[]): void {
    for (const listener of listeners) listener(projectId, books, names);
  }

  /** Asks the database itself, for as long as anybody may still be waiting for the answer. False as well if nobody can say. */
  async function tookEffect(projectId: string, transactionId: string, writes: Writes): Promise<boolean> {
    const until = performance.now() + deadlineMilliseconds;
    while (performance.now() < until) {
      try {
        const client = await database.connect();
        try {
          const fate = await fateOf(client, projectId, transactionId, writes);
          if (fate !== "in progress") return fate === "committed";
        } finally {
          client.release();
        }
      } catch (error) {
        log.debug({ err: error }, "the fate of a batch could not be asked yet");
      }
      await delay(100);
    }
    return false;
  }

  return {
    submit(projectId, submission) {
      if (isClosing || database.watch.isShut()) return Promise.reject(unavailable());
      let queue = queues.get(projectId);
      if (queue === undefined) {
        queue = { waiting: [], running: null, turns: committerTurns() };
        queues.set(projectId, queue);
      }
      if (queue.waiting.length >= mostWaiting) return Promise.reject(unavailable());
      const target = queue;
      const wait = () =>
        new Promise<Result>((resolve, reject) => {
          target.waiting.push({ submission, since: performance.now(), resolve, reject });
          target.running ??= run(projectId, target);
        });
      return inSpan("ledger commit", {}, wait);
    },
    // While there is no database nothing is read with others, but refused.
    turn: (projectId) => (database.watch.isShut() ? undefined : queues.get(projectId)?.turns.next()),
    figures,
    onPosted(listener) {
      listeners.push(listener);
    },
    waiting() {
      let sum = 0;
      for (const queue of queues.values()) sum += queue.waiting.length;
      return sum;
    },
    async close() {
      isClosing = true;
      await Promise.all([...queues.values()].map(({ running }) => running));
    },
  };
}

/** Then the commit can go right behind it. */
function isWrittenByOneStatement(batch: readonly Submission[], { writes, pickedPools }: Decided): boolean {
  return (
    writes.thresholds.length === 0 &&
    pickedPools.length === 0 &&
    batch.every(({ alongside }) => alongside === undefined)
  );
}

async function writeTheRest(
  client: pg.PoolClient,
  projectId: string,
  batch: readonly Submission[],
  { results, writes, pickedPools }: Decided,
): Promise<void> {
  const low = pickedPools.length === 0 ? [] : await poolsRunningLow(client, projectId, pickedPools);
  await recordEvents(drizzle(client), projectId, [...writes.thresholds, ...low.map(runningLowEvent)]);
  for (const [index, { alongside }] of batch.entries()) {
    const result = results[index]!;
    if (alongside !== undefined && result.type === "granted") await alongside(client, result);
  }
}

class MissingCounters extends Error {}

function unavailable() {
  return problem("unavailable", { headers: { "retry-after": "1" } });
}

function knownKey(projectId: string, name: CounterName): string {
  return `${projectId}\n${counterKey(name)}`;
}

async function picksFor(
  client: pg.PoolClient,
  projectId: string,
  batch: readonly Submission[],
  loaded: Loaded,
): Promise<Picks> {
  const wanted = new Map<string, number>();
  for (const { pick } of batch)
    if (pick !== undefined) wanted.set(pick.poolId, (wanted.get(pick.poolId) ?? 0) + 1);
  if (wanted.size === 0) return new Map();
  const named = loaded.coupons.map(({ code }) => code);
  return withLoaded(await pickCodes(client, projectId, wanted, named), loaded);
}

async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query("rollback");
    return true;
  } catch {
    return false;
  }
}

function split<Item>(items: readonly Item[]): [readonly Item[], readonly Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

function codeOfError(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "");
}

/** Deadlock, serialization failure, a unique key that another process was first to take: asked again, it comes out otherwise. */
function isWorthRepeating(error: unknown): boolean {
  return error instanceof MissingCounters || ["40P01", "40001", "23505"].includes(codeOfError(error));
}

/** A statement that was refused for what one of the commands is; a lost connection is nobody's fault. */
function isFaultOfOne(error: unknown): boolean {
  const code = codeOfError(error);
  return /^(22|23|42)/.test(code) || (!isConnectionLost(error) && !(code.length === 5));
}
