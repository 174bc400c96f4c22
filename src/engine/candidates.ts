/** The promotions that touch a cart, judged: which of them are out whatever the plan, and which code stands behind them. */
import type { Cart } from "./cart.ts";
import type { Facts } from "./facts.ts";
import { Goods } from "./goods.ts";
import { judge } from "./judge.ts";
import type { CompiledPromotion } from "./promotion.ts";
import { couponReason } from "./reasons.ts";
import {
  type Candidate,
  type EnteredCode,
  type Ground,
  type Situation,
  StageView,
  withCandidates,
} from "./situation.ts";

export function judgeAll(
  promotions: readonly CompiledPromotion[],
  codes: readonly EnteredCode[],
  ground: Ground,
  identifiers: Cart["identifiers"],
): Situation {
  const view = atTheBeginning(ground);
  return withCandidates(
    ground,
    promotions.map((promotion) => judged(promotion, codes, ground, view, identifiers)),
  );
}

/** What conditions see before any stage. */
export function atTheBeginning(ground: Ground): StageView {
  return new StageView(ground, new Goods(ground.cart.lines), new Goods(ground.shipments));
}

export function judged(
  promotion: CompiledPromotion,
  codes: readonly EnteredCode[],
  ground: Ground,
  view: StageView,
  identifiers: Cart["identifiers"],
): Candidate {
  const code = codeOf(promotion, codes, ground.facts);
  const coupon = code === null ? undefined : ground.facts.coupons?.get(code.normalized);
  if (promotion.pool !== null && coupon !== undefined && coupon.status !== "usable")
    return { promotion, code, rejection: { reason: couponReason[coupon.status] }, exhausted: null };
  const { rejection, exhausted } = judge(promotion, view, ground, identifiers, code);
  return { promotion, code, rejection, exhausted };
}

/** The code behind the promotion; of several coupons of its pool a usable one, and one to be honoured before others. */
function codeOf(
  { code, pool }: CompiledPromotion,
  codes: readonly EnteredCode[],
  facts: Facts,
): EnteredCode | null {
  if (code !== null) return codes.find(({ normalized }) => normalized === code) ?? null;
  if (pool === null) return null;
  const ofPool = codes.filter(({ normalized }) => facts.coupons?.get(normalized)?.pool === pool);
  const usable = ofPool.filter(({ normalized }) => facts.coupons?.get(normalized)?.status === "usable");
  return usable.find(({ honour }) => honour) ?? usable[0] ?? ofPool[0] ?? null;
}
