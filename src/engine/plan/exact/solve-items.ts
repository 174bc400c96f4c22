/** The item stage alone: the most that all its promotions can take off, and a plan that does. */
import { Relaxation } from "./bound.ts";
import type { Component } from "./component.ts";
import { type Limit, note, search, type Uses } from "./search.ts";
import type { Work } from "./work.ts";

export interface Solved {
  /** In millionths, as the model counts. */
  readonly value: number;
  /** No plan brings more. */
  readonly most: number;
  readonly uses: Uses;
}

/**
 * A rough bound and a narrow beam, which are mostly enough; then a bound as good as can be had, and labels as many as it takes.
 */
const attempts = [
  { rounds: 6, width: 16 },
  { rounds: 60, width: 1_500 },
];

export function solveComponent(
  component: Component,
  quantityOf: (line: number) => number,
  work: Work,
): Solved {
  if (component.players.length === 0) return solvePlain(component, quantityOf);
  const relaxation = new Relaxation(component, work);
  let best: Solved = {
    value: Number.NEGATIVE_INFINITY,
    most: Number.POSITIVE_INFINITY,
    uses: new Map(),
  };
  for (const { rounds, width } of attempts) {
    const bound = relaxation.improve(rounds, best.value);
    if (bound.most <= best.value) return { ...best, most: best.value };
    const found = search(component, bound, { above: best.value, limit: null, width }, work);
    const value = found.plan?.value ?? best.value;
    best = {
      value,
      most: Math.min(bound.most, Math.max(value, found.most)),
      uses: found.plan?.uses ?? best.uses,
    };
    if (best.value >= best.most || work.isSpent()) break;
  }
  return best;
}

function solvePlain({ units, alternatives }: Component, quantityOf: (line: number) => number): Solved {
  const uses: Uses = new Map();
  const [best] = alternatives[0]!;
  if (best === undefined) return { value: 0, most: 0, uses };
  const { line } = units[0]!;
  note(uses, best.candidate, line, quantityOf(line));
  return { value: best.gain, most: best.gain, uses };
}

/** The best plan of all components together within the limit, if it brings more than `above`. */
export function solveWithin(joined: Component, above: number, limit: Limit, work: Work): Solved {
  const relaxation = new Relaxation(joined, work);
  const ceiling = limit.lines === null ? limit.atMost : Number.POSITIVE_INFINITY;
  let known = above;
  let best: Solved = { value: Number.NEGATIVE_INFINITY, most: ceiling, uses: new Map() };
  for (const { rounds, width } of attempts) {
    const bound = relaxation.improve(rounds, known);
    if (bound.most <= known) return { ...best, most: known };
    const found = search(joined, bound, { above: known, limit, width: width * 2 }, work);
    const most = Math.min(ceiling, bound.most, Math.max(known, found.most));
    best = found.plan === null ? { ...best, most } : { ...found.plan, most };
    known = Math.max(known, best.value);
    if (known >= best.most || work.isSpent()) break;
  }
  return best;
}
