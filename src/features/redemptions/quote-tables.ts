import { bigint, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const quotes = pgTable(
  "quotes",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    evaluationId: text("evaluation_id").notNull(),
    customerId: text("customer_id"),
    currency: text().notNull(),
    total: bigint({ mode: "number" }).notNull(),
    validUntil: instant("valid_until").notNull(),
    redemptionId: text("redemption_id"),
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type QuoteRow = typeof quotes.$inferSelect;
