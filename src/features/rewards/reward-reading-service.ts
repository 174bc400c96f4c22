/** What redemptions promised, as it stands. */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { Connection, Database } from "../../platform/database.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { existingPools, issuedCoupons } from "../coupons/coupon-issue-service.ts";
import { redeemedOrder } from "../redemptions/redemption-reading-service.ts";
import type { GrantedReward, RedemptionRewards, RewardQuery } from "./reward-schemas.ts";
import { listRewards, rewardsOf } from "./reward-store.ts";
import type { RewardGrantRow } from "./reward-tables.ts";

export interface RewardReadingService {
  ofRedemption(projectId: string, redemptionId: string): Promise<RedemptionRewards>;
  list(projectId: string, query: RewardQuery): Promise<Page<GrantedReward>>;
}

const cursor = cursorOf("rewards", z.tuple([z.string(), z.int()]));

export function rewardReadingService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): RewardReadingService {
  async function shower(connection: Connection, projectId: string, rows: readonly RewardGrantRow[]) {
    const codes = rows.flatMap(({ code }) => code ?? []);
    const coupons = await issuedCoupons(connection, projectId, codes, clock.now());
    const unknown = rows.flatMap(({ reason, pool }) => (reason === "pool_unknown" ? (pool ?? []) : []));
    const known = await existingPools(connection, projectId, unknown);
    return (row: RewardGrantRow): GrantedReward => {
      const coupon = row.code === null ? undefined : coupons.get(row.code);
      return {
        redemption: row.redemptionId,
        promotion: row.promotion,
        kind: row.kind,
        state: row.state,
        // Of a pool that was made since they wait for codes.
        reason: row.reason === "pool_unknown" && known.has(row.pool ?? "") ? "pool_empty" : row.reason,
        pool: row.pool,
        programme: row.programme,
        points: row.points,
        code: coupon?.code ?? null,
        couponStatus: coupon?.status ?? null,
        expiresAt: coupon?.expiresAt?.toISOString() ?? null,
        createdAt: row.createdAt.toISOString(),
        updatedAt: row.updatedAt.toISOString(),
      };
    };
  }

  return {
    async ofRedemption(projectId, redemptionId) {
      const connection = database.of(projectId);
      if ((await redeemedOrder(connection, projectId, redemptionId)) === undefined)
        throw problem("redemption-not-found");
      const rows = await rewardsOf(connection, { projectId, redemptionId });
      return { redemption: redemptionId, items: rows.map(await shower(connection, projectId, rows)) };
    },

    async list(projectId, query) {
      const connection = database.of(projectId);
      const page = { after: cursor.decode(query.after), limit: query.limit + 1 };
      const rows = await listRewards(connection, projectId, query, page);
      const show = await shower(connection, projectId, rows);
      return cursor.page(rows, query.limit, ({ redemptionId, position }) => [redemptionId, position], show);
    },
  };
}
