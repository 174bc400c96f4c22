/** What a campaign sold and cost in one currency, for whoever reports on it elsewhere: the same sums as on its board. */
import type { Connection } from "../../platform/database.ts";
import { addSales } from "./campaign-board.ts";
import { type CostsOf, type SalesOf, sumCosts, sumSales } from "./campaign-kpi-store.ts";
import { nothing, type SaleFigures } from "./campaign-sale.ts";

export interface SoldAndSpent {
  /** Of the campaign as a whole, by channel. */
  readonly channels: readonly SalesOf[];
  /** Of all channels: each order once. */
  readonly whole: SaleFigures;
  /** Cost entries by channel and element. */
  readonly costs: readonly CostsOf[];
  /** Minor units. */
  readonly entered: number;
}

export async function soldAndSpent(
  connection: Connection,
  projectId: string,
  campaign: string,
  currency: string,
): Promise<SoldAndSpent> {
  const span = { projectId, campaign, until: null };
  const channels = (await sumSales(connection, span, true)).filter((sum) => sum.currency === currency);
  const costs = (await sumCosts(connection, span)).filter((cost) => cost.currency === currency);
  return {
    channels,
    whole: channels.reduce<SaleFigures>(addSales, nothing),
    costs,
    entered: costs.reduce((sum, { amount }) => sum + amount, 0),
  };
}
