import { date, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

export const checkInStreaks = pgTable(
  "check_in_streaks",
  {
    projectId: text("project_id").notNull(),
    programme: text().notNull(),
    holder: text().notNull(),
    customerId: text("customer_id").notNull(),
    day: date({ mode: "string" }).notNull(),
    streak: integer().notNull(),
    best: integer().notNull(),
    total: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.programme, table.holder] })],
);

export const checkIns = pgTable(
  "check_ins",
  {
    projectId: text("project_id").notNull(),
    programme: text().notNull(),
    holder: text().notNull(),
    day: date({ mode: "string" }).notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    streak: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.programme, table.holder, table.day] })],
);

export type CheckInStreakRow = typeof checkInStreaks.$inferSelect;
export type CheckInRow = typeof checkIns.$inferSelect;
