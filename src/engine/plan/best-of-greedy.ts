/**
 * Strategy `best`, for now: the best of several greedy orders of claiming, and of leaving single promotions out where a
 * threshold may be at stake. The exact search takes this file's place behind the same interface; until then the answer
 * says honestly that it is not proven, unless no promotion could take off anything at all.
 */
import { price, type Priced } from "../price.ts";
import type { Situation } from "../situation.ts";
import { planInOrder, type Trial } from "./in-order.ts";
import type { Planner, Proposed } from "./planner.ts";
import { byPriority } from "./priority.ts";

/** How many plans may be tried by leaving one promotion out. Work is counted in plans, never in milliseconds. */
const dropBudget = 16;

export const planBest: Planner = (situation: Situation): Proposed => {
  const money = moneyCandidates(situation);
  const honouredFirst = (order: readonly number[]) => [...order.filter((i) => isHonoured(situation, i)), ...order.filter((i) => !isHonoured(situation, i))];
  let best = evaluated(situation, planInOrder(situation, honouredFirst(byPriority(situation))));
  if (money.length === 0) return { ...best.trial, optimality: { proven: true, bound: 0 } };

  const mayDiffer = best.trial.priced.isContended || situation.hasConflicts;
  if (mayDiffer) {
    for (const order of greedyOrders(situation, money)) best = better(situation, best, evaluated(situation, planInOrder(situation, honouredFirst(order))));
  }
  if (missedThreshold(best.trial)) best = leaveOneOut(situation, money, best);
  return { plan: best.trial.plan, rejections: best.trial.rejections, optimality: { proven: false, bound: mostLeft(best.priced) } };
};

interface Evaluated {
  readonly trial: Trial;
  /** The trial's plan in the real order of the arithmetic. */
  readonly priced: Priced;
}

function evaluated(situation: Situation, trial: Trial): Evaluated {
  return { trial, priced: price(situation, trial.plan) };
}

function moneyCandidates(situation: Situation): number[] {
  return situation.candidates.flatMap(({ promotion, rejection }, i) => (rejection === null && promotion.parts[0]!.stage !== "reward" ? [i] : []));
}

function isHonoured(situation: Situation, index: number): boolean {
  return situation.candidates[index]!.code?.honour ?? false;
}

/** By what each promotion would take off alone: in all, per unit it needs, and per money it touches. */
function greedyOrders(situation: Situation, money: readonly number[]): number[][] {
  const alone = new Map(money.map((index) => [index, worthAlone(situation, index)]));
  const rest = byPriority(situation).filter((index) => !alone.has(index));
  const by = (score: (worth: Worth) => number) => [...[...money].sort((a, b) => score(alone.get(b)!) - score(alone.get(a)!) || a - b), ...rest];
  return [by((worth) => worth.amount), by((worth) => worth.amount / Math.max(1, worth.units)), by((worth) => worth.amount / Math.max(1, worth.touched))];
}

interface Worth {
  amount: number;
  units: number;
  touched: number;
}

function worthAlone(situation: Situation, index: number): Worth {
  const members = situation.candidates.map((_, i) => i === index);
  const { applications, claimed } = price(situation, { members, allowances: null });
  const { lines } = situation.cart;
  const claims = claimed[index];
  return {
    amount: applications.reduce((sum, application) => sum + application.amount, 0),
    units: claims?.reduce((sum, units) => sum + units, 0) ?? situation.cart.quantity,
    touched: claims?.reduce((sum, units, line) => sum + units * lines[line]!.unitPrice, 0) ?? situation.cart.subtotal,
  };
}

/** Lower total; then fewer promotions, higher priorities, smaller keys. Candidates stand by priority and key, so the first that only one plan has decides. */
function better(situation: Situation, a: Evaluated, b: Evaluated): Evaluated {
  const honoured = honouredIn(situation, b) - honouredIn(situation, a);
  if (honoured !== 0) return honoured > 0 ? b : a;
  if (a.priced.total !== b.priced.total) return b.priced.total < a.priced.total ? b : a;
  const ofA = moneyIn(a.priced);
  const ofB = moneyIn(b.priced);
  if (ofA.size !== ofB.size) return ofB.size < ofA.size ? b : a;
  const decisive = byPriority(situation).find((index) => ofA.has(index) !== ofB.has(index));
  return decisive !== undefined && ofB.has(decisive) ? b : a;
}

function honouredIn(situation: Situation, { priced }: Evaluated): number {
  return [...moneyIn(priced)].filter((index) => isHonoured(situation, index)).length;
}

function moneyIn(priced: Priced): Set<number> {
  return new Set(priced.applications.flatMap((application) => (application.stage === "reward" ? [] : [application.candidate])));
}

const thresholdReasons = new Set(["subtotal_too_low", "quantity_too_low", "shipping_amount_too_low"]);

/** A later stage missed a threshold that an earlier discount may have cost it. */
function missedThreshold({ priced }: Trial): boolean {
  return priced.applications.length > 0 && priced.rejections.some((rejection) => rejection !== null && thresholdReasons.has(rejection.reason));
}

function leaveOneOut(situation: Situation, money: readonly number[], start: Evaluated): Evaluated {
  let best = start;
  for (const index of money.filter((i) => start.trial.plan.members[i] && !isHonoured(situation, i)).slice(0, dropBudget)) {
    best = better(situation, best, evaluated(situation, planInOrder(situation, byPriority(situation), new Set([index]))));
  }
  return best;
}

/** Nothing can save more than what is still to pay above the floors. */
function mostLeft({ goods, total }: Priced): number {
  return total - goods.lines.reduce((sum, line) => sum + line.floor * line.quantity, 0);
}
