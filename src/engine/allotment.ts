/**
 * Which units a promotion may touch where it has a stock of its own: of each SKU as many as are left, the dearest first. One
 * bid has one allotment, so that several selectors never take more of a SKU together than there is.
 */
import { dearestFirst, partOf, type Range, type Units } from "./goods.ts";
import type { CompiledPromotion } from "./promotion.ts";
import { unitsAboveSafety } from "./safety-stock.ts";
import type { Rejection, Situation } from "./situation.ts";
import { unitsLeft } from "./unit-stock.ts";

/** What of a SKU's stock a promotion takes, and what it would have touched besides. */
export interface StockUse {
  readonly sku: string;
  readonly units: number;
  readonly missing: number;
  /** Why more could not be had; null where nothing is missing. */
  readonly reason: StockReason | null;
}

export const stockReasons = ["stock_exhausted", "stock_below_safety"] as const;
export type StockReason = (typeof stockReasons)[number];

interface Left {
  readonly units: number;
  readonly reason: StockReason;
  /** The numbers behind it, where they are not those of the cart. */
  readonly required?: number;
  readonly actual?: number;
}

/** What is left of a SKU for a promotion in this cart; null: it is not limited. */
export function stockLeft(
  { cart, facts, candidates }: Pick<Situation, "cart" | "facts" | "candidates">,
  index: number,
  sku: string,
): Left | null {
  const { key, unitStocks, safetyStock } = candidates[index]!.promotion;
  const units = unitStocks === null ? null : unitsLeft(unitStocks, sku, cart.store, facts.usage?.get(key));
  const above = safetyStock === null ? null : unitsAboveSafety(safetyStock, sku, cart.store, facts.stock);
  if (above !== null && (units === null || above.units < units))
    return { ...above, reason: "stock_below_safety" };
  return units === null ? null : { units, reason: "stock_exhausted" };
}

export function hasStock({ candidates }: Pick<Situation, "candidates">, index: number): boolean {
  return isStockLimited(candidates[index]!.promotion);
}

export function isStockLimited({ unitStocks, safetyStock }: CompiledPromotion): boolean {
  return unitStocks !== null || safetyStock !== null;
}

export class Allotment {
  private readonly situation: Situation;
  private readonly index: number;
  private readonly left = new Map<string, Left | null>();
  /** By segment: how many of its first units. */
  private readonly units = new Map<number, number>();
  private readonly missing = new Map<string, number>();

  /** `ranges`: all units that the promotion could touch; it may name some of them twice. */
  constructor(situation: Situation, index: number, ranges: readonly Range[]) {
    this.situation = situation;
    this.index = index;
    const taken = new Map<string, number>();
    const unique = new Map(ranges.map((range) => [segmentOf(range), range]));
    for (const [segment, range] of [...unique].sort(([, a], [, b]) => dearestFirst(a, b))) {
      const sku = this.skuOf(range);
      const left = this.leftOf(sku);
      if (left === null) continue;
      const before = taken.get(sku) ?? 0;
      const units = Math.min(range.count, left.units - before);
      taken.set(sku, before + units);
      this.units.set(segment, units);
      this.missing.set(sku, (this.missing.get(sku) ?? 0) + range.count - units);
    }
  }

  /** Those of the ranges that were allotted. Units that cost nothing are no part of a stock: nothing can be taken off them. */
  of(ranges: readonly Range[]): readonly Range[] {
    return ranges.flatMap((range) => {
      if (this.leftOf(this.skuOf(range)) === null) return [range];
      const units = Math.min(range.count, this.units.get(segmentOf(range)) ?? 0);
      return units === 0 ? [] : [units === range.count ? range : partOf(range, 0, units)];
    });
  }

  /** `ranges`: what was taken in the end, any unit once or more often. */
  uses(ranges: readonly Units[]): StockUse[] {
    const taken = new Map<string, number>();
    for (const range of apart(ranges)) {
      const sku = this.skuOf(range);
      taken.set(sku, (taken.get(sku) ?? 0) + range.count);
    }
    return [...this.missing].flatMap(([sku, missing]) => {
      const units = taken.get(sku) ?? 0;
      if (units === 0 && missing === 0) return [];
      return [{ sku, units, missing, reason: missing === 0 ? null : this.leftOf(sku)!.reason }];
    });
  }

  /** Why there was nothing to touch, or too little; null: nothing was missing. */
  shortage(): Rejection | null {
    for (const [sku, missing] of this.missing) {
      if (missing === 0) continue;
      const { units, reason, required = missing + units, actual = units } = this.leftOf(sku)!;
      return { reason, required, actual };
    }
    return null;
  }

  private skuOf({ line }: Units): string {
    return this.situation.cart.lines[line]!.sku;
  }

  private leftOf(sku: string): Left | null {
    let left = this.left.get(sku);
    if (left === undefined) {
      left = stockLeft(this.situation, this.index, sku);
      this.left.set(sku, left);
    }
    return left;
  }
}

function segmentOf({ line, from }: Units): number {
  return line * 1e9 + from;
}

/** The same units, each once. */
function apart(ranges: readonly Units[]): Units[] {
  const found: Units[] = [];
  let line = -1;
  let end = 0;
  for (const range of [...ranges].sort((a, b) => a.line - b.line || a.from - b.from)) {
    if (range.line !== line) end = 0;
    line = range.line;
    const from = Math.max(range.from, end);
    const count = range.from + range.count - from;
    if (count <= 0) continue;
    found.push({ line, from, count });
    end = from + count;
  }
  return found;
}
