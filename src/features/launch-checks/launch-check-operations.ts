import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { campaignParams } from "../campaigns/campaign-schemas.ts";
import { launchCheck, launchCheckPage, launchCheckQuery } from "./launch-check-schemas.ts";
import type { LaunchCheckService } from "./launch-check-service.ts";

const tag = "campaigns";
const readers: readonly Role[] = ["marketing", "viewer"];

export function launchCheckOperations(service: LaunchCheckService): Operation[] {
  return [
    defineOperation({
      id: "checkLaunch",
      method: "POST",
      path: "/v1/campaigns/{key}/launch-check",
      graphql: "mutation",
      tag,
      audit: { resource: "launch_check" },
      summary: "Check now whether the campaign can be launched: each line with its evidence.",
      description:
        "Really tried: promotions are compiled and compared, goods of recent orders priced, webhooks sent a test event, the database and the engine measured. " +
        "With `launchCheck` in the campaign its promotions come into force only as they were in the latest check, passed and young enough.",
      roles: ["marketing"],
      status: 201,
      params: campaignParams,
      result: launchCheck,
      problems: ["campaign-not-found"],
      handler: ({ params: { key }, context }) => service.check(context, key),
    }),
    defineOperation({
      id: "launchChecks",
      method: "GET",
      path: "/v1/campaigns/{key}/launch-checks",
      graphql: "query",
      tag,
      summary: "A campaign's checks, newest first.",
      roles: readers,
      params: campaignParams,
      query: launchCheckQuery,
      result: launchCheckPage,
      problems: ["campaign-not-found", "invalid-cursor"],
      handler: ({ params: { key }, query, context }) => service.list(context.projectId, key, query),
    }),
  ];
}
