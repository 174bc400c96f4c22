/** Points as rewards: booked once, and taken back in proportion as the goods come back. */
import { shareOf } from "../../ledger/points.ts";
import { returnedPart } from "../../ledger/sale.ts";
import type { Connection } from "../../platform/database.ts";
import { newEvent } from "../events/event-types.ts";
import { holderOf } from "../points/points-book-service.ts";
import { earnPoints, type RewardPoints, takePointsBack } from "../points/points-earning-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { RedeemedOrder } from "../redemptions/redemption-reading-service.ts";
import type { RewardCase, RewardKeeper } from "./reward-service.ts";
import type { RewardGrantRow } from "./reward-tables.ts";

export function pointsRewards(projects: Pick<ProjectService, "identifierKey">): RewardKeeper {
  async function takeBack(
    connection: Connection,
    { order, grant, ...booking }: RewardCase,
    isWhole: boolean,
  ) {
    const reward = rewardOf(grant);
    await takePointsBack(connection, reward, isWhole ? reward.points : backOf(order, reward.points), booking);
  }

  return {
    async give(connection, reward) {
      const { order, grant, now, timezone } = reward;
      const { projectId, redemptionId, promotion, kind } = grant;
      const { customerId: customer } = order;
      if (customer === null) return { state: "refused", reason: "customer_required" };
      const holder = holderOf(await projects.identifierKey(connection, projectId), customer);
      await earnPoints(connection, rewardOf(grant), holder, { now, timezone });
      // Part of it may have come back by now.
      await takeBack(connection, reward, false);
      const data = { redemption: redemptionId, promotion, kind, customer, pool: null };
      return { state: "granted", events: [newEvent("dealwright.reward.granted", redemptionId, data)] };
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

/** In proportion to what was paid for what is back; of goods that cost nothing, to their units. */
function backOf({ lines, returned }: RedeemedOrder, points: number): number {
  let [value, of, units, ofUnits] = [0, 0, 0, 0];
  for (const line of lines) {
    const back = returned[line.id] ?? 0;
    value += returnedPart(line, back).paid;
    of += returnedPart(line, line.quantity).paid;
    units += back;
    ofUnits += line.quantity;
  }
  // All units are all points, whatever free ones among them cost.
  if (units === ofUnits) return points;
  return of === 0 ? shareOf(points, units, ofUnits) : shareOf(points, value, of);
}
