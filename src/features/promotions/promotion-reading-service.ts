/** Promotions as callers see them. */
import { z } from "zod";
import { describePromotion } from "../../engine/describe.ts";
import { type PromotionDocument, promotionSchema } from "../../engine/promotion.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import type { Promotion, PromotionQuery, PromotionVersion } from "./promotion-schemas.ts";
import { shownStatus } from "./promotion-status.ts";
import { findPromotion, listPromotions, listVersions, type PromotionName } from "./promotion-store.ts";
import type { PromotionRow, PromotionVersionRow } from "./promotion-tables.ts";

export interface PageQuery {
  limit: number;
  after?: string | undefined;
}

export interface PromotionReading {
  promotion(projectId: string, name: PromotionName): Promise<Promotion>;
  list(projectId: string, query: PromotionQuery): Promise<Page<Promotion>>;
  versions(projectId: string, id: string, page: PageQuery): Promise<Page<PromotionVersion>>;
}

const listCursor = cursorOf("promotions", z.string());
const versionCursor = cursorOf("promotionVersions", z.int());

export function promotionReading(database: Database, clock: Clock): PromotionReading {
  return {
    async promotion(projectId, name) {
      const row = await findPromotion(database.of(projectId), projectId, name);
      if (row === undefined) throw problem("promotion-not-found");
      return shown(row, clock.now());
    },

    async list(projectId, { limit, after, ...filters }) {
      const beforeId = listCursor.decode(after);
      const now = clock.now();
      const rows = await listPromotions(database.of(projectId), projectId, filters, {
        now: new Date(now),
        beforeId,
        limit: limit + 1,
      });
      return listCursor.page(
        rows,
        limit,
        ({ id }) => id,
        (row) => shown(row, now),
      );
    },

    async versions(projectId, id, { limit, after }) {
      const before = versionCursor.decode(after);
      const rows = await listVersions(database.of(projectId), projectId, id, before, limit + 1);
      // Every promotion has a first version, so an empty first page means that there is no such promotion.
      if (rows.length === 0 && before === null) throw problem("promotion-not-found");
      return versionCursor.page(rows, limit, ({ version }) => version, shownVersion);
    },
  };
}

export function shown(row: PromotionRow, now: number): Promotion {
  const { id, version, createdAt, updatedAt } = row;
  const document = promotionSchema.parse(row.document);
  return {
    ...document,
    id,
    status: shownStatus(row, now),
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    killedAt: row.killedAt?.toISOString() ?? null,
    explanation: explained(document),
  };
}

export function explained(document: PromotionDocument): Promotion["explanation"] {
  return { en: describePromotion(document, "en"), "zh-CN": describePromotion(document, "zh-CN") };
}

function shownVersion(row: PromotionVersionRow): PromotionVersion {
  const { version, status, change, changedBy, createdAt, revision, reason } = row;
  return {
    version,
    status,
    change,
    changedBy,
    createdAt: createdAt.toISOString(),
    reason,
    rulebook: String(revision),
    document: promotionSchema.parse(row.document),
  };
}
