import { bigint, boolean, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { deliveryStatuses } from "./webhook-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const webhooks = pgTable(
  "webhooks",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    url: text().notNull(),
    types: text().array().notNull(),
    description: text(),
    enabled: boolean().notNull(),
    revision: integer().notNull(),
    disabledReason: text("disabled_reason").$type<"by_hand" | "gone" | "failing">(),
    failingSince: instant("failing_since"),
    notBefore: instant("not_before"),
    runner: text(),
    leaseUntil: instant("lease_until"),
    servedAt: instant("served_at"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const webhookSecrets = pgTable(
  "webhook_secrets",
  {
    projectId: text("project_id").notNull(),
    webhookId: text("webhook_id").notNull(),
    secret: text().notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at"),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.webhookId, table.secret] })],
);

export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    projectId: text("project_id").notNull(),
    webhookId: text("webhook_id").notNull(),
    eventId: text("event_id").notNull(),
    position: bigint({ mode: "number" }).notNull(),
    type: text().notNull(),
    subject: text().notNull(),
    status: text().$type<(typeof deliveryStatuses)[number]>().notNull(),
    attempts: integer().notNull(),
    dueAt: instant("due_at").notNull(),
    createdAt: instant("created_at").notNull(),
    attemptedAt: instant("attempted_at"),
    responseStatus: integer("response_status"),
    durationMilliseconds: integer("duration_ms"),
    response: text(),
    failure: text(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.webhookId, table.eventId] })],
);

export type WebhookRow = typeof webhooks.$inferSelect;
export type WebhookSecretRow = typeof webhookSecrets.$inferSelect;
export type WebhookDeliveryRow = typeof webhookDeliveries.$inferSelect;
