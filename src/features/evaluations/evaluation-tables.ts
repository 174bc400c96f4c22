import { bigint, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Settings } from "../../engine/settings.ts";
import type { StoredFacts } from "./evaluation-facts.ts";
import type { EvaluationRequest, IdentifiedQuote } from "./evaluation-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const evaluations = pgTable(
  "evaluations",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    revision: bigint({ mode: "number" }).notNull(),
    evaluatedAt: instant("evaluated_at").notNull(),
    request: jsonb().$type<EvaluationRequest>().notNull(),
    facts: jsonb().$type<StoredFacts>().notNull(),
    settings: jsonb().$type<Settings>().notNull(),
    quote: jsonb().$type<IdentifiedQuote>().notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type EvaluationRow = typeof evaluations.$inferSelect;
