/** The figures of a campaign by channel, segment or SKU, which add up to those of the whole. */
import { allocate } from "../../engine/money.ts";
import type { Database } from "../../platform/database.ts";
import { marginOf, ordersOf } from "../campaigns/campaign-board.ts";
import type { SaleFigures } from "../campaigns/campaign-sale.ts";
import { existingCampaign } from "../campaigns/campaign-service.ts";
import { type SoldAndSpent, soldAndSpent } from "../campaigns/sold-and-spent-service.ts";
import type { Caution } from "../planning/calculation.ts";
import { acquisitionCostOf, roiOf } from "../planning/campaign-returns.ts";
import { fewOrders } from "../planning/significance.ts";
import type { Breakdown, BreakdownFigures, BreakdownQuery, BreakdownRow } from "./breakdown-schemas.ts";
import { type CampaignQuestion, sumSegments, sumSkus } from "./breakdown-store.ts";
import { cautionsOnGifts, segmentsOfNow } from "./measurement-cautions.ts";
import { measuredCurrency } from "./measurement-service.ts";
import { whileMeasuring } from "./measuring-service.ts";

export interface BreakdownService {
  breakDown(projectId: string, campaign: string, query: BreakdownQuery): Promise<Breakdown>;
}

interface PartSums {
  readonly orders: number;
  readonly units: number;
  /** Null: not told apart from other units. */
  readonly gifts: number | null;
  readonly revenue: number;
  readonly discount: number;
  readonly giftCost: number;
  readonly uncostedGifts: number;
  readonly goods: number;
  readonly costedGoods: number;
  readonly goodsCost: number;
  /** Null: of a SKU. */
  readonly newCustomers: number | null;
}

/** What is in no other part. */
interface Part extends PartSums {
  /** Of which rows it is: one, those of all segments that its customers are in, or none. */
  readonly names: readonly string[];
}

/** Its own sums, and its part of the cost entries. */
interface CostedPart extends Part {
  readonly entered: number;
}

const nothing: PartSums = {
  orders: 0,
  units: 0,
  gifts: null,
  revenue: 0,
  discount: 0,
  giftCost: 0,
  uncostedGifts: 0,
  goods: 0,
  costedGoods: 0,
  goodsCost: 0,
  newCustomers: 0,
};
const measures = Object.keys(nothing) as (keyof PartSums)[];

export function breakdownService({ database }: { database: Database }): BreakdownService {
  return {
    async breakDown(projectId, campaign, { by, currency: asked, limit }) {
      const { document } = await existingCampaign(database.of(projectId), projectId, campaign);
      const currency = measuredCurrency(asked, document);
      const question: CampaignQuestion = { projectId, campaign, currency };
      const read = await whileMeasuring(
        database,
        projectId,
        "Ask again in a quieter hour.",
        async (snapshot) => ({
          sold: await soldAndSpent(snapshot, projectId, campaign, currency),
          segments: by === "segment" ? await sumSegments(snapshot, question) : [],
          skus: by === "sku" ? await sumSkus(snapshot, question) : [],
        }),
      );
      const { costs, entered } = read.sold;
      const whole = sumsOf(read.sold.whole);
      const told = {
        channel: read.sold.channels.map((sold) =>
          named(sold.channel === "" ? [] : [sold.channel], sumsOf(sold)),
        ),
        segment: read.segments.map((sold) => named(sold.names, sumsOf(sold))),
        sku: read.skus.map(({ sku, ...sold }) =>
          named([sku], { ...sold, revenue: sold.goods, newCustomers: null }),
        ),
      };
      const parts = costed(told[by], whole, costs, by === "channel");
      const { rows, others } = rowsOf(parts, limit);
      const inSeveral = sumOf(parts, ({ names, orders }) => (names.length > 1 ? orders : 0));
      return {
        campaign,
        currency,
        by,
        whole: figuresOf({ ...whole, entered }),
        rows,
        others,
        inSeveral,
        cautions: [
          ...cautionsOnGifts(whole.uncostedGifts),
          ...cautionsOnCosts(costs, by),
          ...(by === "segment" ? [segmentsOfNow] : []),
          ...cautionsOnOverlap(inSeveral),
          ...cautionsOnFew(rows),
        ],
      };
    },
  };
}

const named = (names: readonly string[], sums: PartSums): Part => ({ ...sums, names });

function sumsOf(sold: SaleFigures): PartSums {
  const { discount, giftCost, uncostedGifts, goods, costedGoods, goodsCost, newCustomers } = sold;
  return {
    orders: ordersOf(sold),
    units: sold.units - sold.returnedUnits,
    gifts: null,
    revenue: sold.revenue - sold.refunded,
    discount,
    giftCost,
    uncostedGifts,
    goods,
    costedGoods,
    goodsCost,
    newCustomers,
  };
}

/**
 * With the part of no row, which is what the others leave of the whole, and with the cost entries: those that name a channel are
 * that channel's; all others are shared out by revenue, to the cent.
 */
function costed(
  told: readonly Part[],
  whole: PartSums,
  entered: SoldAndSpent["costs"],
  isByChannel: boolean,
): CostedPart[] {
  const sold = told.filter(({ names }) => names.length > 0);
  const rest = named(
    [],
    measured((measure) => left(whole, sold, measure)),
  );
  const silent = new Set(isByChannel ? entered.flatMap(({ channel }) => channel ?? []) : []);
  for (const { names } of sold) for (const name of names) silent.delete(name);
  const parts = [...sold, ...[...silent].map((name) => named([name], nothing)), rest];
  const isOwn = (channel: string | null) => isByChannel && channel !== null;
  const shares = shared(
    sumOf(entered, ({ channel, amount }) => (isOwn(channel) ? 0 : amount)),
    parts.map(({ revenue }) => Math.max(0, revenue)),
  );
  return parts.map((part, place) => ({
    ...part,
    entered:
      shares[place]! +
      sumOf(entered, ({ channel, amount }) => (isOwn(channel) && part.names[0] === channel ? amount : 0)),
  }));
}

/** Every order is one of some SKU, and in several it is counted by each: none is left. */
function left(whole: PartSums, named: readonly Part[], measure: keyof PartSums): number | null {
  if (named.some((part) => part[measure] === null) || whole[measure] === null) return null;
  const isBySku = named.some(({ newCustomers }) => newCustomers === null);
  if (measure === "orders" && isBySku) return 0;
  return whole[measure] - sumOf(named, (part) => part[measure]!);
}

/** By the weights; where nobody has any, the last has all. Below zero where it takes back. */
function shared(total: number, weights: readonly number[]): number[] {
  const size = Math.abs(total);
  if (weights.every((weight) => weight === 0))
    return weights.map((_, place) => (place === weights.length - 1 ? total : 0));
  const { base, extra } = allocate(
    size,
    weights.map((weight) => ({ weight, count: 1, room: weight === 0 ? 0 : size })),
  );
  return base.map((amount, place) => Math.sign(total) * (amount + extra[place]!));
}

function rowsOf(parts: readonly CostedPart[], limit: number): Pick<Breakdown, "rows" | "others"> {
  const byName = new Map<string, CostedPart[]>();
  for (const part of parts)
    for (const name of part.names) {
      const own = byName.get(name);
      if (own === undefined) byName.set(name, [part]);
      else own.push(part);
    }
  const named = [...byName]
    .map(([name, own]): BreakdownRow => ({ name, ...figuresOf(together(own)) }))
    .sort((a, b) => b.revenue - a.revenue || (a.name! < b.name! ? -1 : 1));
  const shown = named.slice(0, limit);
  const isShown = new Set(shown.map(({ name }) => name));
  const others = parts.filter(({ names }) => names.length > 0 && !names.some((name) => isShown.has(name)));
  const rest = figuresOf(together(parts.filter(({ names }) => names.length === 0)));
  const isRest = rest.orders !== 0 || rest.revenue !== 0 || rest.cost !== 0 || rest.uncostedGifts !== 0;
  return {
    rows: [...shown, ...(isRest ? [{ name: null, ...rest }] : [])],
    others: others.length === 0 ? null : figuresOf(together(others)),
  };
}

type Costed = Omit<CostedPart, "names">;

function together(parts: readonly CostedPart[]): Costed {
  return {
    ...measured((measure) =>
      parts.some((part) => part[measure] === null) ? null : sumOf(parts, (part) => part[measure]!),
    ),
    entered: sumOf(parts, ({ entered }) => entered),
  };
}

function measured(amountOf: (measure: keyof PartSums) => number | null): PartSums {
  return Object.fromEntries(measures.map((measure) => [measure, amountOf(measure)])) as unknown as PartSums;
}

function figuresOf({ entered, ...sums }: Costed): BreakdownFigures {
  const { orders, units, gifts, revenue, discount, giftCost, uncostedGifts, newCustomers } = sums;
  const cost = discount + giftCost + entered;
  return {
    orders,
    units,
    gifts,
    revenue,
    discountCost: discount,
    giftCost,
    uncostedGifts,
    enteredCost: entered,
    cost,
    roi: roiOf(revenue, cost),
    newCustomers,
    acquisitionCost: newCustomers === null ? null : acquisitionCostOf(cost, newCustomers),
    margin: marginOf(sums, revenue, entered),
  };
}

function cautionsOnCosts(entered: SoldAndSpent["costs"], by: BreakdownQuery["by"]): Caution[] {
  if (entered.every(({ channel, amount }) => amount === 0 || (by === "channel" && channel !== null)))
    return [];
  const what = by === "channel" ? "Cost entries that name no channel" : "Cost entries";
  return [
    { code: "costs_by_revenue", message: `${what} are shared out by revenue: nobody knows whose they are.` },
  ];
}

function cautionsOnOverlap(inSeveral: number): Caution[] {
  if (inSeveral === 0) return [];
  const message = `${inSeveral} orders are of customers in several segments, and in the row of each: rows add up to more than the whole.`;
  return [{ code: "segments_overlap", message }];
}

function cautionsOnFew(rows: readonly BreakdownRow[]): Caution[] {
  if (!rows.some(({ orders }) => orders > 0 && orders < fewOrders)) return [];
  const message = `Where a row has under ${fewOrders} orders chance decides: draw no conclusion from it yet.`;
  return [{ code: "few_orders", message }];
}

function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}
