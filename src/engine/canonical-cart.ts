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
export class SkuIndex {
  readonly lines: readonly CanonicalLine[];
  /** Mostly a SKU has one line, and few are asked for. */
  private readonly positions = new Map<string, number | number[]>();

  constructor(lines: readonly CanonicalLine[]) {
    this.lines = lines;
    for (let i = 0; i < lines.length; i++) this.add(lines[i]!.sku, i);
  }

  add(sku: string, position: number): void {
    const same = this.positions.get(sku);
    if (same === undefined) this.positions.set(sku, position);
    else if (typeof same === "number") this.positions.set(sku, [same, position]);
    else same.push(position);
  }

  has(sku: string): boolean {
    return this.positions.has(sku);
  }

  of(sku: string): readonly number[] {
    const found = this.positions.get(sku);
    if (typeof found !== "number") return found ?? noPositions;
    const only = [found];
    this.positions.set(sku, only);
    return only;
  }
}

const noPositions: readonly number[] = [];
const none: readonly string[] = [];
const noShipments: readonly Shipment[] = [];
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
  const lines: GrowingLine[] = [];
  const bySku = new SkuIndex(lines);
  const shipping = cart.shipping ?? noShipments;
  let subtotal = 0;
  let quantity = 0;
  for (const line of cart.lines) {
    subtotal += line.quantity * line.unitPrice;
    quantity += line.quantity;
  }
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
    shipments: canonicalShipments(shipping),
    subtotal,
    quantity,
    shippingAmount: shipping.reduce((sum, shipment) => sum + shipment.amount, 0),
    bySku,
  };
  const alikeTo = new AlikeLines(cart, lines, bySku);
  for (const position of positionsById(cart.lines)) {
    const line = cart.lines[position]!;
    const part = { position, quantity: line.quantity };
    const alike = alikeTo.find(line);
    if (alike !== undefined) {
      alike.parts.push(part);
      alike.quantity += line.quantity;
      continue;
    }
    const made: GrowingLine = {
      id: line.id,
      parts: [part],
      sku: line.sku,
      product: line.product,
      categories: line.categories ?? none,
      brand: line.brand,
      tags: line.tags ?? none,
      quantity: line.quantity,
      unitPrice: line.unitPrice,
      listPrice: line.listPrice ?? line.unitPrice,
      onSale: line.onSale ?? false,
      unitCost: line.unitCost,
      floor: resting?.has(line.sku) ? line.unitPrice : floorOf(line, marginFloor),
      attributes: line.attributes ?? noAttributes,
      cart: canonical,
    };
    bySku.add(line.sku, lines.length);
    lines.push(made);
    alikeTo.note(made, line);
  }
  return canonical;
}

type GrowingLine = Omit<CanonicalLine, "parts" | "quantity"> & { parts: LinePart[]; quantity: number };

function canonicalShipments(shipments: readonly Shipment[]): CanonicalShipment[] {
  return positionsById(shipments).map((position) => {
    const { id, method, amount } = shipments[position]!;
    return { id, method, amount, position };
  });
}

/** Finds the canonical line that a line of the request is alike to, among those made so far. */
class AlikeLines {
  private readonly cart: Cart;
  private readonly lines: readonly GrowingLine[];
  private readonly bySku: SkuIndex;
  /** Of SKUs that stand in several lines, by their traits: one may stand in hundreds that differ. */
  private byTraits: Map<string, Map<string, GrowingLine>> | null = null;

  constructor(cart: Cart, lines: readonly GrowingLine[], bySku: SkuIndex) {
    this.cart = cart;
    this.lines = lines;
    this.bySku = bySku;
  }

  /** Undefined: it is the first of its kind, and made a line next. */
  find(line: CartLine): GrowingLine | undefined {
    if (!this.bySku.has(line.sku)) return undefined;
    this.byTraits ??= new Map();
    let ofSku = this.byTraits.get(line.sku);
    if (ofSku === undefined) {
      const known = this.lines[this.bySku.of(line.sku)[0]!]!;
      ofSku = new Map([[traitsOf(this.cart.lines[known.parts[0]!.position]!), known]]);
      this.byTraits.set(line.sku, ofSku);
    }
    return ofSku.get(traitsOf(line));
  }

  /** The line was made of this one. */
  note(made: GrowingLine, line: CartLine): void {
    this.byTraits?.get(line.sku)?.set(traitsOf(line), made);
  }
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
