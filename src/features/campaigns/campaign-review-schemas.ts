import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { attainment, campaignElements, campaignFigures } from "./campaign-board-schemas.ts";
import { campaignKey, campaignMetric } from "./campaign-schemas.ts";

const name = z.string().min(1).max(limits.nameLength);
const text = z.string().min(1).max(limits.textLength);
const instant = z.iso.datetime();

const fiveWhys = z
  .strictObject({
    metric: campaignMetric
      .optional()
      .describe("The goal that it is about; its action then stands in the table."),
    problem: text,
    whys: z.array(text).min(1).max(5).describe("Each asks why the one before was so."),
    action: text.optional().describe("What is done about the last one."),
  })
  .meta({ id: "CampaignFiveWhys" });

const entry = z
  .strictObject({
    type: name.describe("Such as `launch`, `clearance`, `member day`."),
    audience: text,
    strategy: text,
    successFactors: z.array(text).max(20).default([]),
    risks: z.array(text).max(20).default([]),
    tags: z.array(name).max(20).default([]),
  })
  .meta({ id: "CampaignKnowledge" });

export const campaignReviewNotes = z
  .strictObject({
    fiveWhys: z.array(fiveWhys).max(20).default([]),
    knowledge: entry
      .optional()
      .describe("What to know of it next time: found by `GET /v1/campaign-knowledge`."),
  })
  .meta({ id: "CampaignReviewNotes" });
export type CampaignReviewNotes = z.output<typeof campaignReviewNotes>;

export const causeCodes = [
  "few_visits",
  "channel_conversion_low",
  "promotion_exhausted",
  "many_returns",
  "cost_share_above_goal",
  "element_over_plan",
  "channel_below_goal",
  "mostly_known_customers",
  "small_orders",
  "cost_unknown",
  "gifts_not_in_cost",
  "visits_unknown",
  "few_orders",
] as const;
export type CauseCode = (typeof causeCodes)[number];

const cause = z
  .object({
    code: z.enum(causeCodes).meta({ id: "CampaignCauseCode" }),
    message: z.string(),
    evidence: z
      .record(z.string(), z.union([z.number(), z.string()]))
      .describe("The figures it was concluded from."),
  })
  .meta({
    id: "CampaignCause",
    description: "What a rule concluded from the figures. A hint where to look, and no proof.",
  });
export type CampaignCause = z.output<typeof cause>;

const reviewRow = attainment
  .extend({
    gap: z.number().nullable().describe("actual − target; below zero is missing."),
    causes: z.array(cause).describe("Of goals that were not reached."),
    action: z.string().describe("As the five whys have it, else what follows from the first cause."),
  })
  .meta({ id: "CampaignReviewRow" });
export type CampaignReviewRow = z.output<typeof reviewRow>;

export const campaignReview = z
  .object({
    campaign: campaignKey,
    name: z.string(),
    asOf: instant,
    isOver: z.boolean().describe("False: it is still running, and the figures will change."),
    currency: currencyCode.nullable(),
    figures: campaignFigures,
    elements: campaignElements,
    rows: z.array(reviewRow),
    notes: campaignReviewNotes,
    version: z.int().describe("Of the notes: the ETag, as `If-Match` wants it. 0: none are written yet."),
  })
  .meta({ id: "CampaignReview" });
export type CampaignReview = z.output<typeof campaignReview>;

export const campaignKnowledge = entry
  .extend({
    campaign: campaignKey,
    name: z.string(),
    keyFigures: z
      .object({
        currency: currencyCode.nullable(),
        figures: campaignFigures,
        goals: z.array(attainment),
      })
      .meta({ id: "CampaignKeyFigures" })
      .describe("As they were when the entry was written."),
    updatedAt: instant,
  })
  .meta({ id: "CampaignKnowledgeEntry" });
export type CampaignKnowledge = z.output<typeof campaignKnowledge>;
export const campaignKnowledgePage = pageOf(campaignKnowledge, "CampaignKnowledgePage");

export const campaignKnowledgeQuery = pageQuery.extend({
  q: z
    .string()
    .min(1)
    .max(limits.nameLength)
    .optional()
    .describe(
      'Words that are all in it, English ones in any form; "…" a phrase, -word without it. Of Chinese its characters, two and two.',
    ),
  type: name.optional(),
});
export type CampaignKnowledgeQuery = z.output<typeof campaignKnowledgeQuery>;
