import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { PointsAccount, PointsCause, PointsTake } from "../../ledger/points.ts";
import type { OrderTerms } from "./points-order-terms.ts";
import type { PointsProgrammeDocument, PointsSpendState } from "./points-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });
const points = (name: string) => bigint(name, { mode: "number" });

export const pointsProgrammes = pgTable(
  "points_programmes",
  {
    projectId: text("project_id").notNull(),
    key: text().notNull(),
    version: integer().notNull(),
    document: jsonb().$type<PointsProgrammeDocument>().notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.key] })],
);

export const pointsAccounts = pgTable(
  "points_accounts",
  {
    projectId: text("project_id").notNull(),
    holder: text().notNull(),
    programme: text().notNull(),
    customerId: text("customer_id").notNull(),
    pending: points("pending").notNull(),
    available: points("available").notNull(),
    reserved: points("reserved").notNull(),
    debt: points("debt").notNull(),
    retryAt: instant("retry_at"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.holder, table.programme] })],
);

export const pointsLots = pgTable(
  "points_lots",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    holder: text().notNull(),
    programme: text().notNull(),
    redemptionId: text("redemption_id"),
    externalId: text("external_id"),
    position: integer(),
    amount: points("amount").notNull(),
    remaining: points("remaining").notNull(),
    reversed: points("reversed").notNull(),
    lapsed: points("lapsed").notNull(),
    isPending: boolean("is_pending").notNull(),
    earnedAt: instant("earned_at").notNull(),
    availableAt: instant("available_at").notNull(),
    expiresAt: instant("expires_at"),
    remindAt: instant("remind_at"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const pointsSpends = pgTable(
  "points_spends",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    holder: text().notNull(),
    programme: text().notNull(),
    points: points("points").notNull(),
    refunded: points("refunded").notNull(),
    state: text().$type<PointsSpendState>().notNull(),
    takes: jsonb().$type<PointsTake[]>().notNull(),
    orderRef: text("order_ref"),
    redemptionId: text("redemption_id"),
    externalId: text("external_id"),
    currency: text(),
    value: points("value"),
    coupon: text(),
    isFinal: boolean("is_final").notNull(),
    expiresAt: instant("expires_at"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const pointsEntries = pgTable(
  "points_entries",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    holder: text().notNull(),
    programme: text().notNull(),
    cause: text().$type<PointsCause>().notNull(),
    lotId: text("lot_id"),
    fromAccount: text("from_account").$type<PointsAccount>().notNull(),
    toAccount: text("to_account").$type<PointsAccount>().notNull(),
    amount: points("amount").notNull(),
    redemptionId: text("redemption_id"),
    spendId: text("spend_id"),
    reason: text(),
    createdBy: text("created_by"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const pointsOrders = pgTable(
  "points_orders",
  {
    projectId: text("project_id").notNull(),
    externalId: text("external_id").notNull(),
    programme: text().notNull(),
    terms: jsonb().$type<OrderTerms[]>().notNull(),
    points: points("points").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.externalId, table.programme] })],
);

export type PointsOrderRow = typeof pointsOrders.$inferSelect;
export type PointsProgrammeRow = typeof pointsProgrammes.$inferSelect;
export type PointsAccountRow = typeof pointsAccounts.$inferSelect;
export type PointsLotRow = typeof pointsLots.$inferSelect;
export type PointsSpendRow = typeof pointsSpends.$inferSelect;
export type PointsEntryRow = typeof pointsEntries.$inferSelect;
