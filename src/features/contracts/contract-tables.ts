import { bigint, boolean, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { ContractState } from "./contract-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const contracts = pgTable(
  "contracts",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    customerId: text("customer_id").notNull(),
    kind: text(),
    name: text(),
    value: bigint({ mode: "number" }).notNull(),
    currency: text().notNull(),
    startsOn: text("starts_on").notNull(),
    endsOn: text("ends_on").notNull(),
    autoRenew: boolean("auto_renew").notNull(),
    state: text().$type<ContractState>().notNull(),
    renews: text(),
    renewedBy: text("renewed_by"),
    renewal: text(),
    version: integer().notNull(),
    dueAt: instant("due_at"),
    closedAt: instant("closed_at"),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type ContractRow = typeof contracts.$inferSelect;
