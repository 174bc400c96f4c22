import { sql } from "drizzle-orm";
import { bigint, customType, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import type { Environment } from "../../platform/auth.ts";

const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" });

export const projects = pgTable("projects", {
  id: text().primaryKey(),
  key: text().notNull(),
  environment: text().$type<Environment>().notNull().default("live"),
  name: text().notNull(),
  settings: jsonb().notNull(),
  settingsVersion: bigint("settings_version", { mode: "number" }).notNull().default(1),
  revision: bigint({ mode: "number" }).notNull().default(1),
  identifierKey: bytea("identifier_key").notNull().default(sql`(made by the database)`),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
  stoppedAt: timestamp("stopped_at", { withTimezone: true }),
  stoppedBy: text("stopped_by"),
  stopReason: text("stop_reason"),
  safeguards: jsonb().notNull().default({}),
  alarmsRaised: jsonb("alarms_raised").notNull().default({}),
});

export type ProjectRow = typeof projects.$inferSelect;
