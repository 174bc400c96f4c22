/** Evaluations a second inside one process: no HTTP, no JSON, no database. Prints one JSON line. */
import { evaluate } from "../../src/engine/evaluate.ts";
import type { Strategy } from "../../src/engine/settings.ts";
import { rulebookOf } from "./compiled.ts";
import { type BenchSet, benchCart, benchCases, benchPromotions } from "./fixture.ts";
import { median } from "./measurement.ts";

const warmUps = 4_000;
const rounds = 5;
const evaluationsPerRound = 2_000;

function secondsPerRound(work: () => void): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < evaluationsPerRound; i++) work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const results: {
  promotions: number;
  set: BenchSet;
  strategy: Strategy;
  perSecond: number;
  microseconds: number;
}[] = [];
for (const { promotions, set } of benchCases) {
  const rulebook = rulebookOf(benchPromotions(promotions, set));
  for (const strategy of ["best", "priority"] as const) {
    const cart = { ...benchCart, strategy };
    for (let i = 0; i < warmUps; i++) evaluate(rulebook, cart, {}, 0);
    const seconds = median(
      Array.from({ length: rounds }, () => secondsPerRound(() => evaluate(rulebook, cart, {}, 0))),
    );
    results.push({
      promotions,
      set,
      strategy,
      perSecond: evaluationsPerRound / seconds,
      microseconds: (seconds / evaluationsPerRound) * 1e6,
    });
  }
}
process.stdout.write(`${JSON.stringify(results)}\n`);
