import { bigint, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { SegmentDocument } from "./segment-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const segments = pgTable(
  "segments",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    key: text().notNull(),
    version: bigint({ mode: "number" }).notNull(),
    document: jsonb().$type<SegmentDocument>().notNull(),
    eventTypes: text("event_types").array(),
    refreshedVersion: bigint("refreshed_version", { mode: "number" }),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export const segmentMembers = pgTable(
  "segment_members",
  {
    projectId: text("project_id").notNull(),
    segmentId: text("segment_id").notNull(),
    customerId: text("customer_id").notNull(),
    since: instant("since").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.segmentId, table.customerId] })],
);

export type SegmentRow = typeof segments.$inferSelect;
export type SegmentMemberRow = typeof segmentMembers.$inferSelect;
