/** Questions that come while the database is answering others wait for it and are then asked together. */
import type { Database } from "../../platform/database.ts";
import { type FactsAnswer, type FactsQuestion, readFacts } from "./facts-store.ts";

const mostAtOnce = 64;

interface Waiting {
  readonly question: FactsQuestion;
  resolve(answer: FactsAnswer): void;
  reject(error: unknown): void;
}

/** A lone question is asked at once; there is no timer. */
export function factsReader({
  pool,
}: Pick<Database, "pool">): (question: FactsQuestion) => Promise<FactsAnswer> {
  const waiting: Waiting[] = [];
  let isReading = false;

  async function readAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, mostAtOnce);
      try {
        const answers = await readFacts(
          pool,
          batch.map(({ question }) => question),
        );
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isReading = false;
  }

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      if (isReading) return;
      isReading = true;
      readAll();
    });
}
