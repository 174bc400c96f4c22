/**
 * The better of the merchant's order and a greedy one, improved by leaving item discounts out that may be in the way of something
 * better. Proves nothing; strategy `best` asks it where its own search could not prove the plan it has.
 */
import { bidOn } from "../bid.ts";
import { Goods, unitsIn } from "../goods.ts";
import { type Plan, type Priced, price } from "../price.ts";
import type { Situation } from "../situation.ts";
import { planInOrder, type Trial } from "./in-order.ts";
import type { Proposed } from "./planner.ts";
import { honouredAmong, honouredFirst, isBetter, isHonoured, isReward, moneyIn } from "./preference.ts";
import { byPriority } from "./priority.ts";

/** How many plans may be tried by leaving one promotion out. Work is counted in plans, never in milliseconds. */
const plansWithOneLeftOut = 4;
/** The same, of promotions that no missed threshold speaks against. */
const plansWithLess = 12;
/** Where whole promotions exclude each other: how many of the largest may each lead a plan. */
const plansLedByOne = 8;

/** `baseline`: the merchant's order, honoured codes first. */
export function planGreedily(
  situation: Situation,
  baseline: Trial = inMerchantsOrder(situation),
): Omit<Proposed, "optimality"> {
  let best = baseline;
  // Where there is too much to try, what was found so far is as good as it gets.
  situation.work.searching(() => {
    for (const trial of trials(situation, baseline)) best = better(situation, best, trial);
    const missed = missedThresholds(situation, best);
    if (missed.length > 0) best = leaveOneOut(situation, best, missed);
    best = withLess(situation, best);
  });
  const found = inRealOrder(situation, best);
  // Trials were compared in their own order of claiming; the quote counts in the real one, and is never worse than it.
  const isNoWorse =
    found.priced.total <= baseline.priced.total ||
    honouredIn(situation, found.priced) > honouredIn(situation, baseline.priced);
  return best === baseline || isNoWorse ? found : inRealOrder(situation, baseline);
}

export function inMerchantsOrder(situation: Situation): Trial {
  return planInOrder(situation, honouredFirst(situation, byPriority(situation)));
}

function* trials(situation: Situation, baseline: Trial): Iterable<Trial> {
  if (baseline.priced.contenders.size === 0 && !situation.hasConflicts) return;
  for (const order of greedyOrders(situation, baseline))
    yield planInOrder(situation, honouredFirst(situation, order));
}

/** The trial's plan as the quote counts it. Which rewards apply is seen only then. */
export function inRealOrder(situation: Situation, trial: Trial): Omit<Proposed, "optimality"> {
  const { isReal, priced, rejections } = trial;
  if (isReal) return { plan: trial.plan, priced, rejections };
  const plan = withRewards(situation, trial.plan);
  const asCounted = price(situation, plan);
  return {
    plan,
    priced: asCounted,
    rejections: rejections.map((rejection, index) =>
      isReward(situation, index) ? asCounted.rejections[index]! : rejection,
    ),
  };
}

/** Of a trial's plan only those are members that applied in the trial. */
export function withRewards(situation: Situation, plan: Plan): Plan {
  const members = plan.members.map((isMember, index) => isMember || isReward(situation, index));
  return { ...plan, members };
}

/** Those that contend, by what each would take off alone per unit it needs, and, where whole promotions fight, in all. */
function greedyOrders(situation: Situation, { priced, order }: Trial): number[][] {
  const goods = new Goods(situation.cart.lines);
  const shipments = new Goods(situation.shipments);
  const contenders = order.filter(
    (index) => priced.contenders.has(index) || situation.candidates[index]!.promotion.hasConflicts,
  );
  const alone = new Map(contenders.map((index) => [index, worthAlone(situation, index, goods, shipments)]));
  const others = order.filter((index) => !alone.has(index));
  const amount = (index: number) => alone.get(index)!.amount;
  const perUnit = (index: number) => amount(index) / Math.max(1, alone.get(index)!.units);
  const by = (score: (index: number) => number) =>
    [...contenders].sort((a, b) => score(b) - score(a) || amount(b) - amount(a) || a - b);
  const orders = [[...by(perUnit), ...others]];
  if (situation.hasConflicts) {
    const isTolerant = (index: number) => !situation.candidates[index]!.promotion.hasConflicts;
    const largestFirst = [...by(amount), ...others];
    const tolerantFirst = [
      ...largestFirst.filter(isTolerant),
      ...largestFirst.filter((index) => !isTolerant(index)),
    ];
    orders.push(largestFirst, tolerantFirst);
    for (const index of largestFirst.slice(1, plansLedByOne))
      orders.push([index, ...largestFirst.filter((other) => other !== index)]);
  }
  return orders;
}

interface Worth {
  readonly amount: number;
  readonly units: number;
}

/**
 * What a promotion would take off alone. Where promotions exclude each other it is priced in full; else, for it is asked
 * often, only its first stage is looked at, its conditions taken to hold and its budget left aside.
 */
function worthAlone(situation: Situation, index: number, goods: Goods, shipments: Goods): Worth {
  if (situation.hasConflicts) return worthInFull(situation, index);
  const part = situation.candidates[index]!.promotion.parts[0]!;
  if (part.stage === "reward") return { amount: 0, units: 0 };
  const { settlement } = bidOn(
    situation,
    part.stage === "shipping" ? shipments : goods,
    index,
    part,
    null,
    null,
  );
  return {
    amount: settlement.amount,
    units: part.stage === "item" ? unitsIn(settlement.touched()) : situation.cart.quantity,
  };
}

function worthInFull(situation: Situation, index: number): Worth {
  const members = situation.candidates.map((_, i) => i === index);
  const { applications } = price(situation, { members, allowances: null });
  const amount = applications.reduce((sum, application) => sum + application.amount, 0);
  return { amount, units: situation.cart.quantity };
}

function better(situation: Situation, a: Trial, b: Trial): Trial {
  return isBetter(situation, b.priced, a.priced) ? b : a;
}

function honouredIn(situation: Situation, priced: Priced): number {
  return honouredAmong(situation, moneyIn(priced));
}

interface MissedThreshold {
  readonly gap: number;
  /** What the promotion would take off the cart as it came. */
  readonly worth: number;
}

/** Promotions of later stages that missed a threshold which an item discount may have cost them. */
function missedThresholds(situation: Situation, { priced, rejections }: Trial): MissedThreshold[] {
  const given = itemDiscounts(priced).reduce((sum, { amount }) => sum + amount, 0);
  const missed: MissedThreshold[] = [];
  rejections.forEach((rejection, index) => {
    if (rejection?.gapIn !== "amount" || rejection.gap! > given) return;
    missed.push({
      gap: rejection.gap!,
      // A code that is to be honoured is worth any sacrifice.
      worth: isHonoured(situation, index)
        ? Number.POSITIVE_INFINITY
        : worthAlone(situation, index, new Goods(situation.cart.lines), new Goods(situation.shipments))
            .amount,
    });
  });
  return missed;
}

function itemDiscounts({ applications }: Priced): { candidate: number; amount: number }[] {
  return applications.filter((application) => application.stage === "item");
}

/** Leaving out a discount larger than the gap, and smaller than what the threshold is worth, may pay; the cheapest sacrifice first, and the first that pays. */
function leaveOneOut(situation: Situation, start: Trial, missed: readonly MissedThreshold[]): Trial {
  const sacrifices = itemDiscounts(start.priced)
    .filter(
      ({ amount, candidate }) =>
        !isHonoured(situation, candidate) && missed.some(({ gap, worth }) => gap <= amount && amount < worth),
    )
    .sort((a, b) => a.amount - b.amount)
    .slice(0, plansWithOneLeftOut);
  for (const { candidate } of sacrifices) {
    const trial = planInOrder(situation, start.order, new Set([candidate]));
    if (better(situation, start, trial) === trial) return trial;
  }
  return start;
}

/**
 * What an item discount touches others may not (`excludeDiscounted`), and what it leaves may be too little, or too much, for
 * others. So all are left out at once, and then one after the other, the smallest first, as long as the customer pays less.
 */
function withLess(situation: Situation, start: Trial): Trial {
  const isFree = ({ candidate }: { candidate: number }) => !isHonoured(situation, candidate);
  const discounts = (trial: Trial) => itemDiscounts(trial.priced).filter(isFree);
  const all = discounts(start).map(({ candidate }) => candidate);
  if (all.length === 0 || situation.candidates.length === 1) return start;
  const left = new Set<number>();
  let best = start;
  let plans = plansWithLess;
  const tryWithout = (more: readonly number[]): boolean => {
    plans -= 1;
    const trial = planInOrder(situation, start.order, new Set([...left, ...more]));
    if (better(situation, best, trial) !== trial) return false;
    best = trial;
    for (const candidate of more) left.add(candidate);
    return true;
  };
  if (all.length > 1) tryWithout(all);
  for (let isBetter = true; isBetter; ) {
    const smallestFirst = discounts(best).sort((a, b) => a.amount - b.amount);
    isBetter = smallestFirst.slice(0, plans).some(({ candidate }) => tryWithout([candidate]));
  }
  return best;
}
