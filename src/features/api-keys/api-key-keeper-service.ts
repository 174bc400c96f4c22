/** Keys as this machine last saw them valid, on its disk: their hashes and whom they stand for, never a secret. */
import { join } from "node:path";
import { z } from "zod";
import { type Caller, environment, roles } from "../../platform/auth.ts";
import { repeated } from "../../platform/background.ts";
import { type KeptNote, keepNewest, readNotes } from "../../platform/kept-file.ts";
import type { Log } from "../../platform/log.ts";
import type { Outage } from "../../platform/outage.ts";

/** `name`: the hash of the secret, in hex. `at`: when the database last said that it is valid. */
export interface KeptKey extends KeptNote {
  readonly caller: Caller;
  /** Epoch milliseconds; null: never. */
  readonly expiresAt: number | null;
}

export interface ApiKeyKeeper {
  find(hash: Buffer): Promise<KeptKey | null>;
  /** All that are on the disk. */
  all(): Promise<readonly KeptKey[]>;
  start(source: KeySource): void;
  /** Keeps them a last time. */
  close(): Promise<void>;
}

export interface KeySource {
  /** The keys in memory. */
  known(): Iterable<KeptKey>;
  /** When this process learnt that a key is valid no more, by its id; what was noted of it before then goes. */
  readonly forgotten: ReadonlyMap<string, number>;
}

const kind = "keys";
const keptKey = z.object({
  name: z.string(),
  at: z.number(),
  expiresAt: z.number().nullable(),
  caller: z.object({
    projectId: z.string(),
    environment,
    apiKeyId: z.string(),
    role: z.enum(roles),
    requestsPerMinute: z.number().exactOptional(),
  }),
});
/** What is on the disk is not read again for every unknown key that is tried. */
const rereadMilliseconds = 5_000;

export function apiKeyKeeper({
  directory,
  milliseconds,
  keepMilliseconds,
  log,
  now,
}: Outage & { directory: string; log: Log; now: () => number }): ApiKeyKeeper {
  const path = join(directory, "keys.jsonl");
  let source: KeySource = { known: () => [], forgotten: new Map() };
  let newest = 0;
  let forgotten = 0;
  let read: Promise<ReadonlyMap<string, KeptKey>> | undefined;
  let readAt = 0;

  async function keep(): Promise<void> {
    const keys = [...source.known()];
    const latest = Math.max(0, ...keys.map(({ at }) => at));
    if (latest === newest && source.forgotten.size === forgotten) return;
    const isGone = (note: KeptNote) =>
      note.at <= (source.forgotten.get((note as KeptKey).caller.apiKeyId) ?? Number.NEGATIVE_INFINITY);
    await keepNewest(path, kind, keys, { oldest: now() - milliseconds, isGone });
    newest = latest;
    forgotten = source.forgotten.size;
  }

  async function all(): Promise<readonly KeptKey[]> {
    return z.array(keptKey).safeParse(await readNotes(path, kind)).data ?? [];
  }

  async function readAll(): Promise<ReadonlyMap<string, KeptKey>> {
    return new Map((await all()).map((key) => [key.name, key]));
  }

  const failed = (error: unknown) =>
    log.warn({ err: error }, "the keys in use could not be kept on the disk");
  const keeping = repeated(keepMilliseconds, keep, failed);

  return {
    all,
    async find(hash) {
      if (read === undefined || performance.now() - readAt > rereadMilliseconds) {
        read = readAll();
        readAt = performance.now();
      }
      return (await read).get(hash.toString("hex")) ?? null;
    },
    start(given) {
      source = given;
      keeping.start();
    },
    async close() {
      await keeping.close();
      await keep().catch(failed);
    },
  };
}
