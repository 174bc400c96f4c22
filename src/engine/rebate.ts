/**
 * What a rebate agreement gives for what a dealer did in one period: a pure function of sums, never counted up or down, so that whatever
 * way the sums came about the reward is the same.
 *
 * Money is rounded half away from zero, once for each part of the agreement. The slices of a graduated scale share that one rounded
 * amount by largest remainder, so that the lines of a statement always add up.
 */
import { allocate, parsePercent, roundRatio, wholePercent } from "./money.ts";

/** What counts of a dealer's orders. */
export interface Turnover {
  /** Minor units. */
  readonly amount: number;
  readonly quantity: number;
}

/** One of the two. */
export interface RebateRate {
  /** Of the amount. */
  readonly percent?: number | undefined;
  /** Minor units for each unit of goods. */
  readonly perUnit?: number | undefined;
}

export interface RebateTerms {
  /** What thresholds and targets are measured in. */
  readonly basis: keyof Turnover;
  /** `volume`: the rate of the reached tier for everything. `graduated`: each slice at the rate of its own tier. */
  readonly tiers?:
    | {
        readonly mode: "volume" | "graduated";
        readonly steps: readonly (RebateRate & { readonly from: number })[];
      }
    | undefined;
  /** Over the same period of the year before; `of`: on all of it, or on what is more. */
  readonly growth?:
    | {
        readonly of: "total" | "increase";
        readonly steps: readonly (RebateRate & { readonly overPercent: number })[];
      }
    | undefined;
  readonly launches?: readonly (RebateRate & { readonly name: string })[] | undefined;
  readonly target?:
    | {
        readonly value: number;
        readonly bonus?: (RebateRate & { readonly amount?: number | undefined }) | undefined;
      }
    | undefined;
  /** The most that a period gives, in minor units. */
  readonly cap?: number | undefined;
}

/** A dealer's period. */
export interface RebateSums {
  readonly total: Turnover;
  /** What was sold of each launch in its first days, in the order of the terms. */
  readonly launches: readonly Turnover[];
  /** The same period of the year before. */
  readonly before: Turnover;
}

export interface RebateLine {
  readonly kind: "tier" | "growth" | "launch" | "target" | "cap";
  /** Of a launch. */
  readonly name: string | null;
  /** The threshold that was reached: of tiers and targets as the basis is, of growth in millionths. */
  readonly from: number | null;
  /** What the rate was applied to: minor units, or units with a rate for each. Null for a fixed amount. */
  readonly of: number | null;
  readonly rate: RebateRate;
  /** Minor units; below zero only what a cap takes. */
  readonly amount: number;
}

export const nothingSold: Turnover = { amount: 0, quantity: 0 };

/** The lines of a statement; together they are the reward. */
export function rebateLines(terms: RebateTerms, sums: RebateSums): RebateLine[] {
  const { basis, tiers, growth, launches = [], target, cap } = terms;
  const reached = sums.total[basis];
  const lines: RebateLine[] = [];
  if (tiers !== undefined)
    lines.push(
      ...(tiers.mode === "volume"
        ? volumeLines(tiers.steps, reached, sums.total)
        : sliceLines(tiers.steps, reached)),
    );
  if (growth !== undefined) lines.push(...growthLines(growth, basis, sums));
  for (const [place, { name, ...rate }] of launches.entries()) {
    const sold = sums.launches[place] ?? nothingSold;
    lines.push(lineOf("launch", rate, sold, { name }));
  }
  if (target?.bonus !== undefined && reached >= target.value) {
    const { amount, ...rate } = target.bonus;
    lines.push(
      amount === undefined
        ? lineOf("target", rate, sums.total, { from: target.value })
        : { kind: "target", name: null, from: target.value, of: null, rate: {}, amount },
    );
  }
  const given = lines.filter(({ amount }) => amount !== 0);
  const sum = sumOf(given);
  if (cap !== undefined && sum > cap)
    given.push({ kind: "cap", name: null, from: cap, of: null, rate: {}, amount: cap - sum });
  return given;
}

export function sumOf(lines: readonly { readonly amount: number }[]): number {
  return lines.reduce((sum, { amount }) => sum + amount, 0);
}

export interface NextThreshold {
  readonly kind: "tier" | "growth" | "target";
  /** In what the basis is measured. */
  readonly at: number;
  readonly missing: number;
  /** The reward there, and how much more that is than now. */
  readonly reward: number;
  readonly worth: number;
}

/**
 * The nearest threshold above, and what reaching it is worth. What the other measure comes to there follows from the average price so far;
 * launches stay as they are. Null where there is none.
 */
export function nextThreshold(terms: RebateTerms, sums: RebateSums): NextThreshold | null {
  const { basis, tiers, growth, target } = terms;
  const reached = sums.total[basis];
  const before = sums.before[basis];
  const found = [
    ...(tiers?.steps ?? []).map(({ from }) => ({ kind: "tier" as const, at: from })),
    ...(target === undefined ? [] : [{ kind: "target" as const, at: target.value }]),
    ...(growth === undefined || before === 0
      ? []
      : growth.steps.map(({ overPercent }) => ({
          kind: "growth" as const,
          at: grownBy(before, overPercent),
        }))),
  ]
    .filter(({ at }) => at > reached)
    .sort((a, b) => a.at - b.at)[0];
  if (found === undefined) return null;
  const other = basis === "amount" ? "quantity" : "amount";
  const scaled = reached === 0 ? 0 : Number((BigInt(sums.total[other]) * BigInt(found.at)) / BigInt(reached));
  const total =
    basis === "amount" ? { amount: found.at, quantity: scaled } : { amount: scaled, quantity: found.at };
  const reward = sumOf(rebateLines(terms, { ...sums, total }));
  return {
    ...found,
    missing: found.at - reached,
    reward,
    worth: reward - sumOf(rebateLines(terms, sums)),
  };
}

/** In ten-thousandths of a percent; null where there is nothing to compare with. Rounded down, so that 100 % is reached and not nearly. */
export function attainment(reached: number, of: number): number | null {
  return of === 0 ? null : Number((BigInt(reached) * BigInt(wholePercent)) / BigInt(of));
}

function volumeLines(
  steps: NonNullable<RebateTerms["tiers"]>["steps"],
  reached: number,
  total: Turnover,
): RebateLine[] {
  const step = steps.findLast(({ from }) => reached >= from);
  if (step === undefined) return [];
  const { from, ...rate } = step;
  return [lineOf("tier", rate, total, { from })];
}

/** Each slice in the measure of the basis, which is that of its rate. */
function sliceLines(steps: NonNullable<RebateTerms["tiers"]>["steps"], reached: number): RebateLine[] {
  const slices = steps
    .map(({ from, ...rate }, place) => {
      const of = Math.max(0, Math.min(reached, steps[place + 1]?.from ?? reached) - from);
      return { from, rate, of, exact: exactly(rate, of) };
    })
    .filter(({ of }) => of > 0);
  const whole = slices.reduce((sum, { exact }) => sum + exact, 0n);
  const total = roundRatio(whole, million, "half_up");
  // Slices that earn nothing have no weight: there is nothing to share out either.
  const { base, extra } = allocate(
    total,
    slices.map(({ exact }) => ({
      weight: whole === 0n ? 1n : exact,
      count: 1,
      room: Number.MAX_SAFE_INTEGER,
    })),
  );
  return slices.map(({ from, rate, of }, place) => ({
    kind: "tier",
    name: null,
    from,
    of,
    rate,
    amount: base[place]! + extra[place]!,
  }));
}

function growthLines(
  { of, steps }: NonNullable<RebateTerms["growth"]>,
  basis: keyof Turnover,
  { total, before }: RebateSums,
): RebateLine[] {
  // Where nothing was sold before there is nothing to grow from.
  if (before[basis] === 0) return [];
  const step = steps.findLast(({ overPercent }) => total[basis] >= grownBy(before[basis], overPercent));
  if (step === undefined) return [];
  const { overPercent, ...rate } = step;
  const more = {
    amount: Math.max(0, total.amount - before.amount),
    quantity: Math.max(0, total.quantity - before.quantity),
  };
  return [lineOf("growth", rate, of === "total" ? total : more, { from: parsePercent(overPercent) })];
}

/** The least that is so many percent more. */
function grownBy(before: number, overPercent: number): number {
  const grown = BigInt(before) * BigInt(wholePercent + parsePercent(overPercent)!);
  return Number((grown + million - 1n) / million);
}

function lineOf(
  kind: RebateLine["kind"],
  rate: RebateRate,
  { amount, quantity }: Turnover,
  { name = null, from = null }: { name?: string | null; from?: number | null },
): RebateLine {
  const of = rate.perUnit === undefined ? amount : quantity;
  return { kind, name, from, of, rate, amount: roundRatio(exactly(rate, of), million, "half_up") };
}

const million = BigInt(wholePercent);

/** In millionths of a minor unit. */
function exactly({ percent, perUnit }: RebateRate, of: number): bigint {
  if (perUnit !== undefined) return BigInt(perUnit) * BigInt(of) * million;
  return BigInt(parsePercent(percent ?? 0)!) * BigInt(of);
}
