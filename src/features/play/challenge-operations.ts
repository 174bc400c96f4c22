import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { pageQuery } from "../../platform/pagination.ts";
import { playParams } from "../prizes/prize-schemas.ts";
import {
  challenge,
  challengeDocument,
  challengePage,
  challengeProgress,
  challengeResults,
  progressParams,
} from "./challenge-schemas.ts";
import type { ChallengeService, Challenges } from "./challenge-service.ts";

const tag = "play";
const marketers: readonly Role[] = ["marketing", "viewer"];
const versionTag = ({ version }: { version: number }) => String(version);

export function challengeOperations(programmes: Challenges, service: ChallengeService): Operation[] {
  return [
    defineOperation({
      id: "putChallenge",
      method: "PUT",
      path: "/v1/challenges/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "challenge" },
      summary:
        "Set a challenge: do something so many times by a date, and get a prize once. `If-Match: *` makes a new one.",
      roles: ["marketing"],
      requiresIfMatch: true,
      params: playParams,
      body: challengeDocument,
      result: challenge,
      etag: versionTag,
      problems: ["too-many-programmes"],
      example: {
        startsAt: "2026-11-01T00:00:00+08:00",
        endsAt: "2026-12-01T00:00:00+08:00",
        goal: { kind: "events", type: "share", campaign: "launch" },
        times: 3,
        prize: { kind: "points", points: 100 },
      },
      handler: ({ params: { key }, body, ifMatch, context }) => programmes.put(context, key, ifMatch, body),
    }),
    defineOperation({
      id: "challenge",
      method: "GET",
      path: "/v1/challenges/{key}",
      graphql: "query",
      tag,
      summary: "A challenge.",
      roles: marketers,
      params: playParams,
      result: challenge,
      etag: versionTag,
      problems: ["challenge-not-found"],
      handler: ({ params: { key }, context }) => programmes.get(context.projectId, key),
    }),
    defineOperation({
      id: "challenges",
      method: "GET",
      path: "/v1/challenges",
      graphql: "query",
      tag,
      summary: "The project's challenges, by key.",
      roles: marketers,
      query: pageQuery,
      result: challengePage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => programmes.list(context.projectId, query),
    }),
    defineOperation({
      id: "challengeProgress",
      method: "GET",
      path: "/v1/challenges/{key}/progress/{customer}",
      graphql: "query",
      tag,
      summary: "How far a customer has got.",
      roles: ["checkout", "pos", "marketing", "viewer"],
      params: progressParams,
      result: challengeProgress,
      problems: ["challenge-not-found"],
      handler: ({ params: { key, customer }, context }) => service.progress(context.projectId, key, customer),
    }),
    defineOperation({
      id: "challengeResults",
      reads: "replica",
      method: "GET",
      path: "/v1/challenges/{key}/results",
      graphql: "query",
      tag,
      summary: "How many customers have begun, and how many have met it.",
      roles: marketers,
      params: playParams,
      result: challengeResults,
      problems: ["challenge-not-found"],
      handler: ({ params: { key }, context }) => service.results(context.projectId, key),
    }),
  ];
}
