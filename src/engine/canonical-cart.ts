/**
 * The canonical cart: units with the same SKU, prices, floor, cost and attributes form one line, which is what every
 * rule means by a line. So splitting a line in two, or changing the order of the lines, changes no total.
 */
import type { Attributes, Cart, CartLine, Shipment } from "./cart.ts";
import type { RestingSource } from "./facts.ts";
import { wholePercent } from "./money.ts";
import { sortFew } from "./short-lists.ts";

/** A line of the request, or a shipment of it. */
export interface LinePart {
  /** Where it stands in the request. */
  readonly position: number;
  readonly quantity: number;
}

export interface CanonicalLine {
  /** The earliest of its request lines' ids in byte order. */
  readonly id: string;
  /** The request's lines it is made of, earlier id first; units are given back in this order. */
  readonly parts: readonly LinePart[];
  readonly sku: string;
  readonly product: string | undefined;
  readonly categories: readonly string[];
  readonly brand: string | undefined;
  readonly tags: readonly string[];
  readonly quantity: number;
  readonly unitPrice: number;
  readonly listPrice: number;
  readonly onSale: boolean;
  readonly unitCost: number | undefined;
  /**
   * The least a unit may cost after all promotions: 0, `minUnitPrice` or the margin floor, never above `unitPrice`, which it is
   * where the SKU rests.
   */
  readonly floor: number;
  readonly attributes: Attributes;
  readonly cart: CanonicalCart;
}

/** `position`: where it stands in the request. */
export type CanonicalShipment = Shipment & { readonly position: number };

export interface CanonicalCart {
  readonly currency: string;
  readonly channel: string | undefined;
  readonly store: string | undefined;
  readonly region: string | undefined;
  readonly country: string | undefined;
  readonly paymentMethod: string | undefined;
  readonly dealer: string | undefined;
  readonly customer: Cart["customer"];
  readonly attributes: Attributes;
  /** By id, in byte order. */
  readonly lines: readonly CanonicalLine[];
  readonly shipments: readonly CanonicalShipment[];
  /** Goods at the cart's prices. */
  readonly subtotal: number;
  readonly quantity: number;
  readonly shippingAmount: number;
  readonly bySku: SkuIndex;
}

/** Where each SKU stands among lines. A cart made of another one has other lines, and still that one's index. */
export interface SkuIndex {
  readonly lines: readonly CanonicalLine[];
  readonly positions: ReadonlyMap<string, readonly number[]>;
}

const none: readonly string[] = [];
const noAttributes: Attributes = {};

/**
 * `marginFloor` is the margin in percent that every unit with a known cost must keep, or null. The price of a SKU that is `resting`
 * is its floor.
 */
export function canonicalCart(
  cart: Cart,
  marginFloor: number | null,
  resting?: RestingSource,
): CanonicalCart {
  const lines: CanonicalLine[] = [];
  const { groups, positions } = groupAlikeLines(cart.lines);
  const canonical: CanonicalCart = {
    currency: cart.currency,
    channel: cart.channel,
    store: cart.store,
    region: cart.region,
    country: cart.country,
    paymentMethod: cart.paymentMethod,
    dealer: cart.dealer,
    customer: cart.customer,
    attributes: cart.attributes ?? noAttributes,
    lines,
    shipments: canonicalShipments(cart.shipping ?? []),
    subtotal: cart.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0),
    quantity: cart.lines.reduce((sum, line) => sum + line.quantity, 0),
    shippingAmount: (cart.shipping ?? []).reduce((sum, shipment) => sum + shipment.amount, 0),
    bySku: { lines, positions },
  };
  for (const { first, parts } of groups) {
    lines.push({
      id: first.id,
      parts,
      sku: first.sku,
      product: first.product,
      categories: first.categories ?? none,
      brand: first.brand,
      tags: first.tags ?? none,
      quantity: parts.reduce((sum, part) => sum + part.quantity, 0),
      unitPrice: first.unitPrice,
      listPrice: first.listPrice ?? first.unitPrice,
      onSale: first.onSale ?? false,
      unitCost: first.unitCost,
      floor: resting?.has(first.sku) ? first.unitPrice : floorOf(first, marginFloor),
      attributes: first.attributes ?? noAttributes,
      cart: canonical,
    });
  }
  return canonical;
}

function canonicalShipments(shipments: readonly Shipment[]): CanonicalShipment[] {
  return positionsById(shipments).map((position) => {
    const { id, method, amount } = shipments[position]!;
    return { id, method, amount, position };
  });
}

interface AlikeLines {
  readonly first: CartLine;
  readonly parts: LinePart[];
}

/** Groups of alike lines; inside a group and among the groups the earlier id first. */
function groupAlikeLines(lines: readonly CartLine[]) {
  const groups: AlikeLines[] = [];
  const positions = new Map<string, number[]>();
  const byTraits = new Map<string, Map<string, AlikeLines>>();
  for (const position of positionsById(lines)) {
    const line = lines[position]!;
    const part = { position, quantity: line.quantity };
    const sameSku = positions.get(line.sku);
    if (sameSku === undefined) {
      positions.set(line.sku, [groups.length]);
      groups.push({ first: line, parts: [part] });
      continue;
    }
    // Told by their traits, for one SKU may stand in hundreds of lines that differ.
    let ofSku = byTraits.get(line.sku);
    if (ofSku === undefined) {
      const known = groups[sameSku[0]!]!;
      ofSku = new Map([[traitsOf(known.first), known]]);
      byTraits.set(line.sku, ofSku);
    }
    const traits = traitsOf(line);
    const alike = ofSku.get(traits);
    if (alike !== undefined) {
      alike.parts.push(part);
      continue;
    }
    const group = { first: line, parts: [part] };
    ofSku.set(traits, group);
    sameSku.push(groups.length);
    groups.push(group);
  }
  return { groups, positions };
}

/** Positions in order of id. */
function positionsById(items: readonly { readonly id: string }[]): number[] {
  return sortFew(
    items.map((_, position) => position),
    (a, b) => compareBytes(items[a]!.id, items[b]!.id),
  );
}

/** The same of lines of one SKU whose units are alike, and of no others. */
function traitsOf(line: CartLine): string {
  const { unitPrice, listPrice = unitPrice, onSale = false, attributes = noAttributes } = line;
  const setOf = (names: readonly string[] = none) => [...new Set(names)].sort();
  return JSON.stringify([
    unitPrice,
    listPrice,
    onSale,
    line.unitCost,
    line.minUnitPrice,
    line.product,
    line.brand,
    setOf(line.categories),
    setOf(line.tags),
    Object.keys(attributes)
      .sort()
      .map((name) => [name, attributes[name]]),
  ]);
}

/** Margin floor m: ceil(unitCost / (1 − m)). The highest of the floors counts, and never more than the price itself. */
function floorOf(line: CartLine, marginFloor: number | null): number {
  let floor = line.minUnitPrice ?? 0;
  if (marginFloor !== null && line.unitCost !== undefined) {
    const kept = BigInt(wholePercent - Math.round(marginFloor * 10_000));
    const cost = BigInt(line.unitCost) * BigInt(wholePercent);
    floor = Math.max(floor, Number((cost + kept - 1n) / kept));
  }
  return Math.min(floor, line.unitPrice);
}

/** Order of the UTF-8 bytes, which JavaScript's own `<` (UTF-16 units) does not give beyond the basic plane. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) {
      const leftIsSurrogate = left >= 0xd800 && left <= 0xdfff;
      const rightIsSurrogate = right >= 0xd800 && right <= 0xdfff;
      return leftIsSurrogate === rightIsSurrogate ? left - right : leftIsSurrogate ? 1 : -1;
    }
  }
  return a.length - b.length;
}
