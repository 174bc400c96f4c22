import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { PromotionDocument } from "../../engine/promotion.ts";
import type { PromotionChange, StoredStatus } from "./promotion-status.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const promotions = pgTable(
  "promotions",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    key: text().notNull(),
    status: text().$type<StoredStatus>().notNull(),
    version: integer().notNull(),
    revision: bigint({ mode: "number" }).notNull(),
    document: jsonb().$type<PromotionDocument>().notNull(),
    startsAt: instant("starts_at"),
    endsAt: instant("ends_at"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    killedAt: instant("killed_at"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const promotionVersions = pgTable(
  "promotion_versions",
  {
    projectId: text("project_id").notNull(),
    promotionId: text("promotion_id").notNull(),
    version: integer().notNull(),
    revision: bigint({ mode: "number" }).notNull(),
    status: text().$type<StoredStatus>().notNull(),
    document: jsonb().$type<PromotionDocument>().notNull(),
    change: text().$type<PromotionChange>().notNull(),
    changedBy: text("changed_by").notNull(),
    createdAt: instant("created_at").notNull(),
    reason: text(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.promotionId, table.version] })],
);

/** What the schedules of promotions in force are still to bring. */
export const promotionTurns = pgTable(
  "promotion_turns",
  {
    projectId: text("project_id").notNull(),
    promotionId: text("promotion_id").notNull(),
    turn: text().$type<"started" | "expired">().notNull(),
    at: instant("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.promotionId, table.turn] })],
);

export type PromotionRow = typeof promotions.$inferSelect;
export type PromotionVersionRow = typeof promotionVersions.$inferSelect;
export type PromotionTurn = typeof promotionTurns.$inferSelect;
