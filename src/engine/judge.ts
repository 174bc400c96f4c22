/** What can be said of a candidate before any plan: is it on, in this currency, for this customer, and is anything left of it? */
import { whyApart } from "./assignment.ts";
import type { UsageFact } from "./facts.ts";
import { dealerFunder, type Funding } from "./funding.ts";
import { asksRecords, campaignOf, countedBy } from "./guarantees.ts";
import type { CompiledPromotion } from "./promotion.ts";
import {
  budgetLeft,
  campaignBudgetLeft,
  type EnteredCode,
  type Rejection,
  rejectionByConditions,
  type Situation,
  type StageView,
} from "./situation.ts";

/**
 * Its conditions do not hold even at the prices of the cart, and no plan can mend that, so planners need not know of it. By how
 * much it misses depends on what the stages before its own take off: that is told of the plan in the end (`rejectionsOf`).
 */
export const outOfReach: Rejection = { reason: "condition_excluded" };

type Known = Pick<Situation, "cart" | "facts" | "now">;

/** `rejection`: out whatever the plan. `exhausted`: out once its conditions, asked at its stage, hold. */
export interface Judgement {
  readonly rejection: Rejection | null;
  readonly exhausted: Rejection | null;
}

const mayApply: Judgement = { rejection: null, exhausted: null };
const isLost: Judgement = { rejection: outOfReach, exhausted: null };

export function judge(
  promotion: CompiledPromotion,
  view: StageView,
  known: Known,
  identifiers: Identifiers,
  code: EnteredCode | null,
): Judgement {
  const early = whenAndWhere(promotion, known);
  if (early !== null) return { rejection: early, exhausted: null };
  if (!promotion.isGuarded) return byConditions(promotion, view, null);
  // Before anything about the customer or the cart: nobody is to be lured into what they will not get.
  const apart = whyApart(promotion.document, known.facts, known.cart.customer?.id);
  if (apart !== null) return { rejection: apart, exhausted: null };
  const { group } = promotion.document;
  if (group !== undefined && promotion.id !== null && known.facts.groupOf !== promotion.key)
    return { rejection: { reason: "group_required", required: group.size }, exhausted: null };
  // Its conditions would be asked of half a customer: a "not" of what is on record would hold.
  if (asksRecords(promotion, known.facts, known.cart.customer?.id))
    return { rejection: { reason: "not_guaranteed" }, exhausted: null };
  // Asked before the conditions: which counters are asked is what is kept with an order, and of a smaller cart, priced again when
  // goods come back, other conditions may hold.
  return byConditions(promotion, view, whatIsLeft(promotion, known, identifiers, code));
}

function byConditions(promotion: CompiledPromotion, view: StageView, exhausted: Rejection | null): Judgement {
  const { conditions } = promotion;
  const verdict = promotion.asksAtStage && !conditions!.staysUnmet ? undefined : conditions?.test(view);
  const isUnmet = verdict !== undefined && !verdict.met;
  if (promotion.asksAtStage) {
    if (exhausted !== null) return { rejection: isUnmet ? outOfReach : null, exhausted };
    return isUnmet ? isLost : mayApply;
  }
  if (isUnmet) return { rejection: rejectionByConditions(verdict, promotion, view), exhausted: null };
  return exhausted === null ? mayApply : { rejection: exhausted, exhausted: null };
}

export type Identifiers =
  | { device?: string | undefined; phone?: string | undefined; ip?: string | undefined }
  | undefined;

/** Null: it is on. */
export function whyNotOn(schedule: CompiledPromotion["schedule"], now: number): Rejection | null {
  if (schedule === null || schedule.contains(now)) return null;
  if (schedule.startsAt !== null && now < schedule.startsAt) return { reason: "not_started" };
  if (schedule.endsAt !== null && now >= schedule.endsAt) return { reason: "ended" };
  return { reason: "outside_schedule" };
}

function whenAndWhere({ schedule, currencies }: CompiledPromotion, { cart, now }: Known): Rejection | null {
  const off = whyNotOn(schedule, now);
  if (off !== null) return off;
  return currencies !== null && !currencies.has(cart.currency) ? { reason: "currency_not_supported" } : null;
}

const untouched: UsageFact = { total: 0 };

function whatIsLeft(
  promotion: CompiledPromotion,
  known: Known,
  identifiers: Identifiers,
  code: EnteredCode | null,
): Rejection | null {
  if (known.facts.rulesAsOf !== undefined && countedBy(promotion, known.facts).length > 0)
    return { reason: "not_guaranteed" };
  const { limits } = promotion.document;
  if (limits !== undefined) {
    const usage = known.facts.usage?.get(promotion.key) ?? untouched;
    const { perPeriod } = limits;
    if (limits.total !== undefined && usage.total >= limits.total) return reached(limits.total, usage.total);
    // A missing customer never counts as one shared customer.
    if (
      (limits.perCustomer !== undefined || perPeriod?.per === "customer") &&
      known.cart.customer?.id === undefined
    )
      return { reason: "customer_required", path: "customer.id" };
    if (limits.perCustomer !== undefined && (usage.byCustomer ?? 0) >= limits.perCustomer)
      return reached(limits.perCustomer, usage.byCustomer ?? 0);
    for (const [name, limit, uses = 0] of [
      ["device", limits.perDevice, usage.byDevice],
      ["phone", limits.perPhone, usage.byPhone],
      ["ip", limits.perIp, usage.byIp],
    ] as const) {
      const isNeeded = limit !== undefined || perPeriod?.per === name;
      if (isNeeded && identifiers?.[name] === undefined)
        return { reason: "identifier_required", path: `identifiers.${name}` };
      if (limit !== undefined && uses >= limit) return reached(limit, uses);
    }
    if (limits.perCode !== undefined && code !== null) {
      const uses = usage.byCode?.[code.normalized] ?? 0;
      if (uses >= limits.perCode) return reached(limits.perCode, uses);
    }
    if (perPeriod !== undefined && (usage.inPeriod ?? 0) >= perPeriod.count)
      return reached(perPeriod.count, usage.inPeriod ?? 0);
  }
  if (budgetLeft(known, promotion) === 0) return { reason: "budget_exhausted", required: 1, actual: 0 };
  return whatItsCampaignLeaves(promotion, known);
}

const isDealers = ({ funder }: Funding[number]) => funder === dealerFunder;

function whatItsCampaignLeaves(promotion: CompiledPromotion, known: Known): Rejection | null {
  // Nobody would bear the dealer's share.
  if (known.cart.dealer === undefined && promotion.document.funding?.some(isDealers))
    return { reason: "facts_missing", path: "dealer" };
  const { isPaused, perCustomer, byCustomer = 0 } = campaignOf(known.facts, promotion.document) ?? {};
  if (isPaused) return { reason: "campaign_paused", path: "channel" };
  if (perCustomer !== undefined && known.cart.customer?.id === undefined)
    return { reason: "customer_required", path: "customer.id" };
  if (perCustomer !== undefined && byCustomer >= perCustomer)
    return { reason: "campaign_limit_reached", required: perCustomer, actual: byCustomer };
  if (campaignBudgetLeft(known, promotion) === 0)
    return { reason: "campaign_budget_exhausted", required: 1, actual: 0 };
  return null;
}

function reached(required: number, actual: number): Rejection {
  return { reason: "limit_reached", required, actual };
}
