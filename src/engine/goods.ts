/**
 * The units of a cart while promotions are applied: per canonical line a list of segments, runs of neighbouring units
 * that are still alike. Ten thousand equal screws are one segment until something tells them apart.
 *
 * Shipments are priced by the same machinery: a shipment is a line of one unit whose SKU is its shipping method.
 */
import { type CanonicalCart, type CanonicalLine, SkuIndex } from "./canonical-cart.ts";
import type { CompiledSelector, NameList } from "./selectors/selector.ts";
import { filled } from "./short-lists.ts";
import { operationsPerLine, operationsPerName, type WorkBudget } from "./work-budget.ts";

/** Neighbouring units of one line. */
export interface Units {
  /** Index of the canonical line. */
  readonly line: number;
  /** Position of the first unit in the line. */
  readonly from: number;
  readonly count: number;
}

/** Neighbouring, still equal units of one line. */
export interface Range extends Units {
  /** What a unit costs by now. */
  readonly price: number;
  /** What it cost when the present stage began. */
  readonly stagePrice: number;
}

/** Each of the units gets `amount` off. */
export interface UnitRun extends Units {
  readonly amount: number;
}

export interface Discount {
  /** The sum of its runs. */
  readonly amount: number;
  runs(): readonly UnitRun[];
}

/** A promotion that has touched or used a unit, in the name of its exclusivity group. */
export interface Claim {
  readonly group: string;
  /** Index of the candidate. */
  readonly by: number;
}

/** A range as the goods hold it: it changes as discounts and claims fall on it. Outside this file it is read only. */
interface Segment extends Range {
  count: number;
  price: number;
  stagePrice: number;
  claims: readonly Claim[];
}

const unclaimed: readonly Claim[] = [];
const stageBegins = Symbol("a stage begins");

export class Goods {
  readonly lines: readonly CanonicalLine[];
  /** Some unit has a floor above zero. */
  readonly hasFloors: boolean;
  /** Sum of all running prices. */
  total: number;
  /** Sum of all prices when the present stage began. */
  stageTotal: number;
  /** By line; a line that nobody has looked at has none yet. */
  private readonly segments: (Segment[] | undefined)[];
  private hasClaims = false;
  /** Discounts and stage beginnings; from `laid` on they are not yet laid on the units, because nobody has looked at their prices. */
  private readonly steps: (Discount | typeof stageBegins)[] = [];
  private laid = 0;
  /** The group of all that is not laid yet; null where there is none, or more than one. */
  private pendingGroup: string | null = null;

  constructor(lines: readonly CanonicalLine[]) {
    this.lines = lines;
    this.segments = filled<Segment[] | undefined>(lines.length, undefined);
    let total = 0;
    let hasFloors = false;
    for (const { quantity, unitPrice, floor } of lines) {
      total += quantity * unitPrice;
      if (floor > 0) hasFloors = true;
    }
    this.total = total;
    this.stageTotal = total;
    this.hasFloors = hasFloors;
  }

  /** From here on the running prices are the stage's starting prices, and no unit is claimed. */
  startStage(): void {
    if (this.total === this.stageTotal && !this.hasClaims) return;
    this.stageTotal = this.total;
    this.hasClaims = false;
    this.steps.push(stageBegins);
    this.pendingGroup = null;
  }

  /** No unit of the line was claimed in this stage, the first. */
  isUntouched(line: number): boolean {
    const segments = this.segments[line];
    return segments === undefined || (segments.length === 1 && segments[0]!.claims.length === 0);
  }

  private on(line: number): Segment[] {
    let segments = this.segments[line];
    if (segments === undefined) {
      segments = [wholeOf(this.lines[line]!, line)];
      this.segments[line] = segments;
    }
    return segments;
  }

  segmentsOf(line: number): readonly Readonly<Segment>[] {
    this.layUntil(this.steps.length);
    return this.on(line);
  }

  /**
   * The segments as a promotion of the group sees them: units that its own group holds may still show an old price, for it
   * cannot touch them anyway.
   */
  segmentsFor(group: string, line: number): readonly Readonly<Segment>[] {
    if (this.pendingGroup !== group) this.layUntil(this.steps.length);
    return this.on(line);
  }

  /** All units as they are now, for who asks later: by then a discount may be pending that is worked out from them. */
  unitsAsNow(): () => readonly Readonly<Segment>[] {
    const steps = this.steps.length;
    return () => {
      this.layUntil(steps);
      const units: Segment[] = [];
      for (let line = 0; line < this.lines.length; line++)
        for (const segment of this.on(line)) units.push(segment);
      return units;
    };
  }

  /** The segments with their claims; prices may be old. */
  claimsOn(line: number): readonly Readonly<Pick<Segment, "claims" | "count">>[] {
    return this.on(line);
  }

  /** Takes the discount off at once in the total, and off the units when somebody looks at them. Null group: an order's or a shipment's. */
  discount(discount: Discount, group: string | null): void {
    this.total -= discount.amount;
    if (this.laid === this.steps.length) this.pendingGroup = group;
    else if (this.pendingGroup !== group) this.pendingGroup = null;
    this.steps.push(discount);
  }

  private layUntil(steps: number): void {
    while (this.laid < steps) {
      const step = this.steps[this.laid++]!;
      if (step === stageBegins) this.beginStage();
      else for (const run of step.runs()) this.layRun(run);
    }
  }

  private beginStage(): void {
    for (const segments of this.segments) {
      if (segments === undefined) continue;
      for (const segment of segments) {
        segment.stagePrice = segment.price;
        segment.claims = unclaimed;
      }
    }
  }

  private layRun({ line, from, count, amount }: UnitRun): void {
    const segments = this.on(line);
    if (segments.length === 1 && count === segments[0]!.count) {
      segments[0]!.price -= amount;
      return;
    }
    for (
      let i = this.cutOut(segments, from, from + count);
      i < segments.length && segments[i]!.from < from + count;
      i++
    )
      segments[i]!.price -= amount;
  }

  claim({ line, from, count }: Units, claim: Claim): void {
    this.hasClaims = true;
    const segments = this.on(line);
    const to = from + count;
    for (let i = this.cutOut(segments, from, to); i < segments.length && segments[i]!.from < to; i++) {
      const segment = segments[i]!;
      if (!segment.claims.includes(claim))
        segment.claims = segment.claims.length === 0 ? [claim] : [...segment.claims, claim];
    }
  }

  /** Makes `from` and `to` boundaries between segments; answers the index of the first segment at or after `from`. */
  private cutOut(segments: Segment[], from: number, to: number): number {
    this.cutAt(segments, to);
    return this.cutAt(segments, from);
  }

  private cutAt(segments: Segment[], position: number): number {
    const i = lastFrom(segments, position);
    if (i === -1) return 0;
    const segment = segments[i]!;
    if (segment.from === position) return i;
    const before = position - segment.from;
    if (before >= segment.count) return i + 1;
    const { line, price, stagePrice, claims } = segment;
    const after = { line, from: position, count: segment.count - before, price, stagePrice, claims };
    segment.count = before;
    for (let at = segments.length; at > i + 1; at--) segments[at] = segments[at - 1]!;
    segments[i + 1] = after;
    return i + 1;
  }
}

function wholeOf({ quantity, unitPrice }: CanonicalLine, line: number): Segment {
  return { line, from: 0, count: quantity, price: unitPrice, stagePrice: unitPrice, claims: unclaimed };
}

/** Index of the last segment that begins at or before the position. */
function lastFrom(segments: readonly Range[], position: number): number {
  let low = 0;
  let high = segments.length;
  // Mostly the line is still whole.
  if (high === 1) return segments[0]!.from <= position ? 0 : -1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.from <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Shipments as goods: one unit each, the method in place of the SKU. */
export function shipmentLines(cart: CanonicalCart): CanonicalLine[] {
  return cart.shipments.map(({ id, method, amount, position }) => ({
    id,
    parts: [{ position, quantity: 1 }],
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
  private readonly work: WorkBudget;
  private readonly found = new Map<CompiledSelector, readonly number[]>();
  private bySku: SkuIndex | null = null;
  /** How many names the lines have in such a list, all together. */
  private readonly names: Record<NameList, number | null> = { categories: null, tags: null };

  constructor(lines: readonly CanonicalLine[], work: WorkBudget) {
    this.lines = lines;
    this.work = work;
  }

  of(select: CompiledSelector): readonly number[] {
    if (select.onlySku !== null) return this.linesOf(select.onlySku);
    let covered = this.found.get(select);
    if (covered === undefined) {
      covered = this.scan(select);
      this.found.set(select, covered);
    }
    return covered;
  }

  private scan(select: CompiledSelector): number[] {
    const covered: number[] = [];
    const cart = this.lines[0]?.cart;
    if (cart !== undefined)
      for (const expression of select.expressions)
        this.work.spend(expression.operations(cart) * this.lines.length);
    let operations = this.lines.length * operationsPerLine;
    for (const list of select.listsRead) operations += this.namesIn(list) * operationsPerName;
    this.work.spend(operations);
    for (let i = 0; i < this.lines.length; i++) if (select.covers(this.lines[i]!)) covered.push(i);
    return covered;
  }

  private namesIn(list: NameList): number {
    let names = this.names[list];
    if (names === null) {
      names = 0;
      for (const line of this.lines) names += line[list].length;
      this.names[list] = names;
    }
    return names;
  }

  private linesOf(sku: string): readonly number[] {
    this.bySku ??= this.indexBySku();
    return this.bySku.of(sku);
  }

  private indexBySku(): SkuIndex {
    const known = this.lines[0]?.cart.bySku;
    return known?.lines === this.lines ? known : new SkuIndex(this.lines);
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

export function unitsIn(ranges: readonly Units[]): number {
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
    taken.push(range.count <= left ? range : partOf(range, 0, left));
    left -= Math.min(range.count, left);
  }
  return taken;
}

/** `count` units of the range, after its first `skip`. */
export function partOf({ line, from, price, stagePrice }: Range, skip: number, count: number): Range {
  return { line, from: from + skip, count, price, stagePrice };
}
