/** Exact fractions, for the few allocations whose shares have no common small denominator. */
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

/** The numerators over the least common denominator: integers in the same proportions. */
export function commonNumerators(values: readonly Rational[]): bigint[] {
  let denominator = 1n;
  for (const value of values) denominator *= value.d / greatestCommonDivisor(denominator, value.d);
  return values.map((value) => value.n * (denominator / value.d));
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}
