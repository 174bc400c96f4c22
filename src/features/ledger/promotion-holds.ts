/** What is taken of the counters of promotions, each counter once: for an order, and for a promise to one. */
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { type CounterName, counterKey, type Hold } from "../../ledger/books.ts";
import { campaignAmountCounter, campaignCustomerCounter, type GuardedCampaign } from "./campaign-counters.ts";
import {
  amountCounter,
  codeUsesCounter,
  limitedCounters,
  usesCounter,
  type Who,
} from "./promotion-counters.ts";

/** Who uses a promotion, with which code (as counters name it), and when. */
export interface Use {
  readonly who: Who;
  readonly code: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly timezone: string;
}

export class Holds {
  private readonly byKey = new Map<string, { counter: CounterName; amount: number; limit: number | null }>();

  /** The same counter asked for twice, as the total is by `uses` and by its limit, is taken from once. */
  add(counter: CounterName, amount: number, limit: number | null): void {
    const key = counterKey(counter);
    const known = this.byKey.get(key);
    if (known === undefined) this.byKey.set(key, { counter, amount, limit });
    else known.limit ??= limit;
  }

  /** Uses and amounts are counted whether or not they are limited: a limit set later then knows what went before. */
  addUse(id: string, promotion: CompiledPromotion, { who, code, at, timezone }: Use): void {
    const { limits } = promotion.document;
    this.add(usesCounter(id), 1, limits?.total ?? null);
    if (promotion.code !== null) this.add(codeUsesCounter(id, promotion.code), 1, limits?.perCode ?? null);
    for (const { counter, limit } of limitedCounters(promotion, who, code, at, timezone))
      this.add(counter, 1, limit);
  }

  addAmount(id: string, { document }: CompiledPromotion, currency: string, amount: number): void {
    this.add(amountCounter(id, currency), amount, document.budget?.amount[currency] ?? null);
  }

  /** What the promotions of a campaign took together: one order of the customer, however many of them applied. */
  addCampaign(campaign: GuardedCampaign, currency: string, amount: number, use: Omit<Use, "code">): void {
    const { key, budget, perCustomer } = campaign;
    const cap = budget === null ? null : (budget[currency] ?? 0);
    if (amount > 0) this.add(campaignAmountCounter(key, currency), amount, cap);
    const ofCustomer = campaignCustomerCounter(campaign, use.who, use.at, use.timezone);
    if (ofCustomer !== null) this.add(ofCustomer, 1, perCustomer!.orders);
  }

  all(): Hold[] {
    return [...this.byKey.values()];
  }
}
