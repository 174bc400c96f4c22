/**
 * A near miss: the cheapest single change that would let a promotion apply, and what it would then take off on its own in
 * its stage.
 *
 * The change is played through by the evaluator itself, on the goods at the prices its stage began with and the missing
 * ones added: `gap` more units of the cheapest goods that count, or one more piece of goods worth the gap.
 */
import type { CanonicalCart, CanonicalLine } from "./canonical-cart.ts";
import { Coverage, type Range } from "./goods.ts";
import { type Identifiers, judge } from "./judge.ts";
import type { CompiledBenefit, Stage } from "./kind.ts";
import { type Priced, price } from "./price.ts";
import type { CompiledPromotion } from "./promotion.ts";
import {
  type Candidate,
  type Ground,
  type Rejection,
  type Situation,
  StageView,
  withCandidates,
} from "./situation.ts";
import { goodsAtStage } from "./stage-goods.ts";
import type { WorkBudget } from "./work-budget.ts";

export interface NearMiss {
  readonly rejection: Rejection;
  /** Minor units. */
  readonly wouldSave: number;
}

/** What is missing, where more goods alone would do. */
export function missOf(rejection: Rejection | null): Rejection | null {
  // Conditions know their remedy; a threshold inside a benefit is itself what is missing.
  return rejection?.remedy === undefined ? rejection : rejection.remedy;
}

/** `priced`: the plan that the quote follows. What they share is worked out once for all promotions of a cart. */
export class NearMisses {
  private readonly carts = new Map<Stage, CanonicalCart>();
  private readonly situation: Situation;
  private readonly priced: Priced;
  private readonly identifiers: Identifiers;
  private readonly view: StageView;

  constructor(situation: Situation, priced: Priced, identifiers: Identifiers) {
    this.situation = situation;
    this.priced = priced;
    this.identifiers = identifiers;
    this.view = new StageView(situation, priced.goods, priced.shipments);
  }

  /** Null when no single change of more goods would do. */
  find({ promotion, code }: Pick<Candidate, "promotion" | "code">, rejection: Rejection): NearMiss | null {
    const miss = missOf(rejection);
    if (miss?.gap === undefined) return null;
    const { cart: asItIs, facts, now, rounding, shipments, shipmentCoverage, work } = this.situation;
    work.spend(3 * asItIs.lines.length);
    const asksForCart = promotion.parts.some(({ benefits }) => benefits.some(asksWhere));
    const cart = withMoreGoods(this.cartAt(promotion.parts[0]!.stage), miss, asksForCart, work);
    if (cart === null) return null;
    const mended = withoutConditions(promotion);
    const coverage = new Coverage(cart.lines, work);
    const probe: Ground = { cart, facts, now, rounding, coverage, shipments, shipmentCoverage, work };
    // Where there are no conditions nobody looks at the view.
    const { rejection: ruledOut, exhausted } = judge(mended, this.view, probe, this.identifiers, code);
    if (ruledOut !== null) return null;
    const candidate = { promotion: mended, code, rejection: null, exhausted };
    const alone = price(withCandidates(probe, [candidate]), { members: [true], allowances: null });
    if (alone.rejections[0] !== null) return null;
    return {
      rejection: miss,
      wouldSave: alone.applications.reduce((sum, application) => sum + application.amount, 0),
    };
  }

  private cartAt(stage: Stage): CanonicalCart {
    let cart = this.carts.get(stage);
    if (cart === undefined) {
      cart = cartAtStage(this.situation, this.priced, stage);
      this.carts.set(stage, cart);
    }
    return cart;
  }
}

const mendedOnes = new WeakMap<CompiledPromotion, CompiledPromotion>();

/** Its conditions are taken to hold: the one that failed is the one being mended. */
function withoutConditions(promotion: CompiledPromotion): CompiledPromotion {
  let mended = mendedOnes.get(promotion);
  if (mended === undefined) {
    mended = { ...promotion, conditions: null, asksAtStage: false };
    mendedOnes.set(promotion, mended);
  }
  return mended;
}

/** Some of its goods are chosen by an expression, which may ask for anything in the cart. */
function asksWhere({ selectors }: CompiledBenefit): boolean {
  return selectors.some(({ expressions }) => expressions.length > 0);
}

/** The cart at the prices with which the stage began, units at different prices as lines of their own. */
function cartAtStage(situation: Situation, priced: Priced, stage: Stage): CanonicalCart {
  const { cart } = situation;
  const { goods } = goodsAtStage(situation, priced, stage);
  if (goods.total === cart.subtotal) return cart;
  const lines: CanonicalLine[] = [];
  for (let i = 0; i < cart.lines.length; i++)
    for (const segment of goods.segmentsOf(i)) lines.push(lineOf(cart.lines[i]!, segment));
  return { ...cart, lines };
}

/** A copy field by field, for a spread of so many takes several times as long. */
function lineOf(whole: CanonicalLine, { from, count, price }: Range): CanonicalLine {
  return {
    id: `${whole.id}\u0000${from}`,
    parts: whole.parts,
    sku: whole.sku,
    product: whole.product,
    categories: whole.categories,
    brand: whole.brand,
    tags: whole.tags,
    quantity: count,
    unitPrice: price,
    listPrice: whole.listPrice,
    onSale: whole.onSale,
    unitCost: whole.unitCost,
    floor: Math.min(whole.floor, price),
    attributes: whole.attributes,
    cart: whole.cart,
  };
}

/** `asksForCart`: the promotion looks from a line at its cart, so each line must know the larger one. */
function withMoreGoods(
  cart: CanonicalCart,
  { gap = 0, gapIn, gapOf }: Rejection,
  asksForCart: boolean,
  work: WorkBudget,
): CanonicalCart | null {
  const coversEverything = gapOf === undefined || gapOf.coversEverything;
  const covered = coversEverything
    ? cart.lines
    : new Coverage(cart.lines, work).of(gapOf).map((i) => cart.lines[i]!);
  const model = gapIn === "units" ? cheapest(covered) : coversEverything ? undefined : covered[0];
  if (model === undefined && (gapIn === "units" || !coversEverything)) return null;
  const [units, unitPrice] = gapIn === "units" ? [gap, model!.unitPrice] : [1, gap];
  const lines: CanonicalLine[] = [];
  const more: CanonicalCart = {
    ...cart,
    lines,
    // Selectors may ask for these: what the cart is worth before any discount, as in any cart.
    subtotal: cart.subtotal + units * unitPrice,
    quantity: cart.quantity + units,
  };
  for (const line of cart.lines) lines.push(asksForCart ? { ...line, cart: more } : line);
  lines.push(extraLine(more, model, units, unitPrice));
  return more;
}

function cheapest(lines: readonly CanonicalLine[]): CanonicalLine | undefined {
  return lines.reduce<CanonicalLine | undefined>(
    (found, line) =>
      line.unitPrice > 0 && (found === undefined || line.unitPrice < found.unitPrice) ? line : found,
    undefined,
  );
}

/** A line that sorts behind all others, like `model` or like nothing in particular. */
function extraLine(
  cart: CanonicalCart,
  model: CanonicalLine | undefined,
  quantity: number,
  unitPrice: number,
): CanonicalLine {
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
    parts: [],
    quantity,
    unitPrice,
    listPrice: unitPrice,
    onSale: false,
    unitCost: undefined,
    floor: 0,
    cart,
  };
}
