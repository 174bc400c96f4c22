/**
 * What one sale adds to the figures of campaigns: pure arithmetic on a redemption as it is stored and the ERP's order that stands
 * for it, if there is one. Nobody adds up events: whenever something happened to a sale it is worked out anew and put in the
 * place of what it was before, so that repeated, late and disordered messages come to the same.
 */

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
] as const;
export type SaleMeasure = (typeof saleMeasures)[number];
export type SaleFigures = Readonly<Record<SaleMeasure, number>>;

interface QuotedAdjustment {
  readonly promotion: string;
  readonly amount: number;
  readonly runs?: readonly { readonly units: number; readonly amount: number }[];
}

interface QuotedLine {
  readonly id: string;
  readonly total: number;
  readonly adjustments: readonly QuotedAdjustment[];
}

/** Of an ERP's order. */
interface OrderedLine {
  readonly id: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly unitCost?: number;
  readonly discount?: number;
  readonly total?: number;
}

interface SaleOrder {
  readonly status: string;
  readonly total: number;
  readonly channel: string | null;
  readonly lines: readonly OrderedLine[];
  readonly refunded: number;
  readonly returned: readonly { readonly id: string; readonly quantity: number }[];
  /** It names the redemption; else it only has the number under which the redemption was made. */
  readonly isLinked: boolean;
}

/** A redemption and its order as they are stored now. */
export interface StoredSale {
  readonly id: string;
  readonly orderRef: string;
  readonly state: string;
  readonly currency: string;
  readonly total: number;
  readonly refunded: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly revision: number;
  readonly channel: string | null;
  readonly request: readonly { readonly id: string; readonly quantity: number; readonly unitCost?: number }[];
  readonly lines: readonly QuotedLine[];
  readonly promotions: readonly {
    readonly promotion: string;
    readonly promotionId: string | null;
    readonly amount: number;
  }[];
  readonly rewards: readonly {
    readonly kind: string;
    readonly promotion: string;
    readonly benefit: number;
    readonly quantity?: number;
    readonly value?: number | null;
  }[];
  readonly returned: {
    readonly lines?: Readonly<Record<string, number>>;
    readonly gifts?: Readonly<Record<string, number>>;
  } | null;
  readonly order: SaleOrder | null;
  readonly isKnownCustomer: boolean;
  /** When they bought before, epoch milliseconds; null: never. */
  readonly boughtBefore: number | null;
  /** The instant to which `boughtBefore` is compared. */
  readonly boughtAt: number;
}

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
}

/** Every time zone in use is a whole number of quarter hours from UTC, so days and hours of any zone are made of these. */
export const quarterMilliseconds = 900_000;
export const quarterOf = (at: number): number => Math.floor(at / quarterMilliseconds) * quarterMilliseconds;

/** Who last bought longer ago than this is won back. */
export const winBackDays = 90;
const winBackMilliseconds = winBackDays * 86_400_000;

const soldStates = new Set(["committed", "partially_returned", "returned"]);
const paidStatuses = new Set(["paid", "fulfilled"]);

/** One for each campaign of its promotions, and one for each promotion. `campaignOf`: as it was at the revision that priced it. */
export function contributionsOf(
  sale: StoredSale,
  campaignOf: (promotionId: string, revision: number) => string | null,
): Contribution[] {
  const byCampaign = new Map<string, Set<string>>();
  for (const { promotion, promotionId } of sale.promotions) {
    const campaign = promotionId === null ? null : campaignOf(promotionId, sale.revision);
    if (campaign === null) continue;
    byCampaign.set(campaign, (byCampaign.get(campaign) ?? new Set()).add(promotion));
  }
  if (byCampaign.size === 0) return [];
  const isSold = soldStates.has(sale.state) && sale.order?.status !== "cancelled";
  const whole = isSold ? wholeOf(sale) : null;
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
      ...(whole === null ? nothing : bounded({ ...whole, ...givenBy(sale, of) })),
    })),
  );
}

export const nothing = Object.fromEntries(saleMeasures.map((measure) => [measure, 0])) as Record<
  SaleMeasure,
  0
>;

/** Of one sale, in minor units or pieces. */
const most = 1e13;

/** Sums of what is bounded stay within a `bigint`: nonsense of one order must not hold up the events of its project. */
function bounded(figures: SaleFigures): SaleFigures {
  return Object.fromEntries(
    saleMeasures.map((measure) => [measure, Math.max(-most, Math.min(most, figures[measure]))]),
  ) as unknown as SaleFigures;
}

type OfWhole = Omit<SaleFigures, "discount" | "giftValue" | "promotedUnits">;

/** What does not depend on whose promotions are asked about. */
function wholeOf(sale: StoredSale): OfWhole {
  const { order, total, boughtAt, boughtBefore } = sale;
  const paid = order?.total ?? total;
  const isReturned = isReturnedWhole(sale);
  const isPaid = order === null || paidStatuses.has(order.status);
  const isFirst = sale.isKnownCustomer && isPaid && !isReturned;
  const lines = soldLines(sale);
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

function isReturnedWhole({ state, order }: StoredSale): boolean {
  return state === "returned" || order?.status === "returned";
}

interface SoldLine {
  readonly quantity: number;
  /** Units that came back. */
  readonly back: number;
  /** What was paid for those that were kept. */
  readonly kept: number;
  readonly unitCost: number | undefined;
}

function soldLines(sale: StoredSale): SoldLine[] {
  const asked = new Map(sale.request.map((line) => [line.id, line]));
  const backOf = unitsBack(sale);
  const told =
    sale.order !== null && sale.order.lines.length > 0
      ? sale.order.lines.map(({ id, quantity, unitPrice, discount = 0, total, unitCost }) => ({
          id,
          quantity,
          total: total ?? quantity * unitPrice - discount,
          unitCost: unitCost ?? asked.get(id)?.unitCost,
        }))
      : sale.lines.map(({ id, total }) => ({
          id,
          quantity: asked.get(id)?.quantity ?? 1,
          total,
          unitCost: asked.get(id)?.unitCost,
        }));
  return told.map(({ id, quantity, total, unitCost }) => {
    const back = backOf(id, quantity);
    return { quantity, back, kept: total - partOf(total, back, quantity), unitCost };
  });
}

/** Of a line, by whoever was told of it: the redemption, or an order that stands by itself. */
function unitsBack(sale: StoredSale): (line: string, quantity: number) => number {
  const { order, returned } = sale;
  const isReturned = isReturnedWhole(sale);
  const byOrder = new Map((order?.returned ?? []).map(({ id, quantity }) => [id, quantity]));
  return (line, quantity) => {
    if (isReturned) return quantity;
    return Math.min(quantity, Math.max(returned?.lines?.[line] ?? 0, byOrder.get(line) ?? 0));
  };
}

/** What these promotions took off or gave away, less what came back. */
function givenBy(
  sale: StoredSale,
  promotions: ReadonlySet<string>,
): Pick<SaleFigures, "discount" | "giftValue" | "promotedUnits"> {
  const isReturned = isReturnedWhole(sale);
  const asked = new Map(sale.request.map(({ id, quantity }) => [id, quantity]));
  const backOf = unitsBack(sale);
  let promotedUnits = 0;
  let onLines = 0;
  let onLinesKept = 0;
  for (const { id, adjustments } of sale.lines) {
    const own = adjustments.filter(({ promotion }) => promotions.has(promotion));
    const quantity = asked.get(id) ?? 1;
    const back = backOf(id, quantity);
    const amount = sumOf(own, (adjustment) => adjustment.amount);
    onLines += amount;
    onLinesKept += amount - partOf(amount, back, quantity);
    const discounted = Math.max(
      0,
      ...own.map(({ runs = [] }) => sumOf(runs, (run) => (run.amount > 0 ? run.units : 0))),
    );
    promotedUnits += Math.min(discounted, quantity - back);
  }
  // Off the shipping, which is given back with the last unit.
  const all = sumOf(sale.promotions, ({ promotion, amount }) => (promotions.has(promotion) ? amount : 0));
  let giftValue = 0;
  for (const { kind, promotion, benefit, quantity = 1, value } of sale.rewards) {
    if (!promotions.has(promotion) || (kind !== "gift" && kind !== "service")) continue;
    const kept = Math.max(0, quantity - (sale.returned?.gifts?.[`${promotion}/${benefit}`] ?? 0));
    giftValue += kept * (value ?? 0);
    if (kind === "gift") promotedUnits += kept;
  }
  return { discount: isReturned ? 0 : onLinesKept + (all - onLines), giftValue, promotedUnits };
}

/** What the first `units` of a line cost, as refunds have it: each of the earlier units has one of the cents that do not divide. */
function partOf(total: number, units: number, of: number): number {
  const rest = total % of;
  return ((total - rest) / of) * units + Math.min(units, rest);
}

function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}
