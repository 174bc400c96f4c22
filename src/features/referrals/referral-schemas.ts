import { z } from "zod";
import { identifiersSchema } from "../../engine/cart.ts";
import { limits } from "../../engine/limits.ts";
import { moneyMap } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { customerId } from "../coupons/coupon-schemas.ts";
import { playKey, prize } from "../prizes/prize-schemas.ts";
import { programmeStamp } from "../programmes/programme-schemas.ts";

const name = z.string().min(1).max(limits.nameLength);
const days = (least: number) => z.int().min(least).max(366);
const count = z.int().min(1).max(1_000_000_000);

const friends = count.max(10_000).nullable();

export const referralProgrammeDocument = z
  .strictObject({
    name: name.optional(),
    startsAt: z.iso.datetime({ offset: true }).optional().describe("Friends count from this instant on."),
    endsAt: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("Friends count before this instant; whoever came before may still order."),
    referrer: prize.nullable().default(null).describe("What the member gets for each friend."),
    friend: prize.nullable().default(null).describe("What the friend gets."),
    gift: z
      .strictObject({
        sku: name,
        stock: z.int().min(0).max(1_000_000_000).describe("So many, and not one more."),
        to: z.enum(["referrer", "friend"]).meta({ id: "ReferralSide" }),
      })
      .meta({ id: "ReferralGift" })
      .optional()
      .describe("Beside the reward, for the first ones to qualify."),
    newCustomer: z.boolean().default(true).describe("Only friends who have paid no order before they came."),
    firstOrder: z
      .boolean()
      .default(true)
      .describe("The first order that the friend pays decides; false: any of them may."),
    minAmount: moneyMap
      .optional()
      .describe("What the order must come to, returns taken off; in other currencies it does not count."),
    withinDays: days(1).default(30).describe("The order is placed within so many days after they came."),
    holdDays: days(0)
      .default(14)
      .describe("So long the goods may come back; if they do, so does what was given."),
    given: z
      .enum(["paid", "held"])
      .meta({ id: "ReferralRewardsGiven" })
      .default("held")
      .describe("`held`: when the hold is over. `paid`: at once, and taken back if the goods come back."),
    mostRewards: count.optional().describe("For how many friends a member is rewarded, in all."),
    mostRewardsPer: z
      .strictObject({
        period: z.enum(["day", "week", "month"]).meta({ id: "ReferralPeriod" }),
        count,
      })
      .meta({ id: "ReferralRewardsPerPeriod" })
      .optional()
      .describe("The same in each day, week or month of the project's zone."),
    friendsPerDevice: friends
      .default(1)
      .describe("For how many friends a device may stand, where it is told; null: any number."),
    friendsPerPhone: friends.default(1),
    friendsPerIp: friends.default(10),
    link: z
      .string()
      .max(2_000)
      .regex(/^https?:\/\/[^\s{}]+\{code\}[^\s{}]*$/)
      .optional()
      .describe("Where a code leads, such as `https://shop.example/?ref={code}`."),
  })
  .meta({ id: "ReferralProgrammeDocument" });
/** One of the first gifts, as it was when the referral qualified. */
export type PromisedGift = Pick<NonNullable<ReferralProgrammeDocument["gift"]>, "sku" | "to">;
export type ReferralProgrammeDocument = z.output<typeof referralProgrammeDocument>;

export const referralProgramme = referralProgrammeDocument
  .extend(programmeStamp)
  .meta({ id: "ReferralProgramme" });
export const referralProgrammePage = pageOf(referralProgramme, "ReferralProgrammePage");

export const referralCode = z.string().min(1).max(64);

export const memberRequest = z
  .strictObject({ customer: customerId, identifiers: identifiersSchema.optional() })
  .meta({ id: "ReferralMemberRequest" });
export type MemberRequest = z.output<typeof memberRequest>;

export const referralMember = z
  .object({
    programme: playKey,
    customer: z.string(),
    code: z.string().describe("What friends bring; typed in any case."),
    link: z.string().nullable().describe("Where the code leads, as the programme has it."),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "ReferralMember" });
export type ReferralMember = z.output<typeof referralMember>;

export const referralRequest = z
  .strictObject({
    code: referralCode,
    customer: customerId.describe("The friend."),
    identifiers: identifiersSchema.optional().describe("Theirs. Kept as keyed hashes, never as they are."),
    channel: name.optional().describe("Where they came from."),
  })
  .meta({ id: "ReferralRequest" });
export type ReferralRequest = z.output<typeof referralRequest>;

export const referralStates = ["attributed", "refused", "qualified", "rewarded", "reversed"] as const;
const referralState = z.enum(referralStates).meta({
  id: "ReferralState",
  description:
    "`attributed`: the friend came, and has not paid an order yet that decides. `refused`: counts for nobody. `qualified`: the order is paid, the hold runs. `rewarded`: the hold is over. `reversed`: the order came back within it.",
});

export const referralReasons = [
  "self_referral",
  "ring",
  "not_new",
  "amount_too_low",
  "too_late",
  "order_returned",
] as const;
export type ReferralReason = (typeof referralReasons)[number];
const referralReason = z.enum(referralReasons).meta({
  id: "ReferralReason",
  description:
    "`self_referral`: the friend is the member, or has their device or phone. `ring`: the friend brought the member, over however many others, or shares a device, phone or address with too many friends. `not_new`: they had paid an order before. `amount_too_low`, `too_late`: what they ordered, and when. `order_returned`: it came back within the hold.",
});

export const referral = z
  .object({
    id: z.string(),
    programme: playKey,
    customer: z.string().describe("The friend."),
    code: z.string().describe("Whose code they came by."),
    referrer: z.string().describe("The member."),
    channel: z.string().nullable(),
    state: referralState,
    reason: referralReason.nullable(),
    isCapped: z
      .boolean()
      .describe(
        "It qualified, but the member is rewarded for no more friends; the friend is rewarded all the same.",
      ),
    order: z.string().nullable().describe("By which it qualified."),
    holdUntil: z.iso.datetime().nullable(),
    attributedAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Referral" });
export type Referral = z.output<typeof referral>;
export const referralPage = pageOf(referral, "ReferralPage");

export const referralQuery = pageQuery.extend({
  state: referralState.optional(),
  reason: referralReason.optional(),
  referrer: customerId.optional().describe("Whose friends."),
});
export type ReferralQuery = z.output<typeof referralQuery>;

export const referralResults = z
  .object({
    members: z.int(),
    referrals: z
      .array(
        z
          .object({
            state: referralState,
            reason: referralReason.nullable(),
            channel: z.string().nullable(),
            count: z.int(),
          })
          .meta({ id: "ReferralCount" }),
      )
      .describe("By state, reason and channel."),
    giftsLeft: z.int().nullable().describe("Null for a programme without gifts."),
  })
  .meta({ id: "ReferralResults" });
export type ReferralResults = z.output<typeof referralResults>;
