import { bigint, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { CampaignDocument } from "./campaign-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const campaigns = pgTable(
  "campaigns",
  {
    projectId: text("project_id").notNull(),
    key: text().notNull(),
    version: bigint({ mode: "number" }).notNull(),
    document: jsonb().$type<CampaignDocument>().notNull(),
    startsAt: instant("starts_at").notNull(),
    endsAt: instant("ends_at").notNull(),
    archivedAt: instant("archived_at"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.key] })],
);

export const campaignCosts = pgTable(
  "campaign_costs",
  {
    projectId: text("project_id").notNull(),
    campaign: text().notNull(),
    id: text().notNull(),
    element: text().notNull(),
    amount: bigint({ mode: "number" }).notNull(),
    currency: text().notNull(),
    at: instant("at").notNull(),
    note: text(),
    channel: text(),
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.campaign, table.id] })],
);

export type CampaignRow = typeof campaigns.$inferSelect;
export type CampaignCostRow = typeof campaignCosts.$inferSelect;
