/** Holdouts of what a campaign gives beside carts: automations, draws. */
import { campaignArm } from "../../engine/assignment.ts";
import type { Connection } from "../../platform/database.ts";
import type { ExposureService } from "../exposures/exposure-service.ts";
import { findCampaignDocument } from "./campaign-service.ts";

export interface CampaignHoldoutService {
  /** Whether there is such a campaign; of none it is true. */
  isKnown(connection: Connection, projectId: string, campaign: string | undefined): Promise<boolean>;
  /**
   * Whether the customer gets nothing of the campaign, and that they met it now, in whatever arm: to be asked where they would be
   * given something, so that the arms may be compared.
   */
  isHeldOut(
    connection: Connection,
    projectId: string,
    campaign: string | undefined,
    customerId: string,
  ): Promise<boolean>;
}

export function campaignHoldoutService({
  exposures,
}: {
  exposures: Pick<ExposureService, "meet">;
}): CampaignHoldoutService {
  return {
    async isKnown(connection, projectId, campaign) {
      return (
        campaign === undefined || (await findCampaignDocument(connection, projectId, campaign)) !== undefined
      );
    },

    async isHeldOut(connection, projectId, campaign, customerId) {
      if (campaign === undefined) return false;
      const document = await findCampaignDocument(connection, projectId, campaign);
      if (document?.holdout === undefined) return false;
      return exposures.meet(projectId, document, customerId) === "holdout";
    },
  };
}

/** Who of them would get nothing of the campaign; nothing is noted. */
export async function heldOutAmong(
  connection: Connection,
  projectId: string,
  campaign: string | undefined,
  customerIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (campaign === undefined) return new Set();
  const document = await findCampaignDocument(connection, projectId, campaign);
  const isHeldOut = (id: string) => campaignArm(campaign, document?.holdout?.percent, id) === "holdout";
  return new Set(customerIds.filter(isHeldOut));
}
