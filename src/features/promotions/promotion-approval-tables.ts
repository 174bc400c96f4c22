import { integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const promotionApprovals = pgTable(
  "promotion_approvals",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    promotionId: text("promotion_id").notNull(),
    version: integer().notNull(),
    decision: text().$type<"approved" | "rejected">().notNull(),
    note: text(),
    decidedBy: text("decided_by").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const promotionComments = pgTable(
  "promotion_comments",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    promotionId: text("promotion_id").notNull(),
    version: integer().notNull(),
    body: text().notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type ApprovalRow = typeof promotionApprovals.$inferSelect;
export type CommentRow = typeof promotionComments.$inferSelect;
