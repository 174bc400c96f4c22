import { bigint, integer, json, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Settings } from "../../engine/settings.ts";
import type { RedemptionStatus } from "../../ledger/books.ts";
import type { StoredFacts } from "../evaluations/evaluation-facts.ts";
import type { StoredHold, StoredPosting } from "../ledger/committer-books.ts";
import type { Redemption, RedemptionRequest } from "./redemption-schemas.ts";
import type { RedemptionReturn } from "./return-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });
const amount = (name: string) => bigint(name, { mode: "number" });

/** Written by the committer alone (features/ledger); read here. */
export const redemptions = pgTable(
  "redemptions",
  {
    projectId: text("project_id").notNull(),
    id: text().notNull(),
    source: text().notNull(),
    orderRef: text("order_ref").notNull(),
    state: text().$type<RedemptionStatus>().notNull(),
    mode: text().$type<"reserve" | "commit">().notNull(),
    customerId: text("customer_id"),
    currency: text().notNull(),
    total: amount("total").notNull(),
    discount: amount("discount").notNull(),
    refunded: amount("refunded").notNull(),
    steps: integer().notNull(),
    holds: json().$type<StoredHold[]>().notNull(),
    returned: json().$type<unknown>(),
    expiresAt: instant("expires_at"),
    createdAt: instant("created_at").notNull(),
    committedAt: instant("committed_at"),
    endedAt: instant("ended_at"),
    revision: amount("revision").notNull(),
    evaluatedAt: instant("evaluated_at").notNull(),
    request: json().$type<RedemptionRequest>().notNull(),
    facts: json().$type<StoredFacts>().notNull(),
    settings: json().$type<Settings>().notNull(),
    quote: json().$type<Redemption["quote"]>().notNull(),
    createdBy: text("created_by").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.id] })],
);

export type RedemptionRow = typeof redemptions.$inferSelect;

/** Written by the committer alone (features/ledger); read here. */
export const ledgerEntries = pgTable("ledger_entries", {
  projectId: text("project_id").notNull(),
  redemptionId: text("redemption_id").notNull(),
  step: integer().notNull(),
  cause: text()
    .$type<"reserve" | "commit" | "cancel" | "expire" | "return" | "claim" | "release">()
    .notNull(),
  code: text(),
  postings: json().$type<StoredPosting[]>().notNull(),
  createdAt: instant("created_at").notNull(),
});

export type LedgerEntryRow = typeof ledgerEntries.$inferSelect;

/** Written by the committer alone (features/ledger); read here. */
export const redemptionReturns = pgTable("redemption_returns", {
  projectId: text("project_id").notNull(),
  redemptionId: text("redemption_id").notNull(),
  step: integer().notNull(),
  refund: amount("refund").notNull(),
  refunded: amount("refunded").notNull(),
  shipping: amount("shipping").notNull(),
  withheld: amount("withheld").notNull(),
  lines: json().$type<RedemptionReturn["lines"]>().notNull(),
  gifts: json().$type<RedemptionReturn["gifts"]>().notNull(),
  restored: json().$type<RedemptionReturn["restored"]>().notNull(),
  createdAt: instant("created_at").notNull(),
});

export type RedemptionReturnRow = typeof redemptionReturns.$inferSelect;
