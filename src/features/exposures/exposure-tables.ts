import { pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

export const exposures = pgTable(
  "exposures",
  {
    projectId: text("project_id").notNull(),
    kind: text().$type<"campaign" | "experiment">().notNull(),
    name: text().notNull(),
    customerId: text("customer_id").notNull(),
    arm: text().notNull(),
    at: timestamp("at", { withTimezone: true }).notNull(),
    channel: text(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.kind, table.name, table.customerId] })],
);

export type ExposureRow = typeof exposures.$inferSelect;
