/**
 * Strategy `best`: the plan in which the customer pays least, with a proof or a bound.
 *
 * The merchant's order gives a first plan. The model bounds what any plan could pay; where the first plan is as good, that is
 * all. Otherwise the model's own plans are priced by the evaluator, which alone decides what they cost; and where the bound is
 * still not reached the greedy planner tries as well. A plan is never chosen because the model likes it.
 */
import type { Stage } from "../../kind.ts";
import { type Plan, type Priced, price } from "../../price.ts";
import { areInConflict } from "../../promotion.ts";
import type { Rejection, Situation } from "../../situation.ts";
import { inMerchantsOrder, planGreedily } from "../greedy.ts";
import type { Trial } from "../in-order.ts";
import type { Proposed } from "../planner.ts";
import { honouredAmong, isBetter, isHonoured, moneyIn, winsTie } from "../preference.ts";
import { byPriority } from "../priority.ts";
import { hasRate } from "./benefit-fields.ts";
import { isForcedLater } from "./forced.ts";
import { grain, largestWorth } from "./grain.ts";
import { fieldsOf } from "./item-offers.ts";
import { type Suggestion, solveJointly } from "./joint.ts";
import { isPlainlyBest } from "./plainly-best.ts";
import { Work } from "./work.ts";
import { worldsOf } from "./worlds.ts";

/** Labels and table rows, for one evaluation. */
const operations = 200_000;

export interface FoundExactly extends Proposed {
  /** Model and evaluator disagreed about a plan's price by more than rounding; tests count how often. */
  readonly disagreed: boolean;
}

/** `work`: shared by those that ask for several plans of one cart. */
export function planExactly(situation: Situation, work = new Work(operations)): FoundExactly {
  return new ExactPlanner(situation, work).run();
}

interface Known {
  readonly plan: Plan;
  readonly priced: Priced;
  /** Null: to be found out, should this plan be chosen. */
  readonly rejections: readonly (Rejection | null)[] | null;
}

class ExactPlanner {
  private readonly situation: Situation;
  private readonly first: Trial;
  private best: Known;
  private disagreed = false;
  /** Promotions were in each other's way. */
  private readonly isRivalled: boolean;
  /** The first plan leaves nobody anything out, so it may be seen at a glance that there is no better one. */
  private readonly isPlain: boolean;
  /** Plans priced already. */
  private readonly tried = new Set<string>();
  private readonly work: Work;

  constructor(situation: Situation, work: Work) {
    this.situation = situation;
    this.work = work;
    this.isPlain =
      !situation.hasConflicts && !situation.candidates.some((_, index) => isHonoured(situation, index));
    this.first = inMerchantsOrder(situation);
    const { isReal, plan, priced, rejections } = this.first;
    this.best = { plan, rejections, priced: isReal ? priced : price(situation, plan) };
    this.isRivalled = situation.hasConflicts || this.best.priced.contenders.size > 0;
  }

  run(): FoundExactly {
    const candidates = this.moneyCandidates();
    if (candidates.length === 0) return this.answer(0);
    if (this.isPlain && isPlainlyBest(this.situation, candidates, this.best.priced)) return this.answer(0);
    // Where there is too much to try, what was found so far is as good as it gets.
    const { work } = this.situation;
    const found = work.searching(() => ({ least: this.leastPaid(candidates) }));
    const least = found?.least ?? null;
    if (this.isProven(least)) return this.answer(0);
    if (found !== null) work.searching(() => this.consider(planGreedily(this.situation, this.first)));
    return this.answer(this.isProven(least) ? 0 : this.gap(least));
  }

  /** In millionths; null: the cart could not be modelled. */
  private leastPaid(candidates: readonly number[]): number | null {
    const { situation } = this;
    if (situation.cart.subtotal + situation.cart.shippingAmount > largestWorth) return null;
    const honoured = candidates.filter((index) => isHonoured(situation, index) && index !== situation.forced);
    // In the item stage a code is honoured by what it is left, which the model does not weigh.
    const isLater = (index: number) =>
      situation.candidates[index]!.promotion.parts.every(({ stage }) => stage !== "item");
    const forced = new Set(honoured.every(isLater) ? honoured : []);
    if (situation.forced !== null && isForcedLater(situation, situation.forced)) forced.add(situation.forced);
    let least = Number.POSITIVE_INFINITY;
    for (const world of worldsOf(situation, candidates)) {
      if ([...forced].some((index) => !world.includes(index))) continue;
      const known = { total: this.knownTotal(forced), isRivalled: this.isRivalled };
      const ofWorld = solveJointly(
        situation,
        world,
        forced,
        known,
        (suggestion, isTied) => {
          this.tryOut(suggestion, isTied);
          return this.knownTotal(forced);
        },
        this.work,
      );
      if (ofWorld === null) return null;
      least = Math.min(least, ofWorld);
    }
    return Number.isFinite(least) ? least : null;
  }

  /** Of the best plan known, which rules out all dearer ones; unless it lacks what must be in the plan. */
  private knownTotal(forced: ReadonlySet<number>): number {
    const { situation, best } = this;
    const musts = situation.forced === null ? [...forced] : [...forced, situation.forced];
    if (musts.length === 0) return best.priced.total;
    const applied = moneyIn(best.priced);
    return musts.every((index) => applied.has(index)) ? best.priced.total : Number.POSITIVE_INFINITY;
  }

  private moneyCandidates(): number[] {
    const { candidates } = this.situation;
    return byPriority(this.situation).filter((index) => {
      const { promotion, rejection, exhausted } = candidates[index]!;
      return rejection === null && exhausted === null && promotion.parts[0]!.stage !== "reward";
    });
  }

  // -------------------------------------------------------------- plans

  private tryOut(suggestion: Suggestion, isTied: boolean): void {
    // As good as the best plan known at most: it could only win the tie.
    if (isTied && !this.couldWinTie(suggestion)) return;
    const plan = this.planOf(suggestion);
    const name = `${plan.members.map(Number).join("")} ${plan.allowances!.join(";")}`;
    if (this.tried.has(name)) return;
    this.tried.add(name);
    const priced = price(this.situation, plan);
    if (suggestion.pay !== null) {
      const apart = Math.abs(priced.total * grain - suggestion.pay);
      if (apart > this.roundingOf(priced) + grain) this.disagreed = true;
    }
    this.consider({ plan, priced, rejections: null });
  }

  /**
   * Fewer promotions than the best plan known, or as many with those before others that the rules prefer. Where the model only
   * bounds the plan, or other promotions are rounded, nobody knows before it is priced.
   */
  private couldWinTie({ uses, later, pay }: Suggestion): boolean {
    const { situation } = this;
    if (pay === null || situation.candidates.some((_, index) => isHonoured(situation, index))) return true;
    const mine = moneyIn(this.best.priced);
    const theirs = new Set([...uses.keys(), ...later]);
    if (theirs.size === mine.size && [...theirs].every((index) => mine.has(index))) return false;
    const isRounded = (index: number) =>
      this.situation.candidates[index]!.promotion.parts.some(({ stage }) => this.hasRate(index, stage));
    for (const index of theirs) if (!mine.has(index) && isRounded(index)) return true;
    for (const index of mine) if (!theirs.has(index) && isRounded(index)) return true;
    return winsTie(situation, theirs, mine);
  }

  private planOf({ uses, later, unlimited }: Suggestion): Plan {
    const { candidates, cart } = this.situation;
    const members = candidates.map(
      ({ promotion, rejection }) => rejection === null && promotion.parts[0]!.stage === "reward",
    );
    const none = new Array<number>(cart.lines.length).fill(0);
    const allowances = candidates.map((): readonly number[] | null => none);
    for (const index of later) members[index] = true;
    for (const [index, lines] of uses) {
      members[index] = true;
      const allowed = [...none];
      for (const [line, count] of lines) allowed[line] = count;
      allowances[index] = allowed;
    }
    for (const index of unlimited) {
      members[index] = true;
      allowances[index] = null;
    }
    return { members, allowances };
  }

  private consider(offered: Known): void {
    if (isBetter(this.situation, offered.priced, this.best.priced)) this.best = offered;
  }

  // -------------------------------------------------------------- the proof

  private isProven(least: number | null): boolean {
    if (least === null || this.disagreed) return false;
    const { situation } = this;
    const honoured = byPriority(situation).filter(
      (index) => situation.candidates[index]!.rejection === null && isHonoured(situation, index),
    );
    if (honouredAmong(situation, moneyIn(this.best.priced)) < honouredAmong(situation, new Set(honoured)))
      return false;
    const gap = this.best.priced.total * grain - least;
    return gap < grain || gap <= this.roundingOf(this.best.priced);
  }

  /** By so much, in millionths, rounding may have made the total larger. */
  private roundingOf({ applications }: Priced): number {
    const rows = applications.filter(({ candidate, stage }) => this.hasRate(candidate, stage));
    return rows.length * this.roundingOfOne;
  }

  private get roundingOfOne(): number {
    return this.situation.rounding === "down" ? grain : grain / 2;
  }

  private hasRate(candidate: number, stage: Stage): boolean {
    return (
      stage !== "reward" && fieldsOf(this.situation.candidates[candidate]!.promotion, stage).some(hasRate)
    );
  }

  /** The most that any plan could still save: nothing below the floors, and nothing beyond the model's bound. */
  private gap(least: number | null): number {
    const { goods, total } = this.best.priced;
    const floors = goods.lines.reduce((sum, line) => sum + line.floor * line.quantity, 0);
    const above = total - floors;
    if (least === null) return above;
    const rounded = this.moneyCandidates().flatMap((index) =>
      this.situation.candidates[index]!.promotion.parts.filter(({ stage }) => this.hasRate(index, stage)),
    );
    const rounding = rounded.length * this.roundingOfOne;
    return Math.max(0, Math.min(above, Math.floor(total + (rounding - least) / grain)));
  }

  private answer(bound: number): FoundExactly {
    const { plan, priced } = this.best;
    const proven = bound === 0 && !this.disagreed;
    return {
      plan,
      priced,
      optimality: { proven, bound },
      rejections:
        this.best.rejections ??
        this.situation.work.searching(() => this.reasons(plan, priced)) ??
        this.plainReasons(priced),
      disagreed: this.disagreed,
    };
  }

  /** Why each of the others is not in the plan: what it would find once those that are have taken theirs. */
  private reasons(plan: Plan, priced: Priced): (Rejection | null)[] {
    const { candidates } = this.situation;
    const isApplied = (index: number) => priced.rejections[index] === null;
    if (candidates.every(({ rejection }, index) => rejection !== null || isApplied(index)))
      return candidates.map(({ rejection }) => rejection);
    const order = byPriority(this.situation);
    const applied = order.filter(isApplied);
    const rivalsOf = (index: number) =>
      this.situation.hasConflicts
        ? applied.filter((other) => areInConflict(candidates[index]!.promotion, candidates[other]!.promotion))
        : [];
    const rivals = candidates.map((_, index) => (isApplied(index) ? [] : rivalsOf(index)));
    // One that could apply and was left out must not count against the others: without it they find what the plan left.
    const leftOut = new Set<number>();
    let trial = this.trial(applied, rivals, leftOut, plan);
    for (;;) {
      const first = trial.applications.find(({ candidate }) => !isApplied(candidate));
      if (first === undefined) break;
      for (const { candidate, stage } of trial.applications)
        if (stage === first.stage && !isApplied(candidate)) leftOut.add(candidate);
      trial = this.trial(applied, rivals, leftOut, plan);
    }
    return candidates.map(({ rejection }, index) => {
      if (rejection !== null) return rejection;
      if (isApplied(index)) return null;
      if (rivals[index]!.length > 0) return { reason: "displaced", displacedBy: rivals[index]! };
      return leftOut.has(index) ? { reason: "displaced" } : trial.rejections[index]!;
    });
  }

  /** The plan, and after it all others that may stand beside it. */
  private trial(
    applied: readonly number[],
    rivals: readonly (readonly number[])[],
    leftOut: ReadonlySet<number>,
    plan: Plan,
  ): Priced {
    const isApplied = new Set(applied);
    return price(
      this.situation,
      {
        members: rivals.map((ofOne, index) => ofOne.length === 0 && !leftOut.has(index)),
        allowances: rivals.map((_, index) =>
          isApplied.has(index) ? (plan.allowances?.[index] ?? null) : null,
        ),
      },
      [...applied, ...byPriority(this.situation).filter((index) => !isApplied.has(index))],
    );
  }

  private plainReasons({ rejections }: Priced): (Rejection | null)[] {
    return this.situation.candidates.map(({ rejection }, index) => rejection ?? rejections[index]!);
  }
}
