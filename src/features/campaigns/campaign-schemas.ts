import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { timezone } from "../../engine/settings.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { campaignGuards } from "./campaign-guards.ts";

const name = z.string().min(1).max(limits.nameLength);
const amount = minorUnits.max(limits.amount);

/** What promotions name in `campaign`, and events in `data.campaign`. */
export const campaignKey = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
  .describe("What promotions and tracked events name as their `campaign`; unique in the project.");
export const campaignParams = z.strictObject({ key: campaignKey });

export const campaignMetrics = [
  "gmv",
  "orders",
  "units",
  "newCustomers",
  "winBacks",
  "roi",
  "conversion",
  "averageOrderValue",
  "stockUnits",
] as const;
export const campaignMetric = z.enum(campaignMetrics).meta({
  id: "CampaignMetric",
  description:
    "`gmv`: what was paid for orders in which a promotion of the campaign applied, less what was refunded, in minor units. `orders`: how many of them were not returned whole. `units`: their goods, less those returned. " +
    "`newCustomers`: of them, those who had paid no order before. `winBacks`: those whose last paid order was more than 90 days before. `roi`: (revenue − cost) ÷ cost, so 3.2 is 1 : 3.2. " +
    "`conversion`: orders per visit, 0 to 1. `averageOrderValue`: in minor units. `stockUnits`: units that the campaign's promotions discounted or gave away.",
});
export type CampaignMetric = z.output<typeof campaignMetric>;

export const mostGoals = 20;

const goal = z
  .strictObject({
    metric: campaignMetric,
    target: z
      .number()
      .min(0)
      .max(limits.amount)
      .optional()
      .describe(
        "The number to be reached, without which a goal is refused (`goal_without_number`): minor units, a count, or a ratio, as its metric has it.",
      ),
    currency: currencyCode
      .optional()
      .describe("Of `gmv`, `averageOrderValue` and `roi`; the budget's, if left out."),
    by: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("When it is to be reached; `endsAt` if left out."),
  })
  .meta({ id: "CampaignGoal" });

const parts = z.array(z.strictObject({ name, amount }).meta({ id: "CampaignBudgetPart" })).max(50);

const budget = z
  .strictObject({
    currency: currencyCode,
    amount: amount.describe("All that the campaign may cost: discounts, advertising, service, hidden costs."),
    elements: parts
      .optional()
      .describe(
        "What it is spent on, such as discounts, advertising, service. Cost entries name an element.",
      ),
    hiddenCosts: parts
      .optional()
      .describe(
        "What is easily forgotten, such as packaging, returns, overtime; part of the budget as well.",
      ),
    stages: parts
      .optional()
      .describe("The same money by the stage of customers' life: new, repeat, dormant, brand."),
  })
  .meta({
    id: "CampaignBudget",
    description:
      "Elements and hidden costs together, and stages by themselves, may not exceed the whole (`budget_exceeded`).",
  });

export const campaignDocument = z
  .strictObject({
    key: campaignKey,
    name,
    startsAt: z.iso.datetime({ offset: true }),
    endsAt: z.iso.datetime({ offset: true }).describe("It ends before this instant."),
    timezone: timezone.optional().describe("In which its days are told; the project's, if left out."),
    channels: z
      .array(name)
      .max(limits.namesPerField)
      .optional()
      .describe("Where it runs. Whatever else is sold elsewhere by its promotions is counted all the same."),
    goals: z.array(goal).max(mostGoals).default([]),
    budget: budget.optional(),
    holdout: z
      .strictObject({
        percent: z
          .number()
          .min(0)
          .max(50)
          .describe(
            "Of the customers, chosen by chance and for good: they get none of its promotions (`held_out`).",
          ),
      })
      .meta({ id: "CampaignHoldout" })
      .optional()
      .describe("With whom the others are compared. Raising it moves nobody out of it."),
    exposures: z
      .strictObject({
        samplePercent: z.number().min(0).max(100).default(100).describe("Of the customers, by chance."),
      })
      .meta({ id: "CampaignExposures" })
      .optional()
      .describe("Of whom it is noted that they met it; everybody, if left out. Only they are measured."),
    guards: campaignGuards.optional(),
    allowChannelPrices: z
      .boolean()
      .optional()
      .describe(
        "Its promotions may give the same goods other prices in other channels, stores or regions; else its launch check fails on it (`channel_prices`).",
      ),
    launchCheck: z
      .strictObject({
        withinHours: z.int().min(1).max(720).default(24).describe("How young the check must be."),
      })
      .meta({ id: "CampaignLaunchCheck" })
      .optional()
      .describe(
        "Its promotions come into force only as they were in the latest check, passed and young enough (`launch-check-required`).",
      ),
  })
  .meta({ id: "CampaignDocument" });
export type CampaignDocument = z.output<typeof campaignDocument>;
export type CampaignGoal = CampaignDocument["goals"][number];
export type CampaignBudget = NonNullable<CampaignDocument["budget"]>;

const campaignStatus = z.enum(["planned", "running", "over", "archived"]).meta({
  id: "CampaignStatus",
  description: "By its dates, unless it is archived. What is in force says the status of its promotions.",
});
export type CampaignStatus = z.output<typeof campaignStatus>;

const unallocated = z
  .object({
    byElement: minorUnits.describe("The budget less elements and hidden costs."),
    byStage: minorUnits.describe("The budget less stages."),
  })
  .meta({ id: "CampaignUnallocated" });

export const campaign = campaignDocument
  .extend({
    status: campaignStatus,
    unallocated: unallocated.nullable().describe("Of the budget; null without one."),
    version: z.int().describe("The ETag, as `If-Match` wants it."),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Campaign" });
export type Campaign = z.output<typeof campaign>;
export const campaignPage = pageOf(campaign, "CampaignPage");

export const campaignQuery = pageQuery.extend({
  status: campaignStatus.optional(),
  channel: name.optional().describe("Only those that name this channel."),
  q: name.optional().describe("Part of the key or the name, in any case."),
});
export type CampaignQuery = z.output<typeof campaignQuery>;

export const campaignCostEntry = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(limits.nameLength)
      .describe("Your own; the same entry sent again counts once, another one under the same id is refused."),
    element: name.describe("What it was spent on: an element of the budget, or any other."),
    amount: z
      .int()
      .min(-limits.amount)
      .max(limits.amount)
      .describe("Minor units. Below zero it corrects an earlier one: entries are never changed."),
    currency: currencyCode,
    at: z.iso.datetime({ offset: true }).describe("When it was spent."),
    note: z.string().min(1).max(limits.textLength).optional(),
    channel: name.optional().describe("For which it was spent; left out, for the campaign as a whole."),
  })
  .meta({ id: "CampaignCostEntry" });
export type CampaignCostEntry = z.output<typeof campaignCostEntry>;

export const campaignCost = campaignCostEntry
  .extend({ createdAt: z.iso.datetime(), createdBy: z.string().describe("The id of the API key.") })
  .meta({ id: "CampaignCost" });
export type CampaignCost = z.output<typeof campaignCost>;
export const campaignCostPage = pageOf(campaignCost, "CampaignCostPage");

export const campaignCostQuery = pageQuery.extend({ element: name.optional(), channel: name.optional() });
export type CampaignCostQuery = z.output<typeof campaignCostQuery>;
