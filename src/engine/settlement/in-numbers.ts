/** The fast road: one benefit with simple shares, in plain numbers. Null when the shares are not simple, or too large. */
import type { Goods, Range } from "../goods.ts";
import type { Proposal, Wish } from "../kind.ts";
import { type RoundingMode, roundMillionths, wholePercent } from "../money.ts";
import { perWord } from "../rational.ts";
import type { WorkBudget } from "../work-budget.ts";
import { addPortion, type ExactSum, inOrderOfUnits, type Portions } from "./portions.ts";

export function sumInNumbers(
  goods: Goods,
  proposals: readonly Proposal[],
  rounding: RoundingMode,
  budgetLeft: number | null,
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
  const portions: Portions = { ranges: [], rooms: [], weights: [] };
  const [first] = proposal.wishes;
  const totals =
    first!.type === "each"
      ? sumEach(goods, proposal.wishes, portions)
      : first!.type === "shared"
        ? sumShared(goods, proposal.wishes, portions, work)
        : sumEverything(first!);
  if (totals === null || totals.wished > Number.MAX_SAFE_INTEGER) return null;
  const cap = proposal.cap === undefined ? Number.POSITIVE_INFINITY : proposal.cap * wholePercent;
  const budget = budgetLeft === null ? Number.POSITIVE_INFINITY : budgetLeft * wholePercent;
  const given = Math.min(totals.given, cap, budget);
  return {
    portions: () =>
      first!.type === "everything" ? portionsOfAll(first!.goods.units()) : inOrderOfUnits(portions),
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
  if (isPlain && percent > 0)
    for (let i = 0; i < portions.weights.length; i++)
      portions.weights[i] = (portions.weights[i] as number) / percent;
  return { given, wished };
}

function sumShared(
  goods: Goods,
  wishes: readonly Wish[],
  portions: Portions,
  work: WorkBudget,
): Totals | null {
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
  weighPools(pools, portions, work);
  return { given, wished };
}

/** An amount (in millionths) over units worth so much. A unit's exact share is amount × price ÷ worth. */
interface Pool {
  readonly over: readonly Range[];
  readonly amount: number;
  readonly worth: number;
}

function weighPools(pools: readonly Pool[], portions: Portions, work: WorkBudget): void {
  const [first] = pools;
  // All at one rate: the prices alone are in proportion.
  const isOneRate = pools.every(
    ({ amount, worth }) =>
      (amount === first!.amount && worth === first!.worth) ||
      BigInt(amount) * BigInt(first!.worth) === BigInt(first!.amount) * BigInt(worth),
  );
  if (isOneRate) {
    for (const { over } of pools)
      for (const range of over) addPortion(portions, range, range.price, range.price);
    return;
  }
  // The product has about a word for each pool, and is multiplied and divided as often.
  work.spend(pools.length * pools.length * perWord);
  const common = pools.reduce((product, { worth }) => product * BigInt(Math.max(1, worth)), 1n);
  for (const { over, amount, worth } of pools) {
    const perPrice = (BigInt(amount) * common) / BigInt(Math.max(1, worth));
    for (const range of over) addPortion(portions, range, range.price, perPrice * BigInt(range.price));
  }
}
