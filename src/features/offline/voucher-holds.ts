/** What a voucher sets aside, and what an order takes of it: counters as an online redemption would name them. */
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { CounterName, Hold } from "../../ledger/books.ts";
import { campaignOfRule, type GuardedCampaign } from "../ledger/campaign-counters.ts";
import { amountCounter, couponCounter, couponMeasure, type Who } from "../ledger/promotion-counters.ts";
import { Holds } from "../ledger/promotion-holds.ts";

/** rule, measure, holder, period, amount, limit */
export type PromisedHold = [string, string, string, string, number, number | null];

export interface PromiseQuestion {
  readonly promotion: CompiledPromotion;
  /** The one that the promotion is in; undefined: none that is counted. */
  readonly campaign: GuardedCampaign | undefined;
  readonly who: Who;
  /** As counters name it; null if no code is behind the promise. */
  readonly code: string | null;
  /** The coupon that is behind it, as it was found; null: none. */
  readonly coupon: { readonly poolId: string; readonly customerId: string | null } | null;
  readonly currency: string;
  readonly maxAmount: number;
  /** The use counts in the period in which it was promised. */
  readonly at: number;
  readonly timezone: string;
}

export function holdsOfPromise(question: PromiseQuestion): Hold[] {
  const { promotion, campaign, who, code, coupon, currency, maxAmount, at, timezone } = question;
  const { id } = promotion;
  if (id === null) throw new Error("a draft cannot be promised");
  const holds = new Holds();
  holds.addUse(id, promotion, { who, code, at, timezone });
  holds.addAmount(id, promotion, currency, maxAmount);
  if (campaign !== undefined) holds.addCampaign(campaign, currency, maxAmount, { who, at, timezone });
  if (coupon === null || code === null) return holds.all();
  const { poolId, customerId: owner } = coupon;
  return [...holds.all(), { counter: couponCounter(poolId, code), amount: 1, limit: null, owner }];
}

export function storedPromise(holds: readonly Hold[]): PromisedHold[] {
  return holds.map(({ counter: { rule, measure, holder, period }, amount, limit }) => [
    rule,
    measure,
    holder,
    period,
    amount,
    limit,
  ]);
}

/**
 * What an order takes that came with the voucher: its uses, and of the budget what was really taken off. Limits are
 * those of the promotion as it is now; of one that is no longer in force, and of its campaign, those of then.
 */
export function holdsOfOrder(
  promised: readonly PromisedHold[],
  promotion: CompiledPromotion | undefined,
  currency: string,
  discount: number,
): Hold[] {
  return promised
    .map(([rule, measure, holder, period, amount, limit]): Hold => {
      const isAmount = measure.startsWith(amountMeasure);
      const counter: CounterName = isAmount
        ? amountCounter(rule, currency)
        : { rule, measure, holder, period };
      return {
        counter,
        amount: isAmount ? discount : amount,
        limit:
          promotion === undefined || campaignOfRule(rule) !== null ? limit : limitNow(promotion, counter),
      };
    })
    .filter(({ amount }) => amount > 0);
}

export function isAmount({ measure }: CounterName): boolean {
  return measure.startsWith(amountMeasure);
}

const amountMeasure = "amount:";

function limitNow({ document }: CompiledPromotion, counter: CounterName): number | null {
  const { measure, holder, period } = counter;
  // The coupon's own row knows.
  if (measure === couponMeasure) return null;
  if (isAmount(counter)) return limitOfBudget(document.budget?.amount, measure.slice(amountMeasure.length));
  const { limits } = document;
  if (period !== "") return limits?.perPeriod?.count ?? null;
  const scope = holder.slice(0, holder.indexOf(":") + 1);
  switch (scope) {
    case "":
      return limits?.total ?? null;
    case "code:":
      return limits?.perCode ?? null;
    case "customer:":
      return limits?.perCustomer ?? null;
    case "device:":
      return limits?.perDevice ?? null;
    case "phone:":
      return limits?.perPhone ?? null;
    default:
      return limits?.perIp ?? null;
  }
}

/** A budget that names no money of this currency has none. */
function limitOfBudget(
  budget: Readonly<Record<string, number>> | undefined,
  currency: string,
): number | null {
  return budget === undefined ? null : (budget[currency] ?? 0);
}
