/** Holds the exact planner against every plan there is, on many small instances. */
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import { planWithOneMore } from "../../../src/engine/plan/one-more.ts";
import type { Proposed } from "../../../src/engine/plan/planner.ts";
import { isBetter } from "../../../src/engine/plan/preference.ts";
import { planByPriority } from "../../../src/engine/plan/priority.ts";
import { type Priced, price } from "../../../src/engine/price.ts";
import type { Situation } from "../../../src/engine/situation.ts";
import { cheapestOfAll, honouredIn } from "./brute-force.ts";
import { type Instance, situationFor } from "./situation-for.ts";

export interface Compared {
  /** By instance, in words: what no planner may answer. */
  readonly faults: readonly string[];
  /** Of all instances, how many were proven, and in how many model and evaluator disagreed. */
  readonly proven: number;
  readonly disagreed: number;
}

interface Scope {
  readonly instances: number;
  /** Instances that have more are passed over. */
  readonly plans: number;
  /** Prices and percentages, or groups that meet, make fractions. */
  readonly isRounded: boolean;
}

/** Each row was rounded once: by so much two prices may differ that are equal before rounding. */
export const roundingOf = ({ applications }: Priced): number => applications.length;

export function heldAgainstAllPlans(
  instanceOf: (seed: number) => Instance,
  { instances, plans, isRounded }: Scope,
): Compared {
  const faults: string[] = [];
  let compared = 0;
  let proven = 0;
  let disagreed = 0;
  for (let seed = 1; compared < instances; seed++) {
    const instance = instanceOf(seed);
    const situation = situationFor(instance);
    const best = cheapestOfAll(situation, plans);
    if (best === null) continue;
    compared++;
    const found = planExactly(situationFor(instance));
    const { priced, optimality } = found;
    const { total } = priced;
    if (found.disagreed) disagreed++;
    if (optimality.proven) proven++;
    for (const fault of faultsOfRewards(situation, found)) faults.push(`${seed}: ${fault}`);
    for (const key of roomLeftFor(situation, found))
      faults.push(`${seed}: has room for ${key}, which it leaves out`);
    const again = price(situationFor(instance), found.plan).total;
    if (again !== total) faults.push(`${seed}: pays ${total}, but its plan comes to ${again}`);
    // Nothing more may be saved, and yet a code that was to be honoured is left out.
    const lacksCode = situation.candidates.some(
      ({ code, rejection }, index) => code?.honour && rejection === null && priced.rejections[index] !== null,
    );
    if (optimality.proven ? optimality.bound !== 0 : optimality.bound === 0 && !lacksCode)
      faults.push(`${seed}: a bound of 0 is not a proof`);
    // Totals are compared of plans that honour as many codes.
    if (honouredIn(situation, priced) !== honouredIn(situation, best.priced)) continue;
    const slack = optimality.proven && isRounded ? (roundingOf(priced) + roundingOf(best.priced)) / 2 : 0;
    if (total - (optimality.bound ?? 0) > best.total + slack)
      faults.push(`${seed}: pays ${total}, bound ${optimality.bound}, but ${best.total} is possible`);
    if (total < best.total) faults.push(`${seed}: pays ${total}, which no legal plan does`);
    const byPriority = planByPriority(situationFor(instance)).priced;
    if (total > byPriority.total && honouredIn(situation, byPriority) >= honouredIn(situation, priced))
      faults.push(`${seed}: pays ${total}, and the merchant's order ${byPriority.total}`);
  }
  return { faults, proven: proven / compared, disagreed: disagreed / compared };
}

/** Promotions that would make the plan cheaper, and no code that is honoured would be lost. */
function roomLeftFor(situation: Situation, { plan, priced, rejections }: Proposed): string[] {
  return situation.candidates.flatMap(({ promotion, rejection }, index) => {
    const wasFree = rejection === null && rejections[index]?.reason === "displaced";
    if (!wasFree || rejections[index]!.displacedBy !== undefined) return [];
    const larger = planWithOneMore(situation, { plan, priced }, index);
    if ("reason" in larger) return [];
    const withIt = price(situation, larger);
    return withIt.total < priced.total && isBetter(situation, withIt, priced) ? [promotion.key] : [];
  });
}

/** Rewards never weigh in the choice of a plan; beside the one chosen all apply that can. */
export function faultsOfRewards(
  situation: Situation,
  { plan, priced }: Pick<Proposed, "plan" | "priced">,
): string[] {
  const isReward = (index: number) => situation.candidates[index]!.promotion.parts[0]!.stage === "reward";
  const members = plan.members.map((isMember, index) => isMember || isReward(index));
  const everybody = price(situation, { ...plan, members });
  return situation.candidates.flatMap(({ promotion }, index) =>
    isReward(index) && (everybody.rejections[index] === null) !== (priced.rejections[index] === null)
      ? [`${promotion.key} ${JSON.stringify(priced.rejections[index])}`]
      : [],
  );
}
