/** A stored quote, read as a sale: what returns are computed from. */
import type { Cart } from "../../engine/cart.ts";
import { foldLookAlikes, normalizeCode } from "../../engine/codes.ts";
import type { PromotionDocument } from "../../engine/promotion.ts";
import type { Quote } from "../../engine/quote.ts";
import type { KeptOrder } from "../../ledger/returns.ts";
import type { AppliedPromotion, GivenGift, Sale } from "../../ledger/sale.ts";

/** A promotion as it was when the order was priced. */
export interface PastPromotion {
  /** What counters call it. */
  readonly id: string | null;
  readonly key: string;
  readonly document: Pick<PromotionDocument, "benefits" | "returns" | "restoreUseOnReturn">;
}

type SoldQuote = Pick<Quote, "codes" | "lines" | "promotions" | "rewards" | "shipping" | "shippingDiscount">;

/** `promotions`: all that applied, at least. */
export function saleOf(
  quote: SoldQuote,
  request: Pick<Cart, "lines">,
  promotions: readonly PastPromotion[],
): Sale {
  const sold = new Map(request.lines.map((line) => [line.id, line]));
  return {
    lines: quote.lines.map(({ id, adjustments }) => {
      const { quantity, unitPrice } = sold.get(id)!;
      return { id, quantity, unitPrice, adjustments };
    }),
    shipping: quote.shipping - quote.shippingDiscount,
    gifts: giftsOf(quote.rewards, promotions),
    promotions: appliedOf(quote, promotions),
  };
}

/** The gifts among the rewards. The same gift has the same id whatever else was bought. */
export function giftsOf(rewards: Quote["rewards"], promotions: readonly PastPromotion[]): GivenGift[] {
  const alike = new Map<string, number>();
  return rewards.flatMap((reward) => {
    if (reward.kind !== "gift") return [];
    const { promotion, sku = null, choices = [], quantity = 0, value = null } = reward;
    const name = JSON.stringify([promotion, sku, ...choices]);
    const place = alike.get(name) ?? 0;
    alike.set(name, place + 1);
    const position = positionsOf(promotions, promotion, sku, choices)[place];
    const stock = position === undefined ? null : `stock:${position}`;
    return [{ id: `${name}${place}`, promotion, sku, choices, quantity, value, stock }];
  });
}

/** Where the benefits that give this gift stand in the promotion. */
function positionsOf(
  promotions: readonly PastPromotion[],
  key: string,
  sku: string | null,
  choices: readonly string[],
): number[] {
  const benefits = promotions.find((promotion) => promotion.key === key)?.document.benefits ?? [];
  return benefits.flatMap((benefit, position) =>
    benefit.kind === "gift" &&
    (benefit.sku ?? null) === sku &&
    JSON.stringify(benefit.choices ?? []) === JSON.stringify(choices)
      ? [position]
      : [],
  );
}

function appliedOf(
  { promotions: rows, codes }: Pick<Quote, "codes" | "promotions">,
  promotions: readonly PastPromotion[],
): AppliedPromotion[] {
  const amounts = new Map<string, number>();
  for (const { promotion, amount } of rows) amounts.set(promotion, (amounts.get(promotion) ?? 0) + amount);
  return promotions
    .filter(({ key }) => amounts.has(key))
    .map(({ id, key, document }) => ({
      key,
      rule: id ?? key,
      amount: amounts.get(key)!,
      returns: document.returns,
      restoresUse: document.restoreUseOnReturn,
      coupons: codes.flatMap((code) =>
        code.status === "applied" && code.promotion === key ? holdersOf(code.code) : [],
      ),
    }));
}

/** A pool may fold look-alikes or not; a coupon is stored as its pool does. */
function holdersOf(code: string): string[] {
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
export function keptOrderOf(
  { total, rewards }: Pick<Quote, "total" | "rewards">,
  promotions: readonly PastPromotion[],
): KeptOrder {
  return {
    total,
    gifts: Object.fromEntries(giftsOf(rewards, promotions).map(({ id, quantity }) => [id, quantity])),
  };
}
