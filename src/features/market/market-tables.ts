import { jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { CompetitorOfferDocument } from "./market-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const competitorOffers = pgTable(
  "competitor_offers",
  {
    projectId: text("project_id").notNull(),
    key: text().notNull(),
    startsAt: instant("starts_at").notNull(),
    endsAt: instant("ends_at").notNull(),
    document: jsonb().$type<CompetitorOfferDocument>().notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.key] })],
);

export type CompetitorOfferRow = typeof competitorOffers.$inferSelect;
