/**
 * Which of two plans is better: honoured codes first; then the lower total, fewer promotions, higher priorities, smaller
 * keys. Every planner of strategy `best` asks here.
 */
import type { Priced } from "../price.ts";
import type { Situation } from "../situation.ts";

/** Its code is to be honoured, or somebody asks what it would cost to have it in the plan. */
export function isHonoured(situation: Situation, index: number): boolean {
  return index === situation.forced || (situation.candidates[index]!.code?.honour ?? false);
}

/** It takes no money off, ever, so it weighs in no choice: it stands in every plan, and applies where it can. */
export function isReward({ candidates }: Situation, index: number): boolean {
  return candidates[index]!.promotion.parts[0]!.stage === "reward";
}

export function honouredFirst(situation: Situation, order: readonly number[]): readonly number[] {
  const honoured = order.filter((index) => isHonoured(situation, index));
  return honoured.length === 0
    ? order
    : [...honoured, ...order.filter((index) => !isHonoured(situation, index))];
}

export function isBetter(situation: Situation, offered: Priced, known: Priced): boolean {
  const theirs = moneyIn(offered);
  const mine = moneyIn(known);
  const honoured = honouredAmong(situation, theirs) - honouredAmong(situation, mine);
  if (honoured !== 0) return honoured > 0;
  if (offered.total !== known.total) return offered.total < known.total;
  return winsTie(situation, theirs, mine);
}

/** Of two plans at one price. Candidates stand by priority and key, so the first that only one plan has decides. */
export function winsTie(
  { candidates }: Situation,
  theirs: ReadonlySet<number>,
  mine: ReadonlySet<number>,
): boolean {
  if (mine.size !== theirs.size) return theirs.size < mine.size;
  const decisive = candidates.findIndex((_, index) => mine.has(index) !== theirs.has(index));
  return theirs.has(decisive);
}

export function honouredAmong(situation: Situation, applied: ReadonlySet<number>): number {
  let honoured = 0;
  // A forced one goes before all codes together.
  for (const index of applied)
    if (index === situation.forced) honoured += situation.candidates.length;
    else if (isHonoured(situation, index)) honoured++;
  return honoured;
}

/** Candidates that took money off. */
export function moneyIn({ applications }: Priced): Set<number> {
  const applied = new Set<number>();
  for (const { stage, candidate } of applications) if (stage !== "reward") applied.add(candidate);
  return applied;
}
