import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { pageQuery } from "../../platform/pagination.ts";
import { playParams } from "../prizes/prize-schemas.ts";
import {
  checkIn,
  checkInProgramme,
  checkInProgrammeDocument,
  checkInProgrammePage,
  checkInRequest,
  checkInStreak,
  streakParams,
} from "./check-in-schemas.ts";
import type { CheckInProgrammes, CheckInService } from "./check-in-service.ts";

const tag = "play";
const shops: readonly Role[] = ["checkout", "pos", "marketing"];
const marketers: readonly Role[] = ["marketing", "viewer"];
const versionTag = ({ version }: { version: number }) => String(version);

export function checkInOperations(programmes: CheckInProgrammes, service: CheckInService): Operation[] {
  return [
    defineOperation({
      id: "putCheckInProgramme",
      method: "PUT",
      path: "/v1/check-in-programmes/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "check_in_programme" },
      summary: "Set what days in a row are worth. `If-Match: *` makes a new programme.",
      roles: ["marketing"],
      requiresIfMatch: true,
      params: playParams,
      body: checkInProgrammeDocument,
      result: checkInProgramme,
      etag: versionTag,
      problems: ["too-many-programmes"],
      example: {
        rewards: [
          { day: 1, prize: { kind: "points", points: 5 } },
          { day: 7, prize: { kind: "points", points: 50 } },
        ],
        repeats: true,
      },
      handler: ({ params: { key }, body, ifMatch, context }) => programmes.put(context, key, ifMatch, body),
    }),
    defineOperation({
      id: "checkInProgramme",
      method: "GET",
      path: "/v1/check-in-programmes/{key}",
      graphql: "query",
      tag,
      summary: "What days in a row are worth.",
      roles: marketers,
      params: playParams,
      result: checkInProgramme,
      etag: versionTag,
      problems: ["check-in-programme-not-found"],
      handler: ({ params: { key }, context }) => programmes.get(context.projectId, key),
    }),
    defineOperation({
      id: "checkInProgrammes",
      method: "GET",
      path: "/v1/check-in-programmes",
      graphql: "query",
      tag,
      summary: "The project's check-in programmes, by key.",
      roles: marketers,
      query: pageQuery,
      result: checkInProgrammePage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => programmes.list(context.projectId, query),
    }),
    defineOperation({
      id: "checkIn",
      method: "POST",
      path: "/v1/check-in-programmes/{key}/check-ins",
      graphql: "mutation",
      tag,
      audit: { unaudited: "What customers did; nobody's change of the project." },
      summary: "A customer checks in, once a day of the project's zone.",
      description:
        "The same day again changes nothing and is answered the same. One that is told late counts on its own day, up to `lateHours`, unless a later day is known already.",
      roles: shops,
      params: playParams,
      body: checkInRequest,
      result: checkIn,
      problems: ["check-in-programme-not-found", "check-in-refused"],
      example: { customer: "c-7" },
      handler: ({ params: { key }, body, context }) => service.checkIn(context.projectId, key, body),
    }),
    defineOperation({
      id: "checkInStreak",
      method: "GET",
      path: "/v1/check-in-programmes/{key}/streaks/{customer}",
      graphql: "query",
      tag,
      summary: "How many days in a row a customer has checked in.",
      roles: [...shops, "viewer"],
      params: streakParams,
      result: checkInStreak,
      problems: ["check-in-programme-not-found"],
      handler: ({ params: { key, customer }, context }) => service.streak(context.projectId, key, customer),
    }),
  ];
}
