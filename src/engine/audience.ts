/** Who may learn of a private promotion. */
import { whyApart } from "./assignment.ts";
import { canonicalCart } from "./canonical-cart.ts";
import type { Cart } from "./cart.ts";
import { normalizeCode } from "./codes.ts";
import type { Facts } from "./facts.ts";
import { Goods } from "./goods.ts";
import { asksRecords } from "./guarantees.ts";
import { withProfile } from "./profile.ts";
import type { CompiledPromotion } from "./promotion.ts";
import { makeGround, StageView } from "./situation.ts";

/** It is named to nobody outside its audience; where it has none, only to those who hold its code. */
export function mayBeNamed(promotion: CompiledPromotion, holdsCode: boolean, view: StageView): boolean {
  if (promotion.document.visibility === "public") return true;
  const { id } = view.cart.customer ?? {};
  if (whyApart(promotion.document, view.facts as Facts, id) !== null) return false;
  if (asksRecords(promotion, view.facts as Facts, id)) return false;
  const audience = promotion.conditions?.audience(view) ?? "anyone";
  return audience === "in" || (audience === "anyone" && holdsCode);
}

/** The same, where nothing is priced: of the codes that are shared it sees which were entered. */
export function mayBeNamedTo(
  promotion: CompiledPromotion,
  request: Cart,
  facts: Facts,
  now: number,
): boolean {
  if (promotion.document.visibility === "public") return true;
  const holdsCode =
    promotion.code !== null &&
    (request.codes ?? []).some(
      (entry) => normalizeCode(typeof entry === "string" ? entry : entry.code) === promotion.code,
    );
  const ground = makeGround(canonicalCart(withProfile(request, facts), null), facts, now, "half_up");
  return mayBeNamed(
    promotion,
    holdsCode,
    new StageView(ground, new Goods(ground.cart.lines), new Goods(ground.shipments)),
  );
}
