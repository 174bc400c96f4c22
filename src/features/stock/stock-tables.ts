import { bigint, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const stockFeeds = pgTable("stock_feeds", {
  projectId: text("project_id").primaryKey(),
  revision: bigint({ mode: "number" }).notNull(),
  receivedAt: instant("received_at").notNull(),
  alarmAt: instant("alarm_at"),
});

export const stockLevels = pgTable(
  "stock_levels",
  {
    projectId: text("project_id").notNull(),
    sku: text().notNull(),
    /** Empty: of the SKU at large. */
    store: text().notNull(),
    quantity: bigint({ mode: "number" }).notNull(),
    asOf: instant("as_of").notNull(),
    receivedAt: instant("received_at").notNull(),
    revision: bigint({ mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.sku, table.store] })],
);

export type StockLevelRow = typeof stockLevels.$inferSelect;
export type StockFeedRow = typeof stockFeeds.$inferSelect;
