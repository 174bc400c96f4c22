/**
 * The units of a cart while promotions are applied: per canonical line a list of segments, runs of neighbouring units
 * that are still alike. Ten thousand equal screws are one segment until something tells them apart.
 *
 * Shipments are priced by the same machinery: a shipment is a line of one unit whose SKU is its shipping method.
 */
import type { CanonicalCart, CanonicalLine } from "./canonical-cart.ts";
import type { CompiledSelector } from "./selectors/selector.ts";

/** Neighbouring, still equal units of one line. */
export interface Range {
  /** Index of the canonical line. */
  readonly line: number;
  /** Position of the first unit in the line. */
  readonly from: number;
  readonly count: number;
  /** What a unit costs by now. */
  readonly price: number;
  /** What it cost when the present stage began. */
  readonly stagePrice: number;
}

/** A promotion that has touched or used a unit, in the name of its exclusivity group. */
export interface Claim {
  readonly group: string;
  /** Index of the candidate. */
  readonly by: number;
}

interface Segment extends Range {
  readonly claims: readonly Claim[];
}

const unclaimed: readonly Claim[] = [];

export class Goods {
  readonly lines: readonly CanonicalLine[];
  /** Some unit has a floor above zero. */
  readonly hasFloors: boolean;
  /** Sum of all running prices. */
  total: number;
  /** Sum of all prices when the present stage began. */
  stageTotal: number;
  private readonly segments: Segment[][];

  constructor(lines: readonly CanonicalLine[]) {
    this.lines = lines;
    this.segments = lines.map(({ quantity, unitPrice }, line) => [
      { line, from: 0, count: quantity, price: unitPrice, stagePrice: unitPrice, claims: unclaimed },
    ]);
    this.total = lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
    this.stageTotal = this.total;
    this.hasFloors = lines.some((line) => line.floor > 0);
  }

  /** From here on the running prices are the stage's starting prices, and no unit is claimed. */
  startStage(): void {
    this.stageTotal = this.total;
    for (const segments of this.segments) {
      for (let i = 0; i < segments.length; i++) {
        const segment = segments[i]!;
        if (segment.price !== segment.stagePrice || segment.claims.length > 0)
          segments[i] = { ...segment, stagePrice: segment.price, claims: unclaimed };
      }
    }
  }

  segmentsOf(line: number): readonly Segment[] {
    return this.segments[line]!;
  }

  /** Takes `amount` off each unit of the run. */
  discount(line: number, from: number, count: number, amount: number): void {
    this.total -= amount * count;
    this.rewrite(line, from, count, (segment) => ({ ...segment, price: segment.price - amount }));
  }

  claim(range: Range, claim: Claim): void {
    this.rewrite(range.line, range.from, range.count, (segment) =>
      segment.claims.some((held) => held.by === claim.by && held.group === claim.group) ? segment : { ...segment, claims: [...segment.claims, claim] },
    );
  }

  private rewrite(line: number, from: number, count: number, change: (segment: Segment) => Segment): void {
    const segments = this.segments[line]!;
    const to = from + count;
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i]!;
      const end = segment.from + segment.count;
      if (end <= from) continue;
      if (segment.from >= to) return;
      if (segment.from >= from && end <= to) {
        segments[i] = change(segment);
        continue;
      }
      const pieces: Segment[] = [];
      const start = Math.max(segment.from, from);
      const stop = Math.min(end, to);
      if (segment.from < start) pieces.push({ ...segment, count: start - segment.from });
      pieces.push(change({ ...segment, from: start, count: stop - start }));
      if (stop < end) pieces.push({ ...segment, from: stop, count: end - stop });
      segments.splice(i, 1, ...pieces);
      i += pieces.length - 1;
    }
  }
}

/** Shipments as goods: one unit each, the method in place of the SKU. */
export function shipmentLines(cart: CanonicalCart): CanonicalLine[] {
  return cart.shipments.map(({ id, method, amount }) => ({
    id,
    parts: [{ id, quantity: 1 }],
    sku: method ?? "",
    product: undefined,
    categories: [],
    brand: undefined,
    tags: [],
    quantity: 1,
    unitPrice: amount,
    listPrice: amount,
    onSale: false,
    unitCost: undefined,
    floor: 0,
    attributes: {},
    cart,
  }));
}

/** Which lines a selector covers, found once per evaluation however many promotions ask. */
export class Coverage {
  private readonly lines: readonly CanonicalLine[];
  private readonly found = new Map<CompiledSelector, readonly number[]>();

  constructor(lines: readonly CanonicalLine[]) {
    this.lines = lines;
  }

  of(select: CompiledSelector): readonly number[] {
    let covered = this.found.get(select);
    if (covered === undefined) {
      const indexes: number[] = [];
      for (let i = 0; i < this.lines.length; i++) if (select.covers(this.lines[i]!)) indexes.push(i);
      covered = indexes;
      this.found.set(select, covered);
    }
    return covered;
  }
}

export function isDiscounted(line: CanonicalLine, price: number): boolean {
  return line.onSale || price < line.listPrice;
}

/** Dearest first, then line, then position: the order in which units are picked. */
export function dearestFirst(a: Range, b: Range): number {
  return b.price - a.price || a.line - b.line || a.from - b.from;
}
export function cheapestFirst(a: Range, b: Range): number {
  return a.price - b.price || a.line - b.line || a.from - b.from;
}

export function unitsIn(ranges: readonly Range[]): number {
  let units = 0;
  for (const range of ranges) units += range.count;
  return units;
}

/** The first `units` units of the ranges, in their order. */
export function takeUnits(ranges: readonly Range[], units: number): Range[] {
  const taken: Range[] = [];
  let left = units;
  for (const range of ranges) {
    if (left === 0) break;
    if (range.count <= left) taken.push(range);
    else taken.push({ ...range, count: left });
    left -= Math.min(range.count, left);
  }
  return taken;
}
