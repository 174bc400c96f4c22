/** A customer at a glance. */
import { rfmScores } from "../../engine/rfm.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import type { CustomerOverview } from "./customer-overview-schemas.ts";
import { sumsOfCustomer } from "./customer-overview-store.ts";

export interface CustomerOverviewService {
  /** Of whoever the shop, an order, a redemption, a coupon or an account of points names. */
  overview(projectId: string, id: string): Promise<CustomerOverview>;
}

export function customerOverviewService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): CustomerOverviewService {
  return {
    async overview(projectId, id) {
      const now = clock.now();
      const sums = await sumsOfCustomer(database.of(projectId), projectId, id, now);
      if (!sums.isKnown) throw problem("customer-not-found");
      const { completed, firstAt, lastAt, amounts, redemptions, coupons, points, segments, tier, scoring } =
        sums;
      const spent = amounts.find(({ currency }) => currency === scoring?.currency)?.amount ?? 0;
      const activity = { completedOrders: completed, lastOrderAt: lastAt, spent };
      return {
        customer: id,
        orders: { completed, firstAt: instantOf(firstAt), lastAt: instantOf(lastAt), amounts },
        redemptions,
        coupons,
        points,
        segments,
        tier,
        scores: scoring === null ? null : rfmScores(activity, scoring.borders, now),
      };
    },
  };
}

function instantOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
