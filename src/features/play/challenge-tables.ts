import { integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const challengeProgresses = pgTable(
  "challenge_progress",
  {
    projectId: text("project_id").notNull(),
    challenge: text().notNull(),
    holder: text().notNull(),
    customerId: text("customer_id").notNull(),
    done: integer().notNull(),
    completedAt: instant("completed_at"),
    dueAt: instant("due_at"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.challenge, table.holder] })],
);

export type ChallengeProgressRow = typeof challengeProgresses.$inferSelect;
