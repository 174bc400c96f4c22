/** Whose key a secret is, is asked by one statement at a time: whoever tries a million keys keeps one connection busy, and no more. */
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { type FoundKey, findBySecrets } from "./api-key-store.ts";

const mostAtOnce = 100;

interface Waiting {
  readonly hash: Buffer;
  resolve(keys: readonly FoundKey[]): void;
  reject(error: unknown): void;
}

/** Answers the keys that the secret with this hash opens. Those that come while the database is answering wait and are then asked together. */
export function apiKeyReader(
  database: Pick<Database, "outside">,
  clock: Clock,
): (hash: Buffer) => Promise<readonly FoundKey[]> {
  const waiting: Waiting[] = [];
  let isReading = false;

  async function readAll(): Promise<void> {
    isReading = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, mostAtOnce);
      try {
        const hashes = batch.map(({ hash }) => hash);
        const found = await findBySecrets(database.outside, hashes, new Date(clock.now()));
        for (const [place, { resolve }] of batch.entries()) resolve(found[place] ?? []);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isReading = false;
  }

  return (hash) =>
    new Promise((resolve, reject) => {
      waiting.push({ hash, resolve, reject });
      if (!isReading) readAll();
    });
}
