/** A situation as `evaluate` makes it, for tests that ask planners directly. */
import { canonicalCart } from "../../../src/engine/canonical-cart.ts";
import { type Cart, cartSchema } from "../../../src/engine/cart.ts";
import { enteredCodes } from "../../../src/engine/evaluate.ts";
import { type Facts, noFacts } from "../../../src/engine/facts.ts";
import { Goods } from "../../../src/engine/goods.ts";
import { judge } from "../../../src/engine/judge.ts";
import type { CompiledPromotion, PromotionInput } from "../../../src/engine/promotion.ts";
import { compareByRank } from "../../../src/engine/rulebook.ts";
import { makeGround, type Situation, StageView, withCandidates } from "../../../src/engine/situation.ts";
import type { CartInput } from "../arbitrary-request.ts";
import { compileAll, now } from "../engine-call.ts";

export interface Instance {
  readonly cart: CartInput;
  readonly promotions: readonly PromotionInput[];
  readonly facts?: Facts;
}

export function situationFor({ cart, promotions, facts }: Instance): Situation {
  return situationOf(compileAll(promotions), cartSchema.parse(cart), facts);
}

export function situationOf(
  promotions: readonly CompiledPromotion[],
  request: Cart,
  facts: Facts = noFacts,
): Situation {
  const codes = enteredCodes(request);
  const ground = makeGround(
    canonicalCart(request, request.marginFloor ?? null),
    facts,
    now,
    request.rounding ?? "half_up",
  );
  const view = new StageView(ground, new Goods(ground.cart.lines), new Goods(ground.shipments));
  const candidates = [...promotions]
    .sort(compareByRank)
    .filter(({ code }) => code === null || codes.some(({ normalized }) => normalized === code))
    .map((promotion) => {
      const code = codes.find(({ normalized }) => normalized === promotion.code) ?? null;
      return { promotion, code, ...judge(promotion, view, ground, undefined, code) };
    });
  return withCandidates(ground, candidates);
}
