/**
 * Money is an integer count of minor units (ISO 4217: CNY 12.34 is 1234, JPY 12 is 12, KWD 1.234 is 1234).
 *
 * A percentage is an integer too: millionths of the whole, so that four decimals are exact (12.5 % is 125 000).
 * No float ever carries money. Products that pass 2^53 take the `bigint` path.
 */
import { z } from "zod";

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
export const moneyMap = z
  .record(z.string().regex(/^[A-Z]{3}$/), z.int().min(0))
  .meta({ id: "MoneyMap", scalar: true, description: 'Amounts in minor units by currency, such as {"CNY": 3000}.' });

export type MoneyMap = z.output<typeof moneyMap>;

export const roundingMode = z.enum(["half_up", "half_even", "down"]).meta({ id: "Rounding" });
export type RoundingMode = z.output<typeof roundingMode>;

/** A percentage as people write it (12.5) → millionths (125 000), or null when it has more than four decimals. */
export function parsePercent(percent: number): number | null {
  const scaled = Math.round(percent * 10_000);
  return Math.abs(percent * 10_000 - scaled) < 1e-6 ? scaled : null;
}

/** Rounds `numerator / denominator` (both ≥ 0, the denominator positive) to an integer. */
export function roundRatio(numerator: bigint, denominator: bigint, mode: RoundingMode): number {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  return Number(quotient) + (roundsUp(twice < denominator ? -1 : twice > denominator ? 1 : 0, Number(quotient % 2n), twice > 0n, mode) ? 1 : 0);
}

/** `roundRatio(millionths, 1 000 000)` for a safe integer: the hot path. */
export function roundMillionths(millionths: number, mode: RoundingMode): number {
  const rest = millionths % wholePercent;
  const quotient = (millionths - rest) / wholePercent;
  return quotient + (roundsUp(Math.sign(2 * rest - wholePercent), quotient % 2, rest > 0, mode) ? 1 : 0);
}

function roundsUp(restAgainstHalf: number, parity: number, hasRest: boolean, mode: RoundingMode): boolean {
  if (!hasRest || mode === "down") return false;
  if (restAgainstHalf !== 0) return restAgainstHalf > 0;
  return mode === "half_up" || parity === 1;
}

/** One run of equal units in an allocation. */
export interface AllocationPart {
  /** What one unit weighs. A weight of 0 receives 0. */
  weight: number | bigint;
  /** How many units weigh that much. */
  count: number;
  /** The most that one unit may receive. */
  cap: number;
}

/** Every unit of the part receives `base`; its first `extra` units receive one more. */
export interface AllocationShare {
  base: number;
  extra: number;
}

/**
 * Splits `total` over the units of `parts`, losing nothing: the shares always add up to `total`.
 *
 * Largest-remainder method (Hamilton's). Equal remainders go to the earlier part, so the caller's order decides ties.
 * A weight of 0 receives 0 — handing a leftover cent to a free item would make its price negative — and no unit passes
 * its cap. `total` must not exceed what the units with weight can hold.
 */
export function allocate(total: number, parts: readonly AllocationPart[]): AllocationShare[] {
  const shares: AllocationShare[] = [];
  const remainders = new Array<number | bigint>(parts.length);
  let left = total;
  const whole = sumOfWeights(parts);
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    let base = 0;
    let remainder: number | bigint = 0;
    if (typeof whole === "number") {
      const weight = part.weight as number;
      const product = total * weight;
      if (product <= Number.MAX_SAFE_INTEGER) {
        remainder = whole === 0 ? 0 : product % whole;
        base = whole === 0 ? 0 : (product - remainder) / whole;
      } else {
        const exact = BigInt(total) * BigInt(weight);
        base = Number(exact / BigInt(whole));
        remainder = Number(exact % BigInt(whole));
      }
    } else {
      const exact = BigInt(total) * BigInt(part.weight);
      base = Number(exact / whole);
      remainder = exact % whole;
    }
    if (base > part.cap) base = part.cap;
    remainders[i] = remainder;
    left -= base * part.count;
    shares.push({ base, extra: 0 });
  }
  if (left > 0) spreadLeftover(left, parts, shares, remainders);
  return shares;
}

function sumOfWeights(parts: readonly AllocationPart[]): number | bigint {
  let sum = 0;
  for (const part of parts) {
    if (typeof part.weight === "bigint") return sumOfWeightsExactly(parts);
    sum += part.weight * part.count;
  }
  return sum <= Number.MAX_SAFE_INTEGER ? sum : sumOfWeightsExactly(parts);
}

function sumOfWeightsExactly(parts: readonly AllocationPart[]): bigint {
  let sum = 0n;
  for (const part of parts) sum += BigInt(part.weight) * BigInt(part.count);
  return sum;
}

function spreadLeftover(
  leftover: number,
  parts: readonly AllocationPart[],
  shares: AllocationShare[],
  remainders: readonly (number | bigint)[],
): void {
  const order = parts.map((_, i) => i).filter((i) => parts[i]!.weight > 0);
  order.sort((a, b) => (remainders[a]! < remainders[b]! ? 1 : remainders[a]! > remainders[b]! ? -1 : a - b));
  let left = leftover;
  // One round is enough unless caps bind; then what a full unit cannot hold goes round again.
  while (left > 0) {
    const before = left;
    for (const i of order) {
      const part = parts[i]!;
      const share = shares[i]!;
      if (share.extra === part.count) {
        share.base += 1;
        share.extra = 0;
      }
      if (share.base >= part.cap) continue;
      const given = Math.min(left, part.count - share.extra);
      share.extra += given;
      left -= given;
      if (left === 0) break;
    }
    if (left === before) throw new RangeError("allocate: the total is more than the units can hold");
  }
}
