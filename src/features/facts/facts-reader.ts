/** Questions about a project that come while the database is answering others about it wait and are then asked together. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database } from "../../platform/database.ts";
import type { FactsQuestion } from "./facts-arms.ts";
import { type FactsAnswer, readFacts } from "./facts-store.ts";

const mostAtOnce = 64;

interface Waiting {
  readonly question: FactsQuestion;
  resolve(answer: FactsAnswer): void;
  reject(error: unknown): void;
}

/** When questions about a project may be asked; undefined: at once. */
export type Turn = (projectId: string) => Promise<void> | undefined;

/** A lone question waits for nothing but its turn and that of the event loop, for those that came with it; there is no timer. */
export function factsReader(
  database: Pick<Database, "of">,
  turn: Turn = () => undefined,
): (question: FactsQuestion) => Promise<FactsAnswer> {
  const queues = new Map<string, Waiting[]>();

  async function readAll(projectId: string, waiting: Waiting[]): Promise<void> {
    await nextTurn();
    while (waiting.length > 0) {
      await turn(projectId);
      const batch = waiting.splice(0, mostAtOnce);
      try {
        const answers = await readFacts(
          database.of(projectId).$client,
          batch.map(({ question }) => question),
        );
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      // Whoever was answered goes on first: the next turn is after theirs.
      await nextTurn();
    }
    queues.delete(projectId);
  }

  return (question) =>
    new Promise((resolve, reject) => {
      const { projectId } = question;
      const waiting = queues.get(projectId);
      if (waiting !== undefined) {
        waiting.push({ question, resolve, reject });
        return;
      }
      const first = [{ question, resolve, reject }];
      queues.set(projectId, first);
      readAll(projectId, first);
    });
}
