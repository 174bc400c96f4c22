/**
 * The planner's money: integers in millionths of a minor unit, so that a percentage with four decimals of a price is exact.
 * It shares no arithmetic with the evaluator, which rounds and allocates; the two are held against each other.
 */
export const grain = 1_000_000;

/** Carts worth more (in minor units) would pass 2^53 when sums are scaled and added a few times; they are not searched. */
export const largestWorth = 1_000_000_000;

/** A percentage as documents write it, in millionths. */
export function rateOf(percent: number): number {
  return Math.round(percent * 10_000);
}
