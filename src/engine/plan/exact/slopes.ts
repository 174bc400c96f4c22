/**
 * May goods that are worth more cost less after the order stage? A discount that is worked out on what others have left takes a
 * part of it, so that more goods leave more. Slices of an amount are worked out on the goods as the stage found them, whatever
 * others take of the same money: 10 % beside a slice that gives one for one takes 1.10 of each further 1.00.
 */
import type { BenefitFields, TierFields } from "./benefit-fields.ts";
import { grain, rateOf } from "./grain.ts";

export interface Slope {
  /** So much of a minor unit more, in millionths, it may take off for each that the goods are worth more. */
  readonly rate: number;
  /** It is worked out on the goods as the stage found them. */
  readonly isSliced: boolean;
}

/** Between two thresholds. An amount takes no more of more goods, but for goods that it takes whole. */
export function slopeOf({ kind, percent, basis, mode, by, tiers }: BenefitFields): Slope {
  if (kind === "percent_off") return { rate: basis === "list" ? 0 : rateOf(percent), isSliced: false };
  if (kind !== "tiered") return { rate: 0, isSliced: false };
  const isSliced = mode === "graduated" && by === "amount";
  const rates = tiers.map((tier) => rateOfTier(tier, isSliced));
  const rate = mode === "graduated" && !isSliced ? rates.reduce((a, b) => a + b, 0) : Math.max(...rates);
  return { rate, isSliced };
}

function rateOfTier({ benefit }: TierFields, isSliced: boolean): number {
  if (benefit.kind === "percent_off") return rateOf(benefit.percent);
  return isSliced ? grain : 0;
}

export function sumOfSlopes(slopes: readonly Slope[]): Slope {
  return {
    rate: slopes.reduce((sum, { rate }) => sum + rate, 0),
    isSliced: slopes.some(({ isSliced }) => isSliced),
  };
}

export function mayFall({ rate, isSliced }: Slope): boolean {
  return isSliced && rate > grain;
}
