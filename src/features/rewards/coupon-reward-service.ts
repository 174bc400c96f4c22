/** Coupons as rewards: issued once, voided when the whole order comes back. */
import type { Connection } from "../../platform/database.ts";
import { groupBy } from "../../platform/group-by.ts";
import { issueCoupons, voidIssued } from "../coupons/coupon-issue-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { RewardKeeper, Settled, SettledReward } from "./reward-service.ts";
import type { RewardGrantRow } from "./reward-tables.ts";

export const couponRewards: RewardKeeper = {
  async give(connection, { order, grant, ...booking }) {
    const promise = { grant, customerId: order.customerId };
    const [given] = await couponRewards.giveAll(connection, [promise], booking);
    return given!.settled;
  },

  async giveAll(connection, promises, { now, timezone }) {
    const settled: SettledReward[] = [];
    const asked = groupBy(promises, ({ grant: { recipient, pool, validFor }, customerId }) =>
      customerId === null || recipient === "referrer" ? null : JSON.stringify([pool, validFor]),
    );
    for (const [coupon, alike] of asked) {
      if (coupon === null) {
        settled.push(...alike.map((promise) => ({ ...promise, settled: refused(promise.grant) })));
        continue;
      }
      const { projectId, pool, validFor } = alike[0]!.grant;
      const order = { projectId, pool: pool!, validFor, now, timezone };
      const customers = alike.map(({ customerId }) => customerId!);
      const { codes, reason } = await issueCoupons(connection, order, customers);
      for (const [index, promise] of alike.entries()) {
        const code = codes[index];
        settled.push({
          ...promise,
          settled:
            code === undefined
              ? owed(promise.grant, promise.customerId!, reason)
              : { state: "granted", code },
        });
      }
    }
    return settled;
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

const refused = ({ recipient }: RewardGrantRow): Settled => ({
  state: "refused",
  reason: recipient === "referrer" ? "referrer_unknown" : "customer_required",
});

function owed(
  { redemptionId, promotion, kind, pool, state }: RewardGrantRow,
  customer: string,
  reason: "pool_unknown" | "pool_empty",
): Settled {
  const data = { redemption: redemptionId, promotion, kind, customer, pool, reason };
  // Told once, however often it is looked at again.
  const events = state === "owed" ? [] : [newEvent("dealwright.reward.owed", redemptionId, data)];
  return { state: "owed", reason, events };
}
