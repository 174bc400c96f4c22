/** What several people have to do with one promotion: approve it, talk about it, plan its changes. */
import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { pageQuery } from "../../platform/pagination.ts";
import {
  commentRequest,
  decisionRequest,
  promotionApproval,
  promotionApprovalPage,
  promotionComment,
  promotionCommentPage,
  scheduledChange,
  scheduledChangePage,
  scheduledChangeRequest,
} from "./promotion-approval-schemas.ts";
import type { PromotionApprovalService } from "./promotion-approval-service.ts";
import type { ScheduledChangeService } from "./scheduled-change-service.ts";

const byId = z.strictObject({ id: z.string().min(1).max(64) });
const byChange = byId.extend({ changeId: z.string().min(1).max(64) });
const readers: readonly Role[] = ["marketing", "viewer"];
const writers: readonly Role[] = ["marketing"];
const tag = "promotions";

const decisions = {
  approve: {
    decision: "approved",
    summary: "Approve a version of a promotion that needs it to come into force.",
    description:
      "By somebody who did not work on it since it was last approved. Counts until the document changes; pausing leaves it.",
  },
  reject: {
    decision: "rejected",
    summary: "Reject a version of a promotion, or take an approval back.",
    description:
      "One that is in force stays so: pause it. It cannot be activated until somebody approves it.",
  },
} as const;

export function promotionApprovalOperations(
  approvals: PromotionApprovalService,
  changes: ScheduledChangeService,
): Operation[] {
  const decide = (name: keyof typeof decisions) => {
    const { decision, summary, description } = decisions[name];
    return defineOperation({
      id: `${name}Promotion`,
      method: "POST",
      path: `/v1/promotions/{id}/${name}`,
      graphql: "mutation",
      tag,
      audit: { resource: "promotion" },
      summary,
      description,
      roles: writers,
      status: 201,
      params: byId,
      body: decisionRequest,
      result: promotionApproval,
      example: { version: 1, note: "As agreed." },
      problems: ["promotion-not-found", "precondition-failed", "approval-refused"],
      handler: ({ params: { id }, body, context }) => approvals.decide(context, id, decision, body),
    });
  };
  return [
    decide("approve"),
    decide("reject"),
    defineOperation({
      id: "promotionApprovals",
      method: "GET",
      path: "/v1/promotions/{id}/approvals",
      graphql: "query",
      tag,
      summary: "What others said of a promotion's versions, newest first.",
      roles: readers,
      params: byId,
      query: pageQuery,
      result: promotionApprovalPage,
      problems: ["promotion-not-found", "invalid-cursor"],
      handler: ({ params: { id }, query, context }) => approvals.approvals(context.projectId, id, query),
    }),
    defineOperation({
      id: "commentPromotion",
      method: "POST",
      path: "/v1/promotions/{id}/comments",
      graphql: "mutation",
      tag,
      audit: { unaudited: "A comment changes nothing, is never changed, and bears its author." },
      summary: "Comment a promotion, as it is now.",
      roles: [...writers, "viewer"],
      status: 201,
      params: byId,
      body: commentRequest,
      result: promotionComment,
      example: { text: "Who pays for this?" },
      problems: ["promotion-not-found"],
      handler: ({ params: { id }, body, context }) => approvals.comment(context, id, body.text),
    }),
    defineOperation({
      id: "promotionComments",
      method: "GET",
      path: "/v1/promotions/{id}/comments",
      graphql: "query",
      tag,
      summary: "The comments on a promotion, newest first.",
      roles: readers,
      params: byId,
      query: pageQuery,
      result: promotionCommentPage,
      problems: ["promotion-not-found", "invalid-cursor"],
      handler: ({ params: { id }, query, context }) => approvals.comments(context.projectId, id, query),
    }),
    defineOperation({
      id: "schedulePromotionChange",
      method: "POST",
      path: "/v1/promotions/{id}/scheduled-changes",
      graphql: "mutation",
      tag,
      audit: { resource: "promotion" },
      summary: "Plan a change of a promotion: a new document, a patch of it, or an action.",
      description:
        "Applied within about a second of its instant, once, in the name of the key that planned it. It fails, visibly, if the promotion then refuses it, if the key was revoked, or if the document was changed since.",
      roles: writers,
      status: 201,
      params: byId,
      body: scheduledChangeRequest,
      result: scheduledChange,
      example: { at: "2099-01-01T00:00:00Z", action: "pause" },
      problems: ["promotion-not-found", "invalid-promotion"],
      handler: ({ params: { id }, body, context }) => changes.plan(context, id, body),
    }),
    defineOperation({
      id: "scheduledPromotionChanges",
      method: "GET",
      path: "/v1/promotions/{id}/scheduled-changes",
      graphql: "query",
      tag,
      summary: "The planned changes of a promotion and what became of them, newest first.",
      roles: readers,
      params: byId,
      query: pageQuery,
      result: scheduledChangePage,
      problems: ["promotion-not-found", "invalid-cursor"],
      handler: ({ params: { id }, query, context }) => changes.list(context.projectId, id, query),
    }),
    defineOperation({
      id: "cancelScheduledPromotionChange",
      method: "POST",
      path: "/v1/promotions/{id}/scheduled-changes/{changeId}/cancel",
      graphql: "mutation",
      tag,
      audit: { resource: "promotion" },
      summary: "Cancel a planned change that has not happened yet.",
      roles: writers,
      params: byChange,
      result: scheduledChange,
      problems: ["scheduled-change-not-found", "scheduled-change-settled"],
      handler: ({ params: { id, changeId }, context }) => changes.cancel(context, id, changeId),
    }),
  ];
}
