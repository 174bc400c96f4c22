import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { existingCampaign } from "../campaigns/campaign-service.ts";
import { toFourDecimals } from "../planning/calculation.ts";
import { creditChannels } from "./attribution-store.ts";
import type { Attribution, AttributionQuery } from "./measurement-schemas.ts";
import { measuredCurrency } from "./measurement-service.ts";
import { whileMeasuring } from "./measuring-service.ts";

export interface AttributionService {
  attribute(projectId: string, campaign: string, query: AttributionQuery): Promise<Attribution>;
}

export function attributionService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): AttributionService {
  return {
    async attribute(projectId, campaign, { currency: asked, windowDays }) {
      const connection = database.of(projectId);
      const { document, startsAt, endsAt } = await existingCampaign(connection, projectId, campaign);
      const currency = measuredCurrency(asked, document);
      const to = new Date(Math.max(startsAt.getTime(), Math.min(endsAt.getTime(), clock.now())));
      const question = { campaign, currency, windowDays, from: startsAt, to };
      const rows = await whileMeasuring(
        database,
        projectId,
        "Ask again in a quieter hour, or for fewer `windowDays`.",
        (snapshot) => creditChannels(snapshot, projectId, question),
      );
      return {
        campaign,
        currency,
        orders: rows.reduce((sum, { firstOrders }) => sum + firstOrders, 0),
        revenue: rows.reduce((sum, { firstRevenue }) => sum + firstRevenue, 0),
        channels: rows.map(({ channel, touches, ...row }) => ({
          channel,
          touches,
          first: { orders: row.firstOrders, revenue: row.firstRevenue },
          last: { orders: row.lastOrders, revenue: row.lastRevenue },
          linear: { orders: toFourDecimals(row.linearOrders), revenue: row.linearRevenue },
        })),
      };
    },
  };
}
