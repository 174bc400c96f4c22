/**
 * A shop in which more promotions touch the cart as more exist, in process: the floor and the engine, taking turns. Prints
 * one JSON line. CPU time, as others may work on the same cores; the lower quartile of the rounds.
 */

import { cartSchema } from "../../src/engine/cart.ts";
import { evaluate } from "../../src/engine/evaluate.ts";
import { promotionOf } from "../bench-peers/promotions.ts";
import { cartBody, rulesOf } from "../bench-peers/shop.ts";
import { rulebookOf } from "./compiled.ts";
import { floorOf } from "./floor.ts";

export interface MixedFigure {
  readonly name: string;
  readonly promotions: number;
  /** Of CPU, an evaluation. */
  readonly microseconds: number;
}

const sizes = [100, 1_000, 10_000];
const rounds = 8;
const roundMilliseconds = 250;

interface Entry {
  readonly name: string;
  readonly promotions: number;
  readonly work: () => unknown;
  readonly measured: number[];
}

const cart = cartSchema.parse(cartBody);
const ways = {
  "ours, `priority`, no reasons": { ...cart, strategy: "priority", explain: "none" },
  "ours, `best`, no reasons": { ...cart, explain: "none" },
  "ours, `best`, near misses": cart,
} as const;

const entries = sizes.flatMap((promotions): Entry[] => {
  const documents = rulesOf("mixed", promotions).map((rule) => promotionOf(rule, "mixed"));
  const rulebook = rulebookOf(documents);
  const floor = floorOf(documents);
  return [
    { name: "the floor", promotions, work: () => floor(cart, 0), measured: [] },
    ...Object.entries(ways).map(([name, asked]) => ({
      name,
      promotions,
      work: () => evaluate(rulebook, asked, {}, 0),
      measured: [],
    })),
  ];
});

function microsecondsEach(work: () => unknown): number {
  const began = performance.now();
  const before = process.cpuUsage();
  let done = 0;
  do {
    for (let i = 0; i < 16; i++) work();
    done += 16;
  } while (performance.now() - began < roundMilliseconds);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / done;
}

// The first two rounds are for V8.
for (let round = -2; round < rounds; round++)
  for (const { work, measured } of entries) {
    const each = microsecondsEach(work);
    if (round >= 0) measured.push(each);
  }
const figures = entries.map(({ name, promotions, measured }): MixedFigure => {
  const microseconds = [...measured].sort((a, b) => a - b)[Math.floor(measured.length / 4)]!;
  return { name, promotions, microseconds };
});
process.stdout.write(`${JSON.stringify(figures)}\n`);
