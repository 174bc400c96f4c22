/** For how many days the stock of each SKU lasts (the timing score of planning asks for it). */
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { toFourDecimals } from "../planning/calculation.ts";
import { stockSold } from "./measurement-store.ts";
import { whileMeasuring } from "./measuring-service.ts";
import type { StockTurnover, StockTurnoverQuery } from "./stock-turnover-schemas.ts";

export interface StockTurnoverService {
  turnover(projectId: string, query: StockTurnoverQuery): Promise<StockTurnover>;
}

const formula = "turnover days = units in stock ÷ (units sold ÷ days)";
const stockOfNow = {
  code: "stock_of_now",
  message:
    "It goes by the stock of now. What it was on average over these days nobody keeps: after a delivery or a sale the figure jumps.",
};

export function stockTurnoverService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): StockTurnoverService {
  return {
    async turnover(projectId, { sku, days, limit }) {
      const to = new Date(clock.now());
      const from = new Date(to.getTime() - days * millisecondsPerDay);
      const rows = await whileMeasuring(database, projectId, "Ask for fewer days.", (connection) =>
        stockSold(connection, projectId, { sku, from, to, most: limit }),
      );
      return {
        from: from.toISOString(),
        to: to.toISOString(),
        formula,
        items: rows.map(({ countedAt, stock, sold, ...row }) => ({
          ...row,
          stock,
          countedAt: new Date(countedAt).toISOString(),
          sold,
          soldPerDay: toFourDecimals(sold / days),
          turnoverDays: stock === 0 ? 0 : sold === 0 ? null : toFourDecimals((stock * days) / sold),
        })),
        cautions: [stockOfNow],
      };
    },
  };
}
