import { Readable } from "node:stream";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import {
  campaignKnowledgePage,
  campaignKnowledgeQuery,
  campaignReview,
  campaignReviewNotes,
} from "./campaign-review-schemas.ts";
import type { CampaignReviewService } from "./campaign-review-service.ts";
import { campaignParams } from "./campaign-schemas.ts";

const tag = "campaigns";
const readers: readonly Role[] = ["marketing", "viewer"];
const versionTag = ({ version }: { version: number }) => String(version);

export function campaignReviewOperations(service: CampaignReviewService): Operation[] {
  return [
    defineOperation({
      id: "campaignReview",
      method: "GET",
      path: "/v1/campaigns/{key}/review",
      graphql: "query",
      tag,
      summary:
        "What became of a campaign: goal, actual, gap, causes and action, and what people wrote of it.",
      description:
        "Causes follow from the figures by rules, each with its evidence: a hint where to look, and no proof.",
      roles: readers,
      params: campaignParams,
      result: campaignReview,
      etag: versionTag,
      cost: 1_000,
      problems: ["campaign-not-found"],
      handler: ({ params: { key }, context }) => service.review(context.projectId, key),
    }),
    defineOperation({
      id: "writeCampaignReview",
      method: "PUT",
      path: "/v1/campaigns/{key}/review",
      graphql: "mutation",
      tag,
      audit: { resource: "campaign_review" },
      summary: "Write down why (five times), and what to know of it the next time.",
      description: "The key figures of the moment are kept with the entry.",
      roles: ["marketing"],
      params: campaignParams,
      requiresIfMatch: true,
      body: campaignReviewNotes,
      result: campaignReview,
      etag: versionTag,
      example: {
        fiveWhys: [
          {
            metric: "orders",
            problem: "A third fewer orders than planned",
            whys: ["The page was slow", "Its pictures were too large", "Nobody had looked at it on a phone"],
            action: "A phone is part of the launch check",
          },
        ],
        knowledge: {
          type: "launch",
          audience: "Members who bought skincare within a year",
          strategy: "A deposit of 50 worth 100, and a gift with the balance",
          successFactors: ["The gift was there in time"],
          risks: ["The bag ran out on the first morning"],
          tags: ["skincare"],
        },
      },
      problems: ["campaign-not-found"],
      handler: ({ params: { key }, body, ifMatch, context }) => service.write(context, key, ifMatch, body),
    }),
    defineOperation({
      id: "campaignKnowledge",
      method: "GET",
      path: "/v1/campaign-knowledge",
      graphql: "query",
      tag,
      summary: "What was learned from campaigns, searched by words; those written last first.",
      roles: readers,
      query: campaignKnowledgeQuery,
      result: campaignKnowledgePage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.knowledge(context.projectId, query),
    }),
  ];
}

const documentTypes = ["text/markdown", "text/csv"] as const;

export function campaignReviewStreams(service: CampaignReviewService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "exportCampaignReview",
      reads: "replica",
      method: "GET",
      path: "/v1/campaigns/{key}/review/export",
      tag,
      summary: "The review as a page in Markdown, or its table as CSV: as `Accept` asks for.",
      roles: readers,
      params: campaignParams,
      produces: documentTypes,
      problems: ["campaign-not-found"],
      async handler({ params: { key }, accept, context }) {
        const isCsv = accept === "text/csv";
        const text = await service.document(context.projectId, key, isCsv ? "csv" : "markdown");
        return {
          contentType: `${isCsv ? "text/csv" : "text/markdown"}; charset=utf-8`,
          headers: { "content-disposition": `attachment; filename="${key}-review.${isCsv ? "csv" : "md"}"` },
          body: Readable.from([text]),
        };
      },
    }),
  ];
}
