import {
  bigint,
  customType,
  date,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import type { DrawDocument } from "./draw-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });
const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });

export const draws = pgTable(
  "draws",
  {
    projectId: text("project_id").notNull(),
    key: text().notNull(),
    document: jsonb().$type<DrawDocument>().notNull(),
    seed: bytes().notNull(),
    declaration: text().notNull(),
    commitment: text().notNull(),
    startsAt: instant("starts_at").notNull(),
    endsAt: instant("ends_at").notNull(),
    drawn: integer().notNull(),
    revealedAt: instant("revealed_at"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.key] })],
);

export const drawTickets = pgTable(
  "draw_tickets",
  {
    projectId: text("project_id").notNull(),
    draw: text().notNull(),
    number: integer().notNull(),
    ticket: text().notNull(),
    holder: text().notNull(),
    customerId: text("customer_id").notNull(),
    nonce: text().notNull(),
    day: date({ mode: "string" }).notNull(),
    value: bigint({ mode: "number" }).notNull(),
    drawn: text().notNull(),
    prize: text().notNull(),
    spendId: text("spend_id"),
    drawnAt: instant("drawn_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.draw, table.number] })],
);

export type DrawRow = typeof draws.$inferSelect;
export type DrawTicketRow = typeof drawTickets.$inferSelect;
