/**
 * Which promotions may stand beside each other: every largest set of candidates without a conflict is a world of its own, and the
 * best plan lies in one of them. An exclusive promotion is a world alone.
 */
import { areInConflict } from "../../promotion.ts";
import type { Situation } from "../../situation.ts";

const maxWorlds = 24;

/** Where there would be too many: one world of all of them, whose bound holds for each. */
export function worldsOf(situation: Situation, candidates: readonly number[]): (readonly number[])[] {
  if (!situation.hasConflicts) return [candidates];
  const stands = (a: number, b: number) =>
    !areInConflict(situation.candidates[a]!.promotion, situation.candidates[b]!.promotion);
  const tolerant = candidates.filter((a) => candidates.every((b) => a === b || stands(a, b)));
  const quarrelsome = candidates.filter((index) => !tolerant.includes(index));
  const sets = largestSets(quarrelsome, stands);
  if (sets === null) return [candidates];
  return sets.map((set) => [...tolerant, ...set].sort((a, b) => a - b));
}

/** Bron and Kerbosch's enumeration of maximal cliques (1973), of those that stand beside each other. Null: too many. */
function largestSets(
  candidates: readonly number[],
  stands: (a: number, b: number) => boolean,
): number[][] | null {
  const sets: number[][] = [];
  const grow = (set: readonly number[], open: readonly number[], done: readonly number[]): boolean => {
    if (open.length === 0 && done.length === 0) sets.push([...set]);
    if (sets.length > maxWorlds) return false;
    let rest = open;
    let closed = done;
    for (const next of open) {
      const beside = (other: number) => stands(next, other);
      if (
        !grow(
          [...set, next],
          rest.filter((o) => o !== next && beside(o)),
          closed.filter(beside),
        )
      )
        return false;
      rest = rest.filter((other) => other !== next);
      closed = [...closed, next];
    }
    return true;
  };
  return grow([], candidates, []) ? sets : null;
}
