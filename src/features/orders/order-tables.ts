import { bigint, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { RefundedLine } from "./order-refunds.ts";
import type { OrderDocument, OrderSettlement, OrderStatus } from "./order-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });
const minorUnits = () => bigint({ mode: "number" });

export const orders = pgTable(
  "orders",
  {
    projectId: text("project_id").notNull(),
    externalId: text("external_id").notNull(),
    version: bigint({ mode: "number" }).notNull(),
    status: text().$type<OrderStatus>().notNull(),
    customerId: text("customer_id"),
    redemptionId: text("redemption_id"),
    channel: text(),
    store: text(),
    dealer: text(),
    currency: text().notNull(),
    total: minorUnits().notNull(),
    placedAt: instant("placed_at").notNull(),
    document: jsonb().$type<OrderDocument>().notNull(),
    returned: jsonb().$type<RefundedLine[]>().notNull(),
    refunded: minorUnits().notNull(),
    settlement: text().$type<OrderSettlement>(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.externalId] })],
);

export const orderReturns = pgTable(
  "order_returns",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    externalId: text("external_id").notNull(),
    lines: jsonb().notNull(),
    refund: minorUnits().notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type OrderRow = typeof orders.$inferSelect;
export type OrderReturnRow = typeof orderReturns.$inferSelect;

/** What is written of an order; the rest of its row is made by us. */
export interface IncomingOrder
  extends Pick<
    OrderRow,
    | "externalId"
    | "version"
    | "status"
    | "customerId"
    | "redemptionId"
    | "channel"
    | "store"
    | "dealer"
    | "currency"
    | "total"
    | "document"
  > {
  /** Epoch milliseconds: what JavaScript and PostgreSQL would both round away goes here. */
  placedAt: number;
}
