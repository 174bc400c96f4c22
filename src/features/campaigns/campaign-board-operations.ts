import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import { campaignAttainment, campaignBoard } from "./campaign-board-schemas.ts";
import type { CampaignBoardService } from "./campaign-board-service.ts";
import type { CampaignBoardStreamService } from "./campaign-board-stream-service.ts";
import { campaignParams } from "./campaign-schemas.ts";

const tag = "campaigns";
const readers: readonly Role[] = ["marketing", "viewer"];

export function campaignBoardOperations(service: CampaignBoardService): Operation[] {
  return [
    defineOperation({
      id: "campaignAttainment",
      reads: "replica",
      method: "GET",
      path: "/v1/campaigns/{key}/attainment",
      graphql: "query",
      tag,
      summary: "Each goal of a campaign: what was to be reached, what is, and whether that is enough by now.",
      roles: readers,
      params: campaignParams,
      result: campaignAttainment,
      cost: 500,
      problems: ["campaign-not-found"],
      handler: ({ params: { key }, context }) => service.attainment(context.projectId, key),
    }),
    defineOperation({
      id: "campaignBoard",
      method: "GET",
      path: "/v1/campaigns/{key}/live",
      graphql: "query",
      tag,
      summary: "All that there is to watch of a campaign: figures, goals, channels, promotions, alerts.",
      roles: readers,
      params: campaignParams,
      result: campaignBoard,
      cost: 1_000,
      problems: ["campaign-not-found"],
      handler: ({ params: { key }, context }) => service.live(context.projectId, key),
    }),
  ];
}

export function campaignBoardStreams(service: CampaignBoardStreamService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "streamCampaignBoard",
      method: "GET",
      path: "/v1/campaigns/{key}/live/stream",
      tag,
      summary: "The same as Server-Sent Events, whenever it changes.",
      description:
        "Each event is called `board`, and its data is the whole board as `GET /v1/campaigns/{key}/live` answers it: the first at once, further ones when something in it has changed, at most one a second. It ends now and then, and once its key is no longer valid; browsers connect anew by themselves.",
      roles: readers,
      params: campaignParams,
      produces: ["text/event-stream"],
      problems: ["campaign-not-found"],
      handler: ({ params: { key }, over, context }) => ({
        contentType: "text/event-stream",
        headers: { "cache-control": "no-store", "x-accel-buffering": "no" },
        body: service.stream(context, key, over),
      }),
    }),
  ];
}
