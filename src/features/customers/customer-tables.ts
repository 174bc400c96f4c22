import { bigint, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { StoredCustomer } from "./customer-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const customers = pgTable(
  "customers",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    version: bigint({ mode: "number" }).notNull(),
    document: jsonb().$type<StoredCustomer>().notNull(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type CustomerRow = typeof customers.$inferSelect;
