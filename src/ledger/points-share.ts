/** How many points go back with goods. */
import { shareOf } from "./points.ts";

/** A line, or an order: what was paid for it, and how much of that and of its units is back. */
export interface GoodsBack {
  readonly paid: number;
  readonly paidBack: number;
  readonly units: number;
  readonly unitsBack: number;
}

/**
 * In proportion to what was paid for what is back; of goods that cost nothing, to their units. All units are all points; of what has
 * no goods nothing comes back.
 */
export function pointsBack(points: number, goods: Iterable<GoodsBack>): number {
  let [value, of, units, ofUnits] = [0, 0, 0, 0];
  for (const { paid, paidBack, units: all, unitsBack } of goods) {
    value += paidBack;
    of += paid;
    units += unitsBack;
    ofUnits += all;
  }
  if (ofUnits === 0) return 0;
  if (units === ofUnits) return points;
  return of === 0 ? shareOf(points, units, ofUnits) : shareOf(points, value, of);
}
