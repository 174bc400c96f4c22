/**
 * The most that a promotion can take off in the item stage, whatever units it is left: one sum over the goods it covers, at
 * the prices of the cart. Never too small, and what it really brings when nobody is in its way, for all usual benefits.
 */
import type { CompiledSelector } from "../../selectors/selector.ts";
import { sortFew } from "../../short-lists.ts";
import type { Situation } from "../../situation.ts";
import { type BenefitFields, capOf, fieldsOf, unlimited } from "./benefit-fields.ts";
import { budgetOf } from "./budget.ts";
import { grain, rateOf } from "./grain.ts";
import { unitsWithinStock } from "./stock-limits.ts";
import { fromOf, slicedWorth } from "./tier-offers.ts";

/** In millionths. */
export function ceilingOf(situation: Situation, index: number): number {
  const { promotion } = situation.candidates[index]!;
  const part = promotion.parts[0]!;
  if (part.stage !== "item") return 0;
  const fields = fieldsOf(promotion, "item");
  let sum = 0;
  for (let i = 0; i < part.benefits.length; i++) {
    sum += ceilingOfBenefit(situation, index, fields[i]!, part.benefits[i]!.selectors);
  }
  return Math.min(sum, budgetOf(situation, promotion));
}

function ceilingOfBenefit(
  situation: Situation,
  index: number,
  fields: BenefitFields,
  selectors: readonly CompiledSelector[],
): number {
  const { currency } = situation.cart;
  const listed = (select: CompiledSelector) => listedGoods(situation, index, select);
  const goods = listed(selectors[0]!);
  switch (fields.kind) {
    case "percent_off":
      return Math.min(
        goods.sumOfFirst(fields.maxUnits ?? unlimited) * rateOf(fields.percent),
        capOf(fields, currency),
      );
    case "fixed_price":
      return goods.sumAbove(fields.price![currency]!, fields.maxUnits ?? unlimited) * grain;
    case "amount_off":
      return (
        amountOff(fields.per === "line" ? wholeLines(situation, selectors[0]!) : goods, fields, currency) *
        grain
      );
    case "nth_unit": {
      const times = Math.min(Math.floor(goods.units / fields.n), fields.maxTimes ?? unlimited);
      return goods.sumInGroups(fields.n, fields.n - 1, fields.n, times) * rateOf(fields.percent);
    }
    case "buy_x_get_y":
      return buyAndGet(goods, selectors[1] && listed(selectors[1]), fields);
    case "bundle":
      return bundle(selectors.map(listed), fields, currency);
    case "tiered":
      return tiered(goods, fields, currency);
    default:
      return goods.worth * grain;
  }
}

/** Equal units of a line. */
interface Run {
  readonly unitPrice: number;
  readonly quantity: number;
}

function listedGoods(situation: Situation, index: number, select: CompiledSelector): ListedGoods {
  const { cart, coverage } = situation;
  const lines = coverage.of(select);
  const within = unitsWithinStock(situation, index, lines);
  if (within === null) return new ListedGoods(cart.lines, lines);
  const runs = lines
    .map((line) => ({ unitPrice: cart.lines[line]!.unitPrice, quantity: within(line) }))
    .filter(({ quantity }) => quantity > 0);
  return new ListedGoods(
    runs,
    runs.map((_, i) => i),
  );
}

/** As if there were stock of all: where each line counts once, cheaper units on more lines can come to more than the dearest. */
function wholeLines({ cart, coverage }: Situation, select: CompiledSelector): ListedGoods {
  return new ListedGoods(cart.lines, coverage.of(select));
}

/** The covered units, as runs. */
class ListedGoods {
  readonly units: number;
  readonly worth: number;
  private readonly all: readonly Run[];
  private readonly lines: readonly number[];
  private sorted: readonly Run[] | null = null;

  constructor(all: readonly Run[], lines: readonly number[]) {
    let units = 0;
    let worth = 0;
    for (const line of lines) {
      const { quantity, unitPrice } = all[line]!;
      units += quantity;
      worth += quantity * unitPrice;
    }
    this.units = units;
    this.worth = worth;
    this.all = all;
    this.lines = lines;
  }

  /** Dearest first. Most sums need no order. */
  private get prices(): readonly Run[] {
    this.sorted ??= sortFew(
      this.lines.map((line) => this.all[line]!),
      (a, b) => b.unitPrice - a.unitPrice,
    );
    return this.sorted;
  }

  sumOfFirst(units: number): number {
    if (units >= this.units) return this.worth;
    return this.sumInGroups(units, 0, units, 1);
  }

  /** What the first units cost above a price. */
  sumAbove(price: number, units: number): number {
    let left = units;
    let sum = 0;
    for (const { unitPrice, quantity } of this.prices) {
      if (unitPrice <= price || left <= 0) break;
      sum += (unitPrice - price) * Math.min(left, quantity);
      left -= quantity;
    }
    return sum;
  }

  /** Of the first `times` groups of `size` units those at the places from `from` to before `to`. */
  sumInGroups(size: number, from: number, to: number, times: number): number {
    let sum = 0;
    let position = 0;
    const end = times * size;
    for (const { unitPrice, quantity } of this.prices) {
      const after = Math.min(position + quantity, end);
      if (after <= position) break;
      sum +=
        unitPrice *
        (placesBefore(after, size, to) -
          placesBefore(after, size, from) -
          placesBefore(position, size, to) +
          placesBefore(position, size, from));
      position = after;
    }
    return sum;
  }

  /** `most` off each line. */
  sumByLine(most: number, units: number): number {
    let sum = 0;
    for (const { unitPrice, quantity } of this.prices)
      sum += Math.min(most, unitPrice * Math.min(quantity, units));
    return sum;
  }

  /** `most` off each of the first units. */
  sumByUnit(most: number, units: number): number {
    let left = units;
    let sum = 0;
    for (const { unitPrice, quantity } of this.prices) {
      if (left <= 0) break;
      sum += Math.min(most, unitPrice) * Math.min(left, quantity);
      left -= quantity;
    }
    return sum;
  }
}

/** How many of the units before `end` stand at a place before `place` of their group. */
function placesBefore(end: number, size: number, place: number): number {
  return Math.floor(end / size) * place + Math.min(end % size, place);
}

function amountOff(
  goods: ListedGoods,
  { amount, per, maxUnits = unlimited, every, maxTimes = unlimited }: BenefitFields,
  currency: string,
): number {
  const off = amount![currency]!;
  if (per === "unit") return goods.sumByUnit(off, maxUnits);
  if (per === "line") return goods.sumByLine(off, maxUnits);
  const worth = goods.sumOfFirst(maxUnits);
  if (every === undefined) return Math.min(off, worth);
  const [base, step] =
    "amount" in every ? [worth, every.amount[currency]!] : [Math.min(goods.units, maxUnits), every.quantity];
  return Math.min(off * Math.min(Math.floor(base / step), maxTimes), worth);
}

function buyAndGet(
  goods: ListedGoods,
  gettable: ListedGoods | undefined,
  { buy, get, percent, pick, maxTimes = unlimited }: BenefitFields,
): number {
  const rate = rateOf(percent ?? 100);
  if (gettable !== undefined) {
    const times = Math.min(
      Math.floor(goods.units / buy.quantity),
      Math.floor(gettable.units / get.quantity),
      maxTimes,
    );
    return gettable.sumOfFirst(times * get.quantity) * rate;
  }
  const size = buy.quantity + get.quantity;
  const times = Math.min(Math.floor(goods.units / size), maxTimes);
  return pick === "dearest"
    ? goods.sumInGroups(size, 0, get.quantity, times) * rate
    : goods.sumInGroups(size, buy.quantity, size, times) * rate;
}

/** The dearest units of each component, as if no unit were in two of them. */
function bundle(slots: readonly ListedGoods[], fields: BenefitFields, currency: string): number {
  const { components, maxTimes = unlimited } = fields;
  let times = maxTimes;
  slots.forEach(({ units }, i) => {
    times = Math.min(times, Math.floor(units / components[i]!.quantity));
  });
  const worthOf = (count: number) => {
    let worth = 0;
    slots.forEach((goods, i) => {
      worth += goods.sumOfFirst(count * components[i]!.quantity);
    });
    return worth;
  };
  if (fields.amount !== undefined) return Math.min(fields.amount[currency]! * times, worthOf(times)) * grain;
  if (fields.price === undefined) return worthOf(times) * rateOf(fields.percent);
  // Each further set is worth no more than the one before.
  const price = fields.price[currency]!;
  let best = 0;
  for (let count = 1; count <= Math.min(times, maxCounted); count++) {
    const saved = worthOf(count) - price * count;
    if (saved <= best) return best * grain;
    best = saved;
  }
  return (times > maxCounted ? worthOf(times) : best) * grain;
}

/** More sets than this are not gone through one by one. */
const maxCounted = 50;

function tiered(goods: ListedGoods, fields: BenefitFields, currency: string): number {
  const { tiers, by, mode } = fields;
  const measured = by === "amount" ? goods.worth : goods.units;
  const isSliced = mode === "graduated";
  if (isSliced && by === "amount") return slicedWorth(tiers, currency)(measured);
  let best = 0;
  for (const tier of tiers) {
    if (fromOf(tier, currency) > measured) break;
    const { benefit } = tier;
    let off: number;
    if (benefit.kind === "percent_off") {
      const cap = capOf(benefit, currency);
      off = Math.min(goods.worth * rateOf(benefit.percent), cap);
    } else if (benefit.kind === "fixed_price")
      off = goods.sumAbove(benefit.price[currency]!, unlimited) * grain;
    else if (benefit.per === "unit") off = goods.sumByUnit(benefit.amount[currency]!, unlimited) * grain;
    else off = Math.min(benefit.amount[currency]!, goods.worth) * grain;
    // Slices may be at different tiers, and each tier's is at most this.
    best = isSliced ? best + off : Math.max(best, off);
  }
  return Math.min(best, goods.worth * grain);
}
