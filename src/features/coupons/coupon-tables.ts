import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { CouponPoolDocument } from "./coupon-pool-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const couponPools = pgTable(
  "coupon_pools",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    key: text().notNull(),
    version: integer().notNull(),
    document: jsonb().$type<CouponPoolDocument>().notNull(),
    codes: bigint({ mode: "number" }).notNull(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const coupons = pgTable(
  "coupons",
  {
    projectId: text("project_id").notNull(),
    code: text().notNull(),
    poolId: text("pool_id").notNull(),
    status: text().$type<"active" | "void">().notNull(),
    maxUses: integer("max_uses").notNull(),
    used: integer().notNull(),
    reserved: integer().notNull(),
    expiresAt: instant("expires_at"),
    customerId: text("customer_id"),
    claimedAt: instant("claimed_at"),
    createdAt: instant("created_at").notNull(),
    spelling: text(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.code] })],
);

export type CouponPoolRow = typeof couponPools.$inferSelect;
export type CouponRow = typeof coupons.$inferSelect;
