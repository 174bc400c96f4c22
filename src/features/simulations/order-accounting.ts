/** What a replayed order adds to the figures of a simulation. */
import type { Quote } from "../../engine/quote.ts";
import { lineTotal } from "../orders/order-refunds.ts";
import type { OrderLine } from "../orders/order-schemas.ts";
import type { GiftCostOf, Replayed, Replayer } from "./order-replay.ts";
import { type PastOrder, withoutGifts } from "./past-order.ts";
import {
  addInto,
  count,
  currencyOf,
  type GoodsSide,
  namedGoods,
  newGoodsSums,
  newPromotionSums,
  type PromotionUse,
  type SideSums,
  type Tally,
  within,
} from "./replay-tally.ts";

/** Replays the order and adds up what came of it. */
export function account(tally: Tally, replayer: Replayer, told: PastOrder): void {
  const order = withoutGifts(told);
  const replayed = replayer.replay(order);
  if (typeof replayed === "string") {
    count(tally.left, replayed);
    return;
  }
  const now = replayer.instantOf(order);
  for (const { key, schedule } of replayer.drafts)
    if (schedule === null || schedule.contains(now)) count(tally.inForce, key);
  accountPromotions(tally, replayer, replayed);
  accountGoods(tally, replayer, order, replayed);
}

function accountPromotions(
  tally: Tally,
  { drafts, plan, giftCostOf }: Replayer,
  { baseline, scenario }: Replayed,
): void {
  const { sums, promotions } = currencyOf(tally, scenario.currency);
  const isDraft = new Set(drafts.map(({ key }) => key));
  const before = usesIn(baseline, giftCostOf.baseline);
  const after = usesIn(scenario, giftCostOf.scenario);
  sums.orders += 1;
  if ([...after.keys()].some((key) => isDraft.has(key))) sums.affected += 1;
  if (baseline.total !== scenario.total) sums.changed += 1;
  for (const [key, use] of before) {
    const promotion = within(promotions, key, newPromotionSums);
    addInto(promotion.baseline, use);
    // One that a draft replaces, or that was left out by choice, is not crowded out.
    if (plan.only || isDraft.has(key)) continue;
    const left = after.get(key);
    if (left === undefined) promotion.displaced += 1;
    else if (left.amount < use.amount || (left.amount === use.amount && left.times < use.times))
      promotion.lessened += 1;
    promotion.lost += Math.max(0, use.amount - (left?.amount ?? 0));
  }
  for (const [key, use] of after) addInto(within(promotions, key, newPromotionSums).scenario, use);
}

/** A promotion acts in several stages; it was applied as often as in the one where it was most. */
function usesIn({ promotions, rewards, currency }: Quote, costOf: GiftCostOf): Map<string, PromotionUse> {
  const uses = new Map<string, PromotionUse>();
  for (const { promotion, amount, times } of promotions) {
    const use = within(uses, promotion, () => ({ orders: 1, times: 0, amount: 0, giftCost: 0 }));
    use.times = Math.max(use.times, times);
    use.amount += amount;
  }
  for (const { promotion, benefit, quantity = 1 } of rewards) {
    const use = uses.get(promotion);
    if (use !== undefined) use.giftCost += quantity * (costOf(promotion, benefit, currency) ?? 0);
  }
  return uses;
}

function accountGoods(
  tally: Tally,
  { plan: { elasticity }, giftCostOf }: Replayer,
  { document: { lines }, segments }: PastOrder,
  { baseline, scenario }: Replayed,
): void {
  const { currency } = scenario;
  const { sums } = currencyOf(tally, currency);
  addRest(sums.baseline, baseline, giftCostOf.baseline, tally);
  addRest(sums.scenario, scenario, giftCostOf.scenario, tally);
  const ofOrder = newGoodsSums();
  const seen = new Set<string>();
  for (const [position, line] of lines.entries()) {
    const { sku, quantity, unitPrice, unitCost } = line;
    const subtotal = quantity * unitPrice;
    const was = sideOf(line, baseline.lines[position]!);
    const would = sideOf(line, scenario.lines[position]!);
    const factor = elasticity === null ? 1 : volumeFactor(elasticity, was.revenue, would.revenue);
    const goods = {
      orders: seen.has(sku) ? 0 : 1,
      units: quantity,
      thousandths: Math.round(quantity * factor * 1_000),
      baseline: was,
      scenario: factor === 1 ? would : scaled(would, factor),
    };
    seen.add(sku);
    const named = namedGoods(tally, "skus", currency, sku);
    if (named !== null) addInto(named, goods);
    addInto(ofOrder, { ...goods, orders: 0 });
    sums.units += quantity;
    sums.subtotal += subtotal;
    if (unitCost !== undefined) sums.costed += subtotal;
    sums.recorded += lineTotal(line);
    addInto(sums.scenario, would);
  }
  addInto(sums.baseline, ofOrder.baseline);
  addInto(sums.assumed, { ...ofOrder.scenario, thousandths: ofOrder.thousandths });
  for (const segment of segments) {
    const named = namedGoods(tally, "segments", currency, segment);
    if (named !== null) addInto(named, { ...ofOrder, orders: 1 });
  }
}

/**
 * Units sold for each unit that was sold: 1 + elasticity × relative change of what the line costs, never below 0. The
 * customer's price before is that of the rules in force; of what was free already nothing is assumed.
 */
export function volumeFactor(elasticity: number, was: number, would: number): number {
  return was === 0 ? 1 : Math.max(0, 1 + (elasticity * (would - was)) / was);
}

function sideOf({ quantity, unitCost }: OrderLine, { discount, total }: Quote["lines"][number]): GoodsSide {
  return { revenue: total, discount, margin: unitCost === undefined ? 0 : total - unitCost * quantity };
}

/** To whole minor units, line by line. */
function scaled({ revenue, discount, margin }: GoodsSide, factor: number): GoodsSide {
  return {
    revenue: Math.round(revenue * factor),
    discount: Math.round(discount * factor),
    margin: Math.round(margin * factor),
  };
}

/** What is not of a line. */
function addRest(
  side: SideSums,
  { currency, shippingDiscount, rewards }: Quote,
  costOf: GiftCostOf,
  tally: Tally,
): void {
  side.shippingDiscount += shippingDiscount;
  for (const { promotion, benefit, kind, sku, choices, name, quantity = 1, value, points } of rewards) {
    if (kind === "points") side.points += points ?? 0;
    if (kind !== "gift" && kind !== "service") continue;
    if (kind === "gift") {
      side.gifts += quantity;
      side.giftValue += quantity * (value ?? 0);
    }
    const unitCost = costOf(promotion, benefit, currency);
    if (unitCost !== null) side.giftCost += quantity * unitCost;
    else {
      side.uncostedGifts += quantity;
      count(tally.uncosted, sku ?? name ?? choices?.join(" / ") ?? promotion, quantity);
    }
  }
}
