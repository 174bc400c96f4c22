/**
 * The best plan so far, and the plans that challenge it. What the model says that a plan costs is good enough to order the
 * challengers, and to leave out those that lose anyway; the evaluator prices the one that seems best, and any that could still
 * beat it, and its word alone counts.
 */
import { type Plan, type Priced, priceAndWatch } from "../../price.ts";
import type { Rejection, Situation } from "../../situation.ts";
import { planWithOneMore } from "../one-more.ts";
import { isBetter, isHonoured, isReward, moneyIn, winsTie } from "../preference.ts";
import { byPriority } from "../priority.ts";
import { hasRateIn } from "./benefit-fields.ts";
import { deniedIn } from "./denied-pick.ts";
import { grain } from "./grain.ts";
import type { Suggestion } from "./joint.ts";
import { mostRounded } from "./rounding.ts";

export interface Known {
  readonly plan: Plan;
  readonly priced: Priced;
  /** Null: those of the pricing, which has asked those that were left out. */
  readonly rejections: readonly (Rejection | null)[] | null;
}

export class Contest {
  best: Known;
  /** Model and evaluator disagreed about a plan's price by more than rounding. */
  disagreed = false;
  private readonly situation: Situation;
  private readonly honours: boolean;
  /** Suggestions whose price the model claims to know. */
  private pending: (Suggestion & { readonly pay: number })[] = [];
  /** Plans priced already. */
  private readonly tried = new Set<string>();

  constructor(situation: Situation, best: Known) {
    this.situation = situation;
    this.best = best;
    this.honours = situation.candidates.some((_, index) => isHonoured(situation, index));
  }

  /** Answers what the best plan pays, as far as known, in minor units. `isTied`: this one pays no less. */
  suggest(suggestion: Suggestion, isTied: boolean): number {
    const { total } = this.best.priced;
    // As good as the best plan known at most: it could only win the tie.
    if (isTied && !this.couldWinTie(suggestion)) return total;
    const { pay } = suggestion;
    if (pay === null || this.honours) {
      this.tryOut(suggestion);
      return this.best.priced.total;
    }
    this.pending.push({ ...suggestion, pay });
    return Math.min(total, pay / grain);
  }

  /** Prices those that are left, the one that should be best first, as long as they could be better by rounding or win the tie. */
  settle(): void {
    const { pending } = this;
    this.pending = [];
    pending.sort((a, b) => a.pay - b.pay);
    for (const suggestion of pending) {
      const roundings =
        (this.best.priced.applications.length + suggestion.uses.size + suggestion.later.length) / 2;
      if (!this.disagreed && suggestion.pay > (this.best.priced.total + roundings) * grain) return;
      this.tryOut(suggestion);
    }
  }

  consider(offered: Known): void {
    if (isBetter(this.situation, offered.priced, this.best.priced)) this.best = offered;
  }

  /** The best plan may have room for one that is left out although it found something. */
  enlarge(): void {
    for (const index of byPriority(this.situation)) {
      const { plan, priced, rejections } = this.best;
      const rejection = (rejections ?? priced.rejections)[index];
      if (rejection?.reason !== "displaced" || rejection.displacedBy !== undefined) continue;
      const larger = planWithOneMore(this.situation, { plan, priced }, index);
      if ("members" in larger) this.consider({ ...this.pricedFairly(larger), rejections: null });
    }
  }

  /** By so much, in millionths, rounding may have made the total larger. */
  roundingOf({ applications }: Priced): number {
    const { candidates, rounding } = this.situation;
    const rounded = applications.filter(({ candidate, stage }) =>
      hasRateIn(candidates[candidate]!.promotion, stage),
    );
    return rounded.length * mostRounded(rounding);
  }

  private tryOut(suggestion: Suggestion): void {
    const name = nameOf(suggestion);
    if (this.tried.has(name)) return;
    this.tried.add(name);
    const plan = this.planOf(suggestion);
    const tried = suggestion.isSure ? this.pricedAsIs(plan) : this.pricedFairly(plan);
    const { priced } = tried;
    if (suggestion.pay !== null) {
      const apart = Math.abs(priced.total * grain - suggestion.pay);
      if (apart > this.roundingOf(priced) + grain) this.disagreed = true;
    }
    this.consider({ ...tried, rejections: null });
  }

  private pricedAsIs(plan: Plan): { plan: Plan; priced: Priced } {
    return { plan, priced: priceAndWatch(this.situation, plan) };
  }

  /** Who was denied units that are left in the end may touch all that are free when its turn comes. */
  private pricedFairly(plan: Plan): { plan: Plan; priced: Priced } {
    const tried = this.pricedAsIs(plan);
    const denied = deniedIn(this.situation, plan, tried.priced);
    if (denied === null) return tried;
    const allowances = plan.allowances!.map((allowance, index) => (index === denied ? null : allowance));
    return this.pricedFairly({ ...plan, allowances });
  }

  /**
   * Fewer promotions than the best plan known, or as many with those before others that the rules prefer. Where the model only
   * bounds the plan, or other promotions are rounded, nobody knows before it is priced.
   */
  private couldWinTie({ uses, later, pay }: Suggestion): boolean {
    const { situation } = this;
    if (pay === null || this.honours) return true;
    const mine = moneyIn(this.best.priced);
    const theirs = new Set([...uses.keys(), ...later]);
    if (theirs.size === mine.size && [...theirs].every((index) => mine.has(index))) return false;
    const isRounded = (index: number) => {
      const { promotion } = situation.candidates[index]!;
      return promotion.parts.some(({ stage }) => hasRateIn(promotion, stage));
    };
    for (const index of theirs) if (!mine.has(index) && isRounded(index)) return true;
    for (const index of mine) if (!theirs.has(index) && isRounded(index)) return true;
    return winsTie(situation, theirs, mine);
  }

  private planOf({ uses, later, unlimited }: Suggestion): Plan {
    const { candidates, cart } = this.situation;
    const members = candidates.map((_, index) => isReward(this.situation, index));
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
}

/** Suggestions with one name are one plan; plans of two names are mostly two. */
function nameOf({ uses, later, unlimited }: Suggestion): string {
  let name = `${later} ${unlimited}`;
  for (const [candidate, lines] of uses) {
    name += ` ${candidate}:`;
    for (const [line, count] of lines) name += `${line}x${count},`;
  }
  return name;
}
