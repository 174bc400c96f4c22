/**
 * Is the merchant's order plainly the best plan there is? Asked before any model is built, from its pricing alone: where every
 * promotion brings all that it could bring by itself, and no threshold of a later stage could be reached by giving less,
 * nothing is left to choose. Where that cannot be seen at a glance the answer is no.
 */
import { isStockLimited } from "../../allotment.ts";
import type { Priced } from "../../price.ts";
import type { CompiledPromotion, StagePart } from "../../promotion.ts";
import { filled } from "../../short-lists.ts";
import type { Situation } from "../../situation.ts";
import { type BenefitFields, fieldsOf, hasRateIn, unlimited } from "./benefit-fields.ts";
import { mayRunOut } from "./budget.ts";
import { ceilingOf } from "./ceiling.ts";
import { grain, largestWorth } from "./grain.ts";
import { mostRounded } from "./rounding.ts";
import { mayFall, slopeOf, sumOfSlopes } from "./slopes.ts";
import { fromOf } from "./tier-offers.ts";

/** `candidates`: those that could take money off. `priced`: all of them, each with all units that are free. */
export function isPlainlyBest(situation: Situation, candidates: readonly number[], priced: Priced): boolean {
  const { cart, hasConflicts } = situation;
  if (hasConflicts || priced.contenders.size > 0) return false;
  if (cart.subtotal + cart.shippingAmount > largestWorth) return false;
  return allIsGiven(situation, candidates, priced) && noThresholdIsLost(situation, candidates, priced);
}

/** In the item stage everybody brings, but for rounding, as much as if it were alone. */
function allIsGiven(situation: Situation, candidates: readonly number[], priced: Priced): boolean {
  const brought = filled(situation.candidates.length, 0);
  for (const { stage, candidate, amount } of priced.applications)
    if (stage === "item") brought[candidate] = amount * grain;
  const rounding = mostRounded(situation.rounding);
  for (const index of candidates) {
    const { promotion } = situation.candidates[index]!;
    const missing = ceilingOf(situation, index) - brought[index]!;
    if (missing > 0 && (missing > rounding || !hasRateIn(promotion, "item"))) return false;
  }
  return true;
}

/** Nothing more could apply in the later stages if the earlier ones took off less, and what does could not take off more. */
function noThresholdIsLost(situation: Situation, candidates: readonly number[], priced: Priced): boolean {
  let isItemStageEmpty = true;
  const applied = new Set<number>();
  let offItems = 0;
  const inOrderStage: number[] = [];
  for (const { stage, candidate, amount } of priced.applications) {
    if (stage === "item") {
      isItemStageEmpty = false;
      offItems += amount;
    } else if (stage !== "reward") applied.add(candidate * 2 + (stage === "order" ? 0 : 1));
    if (stage === "order") inOrderStage.push(candidate);
  }
  if (!isItemStageEmpty && inOrderStage.length > 1 && mayFallTogether(situation, inOrderStage)) return false;
  for (const index of candidates) {
    const { promotion } = situation.candidates[index]!;
    for (const part of promotion.parts) {
      if (part.stage !== "order" && part.stage !== "shipping") continue;
      if (mayRunOut(situation, promotion) || isStockLimited(promotion)) return false;
      if (applied.has(index * 2 + (part.stage === "order" ? 0 : 1))) {
        if (part.stage === "order" && !isSteady(situation, promotion, part, offItems, isItemStageEmpty))
          return false;
        if (part.stage === "shipping" && !isSteadyShipping(promotion)) return false;
        continue;
      }
      // It does not apply: what it gives must be out of reach even at the prices of the cart.
      if (!isOutOfReach(situation, promotion, part)) return false;
    }
  }
  return true;
}

/** What it takes off all goods rises no faster than they are worth, from what the item stage has left up to the list. */
function isSteady(
  situation: Situation,
  promotion: CompiledPromotion,
  part: StagePart,
  offItems: number,
  isItemStageEmpty: boolean,
): boolean {
  const { cart } = situation;
  if (part.benefits.length > 1) return false;
  if (isItemStageEmpty)
    return part.benefits[0]!.selectors.every(({ excludeDiscounted }) => !excludeDiscounted);
  for (let line = 0; line < cart.lines.length; line++) if (cart.lines[line]!.floor > 0) return false;
  const fields = fieldsOf(promotion, "order");
  const goods = part.benefits[0]!.selectors[0]!;
  const ofBenefit = fields[0]!;
  if (!goods.coversEverything || goods.excludeDiscounted || ofBenefit.maxUnits !== undefined) return false;
  const steps = (worth: number) => stepsReached(ofBenefit, worth, cart.currency);
  return isKnown(ofBenefit) && steps(cart.subtotal) === steps(cart.subtotal - offItems);
}

/** All that they take off the goods may grow faster than these do. */
function mayFallTogether({ candidates }: Situation, inOrderStage: readonly number[]): boolean {
  const slopes = inOrderStage.flatMap((index) =>
    fieldsOf(candidates[index]!.promotion, "order").map(slopeOf),
  );
  return mayFall(sumOfSlopes(slopes));
}

function isOutOfReach({ cart }: Situation, promotion: CompiledPromotion, { stage }: StagePart): boolean {
  if (stage === "shipping") return cart.shippingAmount === 0;
  return fieldsOf(promotion, "order").every(
    (fields) =>
      (fields.kind === "tiered"
        ? fields.by === "amount"
        : fields.every !== undefined && "amount" in fields.every) &&
      stepsReached(fields, cart.subtotal, cart.currency) === 0,
  );
}

/** What it takes off follows from what all goods are worth. Slices of units depend on which of them others made cheaper. */
function isKnown({ kind, per, mode, by }: BenefitFields): boolean {
  if (kind === "tiered") return mode !== "graduated" || by === "amount";
  return kind === "percent_off" || (kind === "amount_off" && per !== "unit" && per !== "line");
}

/** How often, or up to which tier, an amount of goods counts. */
function stepsReached(
  { kind, every, maxTimes, tiers, by }: BenefitFields,
  worth: number,
  currency: string,
): number {
  if (kind === "amount_off" && every !== undefined && "amount" in every)
    return Math.min(Math.floor(worth / every.amount[currency]!), maxTimes ?? unlimited);
  if (kind === "tiered" && by === "amount")
    return tiers.filter((tier) => fromOf(tier, currency) <= worth).length;
  return 0;
}

/** What it takes off depends on the shipments alone. */
function isSteadyShipping(promotion: CompiledPromotion): boolean {
  return fieldsOf(promotion, "shipping").every(({ every }) => every === undefined);
}
