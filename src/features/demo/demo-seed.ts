import type { Config } from "../../config.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Connection } from "../../platform/database.ts";
import { createWellKnownKey } from "../api-keys/api-key-service.ts";
import { seedCampaign } from "../campaigns/campaign-seed.ts";
import { seedPromotions } from "../promotions/promotion-seed.ts";
import { demoCampaign } from "./demo-campaign.ts";
import { demoKeys } from "./demo-keys.ts";
import { demoPromotions } from "./demo-promotions.ts";

/**
 * Fills a new project with the demo shop, in the transaction that makes the project: it has all of it or none. Keys that
 * everybody knows are never made in production.
 */
export async function seedDemo(
  connection: Connection,
  projectId: string,
  environment: Config["environment"],
  clock: Clock,
): Promise<void> {
  const createdAt = new Date(clock.now());
  if (environment !== "production") {
    for (const role of ["checkout", "pos", "marketing", "erp"] as const) {
      const key = { name: `Demo ${role} key`, role, environment: "live", secret: demoKeys[role] } as const;
      await createWellKnownKey(connection, projectId, key, createdAt);
    }
  }
  const now = clock.now();
  await seedPromotions(connection, { projectId, documents: demoPromotions, now });
  await seedCampaign(connection, { projectId, given: demoCampaign(now), now });
}
