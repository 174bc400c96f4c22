/** What is told of prizes and referrals. */
import { z } from "zod";

const prizeData = z.object({
  prize: z.string(),
  source: z.enum(["referral", "check_in", "challenge", "draw"]),
  programme: z.string().describe("The key of the programme, challenge or draw."),
  customer: z.string(),
  gives: z
    .record(z.string(), z.unknown())
    .describe("As it was declared. A code that was issued is in no event."),
});
const prizeKind = (summary: string) => ({
  summary,
  subject: "the prize's id",
  data: prizeData,
  example: {
    subject: "prz_01kb3t7m8n9p0q1r2s3t4v5w6x",
    data: {
      prize: "prz_01kb3t7m8n9p0q1r2s3t4v5w6x",
      source: "referral",
      programme: "launch",
      customer: "c-7",
      gives: { kind: "coupon", pool: "welcome" },
    },
  },
});

const referralData = z.object({
  referral: z.string(),
  programme: z.string().describe("Its key."),
  customer: z.string().describe("The friend."),
  code: z.string().describe("Of the member who brought them."),
  reason: z.string().optional().describe("Why it was refused or reversed."),
});
const referralKind = (summary: string, reason?: string) => ({
  summary,
  subject: "the referral's id",
  data: referralData,
  example: {
    subject: "ref_01kb3t7m8n9p0q1r2s3t4v5w6x",
    data: {
      referral: "ref_01kb3t7m8n9p0q1r2s3t4v5w6x",
      programme: "launch",
      customer: "c-8",
      code: "7K3M9P2Q4R",
      ...(reason !== undefined && { reason }),
    },
  },
});

export const growthEventTypes = {
  "dealwright.prize.granted": prizeKind("A customer got a prize."),
  "dealwright.prize.owed": prizeKind(
    "A coupon that was won cannot be issued, because its pool has none. It is delivered once the pool has codes.",
  ),
  "dealwright.prize.recovered": prizeKind("A prize was taken back: a coupon is void, points are gone."),
  "dealwright.prize.kept": prizeKind(
    "A prize was to be taken back, but its coupon had been used. Nothing was taken.",
  ),
  "dealwright.referral.attributed": referralKind("A friend came through a member's code."),
  "dealwright.referral.refused": referralKind("A friend counts for nobody, and why.", "self_referral"),
  "dealwright.referral.qualified": referralKind(
    "The friend has paid an order that meets the conditions. Until the hold is over its goods may come back.",
  ),
  "dealwright.referral.rewarded": referralKind("The hold is over, and the rewards are theirs for good."),
  "dealwright.referral.reversed": referralKind(
    "The friend's order came back within the hold, and with it whatever was given for it.",
    "order_returned",
  ),
} as const;
