/**
 * Strategy `best`: the plan in which the customer pays least, with a proof or a bound.
 *
 * The merchant's order gives a first plan. The model bounds what any plan could pay; where the first plan is as good, that is
 * all. Otherwise the model's own plans are priced by the evaluator, which alone decides what they cost; and where the bound is
 * still not reached the greedy planner tries as well. A plan is never chosen because the model likes it.
 */
import type { Priced } from "../../price.ts";
import { areInConflict } from "../../promotion.ts";
import type { Rejection, Situation } from "../../situation.ts";
import { inMerchantsOrder, inRealOrder, planGreedily } from "../greedy.ts";
import type { Trial } from "../in-order.ts";
import type { Proposed } from "../planner.ts";
import { isHonoured, isReward, moneyIn } from "../preference.ts";
import { byPriority, planByPriority } from "../priority.ts";
import { hasRateIn } from "./benefit-fields.ts";
import { ceilingOf } from "./ceiling.ts";
import { Contest } from "./contest.ts";
import { canBeForced } from "./forced.ts";
import { grain, largestWorth } from "./grain.ts";
import { solveJointly } from "./joint.ts";
import { memory } from "./memory.ts";
import { isPlainlyBest } from "./plainly-best.ts";
import { mostRounded } from "./rounding.ts";
import { Work } from "./work.ts";
import { worldsOf } from "./worlds.ts";

/** Labels and table rows, for one evaluation. */
const operations = 200_000;

export interface FoundExactly extends Proposed {
  /** Model and evaluator disagreed about a plan's price by more than rounding; tests count how often. */
  readonly disagreed: boolean;
}

/**
 * `work`: shared by those that ask for several plans of one cart. `first`: the plan that follows from the merchant's order, of
 * those that have priced it already.
 */
export function planExactly(
  situation: Situation,
  {
    work = new Work(operations),
    first = inMerchantsOrder(situation),
  }: { readonly work?: Work; readonly first?: Trial } = {},
): FoundExactly {
  memory.clear();
  return new ExactPlanner(situation, work, first).run();
}

class ExactPlanner {
  private readonly situation: Situation;
  private readonly first: Trial;
  private readonly contest: Contest;
  /** Promotions were in each other's way. */
  private readonly isRivalled: boolean;
  /** The first plan leaves nobody anything out, so it may be seen at a glance that there is no better one. */
  private readonly isPlain: boolean;
  private readonly work: Work;
  /** Those that could take money off, and of these the ones that have to be in the plan. */
  private readonly candidates: readonly number[];
  private readonly musts: readonly number[];

  constructor(situation: Situation, work: Work, first: Trial) {
    this.situation = situation;
    this.work = work;
    this.isPlain =
      !situation.hasConflicts && !situation.candidates.some((_, index) => isHonoured(situation, index));
    this.first = first;
    const asCounted = inRealOrder(situation, first);
    this.contest = new Contest(situation, asCounted);
    // Honoured codes came first in it, and may have cost more than they had to.
    if (!first.isReal) this.contest.consider(planByPriority(situation));
    this.isRivalled = situation.hasConflicts || asCounted.priced.contenders.size > 0;
    this.candidates = moneyCandidates(situation);
    this.musts = honouredOf(situation, this.candidates);
  }

  run(): FoundExactly {
    if (this.candidates.length === 0) return this.answer(0);
    if (this.isPlain && isPlainlyBest(this.situation, this.candidates, this.contest.best.priced))
      return this.answer(0);
    // Where there is too much to try, what was found so far is as good as it gets.
    const { work } = this.situation;
    const found = work.searching(() => ({ least: this.leastPaid() }));
    const least = found?.least ?? null;
    if (this.isProven(least)) return this.answer(0);
    if (found !== null)
      work.searching(() => {
        this.contest.consider(planGreedily(this.situation, this.first));
        this.contest.enlarge();
      });
    // A model that was wrong about a plan's price bounds nothing.
    const isWrong = this.contest.disagreed;
    return this.answer(this.isProven(least) ? 0 : this.gap(isWrong ? null : least));
  }

  /** In millionths; null: the cart could not be modelled. */
  private leastPaid(): number | null {
    const { situation, musts } = this;
    if (situation.cart.subtotal + situation.cart.shippingAmount > largestWorth) return null;
    const least = this.leastPaidWith(musts);
    if (least === null || this.areAllHonoured()) return least;
    // No plan was found that has them all: those that the best one has, as cheaply as they can be; then what any plan pays at least.
    const applied = moneyIn(this.contest.best.priced);
    const some = musts.filter((index) => applied.has(index));
    if (some.length > 0) this.leastPaidWith(some);
    return this.leastPaidWith([]);
  }

  /** Infinite: no plan has them all. */
  private leastPaidWith(musts: readonly number[]): number | null {
    const { situation } = this;
    const forced = new Set(musts.filter((index) => canBeForced(situation, index)));
    let least = Number.POSITIVE_INFINITY;
    for (const world of worldsOf(situation, this.candidates)) {
      if ([...forced].some((index) => !world.includes(index))) continue;
      const known = { total: this.knownTotal(musts), isRivalled: this.isRivalled };
      const ofWorld = solveJointly(
        situation,
        world,
        forced,
        known,
        (suggestion, isTied) => {
          const paid = this.contest.suggest(suggestion, isTied);
          return musts.length === 0 ? paid : this.knownTotal(musts);
        },
        this.work,
      );
      if (ofWorld === null) return null;
      least = Math.min(least, ofWorld);
      this.contest.settle();
    }
    return least;
  }

  /** Of the best plan known, which rules out all dearer ones; unless it lacks what must be in the plan. */
  private knownTotal(musts: readonly number[]): number {
    const { priced } = this.contest.best;
    if (musts.length === 0) return priced.total;
    const applied = moneyIn(priced);
    return musts.every((index) => applied.has(index)) ? priced.total : Number.POSITIVE_INFINITY;
  }

  // -------------------------------------------------------------- the proof

  private isProven(least: number | null): boolean {
    const { best, disagreed } = this.contest;
    if (least === null || disagreed || !this.areAllHonoured()) return false;
    const gap = best.priced.total * grain - least;
    return gap < grain || gap <= this.contest.roundingOf(best.priced);
  }

  private areAllHonoured(): boolean {
    if (this.musts.length === 0) return true;
    const applied = moneyIn(this.contest.best.priced);
    return this.musts.every((index) => applied.has(index));
  }

  /** The most that any plan could still save: nothing below the floors, and nothing beyond the model's bound. */
  private gap(least: number | null): number {
    const { goods, total } = this.contest.best.priced;
    const floors = goods.lines.reduce((sum, line) => sum + line.floor * line.quantity, 0);
    const above = total - floors;
    if (least === null) return above;
    const rounded = this.candidates.flatMap((index) => {
      const { promotion } = this.situation.candidates[index]!;
      return promotion.parts.filter(({ stage }) => hasRateIn(promotion, stage));
    });
    const rounding = rounded.length * mostRounded(this.situation.rounding);
    return Math.max(0, Math.min(above, Math.floor(total + (rounding - least) / grain)));
  }

  private answer(bound: number): FoundExactly {
    const { best, disagreed } = this.contest;
    const { plan, priced } = best;
    return {
      plan,
      priced,
      optimality: { proven: bound === 0 && this.areAllHonoured(), bound },
      rejections: best.rejections ?? this.reasons(priced),
      disagreed,
    };
  }

  /** Those that were left out have been asked; who cannot stand beside another at all names it. */
  private reasons({ rejections }: Priced): readonly (Rejection | null)[] {
    const { candidates, hasConflicts } = this.situation;
    if (!hasConflicts) return rejections;
    const applied = byPriority(this.situation).filter((index) => rejections[index] === null);
    return rejections.map((rejection, index) => {
      if (rejection === null || candidates[index]!.rejection !== null) return rejection;
      const rivals = applied.filter((other) =>
        areInConflict(candidates[index]!.promotion, candidates[other]!.promotion),
      );
      return rivals.length === 0 ? rejection : { reason: "displaced", displacedBy: rivals };
    });
  }
}

function moneyCandidates(situation: Situation): number[] {
  return byPriority(situation).filter((index) => {
    const { rejection, exhausted } = situation.candidates[index]!;
    return rejection === null && exhausted === null && !isReward(situation, index);
  });
}

/** Those that are to be honoured, but for those for which there is nothing in the cart. */
function honouredOf(situation: Situation, candidates: readonly number[]): number[] {
  const isAboutItems = (index: number) =>
    situation.candidates[index]!.promotion.parts.at(-1)!.stage === "item";
  return candidates.filter(
    (index) => isHonoured(situation, index) && !(isAboutItems(index) && ceilingOf(situation, index) === 0),
  );
}
