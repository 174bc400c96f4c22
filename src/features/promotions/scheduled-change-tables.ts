import { integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true });

/** What is to happen: one of the three. */
export type PlannedChange =
  | { readonly document: unknown }
  | { readonly patch: Readonly<Record<string, unknown>> }
  | { readonly action: "activate" | "pause" | "end" };

export const promotionScheduledChanges = pgTable(
  "promotion_scheduled_changes",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    promotionId: text("promotion_id").notNull(),
    at: instant("at").notNull(),
    baseVersion: integer("base_version").notNull(),
    change: jsonb().$type<PlannedChange>().notNull(),
    state: text().$type<"waiting" | "applied" | "failed" | "cancelled">().notNull(),
    failure: text(),
    createdBy: text("created_by").notNull(),
    requestId: text("request_id").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    settledAt: instant("settled_at"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type ScheduledChangeRow = typeof promotionScheduledChanges.$inferSelect;
