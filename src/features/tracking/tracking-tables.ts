import { jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { TrackedEvent } from "./tracking-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const trackedEvents = pgTable(
  "tracked_events",
  {
    projectId: text("project_id").notNull(),
    occurredAt: instant("occurred_at").notNull(),
    source: text().notNull(),
    id: text().notNull(),
    type: text().notNull(),
    subject: text(),
    customerId: text("customer_id"),
    visitor: text(),
    channel: text(),
    campaign: text(),
    data: jsonb().$type<TrackedEvent["data"]>().notNull(),
    receivedAt: instant("received_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.occurredAt, table.source, table.id] })],
);

export type TrackedEventRow = typeof trackedEvents.$inferSelect;
