/**
 * Money is an integer count of minor units (ISO 4217: CNY 12.34 is 1234, JPY 12 is 12, KWD 1.234 is 1234).
 *
 * A percentage is an integer too: millionths of the whole, so that four decimals are exact (12.5 % is 125 000).
 * No float ever carries money. Products that pass 2^53 take the `bigint` path.
 */
import { z } from "zod";
import { limits } from "./limits.ts";
import { filled, sortFew } from "./short-lists.ts";

/** A percentage in millionths of the whole. */
export type Percent = number;

/** One hundred percent, as the engine holds it. */
export const wholePercent = 1_000_000;

/** An integer count of minor units, zero or more. */
export const minorUnits = z
  .int()
  .min(0)
  .meta({ id: "MinorUnits", description: "An amount in minor units of the currency (CNY 12.34 is 1234)." });

export const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta({ id: "CurrencyCode", description: "An ISO 4217 currency code." });

/** Amounts by currency. A cart in a currency that is not named does not match; nothing is ever converted. */
export const moneyMap = z.record(z.string().regex(/^[A-Z]{3}$/), z.int().min(0).max(limits.amount)).meta({
  id: "MoneyMap",
  scalar: true,
  description: 'Amounts in minor units by currency, such as {"CNY": 3000}.',
});

export type MoneyMap = z.output<typeof moneyMap>;

export const roundingMode = z.enum(["half_up", "half_even", "down"]).meta({ id: "Rounding" });
export type RoundingMode = z.output<typeof roundingMode>;

/** A percentage as people write it (12.5) → millionths (125 000), or null when it has more than four decimals. */
export function parsePercent(percent: number): number | null {
  const scaled = Math.round(percent * 10_000);
  // Both sides are the double nearest to the same decimal, if it has four decimals.
  return scaled / 10_000 === percent ? scaled : null;
}

/** Rounds `numerator / denominator` (both ≥ 0, the denominator positive) to an integer. */
export function roundRatio(numerator: bigint, denominator: bigint, mode: RoundingMode): number {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  return (
    Number(quotient) +
    (roundsUp(twice < denominator ? -1 : twice > denominator ? 1 : 0, Number(quotient % 2n), twice > 0n, mode)
      ? 1
      : 0)
  );
}

/** `roundRatio(millionths, 1 000 000)` for a safe integer: the hot path. */
export function roundMillionths(millionths: number, mode: RoundingMode): number {
  const quotient = wholeTimes(millionths, wholePercent);
  const rest = millionths - quotient * wholePercent;
  return quotient + (roundsUp(Math.sign(2 * rest - wholePercent), quotient % 2, rest > 0, mode) ? 1 : 0);
}

/** How often the divisor goes into a safe integer. Of numbers beyond 32 bits `%` is slow. */
function wholeTimes(dividend: number, divisor: number): number {
  const times = Math.floor(dividend / divisor);
  // The division may have been rounded up to the next whole number, never past one downwards.
  return times * divisor > dividend ? times - 1 : times;
}

function roundsUp(restAgainstHalf: number, parity: number, hasRest: boolean, mode: RoundingMode): boolean {
  if (!hasRest || mode === "down") return false;
  if (restAgainstHalf !== 0) return restAgainstHalf > 0;
  return mode === "half_up" || parity === 1;
}

/** `count` equal units, each of the same weight, each of which may receive at most `room`. */
export interface Part {
  readonly weight: number | bigint;
  readonly count: number;
  readonly room: number;
}

/** Part `i` gives `base[i]` to each of its units, and one more to its first `extra[i]` units. */
export interface Allocation {
  readonly base: number[];
  readonly extra: number[];
}

/**
 * Splits `total` over parts, losing nothing: what the units receive always adds up to `total`.
 *
 * Largest-remainder method (Hamilton's). Equal remainders go to the earlier part, so the caller's order decides ties.
 * A weight of 0 receives 0 — handing a leftover cent to a free item would make its price negative. `total` must not exceed
 * what the units with weight can hold.
 */
export function allocate(total: number, parts: readonly Part[]): Allocation {
  const size = parts.length;
  const base = filled(size, 0);
  const extra = filled(size, 0);
  const remainders = filled<number | bigint>(size, 0);
  const whole = sumOfWeights(parts);
  let left = total;
  for (let i = 0; i < size; i++) {
    const { weight, count, room } = parts[i]!;
    let share: number;
    if (typeof whole === "number" && total * (weight as number) <= Number.MAX_SAFE_INTEGER) {
      const product = total * (weight as number);
      share = whole === 0 ? 0 : wholeTimes(product, whole);
      remainders[i] = product - share * whole;
    } else {
      const exact = BigInt(total) * BigInt(weight);
      const divisor = BigInt(whole);
      share = Number(exact / divisor);
      remainders[i] = typeof whole === "number" ? Number(exact % divisor) : exact % divisor;
    }
    const given = Math.min(share, room);
    base[i] = given;
    left -= given * count;
  }
  if (left > 0) spreadLeftover(left, base, extra, parts, remainders);
  return { base, extra };
}

function sumOfWeights(parts: readonly Part[]): number | bigint {
  let sum = 0;
  for (const { weight, count } of parts) {
    if (typeof weight === "bigint") return sumOfWeightsExactly(parts);
    sum += weight * count;
  }
  return sum <= Number.MAX_SAFE_INTEGER ? sum : sumOfWeightsExactly(parts);
}

function sumOfWeightsExactly(parts: readonly Part[]): bigint {
  return parts.reduce<bigint>((sum, { weight, count }) => sum + BigInt(weight) * BigInt(count), 0n);
}

function spreadLeftover(
  leftover: number,
  base: number[],
  extra: number[],
  parts: readonly Part[],
  remainders: readonly (number | bigint)[],
): void {
  const order: number[] = [];
  for (let i = 0; i < parts.length; i++) if (parts[i]!.weight > 0) order.push(i);
  sortFew(order, (a, b) =>
    remainders[a]! < remainders[b]! ? 1 : remainders[a]! > remainders[b]! ? -1 : a - b,
  );
  let left = leftover;
  // One round is enough unless a room is full; then what a full unit cannot hold goes round again.
  while (left > 0) {
    const before = left;
    for (const i of order) {
      const { count, room } = parts[i]!;
      if (extra[i] === count) {
        base[i]! += 1;
        extra[i] = 0;
      }
      if (base[i]! >= room) continue;
      const given = Math.min(left, count - extra[i]!);
      extra[i]! += given;
      left -= given;
      if (left === 0) break;
    }
    if (left === before) throw new RangeError("allocate: the total is more than the units can hold");
  }
}
