/** Says of every code what became of it, and of every promotion that did not apply why, and what would have to be otherwise. */
import { mayBeNamed } from "./audience.ts";
import { atTheBeginning, judged } from "./candidates.ts";
import type { Facts } from "./facts.ts";
import { planWith, whatIfWork } from "./forcing.ts";
import { type Guarantee, guarantees, missingFor } from "./guarantees.ts";
import { findHints } from "./hints.ts";
import { outOfReach } from "./judge.ts";
import type { Stage } from "./kind.ts";
import { labelOf } from "./label.ts";
import { StageStarts, whatItLacks } from "./lacking.ts";
import { isBeyond } from "./least-spend.ts";
import { amountOf, whyLeftOut } from "./left-out.ts";
import { limits } from "./limits.ts";
import { missOf, type NearMiss, NearMisses } from "./near-miss.ts";
import type { Outcome } from "./outcome.ts";
import type { Work } from "./plan/exact/work.ts";
import type { Priced } from "./price.ts";
import type { CompiledPromotion } from "./promotion.ts";
import type { CodeResult, NotApplied, Quote } from "./quote.ts";
import { couponReason, reasonWords } from "./reasons.ts";
import { compareByRank } from "./rulebook.ts";
import { spokenLocale } from "./settings.ts";
import {
  type EnteredCode,
  type Rejection,
  rejectionByConditions,
  type Situation,
  StageView,
} from "./situation.ts";
import { goodsAtStage } from "./stage-goods.ts";
import { sayer } from "./words.ts";

export function explanations(outcome: Outcome): Pick<Quote, "codes" | "notApplied" | "hints" | "missing"> {
  const { request, codes } = outcome;
  const explain = request.explain ?? "near";
  const isTold = explain !== "none" || request.hints === true;
  if (!isTold && codes.length === 0 && outcome.situation.facts.rulesAsOf === undefined)
    return { codes: [], notApplied: [] };
  const work = whatIfWork();
  const rejections = rejectionsOf(outcome, explain === "all", isTold);
  const notApplied = explain === "none" ? [] : notAppliedRows(outcome, rejections, explain === "all", work);
  const told: Pick<Quote, "codes" | "notApplied" | "hints" | "missing"> = {
    codes: codes.map((code) => codeRow(outcome, code, rejections)),
    notApplied,
  };
  if (request.hints === true) told.hints = findHints(outcome, rejections, work);
  if (outcome.situation.facts.rulesAsOf !== undefined) told.missing = missingIn(outcome, rejections);
  return told;
}

/** Of promotions that may be named alone: a guarantee that only a private one needs would give it away. */
function missingIn(outcome: Outcome, rejections: readonly (Rejection | null)[]): Guarantee[] {
  const { situation, proposed } = outcome;
  const view = new StageView(situation, proposed.priced.goods, proposed.priced.shipments);
  const missing = new Set(
    situation.candidates.flatMap((candidate, index) => {
      const rejection = rejections[index];
      return rejection == null || !mayBeNamed(candidate.promotion, candidate.code !== null, view)
        ? []
        : lackOf(outcome, candidate.promotion, rejection);
    }),
  );
  if (situation.facts.arePriceListsUnknown) missing.add("price_lists");
  return guarantees.filter((guarantee) => missing.has(guarantee));
}

function lackOf(
  { situation: { facts, cart } }: Outcome,
  promotion: CompiledPromotion,
  { reason }: Rejection,
): readonly Guarantee[] {
  return reason === "not_guaranteed" ? missingFor(promotion, facts, cart.customer?.id) : [];
}

/**
 * By candidate; null for those that applied. `closely`: also of those that nobody entered a code for. `isTold`: somebody reads the
 * reasons of promotions without a code.
 */
export function rejectionsOf(
  outcome: Outcome,
  closely: boolean,
  isTold = true,
): readonly (Rejection | null)[] {
  const { situation, proposed } = outcome;
  const views = new Map<Stage, StageView>();
  const starts = new StageStarts(outcome);
  return situation.candidates.map(({ promotion, code }, index) => {
    const final = proposed.priced.rejections[index]!;
    if (final === null) return null;
    if (final === outOfReach)
      return isTold || code !== null ? missedAtStage(outcome, promotion, views) : final;
    // What is not in the plan has its reason from the planner.
    const told = ofThisPlan(
      proposed.priced,
      proposed.plan.members[index] ? final : (proposed.rejections[index] ?? final),
    );
    if (!isTold && code === null) return told;
    const isAskedClosely = closely || code !== null;
    // Of others it is told alone what more goods would mend.
    if (!isAskedClosely && !promotion.hasThresholds) return told;
    const { work } = situation;
    const lack =
      told.reason === "displaced" ? work.searching(() => whatItLacks(outcome, index, starts)) : null;
    if (lack !== null || !isAskedClosely) return lack ?? told;
    return work.searching(() => whyLeftOut(outcome, index, told)) ?? told;
  });
}

/** A planner may have it from another plan: whoever did not apply in the end took nobody's place, and is named for nothing. */
function ofThisPlan({ rejections }: Priced, rejection: Rejection): Rejection {
  const hasApplied = (other: number) => rejections[other] === null;
  if (rejection.displacedBy === undefined || rejection.displacedBy.every(hasApplied)) return rejection;
  const { displacedBy, ...rest } = rejection;
  const applied = displacedBy.filter(hasApplied);
  return applied.length === 0 ? rest : { ...rest, displacedBy: applied };
}

/** What its conditions lack when they are asked: at the prices with which its stage began. */
function missedAtStage(
  { situation, proposed }: Outcome,
  promotion: CompiledPromotion,
  views: Map<Stage, StageView>,
): Rejection {
  const { stage } = promotion.parts[0]!;
  let view = views.get(stage);
  if (view === undefined) {
    const { goods, shipments } = goodsAtStage(situation, proposed.priced, stage);
    view = new StageView(situation, goods, shipments);
    views.set(stage, view);
  }
  const verdict = promotion.conditions!.test(view);
  return verdict.met ? outOfReach : rejectionByConditions(verdict, promotion, view);
}

/** A row with the promotion that it is about. */
interface Told {
  readonly promotion: CompiledPromotion;
  readonly row: NotApplied;
  /** Told for no other reason than that more goods would do, of one for which the cart is not worth enough. */
  readonly isBeyond: boolean;
}

function notAppliedRows(
  outcome: Outcome,
  rejections: readonly (Rejection | null)[],
  all: boolean,
  work: Work,
): NotApplied[] {
  const { request, situation, settings, proposed } = outcome;
  const { priced } = proposed;
  const { currency, subtotal } = situation.cart;
  const told: Told[] = [];
  const view = new StageView(situation, priced.goods, priced.shipments);
  const nearMisses = new NearMisses(situation, priced, request.identifiers);
  situation.candidates.forEach((candidate, index) => {
    const rejection = rejections[index]!;
    const { promotion } = candidate;
    if (rejection === null || !mayBeNamed(promotion, candidate.code !== null, view)) return;
    const near =
      missOf(rejection)?.gap === undefined
        ? null
        : situation.work.searching(() => nearMisses.find(candidate, rejection));
    const isTold = all || candidate.code !== null || lackOf(outcome, promotion, rejection).length > 0;
    if (near === null && !isTold) return;
    const row = notAppliedRow(outcome, promotion, rejection, near);
    if (all && isChoice(rejection)) {
      const forced = planWith(situation, index, settings.strategy, work);
      if (forced !== null) {
        row.costOfForcing = forced.priced.total - priced.total;
        row.costOptimality = forced.optimality;
        if (row.displacedBy === undefined) nameLosers(row, outcome, forced.priced);
      }
    }
    told.push({ promotion, row, isBeyond: !isTold && isBeyond(promotion, currency, subtotal) });
  });
  const beyond = nearestBeyond(outcome, view, nearMisses);
  if (beyond.length > 0) {
    told.push(...beyond);
    told.sort((a, b) => compareByRank(a.promotion, b.promotion));
  }
  return withNearest(told, currency).map(({ row }) => row);
}

/** It took its place who brings less, or nothing, in the plan that has it. */
function nameLosers(row: NotApplied, { situation, proposed: { priced } }: Outcome, withIt: Priced): void {
  const losers = situation.candidates.filter((_, index) => amountOf(withIt, index) < amountOf(priced, index));
  if (losers.length > 0) row.displacedBy = losers.map(({ promotion }) => promotion.key);
}

/** Also where all had to be looked at, no more of them are told. */
function withNearest(told: readonly Told[], currency: string): readonly Told[] {
  const least = ({ promotion }: Told) => promotion.leastSpend!.get(currency)!;
  const beyond = told.filter((one) => one.isBeyond);
  if (beyond.length <= limits.thresholdsTold) return told;
  beyond.sort((a, b) => least(a) - least(b) || compareByRank(a.promotion, b.promotion));
  const tooFar = new Set(beyond.slice(limits.thresholdsTold));
  return told.filter((one) => !tooFar.has(one));
}

/** Of the promotions for which the cart is not worth enough, those that ask for the least and would apply if it were. */
function nearestBeyond(outcome: Outcome, view: StageView, nearMisses: NearMisses): Told[] {
  const told: Told[] = [];
  const { request, situation, beyond } = outcome;
  const nearest = beyond();
  if (nearest.length === 0) return told;
  const atFirst = atTheBeginning(situation);
  const views = new Map<Stage, StageView>();
  let asked = 0;
  for (const promotion of nearest) {
    if (told.length === limits.thresholdsTold || asked === limits.thresholdsAsked) break;
    if (!mayBeNamed(promotion, false, view)) continue;
    asked++;
    // The price is settled: where asking takes too much, less is told.
    const row = situation.work.searching(() => {
      const candidate = judged(promotion, [], situation, atFirst, request.identifiers);
      const rejection =
        candidate.rejection === outOfReach ? missedAtStage(outcome, promotion, views) : candidate.rejection!;
      const near = nearMisses.find(candidate, rejection);
      return near === null ? null : notAppliedRow(outcome, promotion, rejection, near);
    });
    if (row !== null) told.push({ promotion, row, isBeyond: true });
  }
  return told;
}

/** It could apply, had the plan been another. */
export const isChoice = ({ reason }: Rejection): boolean =>
  reason === "displaced" || reason === "threshold_protected";

function notAppliedRow(
  { situation, settings }: Outcome,
  promotion: CompiledPromotion,
  rejection: Rejection,
  near: NearMiss | null,
): NotApplied {
  const shown = near?.rejection ?? rejection;
  const row: NotApplied = {
    promotion: promotion.key,
    reason: shown.reason,
    message: messageOf(shown, near, promotion, situation.cart.currency, settings.locale),
  };
  if (shown.required !== undefined) row.required = shown.required;
  if (shown.actual !== undefined) row.actual = shown.actual;
  if (shown.gap !== undefined) row.gap = shown.gap;
  if (near !== null) row.wouldSave = near.wouldSave;
  if (shown.path !== undefined) row.path = shown.path;
  if (shown.displacedBy !== undefined)
    row.displacedBy = shown.displacedBy.map((index) => situation.candidates[index]!.promotion.key);
  return row;
}

/** "20.00 CNY more for 30.00 CNY off", or for the promotion by its label, else the reason's own words. */
function messageOf(
  { reason, gap, gapIn }: Rejection,
  near: NearMiss | null,
  promotion: CompiledPromotion,
  currency: string,
  locale: string,
): string {
  const say = sayer(spokenLocale(locale), currency);
  if (near !== null && gap !== undefined) {
    const more =
      gapIn === "amount"
        ? say.money({ [currency]: gap })
        : say.pick({ en: String(gap), "zh-CN": `${gap}件` });
    if (near.wouldSave === 0) {
      const label = labelOf(promotion, locale);
      return say.pick({ en: `${more} more for: ${label}`, "zh-CN": `再买${more}即享:${label}` });
    }
    const saving = say.money({ [currency]: near.wouldSave });
    return say.pick({ en: `${more} more for ${saving} off`, "zh-CN": `再买${more},立减${saving}` });
  }
  return reasonWords(reason, say.locale);
}

function codeRow(
  { situation, proposed: { priced } }: Outcome,
  code: EnteredCode,
  rejections: readonly (Rejection | null)[],
): CodeResult {
  const view = new StageView(situation, priced.goods, priced.shipments);
  let rejected: CodeResult | null = null;
  for (const [index, candidate] of situation.candidates.entries()) {
    if (candidate.code?.normalized !== code.normalized) continue;
    const rejection = rejections[index]!;
    const { key } = candidate.promotion;
    if (rejection === null) return { code: code.text, status: "applied", promotion: key, reason: null };
    if (rejected === null && mayBeNamed(candidate.promotion, candidate.code !== null, view))
      rejected = { code: code.text, status: "rejected", promotion: key, reason: rejection.reason };
  }
  return (
    rejected ??
    otherCouponRow(situation, code, view) ?? {
      code: code.text,
      status: "rejected",
      promotion: null,
      ...(whyUnheard(situation.facts, true) ?? { reason: "code_unknown" }),
    }
  );
}

/**
 * Why nobody looked at a code, or at the promotions in force; null: they were looked at. It is the same of every code, so that it
 * tells nothing of the code. Drafts are priced all the while.
 */
export function whyUnheard(
  { areCodesWithheld, arePromotionsStopped }: Facts,
  isCode: boolean,
  isDraft = false,
): { reason: string } | null {
  if (isCode && areCodesWithheld) return { reason: "too_many_attempts" };
  return arePromotionsStopped && !isDraft ? { reason: "promotions_stopped" } : null;
}

/** A coupon whose promotion was triggered by another coupon of its pool. */
function otherCouponRow(situation: Situation, code: EnteredCode, view: StageView): CodeResult | null {
  const coupon = situation.facts.coupons?.get(code.normalized);
  if (coupon === undefined) return null;
  const candidate = situation.candidates.find(({ promotion }) => promotion.pool === coupon.pool);
  if (candidate === undefined || !mayBeNamed(candidate.promotion, candidate.code !== null, view)) return null;
  return {
    code: code.text,
    status: "rejected",
    promotion: candidate.promotion.key,
    reason: couponReason[coupon.status],
  };
}
