/** What an order takes: from its quote to the counters of the promotions that applied, each counter once. */
import { normalizeCode } from "../../engine/codes.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Quote } from "../../engine/quote.ts";
import type { Rulebook } from "../../engine/rulebook.ts";
import { stocksAt } from "../../engine/unit-stock.ts";
import type { Hold } from "../../ledger/books.ts";
import type { GuardedCampaign, GuardedCampaigns } from "../ledger/campaign-counters.ts";
import {
  couponCounter,
  depositCounter,
  stockCounter,
  stocksOf,
  unitStockCounter,
  type Who,
} from "../ledger/promotion-counters.ts";
import { Holds } from "../ledger/promotion-holds.ts";

export interface HoldsQuestion {
  readonly quote: Omit<Quote, "id">;
  /** The promotions in force, by key. */
  readonly promotionOf: (key: string) => CompiledPromotion | undefined;
  readonly campaigns: GuardedCampaigns;
  readonly who: Who;
  /** Where it is sold; undefined: in no store. */
  readonly store: string | undefined;
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
  const applied = appliedPromotions(question);
  for (const promotion of applied) addPromotion(holds, promotion, question);
  addCampaigns(holds, applied, question);
  addDeposits(holds, question);
  for (const { code, status } of question.quote.codes) {
    const coupon = status === "applied" ? question.coupons.get(normalizeCode(code)) : undefined;
    if (coupon !== undefined) holds.add(couponCounter(coupon.poolId, coupon.code), 1, null);
  }
  return holds.all();
}

function addCampaigns(holds: Holds, applied: readonly CompiledPromotion[], question: HoldsQuestion): void {
  const { quote, campaigns } = question;
  const taken = new Map<GuardedCampaign, number>();
  for (const { key, document } of applied) {
    const campaign = document.campaign === undefined ? undefined : campaigns.get(document.campaign);
    if (campaign !== undefined) taken.set(campaign, (taken.get(campaign) ?? 0) + amountOf(quote, key));
  }
  for (const [campaign, amount] of taken) holds.addCampaign(campaign, quote.currency, amount, question);
}

function amountOf({ promotions }: HoldsQuestion["quote"], key: string): number {
  return promotions.reduce((sum, row) => sum + (row.promotion === key ? row.amount : 0), 0);
}

function appliedPromotions({ quote, promotionOf }: HoldsQuestion): CompiledPromotion[] {
  const keys = new Set(quote.promotions.map(({ promotion }) => promotion));
  return [...keys].flatMap((key) => promotionOf(key) ?? []);
}

function addPromotion(holds: Holds, promotion: CompiledPromotion, question: HoldsQuestion): void {
  const { quote, who, at, timezone } = question;
  const { id, key } = promotion;
  if (id === null) return;
  holds.addUse(id, promotion, { who, code: codeBehind(promotion, question), at, timezone });
  const amount = amountOf(quote, key);
  if (amount > 0) holds.addAmount(id, promotion, quote.currency, amount);
  const stocks = stocksOf(promotion);
  for (const { promotion: giver, benefit, quantity = 1 } of quote.rewards) {
    const stock = giver === key ? stocks.get(benefit) : undefined;
    if (stock !== undefined) holds.add(stockCounter(id, benefit), quantity, stock);
  }
  for (const { promotion: seller, stock = [] } of quote.promotions)
    if (seller === key)
      for (const { sku, units } of stock) addUnits(holds, id, promotion, sku, units, question);
}

function addUnits(
  holds: Holds,
  id: string,
  { unitStocks }: CompiledPromotion,
  sku: string,
  units: number,
  { store }: HoldsQuestion,
): void {
  if (units === 0) return;
  for (const { name, units: limit } of stocksAt(unitStocks, sku, store) ?? [])
    holds.add(unitStockCounter(id, name), units, limit);
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

const byKey = new WeakMap<Rulebook, Map<string, CompiledPromotion>>();

/** Those of the rules, found by key; made once for each rulebook. */
export function promotionsByKey({
  rulebook,
}: {
  readonly rulebook: Rulebook;
}): (key: string) => CompiledPromotion | undefined {
  let promotions = byKey.get(rulebook);
  if (promotions === undefined) {
    promotions = new Map(rulebook.promotions.map((promotion) => [promotion.key, promotion]));
    byKey.set(rulebook, promotions);
  }
  const found = promotions;
  return (key) => found.get(key);
}
