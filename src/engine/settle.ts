/**
 * Turns what a promotion would like to take off in one stage into whole minor units on units of goods.
 *
 * All benefits of the promotion read the same starting prices; their exact shares are added, cut where a floor refuses
 * them and where a cap or the budget ends; the sum is rounded once; then it is allocated, and never rounded again.
 *
 * Two roads lead to the same place: a fast one in plain numbers for a single benefit with simple shares, and an exact one
 * in fractions for everything. A law in the tests holds them against each other.
 */
import type { Discount, Goods, UnitRun, Units } from "./goods.ts";
import type { Proposal } from "./kind.ts";
import type { RoundingMode } from "./money.ts";
import { sumInFractions } from "./settlement/in-fractions.ts";
import { sumInNumbers } from "./settlement/in-numbers.ts";
import { allocateToUnits, type ExactSum, type Portion } from "./settlement/portions.ts";
import { WorkBudget } from "./work-budget.ts";

/** The benefit's own cap, the lowest prices of the goods, or what is left of the budget. */
export type Limit = "cap" | "floor" | "budget";

export interface Settlement extends Discount {
  /** What the promotion takes off in this stage. */
  readonly amount: number;
  /** What it would take off if nothing refused it, rounded; caps of its own are counted, floors and budgets are not. */
  readonly wished: number;
  /** What kept it from taking off more. */
  readonly limitedBy: readonly Limit[];
  /** By line, then position. Their sum is `amount`. Worked out when first asked for: planners rarely ask. */
  runs(): readonly UnitRun[];
  /** Units that have a share, whether or not a whole minor unit of it fell to them. */
  touched(): readonly Units[];
}

/** `budgetLeft`: null when no budget trims the amount. Nothing is changed in `goods`. */
export function settle(
  goods: Goods,
  proposals: readonly Proposal[],
  rounding: RoundingMode,
  budgetLeft: number | null,
  work = new WorkBudget(),
): Settlement {
  return new SettledSum(
    sumInNumbers(goods, proposals, rounding, work) ?? sumInFractions(goods, proposals, rounding, work),
    budgetLeft,
    work,
  );
}

/** The exact road alone, for the law that compares them. */
export function settleInFractions(
  goods: Goods,
  proposals: readonly Proposal[],
  rounding: RoundingMode,
  budgetLeft: number | null,
): Settlement {
  const work = new WorkBudget();
  return new SettledSum(sumInFractions(goods, proposals, rounding, work), budgetLeft, work);
}

const unlimited: readonly Limit[] = [];

function limitsOn({ given, wished, isCapped }: ExactSum, amount: number): readonly Limit[] {
  if (!isCapped && given >= wished && amount === given) return unlimited;
  const limitedBy: Limit[] = [];
  if (isCapped) limitedBy.push("cap");
  if (given < wished) limitedBy.push("floor");
  if (amount < given) limitedBy.push("budget");
  return limitedBy;
}

class SettledSum implements Settlement {
  readonly amount: number;
  readonly wished: number;
  readonly limitedBy: readonly Limit[];
  private readonly sum: ExactSum;
  private readonly work: WorkBudget;
  private portions: readonly Portion[] | null = null;
  private allocated: readonly UnitRun[] | null = null;

  constructor(sum: ExactSum, budgetLeft: number | null, work: WorkBudget) {
    // A budget is whole, so it may as well cut what was rounded.
    this.amount = budgetLeft === null ? sum.given : Math.min(sum.given, budgetLeft);
    this.wished = Math.min(sum.wished, Number.MAX_SAFE_INTEGER);
    this.limitedBy = limitsOn(sum, this.amount);
    this.sum = sum;
    this.work = work;
  }

  touched(): readonly Units[] {
    this.portions ??= this.sum.portions();
    return this.portions;
  }

  runs(): readonly UnitRun[] {
    this.portions ??= this.sum.portions();
    this.allocated ??= this.amount === 0 ? [] : allocateToUnits(this.amount, this.portions, this.work);
    return this.allocated;
  }
}
