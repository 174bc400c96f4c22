/** Equal units with their shares of one discount, and how the whole minor units fall on them. */
import type { Range, UnitRun } from "../goods.ts";
import { allocate } from "../money.ts";
import { perWord, wordsOf } from "../rational.ts";
import type { WorkBudget } from "../work-budget.ts";

/** Equal units with their share: what they would get (`weights`, in any common scale) and the most they can take. */
export interface Portions {
  readonly ranges: Range[];
  readonly rooms: number[];
  readonly weights: (number | bigint)[];
}

export interface ExactSum {
  portions(): Portions;
  readonly amount: number;
  readonly wished: number;
}

/** Keeps a copy of the range: by the time the amount is allocated the goods may have cut it in two. */
export function addPortion(
  portions: Portions,
  { line, from, count, price, stagePrice }: Range,
  room: number,
  weight: number | bigint,
): void {
  if (weight === 0 || weight === 0n) return;
  portions.ranges.push({ line, from, count, price, stagePrice });
  portions.rooms.push(room);
  portions.weights.push(weight);
}

const isBefore = (a: Range, b: Range): boolean => a.line < b.line || (a.line === b.line && a.from < b.from);

/** By line, then position. */
export function inOrderOfUnits(portions: Portions): Portions {
  const { ranges, rooms, weights } = portions;
  if (ranges.every((range, i) => i === 0 || isBefore(ranges[i - 1]!, range))) return portions;
  const order = ranges.map((_, i) => i).sort((a, b) => (isBefore(ranges[a]!, ranges[b]!) ? -1 : 1));
  return {
    ranges: order.map((i) => ranges[i]!),
    rooms: order.map((i) => rooms[i]!),
    weights: order.map((i) => weights[i]!),
  };
}

/** Largest remainder over the lines first, then inside each line over its units. */
export function allocateToUnits(amount: number, portions: Portions, work: WorkBudget): UnitRun[] {
  const { ranges, rooms, weights } = portions;
  // Worked out, laid on the goods, written into the quote.
  work.spend(3 * ranges.length);
  for (const weight of weights) if (typeof weight === "bigint") work.spend(wordsOf(weight) * perWord);
  // Where each line's portions begin; they stand line by line.
  const starts: number[] = [];
  const lineWeights: (number | bigint)[] = [];
  const lineRooms: number[] = [];
  for (let i = 0; i < ranges.length; i++) {
    const { line, count } = ranges[i]!;
    const weight = weights[i]!;
    const weightOfAll = typeof weight === "bigint" ? weight * BigInt(count) : weight * count;
    if (i > 0 && ranges[i - 1]!.line === line) {
      const last = starts.length - 1;
      lineWeights[last] =
        typeof weightOfAll === "bigint"
          ? (lineWeights[last] as bigint) + weightOfAll
          : (lineWeights[last] as number) + weightOfAll;
      lineRooms[last]! += rooms[i]! * count;
    } else {
      starts.push(i);
      lineWeights.push(weightOfAll);
      lineRooms.push(rooms[i]! * count);
    }
  }
  const runs: UnitRun[] = [];
  const ofLines = starts.length === 1 ? null : allocate(amount, lineWeights, ones(starts.length), lineRooms);
  for (let i = 0; i < starts.length; i++) {
    const ofLine = ofLines === null ? amount : ofLines.base[i]! + ofLines.extra[i]!;
    const end = i + 1 < starts.length ? starts[i + 1]! : ranges.length;
    if (ofLine > 0) allocateInLine(ofLine, starts[i]!, end, portions, runs);
  }
  return runs;
}

const ones = (size: number): number[] => new Array<number>(size).fill(1);

function allocateInLine(
  amount: number,
  start: number,
  end: number,
  { ranges, rooms, weights }: Portions,
  runs: UnitRun[],
): void {
  if (end - start === 1) {
    const { count } = ranges[start]!;
    const extra = amount % count;
    addRuns(runs, ranges[start]!, (amount - extra) / count, extra);
    return;
  }
  const inLine = ranges.slice(start, end);
  const { base, extra } = allocate(
    amount,
    weights.slice(start, end),
    inLine.map((range) => range.count),
    rooms.slice(start, end),
  );
  for (let i = 0; i < inLine.length; i++) addRuns(runs, inLine[i]!, base[i]!, extra[i]!);
}

function addRuns(runs: UnitRun[], { line, from, count }: Range, base: number, extra: number): void {
  if (extra > 0) runs.push({ line, from, count: extra, amount: base + 1 });
  if (base > 0 && extra < count) runs.push({ line, from: from + extra, count: count - extra, amount: base });
}
