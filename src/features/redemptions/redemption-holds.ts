/** What an order takes: from its quote to the counters of the promotions that applied, each counter once. */
import { normalizeCode } from "../../engine/codes.ts";
import type { Facts } from "../../engine/facts.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Quote } from "../../engine/quote.ts";
import type { Rulebook } from "../../engine/rulebook.ts";
import { stocksAt } from "../../engine/unit-stock.ts";
import type { Hold } from "../../ledger/books.ts";
import type { GuardedCampaign, GuardedCampaigns } from "../ledger/campaign-counters.ts";
import {
  couponCounter,
  depositCounter,
  firstOrderCounter,
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
  /** By entered code, normalised; whose they are now, null: nobody's. */
  readonly coupons: ReadonlyMap<
    string,
    { readonly code: string; readonly poolId: string; readonly customerId: string | null }
  >;
  /** The same as the quote saw them. */
  readonly quotedCoupons: Facts["coupons"];
  /** Something of it is for the customer's first order alone. */
  readonly isByFirstOrder: boolean;
  /** Redemptions that paid the deposits of the order. */
  readonly deposits: Iterable<string>;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly timezone: string;
}

export function holdsOf(question: HoldsQuestion): Hold[] {
  const holds = new Holds();
  const applied = appliedPromotions(question);
  const { quote, promotionOf, quotedCoupons, coupons } = question;
  const used = usedCoupons(quote, promotionOf, quotedCoupons);
  for (const promotion of applied)
    addPromotion(holds, promotion, codeBehind(promotion, used, coupons), question);
  addCampaigns(holds, applied, question);
  addDeposits(holds, question);
  const first = question.isByFirstOrder ? firstOrderCounter(question.who) : null;
  if (first !== null) holds.add(first, 1, 1);
  const all = holds.all();
  for (const entered of used.values()) {
    const coupon = coupons.get(entered);
    if (coupon === undefined) continue;
    const { poolId, code, customerId: owner } = coupon;
    all.push({ counter: couponCounter(poolId, code), amount: 1, limit: null, owner });
  }
  return all;
}

/**
 * The entered codes, normalised, by which the quote uses coupons, by the key of their pool: a promotion uses one of its pool.
 * A code that all customers share may be that of a coupon as well; applied as such it uses none.
 */
export function usedCoupons(
  { codes, promotions }: Pick<Quote, "codes" | "promotions">,
  promotionOf: (key: string) => Pick<CompiledPromotion, "pool"> | undefined,
  coupons: Facts["coupons"],
): ReadonlyMap<string, string> {
  const used = new Map<string, string>();
  if (coupons === undefined) return used;
  const pools = new Set(promotions.map(({ promotion }) => promotionOf(promotion)?.pool));
  for (const { code, status, promotion } of codes) {
    const entered = normalizeCode(code);
    const coupon = status === "applied" ? coupons.get(entered) : undefined;
    if (coupon?.status !== "usable" || !pools.has(coupon.pool)) continue;
    // The row of a code names one promotion, and there may be more behind it. One that names a promotion of the pool is sure.
    const isSure = promotion !== null && promotionOf(promotion)?.pool === coupon.pool;
    if (isSure || !used.has(coupon.pool)) used.set(coupon.pool, entered);
  }
  return used;
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

function addPromotion(
  holds: Holds,
  promotion: CompiledPromotion,
  code: string | null,
  question: HoldsQuestion,
): void {
  const { quote, who, at, timezone } = question;
  const { id, key } = promotion;
  if (id === null) return;
  holds.addUse(id, promotion, { who, code, at, timezone });
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

/** The code that triggered the promotion, as counters name it. */
function codeBehind(
  { code, pool }: CompiledPromotion,
  used: ReadonlyMap<string, string>,
  coupons: HoldsQuestion["coupons"],
): string | null {
  if (code !== null) return code;
  const entered = pool === null ? undefined : used.get(pool);
  return entered === undefined ? null : (coupons.get(entered)?.code ?? null);
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
