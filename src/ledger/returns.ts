/**
 * What a return gives back. Everything follows from how much of the order is back altogether, never from the way it came:
 * a return pays the difference between what is due for all that is back and what was refunded before, never below zero.
 * So any order and any split of returns of everything sums to exactly what was paid.
 *
 * * `prorate`: what was paid for the units that are back.
 * * `reevaluate`: what was paid less what the kept goods cost by themselves, at most what `prorate` would give; the
 *   return of the last unit pays the rest.
 * * `forbid`: lines that such a promotion touched come back only with the whole order.
 *
 * Shipping is refunded with the last unit; without any goods the order comes back as a whole. Gifts have to be back with the
 * last unit too (under `reevaluate`, once the kept goods no longer earn them); one that is not is charged at its value, out of
 * this return and of later ones, until it is: also after the last unit.
 */
import { allocate } from "../engine/money.ts";
import type { Hold } from "./books.ts";
import { releasesOf } from "./restore.ts";
import {
  type GivenGift,
  paidFor,
  type ReturnedPart,
  returnedPart,
  type Sale,
  type SoldLine,
} from "./sale.ts";

/** What is back of an order: units by line id, and by the id of a gift. */
export interface Returned {
  readonly lines: Readonly<Record<string, number>>;
  readonly gifts: Readonly<Record<string, number>>;
  /**
   * What refunds kept of the discounts on goods that did not come back, by promotion: those that reevaluate and would give
   * less for the kept goods alone. Never the value of a missing gift. Absent: nothing.
   */
  readonly givenBack?: Readonly<Record<string, number>>;
}

export const nothingReturned: Returned = { lines: {}, gifts: {} };

export interface ReturnRequest {
  readonly lines: readonly { readonly id: string; readonly quantity: number }[];
  readonly gifts?: readonly ReturnedGift[] | undefined;
}

export interface ReturnedGift {
  readonly sku: string;
  readonly quantity: number;
  /** Tells two promotions apart that gave the same SKU. */
  readonly promotion?: string | undefined;
}

/** What the kept goods come to by the rules of the original evaluation. */
export interface KeptOrder {
  readonly total: number;
  /** What promotions take off the kept goods and their shipping, by key. */
  readonly discounts: ReadonlyMap<string, number>;
  /** Gifts that the kept goods still earn, by id. */
  readonly gifts: Readonly<Record<string, number>>;
}

export interface ReturnContext {
  readonly sale: Sale;
  readonly returned: Returned;
  readonly refunded: number;
  /** What the redemption holds of each counter. */
  readonly holds: readonly Hold[];
  /** Asked at most once, and only if the order reevaluates. Quantities by line id, none of them 0. */
  readonly priceOfKept: (quantities: ReadonlyMap<string, number>) => KeptOrder;
}

export interface ComputedReturn {
  readonly type: "computed";
  readonly refund: number;
  /** The refund less its shipping, by line, in the order of the sale. A return of gifts alone has none. */
  readonly lines: readonly { readonly id: string; readonly quantity: number; readonly refund: number }[];
  /** The part of the refund that is for shipping. */
  readonly shipping: number;
  readonly gifts: readonly { readonly id: string; readonly quantity: number }[];
  /** What was paid for all that is back and is not refunded (yet): the kept goods cost more, or a gift is missing. */
  readonly withheld: number;
  readonly isWhole: boolean;
  /** All that is back and was refunded, this return included. */
  readonly returned: Returned;
  readonly refunded: number;
  readonly release: readonly Hold[];
}

export type ReturnRefusal =
  | { readonly reason: "nothing_to_return" }
  | { readonly reason: "unknown_line"; readonly line: string }
  | {
      readonly reason: "too_many_units";
      readonly line: string;
      readonly left: number;
      readonly wanted: number;
    }
  | { readonly reason: "whole_order_only"; readonly line: string; readonly promotion: string }
  | { readonly reason: "unknown_gift"; readonly sku: string }
  | {
      readonly reason: "too_many_gifts";
      readonly sku: string;
      readonly left: number;
      readonly wanted: number;
    };

export type ReturnOutcome = ComputedReturn | { readonly type: "refused"; readonly refusal: ReturnRefusal };

export function computeReturn(context: ReturnContext, request: ReturnRequest): ReturnOutcome {
  const { sale } = context;
  const back = bringBack(context, request);
  if ("reason" in back) return { type: "refused", refusal: back };
  const { lines, gifts, returned } = back;
  const isWhole = isAllBack(sale, returned);
  const forbidden = isWhole ? null : findForbidden(sale, lines);
  if (forbidden !== null) return { type: "refused", refusal: forbidden };

  const parts = new Map(sale.lines.map((line) => [line, returnedPart(line, unitsBack(returned, line))]));
  const prorated = isWhole ? paidFor(sale) : sumOfPaid(parts);
  const kept = isWhole ? null : keptOf(context, returned);
  const dearer = kept === null ? 0 : Math.max(0, prorated - (paidFor(sale) - kept.total));
  // Until the kept goods are priced anew or everything is back nobody asks for the gifts.
  const charge = kept === null && !isWhole ? 0 : chargeFor(sale.gifts, returned, kept?.gifts ?? {});
  const refund = Math.max(0, prorated - dearer - charge - context.refunded);
  const shipping = isWhole && !wasWhole(context) ? Math.min(refund, sale.shipping) : 0;
  const refunded = context.refunded + refund;
  return {
    type: "computed",
    refund,
    lines: byLine(context, lines, parts, refund - shipping),
    shipping,
    gifts: [...gifts].map(([id, quantity]) => ({ id, quantity })),
    withheld: prorated - refunded,
    isWhole,
    // An earlier refund may have been more than is due by now: only what is really withheld was given back.
    returned: { ...returned, ...givenBackOf(sale, parts, kept, Math.min(dearer, prorated - refunded)) },
    refunded,
    release: releasesOf(sale, context.holds, { parts, giftsBack: returned.gifts, isWhole }),
  };
}

function isAllBack({ lines }: Sale, returned: Returned): boolean {
  return lines.every((line) => unitsBack(returned, line) === line.quantity);
}

/** The goods and their shipping came back before; only gifts can come after that. */
function wasWhole({ sale, returned, refunded }: ReturnContext): boolean {
  return sale.lines.length > 0 ? isAllBack(sale, returned) : refunded > 0;
}

interface Back {
  /** Units that this return brings, by line and by the id of a gift. */
  readonly lines: ReadonlyMap<SoldLine, number>;
  readonly gifts: ReadonlyMap<string, number>;
  /** All that is back then. */
  readonly returned: Returned;
}

function bringBack(context: ReturnContext, request: ReturnRequest): Back | ReturnRefusal {
  const { sale, returned } = context;
  const lines = new Map<SoldLine, number>();
  for (const { id, quantity } of request.lines) {
    const line = sale.lines.find((sold) => sold.id === id);
    if (line === undefined) return { reason: "unknown_line", line: id };
    lines.set(line, (lines.get(line) ?? 0) + quantity);
  }
  for (const [line, wanted] of lines) {
    const left = line.quantity - unitsBack(returned, line);
    if (wanted > left) return { reason: "too_many_units", line: line.id, left, wanted };
  }
  const gifts = new Map<string, number>();
  for (const gift of request.gifts ?? []) {
    const refusal = bringGiftBack(sale.gifts, returned, gifts, gift);
    if (refusal !== null) return refusal;
  }
  const isSomething = lines.size > 0 || gifts.size > 0 || (sale.lines.length === 0 && !wasWhole(context));
  if (!isSomething) return { reason: "nothing_to_return" };
  return {
    lines,
    gifts,
    returned: {
      lines: added(
        returned.lines,
        [...lines].map(([{ id }, quantity]) => [id, quantity]),
      ),
      gifts: added(returned.gifts, gifts),
    },
  };
}

/** Fills gifts of the very SKU before those of which it was one choice. */
function bringGiftBack(
  given: readonly GivenGift[],
  returned: Returned,
  gifts: Map<string, number>,
  { sku, quantity, promotion }: ReturnedGift,
): ReturnRefusal | null {
  const meant = given.filter((gift) => promotion === undefined || gift.promotion === promotion);
  const fitting = [
    ...meant.filter((gift) => gift.sku === sku),
    ...meant.filter((gift) => gift.sku === null && gift.choices.includes(sku)),
  ];
  if (fitting.length === 0) return { reason: "unknown_gift", sku };
  let open = quantity;
  for (const gift of fitting) {
    const before = gifts.get(gift.id) ?? 0;
    const taken = Math.min(open, gift.quantity - (returned.gifts[gift.id] ?? 0) - before);
    if (taken === 0) continue;
    gifts.set(gift.id, before + taken);
    open -= taken;
  }
  return open === 0 ? null : { reason: "too_many_gifts", sku, left: quantity - open, wanted: quantity };
}

function findForbidden(sale: Sale, lines: ReadonlyMap<SoldLine, number>): ReturnRefusal | null {
  for (const { key, returns } of sale.promotions) {
    if (returns !== "forbid") continue;
    const touches = (line: SoldLine) => line.adjustments.some(({ promotion }) => promotion === key);
    // One that gave no discount on goods (free shipping, a gift) was earned by the order as it was: by all of its lines.
    const touchesGoods = sale.lines.some(touches);
    for (const line of lines.keys())
      if (!touchesGoods || touches(line))
        return { reason: "whole_order_only", line: line.id, promotion: key };
  }
  return null;
}

/** What is kept, priced anew; null where the order does not reevaluate. */
function keptOf({ sale, priceOfKept }: ReturnContext, returned: Returned): KeptOrder | null {
  if (!sale.promotions.some(({ returns }) => returns === "reevaluate")) return null;
  return priceOfKept(
    new Map(
      sale.lines.flatMap((line) => {
        const quantity = line.quantity - unitsBack(returned, line);
        return quantity === 0 ? [] : [[line.id, quantity] as const];
      }),
    ),
  );
}

/** Of what is withheld because the kept goods cost more, each promotion's part: by how much less it would give for them. */
function givenBackOf(
  sale: Sale,
  parts: ReadonlyMap<SoldLine, ReturnedPart>,
  kept: KeptOrder | null,
  withheld: number,
): Pick<Returned, "givenBack"> {
  if (kept === null || withheld <= 0) return {};
  const less = sale.promotions.flatMap(({ key, amount, returns }) => {
    if (returns !== "reevaluate") return [];
    let stands = amount;
    for (const { discounts } of parts.values()) stands -= discounts.get(key) ?? 0;
    return [{ key, weight: Math.max(0, stands - (kept.discounts.get(key) ?? 0)) }];
  });
  const most = less.reduce((sum, { weight }) => sum + weight, 0);
  const { base, extra } = allocate(
    Math.min(withheld, most),
    less.map(({ weight }) => ({ weight, count: 1, room: weight })),
  );
  return { givenBack: Object.fromEntries(less.map(({ key }, at) => [key, base[at]! + extra[at]!])) };
}

/** Gifts that are neither back nor earned by what is kept. */
function chargeFor(
  given: readonly GivenGift[],
  returned: Returned,
  earned: Readonly<Record<string, number>>,
): number {
  return given.reduce((sum, { id, quantity, value }) => {
    const missing = quantity - (earned[id] ?? 0) - (returned.gifts[id] ?? 0);
    return sum + Math.max(0, missing) * (value ?? 0);
  }, 0);
}

/** In proportion to what was paid for the returned units: exactly that, where nothing is withheld. */
function byLine(
  { returned }: ReturnContext,
  lines: ReadonlyMap<SoldLine, number>,
  parts: ReadonlyMap<SoldLine, ReturnedPart>,
  amount: number,
): ComputedReturn["lines"] {
  const rows = [...parts.keys()].flatMap((line) => {
    const quantity = lines.get(line);
    return quantity === undefined ? [] : [{ line, quantity }];
  });
  if (rows.length === 0) return [];
  const paid = rows.map(
    ({ line }) => parts.get(line)!.paid - returnedPart(line, unitsBack(returned, line)).paid,
  );
  // The last return may pay what an earlier one withheld though its own units were free.
  const weights = paid.some((weight) => weight > 0) ? paid : rows.map(({ quantity }) => quantity);
  const { base, extra } = allocate(
    amount,
    weights.map((weight) => ({ weight, count: 1, room: Number.MAX_SAFE_INTEGER })),
  );
  return rows.map(({ line, quantity }, i) => ({ id: line.id, quantity, refund: base[i]! + extra[i]! }));
}

function unitsBack({ lines }: Returned, { id }: SoldLine): number {
  return Object.hasOwn(lines, id) ? lines[id]! : 0;
}

function sumOfPaid(parts: ReadonlyMap<SoldLine, ReturnedPart>): number {
  let sum = 0;
  for (const { paid } of parts.values()) sum += paid;
  return sum;
}

function added(
  before: Readonly<Record<string, number>>,
  units: Iterable<readonly [string, number]>,
): Record<string, number> {
  const after = new Map(Object.entries(before));
  for (const [id, quantity] of units) after.set(id, (after.get(id) ?? 0) + quantity);
  // Also a line called "__proto__" is an entry of its own.
  return Object.fromEntries(after);
}
