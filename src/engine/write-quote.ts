/** Puts what was priced into the words and rows of the public contract. */

import type { CanonicalLine } from "./canonical-cart.ts";
import type { Cart } from "./cart.ts";
import type { UnitRun } from "./goods.ts";
import type { Stage } from "./kind.ts";
import { findNearMiss, type NearMiss } from "./near-miss.ts";
import type { Proposed } from "./plan/planner.ts";
import type { Application } from "./price.ts";
import type { CompiledPromotion } from "./promotion.ts";
import type { Adjustment, CodeResult, NotApplied, Quote } from "./quote.ts";
import { couponReason, reasons } from "./reasons.ts";
import type { Settings } from "./settings.ts";
import { spokenLocale } from "./settings.ts";
import { withOneMore } from "./short-lists.ts";
import {
  type Candidate,
  depositUnitsOf,
  type EnteredCode,
  type Rejection,
  type Situation,
  StageView,
} from "./situation.ts";
import { sayer } from "./words.ts";

export interface Outcome {
  readonly request: Cart;
  readonly settings: Settings;
  readonly rulebookVersion: string;
  readonly codes: readonly EnteredCode[];
  readonly situation: Situation;
  readonly proposed: Proposed;
}

export function writeQuote(outcome: Outcome): Quote {
  const { request, settings, situation, proposed } = outcome;
  const { priced } = proposed;
  const { cart } = situation;
  const onGoods = adjustmentsByPosition(outcome, cart.lines, request.lines.length, isOnGoods);
  const shipments = request.shipping ?? [];
  const onShipments = adjustmentsByPosition(outcome, situation.shipments, shipments.length, isOnShipments);
  const discount = cart.subtotal - priced.goods.total;
  const shippingDiscount = cart.shippingAmount - priced.shipments.total;
  const total = priced.goods.total + priced.shipments.total;
  return {
    rulebook: outcome.rulebookVersion,
    at: new Date(situation.now).toISOString(),
    currency: cart.currency,
    strategy: settings.strategy,
    degraded: false,
    subtotal: cart.subtotal,
    discount,
    shipping: cart.shippingAmount,
    shippingDiscount,
    total,
    due: total - depositsPaid(situation),
    lines: request.lines.map(({ id, quantity, unitPrice }, position) => {
      const adjustments = onGoods[position] ?? [];
      const subtotal = quantity * unitPrice;
      const off = sumOf(adjustments);
      return { id, subtotal, discount: off, total: subtotal - off, adjustments };
    }),
    shippingLines: shipments.map(({ id, amount }, position) => {
      const adjustments = onShipments[position] ?? [];
      const off = sumOf(adjustments);
      return { id, amount, discount: off, total: amount - off, adjustments };
    }),
    promotions: promotionRows(outcome),
    rewards: priced.applications.flatMap(({ reward, candidate, position = 0 }) =>
      reward === null
        ? []
        : [{ promotion: keyOf(situation, candidate), benefit: position, ...rewardRow(reward) }],
    ),
    ...explanations(outcome),
    optimality: proposed.optimality,
  };
}

function rewardRow(reward: NonNullable<Application["reward"]>) {
  return reward.kind === "gift" && reward.choices !== undefined
    ? { ...reward, choices: [...reward.choices] }
    : (reward as Omit<typeof reward, "choices">);
}

const keyOf = (situation: Situation, index: number): string => situation.candidates[index]!.promotion.key;

function sumOf(adjustments: readonly Adjustment[]): number {
  let sum = 0;
  for (const { amount } of adjustments) sum += amount;
  return sum;
}

/** Paid is paid, whether or not the promotion still finds something to take off. */
function depositsPaid(situation: Situation): number {
  if (situation.facts.deposits === undefined) return 0;
  const { currency, lines } = situation.cart;
  let paid = 0;
  for (const { promotion, rejection } of situation.candidates) {
    const units = rejection === null ? depositUnitsOf(situation, promotion) : 0;
    for (const { deposit } of promotion.parts.flatMap((part) => part.benefits)) {
      if (deposit === undefined || units === 0) continue;
      const covered = situation.coverage
        .of(deposit.goods)
        .reduce((sum, line) => sum + (lines[line]!.unitPrice > 0 ? lines[line]!.quantity : 0), 0);
      paid += deposit.paid[currency]! * Math.min(units, covered);
    }
  }
  return paid;
}

// ---------------------------------------------------------------- lines

const isOnGoods = (stage: Stage): boolean => stage === "item" || stage === "order";
const isOnShipments = (stage: Stage): boolean => stage === "shipping";

type Runs = Adjustment["runs"];

/** Adjustments by the line's position in the request: each canonical line's units are given back to its parts, the earlier id first. */
function adjustmentsByPosition(
  { situation, proposed: { priced } }: Outcome,
  lines: readonly CanonicalLine[],
  size: number,
  isMeant: (stage: Stage) => boolean,
): readonly (Adjustment[] | undefined)[] {
  const byPosition = new Array<Adjustment[] | undefined>(size).fill(undefined);
  for (const { candidate, stage, discount } of priced.applications) {
    if (!isMeant(stage)) continue;
    const runs = discount.runs();
    const { promotion, code } = situation.candidates[candidate]!;
    const codeText = code?.text ?? null;
    // Runs stand line by line.
    for (let first = 0, next = 0; first < runs.length; first = next) {
      const { line } = runs[first]!;
      while (next < runs.length && runs[next]!.line === line) next++;
      let start = 0;
      for (const { position, quantity } of lines[line]!.parts) {
        const units = runsWithin(runs, first, next, start, start + quantity);
        start += quantity;
        if (units === undefined) continue;
        let amount = 0;
        for (const run of units) amount += run.units * run.amount;
        byPosition[position] = withOneMore(byPosition[position], {
          promotion: promotion.key,
          stage,
          amount,
          code: codeText,
          runs: units,
        });
      }
    }
  }
  for (const adjustments of byPosition) {
    const only = adjustments?.length === 1 ? adjustments[0] : undefined;
    if (only !== undefined) only.runs = inShort(only.runs);
  }
  return byPosition;
}

/** What of `runs[first…next)` lies between two positions of the line, by position; 0 for units between that get nothing. */
function runsWithin(
  runs: readonly UnitRun[],
  first: number,
  next: number,
  from: number,
  to: number,
): Runs | undefined {
  let within: Runs | undefined;
  let position = from;
  for (let i = first; i < next; i++) {
    const run = runs[i]!;
    const start = Math.max(run.from, from);
    const end = Math.min(run.from + run.count, to);
    if (end <= start) continue;
    if (start > position) within = withUnits(within, start - position, 0);
    within = withUnits(within, end - start, run.amount);
    position = end;
  }
  return within;
}

function withUnits(runs: Runs | undefined, units: number, amount: number): Runs {
  const last = runs?.[runs.length - 1];
  if (last === undefined || last.amount !== amount) return withOneMore(runs, { units, amount });
  last.units += units;
  return runs!;
}

/** Alike units together: where one promotion alone touches a line, its units have no order that anybody could tell. */
function inShort(runs: Runs): Runs {
  if (runs.length === 1 && runs[0]!.amount > 0) return runs;
  const short: Runs = [];
  for (const { units, amount } of runs) {
    if (amount === 0) continue;
    const alike = short.find((other) => other.amount === amount);
    if (alike === undefined) short.push({ units, amount });
    else alike.units += units;
  }
  return short;
}

// ---------------------------------------------------------------- promotions

function promotionRows({ situation, proposed: { priced }, settings }: Outcome): Quote["promotions"] {
  const rows: Quote["promotions"] = [];
  for (const { candidate, stage, amount, times, unapplied } of priced.applications) {
    const { promotion } = situation.candidates[candidate]!;
    const { key, id, document } = promotion;
    // Several rewards of one promotion are one row.
    const last = rows.at(-1);
    if (stage === "reward" && last?.stage === stage && last.promotion === key) continue;
    rows.push({
      promotion: key,
      promotionId: id,
      stage,
      amount,
      times,
      label: labelOf(promotion, settings.locale),
      funder: document.funder,
      unappliedAmount: unapplied,
    });
  }
  return rows;
}

/** The label in the customer's language, else in the same language of another region, else the name. */
export function labelOf({ key, document }: CompiledPromotion, locale: string): string {
  const { texts, name } = document;
  if (texts === undefined) return name ?? key;
  const language = locale.split("-")[0]!;
  const related = Object.keys(texts)
    .sort()
    .find((tag) => tag.split("-")[0] === language && texts[tag]!.label !== undefined);
  return texts[locale]?.label ?? (related === undefined ? undefined : texts[related]!.label) ?? name ?? key;
}

// ---------------------------------------------------------------- explanations

function explanations(outcome: Outcome): Pick<Quote, "codes" | "notApplied"> {
  const {
    request,
    situation,
    proposed: { priced },
    codes,
  } = outcome;
  const explain = request.explain ?? "near";
  const notApplied: NotApplied[] = [];
  const rejections = situation.candidates.map((_, index) => rejectionOf(outcome, index));
  if (explain !== "none") {
    const view = new StageView(situation, priced.goods, priced.shipments);
    situation.candidates.forEach((candidate, index) => {
      const rejection = rejections[index]!;
      if (rejection === null || !mayBeNamed(candidate, view)) return;
      const near = situation.work.searching(() =>
        findNearMiss(situation, index, rejection, priced, request.identifiers),
      );
      if (near !== null || explain === "all" || candidate.code !== null)
        notApplied.push(notAppliedRow(outcome, candidate, rejection, near));
    });
  }
  return { codes: codes.map((code) => codeRow(outcome, code, rejections)), notApplied };
}

function rejectionOf({ proposed }: Outcome, index: number): Rejection | null {
  const final = proposed.priced.rejections[index]!;
  if (final === null) return null;
  // What is not in the plan has its reason from the planner.
  return proposed.plan.members[index] ? final : (proposed.rejections[index] ?? final);
}

/** A private promotion is named to nobody outside its audience; where it has none, only to those who hold its code. */
function mayBeNamed({ promotion, code }: Candidate, view: StageView): boolean {
  if (promotion.document.visibility === "public") return true;
  const audience = promotion.conditions?.audience(view) ?? "anyone";
  return audience === "in" || (audience === "anyone" && code !== null);
}

function notAppliedRow(
  { situation, settings }: Outcome,
  { promotion }: Candidate,
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
    row.displacedBy = shown.displacedBy.map((index) => keyOf(situation, index));
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
  const words = reasons.get(reason);
  return words === undefined ? reason : say.pick(words);
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
    if (rejected === null && mayBeNamed(candidate, view))
      rejected = { code: code.text, status: "rejected", promotion: key, reason: rejection.reason };
  }
  return (
    rejected ??
    otherCouponRow(situation, code, view) ?? {
      code: code.text,
      status: "rejected",
      promotion: null,
      reason: "code_unknown",
    }
  );
}

/** A coupon whose promotion was triggered by another coupon of its pool. */
function otherCouponRow(situation: Situation, code: EnteredCode, view: StageView): CodeResult | null {
  const coupon = situation.facts.coupons?.get(code.normalized);
  if (coupon === undefined) return null;
  const candidate = situation.candidates.find(({ promotion }) => promotion.pool === coupon.pool);
  if (candidate === undefined || !mayBeNamed(candidate, view)) return null;
  return {
    code: code.text,
    status: "rejected",
    promotion: candidate.promotion.key,
    reason: couponReason[coupon.status],
  };
}
