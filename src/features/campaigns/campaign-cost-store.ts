import { and, desc, eq, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { CampaignCostQuery } from "./campaign-schemas.ts";
import { type CampaignCostRow, campaignCosts } from "./campaign-tables.ts";

/** As it is stored; undefined where there is one with this id already. */
export async function insertCost(
  connection: Connection,
  row: CampaignCostRow,
): Promise<CampaignCostRow | undefined> {
  const [stored] = await connection.insert(campaignCosts).values(row).onConflictDoNothing().returning();
  return stored;
}

export async function findCost(
  connection: Connection,
  { projectId, campaign, id }: Pick<CampaignCostRow, "projectId" | "campaign" | "id">,
): Promise<CampaignCostRow | undefined> {
  const [row] = await connection
    .select()
    .from(campaignCosts)
    .where(and(ofCampaign(projectId, campaign), eq(campaignCosts.id, id)));
  return row;
}

/** The latest first. */
export async function listCosts(
  connection: Connection,
  { projectId, campaign }: Pick<CampaignCostRow, "projectId" | "campaign">,
  { element, channel }: Omit<CampaignCostQuery, "limit" | "after">,
  { before, limit }: { before: readonly [number, string] | null; limit: number },
): Promise<CampaignCostRow[]> {
  return connection
    .select()
    .from(campaignCosts)
    .where(
      and(
        ofCampaign(projectId, campaign),
        element === undefined ? undefined : eq(campaignCosts.element, element),
        channel === undefined ? undefined : eq(campaignCosts.channel, channel),
        before === null
          ? undefined
          : sql`(${campaignCosts.at}, ${campaignCosts.id}) < (${new Date(before[0]).toISOString()}::timestamptz, ${before[1]}::text)`,
      ),
    )
    .orderBy(desc(campaignCosts.at), desc(campaignCosts.id))
    .limit(limit);
}

const ofCampaign = (projectId: string, campaign: string) =>
  and(eq(campaignCosts.projectId, projectId), eq(campaignCosts.campaign, campaign));
