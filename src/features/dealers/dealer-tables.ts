import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { DealerDocument } from "./dealer-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const dealers = pgTable(
  "dealers",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    level: text(),
    region: text(),
    parent: text(),
    network: text().array().notNull(),
    document: jsonb().$type<DealerDocument>().notNull(),
    version: integer().notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const territoryFlags = pgTable(
  "territory_flags",
  {
    projectId: text("project_id").notNull(),
    externalId: text("external_id").notNull(),
    dealer: text().notNull(),
    destination: text().notNull(),
    region: text(),
    store: text(),
    currency: text().notNull(),
    total: bigint({ mode: "number" }).notNull(),
    placedAt: instant("placed_at").notNull(),
    flaggedAt: instant("flagged_at").notNull(),
    clearedAt: instant("cleared_at"),
    clearedBy: text("cleared_by"),
    reason: text(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.externalId] })],
);

export type DealerRow = typeof dealers.$inferSelect;
export type TerritoryFlagRow = typeof territoryFlags.$inferSelect;
