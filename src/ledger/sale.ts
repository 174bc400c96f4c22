/** What an order bought, gave and took of the counters: what a return is computed from. The shell reads it out of the stored quote. */

/** What a return of a promotion's units gives back; see semantics.md §6. */
export type ReturnMode = "prorate" | "reevaluate" | "forbid";

export interface SoldLine {
  readonly id: string;
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly adjustments: readonly SoldAdjustment[];
}

export interface SoldAdjustment {
  /** The promotion's key. */
  readonly promotion: string;
  /** What its units get off, from the line's first unit on; units after the last run get nothing. */
  readonly runs: readonly { readonly units: number; readonly amount: number }[];
}

export interface GivenGift {
  /** Names it among the gifts of the order. */
  readonly id: string;
  readonly promotion: string;
  /** Null where the customer had a choice. */
  readonly sku: string | null;
  readonly choices: readonly string[];
  readonly quantity: number;
  /** What a unit that is not given back is charged at; null: nothing. */
  readonly value: number | null;
  /** The measure under which its stock is counted, such as `stock:2`; null where it has none. */
  readonly stock: string | null;
}

export interface AppliedPromotion {
  readonly key: string;
  /** What counters call it. */
  readonly rule: string;
  /** What it took off in all, shipping included. */
  readonly amount: number;
  readonly returns: ReturnMode;
  readonly restoresUse: boolean;
  /** The coupons that triggered it, as counters name their holders. */
  readonly coupons: readonly string[];
  /** The SKUs of which it has a stock of its own, by the measure under which that is counted. */
  readonly stocks: ReadonlyMap<string, string>;
}

export interface Sale {
  readonly lines: readonly SoldLine[];
  /** What was paid for all shipments. */
  readonly shipping: number;
  readonly gifts: readonly GivenGift[];
  readonly promotions: readonly AppliedPromotion[];
}

/** Equal units of a line in the order in which they come back. */
interface Portion {
  units: number;
  /** What was paid for each. */
  paid: number;
  /** What each got off, by the position of the adjustment in the line. */
  discounts: readonly number[];
}

/** What became of a line after `quantity` of its units came back. */
export interface ReturnedPart {
  /** What was paid for the returned units. */
  readonly paid: number;
  /** What the returned units had got off, by promotion. */
  readonly discounts: ReadonlyMap<string, number>;
  /** How many of the returned units had got something off, by promotion. */
  readonly units: ReadonlyMap<string, number>;
}

/**
 * Of equal units those come back first for which least was paid, so a line's refunds depend on nothing but how many of its
 * units are back: any order and any split of returns comes to the same. A customer who keeps some keeps the dear ones, as
 * they would cost without the promotion.
 */
export function returnedPart(line: SoldLine, quantity: number): ReturnedPart {
  let left = quantity;
  let paid = 0;
  const discounts = new Map<string, number>();
  const discounted = new Map<string, number>();
  for (const portion of portionsOf(line)) {
    const units = Math.min(portion.units, left);
    if (units === 0) break;
    left -= units;
    paid += units * portion.paid;
    for (const [index, amount] of portion.discounts.entries()) {
      const { promotion } = line.adjustments[index]!;
      discounts.set(promotion, (discounts.get(promotion) ?? 0) + units * amount);
      if (amount > 0) discounted.set(promotion, (discounted.get(promotion) ?? 0) + units);
    }
  }
  // Runs laid one over the other never take more than a unit costs; should they, the units after it make up for it.
  return { paid: Math.max(0, paid), discounts, units: discounted };
}

/** The runs of all adjustments laid one over the other, cut wherever one of them changes; least paid first. */
function portionsOf({ quantity, unitPrice, adjustments }: SoldLine): Portion[] {
  const portions: Portion[] = [];
  const places = adjustments.map(({ runs }) => ({ runs, index: 0, used: 0 }));
  for (let position = 0; position < quantity; ) {
    let units = quantity - position;
    const discounts: number[] = [];
    for (const place of places) {
      const run = place.runs[place.index];
      discounts.push(run?.amount ?? 0);
      if (run !== undefined) units = Math.min(units, run.units - place.used);
    }
    const paid = discounts.reduce((price, amount) => price - amount, unitPrice);
    if (units > 0) portions.push({ units, paid, discounts });
    position += units;
    for (const place of places) {
      place.used += units;
      const run = place.runs[place.index];
      if (run === undefined || place.used < run.units) continue;
      place.index += 1;
      place.used = 0;
    }
  }
  return portions.sort((a, b) => a.paid - b.paid);
}

/** What was paid for everything: the goods and their shipping. */
export function paidFor({ lines, shipping }: Sale): number {
  return lines.reduce((sum, line) => sum + returnedPart(line, line.quantity).paid, shipping);
}
