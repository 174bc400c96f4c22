import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { pageQuery } from "../../platform/pagination.ts";
import {
  policiesParams,
  policy,
  policyAction,
  policyActionPage,
  policyActionParams,
  policyActionQuery,
  policyDocument,
  policyPage,
  policyParams,
} from "./policy-schemas.ts";
import type { PolicyService } from "./policy-service.ts";

const tag = "campaigns";
const marketers: readonly Role[] = ["marketing", "viewer"];
const versionTag = ({ version }: { version: number }) => String(version);

export function policyOperations(service: PolicyService): Operation[] {
  return [
    defineOperation({
      id: "putPolicy",
      method: "PUT",
      path: "/v1/campaigns/{campaign}/policies/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "policy" },
      summary:
        "Say what is to be done by itself when the campaign's figures pass a bound, as a stop-loss does. `If-Match: *` makes a new policy.",
      roles: ["marketing"],
      requiresIfMatch: true,
      params: policyParams,
      body: policyDocument,
      result: policy,
      etag: versionTag,
      problems: ["campaign-not-found", "too-many-policies"],
      example: {
        name: "Stop-loss",
        when: { metric: "roi", below: 0.5, minSample: 100 },
        act: { kind: "pause_promotions" },
      },
      handler: ({ params, body, ifMatch, context }) => service.put(context, params, ifMatch, body),
    }),
    defineOperation({
      id: "policy",
      method: "GET",
      path: "/v1/campaigns/{campaign}/policies/{key}",
      graphql: "query",
      tag,
      summary: "A policy of a campaign.",
      roles: marketers,
      params: policyParams,
      result: policy,
      etag: versionTag,
      problems: ["policy-not-found"],
      handler: ({ params, context }) => service.policy(context.projectId, params),
    }),
    defineOperation({
      id: "policies",
      method: "GET",
      path: "/v1/campaigns/{campaign}/policies",
      graphql: "query",
      tag,
      summary: "The policies of a campaign, by key.",
      roles: marketers,
      params: policiesParams,
      query: pageQuery,
      result: policyPage,
      problems: ["campaign-not-found", "invalid-cursor"],
      handler: ({ params: { campaign }, query, context }) => service.list(context.projectId, campaign, query),
    }),
    defineOperation({
      id: "policyActions",
      method: "GET",
      path: "/v1/campaigns/{campaign}/policy-actions",
      graphql: "query",
      tag,
      summary: "What policies of a campaign did, on what figures, and what was taken back. The latest first.",
      roles: marketers,
      params: policiesParams,
      query: policyActionQuery,
      result: policyActionPage,
      problems: ["campaign-not-found", "invalid-cursor"],
      handler: ({ params: { campaign }, query, context }) =>
        service.actions(context.projectId, campaign, query),
    }),
    defineOperation({
      id: "undoPolicyAction",
      method: "POST",
      path: "/v1/campaigns/{campaign}/policy-actions/{id}/undo",
      graphql: "mutation",
      tag,
      audit: { resource: "policy" },
      summary:
        "Take back what a policy did. What somebody changed since is left alone; what was a draft before is paused.",
      roles: ["marketing"],
      params: policyActionParams,
      result: policyAction,
      problems: ["policy-action-not-found", "campaign-not-found", "promotion-state-conflict"],
      handler: ({ params: { campaign, id }, context }) => service.undo(context, campaign, id),
    }),
  ];
}
