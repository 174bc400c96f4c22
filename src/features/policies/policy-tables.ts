import { integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { PolicyAction, PolicyDocument } from "./policy-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const campaignPolicies = pgTable(
  "campaign_policies",
  {
    projectId: text("project_id").notNull(),
    campaign: text().notNull(),
    key: text().notNull(),
    version: integer().notNull(),
    document: jsonb().$type<PolicyDocument>().notNull(),
    dueAt: instant("due_at"),
    setBy: text("set_by").notNull(),
    requestId: text("request_id").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.campaign, table.key] })],
);

export const policyActions = pgTable(
  "policy_actions",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    campaign: text().notNull(),
    policy: text().notNull(),
    channel: text(),
    at: instant("at").notNull(),
    evidence: jsonb().$type<PolicyAction["evidence"]>().notNull(),
    act: jsonb().$type<PolicyAction["act"]>().notNull(),
    changes: jsonb().$type<PolicyAction["changes"]>().notNull(),
    failure: text(),
    undoneAt: instant("undone_at"),
    undoneBy: text("undone_by"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type PolicyRow = typeof campaignPolicies.$inferSelect;
export type PolicyActionRow = typeof policyActions.$inferSelect;
