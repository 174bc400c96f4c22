/**
 * Turns what a promotion would like to take off in one stage into whole minor units on units of goods.
 *
 * All benefits of the promotion read the same starting prices; their exact shares are added, cut where a floor refuses
 * them and where a cap or the budget ends; the sum is rounded once; then it is allocated, and never rounded again.
 *
 * Two roads lead to the same place: a fast one in plain numbers for a single benefit with simple shares, and an exact one
 * in fractions for everything. A law in the tests holds them against each other.
 */
import type { Discount, Goods, Range, UnitRun } from "./goods.ts";
import type { Proposal, Wish } from "./kind.ts";
import { allocate, type RoundingMode, roundMillionths, roundRatio, wholePercent } from "./money.ts";
import { add, commonNumerators, divide, isLess, multiply, type Rational, rational, smaller, subtract, zero } from "./rational.ts";

export interface Settlement extends Discount {
  /** What the promotion takes off in this stage. */
  readonly amount: number;
  /** What it would take off if nothing refused it, rounded; caps of its own are counted, floors and budgets are not. */
  readonly wished: number;
  /** By line, then position. Their sum is `amount`. Worked out when first asked for: planners rarely ask. */
  runs(): readonly UnitRun[];
  /** Units that have a share, whether or not a whole minor unit of it fell to them. */
  touched(): readonly Range[];
}

/** Equal units with their share: what they would get (`weights`, in any common scale) and the most they can take. */
interface Portions {
  readonly ranges: Range[];
  readonly rooms: number[];
  readonly weights: (number | bigint)[];
}

interface ExactSum {
  portions(): Portions;
  readonly amount: number;
  readonly wished: number;
}

/** `budgetLeft`: null when no budget trims the amount. Nothing is changed in `goods`. */
export function settle(goods: Goods, proposals: readonly Proposal[], rounding: RoundingMode, budgetLeft: number | null): Settlement {
  return new SettledSum(sumInNumbers(goods, proposals, rounding, budgetLeft) ?? sumInFractions(goods, proposals, rounding, budgetLeft));
}

/** The exact road alone, for the law that compares them. */
export function settleInFractions(goods: Goods, proposals: readonly Proposal[], rounding: RoundingMode, budgetLeft: number | null): Settlement {
  return new SettledSum(sumInFractions(goods, proposals, rounding, budgetLeft));
}

class SettledSum implements Settlement {
  readonly amount: number;
  readonly wished: number;
  private readonly sum: ExactSum;
  private portions: Portions | null = null;
  private allocated: readonly UnitRun[] | null = null;

  constructor(sum: ExactSum) {
    this.amount = sum.amount;
    this.wished = sum.wished;
    this.sum = sum;
  }

  touched(): readonly Range[] {
    this.portions ??= this.sum.portions();
    return this.portions.ranges;
  }

  runs(): readonly UnitRun[] {
    this.portions ??= this.sum.portions();
    this.allocated ??= this.amount === 0 ? [] : allocateToUnits(this.amount, this.portions);
    return this.allocated;
  }
}

/** Keeps a copy of the range: by the time the amount is allocated the goods may have cut it in two. */
function addPortion(portions: Portions, { line, from, count, price, stagePrice }: Range, room: number, weight: number | bigint): void {
  if (weight === 0 || weight === 0n) return;
  portions.ranges.push({ line, from, count, price, stagePrice });
  portions.rooms.push(room);
  portions.weights.push(weight);
}

const isBefore = (a: Range, b: Range): boolean => a.line < b.line || (a.line === b.line && a.from < b.from);

/** By line, then position. */
function inOrderOfUnits(portions: Portions): Portions {
  const { ranges, rooms, weights } = portions;
  if (ranges.every((range, i) => i === 0 || isBefore(ranges[i - 1]!, range))) return portions;
  const order = ranges.map((_, i) => i).sort((a, b) => (isBefore(ranges[a]!, ranges[b]!) ? -1 : 1));
  return { ranges: order.map((i) => ranges[i]!), rooms: order.map((i) => rooms[i]!), weights: order.map((i) => weights[i]!) };
}

// ---------------------------------------------------------------- in numbers

/** Null when the shares are not simple, or too large for plain numbers. */
function sumInNumbers(goods: Goods, proposals: readonly Proposal[], rounding: RoundingMode, budgetLeft: number | null): ExactSum | null {
  const proposal = proposals[0]!;
  if (proposals.length > 1 || proposal.overlaps || proposal.wishes.length === 0 || goods.stageTotal > Number.MAX_SAFE_INTEGER / wholePercent) return null;
  const portions: Portions = { ranges: [], rooms: [], weights: [] };
  const [first] = proposal.wishes;
  const totals = first!.type === "each" ? sumEach(goods, proposal.wishes, portions) : first!.type === "shared" ? sumShared(goods, proposal.wishes, portions) : sumEverything(first!);
  if (totals === null || totals.wished > Number.MAX_SAFE_INTEGER) return null;
  const cap = proposal.cap === undefined ? Number.POSITIVE_INFINITY : proposal.cap * wholePercent;
  const budget = budgetLeft === null ? Number.POSITIVE_INFINITY : budgetLeft * wholePercent;
  const given = Math.min(totals.given, cap, budget);
  return {
    portions: () => (first!.type === "everything" ? portionsOfAll(first!.goods.units()) : inOrderOfUnits(portions)),
    amount: roundMillionths(given, rounding),
    wished: roundMillionths(Math.min(totals.wished, cap), rounding),
  };
}

interface Totals {
  given: number;
  wished: number;
}

/** One wish on all goods; by the rules of `Everything` there is no floor to cut it. */
function sumEverything({ goods: { worth }, base, percent }: Extract<Wish, { type: "everything" }>): Totals {
  const wished = base * percent;
  return { wished, given: Math.min(wished, worth * wholePercent) };
}

function portionsOfAll(units: readonly Range[]): Portions {
  const portions: Portions = { ranges: [], rooms: [], weights: [] };
  for (const range of units) addPortion(portions, range, range.price, range.price);
  return portions;
}

function sumEach(goods: Goods, wishes: readonly Wish[], portions: Portions): Totals | null {
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
      addPortion(portions, range, room, got);
    }
  }
  // One percentage for all and nothing cut: the bases alone are in proportion, and small enough to multiply cheaply.
  if (isPlain && percent > 0) for (let i = 0; i < portions.weights.length; i++) portions.weights[i] = (portions.weights[i] as number) / percent;
  return { given, wished };
}

function sumShared(goods: Goods, wishes: readonly Wish[], portions: Portions): Totals | null {
  if (goods.hasFloors) return null;
  const pools: Pool[] = [];
  let wished = 0;
  let given = 0;
  for (const wish of wishes) {
    if (wish.type !== "shared") return null;
    let worth = 0;
    for (const range of wish.over) worth += range.price * range.count;
    const wanted = wish.base * wish.percent;
    if (wanted > Number.MAX_SAFE_INTEGER) return null;
    const amount = Math.min(wanted, worth * wholePercent);
    wished += wanted;
    given += amount;
    pools.push({ over: wish.over, amount, worth });
  }
  weighPools(pools, portions);
  return { given, wished };
}

/** An amount (in millionths) over units worth so much. A unit's exact share is amount × price ÷ worth. */
interface Pool {
  readonly over: readonly Range[];
  readonly amount: number;
  readonly worth: number;
}

function weighPools(pools: readonly Pool[], portions: Portions): void {
  const [first] = pools;
  // All at one rate: the prices alone are in proportion.
  const isOneRate = pools.every(({ amount, worth }) => (amount === first!.amount && worth === first!.worth) || BigInt(amount) * BigInt(first!.worth) === BigInt(first!.amount) * BigInt(worth));
  if (isOneRate) {
    for (const { over } of pools) for (const range of over) addPortion(portions, range, range.price, range.price);
    return;
  }
  const common = pools.reduce((product, { worth }) => product * BigInt(Math.max(1, worth)), 1n);
  for (const { over, amount, worth } of pools) {
    const perPrice = (BigInt(amount) * common) / BigInt(Math.max(1, worth));
    for (const range of over) addPortion(portions, range, range.price, perPrice * BigInt(range.price));
  }
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
    for (const one of proposal.wishes) wish = add(wish, one.type === "each" ? giveEach(atoms, one.shares) : giveShared(atoms, rangesOf(one), one));
    wished = add(wished, proposal.cap === undefined ? wish : smaller(wish, rational(proposal.cap)));
    if (proposal.cap !== undefined) capShares(atoms, before, rational(proposal.cap));
  }
  let given = zero;
  for (const { share, range } of atoms) given = add(given, multiply(share, rational(range.count)));
  if (budgetLeft !== null) given = smaller(given, rational(budgetLeft));
  const weights = commonNumerators(atoms.map((atom) => atom.share));
  const portions: Portions = { ranges: [], rooms: [], weights: [] };
  atoms.forEach(({ range, room }, i) => addPortion(portions, range, Number(room.n), weights[i]!));
  return {
    portions: () => portions,
    amount: roundRatio(given.n, given.d, rounding),
    wished: roundRatio(wished.n, wished.d, rounding),
  };
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
    const cuts = [...new Set(ranges.flatMap((range) => [range.from, range.from + range.count]))].sort((a, b) => a - b);
    for (let i = 0; i + 1 < cuts.length; i++) {
      const source = ranges.find((range) => range.from <= cuts[i]! && cuts[i]! < range.from + range.count);
      if (source !== undefined) atoms.push({ ...source, from: cuts[i]!, count: cuts[i + 1]! - cuts[i]! });
    }
  }
  return atoms;
}

function rangesOf(wish: Wish): readonly Range[] {
  if (wish.type === "each") return wish.shares.map((share) => share.range);
  return wish.type === "shared" ? wish.over : wish.goods.units();
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
function giveShared(atoms: readonly Atom[], over: readonly Range[], wish: { base: number; percent: number }): Rational {
  const total = rational(BigInt(wish.base) * BigInt(wish.percent), wholePercent);
  let open = atoms.filter((atom) => over.some((range) => isInside(atom, range)) && atom.range.price > 0);
  let left = total;
  while (open.length > 0 && left.n > 0n) {
    const worth = open.reduce((sum, { range }) => sum + BigInt(range.price) * BigInt(range.count), 0n);
    const perPrice = divide(left, rational(worth));
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
function allocateToUnits(amount: number, { ranges, rooms, weights }: Portions): UnitRun[] {
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
      lineWeights[last] = typeof weightOfAll === "bigint" ? (lineWeights[last] as bigint) + weightOfAll : (lineWeights[last] as number) + weightOfAll;
      lineRooms[last]! += rooms[i]! * count;
    } else {
      starts.push(i);
      lineWeights.push(weightOfAll);
      lineRooms.push(rooms[i]! * count);
    }
  }
  const runs: UnitRun[] = [];
  const ofLines = starts.length === 1 ? { base: [amount], extra: [0] } : allocate(amount, lineWeights, starts.map(one), lineRooms);
  for (let i = 0; i < starts.length; i++) {
    const ofLine = ofLines.base[i]! + ofLines.extra[i]!;
    if (ofLine > 0) allocateInLine(ofLine, starts[i]!, starts[i + 1] ?? ranges.length, { ranges, rooms, weights }, runs);
  }
  return runs;
}

const one = () => 1;

function allocateInLine(amount: number, start: number, end: number, { ranges, rooms, weights }: Portions, runs: UnitRun[]): void {
  if (end - start === 1) {
    const { count } = ranges[start]!;
    const extra = amount % count;
    return addRuns(runs, ranges[start]!, (amount - extra) / count, extra);
  }
  const inLine = ranges.slice(start, end);
  const { base, extra } = allocate(amount, weights.slice(start, end), inLine.map((range) => range.count), rooms.slice(start, end));
  for (let i = 0; i < inLine.length; i++) addRuns(runs, inLine[i]!, base[i]!, extra[i]!);
}

function addRuns(runs: UnitRun[], { line, from, count }: Range, base: number, extra: number): void {
  if (extra > 0) runs.push({ line, from, count: extra, amount: base + 1 });
  if (base > 0 && extra < count) runs.push({ line, from: from + extra, count: count - extra, amount: base });
}
