/** How much of a promotion is taken, as the engine asks for it. */
import type { UsageFact, UsageSource } from "../../engine/facts.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { stocksAt } from "../../engine/unit-stock.ts";
import { type CounterName, counterKey } from "../../ledger/books.ts";
import {
  amountCounter,
  codeUsesCounter,
  limitedCounters,
  stockCounter,
  stocksOf,
  unitStockCounter,
  type Who,
} from "../ledger/promotion-counters.ts";

/** How much of a counter is taken, reservations included; 0 of one that nobody has touched. */
export type Taken = (counter: CounterName) => number;

export interface UsageQuestion {
  readonly taken: Taken;
  readonly who: Who;
  /** Entered codes, normalised. */
  readonly codes: readonly string[];
  /** By entered code: the coupon behind it as it is stored, and counted. */
  readonly coupons: ReadonlyMap<string, { readonly code: string }>;
  readonly currency: string;
  /** The goods in the cart; a stock of others does not matter to it. */
  readonly lines: readonly { readonly sku: string }[];
  readonly store: string | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly timezone: string;
}

export function isCounted(promotion: CompiledPromotion): boolean {
  const { limits, budget } = promotion.document;
  return limits !== undefined || budget !== undefined || stocksOf(promotion).size > 0;
}

/**
 * Use counters by promotion key, worked out when the engine asks for one and kept from then on: a cart asks for a few of
 * what may be thousands, and what was asked is what a replay needs.
 */
export class UsageFacts extends Map<string, UsageFact> implements UsageSource {
  private readonly promotions: ReadonlyMap<string, CompiledPromotion>;
  private readonly question: UsageQuestion;

  constructor(promotions: ReadonlyMap<string, CompiledPromotion>, question: UsageQuestion) {
    super();
    this.promotions = promotions;
    this.question = question;
  }

  override get(key: string): UsageFact | undefined {
    const known = super.get(key);
    if (known !== undefined) return known;
    const promotion = this.promotions.get(key);
    if (promotion === undefined) return undefined;
    const usage = usageOf(promotion, this.question);
    this.set(key, usage);
    return usage;
  }
}

const fields = {
  total: "total",
  perCustomer: "byCustomer",
  perDevice: "byDevice",
  perPhone: "byPhone",
  perIp: "byIp",
  perPeriod: "inPeriod",
} as const;

function usageOf(promotion: CompiledPromotion, question: UsageQuestion): UsageFact {
  const { taken, who, codes, coupons, currency, at, timezone } = question;
  const usage: UsageFact = { total: 0 };
  const rule = promotion.id ?? "";
  for (const { name, counter } of limitedCounters(promotion, who, null, at, timezone))
    if (name !== "perCode") usage[fields[name]] = taken(counter);
  if (promotion.document.limits?.perCode !== undefined && codes.length > 0) {
    const stored = (entered: string) => (promotion.pool === null ? undefined : coupons.get(entered)?.code);
    usage.byCode = Object.fromEntries(
      codes.map((entered) => [entered, taken(codeUsesCounter(rule, stored(entered) ?? entered))]),
    );
  }
  if (promotion.document.budget !== undefined)
    usage.spent = { [currency]: taken(amountCounter(rule, currency)) };
  const stocks = stocksOf(promotion);
  if (stocks.size > 0)
    usage.stockTaken = Object.fromEntries(
      [...stocks.keys()].map((position) => [position, taken(stockCounter(rule, position))]),
    );
  if (promotion.unitStocks !== null) usage.unitsTaken = unitsTaken(promotion, rule, question);
  return usage;
}

function unitsTaken(
  { unitStocks }: CompiledPromotion,
  rule: string,
  { taken, lines, store }: UsageQuestion,
): Record<string, number> {
  const stocks = lines.flatMap(({ sku }) => stocksAt(unitStocks, sku, store) ?? []);
  return Object.fromEntries(stocks.map(({ name }) => [name, taken(unitStockCounter(rule, name))]));
}

/** A table of counters as a function, what another order holds itself left out. */
export function takenFrom(...tables: ReadonlyMap<string, number>[]): Taken {
  return (counter) => {
    const key = counterKey(counter);
    for (const table of tables) {
      const amount = table.get(key);
      if (amount !== undefined) return amount;
    }
    return 0;
  };
}
