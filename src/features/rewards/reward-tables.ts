import { bigint, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { PromisedReward } from "../ledger/ledger-commands.ts";
import type { RewardState } from "./reward-schemas.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

/** Begun by the committer with the redemption (features/ledger); settled here. */
export const rewardGrants = pgTable(
  "reward_grants",
  {
    projectId: text("project_id").notNull(),
    redemptionId: text("redemption_id").notNull(),
    position: integer().notNull(),
    promotion: text().notNull(),
    kind: text().$type<PromisedReward["kind"]>().notNull(),
    state: text().$type<RewardState>().notNull(),
    pool: text(),
    recipient: text(),
    validFor: text("valid_for"),
    code: text(),
    programme: text(),
    points: bigint({ mode: "number" }),
    reason: text(),
    dueAt: instant("due_at"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.redemptionId, table.position] })],
);

export type RewardGrantRow = typeof rewardGrants.$inferSelect;
