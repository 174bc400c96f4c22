/** What an order takes: from its quote to the counters of the promotions that applied, each counter once. */
import { normalizeCode } from "../../engine/codes.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Quote } from "../../engine/quote.ts";
import { type CounterName, counterKey, type Hold } from "../../ledger/books.ts";
import {
  amountCounter,
  codeHolder,
  couponCounter,
  depositCounter,
  limitedCounters,
  stockCounter,
  stocksOf,
  usesCounter,
  type Who,
} from "../ledger/promotion-counters.ts";

export interface HoldsQuestion {
  readonly quote: Omit<Quote, "id">;
  /** The promotions in force, by key. */
  readonly promotionOf: (key: string) => CompiledPromotion | undefined;
  readonly who: Who;
  /** By entered code, normalised. */
  readonly coupons: ReadonlyMap<
    string,
    { readonly code: string; readonly poolId: string; readonly pool: string }
  >;
  /** Redemptions that paid the deposits of the order. */
  readonly deposits: Iterable<string>;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly timezone: string;
}

export function holdsOf(question: HoldsQuestion): Hold[] {
  const holds = new Holds();
  for (const promotion of appliedPromotions(question)) addPromotion(holds, promotion, question);
  addDeposits(holds, question);
  for (const { code, status } of question.quote.codes) {
    const coupon = status === "applied" ? question.coupons.get(normalizeCode(code)) : undefined;
    if (coupon !== undefined) holds.add(couponCounter(coupon.poolId, coupon.code), 1, null);
  }
  return holds.all();
}

function appliedPromotions({ quote, promotionOf }: HoldsQuestion): CompiledPromotion[] {
  const keys = new Set(quote.promotions.map(({ promotion }) => promotion));
  return [...keys].flatMap((key) => promotionOf(key) ?? []);
}

function addPromotion(holds: Holds, promotion: CompiledPromotion, question: HoldsQuestion): void {
  const { quote, who, at, timezone } = question;
  const { id, key, document } = promotion;
  if (id === null) return;
  // Uses and amounts are counted whether or not they are limited: a limit set later then knows what went before.
  holds.add(usesCounter(id), 1, document.limits?.total ?? null);
  if (promotion.code !== null)
    holds.add(usesCounter(id, codeHolder(promotion.code)), 1, document.limits?.perCode ?? null);
  for (const { counter, limit } of limitedCounters(
    promotion,
    who,
    codeBehind(promotion, question),
    at,
    timezone,
  ))
    holds.add(counter, 1, limit);
  const amount = quote.promotions.reduce((sum, row) => sum + (row.promotion === key ? row.amount : 0), 0);
  if (amount > 0)
    holds.add(amountCounter(id, quote.currency), amount, document.budget?.amount[quote.currency] ?? null);
  const stocks = stocksOf(promotion);
  for (const { promotion: giver, benefit, quantity = 1 } of quote.rewards) {
    const stock = giver === key ? stocks.get(benefit) : undefined;
    if (stock !== undefined) holds.add(stockCounter(id, benefit), quantity, stock);
  }
}

/** A deposit counts towards what is due whether or not its promotion applied, and once. */
function addDeposits(holds: Holds, { deposits }: HoldsQuestion): void {
  for (const redemption of deposits) holds.add(depositCounter(redemption), 1, 1);
}

/** The entered code that triggered the promotion, as counters name it. */
function codeBehind({ code, pool }: CompiledPromotion, { quote, coupons }: HoldsQuestion): string | null {
  if (code !== null) return code;
  if (pool === null) return null;
  // By its pool: the quote's row of a code names one promotion, and there may be more behind it.
  for (const { code: entered, status } of quote.codes) {
    const coupon = status === "applied" ? coupons.get(normalizeCode(entered)) : undefined;
    if (coupon?.pool === pool) return coupon.code;
  }
  return null;
}

class Holds {
  private readonly byKey = new Map<string, { counter: CounterName; amount: number; limit: number | null }>();

  /** The same counter asked for twice, as the total is by `uses` and by its limit, is taken from once. */
  add(counter: CounterName, amount: number, limit: number | null): void {
    const key = counterKey(counter);
    const known = this.byKey.get(key);
    if (known === undefined) this.byKey.set(key, { counter, amount, limit });
    else known.limit ??= limit;
  }

  all(): Hold[] {
    return [...this.byKey.values()];
  }
}
