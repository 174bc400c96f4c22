import { bigint, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Settings } from "../../engine/settings.ts";
import type { SimulationReport, SimulationRequest } from "./simulation-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const simulations = pgTable(
  "simulations",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    jobId: text("job_id").notNull(),
    request: jsonb().$type<SimulationRequest>().notNull(),
    revision: bigint({ mode: "number" }).notNull(),
    settings: jsonb().$type<Settings>().notNull(),
    checkpoint: text(),
    reachedAt: timestamp("reached_at", { withTimezone: true, mode: "string" }),
    reachedId: text("reached_id"),
    report: jsonb().$type<SimulationReport>(),
    createdBy: text("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type SimulationRow = typeof simulations.$inferSelect;
