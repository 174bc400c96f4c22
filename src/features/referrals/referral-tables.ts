import { boolean, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { PromisedGift, ReferralReason, referralStates } from "./referral-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const referralMembers = pgTable(
  "referral_members",
  {
    projectId: text("project_id").notNull(),
    programme: text().notNull(),
    holder: text().notNull(),
    customerId: text("customer_id").notNull(),
    code: text().notNull(),
    device: text(),
    phone: text(),
    ip: text(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.programme, table.holder] })],
);

export const referrals = pgTable(
  "referrals",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    programme: text().notNull(),
    friend: text().notNull(),
    customerId: text("customer_id").notNull(),
    referrer: text().notNull(),
    channel: text(),
    device: text(),
    phone: text(),
    ip: text(),
    state: text().$type<(typeof referralStates)[number]>().notNull(),
    reason: text().$type<ReferralReason>(),
    orderRef: text("order_ref"),
    isCounted: boolean("is_counted").notNull(),
    gift: jsonb().$type<PromisedGift>(),
    isGiven: boolean("is_given").notNull(),
    dueAt: instant("due_at"),
    holdUntil: instant("hold_until"),
    attributedAt: instant("attributed_at").notNull(),
    qualifiedAt: instant("qualified_at"),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const referralGifts = pgTable(
  "referral_gifts",
  {
    projectId: text("project_id").notNull(),
    programme: text().notNull(),
    given: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.programme] })],
);

export type ReferralMemberRow = typeof referralMembers.$inferSelect;
export type ReferralRow = typeof referrals.$inferSelect;
