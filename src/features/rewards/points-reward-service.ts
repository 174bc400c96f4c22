/** Points as rewards: booked once, and taken back in proportion as the goods come back. */
import { pointsBack } from "../../ledger/points-share.ts";
import type { Connection } from "../../platform/database.ts";
import { newEvent } from "../events/event-types.ts";
import { holderOf } from "../points/points-book-service.ts";
import {
  earnManyPoints,
  earnPoints,
  type RewardPoints,
  takePointsBack,
} from "../points/points-earning-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { goodsBackOf } from "../redemptions/redemption-reading-service.ts";
import type { RewardCase, RewardKeeper, Settled } from "./reward-service.ts";
import type { RewardGrantRow } from "./reward-tables.ts";

const toNobody: Settled = { state: "refused", reason: "customer_required" };

export function pointsRewards(projects: Pick<ProjectService, "identifierKey">): RewardKeeper {
  async function takeBack(
    connection: Connection,
    { order, grant, ...booking }: RewardCase,
    isWhole: boolean,
  ) {
    const reward = rewardOf(grant);
    await takePointsBack(
      connection,
      reward,
      isWhole ? reward.points : pointsBack(reward.points, goodsBackOf(order)),
      booking,
    );
  }

  return {
    async give(connection, reward) {
      const { order, grant, now, timezone } = reward;
      const { projectId } = grant;
      const { customerId: customer } = order;
      if (customer === null) return toNobody;
      const holder = holderOf(await projects.identifierKey(connection, projectId), customer);
      await earnPoints(connection, rewardOf(grant), holder, { now, timezone });
      // Part of it may have come back by now.
      await takeBack(connection, reward, false);
      return { state: "granted" };
    },

    async giveAll(connection, promises, booking) {
      const { projectId } = promises[0]!.grant;
      const key = await projects.identifierKey(connection, projectId);
      const guests = promises.filter(({ customerId }) => customerId === null);
      const earning = promises.flatMap(({ grant, customerId }) =>
        customerId === null
          ? []
          : [{ grant, customerId, reward: rewardOf(grant), holder: holderOf(key, customerId) }],
      );
      const earned = await earnManyPoints(connection, projectId, earning, booking);
      return [
        ...guests.map((promise) => ({ ...promise, settled: toNobody })),
        ...earned.map(({ grant, customerId }) => ({
          grant,
          customerId,
          settled: { state: "granted" } as const,
        })),
      ];
    },

    async adjust(connection, reward) {
      await takeBack(connection, reward, false);
      return null;
    },

    async takeBack(connection, reward) {
      const { redemptionId, promotion, kind } = reward.grant;
      await takeBack(connection, reward, true);
      const data = {
        redemption: redemptionId,
        promotion,
        kind,
        customer: reward.order.customerId,
        pool: null,
      };
      return { state: "recovered", events: [newEvent("dealwright.reward.recovered", redemptionId, data)] };
    },
  };
}

function rewardOf({ projectId, redemptionId, position, programme, points }: RewardGrantRow): RewardPoints {
  return { projectId, redemptionId, position, programme: programme!, points: points! };
}
