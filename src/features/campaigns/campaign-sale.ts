/**
 * What one sale adds to the figures of campaigns: pure arithmetic on a redemption as it is stored and the ERP's order that stands
 * for it, if there is one. Nobody adds up events: whenever something happened to a sale it is worked out anew and put in the
 * place of what it was before, so that repeated, late and disordered messages come to the same.
 */

import { giftsAndLines } from "./campaign-sale-gifts.ts";
import {
  type GiftCostOf,
  type Given,
  type GivenFigures,
  givenBy,
  type SoldSku,
  skuMeasures,
} from "./campaign-sale-given.ts";
import { isReturnedWhole, type SoldLine, type StoredSale, sumOf } from "./campaign-stored-sale.ts";

/** Of a sale, or summed up; amounts in minor units. */
export const saleMeasures = [
  "orders",
  "returnedOrders",
  "revenue",
  "refunded",
  "units",
  "returnedUnits",
  "goods",
  "costedGoods",
  "goodsCost",
  "discount",
  "giftValue",
  "promotedUnits",
  "newCustomers",
  "winBacks",
  "giftCost",
  "uncostedGifts",
] as const;
export type SaleMeasure = (typeof saleMeasures)[number];
export type SaleFigures = Readonly<Record<SaleMeasure, number>>;

/** What a sale adds to a campaign, or to one of its promotions. */
export interface Contribution extends SaleFigures {
  readonly redemption: string;
  readonly orderRef: string;
  readonly campaign: string;
  /** Empty: the campaign as a whole, in which an order counts once however many promotions applied. */
  readonly promotion: string;
  readonly currency: string;
  /** When the quarter of an hour began in which it was sold, epoch milliseconds. */
  readonly quarter: number;
  /** Empty: not told. */
  readonly channel: string;
  /** Of the campaign as a whole, by SKU; of its promotions none. */
  readonly skus: readonly SoldSku[];
}

/** Campaigns and costs as they were at the revision that priced a sale. */
export interface RulesThen {
  campaignOf(promotionId: string, revision: number): string | null;
  readonly giftCostOf: GiftCostOf;
}

/** Every time zone in use is a whole number of quarter hours from UTC, so days and hours of any zone are made of these. */
export const quarterMilliseconds = 900_000;
export const quarterOf = (at: number): number => Math.floor(at / quarterMilliseconds) * quarterMilliseconds;

/** Who last bought longer ago than this is won back. */
export const winBackDays = 90;
const winBackMilliseconds = winBackDays * 86_400_000;

const soldStates = new Set(["committed", "partially_returned", "returned"]);
const paidStatuses = new Set(["paid", "fulfilled"]);

/** One for each campaign of its promotions, and one for each promotion. */
export function contributionsOf(sale: StoredSale, { campaignOf, giftCostOf }: RulesThen): Contribution[] {
  const byCampaign = new Map<string, Set<string>>();
  for (const { promotion, promotionId } of sale.promotions) {
    const campaign = promotionId === null ? null : campaignOf(promotionId, sale.revision);
    if (campaign === null) continue;
    byCampaign.set(campaign, (byCampaign.get(campaign) ?? new Set()).add(promotion));
  }
  if (byCampaign.size === 0) return [];
  const isSold = soldStates.has(sale.state) && sale.order?.status !== "cancelled";
  const told = giftsAndLines(sale);
  const whole = isSold ? wholeOf(sale, told.lines) : null;
  const place = {
    redemption: sale.id,
    orderRef: sale.orderRef,
    currency: sale.currency,
    quarter: quarterOf(sale.at),
    channel: sale.order?.channel ?? sale.channel ?? "",
  };
  return [...byCampaign].flatMap(([campaign, promotions]) =>
    [promotions, ...[...promotions].map((promotion) => new Set([promotion]))].map((of, index) => ({
      ...place,
      campaign,
      promotion: index === 0 ? "" : [...of][0]!,
      skus: [],
      ...(whole === null ? nothing : withGiven(whole, givenBy(sale, told, of, giftCostOf), index === 0)),
    })),
  );
}

function withGiven(
  whole: OfWhole,
  { figures, skus }: Given,
  isWhole: boolean,
): SaleFigures & Pick<Contribution, "skus"> {
  return {
    ...bounded(saleMeasures, { ...whole, ...figures }),
    skus: isWhole ? skus.map((sold) => bounded(skuMeasures, sold)) : [],
  };
}

export const nothing = Object.fromEntries(saleMeasures.map((measure) => [measure, 0])) as Record<
  SaleMeasure,
  0
>;

/** Of one sale, in minor units or pieces. */
const most = 1e13;

/** Sums of what is bounded stay within a `bigint`: nonsense of one order must not hold up the events of its project. */
function bounded<Measure extends string, Figures extends Readonly<Record<Measure, number>>>(
  measures: readonly Measure[],
  figures: Figures,
): Figures {
  if (measures.every((measure) => Math.abs(figures[measure]) <= most)) return figures;
  const within = measures.map((measure) => [measure, Math.max(-most, Math.min(most, figures[measure]))]);
  return { ...figures, ...Object.fromEntries(within) };
}

type OfWhole = Omit<SaleFigures, keyof GivenFigures>;

/** What does not depend on whose promotions are asked about. */
function wholeOf(sale: StoredSale, lines: readonly SoldLine[]): OfWhole {
  const { order, total, boughtAt, boughtBefore } = sale;
  const paid = order?.total ?? total;
  const isReturned = isReturnedWhole(sale);
  const isPaid = order === null || paidStatuses.has(order.status);
  const isFirst = sale.isKnownCustomer && isPaid && !isReturned;
  return {
    orders: 1,
    returnedOrders: isReturned ? 1 : 0,
    // With what was paid as a deposit before, which is no sale by itself.
    revenue: paid,
    refunded: Math.min(paid, refundedOf(sale)),
    units: sumOf(lines, ({ quantity }) => quantity),
    returnedUnits: sumOf(lines, ({ back }) => back),
    goods: sumOf(lines, ({ kept }) => kept),
    costedGoods: sumOf(lines, ({ kept, unitCost }) => (unitCost === undefined ? 0 : kept)),
    goodsCost: sumOf(lines, ({ quantity, back, unitCost = 0 }) => (quantity - back) * unitCost),
    newCustomers: isFirst && boughtBefore === null ? 1 : 0,
    winBacks: isFirst && boughtBefore !== null && boughtAt - boughtBefore > winBackMilliseconds ? 1 : 0,
  };
}

/** An order that only has the redemption's number tells of the same refund once more, unless it is of other lines. */
function refundedOf(sale: StoredSale): number {
  const { refunded, order } = sale;
  if (order === null) return refunded;
  return order.isLinked || isOfOtherLines(sale)
    ? refunded + order.refunded
    : Math.max(refunded, order.refunded);
}

/** Whether the redemption and its order each tell of lines that came back, and of none of them both. */
function isOfOtherLines({ lines, returned, order }: StoredSale): boolean {
  const back = returned?.lines ?? {};
  const told = order?.returned ?? [];
  return (
    told.length > 0 &&
    Object.keys(back).length > 0 &&
    told.every(({ id }) => !(back[id]! > 0) && lines.some((line) => line.id === id))
  );
}
