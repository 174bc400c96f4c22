/**
 * The plan that follows from an order of claiming: the earlier promotion knocks out the later ones it cannot stand beside,
 * and takes its units first.
 *
 * Whoever turns out to give nothing must not have knocked anybody out, so such a promotion is barred and the order is gone
 * through again. So is one of which a part was denied its order or shipping group by a promotion of lower rank: the arithmetic
 * asks by rank, so while any of it applies it would take the group back. Each round bars one more, so this ends.
 */
import { type Plan, type Priced, price } from "../price.ts";
import { areInConflict } from "../promotion.ts";
import { filled } from "../short-lists.ts";
import type { Rejection, Situation } from "../situation.ts";

export interface Trial {
  readonly order: readonly number[];
  /** The order is that of the arithmetic, so the pricing is the quote's. */
  readonly isReal: boolean;
  readonly plan: Plan;
  readonly priced: Priced;
  readonly rejections: readonly (Rejection | null)[];
}

/** `order`: candidate indexes, the first to claim first; `excluded`: left out for this trial. */
export function planInOrder(
  situation: Situation,
  order: readonly number[],
  excluded: ReadonlySet<number> = new Set(),
): Trial {
  const isReal = order.every((index, rank) => index === rank);
  const barred = new Map<number, Rejection>();
  for (const index of excluded) barred.set(index, { reason: "displaced" });
  for (;;) {
    const { members, knockedOutBy } = admit(situation, order, barred);
    const priced = price(situation, { members, allowances: null }, isReal ? undefined : order);
    const idle = knockedOutBy.size === 0 ? undefined : idleAmong(knockedOutBy, order, priced);
    if (idle !== undefined) {
      barred.set(idle, priced.rejections[idle]!);
      continue;
    }
    const halved = halvedIn(priced);
    if (halved !== undefined) {
      barred.set(halved.index, { reason: "displaced", displacedBy: [halved.by] });
      continue;
    }
    if (barred.size === 0 && knockedOutBy.size === 0) {
      const { rejections } = priced;
      return { order, isReal, plan: planOf(rejections, isReal, priced), priced, rejections };
    }
    const rejections = [...priced.rejections];
    for (const [index, rejection] of barred) rejections[index] = rejection;
    for (const [index, by] of knockedOutBy) rejections[index] = { reason: "displaced", displacedBy: [by] };
    return { order, isReal, plan: planOf(rejections, isReal, priced), priced, rejections };
  }
}

/** Those that applied. */
function planOf(rejections: readonly (Rejection | null)[], isReal: boolean, { claimed }: Priced): Plan {
  const members = rejections.map((rejection) => rejection === null);
  return { members, allowances: isReal ? null : claimed };
}

/** The first that knocked somebody out and then gave nothing. */
function idleAmong(
  knockedOutBy: ReadonlyMap<number, number>,
  order: readonly number[],
  priced: Priced,
): number | undefined {
  const winners = new Set(knockedOutBy.values());
  return order.find((index) => winners.has(index) && priced.rejections[index] !== null);
}

/** One that applies without the part whose group a promotion of lower rank has. */
function halvedIn({ denied, rejections }: Priced): { index: number; by: number } | undefined {
  for (const [index, by] of denied) if (by > index && rejections[index] === null) return { index, by };
  return undefined;
}

function admit(situation: Situation, order: readonly number[], barred: ReadonlyMap<number, Rejection>) {
  const members = filled(situation.candidates.length, false);
  const knockedOutBy = new Map<number, number>();
  const admitted: number[] = [];
  for (const index of order) {
    const { promotion, rejection } = situation.candidates[index]!;
    if (rejection !== null || barred.has(index)) continue;
    if (situation.hasConflicts) {
      const rival = admitted.find((other) =>
        areInConflict(promotion, situation.candidates[other]!.promotion),
      );
      if (rival !== undefined) {
        knockedOutBy.set(index, rival);
        continue;
      }
      admitted.push(index);
    }
    members[index] = true;
  }
  return { members, knockedOutBy };
}
