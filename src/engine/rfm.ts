/**
 * How lately, how often and for how much a customer bought, as scores from 1 to 5 (recency, frequency, monetary amount).
 *
 * A border is the last value that still belongs to a score, so that equal values always score alike: where three of five
 * customers have one order, all three score 1.
 */
import { millisecondsPerDay } from "./zone.ts";

export interface RfmBorders {
  /** Whole days since the last order, ascending: the most for the scores 5, 4, 3 and 2. */
  readonly recency: readonly number[];
  /** Orders, ascending: the most for the scores 1, 2, 3 and 4. */
  readonly frequency: readonly number[];
  /** Minor units, the same way. */
  readonly amount: readonly number[];
}

export interface RfmScores {
  readonly recency: number;
  readonly frequency: number;
  readonly amount: number;
}

export interface RfmActivity {
  readonly completedOrders: number;
  /** Epoch milliseconds; null without orders. */
  readonly lastOrderAt: number | null;
  /** Minor units, less what was refunded. */
  readonly spent: number;
}

/** Null for whoever has not bought anything. `now`: epoch milliseconds. */
export function rfmScores(activity: RfmActivity, borders: RfmBorders, now: number): RfmScores | null {
  const { completedOrders, lastOrderAt, spent } = activity;
  if (lastOrderAt === null || completedOrders === 0) return null;
  // An order after `now` counts as today's.
  const days = Math.max(0, Math.floor((now - lastOrderAt) / millisecondsPerDay));
  return {
    recency: 5 - passed(borders.recency, days),
    frequency: 1 + passed(borders.frequency, completedOrders),
    amount: 1 + passed(borders.amount, spent),
  };
}

function passed(borders: readonly number[], value: number): number {
  return borders.filter((border) => border < value).length;
}
