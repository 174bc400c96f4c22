import { type Authenticator, type Caller, projectOf, spaceOf } from "../../platform/auth.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { defaultOutage, type Outage } from "../../platform/outage.ts";
import { apiKeyKeeper, type KeptKey } from "./api-key-keeper-service.ts";
import { apiKeyReader } from "./api-key-reader.ts";
import { hashOf, isPlausible } from "./api-key-secret.ts";
import { type FoundKey, markUsed } from "./api-key-store.ts";

/** A key is asked for again in the background from here on … */
const refreshAfterMilliseconds = 2_000;
/** … and no answer is given on what was known longer ago than this. */
const trustMilliseconds = 5_000;
// Unless the database is away: then nobody can revoke a key either, and evaluations go on.
const usedEveryMilliseconds = 60_000;
const mostEntries = 10_000;

interface Entry {
  readonly hash: Buffer;
  readonly caller: Caller;
  readonly expiresAt: number;
  verifiedAt: number;
  /** When the database was last asked, whether it answered or not. */
  askedAt: number;
  usedAt: number;
}

export interface ApiKeyAuthenticator extends Authenticator {
  forget(apiKeyId: string): void;
  start(): void;
  close(): Promise<void>;
}

export interface ApiKeyAuthenticatorOptions {
  database: Database;
  clock: Clock;
  log: Log;
  outage?: Outage | undefined;
}

/** Knows the keys in use, so that a request with one of them reads no database. */
export function apiKeyAuthenticator({
  database,
  clock,
  log,
  outage = defaultOutage,
}: ApiKeyAuthenticatorOptions): ApiKeyAuthenticator {
  const entries = new Map<string, Entry>();
  const keysOf = apiKeyReader(database, clock);
  const questions = new Map<string, Promise<Caller | null>>();
  const { directory } = outage;
  const keeper = directory === null ? null : apiKeyKeeper({ ...outage, directory, log, now: clock.now });
  const forgotten = new Map<string, number>();
  let generation = 0;

  function callerOf(secret: string): Caller | null | Promise<Caller | null> {
    const entry = entries.get(secret);
    if (entry === undefined) {
      return isPlausible(secret) ? ask(secret) : null;
    }
    const now = clock.now();
    if (now >= entry.expiresAt) {
      entries.delete(secret);
      return null;
    }
    // Also where the clock was set back since: whoever was asked about in the future is asked about now.
    const age = Math.abs(now - entry.askedAt);
    if (age >= trustMilliseconds) {
      return ask(secret);
    }
    if (age >= refreshAfterMilliseconds && !questions.has(secret)) {
      ask(secret).catch(() => {});
    }
    noteUse(entry, now);
    return entry.caller;
  }

  function ask(secret: string): Promise<Caller | null> {
    const asked = questions.get(secret);
    if (asked !== undefined) {
      return asked;
    }
    const question = verify(secret).finally(() => {
      if (questions.get(secret) === question) {
        questions.delete(secret);
      }
    });
    questions.set(secret, question);
    return question;
  }

  async function verify(secret: string): Promise<Caller | null> {
    const now = clock.now();
    const asOf = generation;
    const hash = hashOf(secret);
    let rows: readonly FoundKey[];
    try {
      rows = await keysOf(hash);
    } catch (error) {
      const entry = entries.get(secret) ?? (await fromDisk(secret, hash, now));
      if (entry === undefined || now - entry.verifiedAt > outage.milliseconds) {
        throw error;
      }
      log.warn({ err: error, apiKeyId: entry.caller.apiKeyId }, "an API key could not be verified again");
      entry.askedAt = now;
      return entry.caller;
    }
    const [row, second] = rows;
    if (row === undefined || second !== undefined) {
      noteGone(entries.get(secret)?.caller.apiKeyId);
      entries.delete(secret);
      return null;
    }
    const { projectId, environment, id, role, expiresAt, lastUsedAt, requestsPerMinute } = row;
    const caller: Caller = {
      projectId: spaceOf(projectId, environment),
      environment,
      apiKeyId: id,
      role,
      ...(requestsPerMinute !== null && { requestsPerMinute }),
    };
    const entry: Entry = {
      hash,
      caller,
      expiresAt: expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
      verifiedAt: now,
      askedAt: now,
      usedAt: lastUsedAt?.getTime() ?? 0,
    };
    // Read before a change of ours that came in between: right for this request, but not worth keeping.
    if (asOf === generation) {
      entries.delete(secret);
      entries.set(secret, entry);
      dropOldest();
    }
    noteUse(entry, now);
    return caller;
  }

  /** A key that this process has not seen, but one before it on this machine has. */
  async function fromDisk(secret: string, hash: Buffer, now: number): Promise<Entry | undefined> {
    const kept = database.watch.isAway() ? await keeper?.find(hash) : undefined;
    if (kept === undefined || kept === null || now >= (kept.expiresAt ?? Number.POSITIVE_INFINITY))
      return undefined;
    const entry: Entry = {
      hash,
      caller: kept.caller,
      expiresAt: kept.expiresAt ?? Number.POSITIVE_INFINITY,
      verifiedAt: kept.at,
      askedAt: now,
      usedAt: now,
    };
    entries.set(secret, entry);
    dropOldest();
    return entry;
  }

  function* known(): Iterable<KeptKey> {
    for (const { hash, caller, expiresAt, verifiedAt } of entries.values())
      yield {
        name: hash.toString("hex"),
        at: verifiedAt,
        caller,
        expiresAt: Number.isFinite(expiresAt) ? expiresAt : null,
      };
  }

  function noteGone(apiKeyId: string | undefined): void {
    if (apiKeyId === undefined || keeper === null) return;
    forgotten.delete(apiKeyId);
    forgotten.set(apiKeyId, clock.now());
    if (forgotten.size > mostEntries) forgotten.delete(forgotten.keys().next().value ?? "");
  }

  function noteUse(entry: Entry, now: number): void {
    if (now - entry.usedAt < usedEveryMilliseconds) {
      return;
    }
    entry.usedAt = now;
    const { apiKeyId } = entry.caller;
    const projectId = projectOf(entry.caller.projectId);
    markUsed(database.of(projectId), projectId, apiKeyId, new Date(now)).catch((error: unknown) => {
      log.debug({ err: error, apiKeyId }, "the use of an API key was not noted");
    });
  }

  function dropOldest(): void {
    if (entries.size > mostEntries) {
      // A map keeps the order of insertion, and every verification inserts anew.
      const [oldest] = entries.keys();
      entries.delete(oldest ?? "");
    }
  }

  return {
    callerOf,
    forget(apiKeyId) {
      generation += 1;
      noteGone(apiKeyId);
      questions.clear();
      for (const [secret, { caller }] of entries) {
        if (caller.apiKeyId === apiKeyId) {
          entries.delete(secret);
        }
      }
    },
    start: () => keeper?.start({ known, forgotten }),
    close: async () => keeper?.close(),
  };
}
