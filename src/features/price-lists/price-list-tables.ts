import { integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { ListPriceDocument, PriceListDocument } from "./price-list-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const priceLists = pgTable(
  "price_lists",
  {
    projectId: text("project_id").notNull(),
    key: text().notNull(),
    currency: text().notNull(),
    priority: integer().notNull(),
    startsAt: instant("starts_at"),
    endsAt: instant("ends_at"),
    document: jsonb().$type<PriceListDocument>().notNull(),
    version: integer().notNull(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.key] })],
);

export const listPrices = pgTable(
  "list_prices",
  {
    projectId: text("project_id").notNull(),
    list: text().notNull(),
    sku: text().notNull(),
    document: jsonb().$type<ListPriceDocument>().notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.list, table.sku] })],
);

export type PriceListRow = typeof priceLists.$inferSelect;
export type ListPriceRow = typeof listPrices.$inferSelect;
