/**
 * The figures once more, from what is stored of each order by itself: redemptions, orders, the ledger of each redemption, cost entries.
 * Nothing here has been added up by the service.
 */
import type { Order, Redemption } from "../../src/client/client.ts";
import { type Channel, campaignKey, channels, instants } from "./plan.ts";
import { allAtOnce, everything, type Shop } from "./shop.ts";

export interface RawFigures {
  readonly orders: number;
  readonly gmv: number;
  readonly newCustomers: number;
  readonly discounts: number;
  readonly cost: number;
  readonly roi: number;
  readonly repurchasePercent: number;
  readonly channelPercents: Readonly<Record<Channel, number>>;
  /** Given, by the quotes and by the ledger. */
  readonly bags: number;
  readonly bagsByLedger: number;
  readonly discountsByLedger: number;
  readonly freeBalances: number;
  readonly depositsPaid: number;
  readonly depositsUsed: number;
}

interface Sale {
  readonly redemption: Redemption;
  readonly order: Order;
  readonly paid: number;
}

const monthMilliseconds = 30 * 86_400_000;
const percent = (part: number, whole: number) => Math.round((part / whole) * 1_000_000) / 10_000;

export async function rawFigures(shop: Shop): Promise<RawFigures> {
  const { marketing } = shop;
  const redemptions = await everything((query) => marketing.redemptions({ query }));
  const orders = await everything((query) => marketing.orders({ query }));
  const promotions = await everything((query) =>
    marketing.promotions({ query: { ...query, campaign: campaignKey } }),
  );
  const costs = await everything((query) => marketing.campaignCosts({ params: { key: campaignKey }, query }));
  const own = new Set(promotions.map(({ key }) => key));
  const orderOf = new Map(orders.map((order) => [order.redemption, order]));
  const sales = redemptions.flatMap((redemption): Sale[] => {
    const order = orderOf.get(redemption.id);
    if (order === undefined || !redemption.quote.promotions.some(({ promotion }) => own.has(promotion)))
      return [];
    return [{ redemption, order, paid: order.total - redemption.refunded }];
  });
  const kept = sales.filter(({ redemption }) => redemption.state !== "returned");
  const sum = <Item>(items: readonly Item[], of: (item: Item) => number) =>
    items.reduce((total, item) => total + of(item), 0);
  const gmv = sum(sales, ({ paid }) => paid);
  const discounts = sum(kept, ({ redemption }) => redemption.quote.discount);
  const cost = discounts + sum(costs, ({ amount }) => amount);

  const bought = keptOrdersByCustomer(orders, redemptions);
  const firsts = new Map([...bought].map(([customer, times]) => [customer, times[0]!]));
  const buyers = [...new Set(kept.map(({ order }) => order.customer!))];
  const start = Date.parse(instants.start);
  const again = buyers.filter((customer) => {
    const [first, second] = bought.get(customer)!.filter((at) => at >= start);
    return second !== undefined && second - first! <= monthMilliseconds;
  });
  const ledger = await ledgerSums(shop, redemptions);
  return {
    orders: kept.length,
    gmv,
    newCustomers: buyers.filter((customer) => firsts.get(customer)! >= start).length,
    discounts,
    cost,
    roi: Math.round(((gmv - cost) / cost) * 10_000) / 10_000,
    repurchasePercent: percent(again.length, buyers.length),
    channelPercents: Object.fromEntries(
      channels.map((channel) => [
        channel,
        percent(
          sum(sales, ({ order, paid }) => (order.channel === channel ? paid : 0)),
          gmv,
        ),
      ]),
    ) as Record<Channel, number>,
    bags: sum(
      redemptions.flatMap(({ quote }) => quote.rewards),
      (reward) => (reward.kind === "gift" && reward.sku === "BAG" ? (reward.quantity ?? 0) : 0),
    ),
    freeBalances: kept.filter(({ redemption }) =>
      redemption.quote.promotions.some(({ promotion }) => promotion === "free-balance"),
    ).length,
    depositsPaid: redemptions.filter(({ orderRef }) => orderRef.startsWith("deposit-")).length,
    ...ledger,
  };
}

/** When each customer bought what they kept, in order. */
function keptOrdersByCustomer(
  orders: readonly Order[],
  redemptions: readonly Redemption[],
): Map<string, number[]> {
  const returned = new Set(redemptions.filter(({ state }) => state === "returned").map(({ id }) => id));
  const bought = new Map<string, number[]>();
  for (const { customer, placedAt, status, redemption } of orders) {
    if (status === "returned" || (redemption != null && returned.has(redemption))) continue;
    bought.set(customer!, [...(bought.get(customer!) ?? []), Date.parse(placedAt)]);
  }
  for (const times of bought.values()) times.sort((a, b) => a - b);
  return bought;
}

/** Every entry of every redemption's ledger, added up by what it counts. */
async function ledgerSums({ marketing }: Shop, redemptions: readonly Redemption[]) {
  let [bagsByLedger, discountsByLedger, depositsUsed] = [0, 0, 0];
  await allAtOnce(redemptions, 16, async ({ id }) => {
    const { data } = await marketing.redemptionLedger({ params: { id } });
    for (const { promotion, measure, used } of data.items) {
      if (promotion === "bag" && measure.startsWith("stock:")) bagsByLedger += used;
      if (promotion === null && measure === "deposit") depositsUsed += used;
      if (promotion === null && measure.startsWith("amount:")) discountsByLedger += used;
    }
  });
  return { bagsByLedger, discountsByLedger, depositsUsed };
}
