import { defaultSettings } from "../../engine/settings.ts";
import type { Connection } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import { requireSound } from "./promotion-document.ts";
import { insertPromotion, insertVersion } from "./promotion-store.ts";
import type { PromotionRow } from "./promotion-tables.ts";
import { renewTurns } from "./promotion-turn-store.ts";

/** Puts promotions into force in a project that nobody has used yet, with the history they would have. */
export async function seedPromotions(
  connection: Connection,
  { projectId, documents, now }: { projectId: string; documents: readonly unknown[]; now: number },
): Promise<void> {
  const createdAt = new Date(now);
  for (const given of documents) {
    const id = newId("prm", now);
    const { document, compiled } = requireSound(given, { id, timezone: defaultSettings.timezone });
    const { startsAt = null, endsAt = null } = compiled.schedule ?? {};
    const row: PromotionRow = {
      projectId,
      id,
      key: document.key,
      status: "active",
      version: 2,
      revision: 1,
      document,
      startsAt: startsAt === null ? null : new Date(startsAt),
      endsAt: endsAt === null ? null : new Date(endsAt),
      createdAt,
      updatedAt: createdAt,
      killedAt: null,
    };
    if ((await insertPromotion(connection, row)) === undefined) {
      throw new Error(`promotion ${row.key} is there already`);
    }
    const draft = { ...row, version: 1, status: "draft" } as const;
    await insertVersion(connection, draft, { change: "created", changedBy: "seed" });
    await insertVersion(connection, row, { change: "activated", changedBy: "seed" });
    await renewTurns(connection, row, row, now);
  }
}
