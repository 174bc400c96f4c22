import { z } from "zod";
import { promotionKey } from "../../engine/promotion.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { customerId } from "../coupons/coupon-schemas.ts";
import { redemption, redemptionRequest } from "../redemptions/redemption-schemas.ts";

export const groupOrder = redemptionRequest
  .omit({ mode: true, ttlSeconds: true, deposit: true, deposits: true, at: true })
  .meta({ id: "GroupOrder", description: "The order of a member, who must be named by `customer.id`." });
export type GroupOrder = z.output<typeof groupOrder>;

export const groupOpening = z
  .strictObject({ promotion: promotionKey, order: groupOrder })
  .meta({ id: "GroupBuyOpening" });
export const groupJoining = z.strictObject({ order: groupOrder }).meta({ id: "GroupBuyJoining" });

export const groupState = z.enum(["open", "succeeded", "failed"]).meta({ id: "GroupBuyState" });

export const groupBuy = z
  .object({
    id: z.string(),
    promotion: promotionKey,
    state: groupState,
    size: z.int(),
    members: z.int().describe("Seats that are taken."),
    openedAt: z.iso.datetime(),
    deadline: z.iso
      .datetime()
      .describe("Not complete by then, it fails, and all members' orders are released."),
    payUntil: z.iso
      .datetime()
      .describe("Until then the members of a complete group may commit their orders."),
  })
  .meta({ id: "GroupBuy" });
export type GroupBuy = z.output<typeof groupBuy>;
export const groupBuyPage = pageOf(groupBuy, "GroupBuyPage");

export const groupSeat = z
  .object({
    group: groupBuy,
    redemption: redemption.describe(
      "Reserved at the group's price; to be committed once the group has succeeded.",
    ),
  })
  .meta({ id: "GroupBuySeat" });
export type GroupSeat = z.output<typeof groupSeat>;

export const groupParams = z.strictObject({ id: z.string().min(1).max(64) });
const customer = customerId
  .optional()
  .describe(
    "For whom a checkout or a till asks: groups of a private promotion are there for its audience and its members alone.",
  );
export const groupAsker = z.strictObject({ customer });
export const groupQuery = pageQuery.extend({
  customer,
  promotion: promotionKey.optional(),
  state: groupState.optional(),
});
export type GroupQuery = z.output<typeof groupQuery>;
