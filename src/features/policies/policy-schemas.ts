import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { highestCapPercent } from "../campaigns/campaign-guards.ts";
import { campaignKey } from "../campaigns/campaign-schemas.ts";

const name = z.string().min(1).max(limits.nameLength);
const instant = z.iso.datetime({ offset: true });

export const policyKey = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
  .describe("Unique in the campaign.");
export const policyParams = z.strictObject({ campaign: campaignKey, key: policyKey });
export const policiesParams = z.strictObject({ campaign: campaignKey });
export const policyActionParams = z.strictObject({ campaign: campaignKey, id: name });

export const mostPolicies = 50;
const mostPromotions = 100;

const policyMetric = z
  .enum([
    "roi",
    "conversion",
    "gmv",
    "orders",
    "averageOrderValue",
    "discountCost",
    "cost",
    "newCustomers",
    "acquisitionCost",
  ])
  .meta({ id: "PolicyMetric", description: "As the campaign's board has them (`/live`)." });

const condition = z
  .strictObject({
    metric: policyMetric,
    per: z
      .enum(["campaign", "channel"])
      .default("campaign")
      .describe("`channel`: each channel by itself, without costs that name none."),
    below: z.number().optional(),
    above: z.number().optional(),
    of: z
      .enum(["value", "goal"])
      .default("value")
      .describe(
        "What the bound is: a figure, or so many times what the campaign's goal of this metric asks for by now. 0.8 of an ROI of 3 is 2.4.",
      ),
    minSample: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(100)
      .describe("Visits for `conversion`, orders for the others. Fewer say nothing yet."),
    from: instant.optional().describe("Looked at from then on; the campaign's beginning if left out."),
    until: instant.optional().describe("Not looked at from then on; the campaign's end if left out."),
  })
  .meta({ id: "PolicyCondition" });

const keys = z.array(name).min(1).max(mostPromotions);
const action = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("pause_promotions"),
      promotions: keys.optional().describe("By key; all active ones of the campaign, if left out."),
    }),
    z.strictObject({
      kind: z.literal("activate_promotion"),
      promotion: name.describe("The key of a draft or paused promotion of the campaign."),
    }),
    z.strictObject({ kind: z.literal("pause_channel") }),
    z.strictObject({
      kind: z.literal("raise_discount_cap"),
      byPercent: z
        .int()
        .min(1)
        .max(highestCapPercent - 100),
    }),
    z.strictObject({ kind: z.literal("alert") }),
  ])
  .meta({
    id: "PolicyAct",
    scalar: true,
    description:
      "`pause_promotions`: the stop-loss. `activate_promotion`: an extra that was prepared, bounded by its own limits. `pause_channel`: in the channel that met the condition no promotion of the campaign applies any more. " +
      `\`raise_discount_cap\`: by so many percent of the plan, to ${highestCapPercent} at most. \`alert\`: an event and an entry in the log, as of all others.`,
  });
export type PolicyAct = z.output<typeof action>;

export const policyDocument = z
  .strictObject({
    name: name.optional(),
    isEnabled: z.boolean().default(true),
    when: condition,
    act: action,
    most: z.int().min(1).max(100).default(1).describe("How often in all; of a channel, each by itself."),
    pauseMinutes: z.int().min(1).max(10_080).default(60).describe("Between one time and the next."),
  })
  .meta({ id: "PolicyDocument" });
export type PolicyDocument = z.output<typeof policyDocument>;

export const policy = policyDocument
  .extend({
    campaign: campaignKey,
    key: policyKey,
    version: z.int().describe("The ETag, as `If-Match` wants it."),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Policy" });
export type Policy = z.output<typeof policy>;
export const policyPage = pageOf(policy, "PolicyPage");

export const policyAction = z
  .object({
    id: z.string(),
    policy: policyKey,
    channel: z.string().nullable().describe("That met the condition; null: the campaign as a whole."),
    at: z.iso.datetime(),
    evidence: z
      .object({
        metric: policyMetric,
        actual: z.number(),
        bound: z.number().describe("What it was held against."),
        sample: z.int().describe("Visits or orders that it stands on."),
      })
      .meta({ id: "PolicyEvidence" }),
    act: action,
    changes: z
      .array(
        z
          .object({
            what: z.string().describe("`promotion <key>`, `pausedChannels` or `discountCap`."),
            before: z.string(),
            after: z.string(),
          })
          .meta({ id: "PolicyChange" }),
      )
      .describe("What was really changed; nothing where all was so already."),
    failure: z
      .string()
      .nullable()
      .describe("The code of the problem for which nothing could be done; null: it was done."),
    undoneAt: z.iso.datetime().nullable(),
    undoneBy: z.string().nullable().describe("The id of the API key."),
  })
  .meta({ id: "PolicyAction" });
export type PolicyAction = z.output<typeof policyAction>;
export const policyActionPage = pageOf(policyAction, "PolicyActionPage");
export const policyActionQuery = pageQuery.extend({ policy: policyKey.optional() });
export type PolicyActionQuery = z.output<typeof policyActionQuery>;
