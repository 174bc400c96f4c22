import { jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Prize, PrizeSource, PrizeState } from "./prize-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const prizes = pgTable(
  "prizes",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    source: text().$type<PrizeSource>().notNull(),
    programme: text().notNull(),
    reference: text().notNull(),
    holder: text().notNull(),
    customerId: text("customer_id").notNull(),
    kind: text().$type<Prize["kind"]>().notNull(),
    state: text().$type<PrizeState>().notNull(),
    document: jsonb().$type<Prize>().notNull(),
    pool: text(),
    code: text(),
    lotId: text("lot_id"),
    reason: text(),
    retryAt: instant("retry_at"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type PrizeRow = typeof prizes.$inferSelect;
