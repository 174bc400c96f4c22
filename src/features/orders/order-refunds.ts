/** What goods of an order are worth when they come back, from the order's own lines. Exact: all units together give what was paid. */
import { allocate } from "../../engine/money.ts";
import type { OrderDocument, OrderLine } from "./order-schemas.ts";

/** Units of a line and what was given back for them. */
export interface RefundedLine {
  id: string;
  quantity: number;
  refund: number;
}

export interface Refund {
  lines: RefundedLine[];
  /** Given back with the last unit. */
  shipping: number;
  refund: number;
  /** All units that came back, these included. */
  returned: RefundedLine[];
}

export type OrderGoods = Pick<OrderDocument, "lines" | "shipping" | "total">;

/** What came back of an order so far. */
export interface PastReturns {
  readonly returned: readonly RefundedLine[];
  readonly refunded: number;
}

/** By line id, the units that did not come back yet. */
export function unitsLeft({ lines }: OrderGoods, returned: readonly RefundedLine[]): Map<string, number> {
  const before = byId(returned);
  return new Map(
    lines.map(({ id, quantity }) => [id, Math.max(0, quantity - (before.get(id)?.quantity ?? 0))]),
  );
}

/**
 * Whoever calls has made sure that the units are there, and names no line twice.
 *
 * A later version of the order may say that less was paid than was given back by then: what would go beyond the order's
 * total is not given. Or that more was paid for what is back: that comes with the last unit.
 */
export function refundOf(
  order: OrderGoods,
  past: PastReturns,
  units: readonly { readonly id: string; readonly quantity: number }[],
): Refund {
  const paid = paidByLine(order);
  const after = byId(past.returned);
  let room = Math.max(0, order.total - past.refunded);
  const take = (wanted: number) => {
    const given = Math.max(0, Math.min(wanted, room));
    room -= given;
    return given;
  };
  const shippingBefore = past.refunded - sumOf(past.returned);
  const lines = units.map(({ id, quantity }): RefundedLine => {
    const before = after.get(id) ?? { id, quantity: 0, refund: 0 };
    const back = before.quantity + quantity;
    const { total, of } = paid.get(id) ?? { total: 0, of: back };
    const refund = take(partOf(total, back, of) - before.refund);
    after.set(id, { id, quantity: back, refund: before.refund + refund });
    return { id, quantity, refund };
  });
  const isWhole = [...unitsLeft(order, [...after.values()]).values()].every((left) => left === 0);
  const shipping = isWhole ? take(shippingOf(order) - shippingBefore) : 0;
  const last = lines.at(-1);
  // What a later version says was paid for units that came back before it.
  if (isWhole && last !== undefined) {
    const rest = take(room);
    last.refund += rest;
    after.get(last.id)!.refund += rest;
  }
  return { lines, shipping, refund: sumOf(lines) + shipping, returned: [...after.values()] };
}

/** A line with what was paid for all of it, and for the units that did not come back. */
export interface KeptLine {
  readonly line: OrderLine;
  readonly paid: number;
  readonly kept: { readonly quantity: number; readonly paid: number };
}

/** `back`: by line id, how many units came back. */
export function keptLines(order: OrderGoods, back: ReadonlyMap<string, number>): KeptLine[] {
  const paid = paidByLine(order);
  return order.lines.map((line) => {
    const units = Math.min(line.quantity, back.get(line.id) ?? 0);
    const { total } = paid.get(line.id)!;
    const kept = { quantity: line.quantity - units, paid: total - partOf(total, units, line.quantity) };
    return { line, paid: total, kept };
  });
}

/** What the first `units` of a line cost: each of the earlier units has one of the cents that do not divide. */
function partOf(total: number, units: number, of: number): number {
  const rest = total % of;
  return ((total - rest) / of) * units + Math.min(units, rest);
}

/**
 * What was paid for each line. The order's total is the truth: a discount or a tax that no line mentions is shared out
 * over the lines in proportion.
 */
function paidByLine(order: OrderGoods): Map<string, { total: number; of: number }> {
  const { lines, total } = order;
  if (lines.length === 0) return new Map();
  const goods = total - shippingOf(order);
  const stated = lines.map(lineTotal);
  const sum = stated.reduce((whole, amount) => whole + amount, 0);
  const weights = sum > 0 ? stated : lines.map(({ quantity }) => quantity);
  const amounts = sum === goods ? stated : shares(goods, weights);
  return new Map(lines.map(({ id, quantity }, index) => [id, { total: amounts[index] ?? 0, of: quantity }]));
}

/** What no line stands for. Of an order that names no lines that is all of it. */
function shippingOf({ lines, shipping = 0, total }: OrderGoods): number {
  return lines.length === 0 ? total : Math.min(shipping, total);
}

export function lineTotal({ quantity, unitPrice, discount = 0, total }: OrderLine): number {
  return total ?? quantity * unitPrice - discount;
}

function shares(amount: number, weights: readonly number[]): number[] {
  const { base, extra } = allocate(
    amount,
    weights.map((weight) => ({ weight, count: 1, room: Number.MAX_SAFE_INTEGER })),
  );
  return base.map((share, index) => share + (extra[index] ?? 0));
}

function byId(lines: readonly RefundedLine[]): Map<string, RefundedLine> {
  return new Map(lines.map((line) => [line.id, line]));
}

function sumOf(lines: readonly RefundedLine[]): number {
  return lines.reduce((sum, { refund }) => sum + refund, 0);
}
