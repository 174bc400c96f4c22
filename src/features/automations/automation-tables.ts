import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { AutomationDocument, AutomationStatus, RunState } from "./automation-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export interface AutomationName {
  readonly projectId: string;
  readonly id: string;
}

export const automations = pgTable(
  "automations",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    key: text().notNull(),
    status: text().$type<AutomationStatus>().notNull(),
    version: bigint({ mode: "number" }).notNull(),
    document: jsonb().$type<AutomationDocument>().notNull(),
    listensTo: text("listens_to"),
    epoch: bigint({ mode: "number" }).notNull(),
    sincePosition: bigint("since_position", { mode: "number" }),
    activatedAt: instant("activated_at"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const automationRuns = pgTable(
  "automation_runs",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    automationId: text("automation_id").notNull(),
    epoch: bigint({ mode: "number" }).notNull(),
    holder: text().notNull(),
    customerId: text("customer_id").notNull(),
    occurrence: text().notNull(),
    trigger: jsonb().$type<Record<string, unknown>>().notNull(),
    state: text().$type<RunState>().notNull(),
    reason: text(),
    pool: text(),
    dueAt: instant("due_at"),
    couponsTaken: bigint("coupons_taken", { mode: "number" }).notNull(),
    attempts: integer().notNull(),
    points: jsonb().$type<Readonly<Record<string, number>>>(),
    ranAt: instant("ran_at"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const automationCoupons = pgTable(
  "automation_coupons",
  {
    projectId: text("project_id").notNull(),
    code: text().notNull(),
    automationId: text("automation_id").notNull(),
    runId: text("run_id").notNull(),
    pool: text().notNull(),
    redemptionId: text("redemption_id"),
    currency: text(),
    revenue: bigint({ mode: "number" }),
    discount: bigint({ mode: "number" }),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.code] })],
);

export const automationClocks = pgTable(
  "automation_clocks",
  {
    projectId: text("project_id").notNull(),
    automationId: text("automation_id").notNull(),
    dueAt: instant("due_at").notNull(),
    ofAt: instant("of_at").notNull(),
    after: text(),
    lookedDay: integer("looked_day"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.automationId] })],
);

export type AutomationClockRow = typeof automationClocks.$inferSelect;
export type AutomationRow = typeof automations.$inferSelect;
export type AutomationRunRow = typeof automationRuns.$inferSelect;
export type AutomationCouponRow = typeof automationCoupons.$inferSelect;
