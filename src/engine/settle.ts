/**
 * Turns what a promotion would like to take off in one stage into whole minor units on units of goods.
 *
 * All benefits of the promotion read the same starting prices; their exact shares are added, cut where a floor refuses
 * them and where a cap or the budget ends; the sum is rounded once; then it is allocated, and never rounded again.
 *
 * Two roads lead to the same place: a fast one in plain numbers for a single benefit with simple shares, and an exact one
 * in fractions for everything. A law in the tests holds them against each other.
 */
import type { Goods, Range } from "./goods.ts";
import type { Proposal, Wish } from "./kind.ts";
import { type AllocationPart, allocate, type RoundingMode, roundMillionths, roundRatio, wholePercent } from "./money.ts";
import { add, commonNumerators, divide, isLess, multiply, type Rational, rational, smaller, subtract, zero } from "./rational.ts";

/** `count` units from position `from` on receive `amount` each. */
export interface UnitRun {
  readonly line: number;
  readonly from: number;
  readonly count: number;
  readonly amount: number;
}

export interface Settlement {
  /** What the promotion takes off in this stage. */
  readonly amount: number;
  /** What it would take off if nothing refused it, rounded; caps of its own are counted, floors and budgets are not. */
  readonly wished: number;
  /** By line, then position. Their sum is `amount`. */
  readonly runs: readonly UnitRun[];
  /** Units that have a share, whether or not a whole minor unit of it fell to them. */
  readonly touched: readonly Range[];
}

/** Equal units with their share: what they would get (`weight`, in any common scale) and the most they can take. */
interface Portion {
  readonly range: Range;
  readonly room: number;
  weight: number | bigint;
}

interface ExactSum {
  portions: Portion[];
  amount: number;
  wished: number;
}

/** `budgetLeft`: null when no budget trims the amount. Nothing is changed in `goods`. */
export function settle(
  goods: Goods,
  proposals: readonly Proposal[],
  rounding: RoundingMode,
  budgetLeft: number | null,
): Settlement {
  const sum = sumInNumbers(goods, proposals, rounding, budgetLeft) ?? sumInFractions(goods, proposals, rounding, budgetLeft);
  const touched = sum.portions.filter((portion) => portion.weight > 0);
  return {
    amount: sum.amount,
    wished: sum.wished,
    runs: sum.amount === 0 ? [] : allocateToUnits(sum.amount, touched),
    touched: touched.map((portion) => portion.range),
  };
}

/** The exact road alone, for the law that compares them. */
export function settleInFractions(goods: Goods, proposals: readonly Proposal[], rounding: RoundingMode, budgetLeft: number | null): Settlement {
  const sum = sumInFractions(goods, proposals, rounding, budgetLeft);
  const touched = sum.portions.filter((portion) => portion.weight > 0);
  return {
    amount: sum.amount,
    wished: sum.wished,
    runs: sum.amount === 0 ? [] : allocateToUnits(sum.amount, touched),
    touched: touched.map((portion) => portion.range),
  };
}

// ---------------------------------------------------------------- in numbers

/** Null when the shares are not simple, or too large for plain numbers. */
function sumInNumbers(goods: Goods, proposals: readonly Proposal[], rounding: RoundingMode, budgetLeft: number | null): ExactSum | null {
  const proposal = proposals[0]!;
  if (proposals.length > 1 || proposal.overlaps || proposal.wishes.length === 0 || goods.total > Number.MAX_SAFE_INTEGER / wholePercent) return null;
  const portions: Portion[] = [];
  const totals = proposal.wishes[0]!.type === "each" ? sumEach(goods, proposal.wishes, portions) : sumShared(goods, proposal.wishes, portions);
  if (totals === null || totals.wished > Number.MAX_SAFE_INTEGER) return null;
  const cap = proposal.cap === undefined ? Number.POSITIVE_INFINITY : proposal.cap * wholePercent;
  const budget = budgetLeft === null ? Number.POSITIVE_INFINITY : budgetLeft * wholePercent;
  const given = Math.min(totals.given, cap, budget);
  portions.sort((a, b) => a.range.line - b.range.line || a.range.from - b.range.from);
  return { portions, amount: roundMillionths(given, rounding), wished: roundMillionths(Math.min(totals.wished, cap), rounding) };
}

interface Totals {
  given: number;
  wished: number;
}

function sumEach(goods: Goods, wishes: readonly Wish[], portions: Portion[]): Totals | null {
  let given = 0;
  let wished = 0;
  let isPlain = true;
  let percent = -1;
  for (const wish of wishes) {
    if (wish.type !== "each") return null;
    for (const share of wish.shares) {
      const { range } = share;
      const room = range.price - goods.lines[range.line]!.floor;
      const wanted = share.base * share.percent;
      const got = Math.min(wanted, room * wholePercent);
      if (wanted > Number.MAX_SAFE_INTEGER) return null;
      if (got !== wanted || (percent !== -1 && percent !== share.percent)) isPlain = false;
      percent = share.percent;
      wished += wanted * range.count;
      given += got * range.count;
      portions.push({ range, room, weight: got });
    }
  }
  // One percentage for all and nothing cut: the bases alone are in proportion, and small enough to multiply cheaply.
  if (isPlain && percent > 0) for (const portion of portions) portion.weight = (portion.weight as number) / percent;
  return { given, wished };
}

function sumShared(goods: Goods, wishes: readonly Wish[], portions: Portion[]): Totals | null {
  if (goods.hasFloors) return null;
  let given = 0;
  let wished = 0;
  let ratio: { amount: number; over: number } | null = null;
  for (const wish of wishes) {
    if (wish.type !== "shared") return null;
    let over = 0;
    for (const range of wish.over) over += range.price * range.count;
    const wanted = wish.base * wish.percent;
    if (wanted > Number.MAX_SAFE_INTEGER) return null;
    const got = Math.min(wanted, over * wholePercent);
    if (over === 0) continue;
    if (ratio === null) ratio = { amount: got, over };
    else if (!hasSameRatio(got, over, ratio)) return null;
    wished += wanted;
    given += got;
    for (const range of wish.over) portions.push({ range, room: range.price, weight: range.price });
  }
  return { given, wished };
}

function hasSameRatio(amount: number, over: number, ratio: { amount: number; over: number }): boolean {
  if (amount === ratio.amount && over === ratio.over) return true;
  return BigInt(amount) * BigInt(ratio.over) === BigInt(ratio.amount) * BigInt(over);
}

// ---------------------------------------------------------------- in fractions

interface Atom {
  readonly range: Range;
  readonly room: Rational;
  share: Rational;
}

function sumInFractions(goods: Goods, proposals: readonly Proposal[], rounding: RoundingMode, budgetLeft: number | null): ExactSum {
  const atoms = cutIntoAtoms(proposals).map((range): Atom => {
    const room = rational(range.price - goods.lines[range.line]!.floor);
    return { range, room, share: zero };
  });
  let wished = zero;
  for (const proposal of proposals) {
    const before = atoms.map((atom) => atom.share);
    let wish = zero;
    for (const one of proposal.wishes) wish = add(wish, one.type === "each" ? giveEach(atoms, one.shares) : giveShared(atoms, one));
    wished = add(wished, proposal.cap === undefined ? wish : smaller(wish, rational(proposal.cap)));
    if (proposal.cap !== undefined) capShares(atoms, before, rational(proposal.cap));
  }
  let given = zero;
  for (const { share, range } of atoms) given = add(given, multiply(share, rational(range.count)));
  if (budgetLeft !== null) given = smaller(given, rational(budgetLeft));
  const weights = commonNumerators(atoms.map((atom) => atom.share));
  return {
    portions: atoms.map(({ range, room }, i) => ({ range, room: Number(room.n), weight: weights[i]! })),
    amount: roundRatio(given.n, given.d, rounding),
    wished: roundRatio(wished.n, wished.d, rounding),
  };
}

/** All ranges of all wishes, cut so that no two overlap in part, by line and position. */
function cutIntoAtoms(proposals: readonly Proposal[]): Range[] {
  const byLine = new Map<number, Range[]>();
  for (const proposal of proposals) {
    for (const wish of proposal.wishes) {
      for (const range of wish.type === "each" ? wish.shares.map((share) => share.range) : wish.over) {
        const ranges = byLine.get(range.line);
        if (ranges === undefined) byLine.set(range.line, [range]);
        else ranges.push(range);
      }
    }
  }
  const atoms: Range[] = [];
  for (const line of [...byLine.keys()].sort((a, b) => a - b)) {
    const ranges = byLine.get(line)!.sort((a, b) => a.from - b.from);
    const cuts = [...new Set(ranges.flatMap((range) => [range.from, range.from + range.count]))].sort((a, b) => a - b);
    for (let i = 0; i + 1 < cuts.length; i++) {
      const source = ranges.find((range) => range.from <= cuts[i]! && cuts[i]! < range.from + range.count);
      if (source !== undefined) atoms.push({ ...source, from: cuts[i]!, count: cuts[i + 1]! - cuts[i]! });
    }
  }
  return atoms;
}

const isInside = (atom: Atom, range: Range): boolean =>
  atom.range.line === range.line && atom.range.from >= range.from && atom.range.from < range.from + range.count;

function giveEach(atoms: readonly Atom[], shares: readonly { range: Range; base: number; percent: number }[]): Rational {
  let wish = zero;
  for (const { range, base, percent } of shares) {
    const wanted = rational(BigInt(base) * BigInt(percent), wholePercent);
    wish = add(wish, multiply(wanted, rational(range.count)));
    for (const atom of atoms) {
      if (isInside(atom, range)) atom.share = smaller(add(atom.share, wanted), atom.room);
    }
  }
  return wish;
}

/** Pours the amount over the units by their running prices; what a full unit cannot take goes to the others. */
function giveShared(atoms: readonly Atom[], wish: { over: readonly Range[]; base: number; percent: number }): Rational {
  const total = rational(BigInt(wish.base) * BigInt(wish.percent), wholePercent);
  let open = atoms.filter((atom) => wish.over.some((range) => isInside(atom, range)) && atom.range.price > 0);
  let left = total;
  while (open.length > 0 && left.n > 0n) {
    const over = open.reduce((sum, { range }) => sum + BigInt(range.price) * BigInt(range.count), 0n);
    const perPrice = divide(left, rational(over));
    const full = open.filter((atom) => !isLess(add(atom.share, multiply(perPrice, rational(atom.range.price))), atom.room));
    if (full.length === 0) {
      for (const atom of open) atom.share = add(atom.share, multiply(perPrice, rational(atom.range.price)));
      break;
    }
    for (const atom of full) {
      left = subtract(left, multiply(subtract(atom.room, atom.share), rational(atom.range.count)));
      atom.share = atom.room;
    }
    open = open.filter((atom) => !full.includes(atom));
  }
  return total;
}

function capShares(atoms: readonly Atom[], before: readonly Rational[], cap: Rational): void {
  let given = zero;
  atoms.forEach((atom, i) => {
    given = add(given, multiply(subtract(atom.share, before[i]!), rational(atom.range.count)));
  });
  if (!isLess(cap, given)) return;
  const scale = divide(cap, given);
  atoms.forEach((atom, i) => {
    atom.share = add(before[i]!, multiply(subtract(atom.share, before[i]!), scale));
  });
}

// ---------------------------------------------------------------- allocation

/** Largest remainder over the lines first, then inside each line over its units. */
function allocateToUnits(amount: number, portions: readonly Portion[]): UnitRun[] {
  const lines: { portions: Portion[]; part: AllocationPart }[] = [];
  for (const portion of portions) {
    const { range, weight, room } = portion;
    const last = lines.at(-1);
    const weightOfRange = typeof weight === "bigint" ? weight * BigInt(range.count) : weight * range.count;
    if (last !== undefined && last.portions[0]!.range.line === range.line) {
      last.portions.push(portion);
      last.part.weight = typeof weightOfRange === "bigint" ? (last.part.weight as bigint) + weightOfRange : (last.part.weight as number) + weightOfRange;
      last.part.cap += room * range.count;
    } else lines.push({ portions: [portion], part: { weight: weightOfRange, count: 1, cap: room * range.count } });
  }
  const runs: UnitRun[] = [];
  const ofLines = allocate(amount, lines.map((line) => line.part));
  for (let i = 0; i < lines.length; i++) {
    const { base, extra } = ofLines[i]!;
    const lineAmount = base + extra;
    if (lineAmount === 0) continue;
    const { portions: inLine } = lines[i]!;
    const ofUnits = allocate(lineAmount, inLine.map(({ weight, room, range }) => ({ weight, count: range.count, cap: room })));
    for (let j = 0; j < inLine.length; j++) {
      const { range } = inLine[j]!;
      const unit = ofUnits[j]!;
      if (unit.extra > 0) runs.push({ line: range.line, from: range.from, count: unit.extra, amount: unit.base + 1 });
      if (unit.base > 0 && unit.extra < range.count)
        runs.push({ line: range.line, from: range.from + unit.extra, count: range.count - unit.extra, amount: unit.base });
    }
  }
  return runs;
}
