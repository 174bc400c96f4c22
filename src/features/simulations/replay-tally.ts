/**
 * What a replay has added up so far. All sums are of whole numbers, so that parts added up by several threads, in whatever
 * order, or before and after a restart, come to the very same whole.
 */

export type SideSums = {
  /** Goods after discounts, minor units. */
  revenue: number;
  discount: number;
  shippingDiscount: number;
  /** Units given as gifts, and what they are said to be worth. */
  gifts: number;
  giftValue: number;
  /** What gifts and services cost, and units of those of which nobody said it. */
  giftCost: number;
  uncostedGifts: number;
  points: number;
  /** Of lines whose cost is known: revenue less cost. */
  margin: number;
};

export type CurrencySums = {
  orders: number;
  /** Orders in which a draft applied. */
  affected: number;
  /** Orders that would have cost something else. */
  changed: number;
  units: number;
  /** Goods before discounts; of them those whose cost is known. */
  subtotal: number;
  costed: number;
  /** What the orders themselves say was paid for their goods. */
  recorded: number;
  baseline: SideSums;
  scenario: SideSums;
  /** The scenario with the volume that the elasticity assumes. */
  assumed: GoodsSide & { thousandths: number };
};

export type GoodsSide = { revenue: number; discount: number; margin: number };

export type GoodsSums = {
  orders: number;
  units: number;
  /** Thousandths of units, with the volume that is assumed. */
  thousandths: number;
  baseline: GoodsSide;
  scenario: GoodsSide;
};

export type PromotionUse = { orders: number; times: number; amount: number; giftCost: number };

export type PromotionSums = {
  baseline: PromotionUse;
  scenario: PromotionUse;
  /** Orders in which it no longer applies, or takes off less; and by how much less. */
  displaced: number;
  lessened: number;
  lost: number;
};

export interface CurrencyTally {
  readonly sums: CurrencySums;
  readonly promotions: Map<string, PromotionSums>;
  readonly segments: Map<string, GoodsSums>;
  readonly skus: Map<string, GoodsSums>;
}

export interface Tally {
  readonly currencies: Map<string, CurrencyTally>;
  /** Orders that could not be priced, by reason. */
  readonly left: Map<string, number>;
  /** By the key of a draft: orders at whose time it is in force. */
  readonly inForce: Map<string, number>;
  /** Lines whose SKU, or orders whose segment, is not told of by itself, because there are too many. */
  readonly untold: Map<string, number>;
  /** By the SKU of a gift, or the name of a service: units of which nobody said what they cost. */
  readonly uncosted: Map<string, number>;
}

/** More SKUs, or segments, of a currency are not told apart: memory stays bounded, whatever the catalogue. */
export const mostNamesTold = 50_000;

const newGoodsSide = (): GoodsSide => ({ revenue: 0, discount: 0, margin: 0 });
const newSide = (): SideSums => ({
  revenue: 0,
  discount: 0,
  shippingDiscount: 0,
  gifts: 0,
  giftValue: 0,
  giftCost: 0,
  uncostedGifts: 0,
  points: 0,
  margin: 0,
});
const newUse = (): PromotionUse => ({ orders: 0, times: 0, amount: 0, giftCost: 0 });
export const newGoodsSums = (): GoodsSums => ({
  orders: 0,
  units: 0,
  thousandths: 0,
  baseline: newGoodsSide(),
  scenario: newGoodsSide(),
});
export const newPromotionSums = (): PromotionSums => ({
  baseline: newUse(),
  scenario: newUse(),
  displaced: 0,
  lessened: 0,
  lost: 0,
});
const newCurrencyTally = (): CurrencyTally => ({
  sums: {
    orders: 0,
    affected: 0,
    changed: 0,
    units: 0,
    subtotal: 0,
    costed: 0,
    recorded: 0,
    baseline: newSide(),
    scenario: newSide(),
    assumed: { ...newGoodsSide(), thousandths: 0 },
  },
  promotions: new Map(),
  segments: new Map(),
  skus: new Map(),
});

export function newTally(): Tally {
  return {
    currencies: new Map(),
    left: new Map(),
    inForce: new Map(),
    untold: new Map(),
    uncosted: new Map(),
  };
}

export function currencyOf(tally: Tally, currency: string): CurrencyTally {
  return within(tally.currencies, currency, newCurrencyTally);
}

/** Null where there is no room for another name. */
export function namedGoods(tally: Tally, of: "segments" | "skus", currency: string, name: string) {
  const names = currencyOf(tally, currency)[of];
  if (names.size < mostNamesTold || names.has(name)) return within(names, name, newGoodsSums);
  count(tally.untold, of);
  return null;
}

export function within<Value>(values: Map<string, Value>, name: string, make: () => Value): Value {
  let value = values.get(name);
  if (value === undefined) {
    value = make();
    values.set(name, value);
  }
  return value;
}

export function count(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

/** Whole numbers by name, or further sums. */
type Sums = { [name: string]: number | Sums };

export function addInto(into: Sums, from: Sums): void {
  // Several times for each line of an order: entries would be made anew each time.
  for (const name in from) {
    const value = from[name]!;
    if (typeof value === "number") into[name] = (into[name] as number) + value;
    else addInto(into[name] as Sums, value);
  }
}

/** Adds what `from` counted to `into`. */
export function merge(into: Tally, from: Tally): void {
  for (const field of ["left", "inForce", "untold", "uncosted"] as const)
    for (const [name, value] of from[field]) count(into[field], name, value);
  for (const [currency, part] of from.currencies) {
    const whole = currencyOf(into, currency);
    addInto(whole.sums, part.sums);
    for (const [key, sums] of part.promotions) addInto(within(whole.promotions, key, newPromotionSums), sums);
    for (const of of ["segments", "skus"] as const)
      for (const [name, sums] of part[of]) {
        const goods = namedGoods(into, of, currency, name);
        if (goods !== null) addInto(goods, sums);
      }
  }
}

/** As JSON, to cross between threads and to be kept. Names are never keys of objects: one may be called `__proto__`. */
export function tallyText(tally: Tally): string {
  return JSON.stringify(tally, (_, value: unknown) => (value instanceof Map ? [...value] : value));
}

type Stored<Value> = [string, Value][];
interface StoredTally extends Record<"left" | "inForce" | "untold" | "uncosted", Stored<number>> {
  currencies: Stored<{
    sums: CurrencySums;
    promotions: Stored<PromotionSums>;
    segments: Stored<GoodsSums>;
    skus: Stored<GoodsSums>;
  }>;
}

/** Of what `tallyText` wrote. */
export function tallyOf(text: string): Tally {
  const { currencies, left, inForce, untold, uncosted } = JSON.parse(text) as StoredTally;
  return {
    left: new Map(left),
    inForce: new Map(inForce),
    untold: new Map(untold),
    uncosted: new Map(uncosted),
    currencies: new Map(
      currencies.map(([currency, { sums, promotions, segments, skus }]) => [
        currency,
        { sums, promotions: new Map(promotions), segments: new Map(segments), skus: new Map(skus) },
      ]),
    ),
  };
}
