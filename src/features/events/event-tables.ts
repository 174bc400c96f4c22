import { bigint, json, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

export const outboxEvents = pgTable(
  "outbox_events",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    type: text().notNull(),
    subject: text().notNull(),
    data: json().$type<Record<string, unknown>>().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    seq: bigint({ mode: "number" }).generatedAlwaysAsIdentity().notNull(),
    position: bigint({ mode: "number" }),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const eventStreams = pgTable("event_streams", {
  projectId: text("project_id").primaryKey(),
  lastPosition: bigint("last_position", { mode: "number" }).notNull(),
  deletedThrough: bigint("deleted_through", { mode: "number" }).notNull().default(0),
});
