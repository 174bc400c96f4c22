import { customType, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Environment, Role } from "../../platform/auth.ts";

const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" });
const instant = (name: string) => timestamp(name, { withTimezone: true });

export const apiKeys = pgTable(
  "api_keys",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    name: text().notNull(),
    role: text().$type<Role>().notNull(),
    environment: text().$type<Environment>().notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
    lastUsedAt: instant("last_used_at"),
    requestsPerMinute: integer("requests_per_minute"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const apiKeySecrets = pgTable(
  "api_key_secrets",
  {
    projectId: text("project_id").notNull(),
    apiKeyId: text("api_key_id").notNull(),
    hash: bytea().notNull(),
    hint: text().notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.apiKeyId, table.hash] })],
);

export type ApiKeyRow = typeof apiKeys.$inferSelect;
export type ApiKeySecretRow = typeof apiKeySecrets.$inferSelect;
