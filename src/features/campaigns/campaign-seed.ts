import type { z } from "zod";
import type { Connection } from "../../platform/database.ts";
import { soundCampaign } from "./campaign-document.ts";
import { campaignDocument } from "./campaign-schemas.ts";
import { insertCampaign } from "./campaign-store.ts";

/** Enters a campaign in a project that nobody has used yet. `now` in milliseconds since 1970. */
export async function seedCampaign(
  connection: Connection,
  { projectId, given, now }: { projectId: string; given: z.input<typeof campaignDocument>; now: number },
): Promise<void> {
  const document = soundCampaign(campaignDocument.parse(given));
  const row = await insertCampaign(connection, { projectId, document, at: new Date(now) });
  if (row === undefined) throw new Error(`campaign ${document.key} is there already`);
}
