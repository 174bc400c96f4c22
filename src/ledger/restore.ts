/**
 * What a return gives back to the counters: only of promotions that say so (`restoreUseOnReturn`).
 *
 * * Budget (`amount:…`): what the returned units had got off, at once; the discount on shipping with the last unit.
 * * Stock of gifts: as they come back. One that the customer keeps stays taken.
 * * Stock of goods: the units that come back and had got something off, at once; those that were only used up, with the last unit.
 * * Uses, coupons and everything else: with the last unit.
 * * That it was the customer's first order: with the last unit, whatever its promotions say.
 * * A deposit never: what was paid for it is part of the refund.
 */
import { firstOrderMeasure, type Hold } from "./books.ts";
import type { AppliedPromotion, ReturnedPart, Sale, SoldLine } from "./sale.ts";

export interface AllBack {
  readonly parts: ReadonlyMap<SoldLine, ReturnedPart>;
  /** Units by the id of the gift. */
  readonly giftsBack: Readonly<Record<string, number>>;
  readonly isWhole: boolean;
}

export function releasesOf(sale: Sale, holds: readonly Hold[], back: AllBack): Hold[] {
  return holds.flatMap((hold) => {
    // An order that came back as a whole is none of the customer's history: their next one is the first again.
    if (hold.counter.measure === firstOrderMeasure) return back.isWhole ? [hold] : [];
    const promotion = sale.promotions.find((applied) => isOf(applied, hold));
    if (promotion?.restoresUse !== true) return [];
    const kept = stillTaken(sale, promotion, hold, back);
    return kept < hold.amount ? [{ ...hold, amount: hold.amount - kept }] : [];
  });
}

/** A coupon's counter is the pool's, which may serve several promotions. */
function isOf({ rule, coupons }: AppliedPromotion, { counter }: Hold): boolean {
  return counter.measure === "coupon" ? coupons.includes(counter.holder) : counter.rule === rule;
}

/** How much of the hold has to stay. It may be more than is held; it is never less than 0. */
function stillTaken(
  sale: Sale,
  promotion: AppliedPromotion,
  { counter: { measure }, amount }: Hold,
  back: AllBack,
): number {
  if (measure === "deposit") return amount;
  const gifts = sale.gifts.filter((gift) => gift.promotion === promotion.key && gift.stock === measure);
  if (gifts.length > 0)
    return gifts.reduce((sum, { id, quantity }) => sum + quantity - (back.giftsBack[id] ?? 0), 0);
  if (back.isWhole) return 0;
  const sku = promotion.stocks.get(measure);
  if (sku !== undefined) return Math.max(0, amount - unitsBack(promotion.key, sku, back));
  if (!measure.startsWith("amount:")) return amount;
  let kept = promotion.amount;
  for (const { discounts } of back.parts.values()) kept -= discounts.get(promotion.key) ?? 0;
  return kept;
}

function unitsBack(promotion: string, sku: string, { parts }: AllBack): number {
  let units = 0;
  for (const [line, part] of parts) if (line.sku === sku) units += part.units.get(promotion) ?? 0;
  return units;
}
