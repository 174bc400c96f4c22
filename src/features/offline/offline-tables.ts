import { bigint, customType, json, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { FlagKind } from "./offline-schemas.ts";
import type { PromisedHold } from "./voucher-holds.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });
const amount = (name: string) => bigint(name, { mode: "number" });
const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });

export const offlineKeys = pgTable(
  "offline_keys",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    publicKey: bytes("public_key").notNull(),
    privateKey: bytes("private_key"),
    createdAt: instant("created_at").notNull(),
    retiredAt: instant("retired_at"),
    publishedUntil: instant("published_until"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);
export type OfflineKeyRow = typeof offlineKeys.$inferSelect;

export const offlineVouchers = pgTable(
  "offline_vouchers",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    keyId: text("key_id").notNull(),
    ruleId: text("rule_id").notNull(),
    promotion: text().notNull(),
    code: text(),
    pool: text(),
    customerId: text("customer_id"),
    currency: text().notNull(),
    maxAmount: amount("max_amount").notNull(),
    minSubtotal: amount("min_subtotal"),
    validFrom: instant("valid_from").notNull(),
    expiresAt: instant("expires_at").notNull(),
    revision: amount("revision").notNull(),
    holds: json().$type<PromisedHold[]>().notNull(),
    issuedBy: text("issued_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);
export type OfflineVoucherRow = typeof offlineVouchers.$inferSelect;

export const offlineFlags = pgTable(
  "offline_flags",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    redemptionId: text("redemption_id").notNull(),
    kind: text().$type<FlagKind>().notNull(),
    voucherId: text("voucher_id").notNull(),
    promotion: text().notNull(),
    source: text().notNull(),
    orderRef: text("order_ref").notNull(),
    till: text(),
    acceptedAt: instant("accepted_at").notNull(),
    currency: text().notNull(),
    discount: amount("discount").notNull(),
    amount: amount("amount"),
    createdAt: instant("created_at").notNull(),
    resolvedAt: instant("resolved_at"),
    resolvedBy: text("resolved_by"),
    note: text(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);
export type OfflineFlagRow = typeof offlineFlags.$inferSelect;
