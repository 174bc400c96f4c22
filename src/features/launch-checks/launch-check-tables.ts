import { boolean, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { LaunchCheckLine } from "./launch-check-schemas.ts";

/** A promotion as it was looked at: any other document has to be looked at again. */
export interface CheckedPromotion {
  id: string;
  key: string;
  fingerprint: string;
}

export const launchChecks = pgTable(
  "launch_checks",
  {
    projectId: text("project_id").notNull(),
    campaign: text().notNull(),
    id: text().notNull(),
    passed: boolean().notNull(),
    lines: jsonb().$type<LaunchCheckLine[]>().notNull(),
    promotions: jsonb().$type<CheckedPromotion[]>().notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.campaign, table.id] })],
);

export type LaunchCheckRow = typeof launchChecks.$inferSelect;
