/** The item stage alone: the most that all its promotions can take off, and a plan that does. */
import { boundFor } from "./bound.ts";
import type { Component } from "./component.ts";
import { note, search, type Uses } from "./search.ts";
import type { Work } from "./work.ts";

export interface Solved {
  /** In millionths, as the model counts. */
  readonly value: number;
  /** No plan brings more. */
  readonly most: number;
  readonly uses: Uses;
}

/** First a narrow beam, which mostly reaches the bound; then as wide as it must be. */
const beamWidth = 24;
const fullWidth = 3_000;

export function solveComponent(
  component: Component,
  quantityOf: (line: number) => number,
  work: Work,
): Solved {
  if (component.players.length === 0) return solvePlain(component, quantityOf);
  const bound = boundFor(component, Number.NEGATIVE_INFINITY, work);
  const nothing: Solved = { value: Number.NEGATIVE_INFINITY, most: bound.most, uses: new Map() };
  let best = nothing;
  for (const width of [beamWidth, fullWidth]) {
    const found = search(component, bound, { above: best.value, atMost: null, width }, work);
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

/** The best plan of all components together that brings no more than `atMost`, if it brings more than `above`. */
export function solveWithin(joined: Component, above: number, atMost: number, work: Work): Solved {
  const bound = boundFor(joined, above, work);
  if (bound.most <= above) return { value: Number.NEGATIVE_INFINITY, most: above, uses: new Map() };
  let known = above;
  let best: Solved = { value: Number.NEGATIVE_INFINITY, most: Math.min(atMost, bound.most), uses: new Map() };
  for (const width of [beamWidth * 4, fullWidth]) {
    const found = search(joined, bound, { above: known, atMost, width }, work);
    const most = Math.min(atMost, bound.most, Math.max(known, found.most));
    best = found.plan === null ? { ...best, most } : { ...found.plan, most };
    known = Math.max(known, best.value);
    if (known >= best.most || work.isSpent()) break;
  }
  return best;
}
