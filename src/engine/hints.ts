/**
 * Hints: what more in the cart would make the customer pay less for it. Where to look follows from what promotions miss; what
 * is said comes from planning and pricing the cart anew with those goods in it, so nothing is promised that an evaluation of
 * that cart would not give.
 */

import { judgeAll } from "./candidates.ts";
import { canonicalCart } from "./canonical-cart.ts";
import type { Cart } from "./cart.ts";
import { type AmountTarget, amountTargets, type Goods, unitsToTry } from "./hint-goods.ts";
import { amountOf } from "./left-out.ts";
import type { Outcome } from "./outcome.ts";
import { planExactly } from "./plan/exact/plan-exactly.ts";
import type { Work } from "./plan/exact/work.ts";
import { planByPriority } from "./plan/priority.ts";
import type { Priced } from "./price.ts";
import { atListPrices } from "./price-list.ts";
import type { Hint } from "./quote.ts";
import { spokenLocale } from "./settings.ts";
import { makeGround, type Rejection, type Situation } from "./situation.ts";
import { goodsAtStage } from "./stage-goods.ts";
import { sayer } from "./words.ts";

const usualHints = 3;
/** So many carts with more in them are priced at most. */
const mostTrials = 24;
/** Where promotions take something off the added goods as well, a little more is needed than was missing. */
const mostAttempts = 3;

export function findHints(outcome: Outcome, rejections: readonly (Rejection | null)[], work: Work): Hint[] {
  const hunt = new Hunt(outcome, work);
  for (const target of amountTargets(outcome, rejections)) hunt.tryAmount(target);
  const { work: budget } = outcome.situation;
  for (const goods of budget.searching(() => unitsToTry(outcome, rejections)) ?? []) hunt.tryGoods(goods);
  return bestOf(hunt.found).slice(0, outcome.request.maxHints ?? usualHints);
}

/** The cart with more in it, priced. */
interface Trial {
  readonly situation: Situation;
  readonly priced: Priced;
}

class Hunt {
  readonly found: Hint[] = [];
  private readonly outcome: Outcome;
  private readonly work: Work;
  private trials = 0;

  constructor(outcome: Outcome, work: Work) {
    this.outcome = outcome;
    this.work = work;
  }

  tryGoods(goods: Goods): Trial | null {
    const { situation } = this.outcome;
    if (this.trials >= mostTrials || this.work.isSpent()) return null;
    this.trials++;
    const trial = situation.work.searching(() => this.priceWith(goods));
    // A search that ran out of work might not find what an evaluation of that cart finds.
    if (trial === null || this.work.isSpent()) return null;
    const hint = this.hintOf(goods, trial.priced);
    if (hint !== null) this.found.push(hint);
    return trial;
  }

  tryAmount({ candidate, stage, base, next }: AmountTarget): void {
    const { priced: before } = this.outcome.proposed;
    const { subtotal } = this.outcome.situation.cart;
    let gap = next - base;
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      // Nobody is told to double what is in the cart.
      if (gap <= 0 || gap > subtotal) return;
      const trial = this.tryGoods({ line: null, sku: null, quantity: null, amount: gap });
      if (trial === null || amountOf(trial.priced, candidate) > amountOf(before, candidate)) return;
      const grown = goodsAtStage(trial.situation, trial.priced, stage).goods.total - base;
      if (grown <= 0 || grown >= next - base) return;
      gap = timesRatio(gap, next - base, grown);
    }
  }

  /** The cart with the goods in it, planned and priced like any other. Null: more than a cart may be worth. */
  private priceWith(goods: Goods): Trial | null {
    const { given, settings, situation, codes } = this.outcome;
    const { facts, now, rounding, work } = situation;
    const worth = situation.cart.subtotal + situation.cart.shippingAmount + goods.amount;
    if (!Number.isSafeInteger(worth)) return null;
    // Of more units a list may have another price.
    const more = atListPrices(withGoods(given, goods), facts.priceLists).cart;
    const ground = makeGround(
      canonicalCart(more, settings.marginFloor, facts.resting),
      facts,
      now,
      rounding,
      work,
    );
    const promotions = situation.candidates.map(({ promotion }) => promotion);
    const larger = judgeAll(promotions, codes, ground, more.identifiers);
    const { priced } =
      settings.strategy === "best" ? planExactly(larger, { work: this.work }) : planByPriority(larger);
    return { situation: larger, priced };
  }

  private hintOf(goods: Goods, priced: Priced): Hint | null {
    const { situation, proposed } = this.outcome;
    const before = proposed.priced;
    const saving = before.total + goods.amount - priced.total;
    if (saving <= 0) return null;
    const promotions: string[] = [];
    for (const [index, { promotion }] of situation.candidates.entries()) {
      const brought = amountOf(before, index);
      const gain = amountOf(priced, index) - brought;
      if (promotion.document.visibility === "public") {
        if (gain > 0) promotions.push(promotion.key);
        continue;
      }
      // What a private promotion would save is not given away: neither one that only the added goods would bring in, nor the
      // next step of one that applies. Its share of more goods, but for rounding, tells nothing new.
      const isNew = priced.rejections[index] === null && before.rejections[index] !== null;
      if (isNew || (gain - 1) * situation.cart.subtotal > brought * goods.amount) return null;
    }
    if (promotions.length === 0) return null;
    const kind = goods.line === null ? "amount" : "units";
    const { total } = priced;
    return { kind, ...goods, total, saving, promotions, message: this.messageOf(goods, total) };
  }

  /** "Add one more MUG: pay 10.00 CNY less." */
  private messageOf({ sku, quantity, amount }: Goods, total: number): string {
    const { settings, situation, proposed } = this.outcome;
    const { currency } = situation.cart;
    const say = sayer(spokenLocale(settings.locale), currency);
    const money = (minorUnits: number) => say.money({ [currency]: minorUnits });
    const pay = total - proposed.priced.total;
    const number = quantity === 1 ? "one" : String(quantity);
    const added =
      sku === null
        ? say.pick({ en: `Spend ${money(amount)} more`, "zh-CN": `再买${money(amount)}` })
        : say.pick({ en: `Add ${number} more ${sku}`, "zh-CN": `再买${quantity}件 ${sku}` });
    if (pay < 0)
      return say.pick({
        en: `${added}: pay ${money(-pay)} less.`,
        "zh-CN": `${added}，反而少付${money(-pay)}。`,
      });
    if (pay === 0) return say.pick({ en: `${added}: pay nothing more.`, "zh-CN": `${added}，无需多付。` });
    return say.pick({
      en: `${added}: pay only ${money(pay)} for goods worth ${money(amount)}.`,
      "zh-CN": `${added}，只需多付${money(pay)}（原价${money(amount)}）。`,
    });
  }
}

/** More units of a line, or one piece of goods that no promotion names. */
export function withGoods(request: Cart, { line, quantity, amount }: Goods): Cart {
  if (line === null) {
    const piece = { id: "\u{10ffff}", sku: "\u{10ffff}", quantity: 1, unitPrice: amount };
    return { ...request, lines: [...request.lines, piece] };
  }
  const lines = request.lines.map((one) =>
    one.id === line ? { ...one, quantity: one.quantity + quantity! } : one,
  );
  return { ...request, lines };
}

/** The largest saving first; none beside another that asks no more of the same goods and saves no less. */
function bestOf(hints: readonly Hint[]): Hint[] {
  const sorted = [...hints].sort(
    (a, b) => b.saving - a.saving || a.amount - b.amount || compareLines(a.line, b.line),
  );
  return sorted.filter(
    (hint, i) => !sorted.some((other, j) => j < i && other.line === hint.line && other.amount <= hint.amount),
  );
}

function compareLines(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}

/** value × times / part, rounded up; products may pass 2^53. */
function timesRatio(value: number, times: number, part: number): number {
  const product = BigInt(value) * BigInt(times);
  return Number((product + BigInt(part) - 1n) / BigInt(part));
}
