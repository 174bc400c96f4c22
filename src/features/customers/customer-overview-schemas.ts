import { z } from "zod";
import { customerId } from "./customer-schemas.ts";

const instant = z.iso.datetime().nullable();

export const customerOverview = z
  .object({
    customer: customerId,
    orders: z
      .object({
        completed: z
          .int()
          .describe(
            "Neither cancelled nor returned as a whole, redemptions without a stored order included.",
          ),
        firstAt: instant,
        lastAt: instant,
        amounts: z
          .array(z.object({ currency: z.string(), amount: z.int() }).meta({ id: "SpentAmount" }))
          .describe("What was paid, less what was refunded."),
      })
      .meta({ id: "CustomerOrders" }),
    redemptions: z
      .array(
        z
          .object({
            currency: z.string(),
            count: z.int(),
            saved: z
              .int()
              .describe("What promotions took off, of redemptions that were not returned as a whole."),
          })
          .meta({ id: "CustomerRedemptions" }),
      )
      .describe("Committed ones."),
    coupons: z
      .object({ held: z.int().describe("Of their own, and usable."), used: z.int() })
      .meta({ id: "CustomerCoupons" }),
    points: z
      .array(
        z
          .object({
            programme: z.string().describe("Its key."),
            available: z.int().describe("Can be spent."),
            pending: z.int().describe("Earned by orders whose goods may still come back."),
            reserved: z.int().describe("Held for orders that are not committed yet."),
            debt: z.int().describe("Owed: whatever comes next goes there first."),
          })
          .meta({ id: "CustomerPoints" }),
      )
      .describe("Of each programme of which they ever had any."),
    segments: z.array(z.string()).describe("Their keys."),
    tier: z.string().nullable().describe("The key of their membership tier; null for none."),
    scores: z
      .object({ recency: z.int(), frequency: z.int(), amount: z.int() })
      .meta({ id: "CustomerScores" })
      .nullable()
      .describe("From 1 to 5; null where the project does not score, or the customer has not bought."),
  })
  .meta({ id: "CustomerOverview" });
export type CustomerOverview = z.output<typeof customerOverview>;
