/**
 * A near miss: the cheapest single change that would let a promotion apply, and what it would then take off on its own.
 *
 * The change is played through by the evaluator itself, on the cart with the missing goods added: `gap` more units of the
 * cheapest goods that count, or one more piece of goods worth the gap.
 */
import type { CanonicalCart, CanonicalLine } from "./canonical-cart.ts";
import { Goods } from "./goods.ts";
import { type Identifiers, judge } from "./judge.ts";
import { type Priced, price } from "./price.ts";
import { makeSituation, type Rejection, type Situation, StageView } from "./situation.ts";

export interface NearMiss {
  readonly rejection: Rejection;
  /** Minor units. */
  readonly wouldSave: number;
}

/** Null when no single change of more goods would do. `priced`: the plan that the quote follows. */
export function findNearMiss(situation: Situation, index: number, rejection: Rejection, priced: Priced, identifiers: Identifiers): NearMiss | null {
  const { promotion } = situation.candidates[index]!;
  const onlyMiss = remedyOf(situation, index, rejection, priced);
  if (onlyMiss?.gap === undefined) return null;
  const cart = withMoreGoods(situation.cart, onlyMiss);
  if (cart === null) return null;
  const { facts, now, rounding } = situation;
  const probe = makeSituation({ cart, facts, now, rounding, candidates: [] });
  const view = new StageView(probe, new Goods(cart.lines), new Goods(probe.shipments));
  const candidate = { promotion, code: null, ...judge(promotion, view, probe, identifiers) };
  if (candidate.rejection !== null) return null;
  const alone = price(makeSituation({ cart, facts, now, rounding, candidates: [candidate] }), { members: [true], allowances: null });
  if (alone.rejections[0] !== null) return null;
  return { rejection: onlyMiss, wouldSave: alone.applications.reduce((sum, application) => sum + application.amount, 0) };
}

/** The condition or threshold that alone stands in the way. */
function remedyOf(situation: Situation, index: number, rejection: Rejection, priced: Priced): Rejection | null {
  const { promotion } = situation.candidates[index]!;
  const view = new StageView(situation, promotion.asksAtStage ? priced.goods : new Goods(situation.cart.lines), priced.shipments);
  if (promotion.conditions === null || promotion.conditions.test(view).met) return rejection;
  return promotion.conditions.nearMiss(view);
}

function withMoreGoods(cart: CanonicalCart, { gap = 0, gapIn, gapOf }: Rejection): CanonicalCart | null {
  const lines: CanonicalLine[] = [];
  const more: CanonicalCart = { ...cart, lines };
  const covered = cart.lines.filter((line) => gapOf === undefined || gapOf.covers(line));
  const model = gapIn === "units" ? cheapest(covered) : covered[0];
  if (model === undefined && (gapIn === "units" || gapOf?.coversEverything === false)) return null;
  for (const line of cart.lines) lines.push({ ...line, cart: more });
  lines.push(gapIn === "units" ? extraLine(more, model, gap, model!.unitPrice) : extraLine(more, gapOf?.coversEverything ? undefined : model, 1, gap));
  return { ...more, subtotal: lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0), quantity: lines.reduce((sum, line) => sum + line.quantity, 0) };
}

function cheapest(lines: readonly CanonicalLine[]): CanonicalLine | undefined {
  return lines.reduce<CanonicalLine | undefined>((found, line) => (line.unitPrice > 0 && (found === undefined || line.unitPrice < found.unitPrice) ? line : found), undefined);
}

/** A line that sorts behind all others, like `model` or like nothing in particular. */
function extraLine(cart: CanonicalCart, model: CanonicalLine | undefined, quantity: number, unitPrice: number): CanonicalLine {
  const id = "\u{10ffff}";
  return {
    product: undefined,
    categories: [],
    brand: undefined,
    tags: [],
    attributes: {},
    ...model,
    sku: model?.sku ?? "",
    id,
    parts: [{ id, quantity }],
    quantity,
    unitPrice,
    listPrice: unitPrice,
    onSale: false,
    unitCost: undefined,
    floor: 0,
    cart,
  };
}
