/** What is told of campaigns. */
import { z } from "zod";

const campaignKind = (summary: string, version: number) => ({
  summary,
  subject: "the campaign's key",
  data: z.object({
    campaign: z.string().describe("Its key."),
    version: z.int(),
    changedBy: z.string().describe("The id of the API key."),
  }),
  example: {
    subject: "double-11",
    data: { campaign: "double-11", version, changedBy: "key_01kb3t4a5b6c7d8e9f0g1h2j3k" },
  },
});

export const campaignEventTypes = {
  "dealwright.campaign.created": campaignKind("A campaign was planned.", 1),
  "dealwright.campaign.updated": campaignKind("Its plan was replaced.", 2),
  "dealwright.campaign.archived": campaignKind("It was put away.", 3),
  "dealwright.campaign.budget_reached": {
    summary: "All promotions of a campaign together took 50, 80 or 100 % of what its guard lets them.",
    subject: "the campaign's key",
    data: z.object({
      campaign: z.string().describe("Its key."),
      currency: z.string(),
      percent: z.int(),
      budget: z.int().describe("Minor units."),
      taken: z.int().describe("Minor units, reserved ones included."),
    }),
    example: {
      subject: "double-11",
      data: { campaign: "double-11", currency: "CNY", percent: 80, budget: 25_000_000, taken: 20_000_400 },
    },
  },
} as const;
