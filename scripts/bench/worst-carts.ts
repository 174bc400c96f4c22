/** How long the event loop waits for the dearest carts that are allowed, priced or refused. Prints one JSON line. */
import { assess } from "../../src/engine/evaluate.ts";
import { EvaluationTooComplex } from "../../src/engine/work-budget.ts";
import { writeQuote } from "../../src/engine/write-quote.ts";
import { rulebookOf } from "./compiled.ts";
import { worstCart, worstFacts, worstPromotions } from "./worst-fixture.ts";

export interface WorstCartFigure {
  readonly name: string;
  /** Of CPU, the least of the rounds. */
  readonly milliseconds: number;
  /** Null: it is refused. */
  readonly operations: number | null;
}

const rounds = 5;

const figures = Object.entries(worstPromotions).map(([name, promotions]): WorstCartFigure => {
  const rulebook = rulebookOf(promotions());
  let milliseconds = Number.POSITIVE_INFINITY;
  let operations: number | null = null;
  for (let round = 0; round < rounds; round++) {
    const begin = process.cpuUsage();
    operations = operationsFor(rulebook);
    const { user, system } = process.cpuUsage(begin);
    milliseconds = Math.min(milliseconds, (user + system) / 1000);
  }
  return { name, milliseconds, operations };
});
process.stdout.write(`${JSON.stringify(figures)}\n`);

function operationsFor(rulebook: ReturnType<typeof rulebookOf>): number | null {
  try {
    const outcome = assess(rulebook, worstCart("best"), worstFacts, 0);
    writeQuote(outcome);
    return outcome.situation.work.spent;
  } catch (error) {
    if (error instanceof EvaluationTooComplex) return null;
    throw error;
  }
}
