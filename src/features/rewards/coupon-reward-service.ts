/** Coupons as rewards: issued once, voided when the whole order comes back. */
import type { Connection } from "../../platform/database.ts";
import { groupBy } from "../../platform/group-by.ts";
import { issueCoupon, issueCoupons, voidIssued } from "../coupons/coupon-issue-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { GivenReward, RewardKeeper, Settled } from "./reward-service.ts";

export const couponRewards: RewardKeeper = {
  async give(connection, { order, grant, now, timezone }) {
    if (grant.recipient === "referrer") return { state: "refused", reason: "referrer_unknown" };
    const { customerId } = order;
    if (customerId === null) return { state: "refused", reason: "customer_required" };
    const { projectId, redemptionId, promotion, validFor } = grant;
    const pool = grant.pool!;
    const issued = await issueCoupon(connection, { projectId, pool, customerId, validFor, now, timezone });
    if (issued.type === "refused") {
      const { reason } = issued;
      const data = { redemption: redemptionId, promotion, kind: grant.kind, customer: customerId, pool };
      return {
        state: "owed",
        reason,
        // Told once, however often it is looked at again.
        ...(grant.state !== "owed" && {
          events: [newEvent("dealwright.reward.owed", redemptionId, { ...data, reason })],
        }),
      };
    }
    return { state: "granted", code: issued.code };
  },

  async giveAll(connection, promises, { now, timezone }) {
    const given: GivenReward[] = [];
    const byCoupon = groupBy(
      promises.filter(({ grant }) => grant.recipient !== "referrer"),
      ({ grant: { pool, validFor } }) => JSON.stringify([pool, validFor]),
    );
    for (const alike of byCoupon.values()) {
      const { projectId, pool, validFor } = alike[0]!.grant;
      const order = { projectId, pool: pool!, validFor, now, timezone };
      const codes = await issueCoupons(
        connection,
        order,
        alike.map(({ customerId }) => customerId),
      );
      given.push(...codes.map((code, index) => ({ ...alike[index]!, code })));
    }
    return given;
  },

  // Part of an order still earns the whole coupon: it is taken back with the rest.
  adjust: async () => null,

  // Void at once: whoever holds it already may still use it, and only then is it decided.
  async takeBack(connection: Connection, { order, grant }): Promise<Settled | "later"> {
    const { projectId, redemptionId, promotion, kind, code } = grant;
    const { used, reserved } = await voidIssued(connection, projectId, code!);
    if (used === 0 && reserved > 0) return "later";
    const data = { redemption: redemptionId, promotion, kind, customer: order.customerId, pool: grant.pool };
    return used > 0
      ? { state: "kept", events: [newEvent("dealwright.reward.kept", redemptionId, data)] }
      : { state: "recovered", events: [newEvent("dealwright.reward.recovered", redemptionId, data)] };
  },
};
