/** A stored quote, read as a sale: what returns are computed from. */
import type { Cart } from "../../engine/cart.ts";
import { foldLookAlikes, normalizeCode } from "../../engine/codes.ts";
import type { Facts } from "../../engine/facts.ts";
import type { PromotionDocument } from "../../engine/promotion.ts";
import type { Quote } from "../../engine/quote.ts";
import type { UnitStocks } from "../../engine/unit-stock.ts";
import type { KeptOrder } from "../../ledger/returns.ts";
import type { AppliedPromotion, GivenGift, Sale } from "../../ledger/sale.ts";
import { unitStockCounter } from "../ledger/promotion-counters.ts";
import { usedCoupons } from "./redemption-holds.ts";

/** A promotion as it was when the order was priced. */
export interface PastPromotion {
  /** What counters call it. */
  readonly id: string | null;
  readonly key: string;
  /** Of whose coupons it needs one; null: of none. */
  readonly pool: string | null;
  readonly document: Pick<PromotionDocument, "returns" | "restoreUseOnReturn">;
  readonly unitStocks: UnitStocks | null;
}

type SoldQuote = Pick<Quote, "codes" | "lines" | "promotions" | "rewards" | "shipping" | "shippingDiscount">;

/**
 * `promotions`: all that applied, at least. `coupons`: as the quote saw them. `isErased`: who bought it is no longer known, so the rest cannot be priced anew;
 * what comes back is then refunded in proportion, which is never less.
 */
export function saleOf(
  quote: SoldQuote,
  request: Pick<Cart, "lines">,
  promotions: readonly PastPromotion[],
  { coupons, isErased = false }: { coupons?: Facts["coupons"]; isErased?: boolean } = {},
): Sale {
  const sold = new Map(request.lines.map((line) => [line.id, line]));
  return {
    lines: quote.lines.map(({ id, adjustments }) => {
      const { sku, quantity, unitPrice } = sold.get(id)!;
      return { id, sku, quantity, unitPrice, adjustments };
    }),
    shipping: quote.shipping - quote.shippingDiscount,
    gifts: giftsOf(quote.rewards),
    promotions: appliedOf(quote, promotions, coupons).map((applied) =>
      isErased && applied.returns === "reevaluate" ? { ...applied, returns: "prorate" } : applied,
    ),
  };
}

/** The gifts among the rewards. A gift has the same id whatever else was bought. */
export function giftsOf(rewards: Quote["rewards"]): GivenGift[] {
  return rewards.flatMap(
    ({ kind, promotion, benefit, sku = null, choices = [], quantity = 1, value = null }) =>
      kind === "gift"
        ? [
            {
              id: `${promotion}/${benefit}`,
              promotion,
              sku,
              choices,
              quantity,
              value,
              stock: `stock:${benefit}`,
            },
          ]
        : [],
  );
}

function appliedOf(
  quote: Pick<Quote, "codes" | "promotions">,
  promotions: readonly PastPromotion[],
  coupons: Facts["coupons"],
): AppliedPromotion[] {
  const amounts = amountsOf(quote.promotions);
  const byKey = new Map(promotions.map((promotion) => [promotion.key, promotion]));
  const used = usedCoupons(quote, (key) => byKey.get(key), coupons);
  return promotions
    .filter(({ key }) => amounts.has(key))
    .map(({ id, key, pool, document, unitStocks }) => ({
      key,
      rule: id ?? key,
      amount: amounts.get(key)!,
      returns: document.returns,
      restoresUse: document.restoreUseOnReturn,
      coupons: pool !== null && used.has(pool) ? holdersOfCode(used.get(pool)!) : [],
      stocks: new Map(
        [...(unitStocks ?? [])].flatMap(([sku, stocks]) =>
          stocks.map(({ name }) => [unitStockCounter(id ?? key, name).measure, sku] as const),
        ),
      ),
    }));
}

function amountsOf(rows: Quote["promotions"]): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const { promotion, amount } of rows) amounts.set(promotion, (amounts.get(promotion) ?? 0) + amount);
  return amounts;
}

/** A pool may fold look-alikes or not; a coupon is stored as its pool does. */
export function holdersOfCode(code: string): string[] {
  const normalized = normalizeCode(code);
  return [`code:${normalized}`, `code:${foldLookAlikes(normalized)}`];
}

/** The request as if only these units had been bought. */
export function keptRequest<Request extends Pick<Cart, "lines">>(
  request: Request,
  quantities: ReadonlyMap<string, number>,
): Request {
  const lines = request.lines.flatMap((line) => {
    const quantity = quantities.get(line.id);
    return quantity === undefined ? [] : [{ ...line, quantity }];
  });
  return { ...request, lines };
}

/** What the kept goods come to, from the quote for `keptRequest`. */
export function keptOrderOf({
  total,
  promotions,
  rewards,
}: Pick<Quote, "total" | "promotions" | "rewards">): KeptOrder {
  return {
    total,
    discounts: amountsOf(promotions),
    gifts: Object.fromEntries(giftsOf(rewards).map(({ id, quantity }) => [id, quantity])),
  };
}
