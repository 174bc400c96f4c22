/** The item stage alone: the most that all its promotions can take off, and a plan that does. */
import type { Relaxation } from "./bound.ts";
import type { Component } from "./component.ts";
import type { FoundPlan } from "./found-plan.ts";
import { grain } from "./grain.ts";
import { type Limit, search } from "./search.ts";
import { note, type Uses } from "./uses.ts";
import type { Work } from "./work.ts";

export interface Solved {
  /** In millionths, as the model counts. */
  readonly value: number;
  /** No plan brings more. */
  readonly most: number;
  readonly uses: Uses;
}

export interface SolvedWithin extends Solved {
  /** What it brings in detail; null where there is none. */
  readonly plan: FoundPlan | null;
}

/**
 * A rough bound and a narrow beam find a plan; with a better bound what could beat it is mostly soon gone through; and where it
 * is not, a bound as good as can be had, and labels as many as it takes.
 */
const attempts = [
  { rounds: 6, width: 8 },
  { rounds: 5, width: 200 },
  { rounds: 70, width: 1_500 },
];

/**
 * Of all goods a limit is mostly reached by what a narrow beam keeps; where it falls on some of them, a wide one is needed. The bounds
 * are mostly as good as they get from the search without a limit.
 */
const attemptsWithin = [
  { rounds: 1, width: 24 },
  { rounds: 4, width: 200 },
  { rounds: 70, width: 3_000 },
];

/** The best plan of one component. Its bound stays with it, for searches within a limit. */
export function solveComponent(relaxation: Relaxation, work: Work): Solved {
  let best: Solved = {
    value: Number.NEGATIVE_INFINITY,
    most: Number.POSITIVE_INFINITY,
    uses: new Map(),
  };
  for (const { rounds, width } of attempts) {
    relaxation.improve(rounds, best.value);
    const { most } = relaxation;
    if (most <= best.value) return { ...best, most: best.value };
    const chosen = relaxation.choicesMade();
    if (chosen !== null) return { ...chosen, most: chosen.value };
    const found = search([relaxation], { above: best.value, limit: null, width }, work);
    const value = found.plan?.value ?? best.value;
    best = {
      value,
      most: Math.min(most, Math.max(value, found.most)),
      uses: found.plan?.uses ?? best.uses,
    };
    if (best.value >= best.most || work.isSpent()) break;
  }
  return best;
}

/** Units of one line that promotions take one by one. */
export function solvePlain({ units, alternatives }: Component, quantityOf: (line: number) => number): Solved {
  const uses: Uses = new Map();
  const [best] = alternatives[0]!;
  if (best === undefined) return { value: 0, most: 0, uses };
  const { line } = units[0]!;
  const count = quantityOf(line);
  note(uses, best.candidate, line, count);
  return { value: best.gain * count, most: best.gain * count, uses };
}

/** The best plan of all components together within the limit that passes, if it brings more than `above`. */
export function solveWithin(
  parts: readonly Relaxation[],
  above: number,
  limit: Limit,
  work: Work,
  passes?: (plan: FoundPlan) => boolean,
): SolvedWithin {
  let ceiling = limit.lines === null ? limit.atMost : (limit.inAll ?? Number.POSITIVE_INFINITY);
  let known = above;
  let best: SolvedWithin = { value: Number.NEGATIVE_INFINITY, most: ceiling, uses: new Map(), plan: null };
  for (const { rounds, width } of limit.lines === null ? attemptsWithin : attemptsWithin.slice(1)) {
    let most = 0;
    for (const part of parts) {
      part.improve(rounds, Number.NEGATIVE_INFINITY);
      most += part.most;
    }
    ceiling = Math.min(ceiling, most);
    if (ceiling <= known) return { ...best, most: known };
    const found = search(parts, { above: known, limit, width, ...(passes && { passes }) }, work);
    most = found.isNear ? ceiling : Math.min(ceiling, Math.max(known, found.most));
    if (found.plan === null) best = { ...best, most };
    else best = { value: found.plan.value, uses: found.plan.uses, plan: found.plan, most };
    known = Math.max(known, best.value);
    // Whole minor units are counted, so nobody asks for less.
    if (best.most - known < grain || !found.isCut || work.isSpent()) break;
  }
  return best;
}
