/** A plan with one more promotion, which takes what the plan has left, and is then counted in its place. */
import { type Plan, type Priced, price } from "../price.ts";
import type { Rejection, Situation } from "../situation.ts";
import { isReward } from "./preference.ts";
import { byPriority } from "./priority.ts";

/** The plan, or why the promotion finds nothing beside it. `priced`: the plan's price, without the promotion. */
export function planWithOneMore(
  situation: Situation,
  { plan, priced }: { readonly plan: Plan; readonly priced: Priced },
  index: number,
): Plan | Rejection {
  const isApplied = (other: number) => priced.rejections[other] === null;
  const order = byPriority(situation);
  const members = order.map((other) => other === index || isApplied(other) || isReward(situation, other));
  const allowances = order.map((other) => (isApplied(other) ? (plan.allowances?.[other] ?? null) : null));
  const others = order.filter((other) => other !== index && !isApplied(other));
  const trial = price(situation, { members, allowances }, [...order.filter(isApplied), index, ...others]);
  return trial.rejections[index] ?? { members, allowances: trial.claimed };
}
