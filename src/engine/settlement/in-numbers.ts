/** The fast road: one benefit with simple shares, in plain numbers. Null when the shares are not simple, or too large. */
import type { Goods, Range } from "../goods.ts";
import type { Proposal, UnitShare, Wish } from "../kind.ts";
import { type RoundingMode, roundMillionths, wholePercent } from "../money.ts";
import { perWord } from "../rational.ts";
import type { WorkBudget } from "../work-budget.ts";
import { type ExactSum, inOrderOfUnits, type Portion, portionOf } from "./portions.ts";

export function sumInNumbers(
  goods: Goods,
  proposals: readonly Proposal[],
  rounding: RoundingMode,
  work: WorkBudget,
): ExactSum | null {
  const proposal = proposals[0]!;
  if (
    proposals.length > 1 ||
    proposal.overlaps ||
    proposal.wishes.length === 0 ||
    goods.stageTotal > Number.MAX_SAFE_INTEGER / wholePercent
  )
    return null;
  const sum = sumWishes(goods, proposal.wishes, work);
  if (sum === null || sum.wished > Number.MAX_SAFE_INTEGER) return null;
  const cap = proposal.cap === undefined ? Number.POSITIVE_INFINITY : proposal.cap * wholePercent;
  const { portions } = sum;
  return {
    portions: () => (typeof portions === "function" ? portions() : inOrderOfUnits(portions)),
    given: roundMillionths(Math.min(sum.given, cap), rounding),
    wished: roundMillionths(Math.min(sum.wished, cap), rounding),
    isCapped: sum.given > cap,
  };
}

/** Amounts in millionths. */
interface Sum {
  readonly given: number;
  readonly wished: number;
  readonly portions: Portion[] | (() => Portion[]);
}

function sumWishes(goods: Goods, wishes: readonly Wish[], work: WorkBudget): Sum | null {
  const { type } = wishes[0]!;
  for (const wish of wishes) if (wish.type !== type) return null;
  switch (type) {
    case "each":
      return sumEach(goods, sharesOf(wishes as readonly Extract<Wish, { type: "each" }>[]));
    case "shared":
      return sumShared(goods, wishes as readonly Extract<Wish, { type: "shared" }>[], work);
    case "everything":
      return sumEverything(wishes[0] as Extract<Wish, { type: "everything" }>);
  }
}

/** One wish on all goods; by the rules of `Everything` there is no floor to cut it. */
function sumEverything({ goods, base, percent }: Extract<Wish, { type: "everything" }>): Sum {
  const wished = base * percent;
  return {
    wished,
    given: Math.min(wished, goods.worth * wholePercent),
    portions: () => withWeight(goods.units().map((range) => portionOf(range, range.price, range.price))),
  };
}

function sharesOf(wishes: readonly Extract<Wish, { type: "each" }>[]): readonly UnitShare[] {
  return wishes.length === 1 ? wishes[0]!.shares : wishes.flatMap(({ shares }) => shares);
}

function sumEach(goods: Goods, shares: readonly UnitShare[]): Sum | null {
  let given = 0;
  let wished = 0;
  const percent = shares.length === 0 ? 0 : shares[0]!.percent;
  let isPlain = percent > 0;
  for (const { range, base, percent: ofShare } of shares) {
    const wanted = base * ofShare;
    if (wanted > Number.MAX_SAFE_INTEGER) return null;
    const got = Math.min(wanted, roomOf(goods, range) * wholePercent);
    if (got !== wanted || ofShare !== percent) isPlain = false;
    wished += wanted * range.count;
    given += got * range.count;
  }
  // One percentage for all and nothing cut: the bases alone are in proportion, and small enough to multiply cheaply.
  const portions = shares.map(({ range, base, percent: ofShare }) => {
    const room = roomOf(goods, range);
    return portionOf(range, room, isPlain ? base : Math.min(base * ofShare, room * wholePercent));
  });
  return { given, wished, portions: withWeight(portions) };
}

const roomOf = ({ lines }: Goods, { line, price }: Range): number => price - lines[line]!.floor;

/** Nothing falls to units without a share. */
function withWeight(portions: Portion[]): Portion[] {
  for (const { weight } of portions)
    if (weight === 0 || weight === 0n) return portions.filter((portion) => portion.weight > 0);
  return portions;
}

function sumShared(
  goods: Goods,
  wishes: readonly Extract<Wish, { type: "shared" }>[],
  work: WorkBudget,
): Sum | null {
  if (goods.hasFloors) return null;
  const pools: Pool[] = [];
  let wished = 0;
  let given = 0;
  for (const { over, base, percent } of wishes) {
    let worth = 0;
    for (const range of over) worth += range.price * range.count;
    const wanted = base * percent;
    if (wanted > Number.MAX_SAFE_INTEGER) return null;
    const amount = Math.min(wanted, worth * wholePercent);
    wished += wanted;
    given += amount;
    pools.push({ over, amount, worth });
  }
  return { given, wished, portions: withWeight(weighPools(pools, work)) };
}

/** An amount (in millionths) over units worth so much. A unit's exact share is amount × price ÷ worth. */
interface Pool {
  readonly over: readonly Range[];
  readonly amount: number;
  readonly worth: number;
}

function weighPools(pools: readonly Pool[], work: WorkBudget): Portion[] {
  const [first] = pools;
  // All at one rate: the prices alone are in proportion.
  const isOneRate = pools.every(
    ({ amount, worth }) =>
      (amount === first!.amount && worth === first!.worth) ||
      BigInt(amount) * BigInt(first!.worth) === BigInt(first!.amount) * BigInt(worth),
  );
  if (isOneRate) {
    const byPrice = (range: Range) => portionOf(range, range.price, range.price);
    return pools.length === 1 ? first!.over.map(byPrice) : pools.flatMap(({ over }) => over.map(byPrice));
  }
  // The product has about a word for each pool, and is multiplied and divided as often.
  work.spend(pools.length * pools.length * perWord);
  const common = pools.reduce((product, { worth }) => product * BigInt(Math.max(1, worth)), 1n);
  return pools.flatMap(({ over, amount, worth }) => {
    const perPrice = (BigInt(amount) * common) / BigInt(Math.max(1, worth));
    return over.map((range) => portionOf(range, range.price, perPrice * BigInt(range.price)));
  });
}
