/** Campaigns, wired: their plans, what they cost, what they bring. Part of the composition root. */
import {
  campaignBoardOperations,
  campaignBoardStreams,
} from "../features/campaigns/campaign-board-operations.ts";
import {
  type CampaignBoardOptions,
  type CampaignBoardService,
  campaignBoardService,
} from "../features/campaigns/campaign-board-service.ts";
import { campaignBoardStreamService } from "../features/campaigns/campaign-board-stream-service.ts";
import { campaignCostService } from "../features/campaigns/campaign-cost-service.ts";
import { followSales } from "../features/campaigns/campaign-kpi-service.ts";
import { campaignOperations } from "../features/campaigns/campaign-operations.ts";
import {
  campaignReviewOperations,
  campaignReviewStreams,
} from "../features/campaigns/campaign-review-operations.ts";
import { campaignReviewService } from "../features/campaigns/campaign-review-service.ts";
import {
  type CampaignOptions,
  type CampaignService,
  campaignService,
} from "../features/campaigns/campaign-service.ts";
import { isCampaignMet } from "../features/exposures/exposure-service.ts";
import { changedOrders } from "../features/orders/paid-order-service.ts";
import type { EventDeliveryService } from "../features/webhooks/event-delivery-service.ts";
import type { Operation } from "../platform/operation.ts";
import type { StreamOperation } from "../platform/stream-operation.ts";

export { countCampaignEvents } from "../features/campaigns/campaign-kpi-service.ts";
export { campaignsInForce } from "../features/campaigns/campaign-service.ts";

/** In the transaction that numbers events. */
export const campaignFollowers = [followSales(changedOrders)];

export interface CampaignServices {
  readonly operations: Operation[];
  readonly streams: StreamOperation[];
  /** Ends every stream of a board. */
  endStreams(): void;
  readonly service: CampaignService;
  readonly boards: CampaignBoardService;
}

export function campaignServices({
  eventDelivery,
  ...options
}: Omit<CampaignOptions, "hasExposures"> &
  CampaignBoardOptions & { eventDelivery: Pick<EventDeliveryService, "onSequenced"> }): CampaignServices {
  const service = campaignService({ ...options, hasExposures: isCampaignMet });
  const boards = campaignBoardService(options);
  const stream = campaignBoardStreamService(boards);
  const reviews = campaignReviewService({ ...options, boards });
  eventDelivery.onSequenced(stream.wake);
  return {
    operations: [
      ...campaignOperations(service, campaignCostService(options)),
      ...campaignBoardOperations(boards),
      ...campaignReviewOperations(reviews),
    ],
    streams: [...campaignBoardStreams(stream), ...campaignReviewStreams(reviews)],
    endStreams: stream.close,
    service,
    boards,
  };
}
