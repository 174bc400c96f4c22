/** What is told of membership tiers. */
import { z } from "zod";

const nullableText = z.string().nullable();

export const tierEventTypes = {
  "dealwright.tier.changed": {
    summary: "A customer came into another membership tier, or out of all of them.",
    subject: "the customer's pseudonym",
    data: z.object({
      customer: nullableText.describe("Their id; a pseudonym once erased."),
      from: nullableText.describe("The key of the tier before; null for none."),
      tier: nullableText.describe("That of the tier now; null for none."),
      until: z.iso.datetime().nullable(),
      reason: z.enum(["upgrade", "downgrade", "manual"]),
    }),
    example: {
      subject: "erased:5f0c8e0d9b1a4c37",
      data: {
        customer: "c-7",
        from: "silver",
        tier: "gold",
        until: "2027-11-12T00:00:00.000Z",
        reason: "upgrade",
      },
    },
  },
} as const;
