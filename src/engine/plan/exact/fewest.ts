/**
 * Among plans of equal worth the one with fewer promotions: where several promotions would give a unit the same, the search has
 * taken any of them. Those that are in the plan anyway go first, then the one that serves the most lines.
 */
import type { Component } from "./component.ts";
import { note, type Uses } from "./uses.ts";

/** Units of a line that any of these candidates may take for the same. */
interface Tie {
  readonly line: number;
  readonly count: number;
  readonly candidates: readonly number[];
}

export function withFewest(uses: Uses, components: readonly Component[]): Uses {
  const ties: Tie[] = [];
  const settled: Uses = new Map();
  const rivals = rivalsByLine(components);
  for (const [candidate, lines] of uses) {
    for (const [line, count] of lines) {
      const alike = rivals.get(line)?.get(candidate);
      if (alike === undefined || alike.length < 2) note(settled, candidate, line, count);
      else ties.push({ line, count, candidates: alike });
    }
  }
  if (ties.length === 0) return uses;
  let open = ties;
  while (open.length > 0) {
    const next = mostWanted(open, settled);
    for (const { line, count, candidates } of open)
      if (candidates.includes(next)) note(settled, next, line, count);
    open = open.filter(({ candidates }) => !candidates.includes(next));
  }
  return settled;
}

/** By line, then candidate: all that give its units the same. */
function rivalsByLine(components: readonly Component[]): ReadonlyMap<number, ReadonlyMap<number, number[]>> {
  const rivals = new Map<number, Map<number, number[]>>();
  for (const { units, allAlternatives, players } of components) {
    // Who takes a unit decides what is left to count.
    if (players.some(({ automaton }) => automaton.countsWhatIsLeft)) continue;
    units.forEach(({ line }, unit) => {
      const all = allAlternatives[unit]!;
      if (all.length < 2 || rivals.has(line)) return;
      const ofLine = new Map<number, number[]>();
      for (const { candidate, gain } of all)
        ofLine.set(
          candidate,
          all.filter((other) => other.gain === gain).map((other) => other.candidate),
        );
      rivals.set(line, ofLine);
    });
  }
  return rivals;
}

/** One that is in the plan already; else the one that serves the most lines, and of those the first in the arithmetic. */
function mostWanted(ties: readonly Tie[], settled: Uses): number {
  const lines = new Map<number, number>();
  for (const { candidates } of ties)
    for (const candidate of candidates) lines.set(candidate, (lines.get(candidate) ?? 0) + 1);
  const wanted = (candidate: number) => (settled.has(candidate) ? ties.length + 1 : lines.get(candidate)!);
  return [...lines.keys()].reduce((best, candidate) =>
    wanted(candidate) > wanted(best) || (wanted(candidate) === wanted(best) && candidate < best)
      ? candidate
      : best,
  );
}
