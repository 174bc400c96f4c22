/**
 * Price lists of groups of customers: the base that promotions start from. Facts like any other: the shell has found those that
 * are meant for the shopper, and only the prices of what is in the cart.
 */
import type { Cart, CartLine } from "./cart.ts";

/** From so many units of a SKU on, each costs so much. Minor units. */
export interface PriceBreak {
  readonly from: number;
  readonly unitPrice: number;
}

export interface ListedPrice {
  readonly sku: string;
  /** Rising, at least one. */
  readonly breaks: readonly PriceBreak[];
  /** The fewest units that are sold; left out, any number. */
  readonly minQuantity?: number;
  /** Sold by so many only, such as a carton. */
  readonly multipleOf?: number;
}

export interface PriceListFact {
  /** Its key. */
  readonly list: string;
  /** Of all goods that the list prices, at its prices. Minor units. */
  readonly minAmount?: number;
  /** Units of them. */
  readonly minQuantity?: number;
  readonly prices: readonly ListedPrice[];
}

/** What a list made of a line. */
export interface LinePrice {
  list: string;
  /** The break: from so many units of the SKU on. */
  from: number;
  unitPrice: number;
  /** What the request said. */
  requestedUnitPrice: number;
  nextBreak: PriceBreak | null;
}

export const orderRules = ["amount", "quantity", "sku_quantity", "sku_multiple"] as const;

/** A rule of a list that the cart does not keep: it can be priced and not be ordered. */
export interface BrokenOrderRule {
  list: string;
  rule: (typeof orderRules)[number];
  /** Null: all goods that the list prices. */
  sku: string | null;
  /** Minor units for `amount`, else units: the least that would do. */
  required: number;
  actual: number;
  gap: number;
}

export interface ListedCart {
  /** With the prices of the lists. */
  readonly cart: Cart;
  /** By the line's place in the cart; null where no list prices anything. */
  readonly prices: readonly (LinePrice | null)[] | null;
  readonly brokenRules: readonly BrokenOrderRule[];
}

interface Priced {
  readonly fact: PriceListFact;
  readonly entry: ListedPrice;
  readonly reached: number;
}

/**
 * The cart at the prices of `lists`, the one that goes first first: a SKU is priced by the first list with a break that its units
 * reach, those of all its lines together, so that splitting a line changes nothing. What no list prices keeps the request's price.
 *
 * A line that is priced so is not "discounted": its list price is what the list says, and what the request says of it falls away.
 */
export function atListPrices(cart: Cart, lists: readonly PriceListFact[] | undefined): ListedCart {
  if (lists === undefined) return { cart, prices: null, brokenRules: [] };
  const units = new Map<string, number>();
  for (const { sku, quantity } of cart.lines) units.set(sku, (units.get(sku) ?? 0) + quantity);
  const bySku = new Map<string, Priced>();
  for (const fact of lists)
    for (const entry of fact.prices) {
      const count = units.get(entry.sku);
      if (count === undefined || bySku.has(entry.sku)) continue;
      const reached = entry.breaks.findLastIndex(({ from }) => from <= count);
      if (reached >= 0) bySku.set(entry.sku, { fact, entry, reached });
    }
  if (bySku.size === 0) return { cart, prices: null, brokenRules: [] };
  const prices = cart.lines.map((line) => linePrice(line, bySku.get(line.sku)));
  const lines = cart.lines.map((line, place) => atPrice(line, prices[place]!));
  return { cart: { ...cart, lines }, prices, brokenRules: brokenRulesOf(lists, bySku, units) };
}

function linePrice({ unitPrice }: CartLine, priced: Priced | undefined): LinePrice | null {
  if (priced === undefined) return null;
  const { fact, entry, reached } = priced;
  const here = entry.breaks[reached]!;
  const next = entry.breaks[reached + 1];
  return {
    list: fact.list,
    from: here.from,
    unitPrice: here.unitPrice,
    requestedUnitPrice: unitPrice,
    nextBreak: next === undefined ? null : { from: next.from, unitPrice: next.unitPrice },
  };
}

/** The cart that a quote has priced, at its prices: what a sale is kept as, however the lists change. */
export function atQuotedPrices<Asked extends Pick<Cart, "lines">>(
  cart: Asked,
  quoted: readonly { readonly id: string; readonly priceList?: LinePrice | undefined }[],
): Asked {
  const prices = new Map(quoted.map(({ id, priceList = null }) => [id, priceList]));
  if (![...prices.values()].some((price) => price !== null)) return cart;
  return { ...cart, lines: cart.lines.map((line) => atPrice(line, prices.get(line.id) ?? null)) };
}

/** A line as it costs by a list; as it is where no list prices it. */
export function atPrice(line: CartLine, price: Pick<LinePrice, "unitPrice"> | null): CartLine {
  if (price === null) return line;
  const { listPrice: _retail, ...rest } = line;
  return { ...rest, unitPrice: price.unitPrice };
}

function brokenRulesOf(
  lists: readonly PriceListFact[],
  bySku: ReadonlyMap<string, Priced>,
  units: ReadonlyMap<string, number>,
): BrokenOrderRule[] {
  const broken: BrokenOrderRule[] = [];
  for (const fact of lists) {
    const { list, minAmount, minQuantity } = fact;
    let amount = 0;
    let quantity = 0;
    const require = (rule: BrokenOrderRule["rule"], sku: string | null, required: number, actual: number) => {
      if (actual < required) broken.push({ list, rule, sku, required, actual, gap: required - actual });
    };
    for (const [sku, { fact: priced, entry, reached }] of bySku) {
      if (priced !== fact) continue;
      const count = units.get(sku)!;
      amount += count * entry.breaks[reached]!.unitPrice;
      quantity += count;
      const least = entry.minQuantity ?? 1;
      require("sku_quantity", sku, least, count);
      const { multipleOf = 1 } = entry;
      // From the least on, so that nobody is sent to a number that another rule refuses.
      const whole = Math.ceil(Math.max(count, least) / multipleOf) * multipleOf;
      if (count % multipleOf !== 0) require("sku_multiple", sku, whole, count);
    }
    if (quantity === 0) continue;
    if (minAmount !== undefined) require("amount", null, minAmount, amount);
    if (minQuantity !== undefined) require("quantity", null, minQuantity, quantity);
  }
  return broken;
}
