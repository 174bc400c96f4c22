/** Puts what was priced into the words and rows of the public contract. */

import type { CanonicalLine } from "./canonical-cart.ts";
import { explanations } from "./explanations.ts";
import { bothOf, type FundedPart, sharesOf } from "./funding.ts";
import type { UnitRun } from "./goods.ts";
import type { Stage } from "./kind.ts";
import { labelOf } from "./label.ts";
import type { Outcome } from "./outcome.ts";
import type { Application, Priced } from "./price.ts";
import type { Adjustment, Quote, QuoteLine } from "./quote.ts";
import { filled, withOneMore } from "./short-lists.ts";
import { depositUnitsOf, type Situation } from "./situation.ts";

export function writeQuote(outcome: Outcome): Quote {
  const { request, listed, settings, situation, proposed } = outcome;
  const { priced } = proposed;
  const { cart, facts } = situation;
  const onGoods = adjustmentsByPosition(situation, priced, cart.lines, request.lines.length, isOnGoods);
  const shipments = request.shipping ?? [];
  const onShipments = adjustmentsByPosition(
    situation,
    priced,
    situation.shipments,
    shipments.length,
    isOnShipments,
  );
  const discount = cart.subtotal - priced.goods.total;
  const shippingDiscount = cart.shippingAmount - priced.shipments.total;
  const total = priced.goods.total + priced.shipments.total;
  const { codes, notApplied, hints, missing } = explanations(outcome);
  const quote: Quote = {
    rulebook: outcome.rulebookVersion,
    at: instantInWords(situation.now),
    currency: cart.currency,
    strategy: settings.strategy,
    degraded: facts.rulesAsOf !== undefined || facts.arePromotionsStopped === true,
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
      const line: QuoteLine = { id, subtotal, discount: off, total: subtotal - off, adjustments };
      const price = listed.prices?.[position] ?? null;
      if (price !== null) line.priceList = price;
      return line;
    }),
    shippingLines: shipments.map(({ id, amount }, position) => {
      const adjustments = onShipments[position] ?? [];
      const off = sumOf(adjustments);
      return { id, amount, discount: off, total: amount - off, adjustments };
    }),
    promotions: promotionRows(outcome, onGoods, onShipments),
    rewards: rewardRows(situation, priced),
    codes,
    notApplied,
    optimality: proposed.optimality,
  };
  if (facts.rulesAsOf !== undefined) quote.asOf = new Date(facts.rulesAsOf).toISOString();
  if (listed.brokenRules.length > 0) quote.brokenOrderRules = [...listed.brokenRules];
  if (hints !== undefined) quote.hints = hints;
  if (missing !== undefined) quote.missing = missing;
  return quote;
}

let lastInstant = { at: Number.NaN, words: "" };

/** Quotes that are asked for together are mostly of the same millisecond. */
function instantInWords(at: number): string {
  if (at !== lastInstant.at) lastInstant = { at, words: new Date(at).toISOString() };
  return lastInstant.words;
}

function rewardRows(situation: Situation, { applications }: Priced): Quote["rewards"] {
  const rows: Quote["rewards"] = [];
  for (const { reward, candidate, position = 0 } of applications) {
    if (reward === null) continue;
    const { key } = situation.candidates[candidate]!.promotion;
    rows.push({ promotion: key, benefit: position, ...rewardRow(reward) });
  }
  return rows;
}

function rewardRow(reward: NonNullable<Application["reward"]>) {
  return reward.kind === "gift" && reward.choices !== undefined
    ? { ...reward, choices: [...reward.choices] }
    : (reward as Omit<typeof reward, "choices">);
}

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

export const isOnGoods = (stage: Stage): boolean => stage === "item" || stage === "order";
export const isOnShipments = (stage: Stage): boolean => stage === "shipping";

type Runs = Adjustment["runs"];

/** Adjustments by the line's position in the request: each canonical line's units are given back to its parts, the earlier id first. */
export function adjustmentsByPosition(
  situation: Situation,
  priced: Priced,
  lines: readonly CanonicalLine[],
  size: number,
  isMeant: (stage: Stage) => boolean,
): readonly (Adjustment[] | undefined)[] {
  const byPosition = filled<Adjustment[] | undefined>(size, undefined);
  for (const { candidate, stage, discount } of priced.applications) {
    if (!isMeant(stage)) continue;
    const runs = discount.runs();
    const { promotion, code } = situation.candidates[candidate]!;
    const { funding } = promotion.document;
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
        const adjustment: Adjustment = {
          promotion: promotion.key,
          stage,
          amount,
          code: codeText,
          runs: units,
        };
        if (funding !== undefined) adjustment.funding = sharesOf(amount, funding);
        byPosition[position] = withOneMore(byPosition[position], adjustment);
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
  if (isShort(runs)) return runs;
  const short: Runs = [];
  for (const { units, amount } of runs) {
    if (amount === 0) continue;
    const alike = short.find((other) => other.amount === amount);
    if (alike === undefined) short.push({ units, amount });
    else alike.units += units;
  }
  return short;
}

/** Of two neighbours that get something neither is like the other. */
function isShort(runs: Runs): boolean {
  return runs.length <= 2 && runs[0]!.amount > 0 && runs[runs.length - 1]!.amount > 0;
}

// ---------------------------------------------------------------- promotions

type ByPosition = readonly (readonly Adjustment[] | undefined)[];

/** As the adjustments split it, so that rows and lines say the same to the cent. */
function fundingIn(key: string, stage: Stage, byPosition: ByPosition): FundedPart[] | undefined {
  let sum: FundedPart[] | undefined;
  for (const adjustments of byPosition)
    for (const { promotion, stage: of, funding } of adjustments ?? [])
      if (promotion === key && of === stage && funding !== undefined)
        sum = sum === undefined ? funding : bothOf(sum, funding);
  return sum;
}

function promotionRows(
  { situation, proposed: { priced }, settings }: Outcome,
  onGoods: ByPosition,
  onShipments: ByPosition,
): Quote["promotions"] {
  const rows: Quote["promotions"] = [];
  for (const { candidate, stage, amount, times, unapplied, stock } of priced.applications) {
    const { promotion } = situation.candidates[candidate]!;
    const { key, id, document } = promotion;
    // Several rewards of one promotion are one row.
    const last = rows.at(-1);
    if (stage === "reward" && last?.stage === stage && last.promotion === key) continue;
    const funding =
      document.funding === undefined
        ? undefined
        : fundingIn(key, stage, isOnShipments(stage) ? onShipments : onGoods);
    rows.push({
      promotion: key,
      promotionId: id,
      stage,
      amount,
      times,
      label: labelOf(promotion, settings.locale),
      funder: document.funder,
      unappliedAmount: unapplied,
      ...(stock !== undefined && { stock: [...stock] }),
      ...(funding !== undefined && { funding }),
    });
  }
  return rows;
}
