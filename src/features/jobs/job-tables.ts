import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { JobState } from "./job-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const jobs = pgTable(
  "jobs",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    kind: text().notNull(),
    state: text().$type<JobState>().notNull(),
    input: jsonb().$type<unknown>().notNull(),
    total: bigint({ mode: "number" }),
    done: bigint({ mode: "number" }).notNull(),
    result: jsonb().$type<Record<string, unknown>>(),
    failure: text(),
    runner: text(),
    attempts: integer().notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
    startedAt: instant("started_at"),
    heartbeatAt: instant("heartbeat_at"),
    finishedAt: instant("finished_at"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type JobRow = typeof jobs.$inferSelect;
