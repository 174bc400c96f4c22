/** The request as CEL sees it. Made once per cart, and its lines only when an expression asks for them. */

import type { CanonicalCart, CanonicalLine } from "./canonical-cart.ts";
import type { Attributes } from "./cart.ts";
import type { Facts } from "./facts.ts";

type CelValue = string | bigint | number | boolean | readonly string[];
type CelAttributes = ReadonlyMap<string, CelValue>;

export class LineView {
  readonly id: string;
  readonly sku: string;
  readonly product: string | undefined;
  readonly categories: readonly string[];
  readonly brand: string | undefined;
  readonly tags: readonly string[];
  readonly quantity: bigint;
  readonly unitPrice: bigint;
  readonly listPrice: bigint;
  readonly onSale: boolean;
  readonly unitCost: bigint | undefined;
  readonly attributes: CelAttributes;

  constructor(line: CanonicalLine) {
    this.id = line.id;
    this.sku = line.sku;
    this.product = line.product;
    this.categories = line.categories;
    this.brand = line.brand;
    this.tags = line.tags;
    this.quantity = BigInt(line.quantity);
    this.unitPrice = BigInt(line.unitPrice);
    this.listPrice = BigInt(line.listPrice);
    this.onSale = line.onSale;
    this.unitCost = line.unitCost === undefined ? undefined : BigInt(line.unitCost);
    this.attributes = celAttributes(line.attributes);
  }
}

export class CartView {
  readonly currency: string;
  readonly channel: string | undefined;
  readonly store: string | undefined;
  readonly region: string | undefined;
  readonly country: string | undefined;
  readonly paymentMethod: string | undefined;
  readonly dealer: string | undefined;
  readonly subtotal: bigint;
  readonly quantity: bigint;
  readonly shippingAmount: bigint;
  readonly attributes: CelAttributes;
  private readonly source: readonly CanonicalLine[];
  private readonly customer: CanonicalCart["customer"];
  private made: readonly LineView[] | null = null;
  private longest: number | null = null;

  constructor(cart: CanonicalCart) {
    this.currency = cart.currency;
    this.channel = cart.channel;
    this.store = cart.store;
    this.region = cart.region;
    this.country = cart.country;
    this.paymentMethod = cart.paymentMethod;
    this.dealer = cart.dealer;
    this.subtotal = BigInt(cart.subtotal);
    this.quantity = BigInt(cart.quantity);
    this.shippingAmount = BigInt(cart.shippingAmount);
    this.attributes = celAttributes(cart.attributes);
    this.source = cart.lines;
    this.customer = cart.customer;
  }

  get lines(): readonly LineView[] {
    this.made ??= this.source.map(lineView);
    return this.made;
  }

  /** How long a loop over something that the request brings can get. */
  get longestList(): number {
    this.longest ??= longestListOf(this.source, this.attributes, this.customer);
    return this.longest;
  }
}

function longestListOf(
  source: readonly CanonicalLine[],
  attributes: CelAttributes,
  customer: CanonicalCart["customer"],
): number {
  let longest = Math.max(source.length, attributes.size);
  const measure = (list: readonly unknown[] = none) => {
    if (list.length > longest) longest = list.length;
  };
  const measureAttributes = (of: Attributes) => {
    const values = Object.values(of);
    measure(values);
    for (const value of values) if (Array.isArray(value)) measure(value);
  };
  for (const line of source) {
    measure(line.categories);
    measure(line.tags);
    measureAttributes(line.attributes);
  }
  for (const value of attributes.values()) if (Array.isArray(value)) measure(value);
  measure(customer?.groups);
  measure(customer?.tags);
  measureAttributes(customer?.attributes ?? {});
  measure(customer?.facts?.segments);
  return longest;
}

export class FactsView {
  readonly completedOrders: bigint | undefined;
  readonly lastOrderAt: Date | null | undefined;
  readonly segments: readonly string[] | undefined;
  readonly tier: string | null | undefined;

  constructor(facts: Facts) {
    const { completedOrders, lastOrderAt } = facts;
    this.completedOrders = completedOrders === undefined ? undefined : BigInt(completedOrders);
    this.lastOrderAt = typeof lastOrderAt === "number" ? new Date(lastOrderAt) : lastOrderAt;
    this.segments = facts.segments;
    this.tier = facts.tier;
  }
}

export class CustomerView {
  readonly id: string | undefined;
  readonly groups: readonly string[] | undefined;
  readonly tags: readonly string[] | undefined;
  readonly attributes: CelAttributes;
  readonly facts: FactsView;

  constructor(customer: CanonicalCart["customer"], facts: Facts) {
    this.id = customer?.id;
    // A customer given without groups has none; where no customer is given, nothing is known.
    this.groups = customer === undefined ? undefined : (customer.groups ?? none);
    this.tags = customer === undefined ? undefined : (customer.tags ?? none);
    this.attributes = celAttributes(customer?.attributes ?? {});
    this.facts = new FactsView(facts);
  }
}

const none: readonly string[] = [];
const carts = new WeakMap<CanonicalCart, CartView>();
const lines = new WeakMap<CanonicalLine, LineView>();
const customers = new WeakMap<CanonicalCart, { facts: Facts | undefined; view: CustomerView }>();

export function cartView(cart: CanonicalCart): CartView {
  const known = carts.get(cart);
  if (known !== undefined) return known;
  const view = new CartView(cart);
  carts.set(cart, view);
  return view;
}

export function lineView(line: CanonicalLine): LineView {
  const known = lines.get(line);
  if (known !== undefined) return known;
  const view = new LineView(line);
  lines.set(line, view);
  return view;
}

export function customerView(cart: CanonicalCart, facts: Facts | undefined): CustomerView {
  const known = customers.get(cart);
  if (known !== undefined && known.facts === facts) return known.view;
  const view = new CustomerView(cart.customer, facts ?? inlineFacts(cart.customer));
  customers.set(cart, { facts, view });
  return view;
}

function inlineFacts(customer: CanonicalCart["customer"]): Facts {
  const { lastOrderAt, completedOrders, segments, tier } = customer?.facts ?? {};
  const facts: Facts = {};
  if (completedOrders !== undefined) facts.completedOrders = completedOrders;
  if (lastOrderAt !== undefined) facts.lastOrderAt = Date.parse(lastOrderAt);
  if (segments !== undefined) facts.segments = segments;
  if (tier !== undefined) facts.tier = tier;
  return facts;
}

function celAttributes(attributes: Attributes): CelAttributes {
  const map = new Map<string, CelValue>();
  for (const [name, value] of Object.entries(attributes))
    map.set(name, Number.isSafeInteger(value) ? BigInt(value as number) : value);
  return map;
}
