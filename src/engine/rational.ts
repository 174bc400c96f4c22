/** Exact fractions, for the few allocations whose shares have no common small denominator. */
import type { WorkBudget } from "./work-budget.ts";

export interface Rational {
  readonly n: bigint;
  /** Positive. */
  readonly d: bigint;
}

export const zero: Rational = { n: 0n, d: 1n };

export function rational(n: bigint | number, d: bigint | number = 1n): Rational {
  const numerator = BigInt(n);
  const denominator = BigInt(d);
  const divisor = greatestCommonDivisor(numerator, denominator);
  return divisor === 1n
    ? { n: numerator, d: denominator }
    : { n: numerator / divisor, d: denominator / divisor };
}

export const add = (a: Rational, b: Rational): Rational =>
  a.n === 0n
    ? b
    : b.n === 0n
      ? a
      : a.d === b.d
        ? rational(a.n + b.n, a.d)
        : rational(a.n * b.d + b.n * a.d, a.d * b.d);
export const subtract = (a: Rational, b: Rational): Rational => add(a, { n: -b.n, d: b.d });
export const multiply = (a: Rational, b: Rational): Rational => rational(a.n * b.n, a.d * b.d);
export const divide = (a: Rational, b: Rational): Rational => rational(a.n * b.d, a.d * b.n);
export const isLess = (a: Rational, b: Rational): boolean => a.n * b.d < b.n * a.d;
export const smaller = (a: Rational, b: Rational): Rational => (isLess(b, a) ? b : a);

/** What one pass over a word of a large number counts for, beside a segment looked at. */
export const perWord = 0.02;

/** How many machine words the number takes: what calculating with it costs. */
export function wordsOf(value: bigint): number {
  return value < 0x1_0000_0000_0000_0000n ? 1 : Math.ceil(value.toString(16).length / 16);
}

/** The numerators over the least common denominator: integers in the same proportions. */
export function commonNumerators(values: readonly Rational[], work: WorkBudget): bigint[] {
  let denominator = 1n;
  for (const value of values) {
    denominator *= value.d / greatestCommonDivisor(denominator, value.d);
    work.spend(10 + wordsOf(denominator) * perWord);
  }
  return values.map((value) => value.n * (denominator / value.d));
}

/** What a step with a fraction of this denominator counts for: it is brought to its lowest terms each time. */
export function operationsWith(denominator: bigint): number {
  const words = wordsOf(denominator);
  return 12 * words + (words * words) / 8;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}
