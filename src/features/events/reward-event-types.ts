/** What is told of rewards and points. */
import { z } from "zod";

const nullableText = z.string().nullable();

const rewardData = z.object({
  redemption: z.string(),
  promotion: z.string().describe("Its key."),
  kind: z.enum(["issue_coupon", "points"]),
  customer: nullableText,
  pool: nullableText.describe("The key of a coupon's pool. The code itself is in no event."),
  reason: z.enum(["pool_empty", "pool_unknown"]).optional().describe("Why it is owed."),
});
const rewardKind = (summary: string, reason?: "pool_empty") => ({
  summary,
  subject: "the redemption's id",
  data: rewardData,
  example: {
    subject: "rdm_01kb3t7m8n9p0q1r2s3t4v5w6x",
    data: {
      redemption: "rdm_01kb3t7m8n9p0q1r2s3t4v5w6x",
      promotion: "come-back",
      kind: "issue_coupon",
      customer: "c-7",
      pool: "come-back",
      ...(reason !== undefined && { reason }),
    },
  },
});

const pointsData = z.object({
  customer: z.string(),
  programme: z.string(),
  points: z.int(),
  redemption: z.string().optional().describe("The order that earned them."),
  order: z.string().optional().describe("The ERP's order that earned them by a rate."),
  debt: z.int().optional().describe("Of them, those that were spent before and are owed now."),
  spend: z.string().optional(),
  orderRef: nullableText.optional(),
  expiresAt: z.iso.datetime().nullable().optional(),
});
const pointsKind = (summary: string, details: Partial<z.output<typeof pointsData>> = {}) => ({
  summary,
  subject: "the customer's keyed hash, as in a pseudonym",
  data: pointsData,
  example: {
    subject: "5f0c8e0d9b1a4c37",
    data: { customer: "c-7", programme: "points", points: 120, ...details },
  },
});
const byOrder = { redemption: "rdm_01kb3t7m8n9p0q1r2s3t4v5w6x" };
const bySpend = { spend: "pts_01kb3t7m8n9p0q1r2s3t4v5w6x", orderRef: "5001" };

export const rewardEventTypes = {
  "dealwright.reward.granted": rewardKind("A customer got what their order had promised."),
  "dealwright.reward.owed": rewardKind(
    "A promised coupon cannot be issued, because its pool has none. It is delivered once the pool has codes.",
    "pool_empty",
  ),
  "dealwright.reward.recovered": rewardKind(
    "The order came back as a whole, and its reward was taken back: a coupon is void.",
  ),
  "dealwright.reward.kept": rewardKind(
    "The order came back as a whole, but the coupon it had earned was used before. Nothing was taken back.",
  ),
  "dealwright.points.earned": pointsKind(
    "An order earned points, pending as long as its goods may come back; or, with neither, a prize gave some.",
    byOrder,
  ),
  "dealwright.points.reversed": pointsKind("Goods came back, and so did the points they had earned.", {
    ...byOrder,
    debt: 20,
  }),
  "dealwright.points.adjusted": pointsKind("Points were given by hand, or, below zero, taken."),
  "dealwright.points.spent": pointsKind("A customer paid with points, or bought a coupon.", bySpend),
  "dealwright.points.refunded": pointsKind("Spent points were given back.", bySpend),
  "dealwright.points.expiring": pointsKind("Points are about to lapse; once for each lot.", {
    expiresAt: "2026-12-01T00:00:00.000Z",
  }),
  "dealwright.points.expired": pointsKind("Points have lapsed."),
} as const;
