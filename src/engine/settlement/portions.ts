/** Equal units with their shares of one discount, and how the whole minor units fall on them. */
import type { Range, UnitRun, Units } from "../goods.ts";
import { allocate, type Part } from "../money.ts";
import { perWord, wordsOf } from "../rational.ts";
import { withOneMore } from "../short-lists.ts";
import type { WorkBudget } from "../work-budget.ts";

/** Equal units with their share: what each would get (`weight`, in any scale common to all) and the most it can take. */
export interface Portion extends Units, Part {}

export interface ExactSum {
  /** By line, then position. */
  portions(): readonly Portion[];
  /** What floors and caps let through, rounded. */
  readonly given: number;
  /** What there would be without floors, rounded; caps count. */
  readonly wished: number;
  /** A cap kept it below what the goods could take. */
  readonly isCapped: boolean;
}

/** Keeps no hold of the range: by the time the amount is allocated the goods may have cut it in two. */
export function portionOf({ line, from, count }: Range, room: number, weight: number | bigint): Portion {
  return { line, from, count, room, weight };
}

const inOrder = (a: Units, b: Units): number => a.line - b.line || a.from - b.from;

/** By line, then position. */
export function inOrderOfUnits(portions: Portion[]): readonly Portion[] {
  for (let i = 1; i < portions.length; i++)
    if (inOrder(portions[i - 1]!, portions[i]!) > 0) return portions.sort(inOrder);
  return portions;
}

/** What dividing by a weight beyond plain numbers counts for, however short it is. */
const perLargeWeight = 5;

/** Largest remainder over the lines first, then inside each line over its units. */
export function allocateToUnits(amount: number, portions: readonly Portion[], work: WorkBudget): UnitRun[] {
  // Worked out, laid on the goods, written into the quote.
  work.spend(3 * portions.length);
  for (const { weight } of portions)
    if (typeof weight === "bigint") work.spend(perLargeWeight + wordsOf(weight) * perWord);
  const { length } = portions;
  if (length === 0) return [];
  if (portions[0]!.line === portions[length - 1]!.line) return runsInLine(undefined, amount, portions) ?? [];
  let runs: UnitRun[] | undefined;
  const ofLines: Part[] = [];
  for (let first = 0, next = 0; first < length; first = next) {
    next = endOfLine(portions, first);
    ofLines.push(lineOf(portions, first, next));
  }
  const { base, extra } = allocate(amount, ofLines);
  for (let line = 0, first = 0, next = 0; first < length; first = next, line++) {
    next = endOfLine(portions, first);
    const ofLine = base[line]! + extra[line]!;
    if (ofLine === 0) continue;
    runs =
      next - first === 1
        ? withEvenRuns(runs, portions[first]!, ofLine)
        : runsInLine(runs, ofLine, portions.slice(first, next));
  }
  return runs ?? [];
}

/** Portions stand line by line. */
function endOfLine(portions: readonly Portion[], first: number): number {
  const { line } = portions[first]!;
  let next = first + 1;
  while (next < portions.length && portions[next]!.line === line) next++;
  return next;
}

/** The line as one part. */
function lineOf(portions: readonly Portion[], first: number, next: number): Part {
  let room = 0;
  let weight: number | bigint = 0;
  for (let i = first; i < next; i++) {
    const portion = portions[i]!;
    room += portion.room * portion.count;
    if (typeof portion.weight === "number" && typeof weight === "number")
      weight += portion.weight * portion.count;
    else weight = BigInt(weight) + BigInt(portion.weight) * BigInt(portion.count);
  }
  return { weight, count: 1, room };
}

type Runs = UnitRun[] | undefined;

function runsInLine(runs: Runs, amount: number, portions: readonly Portion[]): Runs {
  if (portions.length === 1) return withEvenRuns(runs, portions[0]!, amount);
  const { base, extra } = allocate(amount, portions);
  let more = runs;
  for (let i = 0; i < portions.length; i++) more = withRuns(more, portions[i]!, base[i]!, extra[i]!);
  return more;
}

function withEvenRuns(runs: Runs, portion: Portion, amount: number): Runs {
  const extra = amount % portion.count;
  return withRuns(runs, portion, (amount - extra) / portion.count, extra);
}

function withRuns(runs: Runs, { line, from, count }: Units, base: number, extra: number): Runs {
  let more = runs;
  if (extra > 0) more = withOneMore(more, { line, from, count: extra, amount: base + 1 });
  if (base > 0 && extra < count)
    more = withOneMore(more, { line, from: from + extra, count: count - extra, amount: base });
  return more;
}
