/** The exact road: any benefits, shares as fractions. */
import type { Goods, Range } from "../goods.ts";
import type { Proposal, Wish } from "../kind.ts";
import { type RoundingMode, roundRatio, wholePercent } from "../money.ts";
import {
  add,
  commonNumerators,
  divide,
  isLess,
  multiply,
  operationsWith,
  type Rational,
  rational,
  smaller,
  subtract,
  zero,
} from "../rational.ts";
import type { WorkBudget } from "../work-budget.ts";
import { type ExactSum, portionOf } from "./portions.ts";

interface Atom {
  readonly range: Range;
  readonly room: Rational;
  share: Rational;
}

export function sumInFractions(
  goods: Goods,
  proposals: readonly Proposal[],
  rounding: RoundingMode,
  work: WorkBudget,
): ExactSum {
  const atoms = cutIntoAtoms(proposals).map((range): Atom => {
    const room = rational(range.price - goods.lines[range.line]!.floor);
    return { range, room, share: zero };
  });
  work.spend(10 * atoms.length * proposals.length);
  const byLine = groupByLine(atoms);
  let wished = zero;
  let isWhole = true;
  let isCapped = false;
  const sums = atoms.map(() => zero);
  for (const proposal of proposals) {
    // Each benefit on its own, so that their order in the document does not matter; then the sum is cut at the unit's room.
    for (const atom of atoms) atom.share = zero;
    let wish = zero;
    for (const one of proposal.wishes) {
      const given = give(byLine, one, work);
      wish = add(wish, given.wish);
      work.spend(operationsWith(wish.d));
      isWhole &&= given.isWhole;
    }
    wished = add(wished, proposal.cap === undefined ? wish : smaller(wish, rational(proposal.cap)));
    if (proposal.cap !== undefined && isLess(rational(proposal.cap), wish)) {
      if (capShares(atoms, rational(proposal.cap), work)) isCapped = true;
      isWhole = false;
    }
    atoms.forEach((atom, i) => {
      sums[i] = add(sums[i]!, atom.share);
    });
  }
  atoms.forEach((atom, i) => {
    if (isLess(atom.room, sums[i]!)) isWhole = false;
    atom.share = smaller(sums[i]!, atom.room);
  });
  // Where nothing was cut the sum is known; adding up hundreds of unlike fractions would cost far more than all the rest.
  const given = isWhole ? wished : sumOfShares(atoms, work);
  const weights = commonNumerators(
    atoms.map((atom) => atom.share),
    work,
  );
  const portions = atoms.flatMap(({ range, room }, i) =>
    weights[i] === 0n ? [] : [portionOf(range, Number(room.n), weights[i]!)],
  );
  return {
    portions: () => portions,
    given: roundRatio(given.n, given.d, rounding),
    wished: roundRatio(wished.n, wished.d, rounding),
    isCapped,
  };
}

/** Atoms of a line in order of position, so that those of a range are found without looking at all. */
type AtomsByLine = ReadonlyMap<number, readonly Atom[]>;

function groupByLine(atoms: readonly Atom[]): AtomsByLine {
  const byLine = new Map<number, Atom[]>();
  for (const atom of atoms) {
    const ofLine = byLine.get(atom.range.line);
    if (ofLine === undefined) byLine.set(atom.range.line, [atom]);
    else ofLine.push(atom);
  }
  return byLine;
}

function atomsIn(byLine: AtomsByLine, { line, from, count }: Range): readonly Atom[] {
  const ofLine = byLine.get(line)!;
  const first = firstAtomFrom(ofLine, from);
  let next = first;
  while (next < ofLine.length && ofLine[next]!.range.from < from + count) next++;
  return ofLine.slice(first, next);
}

function firstAtomFrom(atoms: readonly Atom[], position: number): number {
  let low = 0;
  let high = atoms.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (atoms[middle]!.range.from < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Given {
  readonly wish: Rational;
  /** All of it was given: no room was too small. */
  readonly isWhole: boolean;
}

function sumOfShares(atoms: readonly Atom[], work: WorkBudget): Rational {
  let sum = zero;
  for (const { share, range } of atoms) {
    sum = add(sum, multiply(share, rational(range.count)));
    work.spend(operationsWith(sum.d));
  }
  return sum;
}

function give(byLine: AtomsByLine, wish: Wish, work: WorkBudget): Given {
  if (wish.type === "each") return giveEach(byLine, wish.shares);
  const units = rangesOf(wish);
  if (wish.type === "everything" && wish.as === "each")
    return giveEach(
      byLine,
      units.map((range) => ({ range, base: range.price, percent: wish.percent })),
    );
  return giveShared(
    units.flatMap((range) => atomsIn(byLine, range)),
    wish,
    work,
  );
}

/** All ranges of all wishes, cut so that no two overlap in part, by line and position. */
function cutIntoAtoms(proposals: readonly Proposal[]): Range[] {
  const byLine = new Map<number, Range[]>();
  for (const proposal of proposals) {
    for (const wish of proposal.wishes) {
      for (const range of rangesOf(wish)) {
        const ranges = byLine.get(range.line);
        if (ranges === undefined) byLine.set(range.line, [range]);
        else ranges.push(range);
      }
    }
  }
  const atoms: Range[] = [];
  for (const line of [...byLine.keys()].sort((a, b) => a - b)) {
    const ranges = byLine.get(line)!.sort((a, b) => a.from - b.from);
    const cuts = [...new Set(ranges.flatMap((range) => [range.from, range.from + range.count]))].sort(
      (a, b) => a - b,
    );
    let begun = 0;
    // Of the ranges begun so far the one that reaches furthest: if any covers a cut, it does.
    let furthest = ranges[0]!;
    for (let i = 0; i + 1 < cuts.length; i++) {
      const from = cuts[i]!;
      for (; begun < ranges.length && ranges[begun]!.from <= from; begun++)
        if (endOf(ranges[begun]!) > endOf(furthest)) furthest = ranges[begun]!;
      if (endOf(furthest) <= from) continue;
      const { line, price, stagePrice } = furthest;
      atoms.push({ line, from, count: cuts[i + 1]! - from, price, stagePrice });
    }
  }
  return atoms;
}

const endOf = (range: Range): number => range.from + range.count;

function rangesOf(wish: Wish): readonly Range[] {
  if (wish.type === "each") return wish.shares.map((share) => share.range);
  return wish.type === "shared" ? wish.over : wish.goods.units();
}

function giveEach(
  byLine: AtomsByLine,
  shares: readonly { range: Range; base: number; percent: number }[],
): Given {
  let wish = zero;
  let isWhole = true;
  for (const { range, base, percent } of shares) {
    const wanted = rational(BigInt(base) * BigInt(percent), wholePercent);
    wish = add(wish, multiply(wanted, rational(range.count)));
    for (const atom of atomsIn(byLine, range)) {
      const share = add(atom.share, wanted);
      isWhole &&= !isLess(atom.room, share);
      atom.share = smaller(share, atom.room);
    }
  }
  return { wish, isWhole };
}

/** Pours the amount over the units by their running prices; what a full unit cannot take goes to the others. */
function giveShared(
  atoms: readonly Atom[],
  wish: { base: number; percent: number },
  work: WorkBudget,
): Given {
  const total = rational(BigInt(wish.base) * BigInt(wish.percent), wholePercent);
  let open = atoms.filter((atom) => atom.range.price > 0);
  let left = total;
  let isWhole = false;
  while (open.length > 0 && left.n > 0n) {
    work.spend(10 * open.length + operationsWith(left.d));
    const worth = open.reduce((sum, { range }) => sum + BigInt(range.price) * BigInt(range.count), 0n);
    const perPrice = divide(left, rational(worth));
    const full = new Set(
      open.filter(
        (atom) => !isLess(add(atom.share, multiply(perPrice, rational(atom.range.price))), atom.room),
      ),
    );
    if (full.size === 0) {
      for (const atom of open) atom.share = add(atom.share, multiply(perPrice, rational(atom.range.price)));
      isWhole = true;
      break;
    }
    for (const atom of full) {
      left = subtract(left, multiply(subtract(atom.room, atom.share), rational(atom.range.count)));
      atom.share = atom.room;
    }
    open = open.filter((atom) => !full.has(atom));
  }
  // Poured out to the last: nothing is left, or the units took all that was left of it evenly.
  return { wish: total, isWhole: isWhole || left.n === 0n };
}

/** False: there was nothing to cut, for the units cannot take as much. */
function capShares(atoms: readonly Atom[], cap: Rational, work: WorkBudget): boolean {
  const given = sumOfShares(atoms, work);
  if (!isLess(cap, given)) return false;
  const scale = divide(cap, given);
  for (const atom of atoms) atom.share = multiply(atom.share, scale);
  return true;
}
