import { integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const groupBuys = pgTable(
  "group_buys",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    promotionId: text("promotion_id").notNull(),
    promotion: text().notNull(),
    size: integer().notNull(),
    state: text().$type<"open" | "succeeded" | "failed">().notNull(),
    openedAt: instant("opened_at").notNull(),
    deadline: instant("deadline").notNull(),
    payUntil: instant("pay_until").notNull(),
    endedAt: instant("ended_at"),
    dueAt: instant("due_at"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const groupSeats = pgTable(
  "group_seats",
  {
    projectId: text("project_id").notNull(),
    redemptionId: text("redemption_id").notNull(),
    groupId: text("group_id").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.redemptionId] })],
);

export type GroupBuyRow = typeof groupBuys.$inferSelect;
