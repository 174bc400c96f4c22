import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { promotionSchema } from "../../engine/promotion.ts";
import { pageOf } from "../../platform/pagination.ts";

const words = z.string().min(1).max(limits.textLength);

export const decisionRequest = z
  .strictObject({
    version: z
      .int()
      .min(1)
      .describe("The version that was looked at. Refused if it is no longer the current one."),
    note: words.optional(),
  })
  .meta({ id: "PromotionDecisionRequest" });
export type DecisionRequest = z.output<typeof decisionRequest>;

export const promotionApproval = z
  .object({
    id: z.string(),
    promotionId: z.string(),
    version: z.int(),
    decision: z.enum(["approved", "rejected"]).meta({ id: "PromotionDecision" }),
    note: z.string().nullable(),
    decidedBy: z.string().describe("The id of the API key."),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "PromotionApproval" });
export type PromotionApproval = z.output<typeof promotionApproval>;
export const promotionApprovalPage = pageOf(promotionApproval, "PromotionApprovalPage");

export const commentRequest = z.strictObject({ text: words }).meta({ id: "PromotionCommentRequest" });

export const promotionComment = z
  .object({
    id: z.string(),
    promotionId: z.string(),
    version: z.int().describe("The version that was commented."),
    text: z.string(),
    createdBy: z.string().describe("The id of the API key."),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "PromotionComment" });
export type PromotionComment = z.output<typeof promotionComment>;
export const promotionCommentPage = pageOf(promotionComment, "PromotionCommentPage");

const action = z.enum(["activate", "pause", "end"]).meta({ id: "ScheduledAction" });
const patch = z.record(z.string(), z.unknown()).meta({
  id: "PromotionPatch",
  scalar: true,
  description: "A JSON Merge Patch (RFC 7396) of the document: null takes a field out.",
});

export const scheduledChangeRequest = z
  .strictObject({
    at: z.iso.datetime({ offset: true }).describe("When; in the future."),
    document: promotionSchema.optional().describe("The whole document from then on."),
    patch: patch.optional(),
    action: action.optional(),
  })
  .meta({ id: "ScheduledChangeRequest", description: "Exactly one of `document`, `patch` and `action`." });
export type ScheduledChangeRequest = z.output<typeof scheduledChangeRequest>;

export const scheduledChange = z
  .object({
    id: z.string(),
    promotionId: z.string(),
    at: z.iso.datetime(),
    baseVersion: z
      .int()
      .describe("The version it was made for: a document or patch fails if the document was changed since."),
    document: promotionSchema.nullable(),
    patch: patch.nullable(),
    action: action.nullable(),
    state: z.enum(["waiting", "applied", "failed", "cancelled"]).meta({ id: "ScheduledChangeState" }),
    failure: z.string().nullable().describe("The code of the problem that kept it from being applied."),
    createdBy: z.string().describe("The id of the API key, in whose name it is applied."),
    createdAt: z.iso.datetime(),
    settledAt: z.iso.datetime().nullable().describe("When it was applied, failed or was cancelled."),
  })
  .meta({ id: "ScheduledChange" });
export type ScheduledChange = z.output<typeof scheduledChange>;
export const scheduledChangePage = pageOf(scheduledChange, "ScheduledChangePage");
