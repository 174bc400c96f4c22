import { type Authenticator, type Caller, projectOf, spaceOf } from "../../platform/auth.ts";
import { repeated } from "../../platform/background.ts";
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
/** One that nobody uses is asked for so often all the same: an outage must not begin with keys that were last seen hours ago. */
const confirmEveryMilliseconds = 30_000;
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
  start(): Promise<void>;
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
  /** Used by a process before this one, and not by this one yet; by their names. */
  const inherited = new Map<string, KeptKey>();
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
    const entry = entryOf(hash, rows, now);
    if (entry === null) {
      noteGone(entries.get(secret)?.caller.apiKeyId);
      entries.delete(secret);
      return null;
    }
    // Read before a change of ours that came in between: right for this request, but not worth keeping.
    if (asOf === generation) {
      entries.delete(secret);
      entries.set(secret, entry);
      inherited.delete(hash.toString("hex"));
      dropOldest();
    }
    noteUse(entry, now);
    return entry.caller;
  }

  /** Asks again for those that nobody has used for a while; the answers come by the hundred. */
  async function confirmIdle(): Promise<void> {
    if (database.watch.isAway()) return;
    const now = clock.now();
    const isDue = (at: number) => Math.abs(now - at) >= confirmEveryMilliseconds;
    const confirm = async (secret: string, known: Entry) => {
      const asOf = generation;
      const entry = entryOf(known.hash, await keysOf(known.hash), now);
      // Used or forgotten meanwhile: that is newer.
      if (asOf !== generation || entries.get(secret) !== known) return;
      if (entry !== null) return void entries.set(secret, { ...entry, usedAt: known.usedAt });
      noteGone(known.caller.apiKeyId);
      entries.delete(secret);
    };
    const inherit = async (key: KeptKey) => {
      const hash = Buffer.from(key.name, "hex");
      const entry = entryOf(hash, await keysOf(hash), now);
      if (inherited.get(key.name) !== key) return;
      inherited.delete(key.name);
      if (entry === null) noteGone(key.caller.apiKeyId);
      else inherited.set(key.name, keptOf(entry));
    };
    await Promise.all([
      ...[...entries].flatMap(([secret, entry]) => (isDue(entry.verifiedAt) ? [confirm(secret, entry)] : [])),
      ...[...inherited.values()].flatMap((key) => (isDue(key.at) ? [inherit(key)] : [])),
    ]);
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
    yield* inherited.values();
    for (const entry of entries.values()) yield keptOf(entry);
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

  const confirming = repeated(1_000, confirmIdle, (error) =>
    log.debug({ err: error }, "keys that are not used could not be verified again"),
  );

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
    async start() {
      keeper?.start({ known, forgotten });
      for (const key of (await keeper?.all()) ?? []) inherited.set(key.name, key);
      confirming.start();
    },
    async close() {
      await confirming.close();
      await keeper?.close();
    },
  };
}

/** Null where it opens none, or nobody could say which. */
function entryOf(hash: Buffer, rows: readonly FoundKey[], now: number): Entry | null {
  const [row, second] = rows;
  if (row === undefined || second !== undefined) return null;
  const { projectId, environment, id, role, expiresAt, lastUsedAt, requestsPerMinute } = row;
  return {
    hash,
    caller: {
      projectId: spaceOf(projectId, environment),
      environment,
      apiKeyId: id,
      role,
      ...(requestsPerMinute !== null && { requestsPerMinute }),
    },
    expiresAt: expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
    verifiedAt: now,
    askedAt: now,
    usedAt: lastUsedAt?.getTime() ?? 0,
  };
}

function keptOf({ hash, caller, expiresAt, verifiedAt }: Entry): KeptKey {
  return {
    name: hash.toString("hex"),
    at: verifiedAt,
    caller,
    expiresAt: Number.isFinite(expiresAt) ? expiresAt : null,
  };
}
