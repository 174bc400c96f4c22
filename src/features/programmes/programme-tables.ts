import { integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

export const programmes = pgTable(
  "programmes",
  {
    projectId: text("project_id").notNull(),
    kind: text().$type<"referral" | "check_in" | "challenge">().notNull(),
    key: text().notNull(),
    version: integer().notNull(),
    document: jsonb().notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.kind, table.key] })],
);

export type ProgrammeRow = typeof programmes.$inferSelect;
