import { integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { RebateAgreementDocument } from "./rebate-schemas.ts";

export const rebateAgreements = pgTable(
  "rebate_agreements",
  {
    projectId: text("project_id").notNull(),
    key: text().notNull(),
    version: integer().notNull(),
    document: jsonb().$type<RebateAgreementDocument>().notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.key] })],
);

export type RebateAgreementRow = typeof rebateAgreements.$inferSelect;
